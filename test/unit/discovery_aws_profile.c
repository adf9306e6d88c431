#include "support.h"

#include "discovery/aws/profile.h"

static struct pyr__aws_profile take(const char *credentials, const char *config,
                                    const char *name) {
  const pyr_str_t none = pyr__str("");
  struct pyr__aws_profile profile = {false, none, none, none, none, none};
  pyr__aws_profile_take(&profile, pyr__str(credentials), pyr__str(name), false);
  pyr__aws_profile_take(&profile, pyr__str(config), pyr__str(name), true);
  return profile;
}

static void assert_text(pyr_str_t text, const char *expected) {
  if (!pyr__str_is(text, expected))
    fail_msg("\"%.*s\", expected \"%s\"", PYR__STR_ARG(text), expected);
}

static void assert_profile(const struct pyr__aws_profile *profile,
                           const char *id, const char *secret,
                           const char *token, const char *region,
                           const char *other) {
  assert_text(profile->id, id);
  assert_text(profile->secret, secret);
  assert_text(profile->token, token);
  assert_text(profile->region, region);
  assert_text(profile->other, other);
}

static void sections__have_their_own_keys(void **state) {
  static const char credentials[] =
      "# a comment\n"
      "aws_access_key_id = of nobody\n"
      "[default]\r\n"
      "aws_access_key_id=a\r\n"
      "  nested = x\n"
      "AWS_Secret_Access_Key = s/e=c+r#et;  # said behind\n"
      "; another\n"
      "no pair\n"
      "= nothing\n"
      "[ b ] # b\n"
      "aws_access_key_id = first\n"
      "aws_access_key_id = b\n"
      "aws_secret_access_key = t\n"
      "aws_session_token = u";
  static const char config[] = "[default]\nregion = eu-1\naws_session_token=v\n"
                               "[profile b]\nregion=eu-2\noutput = json\n"
                               "[b]\nregion = none\n"
                               "[profile\tr]\nrole_arn = arn\n";
  struct pyr__aws_profile profile;
  (void)state;
  profile = take(credentials, config, "default");
  assert_true(profile.is_there);
  assert_profile(&profile, "a", "s/e=c+r#et;", "", "eu-1", "");
  profile = take(credentials, config, "b");
  assert_true(profile.is_there);
  assert_profile(&profile, "b", "t", "u", "eu-2", "");
  profile = take(credentials, config, "r");
  assert_true(profile.is_there);
  assert_profile(&profile, "", "", "", "", "role_arn");
  profile = take(credentials, config, "c");
  assert_false(profile.is_there);
  assert_profile(&profile, "", "", "", "", "");
  /* Keys of the second file count where the first has none. */
  profile = take("",
                 "[profile b]\naws_access_key_id=x\n"
                 "aws_secret_access_key=y\naws_session_token=z",
                 "b");
  assert_profile(&profile, "x", "y", "z", "", "");
}

static void strange_files__are_passed_over(void **state) {
  static const char *const texts[] = {
      "",        "[",       "]",           "[a",         "[]",
      "[a]",     "=",       "[a]=",        "[a]\n=\n",   "\n\n\r\n",
      "[a]\n\t", "[a]\n #", "[profile]\n", "[a]\nregion"};
  struct pyr__aws_profile profile;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    profile = take(texts[i], texts[i], "a");
    assert_profile(&profile, "", "", "", "", "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sections__have_their_own_keys),
      cmocka_unit_test(strange_files__are_passed_over)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "discovery/aws/profile.h"

/* Cut off: the line before the next one. */
static pyr_str_t take_line(pyr_str_t *rest) {
  const char *end = memchr(rest->base, '\n', rest->len);
  pyr_str_t line = {rest->base,
                    end == NULL ? rest->len : (size_t)(end - rest->base)};
  size_t used = line.len + (end != NULL);
  rest->base += used;
  rest->len -= used;
  return line;
}

/* A comment has a blank before it, as a secret may have the sign itself. */
static pyr_str_t without_comment(pyr_str_t text) {
  size_t i;
  for (i = 1; i < text.len; i++)
    if ((text.base[i] == '#' || text.base[i] == ';') &&
        (text.base[i - 1] == ' ' || text.base[i - 1] == '\t'))
      text.len = i;
  return pyr__str_trim(text);
}

static bool is_section(pyr_str_t line, pyr_str_t name, bool is_config) {
  static const char prefix[] = "profile";
  size_t len = sizeof(prefix) - 1;
  const char *end = memchr(line.base, ']', line.len);

  if (end == NULL)
    return false;
  line =
      pyr__str_trim((pyr_str_t){line.base + 1, (size_t)(end - line.base) - 1});
  if (is_config && line.len > len && memcmp(line.base, prefix, len) == 0 &&
      (line.base[len] == ' ' || line.base[len] == '\t'))
    line = pyr__str_trim((pyr_str_t){line.base + len, line.len - len});
  else if (is_config && !pyr__str_is(line, "default"))
    return false;
  return pyr__str_equal(line, name);
}

static bool is_other(pyr_str_t key) {
  static const char *const names[] = {"role_arn",
                                      "source_profile",
                                      "credential_source",
                                      "credential_process",
                                      "sso_session",
                                      "sso_start_url",
                                      "web_identity_token_file"};
  size_t i;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (pyr__str_is_nocase(key, names[i]))
      return true;
  return false;
}

static void take_pair(struct pyr__aws_profile *profile, pyr_str_t line) {
  const char *sign = memchr(line.base, '=', line.len);
  pyr_str_t key, value;

  if (sign == NULL)
    return;
  key = pyr__str_trim((pyr_str_t){line.base, (size_t)(sign - line.base)});
  value = without_comment(
      (pyr_str_t){sign + 1, line.len - (size_t)(sign - line.base) - 1});
  if (pyr__str_is_nocase(key, "aws_access_key_id"))
    profile->id = value;
  else if (pyr__str_is_nocase(key, "aws_secret_access_key"))
    profile->secret = value;
  else if (pyr__str_is_nocase(key, "aws_session_token"))
    profile->token = value;
  else if (pyr__str_is_nocase(key, "region"))
    profile->region = value;
  else if (is_other(key) && value.len > 0)
    profile->other = key;
}

/* Keys belong together, whatever another file says of a token. */
static void merge(struct pyr__aws_profile *profile,
                  const struct pyr__aws_profile *found) {
  profile->is_there |= found->is_there;
  if (profile->id.len == 0 && profile->secret.len == 0) {
    profile->id = found->id;
    profile->secret = found->secret;
    profile->token = found->token;
  }
  if (profile->region.len == 0)
    profile->region = found->region;
  if (profile->other.len == 0)
    profile->other = found->other;
}

/* A line with a blank at its start belongs to the value before it, of which
 * none is wanted here that has such lines. */
void pyr__aws_profile_take(struct pyr__aws_profile *profile, pyr_str_t file,
                           pyr_str_t name, bool is_config) {
  const pyr_str_t none = pyr__str("");
  struct pyr__aws_profile found = {false, none, none, none, none, none};
  bool is_own = false;

  while (file.len > 0) {
    pyr_str_t line = take_line(&file);
    char first = line.len == 0 ? '#' : line.base[0];
    if (first == '#' || first == ';' || first == ' ' || first == '\t')
      continue;
    if (first == '[') {
      is_own = is_section(line, name, is_config);
      found.is_there |= is_own;
    } else if (is_own) {
      take_pair(&found, line);
    }
  }
  merge(profile, &found);
}

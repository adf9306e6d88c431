#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/base64.h>

#include "base/str.h"
#include "net/web_auth.h"

/* "secret", with few rounds. */
#define HASH "$2b$04$bs9/WKoBO6BZUuWmiZWmcegF7FC0QlmELgwBO6MsNHJ70OsnSLOK."

static const struct pyr__web_user users[] = {{"alice", HASH}, {"bob", HASH}};

/* A clock that stands, but for what a check is said to take. */
struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__clock clock;
  int64_t now_ns, step_ns;
  struct pyr__web_auth *auth;
};

static int64_t now(void *ctx) {
  struct fixture *f = ctx;
  f->now_ns += f->step_ns;
  return f->now_ns;
}

static int open_auth(struct fixture *f, const struct pyr__web_options *options,
                     pyr_error_t *err) {
  pyr_alloc_t alloc;
  memset(f, 0, sizeof(*f));
  alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  f->clock = (struct pyr__clock){now, now, f};
  return pyr__web_auth_new(&f->auth, &f->memory, options, &f->clock, err);
}

static void open_good(struct fixture *f,
                      const struct pyr__web_options *options) {
  pyr_error_t err;
  if (open_auth(f, options, &err) != 0)
    fail_msg("%s", err.text);
}

static void close_auth(struct fixture *f) {
  pyr__web_auth_free(f->auth);
  assert_int_equal(f->allocator.live, 0);
}

static enum pyr__web_verdict ask(struct fixture *f, const char *header) {
  return pyr__web_auth_check(f->auth, header == NULL ? (pyr_str_t){NULL, 0}
                                                     : pyr__str(header));
}

/* With "name:password", encoded. */
static enum pyr__web_verdict ask_basic(struct fixture *f, const char *pair) {
  char header[4096] = "Basic ";
  size_t len;
  assert_int_equal(
      mbedtls_base64_encode((unsigned char *)header + 6, sizeof(header) - 6,
                            &len, (const unsigned char *)pair, strlen(pair)),
      0);
  return ask(f, header);
}

static void web_auth__asks_nobody_where_there_are_no_users(void **state) {
  const struct pyr__web_options options = {.tls = NULL};
  struct fixture f;
  (void)state;
  open_good(&f, &options);
  assert_null(f.auth);
  close_auth(&f);
}

static void web_auth__knows_users_by_their_passwords(void **state) {
  const struct pyr__web_options options = {.users = users, .user_count = 2};
  struct fixture f;
  (void)state;
  open_good(&f, &options);
  assert_int_equal(ask_basic(&f, "alice:secret"), PYR__WEB_KNOWN);
  assert_int_equal(ask_basic(&f, "bob:secret"), PYR__WEB_KNOWN);
  assert_int_equal(ask_basic(&f, "alice:Secret"), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, "alice:secret "), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, "alice:"), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, "carol:secret"), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, ":secret"), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, "alicesecret"), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, ""), PYR__WEB_STRANGER);
  assert_string_equal(pyr__web_auth_challenge(f.auth),
                      "Basic realm=\"Pyrite\"");
  close_auth(&f);
}

static void web_auth__takes_nothing_that_is_malformed(void **state) {
  static const char *const headers[] = {
      NULL,
      "",
      "Basic",
      "Basic ",
      "Basic !!!",
      "Basic YWxpY2U6c2VjcmV0AA==", /* alice:secret and a byte 0 */
      "YWxpY2U6c2VjcmV0",
      "Bearer YWxpY2U6c2VjcmV0",
      "BasicYWxpY2U6c2VjcmV0"};
  const struct pyr__web_options options = {.users = users, .user_count = 2};
  char pair[2000];
  struct fixture f;
  size_t i;
  (void)state;
  open_good(&f, &options);
  for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
    assert_int_equal(ask(&f, headers[i]), PYR__WEB_STRANGER);
  memset(pair, 'x', sizeof(pair) - 1);
  pair[sizeof(pair) - 1] = '\0';
  assert_int_equal(ask_basic(&f, pair), PYR__WEB_STRANGER);
  assert_int_equal(ask(&f, "bAsIc  YWxpY2U6c2VjcmV0 "), PYR__WEB_KNOWN);
  close_auth(&f);
}

/* What a check takes is followed by nine times of that in which none is made,
 * and whoever was right before does not wait. */
static void web_auth__checks_few_passwords(void **state) {
  const struct pyr__web_options options = {.users = users, .user_count = 2};
  struct fixture f;
  (void)state;
  open_good(&f, &options);
  assert_int_equal(ask_basic(&f, "alice:secret"), PYR__WEB_KNOWN);
  f.step_ns = 50 * PYR__NS_PER_MS;
  assert_int_equal(ask_basic(&f, "alice:guess"), PYR__WEB_STRANGER);
  f.step_ns = 0;
  f.now_ns += 449 * PYR__NS_PER_MS;
  assert_int_equal(ask_basic(&f, "alice:guess"), PYR__WEB_BUSY);
  assert_int_equal(ask_basic(&f, "bob:secret"), PYR__WEB_BUSY);
  assert_int_equal(ask_basic(&f, "alice:secret"), PYR__WEB_KNOWN);
  f.now_ns += PYR__NS_PER_MS;
  assert_int_equal(ask_basic(&f, "bob:secret"), PYR__WEB_KNOWN);
  close_auth(&f);
}

/* Right ones are remembered, and no more of them than there is room for. */
static void web_auth__remembers_the_latest(void **state) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  struct pyr__web_user many[sizeof(letters) - 1];
  char names[sizeof(letters) - 1][2], pair[64];
  struct pyr__web_options options = {.users = many};
  struct fixture f;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(letters) - 1; i++) {
    names[i][0] = letters[i];
    names[i][1] = '\0';
    many[i] = (struct pyr__web_user){names[i], HASH};
  }
  options.user_count = sizeof(letters) - 1;
  open_good(&f, &options);
  for (i = 0; i < options.user_count; i++) {
    snprintf(pair, sizeof(pair), "%s:secret", names[i]);
    assert_int_equal(ask_basic(&f, pair), PYR__WEB_KNOWN);
  }
  f.step_ns = PYR__NS_PER_MS;
  assert_int_equal(ask_basic(&f, "nobody:x"), PYR__WEB_STRANGER);
  f.step_ns = 0;
  assert_int_equal(ask_basic(&f, "a:secret"), PYR__WEB_BUSY);
  assert_int_equal(ask_basic(&f, "k:secret"), PYR__WEB_KNOWN);
  assert_int_equal(ask_basic(&f, "z:secret"), PYR__WEB_KNOWN);
  close_auth(&f);
}

static void write_token(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void web_auth__takes_a_token(void **state) {
  struct pyr__web_options options = {.bearer_token = "tok"};
  struct fixture f;
  (void)state;
  open_good(&f, &options);
  assert_int_equal(ask(&f, "Bearer tok"), PYR__WEB_KNOWN);
  assert_int_equal(ask(&f, "bearer  tok"), PYR__WEB_KNOWN);
  assert_int_equal(ask(&f, "Bearer to"), PYR__WEB_STRANGER);
  assert_int_equal(ask(&f, "Bearer tokk"), PYR__WEB_STRANGER);
  assert_int_equal(ask(&f, "Bearer "), PYR__WEB_STRANGER);
  assert_int_equal(ask_basic(&f, "alice:secret"), PYR__WEB_STRANGER);
  assert_string_equal(pyr__web_auth_challenge(f.auth),
                      "Bearer realm=\"Pyrite\"");
  close_auth(&f);
}

static void web_auth__follows_a_file_with_a_token(void **state) {
  char path[] = "/tmp/pyrite-token-XXXXXX";
  struct pyr__web_options options = {.bearer_token_file = path};
  struct fixture f;
  pyr_error_t err;
  (void)state;
  close(mkstemp(path));
  write_token(path, "first\n");
  open_good(&f, &options);
  assert_int_equal(ask(&f, "Bearer first"), PYR__WEB_KNOWN);
  write_token(path, "the second\n");
  assert_int_equal(ask(&f, "Bearer first"), PYR__WEB_STRANGER);
  assert_int_equal(ask(&f, "Bearer the second"), PYR__WEB_KNOWN);
  write_token(path, "\n");
  assert_int_equal(ask(&f, "Bearer "), PYR__WEB_STRANGER);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(ask(&f, "Bearer the second"), PYR__WEB_STRANGER);
  close_auth(&f);
  assert_int_not_equal(open_auth(&f, &options, &err), 0);
  assert_non_null(strstr(err.text, path));
  close_auth(&f);
}

static void web_auth__survives_every_failed_allocation(void **state) {
  const struct pyr__web_options options = {
      .users = users, .user_count = 2, .bearer_token = "tok"};
  struct fixture f;
  pyr_error_t err;
  size_t n;
  int rc = -1;
  (void)state;
  for (n = 1; rc != 0; n++) {
    pyr_alloc_t alloc;
    memset(&f, 0, sizeof(f));
    alloc = failing_alloc(&f.allocator);
    pyr__memory_init(&f.memory, &alloc);
    f.clock = (struct pyr__clock){now, now, &f};
    f.allocator.fail_at = n;
    rc = pyr__web_auth_new(&f.auth, &f.memory, &options, &f.clock, &err);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    close_auth(&f);
  }
  assert_true(n > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(web_auth__asks_nobody_where_there_are_no_users),
      cmocka_unit_test(web_auth__knows_users_by_their_passwords),
      cmocka_unit_test(web_auth__takes_nothing_that_is_malformed),
      cmocka_unit_test(web_auth__checks_few_passwords),
      cmocka_unit_test(web_auth__remembers_the_latest),
      cmocka_unit_test(web_auth__takes_a_token),
      cmocka_unit_test(web_auth__follows_a_file_with_a_token),
      cmocka_unit_test(web_auth__survives_every_failed_allocation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

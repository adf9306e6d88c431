#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/str.h"
#include "serve/guard.h"

static bool admits(const struct pyr__serve_guard *guard, const char *host,
                   const char *origin, bool is_post) {
  struct pyr__http_server_request request = {.is_post = is_post};
  if (host != NULL)
    request.host = pyr__str(host);
  if (origin != NULL)
    request.origin = pyr__str(origin);
  return pyr__serve_refusal(guard, &request) == NULL;
}

static void guard__knows_what_nobody_can_lead_elsewhere(void **state) {
  static const char *const hosts[] = {
      "localhost", "LocalHost:4041", "localhost.:4041",
      "127.0.0.1", "127.0.0.1:4041", "10.1.2.3:4041",
      "[::1]",     "[::1]:4041",     NULL};
  static const pyr_str_t names[] = {{"edge1.example", 13}};
  const struct pyr__serve_guard guards[] = {
      {.is_local = true},
      {.is_local = true, .hosts = names, .host_count = 1},
      {.is_local = false},
      {.hosts = names, .host_count = 1}};
  size_t i, j;
  (void)state;
  for (i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
    for (j = 0; j < sizeof(hosts) / sizeof(hosts[0]); j++)
      assert_true(admits(&guards[i], hosts[j], NULL, false));
}

static void guard__refuses_names_of_strangers(void **state) {
  static const char *const hosts[] = {"evil.example",
                                      "evil.example:4041",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil",
                                      "",
                                      ":4041",
                                      "[",
                                      "[::1",
                                      "127.0.0.1:4041:x",
                                      "evil.example.",
                                      "x@localhost"};
  static const pyr_str_t names[] = {{"edge1.example", 13}};
  const struct pyr__serve_guard guards[] = {
      {.is_local = true},
      {.is_local = true, .hosts = names, .host_count = 1},
      {.hosts = names, .host_count = 1}};
  size_t i, j;
  (void)state;
  for (i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
    for (j = 0; j < sizeof(hosts) / sizeof(hosts[0]); j++)
      assert_false(admits(&guards[i], hosts[j], NULL, false));
}

static void guard__knows_the_names_that_were_given(void **state) {
  static const pyr_str_t names[] = {{"edge1.example", 13}, {"edge1", 5}};
  const struct pyr__serve_guard guard = {
      .is_local = true, .hosts = names, .host_count = 2};
  (void)state;
  assert_true(admits(&guard, "Edge1.Example:4041", NULL, false));
  assert_true(admits(&guard, "edge1", NULL, false));
  assert_false(admits(&guard, "edge2", NULL, false));
}

/* Where it can be reached anyhow, and nobody said how it is called. */
static void guard__asks_no_names_of_a_public_server(void **state) {
  const struct pyr__serve_guard guard = {.is_local = false};
  (void)state;
  assert_true(admits(&guard, "edge1.example:4041", NULL, false));
}

static void guard__refuses_posts_of_other_pages(void **state) {
  const struct pyr__serve_guard guard = {.is_local = true};
  (void)state;
  assert_true(admits(&guard, "localhost:4041", NULL, true));
  assert_true(admits(&guard, "localhost:4041", "http://localhost:4041", true));
  assert_true(admits(&guard, "localhost:4041", "https://LOCALHOST:4041", true));
  assert_false(admits(&guard, "localhost:4041", "http://localhost:80", true));
  assert_false(admits(&guard, "localhost:4041", "http://evil.example", true));
  assert_false(admits(&guard, "localhost:4041", "null", true));
  assert_false(admits(&guard, "localhost:4041", "localhost:4041", true));
  assert_false(admits(&guard, NULL, "http://localhost:4041", true));
  assert_true(admits(&guard, "localhost:4041", "http://evil.example", false));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(guard__knows_what_nobody_can_lead_elsewhere),
      cmocka_unit_test(guard__refuses_names_of_strangers),
      cmocka_unit_test(guard__knows_the_names_that_were_given),
      cmocka_unit_test(guard__asks_no_names_of_a_public_server),
      cmocka_unit_test(guard__refuses_posts_of_other_pages)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

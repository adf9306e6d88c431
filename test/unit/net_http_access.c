#include "http_client_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/http_access.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define TO(where)                                                              \
  "HTTP/1.1 302 Found\r\nLocation: " where "\r\nContent-Length: 0\r\n\r\n"

static const struct pyr__auth_options token = {.credentials = "canary"};
static const struct pyr__auth_options lost = {.credentials_file =
                                                  "/nowhere/at/all"};

static void get_as(struct world *world,
                   const struct pyr__http_access_options *options) {
  struct pyr__http_options how = {.follow_other_hosts = true};
  struct pyr__http_access *access;
  pyr_error_t err;

  assert_int_equal(
      pyr__http_access_new(&access, world->client, options, "test", &err), 0);
  how.access = access;
  fetch_reset(&world->fetch);
  assert_int_equal(
      fetch_start_with(&world->fetch, world->client, world->url, &how), 0);
  pyr__http_access_unref(access); /* the request has its own reference */
  fetch_wait(&world->fetch, &world->loop);
}

static void get(struct world *world, const struct pyr__auth_options *auth) {
  struct pyr__http_access_options options = {.auth = auth};
  get_as(world, &options);
}

static bool knows(const struct world *world) {
  return strstr(world->script.last, "Authorization: Bearer canary\r\n") != NULL;
}

static void the_same_host_is_told_after_a_redirect(void **state) {
  static const struct script_reply replies[] = {{.text = TO("/b")},
                                                {.text = OK}};
  struct world *world = world_begin(NULL, replies, 2);
  (void)state;
  get(world, &token);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->script.requests, 2);
  assert_true(knows(world));
  world_finish(world);
}

/* To another host, and back. */
static void another_host_is_not_told_for_good(void **state) {
  char there[128], back[128];
  struct script_reply replies[] = {
      {.text = there}, {.text = back}, {.text = OK}};
  struct world *world = world_begin("other.test 60 A 127.0.0.1\n", replies, 3);
  (void)state;
  snprintf(there, sizeof(there), TO("http://other.test:%u/x"),
           world->script.port);
  snprintf(back, sizeof(back), TO("http://127.0.0.1:%u/y"), world->script.port);
  get(world, &token);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->script.requests, 3);
  assert_false(knows(world));
  world_finish(world);
}

static void a_lost_file_is_named_and_nothing_is_sent(void **state) {
  static const struct script_reply replies[] = {{.text = OK}};
  struct world *world = world_begin(NULL, replies, 1);
  (void)state;
  get(world, &lost);
  assert_string_equal(world->fetch.error,
                      "/nowhere/at/all: No such file or directory");
  assert_int_equal(world->script.requests, 0);
  world_finish(world);
}

/* ---- http-headers ------------------------------------------------------- */

static char secret_path[] = "/tmp/pyrite-header-XXXXXX";

static void write_secret(const char *text) {
  FILE *file = fopen(secret_path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int make_secret(void **state) {
  (void)state;
  return mkstemp(secret_path) >= 0 ? 0 : -1;
}

static int remove_secret(void **state) {
  (void)state;
  return unlink(secret_path);
}

static const struct pyr__http_header lines[] = {
    {.name = "X-Plain", .value = "one"},
    {.name = "X-Plain", .value = "two"},
    {.name = "X-File", .file = secret_path}};
static const struct pyr__http_access_options with_lines = {
    .headers = {lines, sizeof(lines) / sizeof(lines[0])}};

static void headers_are_sent_and_their_files_read_anew(void **state) {
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, 2);
  (void)state;
  write_secret(" canary\n");
  get_as(world, &with_lines);
  assert_string_equal(world->fetch.error, "");
  assert_non_null(strstr(world->script.last,
                         "\r\nX-Plain: one\r\nX-Plain: two\r\n"
                         "X-File: canary\r\n\r\n"));
  write_secret("another one");
  get_as(world, &with_lines);
  assert_non_null(strstr(world->script.last, "\r\nX-File: another one\r\n"));
  world_finish(world);
}

static void headers_are_not_for_another_host(void **state) {
  char there[128];
  struct script_reply replies[] = {{.text = there}, {.text = OK}};
  struct world *world = world_begin("other.test 60 A 127.0.0.1\n", replies, 2);
  (void)state;
  write_secret("canary");
  snprintf(there, sizeof(there), TO("http://other.test:%u/x"),
           world->script.port);
  get_as(world, &with_lines);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->script.requests, 2);
  assert_null(strstr(world->script.last, "X-"));
  world_finish(world);
}

static void a_header_that_cannot_be_is_named(void **state) {
  struct world *world = world_begin(NULL, NULL, 0);
  char expected[128];
  (void)state;
  write_secret("canary\nX-Other: y");
  snprintf(expected, sizeof(expected),
           "header X-File: %s: expected the value of a header in one line",
           secret_path);
  get_as(world, &with_lines);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->script.connections, 0);
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_host_is_told_after_a_redirect),
      cmocka_unit_test(another_host_is_not_told_for_good),
      cmocka_unit_test(a_lost_file_is_named_and_nothing_is_sent),
      cmocka_unit_test(headers_are_sent_and_their_files_read_anew),
      cmocka_unit_test(headers_are_not_for_another_host),
      cmocka_unit_test(a_header_that_cannot_be_is_named),
  };
  return cmocka_run_group_tests(tests, make_secret, remove_secret);
}

#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/http_auth.h"

struct fixture {
  struct pyr__memory memory;
  struct pyr__buf headers;
  char path[64];
  pyr_error_t err;
};

static void begin(struct fixture *fixture, const pyr_alloc_t *alloc,
                  const char *content) {
  FILE *file;
  memset(fixture, 0, sizeof(*fixture));
  pyr__memory_init(&fixture->memory, alloc);
  pyr__buf_init(&fixture->headers, &fixture->memory, PYR__MEM_NET_CLIENT,
                PYR__LIMIT_HEADER_BYTES);
  strcpy(fixture->path, "/tmp/pyrite-auth-XXXXXX");
  file = fdopen(mkstemp(fixture->path), "w");
  assert_non_null(file);
  fputs(content, file);
  fclose(file);
}

static void end(struct fixture *fixture) {
  unsigned i;
  unlink(fixture->path);
  pyr__buf_release(&fixture->headers);
  for (i = 0; i < PYR__PURPOSE_COUNT; i++)
    assert_int_equal(fixture->memory.accounts[i].used_blocks, 0);
}

/* What is written; `file` marks where the fixture's file goes. */
static const char file[] = "file";

static const char *place(const struct fixture *fixture, const char *text) {
  return text == file ? fixture->path : text;
}

static int write_auth(struct fixture *fixture,
                      struct pyr__auth_options options) {
  struct pyr__http_auth auth;
  struct pyr__arena arena;
  int rc;
  options.credentials_file = place(fixture, options.credentials_file);
  options.username_file = place(fixture, options.username_file);
  options.password_file = place(fixture, options.password_file);
  pyr__buf_clear(&fixture->headers);
  pyr__arena_init(&arena, &fixture->memory, PYR__MEM_NET_SECRETS, PYR__MIB);
  rc = pyr__http_auth_init(&auth, &arena, &options);
  if (rc == 0)
    rc = pyr__http_auth_write(&auth, &fixture->headers, &fixture->err);
  pyr__http_auth_release(&auth, &fixture->memory);
  pyr__arena_release(&arena);
  return rc;
}

static const struct {
  struct pyr__auth_options options;
  const char *content, *header;
} good[] = {
    {{.type = NULL}, "", ""},
    {{.credentials = "abc"}, "", "Authorization: Bearer abc\r\n"},
    {{.type = "Token", .credentials = "a b"},
     "",
     "Authorization: Token a b\r\n"},
    {{.credentials_file = file}, " abc\r\n\n", "Authorization: Bearer abc\r\n"},
    {{.username = "me"}, "", "Authorization: Basic bWU6\r\n"},
    {{.username = "", .password = ""}, "", "Authorization: Basic Og==\r\n"},
    {{.username = "me", .password = "p:w"},
     "",
     "Authorization: Basic bWU6cDp3\r\n"},
    {{.username = "me", .password_file = file},
     "p:w\n",
     "Authorization: Basic bWU6cDp3\r\n"},
    {{.username_file = file, .password = "p:w"},
     "me",
     "Authorization: Basic bWU6cDp3\r\n"},
    {{.username = "me", .password_file = file},
     "",
     "Authorization: Basic bWU6\r\n"},
};

static void headers_are_written(void **state) {
  struct fixture fixture;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    begin(&fixture, NULL, good[i].content);
    if (write_auth(&fixture, good[i].options) != 0)
      fail_msg("%s", fixture.err.text);
    assert_int_equal(fixture.headers.len, strlen(good[i].header));
    if (fixture.headers.len != 0)
      assert_memory_equal(fixture.headers.data, good[i].header,
                          fixture.headers.len);
    end(&fixture);
  }
}

static const struct {
  struct pyr__auth_options options;
  const char *content, *error;
} bad[] = {
    {{.credentials = ""}, "", "credentials: expected credentials in one line"},
    {{.credentials = "a\r\nX: y"},
     "",
     "credentials: expected credentials in one line"},
    {{.credentials_file = file}, "", ": expected credentials in one line"},
    {{.credentials_file = file}, "a\nb", ": expected credentials in one line"},
    {{.credentials_file = "/nowhere/at/all"},
     "",
     "/nowhere/at/all: No such file or directory"},
    {{.username = "me", .password_file = "/nowhere/at/all"},
     "",
     "/nowhere/at/all: No such file or directory"},
    {{.username_file = "/tmp"}, "", "/tmp: not a regular file"},
};

static void what_is_wrong_is_said(void **state) {
  struct fixture fixture;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    begin(&fixture, NULL, bad[i].content);
    assert_true(write_auth(&fixture, bad[i].options) < 0);
    if (strstr(fixture.err.text, bad[i].error) == NULL)
      fail_msg("%s, expected %s", fixture.err.text, bad[i].error);
    assert_int_equal(fixture.headers.len, 0);
    end(&fixture);
  }
}

static void a_file_is_read_each_time(void **state) {
  struct fixture fixture;
  FILE *changed;
  (void)state;
  begin(&fixture, NULL, "one");
  assert_int_equal(
      write_auth(&fixture,
                 (struct pyr__auth_options){.credentials_file = file}),
      0);
  changed = fopen(fixture.path, "w");
  fputs("two", changed);
  fclose(changed);
  assert_int_equal(
      write_auth(&fixture,
                 (struct pyr__auth_options){.credentials_file = file}),
      0);
  assert_memory_equal(fixture.headers.data, "Authorization: Bearer two\r\n",
                      27);
  end(&fixture);
}

static void too_long_is_an_error(void **state) {
  struct fixture fixture;
  char *content = calloc(PYR__LIMIT_SECRET_BYTES + 2, 1);
  (void)state;
  memset(content, 'a', PYR__LIMIT_SECRET_BYTES + 1);
  begin(&fixture, NULL, content);
  assert_int_equal(
      write_auth(&fixture,
                 (struct pyr__auth_options){.credentials_file = file}),
      PYR_ELIMIT);
  end(&fixture);
  begin(&fixture, NULL, "");
  fixture.headers.limit = 64;
  assert_int_equal(
      write_auth(&fixture, (struct pyr__auth_options){.credentials = content}),
      PYR_ELIMIT);
  assert_string_equal(fixture.err.text, "the credentials are too long");
  end(&fixture);
  free(content);
}

static void every_allocation_may_fail(void **state) {
  static const struct pyr__auth_options cases[] = {
      {.credentials_file = file},
      {.username_file = file, .password_file = file}};
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    struct failing_allocator allocator = {0};
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct fixture fixture;
    int rc;
    do {
      allocator.calls = 0;
      allocator.fail_at++;
      begin(&fixture, &alloc, "secret");
      rc = write_auth(&fixture, cases[i]);
      assert_true(rc == 0 || rc == PYR__ENOMEM);
      end(&fixture);
      assert_int_equal(allocator.live, 0);
    } while (rc != 0);
    assert_true(allocator.fail_at > 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(headers_are_written),
      cmocka_unit_test(what_is_wrong_is_said),
      cmocka_unit_test(a_file_is_read_each_time),
      cmocka_unit_test(too_long_is_an_error),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

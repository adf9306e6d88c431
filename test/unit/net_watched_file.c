#include "net/watched_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "support.h"

static char folder[] = "/tmp/pyrite-watched-XXXXXX";
static char path[128], other[128];

static void write_file(const char *at, const char *text) {
  FILE *file = fopen(at, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int begin(void **state) {
  (void)state;
  memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof(path), "%s/file", folder);
  snprintf(other, sizeof(other), "%s/other", folder);
  return 0;
}

static int finish(void **state) {
  (void)state;
  unlink(path);
  unlink(other);
  return rmdir(folder);
}

static int read_file(struct pyr__watched_file *file, size_t limit, char *out,
                     pyr_error_t *err) {
  struct failing_allocator state = {0};
  pyr_alloc_t alloc = failing_alloc(&state);
  struct pyr__memory memory;
  struct pyr__file_text text;
  int rc;
  pyr__memory_init(&memory, &alloc);
  rc = pyr__watched_file_read(file, &memory, limit, &text, err);
  if (rc == 0) {
    assert_int_equal(text.data[text.len], 0);
    strcpy(out, (const char *)text.data);
    pyr__file_text_release(&memory, &text);
  }
  assert_null(text.data);
  assert_int_equal(state.live, 0);
  return rc;
}

static void file__that_is_none_never_changes(void **state) {
  struct pyr__watched_file file = {.path = NULL};
  (void)state;
  assert_false(pyr__watched_file_changed(&file));
}

static void file__changes_when_it_is_written_or_replaced(void **state) {
  struct pyr__watched_file file = {.path = path};
  char text[64];
  pyr_error_t err;
  (void)state;
  write_file(path, "one");
  assert_true(pyr__watched_file_changed(&file));
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  assert_string_equal(text, "one");
  assert_false(pyr__watched_file_changed(&file));
  write_file(path, "longer");
  assert_true(pyr__watched_file_changed(&file));
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  assert_string_equal(text, "longer");
  /* The same size, and as Kubernetes does it: another file by rename. */
  write_file(other, "LONGER");
  assert_int_equal(rename(other, path), 0);
  assert_true(pyr__watched_file_changed(&file));
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  assert_string_equal(text, "LONGER");
  assert_false(pyr__watched_file_changed(&file));
}

static void file__behind_a_link_is_followed(void **state) {
  struct pyr__watched_file file = {.path = path};
  char text[64], third[160];
  pyr_error_t err;
  (void)state;
  write_file(other, "one");
  assert_int_equal(symlink(other, path), 0);
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  snprintf(third, sizeof(third), "%s.3", path);
  write_file(third, "two");
  assert_int_equal(unlink(path), 0);
  assert_int_equal(symlink(third, path), 0);
  assert_true(pyr__watched_file_changed(&file));
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  assert_string_equal(text, "two");
  unlink(third);
}

static void file__that_cannot_be_read_is_tried_again(void **state) {
  struct pyr__watched_file file = {.path = path};
  char text[64];
  pyr_error_t err;
  (void)state;
  assert_int_equal(read_file(&file, 100, text, &err), -ENOENT);
  assert_string_equal(err.text, "No such file or directory");
  assert_true(pyr__watched_file_changed(&file));
  write_file(path, "one");
  assert_int_equal(read_file(&file, 100, text, &err), 0);
  assert_false(pyr__watched_file_changed(&file));
  unlink(path);
  assert_true(pyr__watched_file_changed(&file));
}

static void file__that_is_no_file_or_too_large_is_refused(void **state) {
  struct pyr__watched_file file = {.path = path};
  char text[64];
  pyr_error_t err;
  (void)state;
  /* Opening a pipe would wait for a writer. */
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_int_equal(read_file(&file, 100, text, &err), -EINVAL);
  assert_string_equal(err.text, "not a regular file");
  file.path = folder;
  assert_int_equal(read_file(&file, 100, text, &err), -EINVAL);
  file.path = path;
  unlink(path);
  write_file(path, "12345");
  assert_int_equal(read_file(&file, 5, text, &err), 0);
  assert_int_equal(read_file(&file, 4, text, &err), PYR_ELIMIT);
  assert_string_equal(err.text, "5 bytes, more than 4");
}

static void memory__that_is_missing_is_an_ordinary_error(void **state) {
  struct failing_allocator failing = {.fail_at = 1};
  pyr_alloc_t alloc = failing_alloc(&failing);
  struct pyr__watched_file file = {.path = path};
  struct pyr__memory memory;
  struct pyr__file_text text;
  pyr_error_t err;
  (void)state;
  write_file(path, "one");
  pyr__memory_init(&memory, &alloc);
  assert_int_equal(pyr__watched_file_read(&file, &memory, 100, &text, &err),
                   PYR__ENOMEM);
  assert_true(pyr__watched_file_changed(&file));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(file__that_is_none_never_changes),
      cmocka_unit_test_setup_teardown(
          file__changes_when_it_is_written_or_replaced, begin, finish),
      cmocka_unit_test_setup_teardown(file__behind_a_link_is_followed, begin,
                                      finish),
      cmocka_unit_test_setup_teardown(file__that_cannot_be_read_is_tried_again,
                                      begin, finish),
      cmocka_unit_test_setup_teardown(
          file__that_is_no_file_or_too_large_is_refused, begin, finish),
      cmocka_unit_test_setup_teardown(
          memory__that_is_missing_is_an_ordinary_error, begin, finish),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

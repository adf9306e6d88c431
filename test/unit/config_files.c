/* test/config/bad/ and good/: each file says in comments what comes of it.
 *
 *   # error: 2:5: job-nam: is no key of a job, expected job-name
 *   # note: ...
 *   # request: cpu http://h:1/p?seconds=10 10s 15s {__name__="a",job="a"}
 *
 * All errors, in their order, or all notes and requests, in theirs. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/label.h"
#include "config/config.h"

struct seen {
  struct pyr__memory memory;
  struct pyr__buf text; /* lines as the comments have them */
};

static void on_error(void *ctx, const pyr_error_t *error) {
  struct seen *seen = (struct seen *)ctx;
  assert_int_equal(error->code, PYR_ECONFIG);
  assert_int_equal(
      pyr__buf_add_format(&seen->text, "# error: %s\n", error->text + 2), 0);
  /* The place is in the struct too; "F:" is the file. */
  if (error->line > 0) {
    char place[32];
    snprintf(place, sizeof(place), "F:%u:%u: ", error->line, error->column);
    assert_memory_equal(error->text, place, strlen(place));
  }
}

static void on_request(void *ctx, const pyr_request_t *request) {
  struct seen *seen = (struct seen *)ctx;
  char interval[PYR__DURATION_TEXT], timeout[PYR__DURATION_TEXT];

  pyr__duration_format(interval, request->interval_ns);
  pyr__duration_format(timeout, request->timeout_ns);
  pyr__buf_add_format(&seen->text, "# request: %.*s %s %s %s ",
                      PYR__STR_ARG(request->profile), request->url, interval,
                      timeout);
  pyr__labels_write(&seen->text, request->labels, request->label_count);
  pyr__buf_add_text(&seen->text, "\n");
}

/* What the comments say. */
static void read_expected(const char *path, struct pyr__buf *out) {
  static const char *const kinds[] = {"# error: ", "# note: ", "# request: "};
  char line[2048];
  size_t i;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  while (fgets(line, sizeof(line), file) != NULL)
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
      if (strncmp(line, kinds[i], strlen(kinds[i])) == 0)
        pyr__buf_add_text(out, line);
  fclose(file);
}

static int load(const char *path, struct seen *seen) {
  pyr_config_options_t options = {
      .size = sizeof(options), .name = "F", .on_error = on_error, .ctx = seen};
  pyr_config_t *config = NULL;
  pyr_error_t err;
  size_t i;
  int rc = pyr_config_load(&config, path, &options, &err);

  if (rc != 0)
    return rc;
  for (i = 0; i < config->note_count; i++)
    pyr__buf_add_format(&seen->text, "# note: %.*s\n",
                        PYR__STR_ARG(config->notes[i]));
  assert_int_equal(
      pyr_config_each_request(config, on_request, on_error, seen, &err), 0);
  pyr_config_unref(config);
  return 0;
}

static void check_file(const char *path, int wanted) {
  struct seen seen;
  struct pyr__buf expected;

  pyr__memory_init(&seen.memory, NULL);
  pyr__buf_init(&seen.text, &seen.memory, PYR__MEM_BASE_TEXT, 1 << 20);
  pyr__buf_init(&expected, &seen.memory, PYR__MEM_BASE_TEXT, 1 << 20);
  read_expected(path, &expected);
  assert_int_equal(load(path, &seen), wanted);
  pyr__buf_add_byte(&seen.text, '\0');
  pyr__buf_add_byte(&expected, '\0');
  if (strcmp((char *)seen.text.data, (char *)expected.data) != 0) {
    fprintf(stderr, "%s came to\n%s", path, (char *)seen.text.data);
    fail();
  }
  pyr__buf_release(&expected);
  pyr__buf_release(&seen.text);
}

static void check_folder(const char *folder, int wanted) {
  struct dirent *entry;
  char path[4096];
  unsigned count = 0;
  DIR *dir = opendir(folder);

  assert_non_null(dir);
  for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strstr(entry->d_name, ".yml") == NULL)
      continue;
    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    check_file(path, wanted);
    count++;
  }
  closedir(dir);
  assert_true(count >= 3);
}

static void bad_files__say_all_that_is_wrong(void **state) {
  (void)state;
  check_folder(TEST_SOURCE_DIR "/config/bad", PYR_ECONFIG);
}

static void good_files__come_to_their_requests(void **state) {
  (void)state;
  check_folder(TEST_SOURCE_DIR "/config/good", 0);
}

/* What is shipped loads, whatever it asks for. */
static void shipped_files__load(void **state) {
  struct dirent *entry;
  char path[4096];
  unsigned count = 0;
  DIR *dir = opendir(TEST_SOURCE_DIR "/../conf");
  pyr_config_t *config;
  pyr_error_t err;

  (void)state;
  assert_non_null(dir);
  for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strstr(entry->d_name, ".yml") == NULL)
      continue;
    snprintf(path, sizeof(path), "%s/%s", TEST_SOURCE_DIR "/../conf",
             entry->d_name);
    if (pyr_config_load(&config, path, NULL, &err) != 0)
      fail_msg("%s", err.text);
    assert_true(config->job_count > 0);
    pyr_config_unref(config);
    count++;
  }
  closedir(dir);
  assert_true(count >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_files__say_all_that_is_wrong),
      cmocka_unit_test(good_files__come_to_their_requests),
      cmocka_unit_test(shipped_files__load),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

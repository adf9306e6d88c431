/* Configurations in a folder of files, which a test writes. */
#ifndef TEST_CONFIG_FOLDER_H
#define TEST_CONFIG_FOLDER_H

#include "config_support.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

struct fixture {
  char folder[64];
  struct pyr__memory memory;
  struct pyr__buf seen; /* errors, a line each, without the folder */
};

static inline int set_up(void **state) {
  struct fixture *fixture = (struct fixture *)calloc(1, sizeof(*fixture));
  assert_non_null(fixture);
  strcpy(fixture->folder, "/tmp/pyrite-includes-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  pyr__memory_init(&fixture->memory, NULL);
  pyr__buf_init(&fixture->seen, &fixture->memory, PYR__MEM_BASE_TEXT, 1 << 20);
  *state = fixture;
  return 0;
}

static inline int remove_one(const char *path, const struct stat *stat,
                             int kind, struct FTW *where) {
  (void)stat;
  (void)kind;
  (void)where;
  return remove(path);
}

static inline int tear_down(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr__buf_release(&fixture->seen);
  nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(fixture);
  return 0;
}

static inline const char *path_of(const struct fixture *fixture,
                                  const char *name) {
  static char path[256];
  snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
  return path;
}

static inline void put(const struct fixture *fixture, const char *name,
                       const char *text) {
  const char *slash = strchr(name, '/');
  char folder[128];
  FILE *file;

  if (slash != NULL) {
    snprintf(folder, sizeof(folder), "%s/%.*s", fixture->folder,
             (int)(slash - name), name);
    (void)mkdir(folder, 0700);
  }
  file = fopen(path_of(fixture, name), "wb");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static inline void on_error(void *ctx, const pyr_error_t *error) {
  struct fixture *fixture = (struct fixture *)ctx;
  const char *text = error->text;
  const char *found = strstr(text, fixture->folder);
  while (found != NULL) {
    pyr__buf_add(&fixture->seen, text, (size_t)(found - text));
    text = found + strlen(fixture->folder) + 1;
    found = strstr(text, fixture->folder);
  }
  pyr__buf_add_format(&fixture->seen, "%s\n", text);
}

static inline int load(struct fixture *fixture, pyr_config_t **out,
                       const pyr_alloc_t *alloc) {
  const pyr_config_options_t options = {.size = sizeof(options),
                                        .on_error = on_error,
                                        .ctx = fixture,
                                        .alloc = alloc};
  pyr_error_t err = {0};
  int rc = pyr_config_load(out, path_of(fixture, "main.yml"), &options, &err);
  if (rc != 0)
    assert_true(err.text[0] != '\0');
  return rc;
}

static inline pyr_config_t *load_good(struct fixture *fixture) {
  pyr_config_t *config = NULL;
  if (load(fixture, &config, NULL) != 0)
    fail_msg("%.*s", (int)fixture->seen.len, (char *)fixture->seen.data);
  return config;
}

static inline void assert_bad(struct fixture *fixture, const char *errors) {
  pyr_config_t *config = NULL;
  pyr__buf_clear(&fixture->seen);
  assert_int_equal(load(fixture, &config, NULL), PYR_ECONFIG);
  pyr__buf_add_byte(&fixture->seen, '\0');
  assert_string_equal((char *)fixture->seen.data, errors);
}

#endif

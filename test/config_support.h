/* What the tests of configurations and of files like them share. */
#ifndef TEST_CONFIG_SUPPORT_H
#define TEST_CONFIG_SUPPORT_H

#include "support.h"

#include <string.h>

#include "config/config.h"

struct parsed {
  pyr_config_t *config; /* NULL: it is wrong */
  pyr_error_t first, last;
  size_t errors;
};

static inline void count_error(void *ctx, const pyr_error_t *error) {
  struct parsed *parsed = (struct parsed *)ctx;
  assert_true(strlen(error->text) > 0);
  parsed->errors++;
  parsed->last = *error;
}

static inline int parse_with(struct parsed *parsed, const char *text,
                             size_t len, pyr_config_options_t options) {
  options.size = sizeof(options);
  options.on_error = count_error;
  options.ctx = parsed;
  *parsed = (struct parsed){0};
  return pyr_config_parse(&parsed->config, text, len, &options, &parsed->first);
}

/* A configuration that is right. */
static inline pyr_config_t *parse_good(const char *text) {
  struct parsed parsed;
  if (parse_with(&parsed, text, strlen(text), (pyr_config_options_t){0}) != 0)
    fail_msg("%s", parsed.first.text);
  assert_int_equal(parsed.errors, 0);
  return parsed.config;
}

/* One that is wrong, the first time with this text. */
static inline size_t parse_bad(const char *text, size_t len,
                               const char *error) {
  struct parsed parsed;
  assert_int_equal(
      parse_with(&parsed, text, len, (pyr_config_options_t){.name = "f"}),
      PYR_ECONFIG);
  assert_string_equal(parsed.first.text, error);
  return parsed.errors;
}

#endif

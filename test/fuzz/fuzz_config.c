/* A configuration file, and what it asks for.  The first byte says whether the
 * environment is in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
  unsigned errors, line, column;
};

static void check_error(void *ctx, const pyr_error_t *error) {
  struct seen *seen = (struct seen *)ctx;
  if (error->code != PYR_ECONFIG || strnlen(error->text, PYR_ERROR_TEXT) == 0 ||
      strnlen(error->text, PYR_ERROR_TEXT) == PYR_ERROR_TEXT)
    abort();
  /* In the order of their places; the last one may count the rest. */
  if (error->line != 0 &&
      (error->line < seen->line ||
       (error->line == seen->line && error->column < seen->column)))
    abort();
  seen->line = error->line;
  seen->column = error->column;
  seen->errors++;
}

static void check_bad_target(void *ctx, const pyr_error_t *error) {
  (void)ctx;
  if (error->code != PYR_ECONFIG || error->line == 0)
    abort();
}

static void check_request(void *ctx, const pyr_request_t *request) {
  size_t i;
  (void)ctx;
  if (request->interval_ns <= 0 || request->timeout_ns <= 0 ||
      (strncmp(request->url, "http://", 7) != 0 &&
       strncmp(request->url, "https://", 8) != 0) ||
      request->application.len == 0 || request->address.len == 0)
    abort();
  for (i = 0; i < request->label_count; i++)
    if (request->labels[i].value.len == 0 ||
        !pyr__str_is_utf8(request->labels[i].value) ||
        (i > 0 && pyr__str_compare(request->labels[i - 1].name,
                                   request->labels[i].name) >= 0))
      abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct seen seen = {0, 0, 0};
  pyr_config_options_t options = {.size = sizeof(options),
                                  .name = "f",
                                  .expand_env = size > 0 && data[0] == '$',
                                  .on_error = check_error,
                                  .ctx = &seen};
  pyr_config_t *config = NULL;
  pyr_error_t err;
  int rc;

  setenv("A", "b", 1);
  rc = pyr_config_parse(&config, size == 0 ? "" : (const char *)data + 1,
                        size == 0 ? 0 : size - 1, &options, &err);
  if (rc != 0) {
    if (rc != PYR_ECONFIG || seen.errors == 0 || err.line == 0)
      abort();
    return 0;
  }
  if (seen.errors != 0)
    abort();
  rc = pyr_config_each_request(config, check_request, check_bad_target, NULL,
                               &err);
  if (rc != 0)
    abort();
  pyr_config_unref(config);
  return 0;
}

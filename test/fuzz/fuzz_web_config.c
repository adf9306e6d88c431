/* A web configuration file: what it says of who may ask and how, or each error
 * at its place. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static void check_error(void *ctx, const pyr_error_t *error) {
  unsigned *errors = ctx;
  check(error->code == PYR_ECONFIG && error->text[0] != '\0');
  (*errors)++;
}

static void check_web(const struct pyr__web_options *web) {
  size_t i;
  for (i = 0; i < web->user_count; i++)
    check(strchr(web->users[i].name, ':') == NULL &&
          pyr__bcrypt_problem(pyr__str(web->users[i].hash)) == NULL);
  check(web->bearer_token == NULL || web->bearer_token_file == NULL);
  if (web->tls != NULL)
    check(web->tls->is_server &&
          (web->tls->cert != NULL || web->tls->cert_file != NULL) &&
          (web->tls->key != NULL || web->tls->key_file != NULL));
}

/* The one file, written anew. */
static const char *write_file(const uint8_t *data, size_t size) {
  static char path[32];
  static int fd = -1;
  if (fd < 0) {
    fd = memfd_create("web.yml", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  }
  check(fd >= 0 && ftruncate(fd, 0) == 0 &&
        pwrite(fd, data, size, 0) == (ssize_t)size);
  return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char text[] = "scrape-configs: []\n";
  unsigned errors = 0;
  pyr_config_options_t options = {.size = sizeof(options),
                                  .name = "f",
                                  .web_config = write_file(data, size),
                                  .on_error = check_error,
                                  .ctx = &errors};
  pyr_config_t *config = NULL;
  pyr_error_t err;
  int rc = pyr_config_parse(&config, text, sizeof(text) - 1, &options, &err);

  check(rc == 0 ? errors == 0 : rc == PYR_ECONFIG && errors > 0);
  if (rc == 0)
    check_web(&config->server.web);
  pyr_config_unref(config);
  return 0;
}

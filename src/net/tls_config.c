#include "net/tls_config.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

enum { LOOK_AGAIN_MS = 1000 };

/* A text, a file, or neither. */
struct source {
  const char *key; /* "ca-file" */
  char *text;
  struct pyr__watched_file file;
};

struct pyr__tls_config {
  unsigned refs;
  struct pyr__tls_shared *shared;
  struct pyr__arena arena; /* of the strings */
  const char *name, *server_name;
  struct source ca, cert, key;
  bool skips, min13, max13, is_server;
  enum pyr__client_certs client_certs;
  bool was_noted; /* that it skips */
  struct pyr__tls_setup *setup;
  int64_t looked_ns;  /* 0: never */
  pyr_error_t failed; /* of the latest try; code 0: it went well */
};

/* ---- options ------------------------------------------------------------ */

static int copy(struct pyr__tls_config *config, const char *text, char **out) {
  if (text == NULL)
    return 0;
  *out = pyr__arena_text(&config->arena, pyr__str(text));
  return *out == NULL ? PYR__ENOMEM : 0;
}

static int copy_source(struct pyr__tls_config *config, struct source *source,
                       const char *key, const char *text, const char *path) {
  char *copied = NULL;
  int rc = copy(config, text, &source->text);
  if (rc == 0)
    rc = copy(config, path, &copied);
  source->key = key;
  source->file.path = copied;
  return rc;
}

static int copy_options(struct pyr__tls_config *config,
                        const struct pyr__tls_options *options) {
  char *name = NULL, *server_name = NULL;
  int rc = copy(config, options->name, &name);
  if (rc == 0)
    rc = copy(config, options->server_name, &server_name);
  if (rc == 0)
    rc = copy_source(config, &config->ca, "ca-file", options->ca,
                     options->ca_file);
  if (rc == 0)
    rc = copy_source(config, &config->cert, "cert-file", options->cert,
                     options->cert_file);
  if (rc == 0)
    rc = copy_source(config, &config->key, "key-file", options->key,
                     options->key_file);
  config->name = name == NULL ? "tls-config" : name;
  config->server_name = server_name;
  config->skips = options->insecure_skip_verify;
  config->is_server = options->is_server;
  config->client_certs = options->client_certs;
  return rc;
}

static bool verifies_nobody(const struct pyr__tls_config *config) {
  return config->is_server ? config->client_certs == PYR__CLIENT_CERTS_NONE
                           : config->skips;
}

static int check_options(struct pyr__tls_config *config,
                         const struct pyr__tls_options *options,
                         pyr_error_t *err) {
  bool most_is_12;
  int rc = pyr__tls_options_check(options, &config->min13, &most_is_12, err);

  if (rc != 0)
    return rc;
  config->max13 = !most_is_12 && PYR__MBED_HAS_TLS13;
  /* What a client sends can be bounded only where it can be seen. */
  if (config->is_server && !verifies_nobody(config))
    config->max13 = false;
  if (config->min13 && config->is_server && PYR__MBED_HAS_TLS13 &&
      !config->max13)
    return pyr__error(err, PYR_ECONFIG,
                      "min-version: TLS13 and certificates of clients cannot "
                      "be had together");
  if (config->min13 && !PYR__MBED_HAS_TLS13)
    return pyr__error(err, PYR_ECONFIG,
                      "min-version: TLS13 needs mbedTLS 3, and this build has "
                      "%s",
                      MBEDTLS_VERSION_STRING);
  return 0;
}

/* ---- reading ------------------------------------------------------------ */

static int read_source(struct pyr__tls_config *config, struct source *source,
                       struct pyr__file_text *out, pyr_error_t *err) {
  struct pyr__memory *memory = config->shared->memory;
  int rc;

  if (source->text != NULL) {
    out->len = strlen(source->text);
    out->data = (uint8_t *)pyr__copy_text(memory, PYR__MEM_NET_TLS,
                                          pyr__str(source->text));
    return out->data == NULL ? pyr__error_nomem(err) : 0;
  }
  if (source->file.path == NULL)
    return 0;
  rc = pyr__watched_file_read(&source->file, memory, PYR__LIMIT_TLS_FILE_BYTES,
                              out, err);
  if (rc == 0 || rc == PYR__ENOMEM)
    return rc;
  err->code = PYR_ETLS;
  return pyr__error_prefix(err, "%s %s: ", source->key, source->file.path);
}

/* Puts where it is from before the text of an error about its content. */
static int blame(const struct source *source, pyr_error_t *err) {
  if (err->code == PYR__ENOMEM || source->file.path == NULL)
    return err->code;
  return pyr__error_prefix(err, "%s %s: ", source->key, source->file.path);
}

static int read_trust(struct pyr__tls_config *config,
                      struct pyr__tls_trust **out, pyr_error_t *err) {
  struct pyr__tls_shared *shared = config->shared;
  struct pyr__file_text text = {NULL, 0};
  int rc;

  if (verifies_nobody(config))
    return 0;
  rc = read_source(config, &config->ca, &text, err);
  if (rc != 0)
    return rc;
  if (text.data == NULL)
    return pyr__tls_shared_trust(shared, out, err);
  rc = pyr__tls_trust_new(out, shared->memory, text.data, text.len, err);
  pyr__file_text_release(shared->memory, &text);
  if (rc != 0)
    return blame(&config->ca, err);
  if ((*out)->unreadable > 0)
    pyr__tls_note(shared, PYR_LOG_WARN,
                  "%s: %u certificates of %s cannot be read and are not "
                  "trusted",
                  config->name, (*out)->unreadable, config->ca.key);
  return 0;
}

static int load(struct pyr__tls_config *config, struct pyr__tls_trust *trust,
                struct pyr__tls_setup **out, pyr_error_t *err) {
  struct pyr__memory *memory = config->shared->memory;
  struct pyr__tls_setup_parts parts = {.trust = trust,
                                       .server_name = config->server_name,
                                       .min13 = config->min13,
                                       .max13 = config->max13,
                                       .is_server = config->is_server,
                                       .client_certs = config->client_certs};
  int rc = read_source(config, &config->cert, &parts.cert, err);

  if (rc == 0)
    rc = read_source(config, &config->key, &parts.key, err);
  if (rc == 0) {
    rc = pyr__tls_setup_new(out, config->shared, &parts, err);
    if (rc != 0)
      rc = blame(&config->cert, err);
  }
  pyr__file_text_release(memory, &parts.cert);
  pyr__file_text_release(memory, &parts.key);
  return rc;
}

static void forget_files(struct pyr__tls_config *config) {
  config->ca.file.stamp.is_known = false;
  config->cert.file.stamp.is_known = false;
  config->key.file.stamp.is_known = false;
}

/* A new setup in place of the old one, or an error and the old one. */
static int reload(struct pyr__tls_config *config, pyr_error_t *err) {
  struct pyr__tls_trust *trust = NULL;
  struct pyr__tls_setup *setup = NULL;
  int rc = read_trust(config, &trust, err);

  if (rc == 0)
    rc = load(config, trust, &setup, err);
  pyr__tls_trust_unref(trust);
  if (rc == PYR__ENOMEM)
    forget_files(config); /* they are worth another try as they are */
  if (rc != 0)
    return rc;
  pyr__tls_setup_unref(config->setup);
  config->setup = setup;
  return 0;
}

/* The system's store is shared: whoever looks at it first reads it again. */
static bool has_system_changed(const struct pyr__tls_config *config) {
  struct pyr__tls_trust *trust;
  bool has_changed;

  if (verifies_nobody(config) || config->ca.text != NULL ||
      config->ca.file.path != NULL)
    return false;
  if (pyr__tls_shared_trust(config->shared, &trust, NULL) != 0)
    return true;
  has_changed = trust != config->setup->trust;
  pyr__tls_trust_unref(trust);
  return has_changed;
}

static bool has_changed(const struct pyr__tls_config *config) {
  return pyr__watched_file_changed(&config->ca.file) ||
         pyr__watched_file_changed(&config->cert.file) ||
         pyr__watched_file_changed(&config->key.file) ||
         has_system_changed(config);
}

/* ---- the setup ---------------------------------------------------------- */

static void note_reload(struct pyr__tls_config *config,
                        const pyr_error_t *failed) {
  struct pyr__tls_shared *shared = config->shared;
  struct pyr__tls_stats *stats = pyr__tls_stats(shared, config->is_server);

  if (failed->code == 0) {
    stats->reloads++;
    pyr__tls_note(shared, PYR_LOG_INFO,
                  "%s: certificates and keys were read again", config->name);
    return;
  }
  stats->failed_reloads++;
  /* It may be tried every second, and is told once. */
  if (strcmp(failed->text, config->failed.text) != 0)
    pyr__tls_note(shared, PYR_LOG_WARN,
                  "%s: what was read before is used on: %s", config->name,
                  failed->text);
}

static void look(struct pyr__tls_config *config) {
  pyr_error_t failed = {.code = 0};
  bool had_setup = config->setup != NULL;

  if (had_setup && !has_changed(config)) {
    config->failed.code = 0;
    config->failed.text[0] = '\0';
    return;
  }
  (void)reload(config, &failed);
  if (had_setup)
    note_reload(config, &failed);
  config->failed = failed;
}

int pyr__tls_config_setup(struct pyr__tls_config *config,
                          struct pyr__tls_setup **out, pyr_error_t *err) {
  int64_t now_ns = pyr__now(&config->shared->clock);

  if (config->looked_ns == 0 ||
      now_ns - config->looked_ns >= LOOK_AGAIN_MS * PYR__NS_PER_MS) {
    config->looked_ns = now_ns;
    look(config);
  }
  if (config->setup == NULL) {
    if (config->failed.code == PYR__ENOMEM)
      config->looked_ns = 0;
    if (err != NULL)
      *err = config->failed;
    return config->failed.code;
  }
  if (config->skips && !config->was_noted) {
    config->was_noted = true;
    pyr__tls_note(config->shared, PYR_LOG_WARN,
                  "%s: insecure-skip-verify is on: whoever answers is believed",
                  config->name);
  }
  *out = config->setup;
  return 0;
}

/* ---- the beginning and the end ------------------------------------------ */

/* Texts can be wrong at once, files only when they are read. */
static int check_texts(struct pyr__tls_config *config, pyr_error_t *err) {
  struct pyr__tls_trust *trust = NULL;
  struct pyr__tls_setup *setup = NULL;
  int rc = 0;

  if (config->ca.text != NULL)
    rc = read_trust(config, &trust, err);
  pyr__tls_trust_unref(trust);
  if (rc == 0 && config->cert.text != NULL && config->key.text != NULL)
    rc = load(config, NULL, &setup, err);
  pyr__tls_setup_unref(setup);
  if (rc != 0 && rc != PYR__ENOMEM)
    rc = err->code = PYR_ECONFIG;
  return rc;
}

int pyr__tls_config_new(struct pyr__tls_config **out,
                        struct pyr__tls_shared *shared,
                        const struct pyr__tls_options *options,
                        pyr_error_t *err) {
  struct pyr__tls_config *config =
      pyr__calloc(shared->memory, PYR__MEM_NET_TLS, 1, sizeof(*config));
  pyr_error_t error = {.code = 0};
  int rc;

  if (config == NULL)
    return pyr__error_nomem(err);
  config->refs = 1;
  config->shared = pyr__tls_shared_ref(shared);
  pyr__arena_init(&config->arena, shared->memory, PYR__MEM_NET_TLS,
                  PYR__LIMIT_CONFIG_BYTES);
  rc = copy_options(config, options);
  rc = rc == 0 ? check_options(config, options, &error)
               : pyr__error_nomem(&error);
  if (rc == 0)
    rc = check_texts(config, &error);
  if (rc != 0) {
    if (err != NULL)
      *err = error;
    pyr__tls_config_unref(config);
    return rc;
  }
  *out = config;
  return 0;
}

struct pyr__tls_config *pyr__tls_config_ref(struct pyr__tls_config *config) {
  config->refs++;
  return config;
}

void pyr__tls_config_unref(struct pyr__tls_config *config) {
  struct pyr__tls_shared *shared;

  if (config == NULL || --config->refs > 0)
    return;
  shared = config->shared;
  pyr__tls_setup_unref(config->setup);
  if (config->key.text != NULL)
    explicit_bzero(config->key.text, strlen(config->key.text));
  pyr__arena_release(&config->arena);
  pyr__free(shared->memory, config);
  pyr__tls_shared_unref(shared);
}

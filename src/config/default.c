/* The configuration of a process that has none. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/config.h"

static const char job[] = "scrape-configs:\n"
                          "  - job-name: pyrite\n"
                          "    enabled-profiles: [cpu, mem]\n"
                          "    static-configs:\n"
                          "      - application: pyrite\n"
                          "        targets: ['127.0.0.1:4041']\n";

/* "    name: 'text'", a quote in it being two. */
static int add_quoted(struct pyr__buf *out, const char *name,
                      const char *text) {
  int rc = pyr__buf_add_format(out, "    %s: '", name);
  for (; rc == 0 && *text != '\0'; text++)
    rc = *text == '\'' ? pyr__buf_add_text(out, "''")
                       : pyr__buf_add_byte(out, (uint8_t)*text);
  return rc == 0 ? pyr__buf_add_text(out, "'\n") : rc;
}

/* It talks to itself: whom else the certificate is for does not matter. */
static int add_access(struct pyr__buf *out,
                      const struct pyr__web_options *web) {
  int rc = 0;
  if (web->tls != NULL)
    rc = pyr__buf_add_text(out, "    scheme: https\n    tls-config: "
                                "{insecure-skip-verify: true}\n");
  if (rc == 0 && web->bearer_token != NULL)
    rc = add_quoted(out, "bearer-token", web->bearer_token);
  else if (rc == 0 && web->bearer_token_file != NULL)
    rc = add_quoted(out, "bearer-token-file", web->bearer_token_file);
  return rc;
}

/* NULL: it can scrape itself. */
static const char *hindrance(const struct pyr__web_options *web) {
  if (web->tls != NULL && web->tls->client_certs == PYR__CLIENT_CERTS_REQUIRED)
    return "the stats endpoint asks for certificates of clients, so that "
           "nothing is scraped: without a configuration that is Pyrite "
           "itself, which has none";
  if (web->user_count > 0 && web->bearer_token == NULL &&
      web->bearer_token_file == NULL)
    return "the stats endpoint asks for a password, so that nothing is "
           "scraped: without a configuration that is Pyrite itself, which "
           "knows only its hash";
  return NULL;
}

static int parse_nothing(pyr_config_t **out, const char *why,
                         const pyr_config_options_t *options,
                         pyr_error_t *err) {
  static const char text[] = "scrape-configs: []\n";
  pyr_config_t *config;
  pyr_str_t *note;
  int rc = pyr_config_parse(&config, text, sizeof(text) - 1, options, err);

  if (rc != 0)
    return rc;
  note = pyr__arena_calloc(&config->arena, 1, sizeof(*note));
  if (note == NULL) {
    pyr_config_unref(config);
    return pyr__error_nomem(err);
  }
  *note = pyr__str(why);
  config->notes = note;
  config->note_count = 1;
  *out = config;
  return 0;
}

static int parse_with_access(pyr_config_t **out,
                             const struct pyr__web_options *web,
                             const pyr_config_options_t *options,
                             pyr_error_t *err) {
  struct pyr__memory memory;
  struct pyr__buf text;
  int rc;

  pyr__memory_init(&memory, options->alloc);
  pyr__buf_init(&text, &memory, PYR__MEM_NET_SECRETS,
                2 * PYR__LIMIT_SECRET_BYTES);
  rc = pyr__buf_add_text(&text, job);
  if (rc == 0)
    rc = add_access(&text, web);
  rc = rc == 0 ? pyr_config_parse(out, (const char *)text.data, text.len,
                                  options, err)
               : pyr__error_nomem(err);
  pyr__buf_release(&text);
  return rc;
}

int pyr_config_default(pyr_config_t **out, const pyr_config_options_t *options,
                       pyr_error_t *err) {
  pyr_config_t *plain;
  const struct pyr__web_options *web;
  const char *why;
  int rc = pyr_config_parse(&plain, job, sizeof(job) - 1, options, err);

  if (rc != 0)
    return rc;
  web = &plain->server.web;
  if (web->tls == NULL && web->user_count == 0 && web->bearer_token == NULL &&
      web->bearer_token_file == NULL) {
    *out = plain;
    return 0;
  }
  why = hindrance(web);
  rc = why != NULL ? parse_nothing(out, why, options, err)
                   : parse_with_access(out, web, options, err);
  pyr_config_unref(plain);
  return rc;
}

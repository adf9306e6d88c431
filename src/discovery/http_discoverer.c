#include "discovery/http_discoverer.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/list_emit.h"
#include "discovery/polling.h"
#include "net/http_client.h"

enum { ETAG_MAX = 256, HEADERS_MAX = 512, SHOWN_TYPE = 80 };

struct http_discoverer {
  struct pyr__polling polling;
  const struct pyr__http_sd_config *config;
  struct pyr__buf body;
  struct pyr__list_emit emit;
  bool is_known;
  uint32_t sources;
  uint64_t seed, content; /* hash of the body that was emitted last */
  uint64_t next_content;
  char etag[ETAG_MAX]; /* of what was emitted last, or "" */
  char next_etag[ETAG_MAX];
};

static struct http_discoverer *self_of(struct pyr__polling *polling) {
  return pyr__container_of(polling, struct http_discoverer, polling);
}

/* What has a place in the body begins with the URL. */
static void describe(struct pyr__polling *polling, pyr_error_t *err) {
  if (err->line > 0)
    return;
  pyr__error_prefix(err, "%s: ", self_of(polling)->config->url.base);
}

/* ---- the list ----------------------------------------------------------- */

static void end_emit(struct pyr__polling *polling) {
  struct http_discoverer *self = self_of(polling);
  self->sources = self->emit.slices.sources;
  pyr__list_emit_end(&self->emit);
  pyr__buf_release(&self->body);
}

/* What was known is forgotten as soon as something else is told of: it is as it
 * was only when all is. */
static int emit(struct pyr__polling *polling, pyr_error_t *err) {
  struct http_discoverer *self = self_of(polling);
  int rc = pyr__list_emit_step(&self->emit, err);
  if (self->emit.is_read)
    self->is_known = rc == 0;
  if (rc == 0) {
    self->content = self->next_content;
    memcpy(self->etag, self->next_etag, sizeof(self->etag));
  }
  return rc;
}

static void take_body(struct http_discoverer *self) {
  const struct pyr__list_source from = {.origin = self->config->url,
                                        .meta_label = "__meta_url",
                                        .slices = self->sources,
                                        .format = PYR__LIST_JSON,
                                        .text = &self->body};

  self->next_content = pyr__hash(self->seed, self->body.data, self->body.len);
  if (self->is_known && self->next_content == self->content) {
    memcpy(self->etag, self->next_etag, sizeof(self->etag));
    pyr__polling_succeeded(&self->polling);
    return;
  }
  pyr__list_emit_begin(&self->emit, &self->polling.base, &from);
  pyr__polling_emit(&self->polling);
}

/* ---- the response ------------------------------------------------------- */

static bool starts_word(pyr_str_t *text, const char *word) {
  size_t len = strlen(word);
  if (!pyr__str_starts_nocase(*text, word))
    return false;
  text->base += len;
  text->len -= len;
  return true;
}

/* application/json, with no charset or with UTF-8. */
static bool is_json(pyr_str_t type) {
  type = pyr__str_trim(type);
  if (!starts_word(&type, "application/json"))
    return false;
  if (type.len == 0)
    return true;
  if (!starts_word(&type, ";"))
    return false;
  type = pyr__str_trim(type);
  if (!starts_word(&type, "charset="))
    return false;
  return (starts_word(&type, "utf-8") || starts_word(&type, "\"utf-8\"")) &&
         type.len == 0;
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct http_discoverer *self = ctx;
  char shown[SHOWN_TYPE];

  pyr__buf_clear(&self->body);
  self->next_etag[0] = '\0';
  if (head->status != 200)
    return 0;
  if (!is_json(head->content_type)) {
    pyr__str_escape(shown, sizeof(shown), head->content_type);
    return pyr__error(err, PYR_EHTTP,
                      "unsupported content type \"%s\", "
                      "expected application/json",
                      shown);
  }
  if (head->content_encoding.len > 0 &&
      !starts_word(
          &(pyr_str_t){head->content_encoding.base, head->content_encoding.len},
          "identity"))
    return pyr__error(err, PYR_EHTTP,
                      "the body is compressed, which was not asked for");
  if (head->etag.len < ETAG_MAX)
    snprintf(self->next_etag, sizeof(self->next_etag), "%.*s",
             PYR__STR_ARG(head->etag));
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct http_discoverer *self = ctx;
  int rc = pyr__buf_add(&self->body, data, len);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the body is larger than %zu MiB",
                      PYR__LIMIT_LIST_BYTES / PYR__MIB);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct http_discoverer *self = ctx;

  self->polling.request = NULL;
  if (self->polling.closed != NULL)
    return;
  if (done->code == 0)
    take_body(self);
  else if (done->code == PYR_ESTATUS && done->status == 304 && self->is_known &&
           self->etag[0] != '\0')
    pyr__polling_succeeded(&self->polling);
  else
    pyr__polling_failed(&self->polling, done->error);
  if (!self->polling.is_emitting) /* what the next one needs is not known */
    pyr__buf_release(&self->body);
}

/* ---- the request -------------------------------------------------------- */

static void write_headers(const struct http_discoverer *self,
                          char out[HEADERS_MAX]) {
  int64_t ns = self->config->refresh_interval_ns;
  bool has_etag = self->is_known && self->etag[0] != '\0';
  snprintf(out, HEADERS_MAX,
           "Accept: application/json\r\n"
           "X-Prometheus-Refresh-Interval-Seconds: %.12g\r\n%s%s%s",
           (double)ns / (double)PYR__NS_PER_S,
           has_etag ? "If-None-Match: " : "", has_etag ? self->etag : "",
           has_etag ? "\r\n" : "");
}

static int ask(struct pyr__polling *polling, pyr_error_t *err) {
  struct http_discoverer *self = self_of(polling);
  struct pyr__http_handler handler = {on_head, on_body, on_done, self};
  struct pyr__http_options options = {.follow_other_hosts =
                                          self->config->access.follow_redirects,
                                      .access = self->polling.access};
  char headers[HEADERS_MAX];

  write_headers(self, headers);
  options.headers = headers;
  return pyr__http_start(polling->base.env->client, self->config->url.base,
                         &options, &handler, &polling->request, err);
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__polling *polling) {
  struct http_discoverer *self = self_of(polling);
  pyr__buf_release(&self->body);
}

static const struct pyr__polling_steps http_steps = {
    .type = {"http", pyr__polling_close},
    .size = sizeof(struct http_discoverer),
    .awaited = "response",
    .ask = ask,
    .emit = emit,
    .end_emit = end_emit,
    .describe = describe,
    .release = release};

int pyr__http_discoverer_new(struct pyr__discoverer **out,
                             const struct pyr__http_sd_config *config,
                             const struct pyr__discovery_env *env,
                             const struct pyr__discovery_sink *sink,
                             pyr_error_t *err) {
  struct pyr__polling *polling;
  struct http_discoverer *self;
  int rc = pyr__polling_new(&polling, &http_steps, &config->access,
                            config->refresh_interval_ns, env, sink, err);

  if (rc != 0)
    return rc;
  self = self_of(polling);
  self->config = config;
  self->seed = pyr__hash_random_seed();
  pyr__buf_init(&self->body, env->memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_LIST_BYTES);
  *out = &polling->base;
  return 0;
}

#include "discovery/dns_discoverer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/label.h"
#include "base/list.h"
#include "base/str.h"
#include "net/dns_lookup.h"
#include "net/http_client.h"

enum { LABELS_MAX = 4, PORT_TEXT = 8, SCRATCH_KEPT = 64 * 1024 };

struct dns_discoverer;

struct dns_name {
  struct dns_discoverer *self;
  pyr_str_t name;
  struct pyr__dns_lookup *lookup; /* NULL: none runs */
  bool is_known;                  /* was answered once */
};

struct dns_discoverer {
  struct pyr__discoverer base;
  const struct pyr__dns_sd_config *config;
  uv_timer_t timer; /* the next refresh */
  struct pyr__arena scratch;
  size_t waiting; /* names that are being asked for */
  size_t unknown; /* names that were not answered yet */
  bool has_failed;
  void (*closed)(void *ctx);
  void *closed_ctx;
  struct dns_name names[];
};

static struct dns_discoverer *self_of(struct pyr__discoverer *base) {
  return pyr__container_of(base, struct dns_discoverer, base);
}

/* ---- records to targets ------------------------------------------------- */

/* The three in one, or no text at all without memory. */
static pyr_str_t join(struct dns_discoverer *self, const char *before,
                      const char *host, const char *after) {
  size_t size = strlen(before) + strlen(host) + strlen(after) + 1;
  char *text = pyr__arena_alloc(&self->scratch, size, 1);
  if (text == NULL)
    return (pyr_str_t){NULL, 0};
  stpcpy(stpcpy(stpcpy(text, before), host), after);
  return (pyr_str_t){text, size - 1};
}

static const char *target_label(int type) {
  switch (type) {
  case PYR__DNS_SD_SRV:
    return "__meta_dns_srv_record_target";
  case PYR__DNS_SD_MX:
    return "__meta_dns_mx_record_target";
  case PYR__DNS_SD_NS:
    return "__meta_dns_ns_record_target";
  default:
    return NULL;
  }
}

static int fill(struct dns_discoverer *self, pyr_str_t name,
                const struct pyr__dns_record *record,
                struct pyr__discovered *out) {
  bool is_srv = self->config->type == PYR__DNS_SD_SRV;
  bool is_ipv6 = strchr(record->host, ':') != NULL;
  const char *label = target_label(self->config->type);
  pyr_label_t *labels =
      pyr__arena_alloc(&self->scratch, LABELS_MAX, sizeof(*labels));
  char port[PORT_TEXT];
  size_t i, n = 0;

  if (labels == NULL)
    return PYR__ENOMEM;
  snprintf(port, sizeof(port), "%s:%u", is_ipv6 ? "]" : "",
           is_srv ? record->port : self->config->port);
  labels[n++] =
      (pyr_label_t){pyr__str("__address__"),
                    join(self, is_ipv6 ? "[" : "", record->host, port)};
  labels[n++] = (pyr_label_t){pyr__str("__meta_dns_name"), name};
  if (is_srv)
    labels[n++] = (pyr_label_t){pyr__str("__meta_dns_srv_record_port"),
                                join(self, "", strrchr(port, ':') + 1, "")};
  if (label != NULL)
    labels[n++] =
        (pyr_label_t){pyr__str(label), join(self, "", record->host, ".")};
  for (i = 0; i < n; i++)
    if (labels[i].value.base == NULL)
      return PYR__ENOMEM;
  pyr__labels_sort(labels, n);
  *out = (struct pyr__discovered){labels, n};
  return 0;
}

static int emit(struct dns_discoverer *self, pyr_str_t name,
                const struct pyr__dns_record *records, size_t count,
                pyr_error_t *err) {
  struct pyr__discovered *targets =
      pyr__arena_alloc(&self->scratch, count, sizeof(*targets));
  struct pyr__target_group group = {name, targets, count};
  int rc = targets == NULL ? PYR__ENOMEM : 0;
  size_t i;

  for (i = 0; i < count && rc == 0; i++)
    rc = fill(self, name, &records[i], &targets[i]);
  rc = rc != 0 ? pyr__error_nomem(err)
               : pyr__discoverer_emit(&self->base, &group, err);
  pyr__arena_reset(&self->scratch, SCRATCH_KEPT);
  return rc;
}

/* ---- refreshing --------------------------------------------------------- */

static void fail(struct dns_discoverer *self, const pyr_error_t *err) {
  self->has_failed = true;
  pyr__discoverer_failed(&self->base, err);
}

static void note_known(struct dns_discoverer *self, struct dns_name *name) {
  if (name->is_known)
    return;
  name->is_known = true;
  if (--self->unknown == 0)
    self->base.sink.on_synced(self->base.sink.ctx, &self->base);
}

static void on_done(void *ctx, const struct pyr__dns_record *records,
                    size_t count, const pyr_error_t *err) {
  struct dns_name *name = ctx;
  struct dns_discoverer *self = name->self;
  pyr_error_t own;

  name->lookup = NULL;
  if (err == NULL && emit(self, name->name, records, count, &own) != 0)
    err = &own;
  if (err != NULL)
    fail(self, err);
  else
    note_known(self, name);
  if (--self->waiting == 0 && !self->has_failed)
    pyr__discoverer_succeeded(&self->base);
}

static void ask(struct dns_discoverer *self, struct dns_name *name) {
  struct pyr__dns_lookup_handler handler = {on_done, name};
  pyr_error_t err;
  int rc = pyr__dns_lookup_start(
      &name->lookup, pyr__http_client_dns(self->base.env->client), name->name,
      (enum pyr__dns_type)self->config->type, &handler, &err);
  if (rc == 0)
    self->waiting++;
  else
    fail(self, &err);
}

/* A server that is silent for longer than an interval is not asked twice at
 * once. */
static void on_timer(uv_timer_t *timer) {
  struct dns_discoverer *self =
      pyr__container_of(timer, struct dns_discoverer, timer);
  size_t i;

  if (self->waiting == 0)
    self->has_failed = false;
  for (i = 0; i < self->config->name_count; i++)
    if (self->names[i].lookup == NULL)
      ask(self, &self->names[i]);
}

/* ---- its life ----------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
  struct dns_discoverer *self =
      pyr__container_of(handle, struct dns_discoverer, timer);
  void (*closed)(void *ctx) = self->closed;
  void *ctx = self->closed_ctx;

  pyr__arena_release(&self->scratch);
  pyr__free(self->base.env->memory, self);
  closed(ctx);
}

static void close_dns(struct pyr__discoverer *discoverer, void (*cb)(void *ctx),
                      void *ctx) {
  struct dns_discoverer *self = self_of(discoverer);
  size_t i;

  self->closed = cb;
  self->closed_ctx = ctx;
  for (i = 0; i < self->config->name_count; i++)
    pyr__dns_lookup_cancel(self->names[i].lookup);
  uv_close((uv_handle_t *)&self->timer, on_closed);
}

static const struct pyr__discoverer_type dns_type = {"dns", close_dns};

int pyr__dns_discoverer_new(struct pyr__discoverer **out,
                            const struct pyr__dns_sd_config *config,
                            const struct pyr__discovery_env *env,
                            const struct pyr__discovery_sink *sink,
                            pyr_error_t *err) {
  struct dns_discoverer *self =
      pyr__calloc(env->memory, PYR__MEM_DISCOVERY_GROUPS, 1,
                  sizeof(*self) + config->name_count * sizeof(self->names[0]));
  size_t i;

  if (self == NULL)
    return pyr__error_nomem(err);
  pyr__discoverer_init(&self->base, &dns_type, env, sink);
  self->config = config;
  self->unknown = config->name_count;
  for (i = 0; i < config->name_count; i++) {
    self->names[i].self = self;
    self->names[i].name = config->names[i];
  }
  pyr__discovery_arena_init(&self->scratch, env);
  uv_timer_init(env->loop, &self->timer);
  uv_timer_start(&self->timer, on_timer, 0,
                 (uint64_t)(config->refresh_interval_ns / PYR__NS_PER_MS));
  *out = &self->base;
  return 0;
}

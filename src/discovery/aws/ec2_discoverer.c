#include "discovery/aws/ec2_discoverer.h"

#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/aws/ec2_labels.h"
#include "discovery/aws/ec2_query.h"
#include "discovery/aws/session.h"
#include "discovery/polling.h"
#include "discovery/slices.h"
#include "net/http_client.h"

enum { SCRATCH_KEPT = 64 * 1024 };

struct ec2_discoverer {
  struct pyr__polling polling;
  const struct pyr__ec2_sd_config *config;
  struct pyr__aws_session session;
  struct pyr__arena zones_arena, arena, scratch;
  struct pyr__ec2_answer zones, answer; /* of all pages */
  struct pyr__ec2_xml xml;              /* of the page that comes */
  uint64_t bytes;                       /* of that */
  unsigned pages;
  const char *doing; /* for texts */
  bool is_of_zones, has_zones;
  struct pyr__slices slices;
  const struct pyr__ec2_instance *next; /* to be emitted */
};

static struct ec2_discoverer *self_of(struct pyr__polling *polling) {
  return pyr__container_of(polling, struct ec2_discoverer, polling);
}

static void describe(struct pyr__polling *polling, pyr_error_t *err) {
  pyr__error_prefix(err, "could not %s: ", self_of(polling)->doing);
}

/* ---- emitting ----------------------------------------------------------- */

static void end_emit(struct pyr__polling *polling) {
  struct ec2_discoverer *self = self_of(polling);
  polling->base.is_updating = false;
  pyr__arena_reset(&self->scratch, 0);
  pyr__arena_reset(&self->arena, 0);
}

/* Those without an address are no targets, as they are being made or gone. */
static int emit_slice(struct ec2_discoverer *self, pyr_error_t *err) {
  struct pyr__discovered *targets =
      pyr__arena_alloc(&self->scratch, PYR__SLICE_TARGETS, sizeof(*targets));
  size_t count = 0;
  int rc = 0;

  if (targets == NULL)
    return pyr__arena_error(&self->scratch, 0, "a slice of targets", err);
  for (; rc == 0 && self->next != NULL && count < PYR__SLICE_TARGETS;
       self->next = self->next->next)
    if (self->next->fields[PYR__EC2_PRIVATE_IP].len > 0)
      rc = pyr__ec2_labels(&self->scratch, self->config,
                           pyr__str(self->session.region), self->next,
                           self->has_zones ? self->zones.zones : NULL,
                           &targets[count++], err);
  if (rc == 0 && count > 0)
    rc = pyr__slices_add(&self->slices, &self->scratch, targets, count, err);
  return rc == 0 ? 1 : rc;
}

static int emit(struct pyr__polling *polling, pyr_error_t *err) {
  struct ec2_discoverer *self = self_of(polling);
  pyr__arena_reset(&self->scratch, SCRATCH_KEPT);
  return self->next != NULL
             ? emit_slice(self, err)
             : pyr__slices_end(&self->slices, &self->scratch, err);
}

static void begin_emit(struct ec2_discoverer *self) {
  self->polling.base.is_updating = true;
  self->next = self->answer.first;
  self->slices.origin = pyr__str(self->session.region);
  self->slices.next = 0;
  pyr__polling_emit(&self->polling);
}

/* ---- a page ------------------------------------------------------------- */

static int ask_page(struct ec2_discoverer *self, pyr_error_t *err);

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct ec2_discoverer *self = ctx;
  bool is_of_zones = self->is_of_zones;
  (void)head;
  pyr__ec2_xml_release(&self->xml);
  self->bytes = 0;
  return pyr__ec2_xml_init(&self->xml,
                           is_of_zones ? &self->zones_arena : &self->arena,
                           is_of_zones ? &self->zones : &self->answer,
                           is_of_zones ? "DescribeAvailabilityZonesResponse"
                                       : "DescribeInstancesResponse",
                           err);
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct ec2_discoverer *self = ctx;
  self->bytes += len;
  if (self->bytes > PYR__LIMIT_LIST_BYTES)
    return pyr__error(err, PYR_ELIMIT, "the body is larger than %zu MiB",
                      PYR__LIMIT_LIST_BYTES / PYR__MIB);
  return self->xml.xml.parser == NULL
             ? 0
             : pyr__ec2_xml_feed(&self->xml, data, len, err);
}

/* Of zones nothing is needed but their ids, so instances are asked for even
 * where these cannot be had. */
static int take_zones(struct ec2_discoverer *self, int rc, pyr_error_t *err) {
  if (rc != 0) {
    pyr__log(self->polling.base.env->log, PYR_LOG_DEBUG,
             "unable to describe availability zones",
             {"job", pyr__str(self->polling.base.env->job)},
             {"err", pyr__str(err->text)});
  }
  self->has_zones = rc == 0;
  self->is_of_zones = false;
  return ask_page(self, err);
}

static int take_page(struct ec2_discoverer *self, int rc, pyr_error_t *err) {
  if (self->is_of_zones)
    return take_zones(self, rc, err);
  if (rc != 0)
    return rc;
  if (self->answer.next_token.len == 0) {
    begin_emit(self);
    return 0;
  }
  if (++self->pages == PYR__LIMIT_EC2_PAGES)
    return pyr__error(err, PYR_ELIMIT, "more than %u pages",
                      PYR__LIMIT_EC2_PAGES);
  return ask_page(self, err);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct ec2_discoverer *self = ctx;
  int rc = done->code;
  pyr_error_t err = {0};

  self->polling.request = NULL;
  if (done->status == 401 || done->status == 403)
    pyr__aws_session_doubt(&self->session);
  if (done->error != NULL)
    err = *done->error;
  if (rc == 0)
    rc = pyr__ec2_xml_finish(&self->xml, &err);
  pyr__ec2_xml_release(&self->xml);
  if (self->polling.closed != NULL || rc == PYR_ETIMEOUT) {
    if (self->polling.closed == NULL)
      pyr__polling_failed(&self->polling, &err);
    return;
  }
  if (take_page(self, rc, &err) != 0)
    pyr__polling_failed(&self->polling, &err);
}

/* ---- the request -------------------------------------------------------- */

static int write_url(struct ec2_discoverer *self, struct pyr__buf *out,
                     pyr_error_t *err) {
  const struct pyr__ec2_sd_config *config = self->config;
  int rc =
      pyr__aws_endpoint(out, config->endpoint, "ec2", self->session.region);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "/?");
  if (rc == 0)
    rc = pyr__ec2_query(out, &self->scratch, config,
                        self->is_of_zones ? "DescribeAvailabilityZones"
                                          : "DescribeInstances",
                        !self->is_of_zones, self->answer.next_token, err);
  else
    rc = pyr__error_nomem(err);
  if (rc == 0 && pyr__buf_add_byte(out, 0) != 0)
    rc = pyr__error_nomem(err);
  return rc;
}

static int ask_page(struct ec2_discoverer *self, pyr_error_t *err) {
  const struct pyr__http_handler handler = {on_head, on_body, on_done, self};
  const struct pyr__discovery_env *env = self->polling.base.env;
  struct pyr__http_options options = {.access = self->polling.access};
  struct pyr__buf url, headers;
  int rc;

  self->doing =
      self->is_of_zones ? "describe availability zones" : "describe instances";
  pyr__buf_init(&url, env->memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&headers, env->memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_HEADER_BYTES);
  rc = write_url(self, &url, err);
  if (rc == 0)
    rc = pyr__aws_sign_url(&headers, pyr__aws_session_keys(&self->session),
                           self->session.region, "ec2", (char *)url.data,
                           pyr__wall(&env->clock) / PYR__NS_PER_S, err);
  if (rc == 0 && pyr__buf_add_byte(&headers, 0) != 0)
    rc = pyr__error_nomem(err);
  options.headers = (const char *)headers.data;
  if (rc == 0)
    rc = pyr__http_start(env->client, (char *)url.data, &options, &handler,
                         &self->polling.request, err);
  pyr__buf_release(&url);
  pyr__buf_release(&headers);
  pyr__arena_reset(&self->scratch, 0);
  return rc;
}

static void begin_answer(struct pyr__ec2_answer *answer,
                         struct pyr__arena *arena) {
  pyr__arena_reset(arena, 0);
  *answer = (struct pyr__ec2_answer){.next_token = {"", 0}};
  answer->end = &answer->first;
}

static int begin(struct ec2_discoverer *self, pyr_error_t *err) {
  begin_answer(&self->answer, &self->arena);
  if (!self->has_zones)
    begin_answer(&self->zones, &self->zones_arena);
  self->pages = 0;
  self->is_of_zones = !self->has_zones;
  return ask_page(self, err);
}

static void on_ready(struct pyr__aws_session *session,
                     const pyr_error_t *failure) {
  struct ec2_discoverer *self =
      pyr__container_of(session, struct ec2_discoverer, session);
  pyr_error_t err;

  if (self->polling.closed != NULL)
    return;
  if (failure != NULL)
    pyr__polling_failed(&self->polling, failure);
  else if (begin(self, &err) != 0)
    pyr__polling_failed(&self->polling, &err);
}

static int ask(struct pyr__polling *polling, pyr_error_t *err) {
  struct ec2_discoverer *self = self_of(polling);
  int rc;
  self->doing = "find out who asks";
  rc = pyr__aws_session_prepare(&self->session, err);
  return rc == 0 ? begin(self, err) : rc < 0 ? rc : 0;
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__polling *polling) {
  struct ec2_discoverer *self = self_of(polling);
  pyr__arena_release(&self->zones_arena);
  pyr__arena_release(&self->arena);
  pyr__arena_release(&self->scratch);
  pyr__aws_session_release(&self->session);
}

static const struct pyr__polling_steps ec2_steps = {
    .type = {"ec2", pyr__polling_close},
    .size = sizeof(struct ec2_discoverer),
    .awaited = "answer",
    .ask = ask,
    .emit = emit,
    .end_emit = end_emit,
    .describe = describe,
    .release = release};

static void init_session(struct ec2_discoverer *self,
                         const struct pyr__discovery_env *env) {
  const struct pyr__aws_session_setup setup = {.options = &self->config->aws,
                                               .memory = env->memory,
                                               .clock = env->clock,
                                               .client = env->client,
                                               .access = self->polling.access,
                                               .request =
                                                   &self->polling.request,
                                               .ready = on_ready};
  pyr__aws_session_init(&self->session, &setup);
}

int pyr__ec2_discoverer_new(struct pyr__discoverer **out,
                            const struct pyr__ec2_sd_config *config,
                            const struct pyr__discovery_env *env,
                            const struct pyr__discovery_sink *sink,
                            pyr_error_t *err) {
  struct pyr__polling *polling;
  struct ec2_discoverer *self;
  int rc = pyr__polling_new(&polling, &ec2_steps, &config->access,
                            config->refresh_interval_ns, env, sink, err);

  if (rc != 0)
    return rc;
  self = self_of(polling);
  self->config = config;
  init_session(self, env);
  self->slices = (struct pyr__slices){.discoverer = &polling->base};
  pyr__discovery_arena_init(&self->zones_arena, env);
  pyr__discovery_arena_init(&self->arena, env);
  pyr__discovery_arena_init(&self->scratch, env);
  *out = &polling->base;
  return 0;
}

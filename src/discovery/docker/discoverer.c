#include "discovery/docker/discoverer.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/docker/container.h"
#include "discovery/docker/query.h"
#include "discovery/polling.h"
#include "discovery/slices.h"
#include "net/http_client.h"

enum { SCRATCH_KEPT = 64 * 1024 };
enum question { CONTAINERS, NETWORKS, QUESTIONS };

struct docker_discoverer {
  struct pyr__polling polling;
  const struct pyr__docker_sd_config *config;
  enum question asked;
  struct pyr__json_answer answers[QUESTIONS];
  bool has_answer[QUESTIONS];
  size_t held;
  uint64_t seed, content; /* hash of the answers that were emitted last */
  bool is_known;
  /* while it is emitted */
  struct pyr__arena arena, container_arena, scratch;
  struct pyr__docker_items items[QUESTIONS];
  struct pyr__docker_container container;
  size_t next;   /* of the containers, behind that one */
  size_t target; /* the next of that one */
  struct pyr__slices slices;
};

static struct docker_discoverer *self_of(struct pyr__polling *polling) {
  return pyr__container_of(polling, struct docker_discoverer, polling);
}

static void describe(struct pyr__polling *polling, pyr_error_t *err) {
  pyr__error_prefix(err, "error while listing %s: ",
                    self_of(polling)->asked == NETWORKS ? "networks"
                                                        : "containers");
}

static void forget(struct docker_discoverer *self) {
  size_t i;
  for (i = 0; i < QUESTIONS; i++)
    if (self->has_answer[i])
      pyr__json_answer_release(&self->answers[i]);
  self->has_answer[CONTAINERS] = self->has_answer[NETWORKS] = false;
}

/* ---- emitting ----------------------------------------------------------- */

static void end_emit(struct pyr__polling *polling) {
  struct docker_discoverer *self = self_of(polling);
  polling->base.is_updating = false;
  pyr__arena_reset(&self->scratch, 0);
  pyr__arena_reset(&self->container_arena, 0);
  pyr__arena_reset(&self->arena, 0);
  forget(self);
}

/* The next container that has targets left; false: there is none. */
static int next_container(struct docker_discoverer *self, bool *is_any,
                          pyr_error_t *err) {
  const struct pyr__docker_items *containers = &self->items[CONTAINERS];
  int rc = 0;

  while (rc == 0 && self->next < containers->count &&
         self->target == pyr__docker_target_count(&self->container)) {
    pyr__arena_reset(&self->container_arena, SCRATCH_KEPT);
    self->target = 0;
    rc = pyr__docker_container_read(&self->container, &self->container_arena,
                                    containers, &containers->at[self->next++],
                                    self->config->match_first_network, err);
  }
  *is_any = self->target < pyr__docker_target_count(&self->container);
  return rc;
}

static int emit(struct pyr__polling *polling, pyr_error_t *err) {
  struct docker_discoverer *self = self_of(polling);
  struct pyr__discovered *targets;
  size_t count = 0;
  bool is_any = true;
  int rc = 0;

  pyr__arena_reset(&self->scratch, SCRATCH_KEPT);
  targets =
      pyr__arena_alloc(&self->scratch, PYR__SLICE_TARGETS, sizeof(*targets));
  if (targets == NULL)
    return pyr__arena_error(&self->scratch, 0, "a slice of targets", err);
  while (rc == 0 && count < PYR__SLICE_TARGETS) {
    rc = next_container(self, &is_any, err);
    if (rc != 0 || !is_any)
      break;
    rc = pyr__docker_labels(&self->scratch, self->config,
                            &self->items[NETWORKS], &self->container,
                            self->target++, &targets[count++], err);
  }
  if (rc == 0 && count > 0)
    rc = pyr__slices_add(&self->slices, &self->scratch, targets, count, err);
  if (rc == 0 && count == 0)
    rc = pyr__slices_end(&self->slices, &self->scratch, err);
  else if (rc == 0)
    rc = 1;
  self->is_known = rc == 0;
  return rc;
}

static int begin_emit(struct docker_discoverer *self, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  pyr__arena_reset(&self->arena, 0);
  for (i = 0; rc == 0 && i < QUESTIONS; i++)
    rc = pyr__docker_items_make(&self->items[i], &self->arena,
                                &self->answers[i], err);
  if (rc != 0)
    return rc;
  self->container = (struct pyr__docker_container){.port_count = 0};
  self->next = self->target = 0;
  self->slices.next = 0;
  self->polling.base.is_updating = true;
  pyr__polling_emit(&self->polling);
  return 0;
}

/* ---- an answer ---------------------------------------------------------- */

static int ask_for(struct docker_discoverer *self, enum question question,
                   pyr_error_t *err);

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct docker_discoverer *self = ctx;
  int rc;

  if (head->status != 200)
    return 0;
  rc = pyr__json_answer_check(head, err);
  if (rc != 0)
    return rc;
  pyr__json_answer_init(
      &self->answers[self->asked], self->polling.base.env->memory, true,
      self->asked == NETWORKS ? &pyr__docker_networks : &pyr__docker_containers,
      &self->held);
  self->has_answer[self->asked] = true;
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct docker_discoverer *self = ctx;
  return pyr__json_answer_feed(&self->answers[self->asked], data, len, err);
}

static uint64_t hash_answers(const struct docker_discoverer *self) {
  uint64_t hash = self->seed;
  size_t i;
  for (i = 0; i < QUESTIONS; i++)
    hash = pyr__hash(hash, self->answers[i].records.data,
                     self->answers[i].records.len);
  return hash;
}

/* How long a container runs is in it, so that answers differ each time, but no
 * label does. */
static int take_answers(struct docker_discoverer *self, pyr_error_t *err) {
  uint64_t content = hash_answers(self);

  if (self->is_known && content == self->content) {
    forget(self);
    pyr__polling_succeeded(&self->polling);
    return 0;
  }
  self->content = content;
  self->is_known = false; /* until all of it was told */
  return begin_emit(self, err);
}

static int take_answer(struct docker_discoverer *self, pyr_error_t *err) {
  int rc = pyr__json_answer_finish(&self->answers[self->asked], err);
  if (rc != 0)
    return rc;
  return self->asked == CONTAINERS ? ask_for(self, NETWORKS, err)
                                   : take_answers(self, err);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct docker_discoverer *self = ctx;
  const pyr_error_t *error = done->error;
  pyr_error_t err;

  self->polling.request = NULL;
  if (error == NULL && self->polling.closed == NULL &&
      take_answer(self, &err) != 0)
    error = &err;
  if (error == NULL && self->polling.closed == NULL)
    return;
  forget(self);
  if (self->polling.closed == NULL)
    pyr__polling_failed(&self->polling, error);
}

/* ---- the request -------------------------------------------------------- */

static int ask_for(struct docker_discoverer *self, enum question question,
                   pyr_error_t *err) {
  const struct pyr__http_handler handler = {on_head, on_body, on_done, self};
  const struct pyr__docker_sd_config *config = self->config;
  struct pyr__polling *polling = &self->polling;
  const struct pyr__http_options options = {
      .follow_other_hosts = config->access.follow_redirects,
      .access = self->polling.access,
      .headers = "Accept: application/json\r\n",
      .unix_socket = config->unix_socket};
  struct pyr__buf url;
  int rc;

  self->asked = question;
  pyr__buf_init(&url, polling->base.env->memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_URL_BYTES);
  rc = pyr__docker_write_url(&url, config, question == NETWORKS, err);
  if (rc == 0)
    rc = pyr__http_start(polling->base.env->client, (char *)url.data, &options,
                         &handler, &polling->request, err);
  pyr__buf_release(&url);
  return rc;
}

static int ask(struct pyr__polling *polling, pyr_error_t *err) {
  return ask_for(self_of(polling), CONTAINERS, err);
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__polling *polling) {
  struct docker_discoverer *self = self_of(polling);
  forget(self);
  pyr__arena_release(&self->arena);
  pyr__arena_release(&self->container_arena);
  pyr__arena_release(&self->scratch);
}

static const struct pyr__polling_steps docker_steps = {
    .type = {"docker", pyr__polling_close},
    .size = sizeof(struct docker_discoverer),
    .awaited = "answer",
    .ask = ask,
    .emit = emit,
    .end_emit = end_emit,
    .describe = describe,
    .release = release};

int pyr__docker_discoverer_new(struct pyr__discoverer **out,
                               const struct pyr__docker_sd_config *config,
                               const struct pyr__discovery_env *env,
                               const struct pyr__discovery_sink *sink,
                               pyr_error_t *err) {
  struct pyr__polling *polling;
  struct docker_discoverer *self;
  int rc = pyr__polling_new(&polling, &docker_steps, &config->access,
                            config->refresh_interval_ns, env, sink, err);

  if (rc != 0)
    return rc;
  self = self_of(polling);
  self->config = config;
  self->seed = pyr__hash_random_seed();
  self->slices = (struct pyr__slices){.discoverer = &polling->base,
                                      .origin = pyr__str("Docker")};
  pyr__discovery_arena_init(&self->arena, env);
  pyr__discovery_arena_init(&self->container_arena, env);
  pyr__discovery_arena_init(&self->scratch, env);
  *out = &polling->base;
  return 0;
}

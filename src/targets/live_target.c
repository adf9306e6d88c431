#include "targets/live_target.h"

#include <string.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/str.h"

/* What the block holds behind the struct: labels, requests, text. */
struct layout {
  struct pyr__live_target *live;
  pyr_label_t *labels;
  struct pyr__target_request *requests;
  char *text;
};

/* With its end; 0: none. */
static size_t socket_size(const struct pyr__target *target) {
  return target->unix_socket == NULL ? 0 : strlen(target->unix_socket) + 1;
}

static pyr_str_t socket_of(const struct pyr__target *target) {
  return pyr__str(target->unix_socket == NULL ? "" : target->unix_socket);
}

static size_t text_size(const struct pyr__target *target) {
  size_t size = target->application.len + target->address.len, i;
  size += socket_size(target);
  for (i = 0; i < target->label_count; i++)
    size += target->labels[i].name.len + target->labels[i].value.len;
  for (i = 0; i < target->request_count; i++)
    size += strlen(target->requests[i].url) + 1;
  return size;
}

static struct layout make_block(struct pyr__memory *memory,
                                const struct pyr__target *from) {
  size_t labels = from->label_count * sizeof(pyr_label_t);
  size_t requests = from->request_count * sizeof(struct pyr__target_request);
  char *block = pyr__calloc(memory, PYR__MEM_DISCOVERY_TARGETS, 1,
                            sizeof(struct pyr__live_target) + labels +
                                requests + text_size(from));
  struct layout layout = {.live = (struct pyr__live_target *)block};

  if (block == NULL)
    return layout;
  block += sizeof(struct pyr__live_target);
  layout.labels = (pyr_label_t *)block;
  block += labels;
  layout.requests = (struct pyr__target_request *)block;
  layout.text = block + requests;
  return layout;
}

static pyr_str_t put(struct layout *layout, pyr_str_t text) {
  pyr_str_t copy = {layout->text, text.len};
  if (text.len > 0)
    memcpy(layout->text, text.base, text.len);
  layout->text += text.len;
  return copy;
}

struct pyr__live_target *pyr__live_target_new(struct pyr__memory *memory,
                                              const struct pyr__target *from) {
  struct layout layout = make_block(memory, from);
  struct pyr__live_target *live = layout.live;
  size_t i;

  if (live == NULL)
    return NULL;
  live->target = *from;
  live->target.discovered = NULL;
  live->target.discovered_count = 0;
  live->target.labels = layout.labels;
  live->target.requests = layout.requests;
  live->target.application = put(&layout, from->application);
  live->target.address = put(&layout, from->address);
  if (from->unix_socket != NULL)
    live->target.unix_socket =
        put(&layout, (pyr_str_t){from->unix_socket, socket_size(from)}).base;
  for (i = 0; i < from->label_count; i++)
    layout.labels[i] = (pyr_label_t){put(&layout, from->labels[i].name),
                                     put(&layout, from->labels[i].value)};
  for (i = 0; i < from->request_count; i++) {
    const char *url = from->requests[i].url;
    layout.requests[i] = from->requests[i];
    layout.requests[i].url =
        put(&layout, (pyr_str_t){url, strlen(url) + 1}).base;
  }
  live->memory = memory;
  live->holds = 1;
  pyr__list_init(&live->link);
  return live;
}

void pyr__live_target_hold(struct pyr__live_target *live) {
  live->holds++;
}

void pyr__live_target_drop(struct pyr__live_target *live) {
  if (--live->holds == 0)
    pyr__free(live->memory, live);
}

static uint64_t fold(uint64_t hash, pyr_str_t text) {
  return pyr__hash(hash, text.base, text.len);
}

uint64_t pyr__target_identity(uint64_t seed, const struct pyr__target *target) {
  uint64_t hash = pyr__labels_hash(seed, target->labels, target->label_count);
  size_t i;
  hash = fold(fold(hash, target->application), target->address);
  hash = fold(hash, socket_of(target));
  for (i = 0; i < target->request_count; i++) {
    const struct pyr__target_request *request = &target->requests[i];
    hash = fold(fold(hash, request->profile->name), pyr__str(request->url));
    hash = pyr__hash_mix(hash, (uint64_t)request->interval_ns);
    hash = pyr__hash_mix(hash, (uint64_t)request->timeout_ns);
    hash = pyr__hash_mix(hash, (uint64_t)request->seconds_ns);
  }
  return hash;
}

static bool is_same_request(const struct pyr__target_request *a,
                            const struct pyr__target_request *b) {
  return a->interval_ns == b->interval_ns && a->timeout_ns == b->timeout_ns &&
         a->seconds_ns == b->seconds_ns &&
         pyr__str_equal(a->profile->name, b->profile->name) &&
         strcmp(a->url, b->url) == 0;
}

bool pyr__target_is_same(const struct pyr__target *a,
                         const struct pyr__target *b) {
  size_t i;
  if (a->request_count != b->request_count ||
      !pyr__str_equal(a->application, b->application) ||
      !pyr__str_equal(a->address, b->address) ||
      !pyr__str_equal(socket_of(a), socket_of(b)) ||
      pyr__labels_compare(a->labels, a->label_count, b->labels,
                          b->label_count) != 0)
    return false;
  for (i = 0; i < a->request_count; i++)
    if (!is_same_request(&a->requests[i], &b->requests[i]))
      return false;
  return true;
}

static const struct pyr__profile_config *
find_profile(const struct pyr__job_config *job, pyr_str_t name) {
  size_t i;
  for (i = 0; i < job->profile_count; i++)
    if (pyr__str_equal(job->profiles[i].name, name))
      return &job->profiles[i];
  return NULL;
}

void pyr__live_target_move(struct pyr__live_target *live,
                           const struct pyr__job_config *job) {
  /* In the target's own block, so no constant. */
  struct pyr__target_request *requests =
      (struct pyr__target_request *)live->target.requests;
  size_t i;
  live->target.job = job;
  for (i = 0; i < live->target.request_count; i++)
    requests[i].profile = find_profile(job, requests[i].profile->name);
}

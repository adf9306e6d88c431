/* A job, a maker of targets and an owner of them, as simple as can be, to test
 * what happens between them. */
#ifndef TEST_DISCOVERY_SUPPORT_H
#define TEST_DISCOVERY_SUPPORT_H

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "base/str.h"
#include "targets/target_set.h"
#include "support.h"

static const struct pyr__profile_config toy_profiles[] = {
    {.name = {"cpu", 3}, .path = {"/cpu", 4}},
    {.name = {"mem", 3}, .path = {"/mem", 4}},
};

static inline struct pyr__job_config toy_job(int64_t interval_ns) {
  return (struct pyr__job_config){.name = {"toy", 3},
                                  .interval_ns = interval_ns,
                                  .profiles = toy_profiles,
                                  .profile_count = 2};
}

static inline const char *toy_url(struct pyr__arena *arena, pyr_str_t address,
                                  pyr_str_t path) {
  size_t size = address.len + path.len + sizeof("http://");
  char *url = pyr__arena_alloc(arena, size, 1);
  if (url != NULL)
    snprintf(url, size, "http://%.*s%.*s", PYR__STR_ARG(address),
             PYR__STR_ARG(path));
  return url;
}

static inline int toy_requests(const struct pyr__job_config *job,
                               struct pyr__arena *arena,
                               struct pyr__target *out) {
  struct pyr__target_request *requests =
      pyr__arena_calloc(arena, job->profile_count, sizeof(*requests));
  size_t i;
  if (requests == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < job->profile_count; i++) {
    requests[i].profile = &job->profiles[i];
    requests[i].interval_ns = job->interval_ns;
    requests[i].url = toy_url(arena, out->address, job->profiles[i].path);
    if (requests[i].url == NULL)
      return PYR__ENOMEM;
  }
  out->requests = requests;
  out->request_count = job->profile_count;
  return 0;
}

/* Names that start with __ are not public.  `drop`: by the rule of that number;
 * no address: bad. */
static inline int toy_make(void *ctx, const struct pyr__job_config *job,
                           const struct pyr__discovered *from,
                           struct pyr__arena *arena, struct pyr__target *out,
                           size_t *rule, pyr_error_t *err) {
  const pyr_str_t *drop =
      pyr__labels_find(from->labels, from->label_count, "drop");
  const pyr_str_t *address =
      pyr__labels_find(from->labels, from->label_count, "__address__");
  pyr_label_t *labels;
  size_t i;

  *(size_t *)ctx += 1;
  if (drop != NULL) {
    *rule = (size_t)(drop->base[0] - '0');
    return PYR__TARGET_DROPPED;
  }
  if (address == NULL)
    return pyr__error(err, PYR_ECONFIG, "no address");
  labels = pyr__arena_alloc(arena, from->label_count, sizeof(*labels));
  if (labels == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < from->label_count; i++)
    if (!pyr__str_starts(from->labels[i].name, "__"))
      labels[out->label_count++] = from->labels[i];
  out->labels = labels;
  out->address = *address;
  out->application = pyr__str("toy");
  return toy_requests(job, arena, out) == 0 ? 0 : pyr__error_nomem(err);
}

/* "a=b,c=d" as a sorted set, in static memory that the next calls reuse. */
static inline struct pyr__discovered toy_labels(const char *text) {
  enum { SETS = 64, LABELS = 16 };
  static pyr_label_t sets[SETS][LABELS];
  static char texts[SETS][256];
  static unsigned next;
  unsigned set = next++ % SETS;
  struct pyr__discovered out = {sets[set], 0};
  char *at = texts[set], *equals;

  snprintf(at, sizeof(texts[set]), "%s", text);
  for (; at != NULL && *at != '\0';) {
    char *end = strchr(at, ',');
    if (end != NULL)
      *end = '\0';
    equals = strchr(at, '=');
    assert_non_null(equals);
    assert_true(out.label_count < LABELS);
    sets[set][out.label_count].name = (pyr_str_t){at, (size_t)(equals - at)};
    sets[set][out.label_count++].value = pyr__str(equals + 1);
    at = end == NULL ? NULL : end + 1;
  }
  pyr__labels_sort(sets[set], out.label_count);
  return out;
}

enum { TOY_SECOND = 1000000000 };

struct world {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__job_config job;
  struct pyr__target_set set;
  size_t makes, added, begun, ended, gone, bad;
  bool refuse; /* the next target */
  char last_bad[128];
};

static inline int on_added(void *ctx, struct pyr__live_target *live,
                           pyr_error_t *err) {
  struct world *world = ctx;
  if (world->refuse)
    return pyr__error(err, PYR_ELIMIT, "refused");
  assert_null(live->owner);
  live->owner = world;
  world->added++;
  return 0;
}

static inline void on_begun(void *ctx, struct pyr__live_target *live) {
  struct world *world = ctx;
  assert_ptr_equal(live->owner, world);
  world->begun++;
}

static inline void on_ended(void *ctx, struct pyr__live_target *live) {
  struct world *world = ctx;
  assert_ptr_equal(live->owner, world);
  world->ended++;
}

static inline void on_gone(void *ctx, struct pyr__live_target *live) {
  struct world *world = ctx;
  assert_ptr_equal(live->owner, world);
  live->owner = NULL;
  world->gone++;
}

static inline void on_bad(void *ctx, pyr_str_t source, size_t number,
                          const char *error) {
  struct world *world = ctx;
  world->bad++;
  snprintf(world->last_bad, sizeof(world->last_bad), "%.*s %zu: %s",
           PYR__STR_ARG(source), number, error);
}

static inline void begin(struct world *world,
                         struct pyr__target_limits limits) {
  pyr_alloc_t alloc;
  struct pyr__target_maker maker = {toy_make, &world->makes};
  struct pyr__target_events events = {on_added, on_begun, on_ended,
                                      on_gone,  on_bad,   world};
  *world = (struct world){.job = toy_job(TOY_SECOND)};
  alloc = failing_alloc(&world->allocator);
  pyr__memory_init(&world->memory, &alloc);
  pyr__target_set_init(&world->set, &world->memory, &world->job, &limits,
                       &maker, &events);
}

static inline void finish(struct world *world) {
  pyr__target_set_release(&world->set);
  assert_int_equal(world->added, world->gone);
  assert_int_equal(world->allocator.live, 0);
}

/* A group of the sets in `texts`, which ends with NULL. */
static inline int try_update(struct world *world, const void *from,
                             const char *source, const char *const *texts,
                             pyr_error_t *err) {
  struct pyr__discovered targets[16];
  struct pyr__target_group group = {pyr__str(source), targets, 0};
  for (; texts[group.target_count] != NULL; group.target_count++)
    targets[group.target_count] = toy_labels(texts[group.target_count]);
  return pyr__target_set_update(&world->set, from, &group, err);
}

#define update(world, from, source, ...)                                       \
  assert_int_equal(try_update(world, from, source,                             \
                              (const char *const[]){__VA_ARGS__, NULL}, NULL), \
                   0)

/* All members that are shown, with their labels; ends with the first code of
 * `cb` other than 0, which is returned. */
static inline int
pyr__target_set_each(struct pyr__target_set *set,
                     int (*cb)(void *ctx, const struct pyr__member_view *view),
                     void *ctx) {
  struct pyr__member_cursor cursor = {0};
  struct pyr__member_view view;
  int rc = 0;
  while (rc == 0 && pyr__target_set_next(set, &cursor, &view)) {
    if (view.is_beyond)
      continue;
    assert_int_equal(pyr__target_set_open(set, &view, &set->scratch), 0);
    rc = cb(ctx, &view);
    pyr__arena_reset(&set->scratch, 0);
  }
  return rc;
}

static inline struct pyr__live_target *target_at(const struct world *world,
                                                 const char *address) {
  uint32_t i;
  for (i = 0; i < world->set.count; i++)
    if (pyr__str_is(world->set.targets[i]->target.address, address))
      return world->set.targets[i];
  return NULL;
}

#endif

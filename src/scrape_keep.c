/* From a decoded profile to a stored one.
 *
 * Times are this host's: what a target says of its own clock stays in the body
 * and decides nothing.  A profile with a duration is of the time before it
 * came. */
#include <string.h>

#include "base/duration.h"
#include "base/type_id.h"
#include "base/values.h"
#include "pprof/encode.h"
#include "scraper.h"

/* What one scrape has become. */
struct kept {
  const struct pyr__profile *profile;
  struct pyr__store_profile meta;
  bool is_empty; /* a baseline was taken, and there is nothing else */
  bool has_baseline;
};

bool pyr__scrape_is_difference(const struct pyr__target_request *request) {
  return request->seconds_ns > 0 && !request->profile->is_cpu;
}

static const struct pyr__sample_type_config *
find_sample_type(const struct pyr__profile_config *config, pyr_str_t name) {
  size_t i;
  for (i = 0; i < config->sample_type_count; i++)
    if (pyr__str_equal(config->sample_types[i].name, name))
      return &config->sample_types[i];
  return NULL;
}

/* A bit for each column that counts from the start of the target. */
static uint64_t cumulative_columns(const struct pyr__target_request *request,
                                   const struct pyr__profile *profile) {
  uint64_t columns = 0;
  uint32_t i;
  if (pyr__scrape_is_difference(request))
    return 0;
  for (i = 0; i < profile->type_count; i++) {
    const struct pyr__sample_type_config *type = find_sample_type(
        request->profile, profile->strings[profile->types[i].type]);
    if (type != NULL && type->cumulative)
      columns |= UINT64_C(1) << i;
  }
  return columns;
}

/* `now` is when the profile was asked for. */
static int take_difference(struct pyr__scrape_loop *loop, uint64_t columns,
                           struct kept *kept, pyr_error_t *err) {
  struct pyr__scraper *scraper = loop->scraper;
  struct pyr__delta_result result;
  int rc = 0;

  if (loop->delta == NULL)
    rc = pyr__delta_new(&loop->delta, &scraper->memory,
                        scraper->config->limits.delta_bytes);
  if (rc != 0)
    return pyr__error_nomem(err);
  rc = pyr__delta_apply(loop->delta, kept->profile, columns, loop->started_ns,
                        pyr__decoder_arena(loop->decoder), &result, err);
  if (rc != 0)
    return rc;
  if (result.outcome == PYR__DELTA_RESTART)
    pyr__scrape_target_returned(loop->owner);
  kept->has_baseline = true;
  kept->profile = result.profile;
  kept->is_empty = result.since_ns == 0 && result.profile->sample_count == 0;
  kept->meta.duration_ns =
      result.since_ns == 0 ? 0 : loop->started_ns - result.since_ns;
  kept->meta.time_ns = loop->started_wall_ns - kept->meta.duration_ns;
  return 0;
}

/* How long a profile with `seconds` covers: as long as it says, where that can
 * be. */
static int64_t covered_ns(const struct pyr__scrape_loop *loop,
                          const struct pyr__profile *profile) {
  int64_t took = pyr__now(&loop->scraper->clock) - loop->started_ns;
  int64_t covered = profile->duration_ns > 0 ? profile->duration_ns
                                             : pyr__scrape_seconds_ns(loop);
  return covered < took ? covered : took;
}

/* What part of the time since the first CPU profile is covered. */
static void note_coverage(struct pyr__scrape_loop *loop, int64_t covered) {
  struct pyr__job_counters *counters = &loop->owner->job->counters;
  int64_t now = pyr__now(&loop->scraper->clock);
  int64_t since =
      loop->covered_until_ns != 0 ? loop->covered_until_ns : loop->started_ns;
  counters->covered_ns += covered;
  counters->expected_ns += now - since;
  loop->covered_until_ns = now;
}

static int make_kept(struct pyr__scrape_loop *loop,
                     const struct pyr__profile *profile, struct kept *kept,
                     pyr_error_t *err) {
  const struct pyr__target *target = loop->owner->target;
  uint64_t columns = cumulative_columns(loop->request, profile);

  *kept = (struct kept){.profile = profile,
                        .meta = {.labels = target->labels,
                                 .label_count = target->label_count,
                                 .profile_name = loop->request->profile->name,
                                 .type_name = loop->request->profile->type_name,
                                 .time_ns = loop->started_wall_ns}};
  if (columns != 0)
    return take_difference(loop, columns, kept, err);
  if (loop->request->seconds_ns > 0)
    kept->meta.duration_ns = covered_ns(loop, profile);
  return 0;
}

/* ---- the callback ------------------------------------------------------- */

static void sum_columns(const struct pyr__profile *profile, int64_t *totals) {
  const int64_t *value = profile->values;
  uint32_t sample, type;
  for (sample = 0; sample < profile->sample_count; sample++)
    for (type = 0; type < profile->type_count; type++)
      totals[type] = pyr__value_sum(totals[type], *value++);
}

static int make_types(const struct kept *kept, struct pyr__arena *arena,
                      pyr_str_t *types, pyr_error_t *err) {
  const struct pyr__profile *profile = kept->profile;
  const pyr_str_t *strings = profile->strings;
  uint32_t i;
  for (i = 0; i < profile->type_count; i++) {
    const pyr_str_t parts[PYR__TYPE_ID_PARTS] = {
        kept->meta.type_name, strings[profile->types[i].type],
        strings[profile->types[i].unit], strings[profile->period_type.type],
        strings[profile->period_type.unit]};
    if (pyr__type_id_make(arena, parts, &types[i]) != 0)
      return pyr__arena_error(arena, 0, "type ids", err);
  }
  return 0;
}

/* Asks the user: 0 to store, 1 to skip, or the failure. */
static int ask_user(struct pyr__scrape_loop *loop, const struct kept *kept,
                    pyr_error_t *err) {
  struct pyr__scraper *scraper = loop->scraper;
  struct pyr__arena *arena = pyr__decoder_arena(loop->decoder);
  const struct pyr__profile *profile = kept->profile;
  pyr_str_t *types;
  int64_t *totals;
  int rc;

  if (scraper->options.on_profile == NULL)
    return 0;
  types = pyr__arena_alloc(arena, profile->type_count, sizeof(*types));
  totals = pyr__arena_calloc(arena, profile->type_count, sizeof(*totals));
  if (types == NULL || totals == NULL)
    return pyr__arena_error(arena, 0, "totals", err);
  rc = make_types(kept, arena, types, err);
  if (rc != 0)
    return rc;
  sum_columns(profile, totals);
  scraper->in_callback = true;
  rc = scraper->options.on_profile(
      scraper->handle, &(pyr_profile_t){.labels = kept->meta.labels,
                                        .label_count = kept->meta.label_count,
                                        .job = loop->owner->job->config->name,
                                        .target = loop->owner->target->address,
                                        .profile = kept->meta.profile_name,
                                        .types = types,
                                        .totals = totals,
                                        .type_count = profile->type_count,
                                        .sample_count = profile->sample_count,
                                        .time_ns = kept->meta.time_ns,
                                        .duration_ns = kept->meta.duration_ns,
                                        .model = profile});
  scraper->in_callback = false;
  return rc >= 0 ? rc
                 : pyr__error(err, rc, "refused by on_profile: %s",
                              pyr_strerror(rc));
}

int pyr_profile_encode(const pyr_profile_t *profile, const pyr_alloc_t *alloc,
                       uint8_t **out, size_t *len, pyr_error_t *err) {
  struct pyr__memory memory;
  struct pyr__buf buf;
  int rc;

  pyr__memory_init(&memory, alloc);
  pyr__buf_init(&buf, &memory, PYR__MEM_PPROF_ENCODE, SIZE_MAX);
  rc = pyr__pprof_encode_gzip(profile->model, &buf, err);
  if (rc == 0) {
    /* A copy without the account in front of it, which the caller can free. */
    *out = memory.alloc.malloc(memory.alloc.ctx, buf.len);
    *len = buf.len;
    if (*out == NULL)
      rc = pyr__error_nomem(err);
    else
      memcpy(*out, buf.data, buf.len);
  }
  pyr__buf_release(&buf);
  return rc;
}

/* ---- storing ------------------------------------------------------------ */

static void log_stored(const struct pyr__scrape_loop *loop,
                       const struct kept *kept) {
  const struct pyr__scraper *scraper = loop->scraper;
  char duration[PYR__DURATION_TEXT];

  if (scraper->log.level > PYR_LOG_DEBUG)
    return;
  pyr__duration_format(duration, kept->meta.duration_ns / PYR__NS_PER_MS *
                                     PYR__NS_PER_MS);
  pyr__log(&scraper->log, PYR_LOG_DEBUG, "profile stored",
           {"job", loop->owner->job->config->name},
           {"target", loop->owner->target->address},
           {"profile", kept->meta.profile_name},
           {"samples",
            pyr__str(pyr__number((int64_t)kept->profile->sample_count).text)},
           {"duration", pyr__str(duration)});
}

static int store(struct pyr__scrape_loop *loop, const struct kept *kept,
                 pyr_error_t *err) {
  int rc;
  if (loop->scraper->store == NULL)
    return 0;
  rc = pyr__store_append(loop->scraper->store, &kept->meta, kept->profile, err);
  if (rc == 0)
    log_stored(loop, kept);
  pyr__scraper_store_later(loop->scraper);
  return rc;
}

/* Without the new baseline the next difference would count again what was
 * stored now; so there is none rather than the old one. */
static int commit(struct pyr__scrape_loop *loop, pyr_error_t *err) {
  int rc = pyr__delta_commit(loop->delta, err);
  if (rc == 0)
    return 0;
  pyr__delta_free(loop->delta);
  loop->delta = NULL;
  return rc;
}

int pyr__scrape_keep(struct pyr__scrape_loop *loop,
                     const struct pyr__profile *profile, pyr_error_t *err) {
  struct pyr__job_counters *counters = &loop->owner->job->counters;
  struct kept kept;
  int rc = make_kept(loop, profile, &kept, err);

  if (rc == 0 && !kept.is_empty) {
    rc = ask_user(loop, &kept, err);
    if (rc == 0)
      rc = store(loop, &kept, err);
  }
  if (rc < 0)
    return rc;
  if (loop->request->profile->is_cpu)
    note_coverage(loop, kept.meta.duration_ns);
  if (!kept.is_empty) {
    counters->profiles++;
    counters->samples += kept.profile->sample_count;
  }
  return kept.has_baseline ? commit(loop, err) : 0;
}

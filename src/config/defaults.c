/* The profiles of Go's net/http/pprof, which need no configuration. */
#include "config/draft.h"

#include "base/clock.h"
#include "base/str.h"

#define TEXT(text)                                                             \
  { (text), sizeof(text) - 1 }
#define COUNT(array) sizeof(array) / sizeof((array)[0])

static const pyr_str_t ten[] = {TEXT("10")};

static const struct pyr__param cpu_params[] = {{TEXT("seconds"), ten, 1}};

static const struct pyr__sample_type_config cpu_types[] = {
    {TEXT("samples"), TEXT("samples"), TEXT("cpu"), TEXT(""), false, true}};

static const struct pyr__sample_type_config mem_types[] = {
    {TEXT("alloc_objects"), TEXT("objects"), TEXT(""), TEXT(""), true, false},
    {TEXT("alloc_space"), TEXT("bytes"), TEXT(""), TEXT(""), true, false},
    {TEXT("inuse_objects"), TEXT("objects"), TEXT(""), TEXT("average"), false,
     false},
    {TEXT("inuse_space"), TEXT("bytes"), TEXT(""), TEXT("average"), false,
     false}};

static const struct pyr__sample_type_config goroutine_types[] = {
    {TEXT("goroutine"), TEXT("goroutines"), TEXT("goroutines"), TEXT("average"),
     false, false}};

static const struct pyr__sample_type_config mutex_types[] = {
    {TEXT("contentions"), TEXT("lock_samples"), TEXT("mutex_count"), TEXT(""),
     true, false},
    {TEXT("delay"), TEXT("lock_nanoseconds"), TEXT("mutex_duration"), TEXT(""),
     true, false}};

static const struct pyr__sample_type_config block_types[] = {
    {TEXT("contentions"), TEXT("lock_samples"), TEXT("block_count"), TEXT(""),
     true, false},
    {TEXT("delay"), TEXT("lock_nanoseconds"), TEXT("block_duration"), TEXT(""),
     true, false}};

/* A profile of the user's own with the names that Go uses is like Go's. */
static const struct pyr__sample_type_config any_types[] = {
    {TEXT("alloc_objects"), TEXT("objects"), TEXT(""), TEXT(""), true, false},
    {TEXT("alloc_space"), TEXT("bytes"), TEXT(""), TEXT(""), true, false},
    {TEXT("contentions"), TEXT("lock_samples"), TEXT(""), TEXT(""), true,
     false},
    {TEXT("delay"), TEXT("lock_nanoseconds"), TEXT(""), TEXT(""), true, false}};

static const struct pyr__profile_config profiles[PYR__DEFAULT_PROFILES] = {
    {.name = TEXT("cpu"),
     .type_name = TEXT("process_cpu"),
     .path = TEXT("/debug/pprof/profile"),
     .params = cpu_params,
     .param_count = COUNT(cpu_params),
     .sample_types = cpu_types,
     .sample_type_count = COUNT(cpu_types),
     .seconds_ns = 10 * PYR__NS_PER_S,
     .seconds_default = true,
     .is_cpu = true},
    {.name = TEXT("mem"),
     .type_name = TEXT("memory"),
     .path = TEXT("/debug/pprof/heap"),
     .sample_types = mem_types,
     .sample_type_count = COUNT(mem_types)},
    {.name = TEXT("goroutines"),
     .type_name = TEXT("goroutine"),
     .path = TEXT("/debug/pprof/goroutine"),
     .sample_types = goroutine_types,
     .sample_type_count = COUNT(goroutine_types)},
    {.name = TEXT("mutex"),
     .type_name = TEXT("mutex"),
     .path = TEXT("/debug/pprof/mutex"),
     .sample_types = mutex_types,
     .sample_type_count = COUNT(mutex_types)},
    {.name = TEXT("block"),
     .type_name = TEXT("block"),
     .path = TEXT("/debug/pprof/block"),
     .sample_types = block_types,
     .sample_type_count = COUNT(block_types)}};

/* godeltaprof's paths; NULL: there is none for the profile. */
static const char *delta_path(pyr_str_t profile) {
  if (pyr__str_is(profile, "mem"))
    return "/debug/pprof/delta_heap";
  if (pyr__str_is(profile, "mutex"))
    return "/debug/pprof/delta_mutex";
  return pyr__str_is(profile, "block") ? "/debug/pprof/delta_block" : NULL;
}

void pyr__default_profile(struct pyr__reading *reading, size_t i,
                          bool use_delta, struct pyr__profile_config *out) {
  const char *path = delta_path(profiles[i].name);
  struct pyr__sample_type_config *types;
  size_t k;

  *out = profiles[i];
  if (!use_delta || path == NULL)
    return;
  types = pyr__read_alloc(reading, out->sample_type_count, sizeof(*types));
  if (types == NULL)
    return;
  for (k = 0; k < out->sample_type_count; k++) {
    types[k] = out->sample_types[k];
    types[k].cumulative = false;
  }
  out->sample_types = types;
  out->path = pyr__str(path);
}

void pyr__default_sample_types(struct pyr__profile_config *profile) {
  profile->sample_types = any_types;
  profile->sample_type_count = COUNT(any_types);
}

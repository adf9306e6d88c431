/* What is asked of a target: the profiles that are enabled, as labels override
 * them. */
#include "targets/making.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "config/seconds.h"

enum { NAME_BYTES = 160 };

/* One profile of one target, while it is worked out. */
struct work {
  const struct pyr__request_source *source;
  const struct pyr__profile_config *profile;
  struct pyr__arena *arena;
  pyr_error_t *err;
  const struct pyr__param *params; /* the profile's, or `own` */
  struct pyr__param *own;
  size_t param_count;
};

/* "__profile_{name}_{what}", with "_" for what a label name cannot hold, as
 * discovery makes names of annotations; empty where that is too long. */
static void label_name(const struct work *work, const char *what,
                       char out[NAME_BYTES]) {
  static const char prefix[] = "__profile_";
  pyr_str_t name = work->profile->name;
  char *at = out + sizeof(prefix) - 1;
  size_t i;

  out[0] = '\0';
  if (sizeof(prefix) + name.len + 1 + strlen(what) > NAME_BYTES)
    return;
  memcpy(out, prefix, sizeof(prefix));
  for (i = 0; i < name.len; i++)
    *at++ = name.base[i] == '-' || name.base[i] == '.' ? '_' : name.base[i];
  *at++ = '_';
  memcpy(at, what, strlen(what) + 1);
}

/* The value of __profile_{name}_{what}, or NULL. */
static const pyr_str_t * override(const struct work *work, const char *what) {
  char name[NAME_BYTES];
  label_name(work, what, name);
  return pyr__labels_find(work->source->labels->items,
                          work->source->labels->count, name);
}

/* 1, 0, or PYR_ECONFIG. */
static int is_enabled(const struct work *work) {
  const pyr_str_t *label = override(work, "enabled");
  char shown[64];

  if (label == NULL)
    return work->profile->enabled;
  if (pyr__str_is(*label, "true") || pyr__str_is(*label, "false"))
    return label->base[0] == 't';
  pyr__str_escape(shown, sizeof(shown), *label);
  return pyr__error(work->err, PYR_ECONFIG,
                    "__profile_%.*s_enabled is \"%s\", expected true or false",
                    PYR__STR_ARG(work->profile->name), shown);
}

/* ---- params ------------------------------------------------------------- */

/* What is left of `text` behind `prefix`; empty: it does not begin so. */
static pyr_str_t behind(pyr_str_t text, const char *prefix) {
  size_t len = strlen(prefix);
  if (len == 0 || !pyr__str_starts(text, prefix))
    return (pyr_str_t){NULL, 0};
  return (pyr_str_t){text.base + len, text.len - len};
}

/* The first value of the param is the label's; others stay. */
static int set_param(struct work *work, pyr_str_t name, pyr_str_t value) {
  struct pyr__param *param = work->own;
  struct pyr__param *end = param + work->param_count;
  pyr_str_t *values;
  size_t count;

  while (param < end && !pyr__str_equal(param->name, name))
    param++;
  if (param == end) {
    *param = (struct pyr__param){.name = name};
    work->param_count++;
  }
  count = param->value_count == 0 ? 1 : param->value_count;
  values = pyr__arena_alloc(work->arena, count, sizeof(*values));
  if (values == NULL)
    return pyr__making_no_room(work->arena, count * sizeof(*values), work->err);
  if (param->value_count > 1)
    memcpy(values, param->values, param->value_count * sizeof(*values));
  values[0] = value;
  param->values = values;
  param->value_count = count;
  return 0;
}

/* How many labels begin with it, or, with `set`, what they say. */
static int each_param(struct work *work, const char *prefix, bool set) {
  const struct pyr__label_set *labels = work->source->labels;
  size_t i;
  int count = 0, rc;
  for (i = 0; i < labels->count; i++) {
    pyr_str_t name = behind(labels->items[i].name, prefix);
    if (name.len == 0)
      continue;
    rc = set ? set_param(work, name, labels->items[i].value) : 0;
    if (rc != 0)
      return rc;
    count++;
  }
  return count;
}

static int compare(const void *a, const void *b) {
  const struct pyr__param *left = a, *right = b;
  return pyr__str_compare(left->name, right->name);
}

/* Whether the interval of this target asks for other seconds than the job's. */
static bool seconds_differ(const struct work *work) {
  return work->profile->seconds_default &&
         pyr__seconds_default(work->source->interval_ns) !=
             work->profile->seconds_ns;
}

static int default_seconds(struct work *work) {
  char text[24];
  int64_t ns = pyr__seconds_default(work->source->interval_ns);
  int len =
      snprintf(text, sizeof(text), "%lld", (long long)(ns / PYR__NS_PER_S));
  pyr_str_t value = {
      pyr__arena_text(work->arena, (pyr_str_t){text, (size_t)len}),
      (size_t)len};
  if (value.base == NULL)
    return pyr__making_no_room(work->arena, value.len + 1, work->err);
  return set_param(work, pyr__str("seconds"), value);
}

/* The profile's, under what labels say: those for all profiles, then those for
 * this one. */
static int override_params(struct work *work, size_t labels,
                           const char *prefix) {
  size_t count = work->profile->param_count, room = count + labels;
  int rc;

  work->own = pyr__arena_alloc(work->arena, room, sizeof(*work->own));
  if (work->own == NULL)
    return pyr__making_no_room(work->arena, room * sizeof(*work->own),
                               work->err);
  if (count > 0)
    memcpy(work->own, work->profile->params, count * sizeof(*work->own));
  work->params = work->own;
  rc = seconds_differ(work) ? default_seconds(work) : 0;
  if (rc == 0)
    rc = each_param(work, "__param_", true);
  if (rc >= 0)
    rc = each_param(work, prefix, true);
  if (work->param_count > 1)
    qsort(work->own, work->param_count, sizeof(*work->own), compare);
  return rc < 0 ? rc : 0;
}

static const struct pyr__param *find_seconds(const struct pyr__param *params,
                                             size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    if (pyr__str_is(params[i].name, "seconds"))
      return &params[i];
  return NULL;
}

static int gather_params(struct work *work) {
  char prefix[NAME_BYTES];
  int labels;

  label_name(work, "param_", prefix);
  work->params = work->profile->params;
  work->param_count = work->profile->param_count;
  labels =
      each_param(work, "__param_", false) + each_param(work, prefix, false);
  if (labels == 0 && !seconds_differ(work))
    return 0;
  return override_params(work, (size_t)labels + 1, prefix);
}

/* ---- one request -------------------------------------------------------- */

static int read_seconds(const struct work *work,
                        struct pyr__target_request *out) {
  const struct pyr__param *seconds =
      find_seconds(work->params, work->param_count);
  char shown[64];

  out->seconds_ns = 0;
  if (seconds == NULL)
    return 0;
  out->seconds_ns =
      seconds->value_count == 1 ? pyr__seconds_parse(seconds->values[0]) : 0;
  if (out->seconds_ns != 0)
    return 0;
  pyr__str_escape(shown, sizeof(shown), seconds->values[0]);
  return pyr__error(work->err, PYR_ECONFIG,
                    "the parameter seconds of the profile %.*s is \"%s\", "
                    "expected one whole number from 1 to %d",
                    PYR__STR_ARG(work->profile->name), shown,
                    PYR__LIMIT_SECONDS);
}

static int set_times(const struct work *work, struct pyr__target_request *out) {
  char timeout[PYR__DURATION_TEXT], seconds[PYR__DURATION_TEXT];

  out->interval_ns = work->source->interval_ns;
  out->timeout_ns = work->source->timeout_ns;
  if (out->timeout_ns == 0)
    out->timeout_ns = pyr__timeout_default(out->seconds_ns);
  if (out->seconds_ns < out->timeout_ns)
    return 0;
  pyr__duration_format(timeout, out->timeout_ns);
  pyr__duration_format(seconds, out->seconds_ns);
  return pyr__error(work->err, PYR_ECONFIG,
                    "scrape timeout %s is not longer than the %s that the "
                    "parameter seconds gives the profile %.*s",
                    timeout, seconds, PYR__STR_ARG(work->profile->name));
}

static int make(struct work *work, struct pyr__target_request *out) {
  const pyr_str_t *path = override(work, "path");
  int rc = gather_params(work);

  out->profile = work->profile;
  if (rc == 0)
    rc = read_seconds(work, out);
  if (rc == 0)
    rc = set_times(work, out);
  if (rc == 0)
    rc = pyr__request_url(
        work->source, path == NULL ? work->profile->path : *path, work->params,
        work->param_count, work->arena, &out->url, work->err);
  return rc;
}

int pyr__target_requests(const struct pyr__request_source *source,
                         struct pyr__arena *arena, struct pyr__target *out,
                         pyr_error_t *err) {
  size_t i, count = source->job->profile_count;
  struct pyr__target_request *requests =
      pyr__arena_alloc(arena, count, sizeof(*requests));
  int rc = 0;

  if (requests == NULL)
    return pyr__making_no_room(arena, count * sizeof(*requests), err);
  out->requests = requests;
  out->request_count = 0;
  for (i = 0; i < count && rc == 0; i++) {
    struct work work = {.source = source,
                        .profile = &source->job->profiles[i],
                        .arena = arena,
                        .err = err};
    int enabled = is_enabled(&work);
    if (enabled < 0)
      return enabled;
    if (enabled)
      rc = make(&work, &requests[out->request_count++]);
  }
  return rc;
}

/* A job's profiles and enabled-profiles, over the defaults. */
#include "config/draft.h"

#include <stdio.h>

#include "base/duration.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/nearest.h"
#include "config/seconds.h"

struct profile_list {
  struct pyr__profile_draft *items;
  size_t count;
};

/* ---- one profile -------------------------------------------------------- */

static void read_path(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  pyr_str_t text, *path = out;
  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "a path"))
    return;
  text = item->node->as.text;
  if (text.len == 0 || text.base[0] != '/')
    pyr__problem(reading->problems, item->node, item->key,
                 "does not begin with \"/\", expected a path such as "
                 "/debug/pprof/heap");
  else if (memchr(text.base, '?', text.len) != NULL ||
           memchr(text.base, '#', text.len) != NULL)
    pyr__problem(reading->problems, item->node, item->key,
                 "holds \"?\" or \"#\", expected a path alone (parameters go "
                 "into params)");
  else
    *path = pyr__read_copy(reading, text);
}

/* Known to the classic server, where it does nothing either: all types of a
 * body are kept. */
static void read_all_types(struct pyr__reading *reading,
                           const struct pyr__item *item, void *out) {
  bool ignored;
  (void)out;
  pyr__read_bool(reading, item, &ignored);
}

static const struct pyr__key profile_rows[] = {
    {.name = "path",
     .read = read_path,
     .offset = offsetof(struct pyr__profile_draft, config.path)},
    {.name = "params", .read = pyr__read_params},
    {.name = "sample-types", .read = pyr__read_sample_types},
    {.name = "all-sample-types", .read = read_all_types}};

static const struct pyr__keys profile_keys =
    PYR__KEYS(profile_rows, "a profile");

/* ---- all of them -------------------------------------------------------- */

static const char *name_at(const void *ctx, size_t i) {
  const struct profile_list *list = ctx;
  return list->items[i].config.name.base;
}

static struct pyr__profile_draft *find(const struct profile_list *list,
                                       pyr_str_t name) {
  size_t i;
  for (i = 0; i < list->count; i++)
    if (pyr__str_equal(list->items[i].config.name, name))
      return &list->items[i];
  return NULL;
}

/* Letters, digits, "_", "." and "-": it is part of labels and type ids. */
static bool is_name(pyr_str_t name) {
  size_t i;
  for (i = 0; i < name.len; i++) {
    char c = name.base[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
      return false;
  }
  return name.len > 0;
}

static struct pyr__profile_draft *add_own(struct pyr__reading *reading,
                                          struct profile_list *list,
                                          const struct pyr__entry *entry) {
  struct pyr__profile_draft *draft = &list->items[list->count];
  pyr_str_t name = entry->key->as.text;

  if (!is_name(name)) {
    pyr__problem(reading->problems, entry->key, name,
                 "is no name of a profile, expected letters, digits, \"_\", "
                 "\".\" and \"-\"");
    return NULL;
  }
  *draft = (struct pyr__profile_draft){0};
  draft->config.name = pyr__read_copy(reading, name);
  draft->config.type_name = draft->config.name;
  draft->config.path = pyr__str("");
  list->count++;
  return draft;
}

static void check_own(struct pyr__reading *reading,
                      const struct profile_list *list,
                      struct pyr__profile_draft *draft) {
  const struct profile_list defaults = {list->items, PYR__DEFAULT_PROFILES};
  const struct pyr__entry *path = pyr__map_find(draft->entry->value, "path");
  pyr_str_t name = draft->config.name;
  const char *nearest;

  if (path == NULL || path->value->kind == PYR__NODE_NULL) {
    nearest = pyr__nearest(name, defaults.count, name_at, &defaults);
    pyr__problem(reading->problems, draft->entry->key, name,
                 "has no path, expected one where a profile is not one of cpu, "
                 "mem, goroutines, mutex, block%s%s%s",
                 nearest == NULL ? "" : " (was ",
                 nearest == NULL ? "" : nearest,
                 nearest == NULL ? "" : " meant?)");
  }
  if (draft->config.sample_type_count == 0)
    pyr__default_sample_types(&draft->config);
}

static void read_one(struct pyr__reading *reading, struct profile_list *list,
                     const struct pyr__entry *entry) {
  struct pyr__profile_draft *draft = find(list, entry->key->as.text);
  struct pyr__item item = {entry->key->as.text, entry->value, entry, NULL};
  bool is_own = draft == NULL;

  if (is_own)
    draft = add_own(reading, list, entry);
  if (draft == NULL)
    return;
  draft->entry = entry;
  if (entry->value->kind != PYR__NODE_NULL)
    pyr__read_map(reading, &item, &profile_keys, draft);
  if (is_own)
    check_own(reading, list, draft);
}

/* ---- which of them are scraped ------------------------------------------ */

static void enable(struct pyr__reading *reading,
                   const struct profile_list *list,
                   const struct pyr__node *node, pyr_str_t key) {
  struct pyr__item item = {key, node, NULL, NULL};
  struct pyr__profile_draft *draft;
  const char *nearest;

  if (!pyr__expect(reading, &item, PYR__NODE_TEXT, "the name of a profile"))
    return;
  draft = find(list, node->as.text);
  if (draft != NULL) {
    draft->config.enabled = true;
    return;
  }
  nearest = pyr__nearest(node->as.text, list->count, name_at, list);
  pyr__problem(reading->problems, node, key,
               "there is no profile of this name, expected %s%s",
               nearest == NULL ? "cpu, mem, goroutines, mutex, block or one of "
                                 "profiles"
                               : nearest,
               nearest == NULL ? "" : " or another that there is");
}

static void enable_defaults(struct pyr__reading *reading,
                            const struct pyr__job_draft *job,
                            struct profile_list *list) {
  find(list, pyr__str("cpu"))->config.enabled = true;
  find(list, pyr__str("mem"))->config.enabled = true;
  pyr__draft_note(reading,
                  "job \"%.*s\": enabled-profiles is not set, so cpu and mem "
                  "are scraped",
                  PYR__STR_ARG(job->config.name));
}

static void enable_all(struct pyr__reading *reading,
                       const struct pyr__job_draft *job,
                       struct profile_list *list) {
  const struct pyr__node *node = job->enabled->value;
  size_t i;

  if (node->kind == PYR__NODE_MAP) {
    struct pyr__item item = {job->enabled->key->as.text, node, NULL, NULL};
    pyr__expect(reading, &item, PYR__NODE_LIST, "a list of profiles");
  } else if (node->kind == PYR__NODE_TEXT) {
    enable(reading, list, node, job->enabled->key->as.text);
  } else if (node->as.list.count == 0) {
    pyr__draft_note(reading,
                    "job \"%.*s\": enabled-profiles is empty, so nothing is "
                    "scraped but what labels enable",
                    PYR__STR_ARG(job->config.name));
  } else {
    for (i = 0; i < node->as.list.count; i++)
      enable(reading, list, node->as.list.items[i], job->enabled->key->as.text);
  }
}

/* ---- how long they take ------------------------------------------------- */

/* "profiles: cpu: params: seconds (line 7)", where it was given. */
static void seconds_place(const struct pyr__profile_draft *draft, char *out,
                          size_t size) {
  if (draft->seconds == NULL)
    snprintf(out, size, "by default (profiles: %.*s: params: seconds)",
             PYR__STR_ARG(draft->config.name));
  else
    snprintf(out, size, "by profiles: %.*s: params: seconds in line %u",
             PYR__STR_ARG(draft->config.name), draft->seconds->line);
}

static void check_seconds(struct pyr__reading *reading,
                          const struct pyr__job_draft *job,
                          const struct pyr__profile_draft *draft) {
  char place[160], seconds[PYR__DURATION_TEXT];
  int64_t ns = draft->config.seconds_ns;

  if (!draft->config.enabled || ns == 0)
    return;
  pyr__duration_format(seconds, ns);
  seconds_place(draft, place, sizeof(place));
  if (job->config.timeout_ns > 0 && ns >= job->config.timeout_ns)
    pyr__problem(reading->problems,
                 job->timeout == NULL ? job->map : job->timeout->value,
                 job->timeout == NULL ? pyr__str("scrape-timeout")
                                      : job->timeout->key->as.text,
                 "is not longer than the %s that a profile takes %s, expected "
                 "more, or no scrape-timeout at all",
                 seconds, place);
  if (ns > job->config.interval_ns)
    pyr__draft_note(reading,
                    "job \"%.*s\": the profile %.*s takes %s %s, longer than "
                    "scrape-interval, so scrapes will be missed",
                    PYR__STR_ARG(job->config.name),
                    PYR__STR_ARG(draft->config.name), seconds, place);
}

static void finish(struct pyr__reading *reading, struct pyr__job_draft *job,
                   const struct profile_list *list) {
  struct pyr__profile_config *profiles =
      pyr__read_alloc(reading, list->count, sizeof(*profiles));
  size_t i;
  for (i = 0; i < list->count && profiles != NULL; i++) {
    struct pyr__profile_config *config = &list->items[i].config;
    if (config->seconds_default)
      config->seconds_ns = pyr__seconds_default(job->config.interval_ns);
    config->is_cpu = pyr__str_is(config->path, "/debug/pprof/profile") ||
                     pyr__str_is(config->name, "cpu");
    pyr__finish_params(reading, config);
    check_seconds(reading, job, &list->items[i]);
    profiles[i] = *config;
  }
  job->config.profiles = profiles;
  job->config.profile_count = profiles == NULL ? 0 : list->count;
}

void pyr__read_profiles(struct pyr__reading *reading,
                        struct pyr__job_draft *job) {
  const struct pyr__node *map =
      job->profiles == NULL ? NULL : job->profiles->value;
  struct profile_list list = {NULL, PYR__DEFAULT_PROFILES};
  size_t i, count = 0;

  if (map != NULL) {
    struct pyr__item item = {job->profiles->key->as.text, map, NULL, NULL};
    if (pyr__expect(reading, &item, PYR__NODE_MAP, "a map of profiles"))
      count = map->as.map.count;
    if (count > PYR__LIMIT_PROFILES) {
      pyr__problem(reading->problems, map, item.key,
                   "more than %d profiles, expected fewer",
                   PYR__LIMIT_PROFILES);
      count = PYR__LIMIT_PROFILES;
    }
  }
  list.items =
      pyr__read_alloc(reading, list.count + count, sizeof(*list.items));
  if (list.items == NULL)
    return;
  for (i = 0; i < PYR__DEFAULT_PROFILES; i++)
    pyr__default_profile(reading, i, job->config.use_delta_profiles,
                         &list.items[i].config);
  for (i = 0; i < count; i++)
    read_one(reading, &list, &map->as.map.entries[i]);
  if (job->enabled == NULL)
    enable_defaults(reading, job, &list);
  else
    enable_all(reading, job, &list);
  finish(reading, job, &list);
}

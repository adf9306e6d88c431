/* One element of scrape-configs. */
#include "config/draft.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"

static const struct pyr__range intervals = {PYR__LEAST_INTERVAL_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range body_sizes = {0, UINT64_C(1) << 40};

enum { HTTP, HTTPS };
static const struct pyr__choice schemes[] = {
    {"http", HTTP, NULL}, {"https", HTTPS, NULL}, {0}};

#define AT(member) offsetof(struct pyr__job_draft, member)
static const struct pyr__key job_rows[] = {
    {.name = "job-name",
     .read = pyr__read_some_text,
     .offset = AT(config.name),
     .arg = "a name that no other job has",
     .flags = PYR__KEY_REQUIRED},
    {.name = "scrape-interval",
     .read = pyr__read_duration,
     .offset = AT(config.interval_ns),
     .arg = &intervals},
    {.name = "scrape-timeout",
     .read = pyr__read_duration,
     .offset = AT(config.timeout_ns),
     .arg = &intervals},
    {.name = "scheme",
     .read = pyr__read_choice,
     .offset = AT(scheme),
     .arg = schemes},
    {.name = "enabled-profiles",
     .read = pyr__read_later,
     .offset = AT(enabled)},
    {.name = "profiles", .read = pyr__read_later, .offset = AT(profiles)},
    {.name = "use-delta-profiles",
     .read = pyr__read_bool,
     .offset = AT(config.use_delta_profiles)},
    {.name = "use-delta-endpoints",
     .read = pyr__read_bool,
     .offset = AT(use_delta_endpoints)},
    {.name = "body-size-limit",
     .read = pyr__read_size,
     .offset = AT(config.body_size_limit),
     .arg = &body_sizes},
    {.name = "static-configs", .read = pyr__read_later, .offset = AT(groups)},
    {.name = "relabel-configs",
     .read = pyr__read_relabel,
     .offset = AT(config.relabel)},
    {.name = "file-sd-configs",
     .read = pyr__read_file_sd,
     .offset = AT(config.sd)},
    {.name = "http-sd-configs",
     .read = pyr__read_http_sd,
     .offset = AT(config.sd)},
    {.name = "dns-sd-configs",
     .read = pyr__read_dns_sd,
     .offset = AT(config.sd)},
    {.name = "kubernetes-sd-configs",
     .read = pyr__read_kubernetes_sd,
     .offset = AT(config.sd)},
    {.name = "consul-sd-configs",
     .read = pyr__read_consul_sd,
     .offset = AT(config.sd)},
    {.name = "docker-sd-configs",
     .read = pyr__read_docker_sd,
     .offset = AT(config.sd)},
    {.name = "ec2-sd-configs",
     .read = pyr__read_ec2_sd,
     .offset = AT(config.sd)},
    PYR__HTTP_KEYS(AT(config.access)),
    PYR__TARGET_LIMIT_KEYS(AT(config.target_limits)),
    {.name = "params",
     .refused = "is a key of a profile, expected in profiles: cpu:"},
    {.name = "metrics-path",
     .refused = "is about metrics, expected path: of a profile in profiles:"},
    {.name = "metric-relabel-configs", .refused = PYR__METRICS},
    {.name = "honor-labels", .refused = PYR__METRICS},
    {.name = "honor-timestamps", .refused = PYR__METRICS},
    {.name = "track-timestamps-staleness", .refused = PYR__METRICS},
    {.name = "scrape-protocols", .refused = PYR__METRICS},
    {.name = "sample-limit", .refused = PYR__METRICS}};
#undef AT

static const struct pyr__keys job_keys = PYR__KEYS(job_rows, "a job");

/* The job of that name, or PYR__NONE. */
static uint32_t find_job(const struct pyr__draft *draft, pyr_str_t name,
                         uint64_t hash) {
  size_t at;
  uint32_t id = pyr__index_first(&draft->names, hash, &at);
  while (id != PYR__NONE && !pyr__str_equal(draft->jobs[id].name, name))
    id = pyr__index_next(&draft->names, hash, &at);
  return id;
}

static void refuse_name(struct pyr__reading *reading,
                        const struct pyr__entry *entry, pyr_str_t name,
                        const struct pyr__place *first) {
  const struct pyr__draft *draft = reading->ctx;
  if (first->file == draft->file)
    pyr__problem(reading->problems, entry->value, entry->key->as.text,
                 "found multiple scrape configs with job name \"%.*s\", the "
                 "first in line %u",
                 PYR__STR_ARG(name), first->line);
  else
    pyr__problem(reading->problems, entry->value, entry->key->as.text,
                 "found multiple scrape configs with job name \"%.*s\", first "
                 "found in %s:%u:%u",
                 PYR__STR_ARG(name), first->file, first->line, first->column);
}

/* Also notes the name as one that is taken. */
static void check_name(struct pyr__reading *reading,
                       const struct pyr__job_draft *job) {
  struct pyr__draft *draft = reading->ctx;
  const struct pyr__entry *entry = pyr__map_find(job->map, "job-name");
  pyr_str_t name = job->config.name;
  uint64_t hash = pyr__hash(0, name.base, name.len);
  uint32_t other = find_job(draft, name, hash);

  if (name.len == 0 || entry == NULL)
    return;
  draft->name_places[draft->job_count] = (struct pyr__place){
      draft->file, entry->value->line, entry->value->column};
  if (other != PYR__NONE)
    refuse_name(reading, entry, name, &draft->name_places[other]);
  else if (pyr__index_add(&draft->names, hash, (uint32_t)draft->job_count) != 0)
    reading->rc = PYR__ENOMEM;
}

static void check_delta(struct pyr__reading *reading,
                        struct pyr__job_draft *job) {
  const struct pyr__entry *endpoints =
      pyr__map_find(job->map, "use-delta-endpoints");
  if (endpoints != NULL &&
      pyr__map_find(job->map, "use-delta-profiles") != NULL)
    pyr__problem(reading->problems, endpoints->key, endpoints->key->as.text,
                 "is another name of use-delta-profiles, expected one of them");
  if (job->use_delta_endpoints)
    job->config.use_delta_profiles = true;
}

/* Of the job, and of what it takes from elsewhere. */
static uint64_t fingerprint_of(const struct pyr__draft *draft,
                               const struct pyr__job_config *job,
                               const struct pyr__node *map) {
  const struct pyr__target_limits *limits = &job->target_limits;
  const uint64_t taken[] = {(uint64_t)job->interval_ns,
                            (uint64_t)job->timeout_ns,
                            limits->targets,
                            limits->labels,
                            limits->label_name_length,
                            limits->label_value_length,
                            limits->keep_dropped};
  pyr_str_t listen = draft->config->server.listen; /* of the job's own target */
  uint64_t hash = pyr__hash(0, listen.base, listen.len);
  hash = pyr__hash(hash, draft->directory.base, draft->directory.len);
  return pyr__node_hash(pyr__hash(hash, taken, sizeof(taken)), map);
}

/* Keys that say where targets come from and how many there may be, and not what
 * they are. */
static bool is_source(pyr_str_t key) {
  static const char *const sources[] = {
      "static-configs",    "file-sd-configs",   "http-sd-configs",
      "dns-sd-configs",    "ec2-sd-configs",    "kubernetes-sd-configs",
      "consul-sd-configs", "docker-sd-configs", "target-limit"};
  size_t i;
  for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
    if (pyr__key_equal(key, sources[i]))
      return true;
  return false;
}

static uint64_t making_of(const struct pyr__job_config *job,
                          const struct pyr__node *map) {
  uint64_t hash =
      pyr__hash_mix((uint64_t)job->interval_ns, (uint64_t)job->timeout_ns);
  size_t i;
  for (i = 0; i < map->as.map.count; i++) {
    const struct pyr__entry *entry = &map->as.map.entries[i];
    if (is_source(entry->key->as.text))
      continue;
    hash = pyr__node_hash(hash, entry->key);
    hash = pyr__node_hash(hash, entry->value);
  }
  return hash;
}

static void read_job(struct pyr__reading *reading,
                     const struct pyr__item *item) {
  struct pyr__draft *draft = reading->ctx;
  struct pyr__job_draft job = {
      .map = item->node,
      .timeout = draft->timeout,
      .config = {.name = pyr__str(""),
                 .interval_ns = draft->interval_ns,
                 .timeout_ns = draft->timeout_ns,
                 .body_size_limit = PYR__DEFAULT_BODY_BYTES}};
  const struct pyr__entry *timeout =
      pyr__map_find(item->node, "scrape-timeout");

  pyr__read_map(reading, item, &job_keys, &job);
  if (timeout != NULL && timeout->value->kind != PYR__NODE_NULL)
    job.timeout = timeout;
  job.config.scheme = pyr__str(schemes[job.scheme].text);
  if (job.config.body_size_limit == 0)
    job.config.body_size_limit = PYR__DEFAULT_BODY_BYTES;
  check_name(reading, &job);
  check_delta(reading, &job);
  pyr__check_http(reading, job.map, &job.config.access);
  pyr__read_profiles(reading, &job);
  pyr__read_groups(reading, &job);
  pyr__inherit_target_limits(&job.config.target_limits, &draft->limits);
  if (job.config.group_count == 0 && !pyr__sd_is_any(&job.config.sd))
    pyr__draft_note(reading, "job \"%.*s\": it has no targets",
                    PYR__STR_ARG(job.config.name));
  job.config.fingerprint = fingerprint_of(draft, &job.config, job.map);
  job.config.making = making_of(&job.config, job.map);
  draft->jobs[draft->job_count++] = job.config;
}

/* Room for `more` jobs behind those that there are; false: there is none. */
static bool make_room(struct pyr__reading *reading, size_t more) {
  struct pyr__draft *draft = reading->ctx;
  size_t i, capacity = 2 * draft->job_capacity;
  struct pyr__job_config *jobs;
  struct pyr__place *places;

  if (draft->job_count + more <= draft->job_capacity)
    return true;
  if (capacity < draft->job_count + more)
    capacity = draft->job_count + more;
  jobs = pyr__read_alloc(reading, capacity, sizeof(*jobs));
  places = pyr__read_alloc(reading, capacity, sizeof(*places));
  if (jobs == NULL || places == NULL)
    return false;
  for (i = 0; i < draft->job_count; i++) {
    jobs[i] = draft->jobs[i];
    places[i] = draft->name_places[i];
  }
  draft->jobs = jobs;
  draft->name_places = places;
  draft->job_capacity = capacity;
  return true;
}

void pyr__read_jobs(struct pyr__reading *reading,
                    const struct pyr__entry *entry) {
  struct pyr__item item = {entry->key->as.text, entry->value, NULL, NULL};
  size_t i, count;

  if (!pyr__expect(reading, &item, PYR__NODE_LIST, "a list of jobs"))
    return;
  count = entry->value->as.list.count;
  if (!make_room(reading, count))
    return;
  for (i = 0; i < count && reading->rc == 0; i++) {
    item.node = entry->value->as.list.items[i];
    if (pyr__expect(reading, &item, PYR__NODE_MAP, "the keys of a job"))
      read_job(reading, &item);
  }
}

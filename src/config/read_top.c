/* The sections at the top: global, server, storage, log, limits, jobs. */
#include "config/draft.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/listen.h"
#include "base/str.h"

/* What the sections at the top are read into before they are frozen. */
struct top {
  struct pyr_config_s *config;
  struct pyr__draft *draft;
  struct global {
    int64_t interval_ns, timeout_ns;
    struct pyr__target_limits limits;
  } global;
  int log_level, log_format;
  struct pyr__storage_config storage;
  struct pyr__limits_config limits;
  struct pyr__server_config server;
  const struct pyr__entry *global_entry, *scrape_configs, *includes;
};

static const struct pyr__range intervals = {PYR__LEAST_INTERVAL_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range ages = {PYR__NS_PER_S,
                                       100 * PYR__MOST_INTERVAL_NS};
static const struct pyr__range maybe_ages = {0, 100 * PYR__MOST_INTERVAL_NS};
static const struct pyr__range segment_sizes = {64 * PYR__KIB,
                                                16384 * PYR__MIB};
static const struct pyr__range any_size = {0, INT64_MAX};
static const struct pyr__range memory_sizes = {64 * PYR__KIB, 4096 * PYR__MIB};
static const struct pyr__range scrapes = {1, 100000};
static const struct pyr__range frames = {1, PYR__LIMIT_STACK_FRAMES};
static const struct pyr__range connections = {1, 10000};

static const struct pyr__choice levels[] = {{"debug", PYR_LOG_DEBUG, NULL},
                                            {"info", PYR_LOG_INFO, NULL},
                                            {"warn", PYR_LOG_WARN, NULL},
                                            {"error", PYR_LOG_ERROR, NULL},
                                            {0}};
static const struct pyr__choice formats[] = {
    {"logfmt", PYR__LOG_LOGFMT, NULL}, {"json", PYR__LOG_JSON, NULL}, {0}};

/* ---- sections ----------------------------------------------------------- */

#define AT(member) offsetof(struct global, member)
static const struct pyr__key global_rows[] = {
    {.name = "scrape-interval",
     .read = pyr__read_duration,
     .offset = AT(interval_ns),
     .arg = &intervals},
    {.name = "scrape-timeout",
     .read = pyr__read_duration,
     .offset = AT(timeout_ns),
     .arg = &intervals},
    PYR__TARGET_LIMIT_KEYS(AT(limits)),
    {.name = "evaluation-interval", .refused = PYR__METRICS},
    {.name = "external-labels",
     .refused = "is not supported by this version yet, give each group its "
                "labels"}};
#undef AT
static const struct pyr__keys global_keys = PYR__KEYS(global_rows, "global");

#define AT(member) offsetof(struct pyr__storage_config, member)
static const struct pyr__key storage_rows[] = {
    {.name = "path",
     .read = pyr__read_some_text,
     .offset = AT(path),
     .arg = "the path of a directory"},
    {.name = "flush-interval",
     .read = pyr__read_duration,
     .offset = AT(flush_interval_ns),
     .arg = &intervals},
    {.name = "sync-interval",
     .read = pyr__read_duration,
     .offset = AT(sync_interval_ns),
     .arg = &intervals},
    {.name = "segment-max-bytes",
     .read = pyr__read_size,
     .offset = AT(segment_max_bytes),
     .arg = &segment_sizes},
    {.name = "segment-max-age",
     .read = pyr__read_duration,
     .offset = AT(segment_max_age_ns),
     .arg = &ages},
    {.name = "retention-age",
     .read = pyr__read_duration,
     .offset = AT(retention_age_ns),
     .arg = &maybe_ages},
    {.name = "retention-bytes",
     .read = pyr__read_size,
     .offset = AT(retention_bytes),
     .arg = &any_size}};
#undef AT
static const struct pyr__keys storage_keys = PYR__KEYS(storage_rows, "storage");

#define AT(member) offsetof(struct pyr__limits_config, member)
static const struct pyr__key limits_rows[] = {{.name = "in-flight",
                                               .read = pyr__read_count,
                                               .offset = AT(in_flight),
                                               .arg = &scrapes},
                                              {.name = "scrape-bytes",
                                               .read = pyr__read_size,
                                               .offset = AT(scrape_bytes),
                                               .arg = &memory_sizes},
                                              {.name = "delta-bytes",
                                               .read = pyr__read_size,
                                               .offset = AT(delta_bytes),
                                               .arg = &memory_sizes},
                                              {.name = "dictionary-bytes",
                                               .read = pyr__read_size,
                                               .offset = AT(dictionary_bytes),
                                               .arg = &memory_sizes},
                                              {.name = "buffer-bytes",
                                               .read = pyr__read_size,
                                               .offset = AT(buffer_bytes),
                                               .arg = &memory_sizes},
                                              {.name = "stack-frames",
                                               .read = pyr__read_count,
                                               .offset = AT(stack_frames),
                                               .arg = &frames},
                                              {.name = "server-connections",
                                               .read = pyr__read_count,
                                               .offset = AT(server_connections),
                                               .arg = &connections}};
#undef AT
static const struct pyr__keys limits_keys = PYR__KEYS(limits_rows, "limits");

static void read_listen(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  pyr_str_t *listen = out;
  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "an address"))
    return;
  if (pyr__is_listen_address(item->node->as.text))
    *listen = pyr__read_copy(reading, item->node->as.text);
  else
    pyr__problem(reading->problems, item->node, item->key,
                 "is not an address to listen on, expected one such "
                 "as " PYR__LISTEN_SUCH ", or \"\" for none");
}

/* A list of names, or one; a port has no place there. */
static void read_hosts(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  struct pyr__server_config *server = out;
  struct pyr__texts texts = {.count = 0};
  size_t i;
  pyr__read_texts(reading, item, &texts);
  for (i = 0; i < texts.count; i++)
    if (texts.items[i].len == 0 ||
        memchr(texts.items[i].base, ':', texts.items[i].len) != NULL ||
        memchr(texts.items[i].base, '/', texts.items[i].len) != NULL) {
      pyr__problem(reading->problems, item->node, item->key,
                   "\"%.*s\" is not a name of this host, expected one such as "
                   "edge1.example",
                   PYR__STR_ARG(texts.items[i]));
      return;
    }
  server->hosts = texts.items;
  server->host_count = texts.count;
}

static const struct pyr__key server_rows[] = {
    {.name = "listen",
     .read = read_listen,
     .offset = offsetof(struct pyr__server_config, listen)},
    {.name = "hosts", .read = read_hosts, .offset = 0},
    {.name = "web-config-file", .read = pyr__read_web_file, .offset = 0}};
static const struct pyr__keys server_keys = PYR__KEYS(server_rows, "server");

/* ---- the top ------------------------------------------------------------ */

#define AT(member) offsetof(struct top, member)
#define LOG_ROWS                                                               \
  {.name = "log-level",                                                        \
   .read = pyr__read_choice,                                                   \
   .offset = AT(log_level),                                                    \
   .arg = levels},                                                             \
  {                                                                            \
    .name = "log-format", .read = pyr__read_choice, .offset = AT(log_format),  \
    .arg = formats                                                             \
  }

static const struct pyr__key top_rows[] = {
    LOG_ROWS,
    {.name = "scrape-configs",
     .read = pyr__read_later,
     .offset = AT(scrape_configs)},
    {.name = "global", .read = pyr__read_later, .offset = AT(global_entry)},
    {.name = "storage",
     .read = pyr__read_section,
     .offset = AT(storage),
     .arg = &storage_keys},
    {.name = "server",
     .read = pyr__read_section,
     .offset = AT(server),
     .arg = &server_keys},
    {.name = "limits",
     .read = pyr__read_section,
     .offset = AT(limits),
     .arg = &limits_keys},
    {.name = "scrape-config-files",
     .read = pyr__read_later,
     .offset = AT(includes)},
    {.name = "rule-files", .refused = PYR__METRICS},
    {.name = "alerting", .refused = PYR__METRICS},
    {.name = "remote-write", .refused = PYR__METRICS},
    {.name = "remote-read", .refused = PYR__METRICS},
    {.name = "storage-path", .refused = "is path: of storage: here"},
    {.name = "api-bind-addr", .refused = "is listen: of server: here"},
    {.name = "retention", .refused = "is retention-age: of storage: here"}};
static const struct pyr__keys top_keys = {.rows = top_rows,
                                          .count = sizeof(top_rows) /
                                                   sizeof(top_rows[0]),
                                          .what = "the configuration",
                                          .has_extras = true};

/* Beside pyroscopeConfigs stand the values of a Helm chart. */
static const struct pyr__key beside_rows[] = {
    LOG_ROWS,
    {.name = "scrape-configs",
     .refused = "stands beside pyroscopeConfigs, expected in it"}};
static const struct pyr__keys beside_keys = {.rows = beside_rows,
                                             .count = sizeof(beside_rows) /
                                                      sizeof(beside_rows[0]),
                                             .what = "a chart's values",
                                             .has_strangers = true};
#undef AT

static const struct pyr__entry *find_chart(const struct pyr__node *root) {
  size_t i;
  for (i = 0; root->kind == PYR__NODE_MAP && i < root->as.map.count; i++)
    if (pyr__str_is(root->as.map.entries[i].key->as.text, "pyroscopeConfigs"))
      return &root->as.map.entries[i];
  return NULL;
}

const struct pyr__node *pyr__top_map(const struct pyr__node *root) {
  const struct pyr__entry *chart = find_chart(root);
  return chart == NULL ? root : chart->value;
}

static void check_beside(struct pyr__reading *reading,
                         const struct pyr__node *root,
                         const struct pyr__node *inner) {
  static const char *const names[] = {"log-level", "log-format"};
  size_t i;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const struct pyr__entry *outside = pyr__map_find(root, names[i]);
    const struct pyr__entry *inside = pyr__map_find(inner, names[i]);
    if (outside != NULL && inside != NULL)
      pyr__problem(reading->problems, outside->key, outside->key->as.text,
                   "is there twice, in pyroscopeConfigs too in line %u",
                   inside->key->line);
  }
}

static void read_keys(struct pyr__reading *reading,
                      const struct pyr__node *root, struct top *top) {
  const struct pyr__entry *chart = find_chart(root);
  struct pyr__item item = {pyr__str("YAML"), root, NULL, NULL};

  if (chart != NULL) {
    pyr__read_map(reading, &item, &beside_keys, top);
    check_beside(reading, root, chart->value);
    item = (struct pyr__item){chart->key->as.text, chart->value, chart, NULL};
  }
  if (item.node->kind != PYR__NODE_NULL)
    pyr__read_map(reading, &item, &top_keys, top);
}

static void read_global(struct pyr__reading *reading, struct top *top) {
  const struct pyr__entry *entry = top->global_entry;
  struct pyr__draft *draft = reading->ctx;
  if (entry != NULL) {
    struct pyr__item item = {entry->key->as.text, entry->value, entry, NULL};
    pyr__read_map(reading, &item, &global_keys, &top->global);
    draft->timeout = pyr__map_find(entry->value, "scrape-timeout");
  }
  draft->interval_ns = top->global.interval_ns;
  draft->timeout_ns = top->global.timeout_ns;
  draft->limits = top->global.limits;
}

/* Of the file, then of those that it includes. */
static void read_all_jobs(struct pyr__reading *reading, const struct top *top) {
  struct pyr__draft *draft = reading->ctx;
  pyr__index_init(&draft->names, reading->arena->memory, PYR__MEM_CONFIG_TREE);
  if (top->scrape_configs != NULL)
    pyr__read_jobs(reading, top->scrape_configs);
  if (top->includes != NULL)
    pyr__read_includes(reading, top->includes);
  pyr__index_release(&draft->names);
}

static const struct top defaults = {
    .global = {.interval_ns = 10 * PYR__NS_PER_S},
    .log_level = PYR_LOG_INFO,
    .log_format = PYR__LOG_LOGFMT,
    .storage = {.path = {"pyrite-data", 11},
                .flush_interval_ns = PYR__NS_PER_S,
                .sync_interval_ns = 10 * PYR__NS_PER_S,
                .segment_max_bytes = PYR__DEFAULT_SEGMENT_BYTES,
                .segment_max_age_ns = 3600 * PYR__NS_PER_S},
    .limits = {.in_flight = PYR__DEFAULT_IN_FLIGHT,
               .scrape_bytes = PYR__DEFAULT_SCRAPE_BYTES,
               .delta_bytes = PYR__DEFAULT_DELTA_BYTES,
               .dictionary_bytes = PYR__DEFAULT_DICTIONARY_BYTES,
               .buffer_bytes = PYR__DEFAULT_BUFFER_BYTES,
               .stack_frames = PYR__LIMIT_STACK_FRAMES,
               .server_connections = PYR__LIMIT_SERVER_CONNECTIONS},
    .server = {.listen = {"127.0.0.1:4041", 14}}};

void pyr__read_top(struct pyr__reading *reading, const struct pyr__node *root) {
  struct pyr__draft *draft = reading->ctx;
  struct pyr_config_s *config = draft->config;
  struct top top = defaults;

  read_keys(reading, root, &top);
  if (draft->web_config != NULL)
    pyr__read_given_web(reading, root, draft->web_config, &top.server);
  config->storage = top.storage;
  config->limits = top.limits;
  config->server = top.server;
  config->log_level = top.log_level;
  config->log_format = (enum pyr__log_format)top.log_format;
  read_global(reading, &top);
  read_all_jobs(reading, &top);
  if (draft->job_count == 0)
    pyr__draft_note(reading, "there are no scrape-configs, so nothing is "
                             "scraped");
  config->jobs = draft->jobs;
  config->job_count = draft->job_count;
  config->notes = draft->notes;
  config->note_count = draft->note_count;
  config->paths = draft->paths;
}

/* file-sd-configs, http-sd-configs, dns-sd-configs. */

#include "base/limits.h"
#include "base/str.h"
#include "config/draft.h"

static const struct pyr__range intervals = {PYR__LEAST_REFRESH_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range ports = {0, UINT16_MAX};
const struct pyr__range pyr__target_limit_range = {0, INT64_MAX};

/* ---- file --------------------------------------------------------------- */

struct file_draft {
  struct pyr__texts files;
  int64_t refresh_interval_ns;
};

#define AT(member) offsetof(struct file_draft, member)
static const struct pyr__key file_rows[] = {{.name = "files",
                                             .read = pyr__read_texts,
                                             .offset = AT(files),
                                             .flags = PYR__KEY_REQUIRED},
                                            {.name = "refresh-interval",
                                             .read = pyr__read_duration,
                                             .offset = AT(refresh_interval_ns),
                                             .arg = &intervals}};
#undef AT
static const struct pyr__keys file_keys =
    PYR__KEYS(file_rows, "an element of file-sd-configs");

static bool ends_with(pyr_str_t text, const char *end) {
  size_t len = strlen(end);
  return text.len >= len && memcmp(text.base + text.len - len, end, len) == 0;
}

static bool is_path(pyr_str_t path) {
  static const char *const ends[] = {".json", ".yml", ".yaml",
                                     ".JSON", ".YML", ".YAML"};
  size_t i;
  if (!pyr__is_pattern(path))
    return false;
  for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
    if (ends_with(path, ends[i]))
      return true;
  return false;
}

/* The `i`th of a list of texts, which may be one alone. */
static const struct pyr__node *text_node(const struct pyr__node *texts,
                                         size_t i) {
  return texts->kind == PYR__NODE_LIST ? texts->as.list.items[i] : texts;
}

static void read_file(struct pyr__reading *reading,
                      const struct pyr__item *item, void *result) {
  struct pyr__file_sd_config *out = result;
  struct file_draft draft = {.refresh_interval_ns = 300 * PYR__NS_PER_S};
  const struct pyr__entry *entry = pyr__map_find(item->node, "files");
  pyr_str_t *files;
  size_t i;

  pyr__read_map(reading, item, &file_keys, &draft);
  if (entry == NULL || entry->value->kind == PYR__NODE_NULL)
    return;
  if (entry->value->kind == PYR__NODE_LIST && entry->value->as.list.count == 0)
    pyr__problem(reading->problems, entry->value, entry->key->as.text,
                 "file service discovery config must contain at least one path "
                 "name");
  files = pyr__read_alloc(reading, draft.files.count, sizeof(*files));
  for (i = 0; files != NULL && i < draft.files.count; i++) {
    pyr_str_t path = draft.files.items[i];
    if (path.base != NULL && !is_path(path))
      pyr__problem(reading->problems, text_node(entry->value, i),
                   entry->key->as.text,
                   "path name \"%.*s\" is not valid for file discovery, "
                   "expected .json, .yml or .yaml at its end, and * in its "
                   "last part only",
                   PYR__STR_ARG(path));
    files[i] = pyr__read_locate(reading, path);
  }
  *out = (struct pyr__file_sd_config){pyr__sd_fingerprint(reading, item->node),
                                      files, draft.files.count,
                                      draft.refresh_interval_ns};
}

void pyr__read_file_sd(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->file = pyr__read_elements(reading, item, sizeof(*sd->file), read_file,
                                &sd->file_count);
}

/* ---- http --------------------------------------------------------------- */

#define AT(member) offsetof(struct pyr__http_sd_config, member)
static const struct pyr__key http_rows[] = {{.name = "url",
                                             .read = pyr__read_some_text,
                                             .offset = AT(url),
                                             .arg = "an http:// URL",
                                             .flags = PYR__KEY_REQUIRED},
                                            {.name = "refresh-interval",
                                             .read = pyr__read_duration,
                                             .offset = AT(refresh_interval_ns),
                                             .arg = &intervals},
                                            PYR__HTTP_KEYS(AT(access))};
#undef AT
static const struct pyr__keys http_keys =
    PYR__KEYS(http_rows, "an element of http-sd-configs");

/* What is wrong with it, or NULL; the rest is checked where it is used. */
static const char *check_url(pyr_str_t url) {
  size_t scheme = pyr__str_starts(url, "http://")    ? 7
                  : pyr__str_starts(url, "https://") ? 8
                                                     : 0;
  if (scheme == 0)
    return "URL scheme must be 'http' or 'https'";
  if (url.len == scheme || strchr("/?#", url.base[scheme]) != NULL)
    return "host is missing in URL";
  if (pyr__str_has_user(url))
    return "user and password may not stand in a URL, expected basic-auth";
  return NULL;
}

static void read_http(struct pyr__reading *reading,
                      const struct pyr__item *item, void *result) {
  struct pyr__http_sd_config *out = result;
  const struct pyr__entry *entry = pyr__map_find(item->node, "url");
  const char *wrong;

  *out = (struct pyr__http_sd_config){
      .fingerprint = pyr__sd_fingerprint(reading, item->node),
      .url = pyr__str(""),
      .access = {.follow_redirects = true},
      .refresh_interval_ns = 60 * PYR__NS_PER_S};
  pyr__read_map(reading, item, &http_keys, out);
  pyr__check_http(reading, item->node, &out->access);
  wrong = out->url.len == 0 ? NULL : check_url(out->url);
  if (wrong != NULL && entry != NULL)
    pyr__problem(reading->problems, entry->value, entry->key->as.text, "%s",
                 wrong);
}

void pyr__read_http_sd(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->http = pyr__read_elements(reading, item, sizeof(*sd->http), read_http,
                                &sd->http_count);
}

/* ---- dns ---------------------------------------------------------------- */

struct dns_draft {
  struct pyr__texts names;
  int type;
  uint64_t port;
  int64_t refresh_interval_ns;
};

static void read_type(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  static const struct {
    const char *name;
    int type;
  } types[] = {{"SRV", PYR__DNS_SD_SRV},
               {"A", PYR__DNS_SD_A},
               {"AAAA", PYR__DNS_SD_AAAA},
               {"MX", PYR__DNS_SD_MX},
               {"NS", PYR__DNS_SD_NS}};
  static const char expected[] = "SRV, A, AAAA, MX or NS";
  pyr_str_t text;
  char shown[40];
  int *type = out;
  size_t i;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, expected))
    return;
  text = item->node->as.text;
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    if (pyr__str_is_nocase(text, types[i].name)) {
      *type = types[i].type;
      return;
    }
  pyr__str_escape(shown, sizeof(shown), text);
  pyr__problem(reading->problems, item->node, item->key,
               "invalid DNS-SD records type \"%s\", expected %s", shown,
               expected);
}

#define AT(member) offsetof(struct dns_draft, member)
static const struct pyr__key dns_rows[] = {
    {.name = "names",
     .read = pyr__read_texts,
     .offset = AT(names),
     .flags = PYR__KEY_REQUIRED},
    {.name = "type", .read = read_type, .offset = AT(type)},
    {.name = "port",
     .read = pyr__read_count,
     .offset = AT(port),
     .arg = &ports},
    {.name = "refresh-interval",
     .read = pyr__read_duration,
     .offset = AT(refresh_interval_ns),
     .arg = &intervals}};
#undef AT
static const struct pyr__keys dns_keys =
    PYR__KEYS(dns_rows, "an element of dns-sd-configs");

static void read_dns(struct pyr__reading *reading, const struct pyr__item *item,
                     void *result) {
  struct pyr__dns_sd_config *out = result;
  struct dns_draft draft = {.type = PYR__DNS_SD_SRV,
                            .refresh_interval_ns = 30 * PYR__NS_PER_S};
  const struct pyr__entry *names = pyr__map_find(item->node, "names");
  const struct pyr__entry *port = pyr__map_find(item->node, "port");
  size_t problems = reading->problems->count;

  pyr__read_map(reading, item, &dns_keys, &draft);
  if (names != NULL && names->value->kind == PYR__NODE_LIST &&
      names->value->as.list.count == 0)
    pyr__problem(reading->problems, names->value, names->key->as.text,
                 "DNS-SD config must contain at least one SRV record name");
  if (draft.type != PYR__DNS_SD_SRV && draft.port == 0 &&
      reading->problems->count == problems)
    pyr__problem(reading->problems, port == NULL ? item->node : port->value,
                 pyr__str("port"),
                 "a port is required in DNS-SD configs for all record types "
                 "except SRV");
  *out = (struct pyr__dns_sd_config){pyr__sd_fingerprint(reading, item->node),
                                     draft.names.items,
                                     draft.names.count,
                                     draft.type,
                                     (uint16_t)draft.port,
                                     draft.refresh_interval_ns};
}

void pyr__read_dns_sd(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->dns = pyr__read_elements(reading, item, sizeof(*sd->dns), read_dns,
                               &sd->dns_count);
}

/* ---- limits ------------------------------------------------------------- */

static void inherit(uint64_t *limit, uint64_t global) {
  if (*limit == 0)
    *limit = global;
}

void pyr__inherit_target_limits(struct pyr__target_limits *limits,
                                const struct pyr__target_limits *global) {
  inherit(&limits->targets, global->targets);
  inherit(&limits->labels, global->labels);
  inherit(&limits->label_name_length, global->label_name_length);
  inherit(&limits->label_value_length, global->label_value_length);
  inherit(&limits->keep_dropped, global->keep_dropped);
}

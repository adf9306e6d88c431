/* consul-sd-configs. */
#include "config/draft.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

static const struct pyr__range intervals = {PYR__LEAST_REFRESH_NS,
                                            PYR__MOST_INTERVAL_NS};

static const struct pyr__choice schemes[] = {
    {"http", false, NULL}, {"https", true, NULL}, {0}};

struct consul_draft {
  struct pyr__consul_sd_config config;
  int is_https;
  pyr_str_t server, path_prefix, token, username, password;
  struct pyr__texts services, tags;
  struct pyr__label_list node_meta;
};

#define AT(member) offsetof(struct consul_draft, member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key consul_rows[] = {
    TEXT("server", server),
    TEXT("path-prefix", path_prefix),
    TEXT("token", token),
    TEXT("datacenter", config.datacenter),
    TEXT("namespace", config.namespace_name),
    TEXT("partition", config.partition),
    TEXT("tag-separator", config.tag_separator),
    TEXT("filter", config.filter),
    TEXT("health-filter", config.health_filter),
    TEXT("username", username),
    TEXT("password", password),
    {.name = "scheme",
     .read = pyr__read_choice,
     .offset = AT(is_https),
     .arg = schemes},
    {.name = "services", .read = pyr__read_texts, .offset = AT(services)},
    {.name = "tags", .read = pyr__read_texts, .offset = AT(tags)},
    {.name = "node-meta", .read = pyr__read_labels, .offset = AT(node_meta)},
    {.name = "allow-stale",
     .read = pyr__read_bool,
     .offset = AT(config.allow_stale)},
    {.name = "refresh-interval",
     .read = pyr__read_duration,
     .offset = AT(config.refresh_interval_ns),
     .arg = &intervals},
    PYR__HTTP_KEYS(AT(config.access))};
#undef TEXT
#undef AT
static const struct pyr__keys consul_keys =
    PYR__KEYS(consul_rows, "an element of consul-sd-configs");

/* ---- where the server is ------------------------------------------------ */

static pyr_str_t behind(pyr_str_t text, size_t len) {
  return (pyr_str_t){text.base + len, text.len - len};
}

static pyr_str_t without_slashes(pyr_str_t text) {
  while (text.len > 0 && text.base[text.len - 1] == '/')
    text.len--;
  return text;
}

/* "scheme://server/prefix". */
static pyr_str_t join(struct pyr__reading *reading, bool is_https,
                      pyr_str_t server, pyr_str_t prefix) {
  const pyr_str_t pieces[] = {
      pyr__str(is_https ? "https://" : "http://"), server,
      pyr__str(prefix.len == 0 || prefix.base[0] == '/' ? "" : "/"), prefix};
  size_t i, len = 0;
  char *text = pyr__read_alloc(
      reading, pieces[0].len + server.len + pieces[2].len + prefix.len + 1, 1);

  if (text == NULL)
    return pyr__str("");
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); len += pieces[i++].len)
    if (pieces[i].len > 0)
      memcpy(text + len, pieces[i].base, pieces[i].len);
  return (pyr_str_t){text, len};
}

/* What is wrong with it, or NULL. */
static const char *check_server(pyr_str_t server, bool is_unix,
                                pyr_str_t prefix) {
  if (server.len == 0)
    return "consul SD configuration requires a server address";
  if (is_unix)
    return server.base[0] == '/' ? NULL
                                 : "is no unix socket, expected a path that "
                                   "begins with / behind unix://";
  if (strstr(server.base, "://") != NULL)
    return "unknown protocol scheme, expected host:port, http://, https:// or "
           "unix://";
  if (memchr(server.base, '/', server.len) != NULL && prefix.len > 0)
    return "has a path already, expected that or path-prefix";
  return NULL;
}

/* As Consul's own client: a host and port, a URL, whose scheme and path win, or
 * a unix socket. */
static void find_server(struct pyr__reading *reading,
                        const struct pyr__item *item,
                        struct consul_draft *draft) {
  const struct pyr__entry *entry = pyr__map_find(item->node, "server");
  pyr_str_t server = pyr__str_trim(draft->server), prefix = draft->path_prefix;
  bool is_unix = pyr__str_starts(server, "unix://");
  bool is_https = draft->is_https != 0 || pyr__str_starts(server, "https://");
  const char *wrong;

  if (is_unix || pyr__str_starts(server, "http://"))
    server = behind(server, 7);
  else if (pyr__str_starts(server, "https://"))
    server = behind(server, 8);
  server = without_slashes(server);
  wrong = check_server(server, is_unix, prefix);
  if (wrong != NULL && entry != NULL)
    pyr__problem(reading->problems, entry->value, entry->key->as.text, "%s",
                 wrong);
  if (is_unix)
    draft->config.unix_socket = pyr__read_copy(reading, server).base;
  draft->config.base =
      join(reading, is_https, is_unix ? pyr__str("localhost") : server,
           without_slashes(prefix));
}

/* ---- who we are --------------------------------------------------------- */

static bool is_given(const struct pyr__node *map, const char *name) {
  const struct pyr__entry *entry = pyr__map_find(map, name);
  return entry != NULL && entry->value->kind != PYR__NODE_NULL;
}

/* In Prometheus' words. */
static void check_auth(struct pyr__reading *reading,
                       const struct pyr__item *item,
                       const struct consul_draft *draft) {
  const struct pyr__node *map = item->node;
  const struct pyr__entry *token = pyr__map_find(map, "token");

  if (draft->username.len + draft->password.len > 0 &&
      is_given(map, "basic-auth"))
    pyr__problem(reading->problems, map, item->key,
                 "at most one of consul SD configuration username and password "
                 "and basic-auth can be configured");
  if (draft->token.len > 0 && !pyr__is_header_text(draft->token))
    pyr__problem(reading->problems, token->value, token->key->as.text,
                 "is no value of a header, expected one line");
  if (draft->token.len > 0 &&
      (is_given(map, "authorization") || is_given(map, "bearer-token") ||
       is_given(map, "bearer-token-file")))
    pyr__problem(reading->problems, token->value, token->key->as.text,
                 "at most one of consul SD token, authorization, or oauth2 can "
                 "be configured");
}

/* Beside the headers that are given. */
static void add_token(struct pyr__reading *reading, pyr_str_t token,
                      struct pyr__http_headers *headers) {
  struct pyr__http_header *items =
      pyr__read_alloc(reading, headers->count + 1, sizeof(*items));

  if (token.len == 0 || items == NULL)
    return;
  if (headers->count > 0)
    memcpy(items, headers->items, headers->count * sizeof(*items));
  items[headers->count] =
      (struct pyr__http_header){.name = "X-Consul-Token", .value = token.base};
  *headers = (struct pyr__http_headers){items, headers->count + 1};
}

static void add_user(struct pyr__reading *reading,
                     const struct consul_draft *draft,
                     const struct pyr__auth_options **out) {
  struct pyr__auth_options *auth;

  if (draft->username.len + draft->password.len == 0)
    return;
  auth = pyr__read_alloc(reading, 1, sizeof(*auth));
  if (auth == NULL)
    return;
  auth->username = draft->username.base;
  auth->password = draft->password.base;
  *out = auth;
}

/* ---- all of it ---------------------------------------------------------- */

static struct consul_draft defaults(void) {
  const pyr_str_t none = pyr__str("");
  return (struct consul_draft){
      .config = {.datacenter = none,
                 .namespace_name = none,
                 .partition = none,
                 .filter = none,
                 .health_filter = none,
                 .tag_separator = pyr__str(","),
                 .allow_stale = true,
                 .access = {.follow_redirects = true},
                 .refresh_interval_ns = 30 * PYR__NS_PER_S},
      .server = pyr__str("localhost:8500"),
      .path_prefix = none,
      .token = none,
      .username = none,
      .password = none};
}

static void read_consul(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  struct consul_draft draft = defaults();
  struct pyr__consul_sd_config *config = &draft.config;

  config->fingerprint = pyr__sd_fingerprint(reading, item->node);
  pyr__read_map(reading, item, &consul_keys, &draft);
  pyr__check_http(reading, item->node, &config->access);
  find_server(reading, item, &draft);
  check_auth(reading, item, &draft);
  add_token(reading, draft.token, &config->access.headers);
  add_user(reading, &draft, &config->access.auth);
  config->services = draft.services.items;
  config->service_count = draft.services.count;
  config->tags = draft.tags.items;
  config->tag_count = draft.tags.count;
  config->node_meta = draft.node_meta.items;
  config->node_meta_count = draft.node_meta.count;
  *(struct pyr__consul_sd_config *)out = *config;
}

void pyr__read_consul_sd(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->consul = pyr__read_elements(reading, item, sizeof(*sd->consul),
                                  read_consul, &sd->consul_count);
}

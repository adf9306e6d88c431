/* kubernetes-sd-configs. */
#include <stdio.h>

#include "base/str.h"
#include "config/draft.h"
#include "config/kubernetes_selector.h"

static const struct pyr__choice roles[] = {
    {"pod", PYR__KUBERNETES_POD, NULL},
    {"service", PYR__KUBERNETES_SERVICE, NULL},
    {"endpoints", PYR__KUBERNETES_ENDPOINTS, NULL},
    {"endpointslice", PYR__KUBERNETES_ENDPOINT_SLICE, NULL},
    {"node", PYR__KUBERNETES_NODE, NULL},
    {"ingress", PYR__KUBERNETES_INGRESS, NULL},
    {0}};

struct kubernetes_draft {
  struct pyr__kubernetes_sd_config config;
  int role; /* -1: none that is known */
  struct pyr__texts namespaces;
  const struct pyr__entry *selectors;
  bool attach[5];
};

/* ---- sections ----------------------------------------------------------- */

#define AT(member) offsetof(struct kubernetes_draft, member)
static const struct pyr__key namespace_rows[] = {
    {.name = "own-namespace",
     .read = pyr__read_bool,
     .offset = AT(config.own_namespace)},
    {.name = "names", .read = pyr__read_texts, .offset = AT(namespaces)}};

static const struct pyr__key attach_rows[] = {
    {.name = "node", .read = pyr__read_bool, .offset = AT(attach[0])},
    {.name = "namespace", .read = pyr__read_bool, .offset = AT(attach[1])},
    {.name = "deployment", .read = pyr__read_bool, .offset = AT(attach[2])},
    {.name = "job", .read = pyr__read_bool, .offset = AT(attach[3])},
    {.name = "cronjob", .read = pyr__read_bool, .offset = AT(attach[4])}};

static const struct pyr__keys namespace_keys =
    PYR__KEYS(namespace_rows, "namespaces");
static const struct pyr__keys attach_keys =
    PYR__KEYS(attach_rows, "attach-metadata");

static const struct pyr__key kubernetes_rows[] = {
    {.name = "role",
     .read = pyr__read_choice,
     .offset = AT(role),
     .arg = roles,
     .flags = PYR__KEY_REQUIRED},
    {.name = "api-server",
     .read = pyr__read_text,
     .offset = AT(config.api_server)},
    {.name = "kubeconfig-file",
     .read = pyr__read_text,
     .offset = AT(config.kubeconfig_file)},
    {.name = "namespaces", .read = pyr__read_section, .arg = &namespace_keys},
    {.name = "selectors", .read = pyr__read_later, .offset = AT(selectors)},
    {.name = "attach-metadata", .read = pyr__read_section, .arg = &attach_keys},
    PYR__HTTP_KEYS(AT(config.access))};
#undef AT

static const struct pyr__keys kubernetes_keys =
    PYR__KEYS(kubernetes_rows, "an element of kubernetes-sd-configs");

/* ---- selectors ---------------------------------------------------------- */

/* Of the resources that a role looks at, a bit for each. */
static unsigned allowed_selectors(int role) {
  unsigned own = 1u << role;
  switch (role) {
  case PYR__KUBERNETES_POD:
    return own | 1u << PYR__KUBERNETES_NODE;
  case PYR__KUBERNETES_ENDPOINTS:
  case PYR__KUBERNETES_ENDPOINT_SLICE:
    return own | 1u << PYR__KUBERNETES_POD | 1u << PYR__KUBERNETES_SERVICE;
  default:
    return own;
  }
}

/* In Prometheus' words: "pod role supports only pod, node selectors". */
static void not_allowed(struct pyr__reading *reading,
                        const struct pyr__node *node, pyr_str_t key, int role) {
  unsigned allowed = allowed_selectors(role);
  char known[64] = "";
  size_t used = 0;
  int i;
  for (i = 0; i < PYR__KUBERNETES_ROLES; i++)
    if ((allowed >> i & 1) != 0)
      used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
                               used == 0 ? "" : ", ", roles[i].text);
  pyr__problem(reading->problems, node, key,
               "%s role supports only %s selectors", roles[role].text, known);
}

struct selector_draft {
  int role;
  struct pyr__kubernetes_selector selector;
};

typedef int (*check_cb)(pyr_str_t text, pyr_error_t *err);

static void read_selector_text(struct pyr__reading *reading,
                               const struct pyr__item *item, void *out,
                               check_cb check) {
  pyr_error_t err;
  pyr__read_text(reading, item, out);
  if (item->node->kind == PYR__NODE_TEXT &&
      check(item->node->as.text, &err) != 0)
    pyr__problem(reading->problems, item->node, item->key, "is no selector: %s",
                 err.text);
}

static void read_label(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  read_selector_text(reading, item, out, pyr__kubernetes_label_selector_check);
}

static void read_field(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  read_selector_text(reading, item, out, pyr__kubernetes_field_selector_check);
}

#define AT(member) offsetof(struct selector_draft, member)
static const struct pyr__key selector_rows[] = {
    {.name = "role",
     .read = pyr__read_choice,
     .offset = AT(role),
     .arg = roles,
     .flags = PYR__KEY_REQUIRED},
    {.name = "label", .read = read_label, .offset = AT(selector.label)},
    {.name = "field", .read = read_field, .offset = AT(selector.field)}};
#undef AT

static const struct pyr__keys selector_keys =
    PYR__KEYS(selector_rows, "a selector");

static void read_selector(struct pyr__reading *reading,
                          const struct pyr__item *item,
                          struct kubernetes_draft *draft, unsigned *seen) {
  struct selector_draft selector = {.role = -1,
                                    .selector = {pyr__str(""), pyr__str("")}};

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "the keys of a selector"))
    return;
  pyr__read_map(reading, item, &selector_keys, &selector);
  if (selector.role < 0)
    return;
  if ((*seen >> selector.role & 1) != 0)
    pyr__problem(reading->problems, item->node, item->key,
                 "duplicated selector role: %s", roles[selector.role].text);
  else if (draft->role >= 0 &&
           (allowed_selectors(draft->role) >> selector.role & 1) == 0)
    not_allowed(reading, item->node, item->key, draft->role);
  *seen |= 1u << selector.role;
  draft->config.selectors[selector.role] = selector.selector;
}

static void read_selectors(struct pyr__reading *reading,
                           struct kubernetes_draft *draft) {
  const struct pyr__entry *entry = draft->selectors;
  struct pyr__item item;
  unsigned seen = 0;
  size_t i;

  if (entry == NULL)
    return;
  item = (struct pyr__item){entry->key->as.text, entry->value, NULL, NULL};
  if (!pyr__expect(reading, &item, PYR__NODE_LIST, "a list of selectors"))
    return;
  for (i = 0; i < entry->value->as.list.count; i++) {
    item.node = entry->value->as.list.items[i];
    read_selector(reading, &item, draft, &seen);
  }
}

/* ---- all of it ---------------------------------------------------------- */

/* In the words of Prometheus and of the classic server. */
static void check(struct pyr__reading *reading, const struct pyr__item *item,
                  const struct kubernetes_draft *draft) {
  const struct pyr__kubernetes_sd_config *config = &draft->config;
  const char *text = NULL;

  if (config->api_server.len != 0 && config->kubeconfig_file.len != 0)
    text = "cannot use 'kubeconfig-file' and 'api-server' simultaneously";
  else if (config->api_server.len != 0 && config->own_namespace)
    text = "cannot use 'api-server' and 'namespaces.own-namespace' "
           "simultaneously";
  else if (config->kubeconfig_file.len != 0 && config->own_namespace)
    text = "cannot use 'kubeconfig-file' and 'namespaces.own-namespace' "
           "simultaneously";
  if (text != NULL)
    pyr__problem(reading->problems, item->node, item->key, "%s", text);
}

static bool is_url(pyr_str_t text) {
  return pyr__str_starts(text, "http://") || pyr__str_starts(text, "https://");
}

static void check_server(struct pyr__reading *reading,
                         const struct pyr__item *item, pyr_str_t server) {
  const struct pyr__entry *entry = pyr__map_find(item->node, "api-server");
  if (server.len != 0 && !is_url(server))
    pyr__problem(reading->problems, entry->value, entry->key->as.text,
                 "is no URL, expected one that begins with https:// or "
                 "http://");
  else if (pyr__str_has_user(server))
    pyr__problem(reading->problems, entry->value, entry->key->as.text,
                 "user and password may not stand in a URL, expected "
                 "basic-auth");
}

/* Keys that say how to ask the server, where nothing says which it is.  In
 * Prometheus' words. */
static void check_client(struct pyr__reading *reading,
                         const struct pyr__item *item,
                         const struct pyr__kubernetes_sd_config *config) {
  const char *text =
      config->kubeconfig_file.len != 0
          ? "cannot use a custom HTTP client configuration together with "
            "'kubeconfig-file'"
          : "to use custom HTTP client configuration please provide the "
            "'api-server' URL explicitly";
  const struct pyr__entry *entry = pyr__find_http_key(item->node);

  if (entry != NULL &&
      (config->api_server.len == 0 || config->kubeconfig_file.len != 0))
    pyr__problem(reading->problems, entry->key, entry->key->as.text, "%s",
                 text);
}

static void read_element(struct pyr__reading *reading,
                         const struct pyr__item *item, void *result) {
  struct pyr__kubernetes_sd_config *out = result;
  struct kubernetes_draft draft = {.role = -1};
  size_t i;

  draft.config.api_server = draft.config.kubeconfig_file = pyr__str("");
  for (i = 0; i < PYR__KUBERNETES_ROLES; i++)
    draft.config.selectors[i] =
        (struct pyr__kubernetes_selector){pyr__str(""), pyr__str("")};
  pyr__read_map(reading, item, &kubernetes_keys, &draft);
  read_selectors(reading, &draft);
  check(reading, item, &draft);
  pyr__check_http(reading, item->node, &draft.config.access);
  check_server(reading, item, draft.config.api_server);
  check_client(reading, item, &draft.config);
  if (draft.config.kubeconfig_file.len != 0)
    draft.config.kubeconfig_file =
        pyr__read_locate(reading, draft.config.kubeconfig_file);
  if (draft.role >= 0)
    draft.config.role = (enum pyr__kubernetes_role)draft.role;
  draft.config.namespaces = draft.namespaces.items;
  draft.config.namespace_count = draft.namespaces.count;
  for (i = 0; i < sizeof(draft.attach) / sizeof(draft.attach[0]); i++)
    if (draft.attach[i])
      draft.config.attach |= 1u << i;
  draft.config.fingerprint = pyr__sd_fingerprint(reading, item->node);
  *out = draft.config;
}

void pyr__read_kubernetes_sd(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->kubernetes = pyr__read_elements(reading, item, sizeof(*sd->kubernetes),
                                      read_element, &sd->kubernetes_count);
}

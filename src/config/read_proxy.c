/* proxy-url, no-proxy, proxy-from-environment, proxy-connect-header. */
#include "config/draft.h"

#include <strings.h>

#include "base/str.h"

/* It may hold a password, so it is not shown. */
void pyr__read_proxy_url(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  static const char scheme[] = "http://";
  const struct pyr__node *node = item->node;
  const char *at;

  pyr__read_text(reading, item, out);
  if (node->kind != PYR__NODE_TEXT || node->as.text.len == 0)
    return;
  at = memrchr(node->as.text.base, '@', node->as.text.len);
  at = at == NULL ? node->as.text.base + sizeof(scheme) - 1 : at + 1;
  if (node->as.text.len < sizeof(scheme) ||
      strncasecmp(node->as.text.base, scheme, sizeof(scheme) - 1) != 0 ||
      at >= node->as.text.base + node->as.text.len ||
      strchr(":/?#", *at) != NULL)
    pyr__problem(reading->problems, node, item->key,
                 "is no URL of a proxy, expected http://HOST:PORT, which may "
                 "have USER:PASSWORD@ before the host");
}

static bool is_given(const struct pyr__node *map, const char *name) {
  const struct pyr__entry *entry = pyr__map_find(map, name);
  return entry != NULL && entry->value->kind != PYR__NODE_NULL &&
         (entry->value->kind != PYR__NODE_TEXT ||
          entry->value->as.text.len != 0) &&
         (entry->value->kind != PYR__NODE_MAP ||
          entry->value->as.map.count != 0);
}

/* In Prometheus' words. */
void pyr__check_proxy(struct pyr__reading *reading, const struct pyr__node *map,
                      bool from_environment) {
  bool has_url = is_given(map, "proxy-url");
  const char *key = NULL, *text = NULL;

  if (from_environment && has_url) {
    key = "proxy-url";
    text = "if proxy-from-environment is configured, proxy-url must not be "
           "configured";
  } else if (from_environment && is_given(map, "no-proxy")) {
    key = "no-proxy";
    text = "if proxy-from-environment is configured, no-proxy must not be "
           "configured";
  } else if (!has_url && is_given(map, "no-proxy")) {
    key = "no-proxy";
    text = "if no-proxy is configured, proxy-url must also be configured";
  } else if (!has_url && !from_environment &&
             is_given(map, "proxy-connect-header")) {
    key = "proxy-connect-header";
    text = "if proxy-connect-header is configured, proxy-url or "
           "proxy-from-environment must also be configured";
  }
  if (key != NULL) {
    const struct pyr__node *node = pyr__map_find(map, key)->key;
    pyr__problem(reading->problems, node, node->as.text, "%s", text);
  }
}

/* proxy-url, no-proxy, proxy-from-environment, proxy-connect-header. */
#include "config/draft.h"

#include "base/str.h"

/* What is behind the scheme; base NULL: it is none of a proxy. */
static pyr_str_t skip_scheme(pyr_str_t url) {
  static const char *const schemes[] = {"http://", "https://", "socks5://",
                                        "socks5h://"};
  size_t i;
  for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
    size_t len = strlen(schemes[i]);
    if (pyr__str_starts_nocase(url, schemes[i]))
      return (pyr_str_t){url.base + len, url.len - len};
  }
  return (pyr_str_t){NULL, 0};
}

static bool is_proxy_url(pyr_str_t url) {
  pyr_str_t rest = skip_scheme(url);
  const char *at;

  if (rest.len == 0)
    return false;
  at = memrchr(rest.base, '@', rest.len);
  at = at == NULL ? rest.base : at + 1;
  return at < rest.base + rest.len && strchr(":/?#", *at) == NULL;
}

/* It may hold a password, so it is not shown. */
void pyr__read_proxy_url(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  const struct pyr__node *node = item->node;

  pyr__read_text(reading, item, out);
  if (node->kind != PYR__NODE_TEXT || node->as.text.len == 0 ||
      is_proxy_url(node->as.text))
    return;
  pyr__problem(reading->problems, node, item->key,
               "is no URL of a proxy, expected http://, https://, socks5:// or "
               "socks5h:// and HOST:PORT, which may have USER:PASSWORD@ before "
               "the host");
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

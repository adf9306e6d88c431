/* How a server is asked: the same keys in jobs and in discoveries. */
#include "config/draft.h"

static const struct pyr__key rows[] = {PYR__HTTP_KEYS(0)};

static bool is_given(const struct pyr__entry *entry) {
  return entry != NULL && entry->value->kind != PYR__NODE_NULL;
}

const struct pyr__entry *pyr__find_http_key(const struct pyr__node *map) {
  size_t i;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct pyr__entry *entry = pyr__map_find(map, rows[i].name);
    if (is_given(entry))
      return entry;
  }
  return NULL;
}

/* HTTP/1.1 is what is spoken: to forbid more is granted, to allow it is
 * answered. */
void pyr__read_http2(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out) {
  bool is_enabled = false;
  (void)out;
  pyr__read_bool(reading, item, &is_enabled);
  if (is_enabled)
    pyr__draft_note(reading,
                    "line %u: enable-http2: Pyrite speaks HTTP/1.1 only",
                    item->node->line);
}

void pyr__check_http(struct pyr__reading *reading, const struct pyr__node *map,
                     const struct pyr__http_access_options *access) {
  pyr__check_auth(reading, map);
  pyr__check_proxy(reading, map, access->proxy.from_environment);
}

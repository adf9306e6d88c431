#include "config/draft.h"

static bool has(const struct pyr__node *map, const char *name) {
  const struct pyr__entry *entry = pyr__map_find(map, name);
  return entry != NULL && entry->value->kind != PYR__NODE_NULL;
}

/* In Prometheus' words. */
static const char *wrong(const struct pyr__node *map) {
  bool basic = has(map, "basic-auth"), oauth2 = has(map, "oauth2");
  bool token = has(map, "bearer-token"), file = has(map, "bearer-token-file");
  bool authorization = has(map, "authorization");

  if (token && file)
    return "at most one of bearer-token & bearer-token-file must be configured";
  if ((token || file) && (basic || oauth2))
    return "at most one of basic-auth, oauth2, bearer-token & "
           "bearer-token-file must be configured";
  if (authorization && (token || file))
    return "authorization is not compatible with bearer-token & "
           "bearer-token-file";
  if (basic + oauth2 + authorization > 1)
    return "at most one of basic-auth, oauth2 & authorization must be "
           "configured";
  return NULL;
}

void pyr__check_auth(struct pyr__reading *reading,
                     const struct pyr__node *map) {
  static const char *const names[] = {"basic-auth", "oauth2", "authorization",
                                      "bearer-token", "bearer-token-file"};
  const char *text = wrong(map);
  const struct pyr__entry *entry, *last = NULL;
  size_t i;

  if (text == NULL)
    return;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    entry = pyr__map_find(map, names[i]);
    if (entry != NULL && (last == NULL || entry > last))
      last = entry;
  }
  pyr__problem(reading->problems, last->key, last->key->as.text, "%s", text);
}

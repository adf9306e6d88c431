#include "discovery/target_list.h"

#include "base/limits.h"
#include "base/str.h"
#include "discovery/json_text.h"

/* What is no list in JSON may be one in YAML, or nothing, as a response is that
 * was cut off before it began. */
static int check_json(pyr_str_t text, const char *name, pyr_error_t *err) {
  text = pyr__str_trim(text);
  if (text.len > 0 && text.base[0] == '[')
    return 0;
  return pyr__error_at(err, PYR_ECONFIG, 1, 1,
                       "%s:1:1: is %s, expected a JSON list of groups", name,
                       text.len == 0 ? "empty" : "something else");
}

static int read_groups(struct pyr__target_list *list,
                       struct pyr__reading *reading,
                       const struct pyr__node *root) {
  struct pyr__item item = {pyr__str("targets"), root, NULL, NULL};
  size_t i;

  if (root->kind == PYR__NODE_NULL ||
      !pyr__expect(reading, &item, PYR__NODE_LIST, "a list of groups"))
    return 0;
  list->group_count = root->as.list.count;
  list->groups =
      pyr__read_alloc(reading, list->group_count, sizeof(*list->groups));
  for (i = 0; i < list->group_count && reading->rc == 0; i++) {
    item.node = root->as.list.items[i];
    item.key = pyr__str("group");
    pyr__read_group(reading, &item, &list->groups[i]);
  }
  return reading->rc;
}

static int parse(struct pyr__target_list *list, struct pyr__memory *memory,
                 pyr_str_t text, struct pyr__problems *problems) {
  static const struct pyr__tree_options options = {.expand_env = false};
  struct pyr__reading reading = {.problems = problems, .arena = &list->arena};
  struct pyr__tree tree;
  int rc = pyr__tree_parse(&tree, memory, text, &options, problems);

  if (rc != 0)
    return rc;
  rc = read_groups(list, &reading, tree.root);
  pyr__tree_release(&tree);
  return rc;
}

int pyr__target_list_parse(struct pyr__target_list *list,
                           struct pyr__memory *memory, char *text, size_t len,
                           enum pyr__list_format format, const char *name,
                           pyr_error_t *err) {
  struct pyr__problems problems;
  int rc = 0, told;

  if (format == PYR__LIST_JSON) {
    rc = check_json((pyr_str_t){text, len}, name, err);
    if (rc != 0)
      return rc;
    len = pyr__json_join_surrogates(text, len);
  }
  *list = (struct pyr__target_list){.groups = NULL};
  pyr__arena_init(&list->arena, memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_YAML_BYTES);
  pyr__problems_init(&problems, memory, name);
  rc = parse(list, memory, (pyr_str_t){text, len}, &problems);
  told = pyr__problems_tell(&problems, NULL, NULL, err);
  if (told != 0)
    rc = told;
  else if (rc == PYR_ELIMIT)
    pyr__error(err, rc, "%s: the list takes more than %zu MiB", name,
               PYR__LIMIT_YAML_BYTES / PYR__MIB);
  else if (rc != 0)
    pyr__error_nomem(err);
  pyr__problems_release(&problems);
  if (rc != 0)
    pyr__target_list_release(list);
  return rc;
}

void pyr__target_list_release(struct pyr__target_list *list) {
  pyr__arena_release(&list->arena);
  list->groups = NULL;
  list->group_count = 0;
}

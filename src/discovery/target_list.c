#include "discovery/target_list.h"

#include "base/limits.h"
#include "base/str.h"
#include "discovery/json_text.h"

enum { FIRST_GROUPS = 16 };

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

static struct pyr__group_draft *new_group(struct pyr__list_reading *reading) {
  struct pyr__target_list *list = &reading->list;
  size_t capacity = list->capacity == 0 ? FIRST_GROUPS : list->capacity * 2;
  size_t size = sizeof(struct pyr__group_draft);
  struct pyr__group_draft *groups;

  if (list->group_count < list->capacity)
    return &list->groups[list->group_count++];
  groups = pyr__arena_grow(&list->arena, list->groups, list->capacity * size,
                           capacity * size);
  if (groups == NULL)
    return NULL;
  list->groups = groups;
  list->capacity = capacity;
  return &list->groups[list->group_count++];
}

static int on_entry(void *ctx, const struct pyr__node *entry) {
  struct pyr__list_reading *reading = ctx;
  struct pyr__item item = {pyr__str("group"), entry, NULL, NULL};
  struct pyr__group_draft *group = new_group(reading);

  if (group == NULL)
    return pyr__arena_error(&reading->list.arena, 0, "", NULL);
  *group = (struct pyr__group_draft){0};
  pyr__read_group(&reading->values, &item, group);
  return reading->values.rc;
}

void pyr__list_reading_begin(struct pyr__list_reading *reading,
                             struct pyr__memory *memory, char *text, size_t len,
                             enum pyr__list_format format, const char *name) {
  *reading = (struct pyr__list_reading){
      .memory = memory,
      .name = name,
      .text = text,
      .len = len,
      .format = format,
      .options = {.value_bytes = PYR__LIMIT_LIST_VALUE,
                  .map_keys = PYR__LIMIT_LIST_KEYS,
                  .on_entry = on_entry,
                  .ctx = reading},
      .values = {&reading->problems, &reading->list.arena, 0, NULL}};
  pyr__problems_init(&reading->problems, memory, name);
  pyr__arena_init(&reading->list.arena, memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_YAML_BYTES);
}

void pyr__list_reading_end(struct pyr__list_reading *reading) {
  if (reading->builder != NULL)
    pyr__tree_end(reading->builder);
  reading->builder = NULL;
  pyr__problems_release(&reading->problems);
  pyr__arena_release(&reading->list.arena);
}

static int begin_tree(struct pyr__list_reading *reading, pyr_error_t *err) {
  pyr_str_t text = {reading->text, reading->len};
  int rc = 0;

  if (reading->format == PYR__LIST_JSON) {
    rc = check_json(text, reading->name, err);
    text.len = pyr__json_join_surrogates(reading->text, reading->len);
  }
  if (rc == 0)
    rc = pyr__tree_begin(&reading->builder, &reading->tree, reading->memory,
                         text, &reading->options, &reading->problems);
  return rc == 0 ? 1 : rc;
}

/* What is no list has no entries, and is still there. */
static void check_root(struct pyr__list_reading *reading) {
  const struct pyr__node *root = reading->tree.root;
  struct pyr__item item = {pyr__str("targets"), root, NULL, NULL};
  if (root->kind != PYR__NODE_NULL)
    (void)pyr__expect(&reading->values, &item, PYR__NODE_LIST,
                      "a list of groups");
}

static int step_tree(struct pyr__list_reading *reading) {
  int rc = pyr__tree_step(reading->builder);
  if (rc > 0)
    return rc;
  if (rc == 0)
    check_root(reading);
  pyr__tree_end(reading->builder);
  reading->builder = NULL;
  if (rc == 0)
    pyr__tree_release(&reading->tree);
  return rc;
}

int pyr__list_reading_step(struct pyr__list_reading *reading,
                           pyr_error_t *err) {
  int told, rc = reading->builder == NULL ? begin_tree(reading, err)
                                          : step_tree(reading);

  told = pyr__problems_tell(&reading->problems, NULL, NULL, err);
  if (told != 0)
    return told;
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "%s: the list takes more than %zu MiB",
                      reading->name, PYR__LIMIT_YAML_BYTES / PYR__MIB);
  return rc == PYR__ENOMEM ? pyr__error_nomem(err) : rc;
}

/* relabel-configs. */
#include "config/draft.h"

#include "base/str.h"
#include "relabel/rule.h"

static const struct pyr__range moduli = {0, UINT64_MAX};

/* Null is the empty pattern, as in Prometheus. */
static void read_regex(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  if (item->node->kind != PYR__NODE_NULL)
    pyr__read_text(reading, item, out);
  else
    *(pyr_str_t *)out = pyr__str("");
}

struct rule_draft {
  struct pyr__texts source_labels;
  struct pyr__relabel_fields fields;
};

#define AT(member) offsetof(struct rule_draft, member)
static const struct pyr__key rule_rows[] = {
    {.name = "source-labels",
     .read = pyr__read_texts,
     .offset = AT(source_labels)},
    {.name = "separator",
     .read = pyr__read_text,
     .offset = AT(fields.rule.separator)},
    {.name = "regex",
     .read = read_regex,
     .offset = AT(fields.rule.regex),
     .flags = PYR__KEY_TAKES_NULL},
    {.name = "modulus",
     .read = pyr__read_count,
     .offset = AT(fields.rule.modulus),
     .arg = &moduli},
    {.name = "target-label",
     .read = pyr__read_text,
     .offset = AT(fields.rule.target_label)},
    {.name = "replacement",
     .read = pyr__read_text,
     .offset = AT(fields.rule.replacement)},
    {.name = "action",
     .read = pyr__read_text,
     .offset = AT(fields.rule.action)}};
#undef AT

static const struct pyr__keys rule_keys =
    PYR__KEYS(rule_rows, "a rule of relabelling");

static const char *const field_keys[] = {
    [PYR__RELABEL_FIELD_NONE] = "",
    [PYR__RELABEL_FIELD_SOURCE_LABELS] = "source-labels",
    [PYR__RELABEL_FIELD_REGEX] = "regex",
    [PYR__RELABEL_FIELD_TARGET_LABEL] = "target-label",
    [PYR__RELABEL_FIELD_REPLACEMENT] = "replacement",
    [PYR__RELABEL_FIELD_ACTION] = "action"};

/* At the value that is wrong, or at the rule where it is not one alone. */
static void wrong_rule(struct pyr__reading *reading,
                       const struct pyr__item *item,
                       enum pyr__relabel_field field, const pyr_error_t *err) {
  const struct pyr__entry *entry = pyr__map_find(item->node, field_keys[field]);
  if (entry == NULL)
    pyr__problem(reading->problems, item->node, item->key, "%s", err->text);
  else
    pyr__problem(reading->problems, entry->value, entry->key->as.text, "%s",
                 err->text);
}

/* Of a rule in which something else is wrong. */
static void check_regex(struct pyr__reading *reading,
                        const struct pyr__item *item, pyr_str_t regex) {
  pyr_error_t err;
  int rc = pyr__relabel_regex_check(reading->arena->memory, regex, &err);
  if (rc == PYR_EUSAGE)
    wrong_rule(reading, item, PYR__RELABEL_FIELD_REGEX, &err);
  else if (rc != 0)
    reading->rc = rc;
}

static bool has(const struct pyr__node *map, const char *key) {
  const struct pyr__entry *entry = pyr__map_find(map, key);
  return entry != NULL && entry->value->kind != PYR__NODE_NULL;
}

static void read_rule(struct pyr__reading *reading,
                      const struct pyr__item *item,
                      struct pyr__relabel_rule *rule) {
  const struct pyr__draft *file = reading->ctx;
  struct rule_draft draft = {.fields = pyr__relabel_defaults()};
  size_t problems = reading->problems->count;
  enum pyr__relabel_field wrong;
  pyr_error_t err;
  int rc;

  pyr__read_map(reading, item, &rule_keys, &draft);
  if (reading->rc != 0 || reading->problems->count > problems ||
      item->node->kind != PYR__NODE_MAP)
    return; /* what was read is not what was meant */
  draft.fields.rule.source_labels = draft.source_labels.items;
  draft.fields.rule.source_count = draft.source_labels.count;
  draft.fields.has_source_labels = has(item->node, "source-labels");
  draft.fields.has_regex = pyr__map_find(item->node, "regex") != NULL;
  draft.fields.rule.file = file->file;
  draft.fields.rule.line = item->node->line;
  draft.fields.rule.column = item->node->column;
  rc =
      pyr__relabel_rule_init(rule, reading->arena, &draft.fields, &wrong, &err);
  if (rc == PYR__ENOMEM || rc == PYR_ELIMIT)
    reading->rc = rc;
  else if (rc != 0)
    wrong_rule(reading, item, wrong, &err);
  if (rc == PYR_EUSAGE && wrong != PYR__RELABEL_FIELD_REGEX &&
      draft.fields.has_regex)
    check_regex(reading, item, draft.fields.rule.regex);
}

/* The configuration knows of the list before there are rules in it, so that
 * they are given back wherever reading ends. */
void pyr__read_relabel(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  struct pyr__draft *draft = reading->ctx;
  struct pyr__relabel_list **list = out, *made;
  size_t i;

  if (!pyr__expect(reading, item, PYR__NODE_LIST, "a list of rules"))
    return;
  made = pyr__read_alloc(reading, 1, sizeof(*made));
  if (made == NULL)
    return;
  made->rules =
      pyr__read_alloc(reading, item->node->as.list.count, sizeof(*made->rules));
  if (made->rules == NULL)
    return;
  made->count = item->node->as.list.count;
  made->next = draft->config->relabel_lists;
  draft->config->relabel_lists = made;
  *list = made;
  for (i = 0; i < made->count && reading->rc == 0; i++) {
    struct pyr__item element = {item->key, item->node->as.list.items[i], NULL,
                                NULL};
    read_rule(reading, &element, &made->rules[i]);
  }
}

void pyr__relabel_lists_release(struct pyr__relabel_list *list) {
  size_t i;
  for (; list != NULL; list = list->next)
    for (i = 0; i < list->count; i++)
      pyr__relabel_rule_release(&list->rules[i]);
}

/* Readers of texts, booleans, durations, sizes, numbers and lists. */
#include "config/read.h"

#include <stdio.h>

#include "base/duration.h"
#include "base/str.h"

enum { VALUE_SHOWN = 80, CHOICES_LISTED = 160, SIZE_TEXT = 32 };

/* A value as a text shows it. */
struct shown {
  char text[VALUE_SHOWN];
};

static struct shown show(pyr_str_t value) {
  struct shown shown;
  pyr__str_escape(shown.text, sizeof(shown.text), value);
  return shown;
}

static bool is_word(pyr_str_t text, const char *const *words) {
  for (; *words != NULL; words++)
    if (pyr__str_is(text, *words))
      return true;
  return false;
}

void pyr__read_text(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out) {
  pyr_str_t *text = out;
  if (pyr__expect(reading, item, PYR__NODE_TEXT, "text"))
    *text = pyr__read_copy(reading, item->node->as.text);
}

void pyr__read_some_text(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  if (!pyr__expect(reading, item, PYR__NODE_TEXT, item->arg))
    return;
  if (item->node->as.text.len == 0)
    pyr__problem(reading->problems, item->node, item->key,
                 "is empty, expected %s", (const char *)item->arg);
  else
    pyr__read_text(reading, item, out);
}

void pyr__read_bool(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out) {
  static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                    "YES",  "on",   "On",   "ON",  NULL};
  static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
                                   "NO",    "off",   "Off",   "OFF", NULL};
  bool *value = out;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "true or false"))
    return;
  if (is_word(item->node->as.text, yes))
    *value = true;
  else if (is_word(item->node->as.text, no))
    *value = false;
  else
    pyr__problem(reading->problems, item->node, item->key,
                 "\"%s\" is neither, expected true or false",
                 show(item->node->as.text).text);
}

/* ---- numbers ------------------------------------------------------------ */

static void wrong_number(struct pyr__reading *reading,
                         const struct pyr__item *item, const pyr_error_t *err) {
  pyr__problem(reading->problems, item->node, item->key, "%s", err->text);
}

static bool in_range(const struct pyr__range *range, uint64_t value) {
  return value >= range->least && value <= range->most;
}

static void out_of_range(struct pyr__reading *reading,
                         const struct pyr__item *item, const char *how,
                         const char *least, const char *most) {
  pyr__problem(reading->problems, item->node, item->key,
               "\"%s\" is too %s, expected from %s to %s",
               show(item->node->as.text).text, how, least, most);
}

void pyr__read_duration(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  const struct pyr__range *range = item->arg;
  char least[PYR__DURATION_TEXT], most[PYR__DURATION_TEXT];
  int64_t *value = out, ns;
  pyr_error_t err;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "a duration such as 10s"))
    return;
  if (pyr__duration_parse(&ns, item->node->as.text, &err) != 0) {
    wrong_number(reading, item, &err);
    return;
  }
  if (in_range(range, (uint64_t)ns)) {
    *value = ns;
    return;
  }
  pyr__duration_format(least, (int64_t)range->least);
  pyr__duration_format(most, (int64_t)range->most);
  out_of_range(reading, item, (uint64_t)ns < range->least ? "short" : "long",
               least, most);
}

/* In the largest unit that it is a whole number of. */
static void format_size(char out[SIZE_TEXT], uint64_t bytes) {
  static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
  size_t i = 0;
  while (i < 4 && bytes > 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    i++;
  }
  snprintf(out, SIZE_TEXT, "%llu%s", (unsigned long long)bytes, units[i]);
}

void pyr__read_size(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out) {
  const struct pyr__range *range = item->arg;
  char least[SIZE_TEXT], most[SIZE_TEXT];
  uint64_t *value = out, bytes;
  pyr_error_t err;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "a size such as 10MB"))
    return;
  if (pyr__size_parse(&bytes, item->node->as.text, &err) != 0) {
    wrong_number(reading, item, &err);
    return;
  }
  if (in_range(range, bytes)) {
    *value = bytes;
    return;
  }
  format_size(least, range->least);
  format_size(most, range->most);
  out_of_range(reading, item, bytes < range->least ? "small" : "large", least,
               most);
}

/* Decimal digits alone; one that is too large is UINT64_MAX. */
static bool parse_count(pyr_str_t text, uint64_t *out) {
  size_t i;
  for (*out = 0, i = 0; i < text.len; i++) {
    if (text.base[i] < '0' || text.base[i] > '9')
      return false;
    if (__builtin_mul_overflow(*out, 10, out) ||
        __builtin_add_overflow(*out, (uint64_t)(text.base[i] - '0'), out))
      *out = UINT64_MAX;
  }
  return text.len > 0;
}

void pyr__read_count(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out) {
  const struct pyr__range *range = item->arg;
  char least[SIZE_TEXT], most[SIZE_TEXT];
  uint64_t *value = out, count;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "a whole number"))
    return;
  snprintf(least, sizeof(least), "%llu", (unsigned long long)range->least);
  snprintf(most, sizeof(most), "%llu", (unsigned long long)range->most);
  if (!parse_count(item->node->as.text, &count))
    pyr__problem(reading->problems, item->node, item->key,
                 "\"%s\" is no whole number, expected one from %s to %s",
                 show(item->node->as.text).text, least, most);
  else if (!in_range(range, count))
    out_of_range(reading, item, count < range->least ? "small" : "large", least,
                 most);
  else
    *value = count;
}

/* ---- choices ------------------------------------------------------------ */

/* "a, b or c" of those that work. */
static void list_choices(const struct pyr__choice *choice,
                         char out[CHOICES_LISTED]) {
  const struct pyr__choice *next;
  size_t used = 0;
  out[0] = '\0';
  for (; choice->text != NULL; choice++) {
    if (choice->refused != NULL)
      continue;
    for (next = choice + 1; next->text != NULL && next->refused != NULL;)
      next++;
    if (used > 0)
      used = pyr__append(out, CHOICES_LISTED, used,
                         next->text == NULL ? " or " : ", ");
    used = pyr__append(out, CHOICES_LISTED, used, choice->text);
  }
}

void pyr__read_choice(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  const struct pyr__choice *choice = item->arg;
  char known[CHOICES_LISTED];
  int *value = out;

  list_choices(choice, known);
  if (!pyr__expect(reading, item, PYR__NODE_TEXT, known))
    return;
  while (choice->text != NULL &&
         !pyr__str_is(item->node->as.text, choice->text))
    choice++;
  if (choice->text == NULL)
    pyr__problem(reading->problems, item->node, item->key,
                 "\"%s\" is not known, expected %s",
                 show(item->node->as.text).text, known);
  else if (choice->refused != NULL)
    pyr__problem(reading->problems, item->node, item->key, "\"%s\" %s",
                 choice->text, choice->refused);
  else
    *value = choice->value;
}

/* ---- lists and maps of text --------------------------------------------- */

void pyr__read_texts(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out) {
  const struct pyr__node *node = item->node;
  const struct pyr__node *const *nodes = &node;
  struct pyr__texts *texts = out;
  struct pyr__item element = *item;
  size_t i, count = 1;
  pyr_str_t *items;

  if (node->kind != PYR__NODE_TEXT) {
    if (!pyr__expect(reading, item, PYR__NODE_LIST, "a list of texts"))
      return;
    nodes = node->as.list.items;
    count = node->as.list.count;
  }
  items = pyr__read_alloc(reading, count, sizeof(*items));
  if (items == NULL)
    return;
  for (i = 0; i < count; i++) {
    element.node = nodes[i];
    element.entry = NULL;
    pyr__read_text(reading, &element, &items[i]);
  }
  *texts = (struct pyr__texts){items, count};
}

/* Where a value has none, the label is as one that is empty. */
static void read_label(struct pyr__reading *reading,
                       const struct pyr__entry *entry, pyr_label_t *label) {
  struct pyr__item item = {entry->key->as.text, entry->value, entry, NULL};
  label->name = pyr__read_copy(reading, entry->key->as.text);
  label->value = pyr__str("");
  if (item.node->kind != PYR__NODE_NULL)
    pyr__read_text(reading, &item, &label->value);
  if (label->name.len == 0)
    pyr__problem(reading->problems, entry->key, item.key,
                 "a label without a name, expected one");
}

void pyr__read_labels(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__label_list *list = out;
  pyr_label_t *labels;
  size_t i, count;

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "a map of names and texts"))
    return;
  count = item->node->as.map.count;
  labels = pyr__read_alloc(reading, count, sizeof(*labels));
  if (labels == NULL)
    return;
  for (i = 0; i < count; i++)
    read_label(reading, &item->node->as.map.entries[i], &labels[i]);
  pyr__labels_sort(labels, count);
  *list = (struct pyr__label_list){labels, count};
}

void pyr__read_later(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out) {
  const struct pyr__entry **entry = out;
  (void)reading;
  *entry = item->entry;
}

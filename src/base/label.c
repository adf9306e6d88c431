#include "base/label.h"

#include <stdlib.h>

#include "base/hash.h"

static int compare_names(const void *a, const void *b) {
  const pyr_label_t *left = a, *right = b;
  return pyr__str_compare(left->name, right->name);
}

void pyr__labels_sort(pyr_label_t *labels, size_t count) {
  if (count > 1)
    qsort(labels, count, sizeof(*labels), compare_names);
}

const pyr_str_t *pyr__labels_find(const pyr_label_t *labels, size_t count,
                                  const char *name) {
  size_t i;
  for (i = 0; i < count; i++)
    if (pyr__str_is(labels[i].name, name))
      return &labels[i].value;
  return NULL;
}

int pyr__labels_compare(const pyr_label_t *a, size_t a_count,
                        const pyr_label_t *b, size_t b_count) {
  size_t i;
  for (i = 0; i < a_count && i < b_count; i++) {
    int order = pyr__str_compare(a[i].name, b[i].name);
    if (order == 0)
      order = pyr__str_compare(a[i].value, b[i].value);
    if (order != 0)
      return order;
  }
  return (a_count > b_count) - (a_count < b_count);
}

uint64_t pyr__labels_hash(uint64_t seed, const pyr_label_t *labels,
                          size_t count) {
  uint64_t hash = pyr__hash_mix(seed, count);
  size_t i;
  for (i = 0; i < count; i++) {
    hash = pyr__hash(hash, labels[i].name.base, labels[i].name.len);
    hash = pyr__hash(hash, labels[i].value.base, labels[i].value.len);
  }
  return hash;
}

static int is_name_char(char c, int first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

int pyr__label_name_is_plain(pyr_str_t name) {
  size_t i;
  for (i = 0; i < name.len; i++)
    if (!is_name_char(name.base[i], i == 0))
      return 0;
  return name.len > 0;
}

int pyr__label_name_is_valid(pyr_str_t name) {
  return name.len > 0 && pyr__str_is_utf8(name);
}

int pyr__quoted_write(struct pyr__buf *out, pyr_str_t text) {
  size_t i;
  int rc = pyr__buf_add_byte(out, '"');
  for (i = 0; i < text.len && rc == 0; i++) {
    char c = text.base[i];
    if (c == '\n')
      rc = pyr__buf_add_text(out, "\\n");
    else if (c == '"' || c == '\\')
      rc = pyr__buf_add_format(out, "\\%c", c);
    else
      rc = pyr__buf_add_byte(out, (uint8_t)c);
  }
  return rc == 0 ? pyr__buf_add_byte(out, '"') : rc;
}

int pyr__labels_write_as(struct pyr__buf *out, const pyr_label_t *labels,
                         size_t count, const struct pyr__label_form *form) {
  size_t i;
  int rc = pyr__buf_add_byte(out, '{');
  for (i = 0; i < count && rc == 0; i++) {
    if (i > 0)
      rc = pyr__buf_add_byte(out, ',');
    if (rc == 0)
      rc = form->write_name(out, labels[i].name);
    if (rc == 0)
      rc = pyr__buf_add_byte(out, form->between);
    if (rc == 0)
      rc = form->write_value(out, labels[i].value);
  }
  return rc == 0 ? pyr__buf_add_byte(out, '}') : rc;
}

static int write_name(struct pyr__buf *out, pyr_str_t name) {
  if (pyr__label_name_is_plain(name))
    return pyr__buf_add(out, name.base, name.len);
  return pyr__quoted_write(out, name);
}

int pyr__labels_write(struct pyr__buf *out, const pyr_label_t *labels,
                      size_t count) {
  static const struct pyr__label_form form = {write_name, '=',
                                              pyr__quoted_write};
  return pyr__labels_write_as(out, labels, count, &form);
}

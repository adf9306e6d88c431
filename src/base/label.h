/* Label sets: arrays of pyr_label_t sorted by name, each name once. */
#ifndef PYR__BASE_LABEL_H
#define PYR__BASE_LABEL_H

#include "base/buf.h"
#include "base/str.h"

void pyr__labels_sort(pyr_label_t *labels, size_t count);
/* NULL where there is none of that name. */
const pyr_str_t *pyr__labels_find(const pyr_label_t *labels, size_t count,
                                  const char *name);
/* Order by names and values; 0 where they are equal. */
int pyr__labels_compare(const pyr_label_t *a, size_t a_count,
                        const pyr_label_t *b, size_t b_count);
uint64_t pyr__labels_hash(uint64_t seed, const pyr_label_t *labels,
                          size_t count);
/* [a-zA-Z_][a-zA-Z0-9_]* */
int pyr__label_name_is_plain(pyr_str_t name);
/* Not empty, and UTF-8: what a label's name must be. */
int pyr__label_name_is_valid(pyr_str_t name);
/* How a set is written: {name between value, ...}. */
struct pyr__label_form {
  int (*write_name)(struct pyr__buf *out, pyr_str_t name);
  uint8_t between;
  int (*write_value)(struct pyr__buf *out, pyr_str_t value);
};
int pyr__labels_write_as(struct pyr__buf *out, const pyr_label_t *labels,
                         size_t count, const struct pyr__label_form *form);
/* {a="b",c="d"} with values quoted as Prometheus does; names that are not plain
 * are quoted too. */
int pyr__labels_write(struct pyr__buf *out, const pyr_label_t *labels,
                      size_t count);
/* "text", with \\ \" \n escaped. */
int pyr__quoted_write(struct pyr__buf *out, pyr_str_t text);

#endif

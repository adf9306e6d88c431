/* Whole answers in JSON, read in two pieces, and the labels that they come to.
 */
#ifndef TEST_FUZZ_JSON_ANSWER_H
#define TEST_FUZZ_JSON_ANSWER_H

#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/str.h"
#include "discovery/group.h"
#include "discovery/json_answer.h"

struct reading {
  struct pyr__memory memory;
  struct pyr__json_answer answer;
  size_t held;
  pyr_error_t err;
};

static inline int take(struct reading *reading, bool is_list,
                       const struct pyr__json_node *root, const uint8_t *data,
                       size_t size, size_t cut) {
  int rc;
  memset(reading, 0, sizeof(*reading));
  pyr__memory_init(&reading->memory, NULL);
  pyr__json_answer_init(&reading->answer, &reading->memory, is_list, root,
                        &reading->held);
  rc = pyr__json_answer_feed(&reading->answer, data, cut, &reading->err);
  if (rc == 0)
    rc = pyr__json_answer_feed(&reading->answer, data + cut, size - cut,
                               &reading->err);
  return rc != 0 ? rc
                 : pyr__json_answer_finish(&reading->answer, &reading->err);
}

static inline void release(struct reading *reading) {
  pyr__json_answer_release(&reading->answer);
  if (reading->held != 0 ||
      reading->memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks != 0)
    abort();
}

static inline void check_target(const struct pyr__discovered *target) {
  size_t i;
  for (i = 0; i < target->label_count; i++) {
    const pyr_label_t *label = &target->labels[i];
    if (!pyr__label_name_is_plain(label->name) ||
        !pyr__str_is_utf8(label->value))
      abort();
    if (i > 0 && pyr__str_compare(label[-1].name, label->name) >= 0)
      abort();
  }
}

/* Both, of which one is read in two pieces, have come to the same. */
static inline void compare(int rc, const struct reading *whole, int cut_rc,
                           const struct reading *cut) {
  const struct pyr__buf *a = &whole->answer.records, *b = &cut->answer.records;
  if (rc != cut_rc)
    abort();
  if (rc != 0 && (whole->err.text[0] == '\0' ||
                  strcmp(whole->err.text, cut->err.text) != 0))
    abort();
  if (a->len != b->len ||
      (a->len != 0 && memcmp(a->data, b->data, a->len) != 0))
    abort();
}

#endif

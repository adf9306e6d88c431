/* A whole answer in JSON, as it arrives: of each object the few fields that are
 * needed, as a record.  It counts when it is whole. */
#ifndef PYR__DISCOVERY_JSON_ANSWER_H
#define PYR__DISCOVERY_JSON_ANSWER_H

#include "discovery/json_record.h"
#include "net/http_client.h"

struct pyr__json_answer {
  struct pyr__json_extract extract;
  struct pyr__buf records; /* in a row */
  bool is_list;
  uint64_t bytes; /* of the body, so far */
  size_t *held;   /* bytes of records, of all answers that there are */
};

/* An error where the body is not what was asked for: as it is. */
int pyr__json_answer_check(const struct pyr__http_head *head, pyr_error_t *err);
/* is_list: of objects, each of which is a record; else it is one object.  Both
 * are ended by `root`, which is copied.  `held` outlives it. */
void pyr__json_answer_init(struct pyr__json_answer *answer,
                           struct pyr__memory *memory, bool is_list,
                           const struct pyr__json_node *root, size_t *held);
void pyr__json_answer_release(struct pyr__json_answer *answer);
int pyr__json_answer_feed(struct pyr__json_answer *answer, const void *data,
                          size_t len, pyr_error_t *err);
/* The body is over: an error where that is no whole answer. */
int pyr__json_answer_finish(struct pyr__json_answer *answer, pyr_error_t *err);
/* The only record of one that is no list. */
pyr_str_t pyr__json_answer_record(const struct pyr__json_answer *answer);

static inline struct pyr__reader
pyr__json_answer_reader(const struct pyr__json_answer *answer) {
  const struct pyr__buf *records = &answer->records;
  return records->len == 0 ? pyr__reader_of("", 0)
                           : pyr__reader_of(records->data, records->len);
}

#endif

/* From a stream of JSON to records: of each object that is looked for, the few
 * fields that are wanted, as a string of (field, text) in the order of the
 * document.  The rest of the object is passed over as it arrives and never
 * held. */
#ifndef PYR__DISCOVERY_JSON_RECORD_H
#define PYR__DISCOVERY_JSON_RECORD_H

#include "discovery/json_stream.h"

/* The other fields are each user's own. */
enum {
  PYR__JSON_NONE,
  PYR__JSON_VALUE /* of the key of an object before it */
};

/* What is wanted of a value.  Of an object its `children`, the last of which
 * has no key; "*" is every key, which is kept too, and its `children` is the
 * node of their values (NULL: scalars, each as PYR__JSON_VALUE).  Of an array,
 * all elements: each that is an object begins with `field`, each scalar is
 * one. */
struct pyr__json_node {
  const char *key;
  uint8_t field;
  bool is_record; /* an object here ends a record */
  const struct pyr__json_node *children;
};

struct pyr__json_record_events {
  /* A whole object has come.  is_too_large: only the start of it is here. */
  int (*on_record)(void *ctx, pyr_str_t record, bool is_too_large,
                   pyr_error_t *err);
  /* One of the fields that are told; NULL where there are none. */
  int (*on_told)(void *ctx, uint8_t field, pyr_str_t text, pyr_error_t *err);
};

struct pyr__json_extract_options {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  size_t text_limit, record_limit;
  uint8_t first_told; /* this field and those above are told; 0: none */
  const struct pyr__json_record_events *events;
  void *ctx;
};

struct pyr__json_extract {
  struct pyr__json json;
  struct pyr__buf record;
  uint8_t first_told;
  const struct pyr__json_record_events *events;
  void *ctx;
  const struct pyr__json_node *next; /* of the value to come */
  struct pyr__json_node root;
  bool is_too_large;
  unsigned documents; /* that were begun */
  unsigned depth;
  struct {
    const struct pyr__json_node *node;
    bool is_array;
  } stack[PYR__LIMIT_JSON_DEPTH];
};

void pyr__json_extract_init(struct pyr__json_extract *extract,
                            const struct pyr__json_extract_options *options);
void pyr__json_extract_release(struct pyr__json_extract *extract);
/* Begins a response: objects and arrays, one after the other, of which `root`
 * is the node and is copied. */
void pyr__json_extract_begin(struct pyr__json_extract *extract,
                             const struct pyr__json_node *root);
int pyr__json_extract_feed(struct pyr__json_extract *extract, const void *data,
                           size_t len, pyr_error_t *err);
int pyr__json_extract_finish(const struct pyr__json_extract *extract,
                             pyr_error_t *err);

/* ---- reading a record --------------------------------------------------- */

struct pyr__json_entry {
  uint8_t field;
  pyr_str_t text;
};

static inline struct pyr__reader pyr__json_record_reader(pyr_str_t record) {
  return pyr__reader_of(record.base, record.len);
}
/* False at the end. */
bool pyr__json_record_next(struct pyr__reader *reader,
                           struct pyr__json_entry *out);
/* The first text of the field; "" where there is none. */
pyr_str_t pyr__json_record_find(pyr_str_t record, uint8_t field);
size_t pyr__json_record_count(pyr_str_t record, uint8_t field);

/* Records in a row, each with its length before it. */
int pyr__json_records_add(struct pyr__buf *records, pyr_str_t record);
bool pyr__json_records_next(struct pyr__reader *reader, pyr_str_t *out);

#endif

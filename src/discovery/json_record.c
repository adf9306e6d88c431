#include "discovery/json_record.h"

#include "base/str.h"

enum { KEPT_RECORD = 64 * 1024 }; /* of the buffer, between two objects */

static const struct pyr__json_node value_node = {NULL, PYR__JSON_VALUE, false,
                                                 NULL};

static const struct pyr__json_node *
find_child(const struct pyr__json_node *parent, pyr_str_t key) {
  const struct pyr__json_node *child = parent->children;
  for (; child->key != NULL; child++)
    if (child->key[0] == '*' || pyr__str_is(key, child->key))
      return child;
  return NULL;
}

static int add(struct pyr__json_extract *extract, uint8_t field,
               pyr_str_t text) {
  struct pyr__buf *record = &extract->record;
  int rc = pyr__buf_add_byte(record, field);
  if (rc == 0)
    rc = pyr__buf_add_varint(record, text.len);
  if (rc == 0)
    rc = pyr__buf_add(record, text.base, text.len);
  return rc;
}

static int emit(struct pyr__json_extract *extract, uint8_t field,
                pyr_str_t text, pyr_error_t *err) {
  size_t start = extract->record.len;
  int rc;

  if (text.base == NULL) {
    extract->is_too_large = true;
    return 0;
  }
  if (extract->first_told != 0 && field >= extract->first_told)
    return extract->events->on_told(extract->ctx, field, text, err);
  rc = add(extract, field, text);
  if (rc == 0)
    return 0;
  extract->record.len = start;
  if (rc != PYR_ELIMIT)
    return pyr__error_nomem(err);
  extract->is_too_large = true;
  return 0;
}

static int on_key(void *ctx, pyr_str_t key, pyr_error_t *err) {
  struct pyr__json_extract *extract = ctx;
  const struct pyr__json_node *child;

  if (key.base == NULL) {
    extract->is_too_large = true;
    return PYR__JSON_SKIP;
  }
  child = find_child(extract->stack[extract->depth - 1].node, key);
  if (child == NULL)
    return PYR__JSON_SKIP;
  extract->next = child;
  if (child->key[0] != '*')
    return 0;
  extract->next = child->children != NULL ? child->children : &value_node;
  return emit(extract, child->field, key, err);
}

/* The node of the value that begins now. */
static const struct pyr__json_node *
node_here(const struct pyr__json_extract *extract) {
  if (extract->depth == 0)
    return &extract->root;
  if (extract->stack[extract->depth - 1].is_array)
    return extract->stack[extract->depth - 1].node;
  return extract->next;
}

static int on_open(void *ctx, bool is_array, pyr_error_t *err) {
  struct pyr__json_extract *extract = ctx;
  const struct pyr__json_node *node = node_here(extract);
  bool is_element =
      extract->depth > 0 && extract->stack[extract->depth - 1].is_array;

  if ((!is_array && node->children == NULL) || (is_array && is_element))
    return PYR__JSON_SKIP;
  extract->documents += extract->depth == 0;
  extract->stack[extract->depth].node = node;
  extract->stack[extract->depth++].is_array = is_array;
  if (!is_element || node->field == PYR__JSON_NONE)
    return 0;
  return emit(extract, node->field, (pyr_str_t){"", 0}, err);
}

static int on_close(void *ctx, pyr_error_t *err) {
  struct pyr__json_extract *extract = ctx;
  struct pyr__buf *record = &extract->record;
  pyr_str_t text = {"", 0};
  bool is_too_large = extract->is_too_large;
  int rc;

  extract->depth--;
  if (extract->stack[extract->depth].is_array ||
      !extract->stack[extract->depth].node->is_record)
    return 0;
  if (record->len != 0)
    text = (pyr_str_t){(const char *)record->data, record->len};
  extract->is_too_large = false;
  rc = extract->events->on_record(extract->ctx, text, is_too_large, err);
  if (record->capacity > KEPT_RECORD)
    pyr__buf_release(record);
  else
    pyr__buf_clear(record);
  return rc;
}

static int on_scalar(void *ctx, enum pyr__json_kind kind, pyr_str_t text,
                     pyr_error_t *err) {
  struct pyr__json_extract *extract = ctx;
  const struct pyr__json_node *node = node_here(extract);

  if (node->field == PYR__JSON_NONE ||
      (kind == PYR__JSON_WORD && pyr__str_is(text, "null")))
    return 0;
  return emit(extract, node->field, text, err);
}

static const struct pyr__json_events json_events = {on_key, on_open, on_close,
                                                    on_scalar};

void pyr__json_extract_init(struct pyr__json_extract *extract,
                            const struct pyr__json_extract_options *options) {
  *extract = (struct pyr__json_extract){.first_told = options->first_told,
                                        .events = options->events,
                                        .ctx = options->ctx};
  pyr__json_init(&extract->json, options->memory, options->purpose,
                 options->text_limit, &json_events, extract);
  pyr__buf_init(&extract->record, options->memory, options->purpose,
                options->record_limit);
}

void pyr__json_extract_release(struct pyr__json_extract *extract) {
  pyr__json_release(&extract->json);
  pyr__buf_release(&extract->record);
}

void pyr__json_extract_begin(struct pyr__json_extract *extract,
                             const struct pyr__json_node *root) {
  pyr__json_reset(&extract->json);
  pyr__buf_clear(&extract->record);
  extract->depth = extract->documents = 0;
  extract->is_too_large = false;
  extract->root = *root;
}

int pyr__json_extract_feed(struct pyr__json_extract *extract, const void *data,
                           size_t len, pyr_error_t *err) {
  return pyr__json_feed(&extract->json, data, len, err);
}

int pyr__json_extract_finish(const struct pyr__json_extract *extract,
                             pyr_error_t *err) {
  return pyr__json_finish(&extract->json, err);
}

/* ---- reading a record --------------------------------------------------- */

bool pyr__json_record_next(struct pyr__reader *reader,
                           struct pyr__json_entry *out) {
  size_t left = pyr__reader_left(reader);
  uint32_t len;
  uint8_t field;

  /* Most texts are short: their length is one byte. */
  if (left >= 2 && reader->at[1] < 0x80 && reader->at[1] <= left - 2) {
    out->field = reader->at[0];
    out->text = (pyr_str_t){(const char *)reader->at + 2, reader->at[1]};
    reader->at += 2 + reader->at[1];
    return true;
  }
  if (pyr__read_byte(reader, &field) != 0 ||
      pyr__read_varint32(reader, &len) != 0 ||
      pyr__read_bytes(reader, len, &out->text) != 0)
    return false;
  out->field = field;
  return true;
}

pyr_str_t pyr__json_record_find(pyr_str_t record, uint8_t field) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;
  while (pyr__json_record_next(&reader, &entry))
    if (entry.field == field)
      return entry.text;
  return (pyr_str_t){"", 0};
}

size_t pyr__json_record_count(pyr_str_t record, uint8_t field) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;
  size_t count = 0;
  while (pyr__json_record_next(&reader, &entry))
    count += entry.field == field;
  return count;
}

/* ---- records in a row --------------------------------------------------- */

int pyr__json_records_add(struct pyr__buf *records, pyr_str_t record) {
  size_t start = records->len;
  int rc = pyr__buf_add_varint(records, record.len);
  if (rc == 0)
    rc = pyr__buf_add(records, record.base, record.len);
  if (rc != 0)
    records->len = start;
  return rc;
}

bool pyr__json_records_next(struct pyr__reader *reader, pyr_str_t *out) {
  uint32_t len;
  return pyr__read_varint32(reader, &len) == 0 &&
         pyr__read_bytes(reader, len, out) == 0;
}

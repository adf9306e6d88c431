#include "net/http_fields.h"

#include <string.h>

#include "base/str.h"

void pyr__http_fields_init(struct pyr__http_fields *fields,
                           const char *const *names, unsigned count,
                           unsigned joined, struct pyr__memory *memory,
                           enum pyr__purpose purpose, size_t limit) {
  memset(fields, 0, sizeof(*fields));
  fields->names = names;
  fields->count = fields->current = count;
  fields->joined = joined;
  pyr__buf_init(&fields->text, memory, purpose, limit);
}

void pyr__http_fields_clear(struct pyr__http_fields *fields) {
  pyr__buf_clear(&fields->text);
  memset(fields->times, 0, sizeof(fields->times));
  fields->current = fields->count;
  fields->seen = 0;
  fields->is_value = false;
  fields->name_len = 0;
}

void pyr__http_fields_release(struct pyr__http_fields *fields) {
  pyr__http_fields_clear(fields);
  pyr__buf_release(&fields->text);
}

void pyr__http_fields_name(struct pyr__http_fields *fields, const char *text,
                           size_t len) {
  size_t room;
  if (fields->is_value) {
    fields->is_value = false;
    fields->name_len = 0;
  }
  room = sizeof(fields->name) - fields->name_len;
  if (len > room)
    len = room; /* longer than all that are kept */
  memcpy(fields->name + fields->name_len, text, len);
  fields->name_len = (uint8_t)(fields->name_len + len);
}

static unsigned find(const struct pyr__http_fields *fields) {
  pyr_str_t name = {fields->name, fields->name_len};
  unsigned i;
  for (i = 0; i < fields->count; i++)
    if (fields->names[i] != NULL && pyr__str_is_nocase(name, fields->names[i]))
      break;
  return i;
}

static int append(struct pyr__http_fields *fields, unsigned field,
                  const char *text, size_t len) {
  int rc = pyr__buf_add(&fields->text, text, len);
  if (rc == 0)
    fields->len[field] += (uint32_t)len;
  return rc;
}

static void begin(struct pyr__http_fields *fields, unsigned field) {
  fields->at[field] = (uint32_t)fields->text.len;
  fields->len[field] = 0;
}

/* Values are in one piece, so a second one moves the first to the end.  There
 * is room for that and the comma before the buffer is read from. */
static int join(struct pyr__http_fields *fields, unsigned field) {
  uint32_t at = fields->at[field], len = fields->len[field];
  int rc = pyr__buf_reserve(&fields->text, len + 2);
  if (rc != 0)
    return rc;
  begin(fields, field);
  rc = append(fields, field, (const char *)fields->text.data + at, len);
  return rc != 0 ? rc : append(fields, field, ", ", 2);
}

int pyr__http_fields_named(struct pyr__http_fields *fields) {
  unsigned field = find(fields);

  fields->is_value = true;
  fields->current = fields->count;
  fields->seen++;
  if (field == fields->count)
    return 0;
  if (fields->times[field]++ == 0) {
    fields->current = field;
    begin(fields, field);
    return 0;
  }
  if ((fields->joined & 1U << field) == 0)
    return 0;
  fields->current = field;
  return join(fields, field);
}

int pyr__http_fields_value(struct pyr__http_fields *fields, const char *text,
                           size_t len) {
  return fields->current == fields->count
             ? 0
             : append(fields, fields->current, text, len);
}

int pyr__http_fields_add(struct pyr__http_fields *fields, unsigned field,
                         const char *text, size_t len) {
  if (fields->times[field]++ == 0)
    begin(fields, field);
  return append(fields, field, text, len);
}

pyr_str_t pyr__http_fields_get(const struct pyr__http_fields *fields,
                               unsigned field) {
  if (fields->times[field] == 0 || fields->len[field] == 0)
    return (pyr_str_t){fields->times[field] > 0 ? "" : NULL, 0};
  return pyr__str_trim((pyr_str_t){
      (const char *)fields->text.data + fields->at[field], fields->len[field]});
}

#include "pprof/wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEEP_BYTES = 16 * 1024, LARGEST_NUMBER = (1 << 29) - 1 };

/* ---- errors ------------------------------------------------------------- */

static void add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(char *text, size_t size, const char *format, ...) {
  size_t len = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + len, size - len, format, args);
  va_end(args);
}

static void add_path(char *text, size_t size,
                     const struct pyr__wire_message *message) {
  const struct pyr__wire_message *path[4];
  size_t depth = 0;

  for (; message != NULL && depth < 4; message = message->parent)
    path[depth++] = message;
  while (depth-- > 0) {
    const struct pyr__wire_names *names = path[depth]->names;
    uint32_t number = path[depth]->number;
    const char *name = number < names->count ? names->fields[number] : NULL;
    if (names->message[0] != '\0')
      add(text, size, "%s[%" PRIu32 "]", names->message, path[depth]->index);
    if (depth > 0 || number == 0) /* what is inside names it */
      name = "";
    if (name == NULL)
      add(text, size, "%sfield %" PRIu32, text[0] == '\0' ? "" : ".", number);
    else
      add(text, size, "%s%s",
          text[0] == '\0' || (name[0] == '\0' && depth == 0) ? "" : ".", name);
  }
}

int pyr__wire_error(const struct pyr__wire_message *message, const uint8_t *at,
                    pyr_error_t *err, int code, const char *what, ...) {
  char path[128] = "", text[256];
  va_list args;

  add_path(path, sizeof(path), message);
  va_start(args, what);
  vsnprintf(text, sizeof(text), what, args);
  va_end(args);
  return pyr__error(err, code, "%s%s%s, at byte %" PRIu64, path,
                    path[0] == '\0' ? "" : ": ", text,
                    pyr__wire_offset(message, at));
}

int pyr__wire_bad_varint(const struct pyr__wire_message *message,
                         const uint8_t *at, const uint8_t *end,
                         pyr_error_t *err) {
  return pyr__wire_error(message, at, err, PYR_EPPROF,
                         pyr__varint_is_overlong(at, end)
                             ? "varint longer than 10 bytes or 64 bits"
                             : "varint is cut off");
}

/* ---- one message -------------------------------------------------------- */

/* What a tag and the number behind it came to. */
enum header {
  HEADER_WHOLE,
  HEADER_CUT, /* more bytes are needed */
  HEADER_BAD  /* the error is written */
};

/* Reads the tag at message->at, which must not be the end. */
static enum header read_tag(struct pyr__wire_message *message,
                            struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *tag_at = message->at;
  struct pyr__varint tag = pyr__varint_read(tag_at, message->end);

  message->number = 0;
  if (tag.after == NULL) {
    if (!pyr__varint_is_overlong(tag_at, message->end))
      return HEADER_CUT;
    pyr__wire_error(message, tag_at, err, PYR_EPPROF,
                    "field tag: varint longer than 10 bytes or 64 bits");
    return HEADER_BAD;
  }
  if (tag.value >> 3 == 0 || tag.value >> 3 > LARGEST_NUMBER) {
    pyr__wire_error(message, tag_at, err, PYR_EPPROF,
                    "field number %" PRIu64 " is impossible", tag.value >> 3);
    return HEADER_BAD;
  }
  field->tag = (uint32_t)tag.value;
  message->number = pyr__wire_number_of(field);
  message->at = tag.after;
  if ((1u << pyr__wire_type_of(field) & 0x27u) == 0) { /* not 0, 1, 2 or 5 */
    pyr__wire_error(message, tag_at, err, PYR_EPPROF,
                    "wire type %" PRIu32 " is not known",
                    pyr__wire_type_of(field));
    return HEADER_BAD;
  }
  return HEADER_WHOLE;
}

static enum header read_fixed(struct pyr__wire_message *message,
                              struct pyr__wire_field *field) {
  struct pyr__reader reader =
      pyr__reader_of(message->at, (size_t)(message->end - message->at));
  uint32_t narrow = 0;
  int rc;

  if (pyr__wire_type_of(field) == PYR__WIRE_FIXED64) {
    rc = pyr__read_le64(&reader, &field->value);
  } else {
    rc = pyr__read_le32(&reader, &narrow);
    field->value = narrow;
  }
  field->data = message->at;
  field->len = (size_t)(reader.at - message->at);
  message->at = reader.at;
  return rc == 0 ? HEADER_WHOLE : HEADER_CUT;
}

/* Reads a field but for the payload of bytes, which may not be there. */
static enum header read_header(struct pyr__wire_message *message,
                               struct pyr__wire_field *field,
                               pyr_error_t *err) {
  enum header state = read_tag(message, field, err);
  const uint8_t *at = message->at;
  struct pyr__varint varint;

  if (state != HEADER_WHOLE)
    return state;
  if ((field->tag & 1) != 0)
    return read_fixed(message, field);
  varint = pyr__varint_read(at, message->end);
  if (varint.after != NULL) {
    field->value = varint.value;
    field->data = at;
    field->len = (size_t)(varint.after - at);
    message->at = varint.after;
    return HEADER_WHOLE;
  }
  if (!pyr__varint_is_overlong(at, message->end))
    return HEADER_CUT;
  pyr__wire_bad_varint(message, at, message->end, err);
  return HEADER_BAD;
}

int pyr__wire_next(struct pyr__wire_message *message,
                   struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *start = message->at;
  enum header state;

  if (start == message->end)
    return 0;
  state = read_header(message, field, err);
  if (state == HEADER_BAD)
    return PYR_EPPROF;
  if (state == HEADER_CUT)
    return pyr__wire_error(message, start, err, PYR_EPPROF,
                           "field runs past the end of its message");
  if (pyr__wire_type_of(field) != PYR__WIRE_BYTES)
    return 1;
  if (field->value > (uint64_t)(message->end - message->at))
    return pyr__wire_error(message, start, err, PYR_EPPROF,
                           "%" PRIu64 " bytes where its message has %zu left",
                           field->value, (size_t)(message->end - message->at));
  field->data = message->at;
  field->len = (size_t)field->value;
  message->at += field->len;
  return 1;
}

int pyr__wire_other_tag(const struct pyr__wire_message *message,
                        const uint8_t *at, uint32_t tag, pyr_error_t *err) {
  const struct pyr__wire_names *names = message->names;
  uint32_t number = tag >> 3;
  char type;

  if (number >= names->count || names->fields[number] == NULL)
    return 0;
  type = names->types[number];
  return pyr__wire_error(message, at, err, PYR_EPPROF,
                         "wire type %" PRIu32 ", expected %s", tag & 7,
                         type == 'v'   ? "0"
                         : type == 'b' ? "2"
                                       : "0 or 2");
}

/* ---- the stream --------------------------------------------------------- */

void pyr__wire_init(struct pyr__wire *wire, struct pyr__memory *memory,
                    size_t limit, const struct pyr__wire_names *names,
                    pyr__wire_field_cb field, void *ctx) {
  memset(wire, 0, sizeof(*wire));
  wire->names = names;
  wire->field = field;
  wire->ctx = ctx;
  pyr__buf_init(&wire->carry, memory, PYR__MEM_PPROF_INFLATE,
                limit + PYR__WIRE_HEADER_BYTES);
}

void pyr__wire_release(struct pyr__wire *wire) {
  pyr__buf_release(&wire->carry);
}

void pyr__wire_begin(struct pyr__wire *wire) {
  if (wire->carry.capacity > KEEP_BYTES)
    pyr__buf_release(&wire->carry);
  pyr__buf_clear(&wire->carry);
  wire->offset = wire->skip = 0;
}

static int is_known(const struct pyr__wire *wire, uint32_t number) {
  return number < wire->names->count && wire->names->fields[number] != NULL;
}

/* Keeps the begin of a cut field whose whole size is `wanted`, as far as is
 * known; an unknown field's rest is counted instead. */
static int keep(struct pyr__wire *wire, const struct pyr__wire_message *top,
                const struct pyr__wire_field *field, const uint8_t *start,
                size_t len, enum header state, pyr_error_t *err) {
  uint64_t here = len - (size_t)(top->at - start);
  int rc;

  wire->wanted = len + 1;
  if (state == HEADER_WHOLE) {
    if (!is_known(wire, pyr__wire_number_of(field))) {
      wire->skip = field->value - here;
      pyr__buf_clear(&wire->carry);
      return 0;
    }
    if (field->value > wire->carry.limit - PYR__WIRE_HEADER_BYTES)
      return pyr__wire_error(top, start, err, PYR_ELIMIT,
                             "%" PRIu64 " bytes, at most %zu are taken",
                             field->value,
                             wire->carry.limit - PYR__WIRE_HEADER_BYTES);
    wire->wanted = (size_t)(top->at - start) + (size_t)field->value;
  }
  if (start == wire->carry.data)
    return 0;
  rc = pyr__buf_add(&wire->carry, start, len);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

/* The field at `start` that is not of the common sort: 1 where it is whole, 0
 * where it was cut and what there is of it was kept. */
static int next_whole(struct pyr__wire *wire, struct pyr__wire_message *top,
                      struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *start = top->at;
  enum header state = read_header(top, field, err);
  uint64_t payload =
      pyr__wire_type_of(field) == PYR__WIRE_BYTES ? field->value : 0;

  if (state == HEADER_BAD)
    return PYR_EPPROF;
  if (state == HEADER_CUT || payload > (uint64_t)(top->end - top->at))
    return keep(wire, top, field, start, (size_t)(top->end - start), state,
                err);
  if (pyr__wire_type_of(field) == PYR__WIRE_BYTES) {
    field->data = top->at;
    field->len = (size_t)payload;
    top->at += field->len;
  }
  return 1;
}

/* Hands on every whole field in [start, end), whose first byte is `offset` of
 * the body, and keeps what is left. */
static int split(struct pyr__wire *wire, const uint8_t *start,
                 const uint8_t *end, uint64_t offset, pyr_error_t *err) {
  const uint8_t *roomy_end = end - start < PYR__WIRE_HEADER_BYTES
                                 ? start
                                 : end - PYR__WIRE_HEADER_BYTES + 1;
  const struct pyr__wire_piece piece = {start, end, roomy_end, offset};
  struct pyr__wire_message top = {start, end, &piece, NULL, wire->names, 0, 0};
  struct pyr__wire_field field = {0};
  const uint8_t *after;
  int rc;

  while (top.at < end) {
    after = pyr__wire_peek(top.at, end, &piece, &field);
    if (after != NULL) {
      top.number = pyr__wire_number_of(&field);
      top.at = after;
    } else {
      rc = next_whole(wire, &top, &field, err);
      if (rc <= 0)
        return rc;
    }
    rc = wire->field(wire->ctx, &top, &field, err);
    if (rc != 0)
      return rc;
  }
  pyr__buf_clear(&wire->carry);
  return 0;
}

/* Completes the cut field, never taking a byte of the one behind it. */
static int complete(struct pyr__wire *wire, const uint8_t **data, size_t *len,
                    pyr_error_t *err) {
  size_t missing = wire->wanted - wire->carry.len;
  int rc;

  if (missing > *len)
    missing = *len;
  if (pyr__buf_add(&wire->carry, *data, missing) != 0)
    return pyr__error_nomem(err);
  *data += missing;
  *len -= missing;
  wire->offset += missing;
  if (wire->carry.len < wire->wanted)
    return 0;
  rc = split(wire, wire->carry.data, wire->carry.data + wire->carry.len,
             wire->offset - wire->carry.len, err);
  return rc;
}

int pyr__wire_write(struct pyr__wire *wire, const uint8_t *data, size_t len,
                    pyr_error_t *err) {
  uint64_t offset;
  int rc;

  while (len > 0 && (wire->carry.len > 0 || wire->skip > 0)) {
    size_t skipped = wire->skip < len ? (size_t)wire->skip : len;
    wire->skip -= skipped;
    wire->offset += skipped;
    data += skipped;
    len -= skipped;
    if (wire->carry.len == 0)
      continue;
    rc = complete(wire, &data, &len, err);
    if (rc != 0)
      return rc;
  }
  offset = wire->offset;
  wire->offset += len;
  return len == 0 ? 0 : split(wire, data, data + len, offset, err);
}

int pyr__wire_finish(struct pyr__wire *wire, pyr_error_t *err) {
  if (wire->carry.len == 0 && wire->skip == 0)
    return 0;
  return pyr__error(err, PYR_EPPROF,
                    "the body ends inside a field, at byte %" PRIu64,
                    wire->offset);
}

/* The protobuf wire without a schema: a byte stream, cut anywhere, to whole
 * top-level fields, and a bounded walk over the fields of one message.
 *
 * A field that lies in one piece of the stream is handed on where it is; only
 * one that was cut is put together in a small buffer. */
#ifndef PYR__PPROF_WIRE_H
#define PYR__PPROF_WIRE_H

#include "base/buf.h"

enum pyr__wire_type {
  PYR__WIRE_VARINT = 0,
  PYR__WIRE_FIXED64 = 1,
  PYR__WIRE_BYTES = 2,
  PYR__WIRE_FIXED32 = 5
};

struct pyr__wire_field {
  uint32_t number;
  uint32_t type;       /* enum pyr__wire_type */
  uint64_t value;      /* of a varint or a fixed */
  const uint8_t *data; /* of bytes; of a number as it is written */
  size_t len;
};

/* What error texts call a message and its fields. */
struct pyr__wire_names {
  const char *message;
  uint32_t count;
  const char *fields[16]; /* by number; NULL or past count: unknown */
};

/* A walk over the fields of one message.  Messages know the one they are in,
 * for the path in an error: "location[3].line[0].function_id". */
struct pyr__wire_message {
  const uint8_t *at, *end;
  const uint8_t *origin;  /* a byte of this piece of the body ... */
  uint64_t origin_offset; /* ... and where it is in the whole */
  const struct pyr__wire_message *parent;
  const struct pyr__wire_names *names;
  uint32_t index;  /* of the message among its like */
  uint32_t number; /* the field that is being read */
};

/* `code` with "PATH: WHAT, at byte N"; `at` is in the message, and N is where
 * that is in the inflated body. */
__attribute__((format(printf, 5, 6))) int
pyr__wire_error(const struct pyr__wire_message *message, const uint8_t *at,
                pyr_error_t *err, int code, const char *what, ...);

/* The next field: 1, 0 at the message's end, or PYR_EPPROF.  Loops try
 * pyr__wire_peek before. */
int pyr__wire_next(struct pyr__wire_message *message,
                   struct pyr__wire_field *field, pyr_error_t *err);
/* The walk over a field of `parent` that is itself a message. */
static inline struct pyr__wire_message
pyr__wire_enter(const struct pyr__wire_message *parent,
                const struct pyr__wire_field *field,
                const struct pyr__wire_names *names, uint32_t index) {
  return (struct pyr__wire_message){field->data,    field->data + field->len,
                                    parent->origin, parent->origin_offset,
                                    parent,         names,
                                    index,          0};
}
int pyr__wire_unexpected(const struct pyr__wire_message *message,
                         const uint8_t *at, uint32_t type, const char *expected,
                         pyr_error_t *err);
int pyr__wire_bad_varint(const struct pyr__wire_message *message,
                         const uint8_t *at, const uint8_t *end,
                         pyr_error_t *err);

/* ---- varints ------------------------------------------------------------ */

/* Reads a varint of at most ten bytes and 64 bits.  Returns the place after it,
 * or NULL; then pyr__varint_is_overlong tells a bad one from a cut one. */
const uint8_t *pyr__varint_read_long(const uint8_t *at, const uint8_t *end,
                                     uint64_t *out);
int pyr__varint_is_overlong(const uint8_t *at, const uint8_t *end);

static inline const uint8_t *
pyr__varint_read(const uint8_t *at, const uint8_t *end, uint64_t *out) {
  uint64_t value = 0; /* so that `out` can be a register */

  if (at < end && at[0] < 0x80) {
    *out = at[0];
    return at + 1;
  }
  if (end - at >= 2 && at[1] < 0x80) {
    *out = (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
    return at + 2;
  }
  at = pyr__varint_read_long(at, end, &value);
  *out = value;
  return at;
}

/* ---- what is inlined into loops over fields -------------------------------
 */

/* The field at `at`, and the place behind it, where the field is a whole varint
 * or bytes with a number below 16: nearly always.  NULL: pyr__wire_next sees
 * what it is, or what is wrong.  Inlined, with a `field` whose address nobody
 * else takes, it stays in registers, which is most of a decoder's speed. */
static inline const uint8_t *pyr__wire_peek(const uint8_t *at,
                                            const uint8_t *end,
                                            struct pyr__wire_field *field) {
  const uint8_t *after;

  if (at == end || *at >= 0x80 || *at < 8 || (*at & 5) != 0)
    return NULL;
  field->number = *at >> 3;
  field->type = *at & 7u;
  at++;
  after = pyr__varint_read(at, end, &field->value);
  if (after == NULL)
    return NULL;
  if (field->type == PYR__WIRE_VARINT) {
    field->data = at;
    field->len = (size_t)(after - at);
    return after;
  }
  if (field->value > (uint64_t)(end - after))
    return NULL;
  field->data = after;
  field->len = (size_t)field->value;
  return after + field->len;
}

/* PYR_EPPROF where the field has another wire type. */
static inline int pyr__wire_expect(const struct pyr__wire_message *message,
                                   const struct pyr__wire_field *field,
                                   enum pyr__wire_type type, pyr_error_t *err) {
  if (field->type == (uint32_t)type)
    return 0;
  return pyr__wire_unexpected(message, field->data, field->type,
                              type == PYR__WIRE_BYTES ? "2" : "0", err);
}

/* PYR_EPPROF where the field cannot be numbers of a repeated field, packed or
 * not: either way `data` holds them as varints. */
static inline int
pyr__wire_expect_numbers(const struct pyr__wire_message *message,
                         const struct pyr__wire_field *field,
                         pyr_error_t *err) {
  if (field->type == PYR__WIRE_VARINT || field->type == PYR__WIRE_BYTES)
    return 0;
  return pyr__wire_unexpected(message, field->data, field->type, "0 or 2", err);
}

/* The next of them; moves *at, which is before `end`. */
static inline int pyr__wire_number(const struct pyr__wire_message *message,
                                   const uint8_t **at, const uint8_t *end,
                                   uint64_t *out, pyr_error_t *err) {
  const uint8_t *after = pyr__varint_read(*at, end, out);
  if (after == NULL)
    return pyr__wire_bad_varint(message, *at, end, err);
  *at = after;
  return 0;
}

/* ---- the stream --------------------------------------------------------- */

/* One whole top-level field.  `top` is a message whose `number` is set and that
 * can be used for errors and to enter. */
typedef int (*pyr__wire_field_cb)(void *ctx,
                                  const struct pyr__wire_message *top,
                                  const struct pyr__wire_field *field,
                                  pyr_error_t *err);

struct pyr__wire {
  const struct pyr__wire_names *names; /* fields not named are skipped */
  pyr__wire_field_cb field;
  void *ctx;
  uint64_t offset;       /* of the next byte that comes */
  uint64_t skip;         /* bytes of an unknown field still to come */
  size_t wanted;         /* of a cut field: its size as far as known */
  struct pyr__buf carry; /* of a cut field: what has come */
};

/* `limit`: bytes of one top-level field that is not unknown. */
void pyr__wire_init(struct pyr__wire *wire, struct pyr__memory *memory,
                    size_t limit, const struct pyr__wire_names *names,
                    pyr__wire_field_cb field, void *ctx);
void pyr__wire_release(struct pyr__wire *wire);
void pyr__wire_begin(struct pyr__wire *wire); /* keeps little memory */
int pyr__wire_write(struct pyr__wire *wire, const uint8_t *data, size_t len,
                    pyr_error_t *err);
/* PYR_EPPROF where the stream has ended inside a field. */
int pyr__wire_finish(struct pyr__wire *wire, pyr_error_t *err);

#endif

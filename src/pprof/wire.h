/* The protobuf wire without a schema: a byte stream, cut anywhere, to whole
 * top-level fields, and a bounded walk over the fields of one message.
 *
 * A field that lies in one piece of the stream is handed on where it is; only
 * one that was cut is put together in a small buffer. */
#ifndef PYR__PPROF_WIRE_H
#define PYR__PPROF_WIRE_H

#include "base/buf.h"
#include "base/varint.h"

enum pyr__wire_type {
  PYR__WIRE_VARINT = 0,
  PYR__WIRE_FIXED64 = 1,
  PYR__WIRE_BYTES = 2,
  PYR__WIRE_FIXED32 = 5
};

/* What a field begins with: its number and its type in one, so that a switch
 * over tags checks both. */
#define PYR__TAG_VARINT(number) ((number) << 3 | PYR__WIRE_VARINT)
#define PYR__TAG_BYTES(number)  ((number) << 3 | PYR__WIRE_BYTES)

struct pyr__wire_field {
  uint32_t tag;
  uint64_t value;      /* of a varint or a fixed */
  const uint8_t *data; /* of bytes; of a number as it is written */
  size_t len;
};

enum { PYR__WIRE_HEADER_BYTES = 20 }; /* at most: a tag and a length or value */

static inline uint32_t
pyr__wire_number_of(const struct pyr__wire_field *field) {
  return field->tag >> 3;
}
static inline uint32_t pyr__wire_type_of(const struct pyr__wire_field *field) {
  return field->tag & 7;
}

/* What error texts call a message and its fields. */
struct pyr__wire_names {
  const char *message;
  uint32_t count;
  const char *fields[16]; /* by number; NULL or past count: unknown */
  const char *types;      /* v: varint, b: bytes, n: numbers, packed or not */
};

/* A piece of the body in memory, and where it is in the whole. */
struct pyr__wire_piece {
  const uint8_t *start, *end;
  const uint8_t *roomy_end; /* before it, a field's header is whole */
  uint64_t offset;
};

/* A walk over the fields of one message.  Messages know the one they are in,
 * for the path in an error: "location[3].line[0].function_id". */
struct pyr__wire_message {
  const uint8_t *at, *end;
  const struct pyr__wire_piece *piece;
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
  return (struct pyr__wire_message){field->data,
                                    field->data + field->len,
                                    parent->piece,
                                    parent,
                                    names,
                                    index,
                                    0};
}
/* A field that is not among those taken: 0 where it is unknown, else it has
 * the wrong type, which is PYR_EPPROF. */
int pyr__wire_other_tag(const struct pyr__wire_message *message,
                        const uint8_t *at, uint32_t tag, pyr_error_t *err);
static inline int pyr__wire_other(const struct pyr__wire_message *message,
                                  const struct pyr__wire_field *field,
                                  pyr_error_t *err) {
  return pyr__wire_other_tag(message, field->data, field->tag, err);
}
int pyr__wire_bad_varint(const struct pyr__wire_message *message,
                         const uint8_t *at, const uint8_t *end,
                         pyr_error_t *err);
/* Where `at` is in the body. */
static inline uint64_t pyr__wire_offset(const struct pyr__wire_message *message,
                                        const uint8_t *at) {
  return message->piece->offset + (uint64_t)(at - message->piece->start);
}

/* ---- what is inlined into loops over fields ----------------------------- */

/* The field at `at`, which is before `end`, and the place behind it, where the
 * field is a whole varint or bytes with a number below 16, and is not right at
 * the piece's end: nearly always.  NULL: pyr__wire_next sees what it is, or
 * what is wrong.  Inlined, with a `field` whose address nobody else takes, it
 * stays in registers, which is most of a decoder's speed. */
static inline const uint8_t *pyr__wire_peek(const uint8_t *at,
                                            const uint8_t *end,
                                            const struct pyr__wire_piece *piece,
                                            struct pyr__wire_field *field) {
  uint32_t tag = *at;
  struct pyr__varint varint;

  /* From here on what is read is there, be it of this message or not.  Refused
   * are continued tags, number 0, and types other than 0 and 2. */
  if (at >= piece->roomy_end || ((tag | (tag - 8)) & 0x85) != 0)
    return NULL;
  field->tag = tag;
  field->data = at + 1;
  if (at[1] < 0x80) {
    varint = (struct pyr__varint){at + 2, at[1]};
  } else if (at[2] < 0x80) {
    varint =
        (struct pyr__varint){at + 3, (at[1] & 0x7fu) | (uint64_t)at[2] << 7};
  } else {
    varint = pyr__varint_read_long(at + 1, piece->end);
    if (varint.after == NULL)
      return NULL;
  }
  if (varint.after > end)
    return NULL;
  field->value = varint.value;
  if ((tag & PYR__WIRE_BYTES) == 0) {
    field->len = (size_t)(varint.after - at) - 1;
    return varint.after;
  }
  if (varint.value > (uint64_t)(end - varint.after))
    return NULL;
  field->data = varint.after;
  field->len = (size_t)varint.value;
  return varint.after + varint.value;
}

/* The next number of a repeated field, packed or not: either way `data` holds
 * them as varints.  Moves *at, which is before `end`. */
static inline int pyr__wire_number(const struct pyr__wire_message *message,
                                   const uint8_t **at, const uint8_t *end,
                                   uint64_t *out, pyr_error_t *err) {
  struct pyr__varint varint = pyr__varint_read(*at, end);
  if (varint.after == NULL)
    return pyr__wire_bad_varint(message, *at, end, err);
  *at = varint.after;
  *out = varint.value;
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

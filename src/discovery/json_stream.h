/* JSON as it comes over a socket: bytes in, cut anywhere, events out.  No tree
 * is built and no document is held: what is kept is the text of one key or
 * scalar, and not even that where the user passes over a value.  So what a
 * server sends cannot grow the process, whatever it sends.
 *
 * The input is any number of objects or arrays, one after the other. */
#ifndef PYR__DISCOVERY_JSON_STREAM_H
#define PYR__DISCOVERY_JSON_STREAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/limits.h"

enum pyr__json_kind { PYR__JSON_STRING, PYR__JSON_NUMBER, PYR__JSON_WORD };

/* What on_key and on_open may return: nothing is heard of the value to come, or
 * of the container just opened, its end included. */
enum { PYR__JSON_SKIP = 1 };

/* All return 0 or a negative code, which ends the feeding.  Texts are unescaped
 * UTF-8; one over the limit comes with a NULL base. */
struct pyr__json_events {
  int (*on_key)(void *ctx, pyr_str_t key, pyr_error_t *err);
  int (*on_open)(void *ctx, bool is_array, pyr_error_t *err);
  int (*on_close)(void *ctx, pyr_error_t *err);
  /* PYR__JSON_WORD: true, false or null. */
  int (*on_scalar)(void *ctx, enum pyr__json_kind kind, pyr_str_t text,
                   pyr_error_t *err);
};

enum pyr__json_state {
  PYR__JSON_AT_ROOT, /* between two documents */
  PYR__JSON_AT_VALUE,
  PYR__JSON_AT_VALUE_OR_END, /* behind [ */
  PYR__JSON_AT_KEY,
  PYR__JSON_AT_KEY_OR_END, /* behind { */
  PYR__JSON_AT_COLON,
  PYR__JSON_AT_COMMA_OR_END,
  PYR__JSON_IN_STRING,
  PYR__JSON_IN_ESCAPE,
  PYR__JSON_IN_UNICODE,
  PYR__JSON_IN_BARE /* a number or a word */
};

enum { PYR__JSON_BARE_BYTES = 32 };

struct pyr__json {
  const struct pyr__json_events *events;
  void *ctx;
  struct pyr__buf text;
  enum pyr__json_state state;
  unsigned depth;
  unsigned skip_depth; /* where a skipped value ends */
  bool is_skipping, is_key, is_long;
  uint8_t bare_len, unicode_len;
  uint16_t unicode, surrogate; /* a high one that waits for its other half */
  uint64_t offset;             /* bytes read, of all documents */
  uint64_t arrays[PYR__LIMIT_JSON_DEPTH / 64]; /* a bit for each depth */
  char bare[PYR__JSON_BARE_BYTES];
};

/* A key or a string longer than `text_limit` bytes is not kept. */
void pyr__json_init(struct pyr__json *json, struct pyr__memory *memory,
                    enum pyr__purpose purpose, size_t text_limit,
                    const struct pyr__json_events *events, void *ctx);
void pyr__json_release(struct pyr__json *json);
/* Back to the start; keeps the memory. */
void pyr__json_reset(struct pyr__json *json);
/* 0, PYR_EHTTP where the bytes are no JSON, or what an event returned. */
int pyr__json_feed(struct pyr__json *json, const void *data, size_t len,
                   pyr_error_t *err);
/* The input is over: an error where that is inside a document. */
int pyr__json_finish(const struct pyr__json *json, pyr_error_t *err);

#endif

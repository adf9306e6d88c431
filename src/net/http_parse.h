/* Bytes of an HTTP/1.x response to events.  No socket, no libuv: the bytes may
 * be cut anywhere.  Chunking is taken off, interim (1xx) responses are skipped,
 * and the parser stops right behind the response, so that the caller sees
 * whether anything follows it. */
#ifndef PYR__NET_HTTP_PARSE_H
#define PYR__NET_HTTP_PARSE_H

#include <llhttp.h>

#include "base/buf.h"
#include "net/http_client.h"
#include "net/http_fields.h"

struct pyr__http_parse_head {
  struct pyr__http_head head; /* without `redirects` */
  pyr_str_t location;         /* base NULL: there is none */
};

struct pyr__http_parse_events {
  /* A negative code ends the parsing with it. */
  int (*on_head)(void *ctx, const struct pyr__http_parse_head *head,
                 pyr_error_t *err);
  int (*on_body)(void *ctx, const uint8_t *data, size_t len, pyr_error_t *err);
};

/* The headers that are kept, and what the status says. */
enum pyr__http_field {
  PYR__HTTP_REASON,
  PYR__HTTP_CONTENT_TYPE,
  PYR__HTTP_CONTENT_ENCODING,
  PYR__HTTP_LOCATION,
  PYR__HTTP_ETAG,
  PYR__HTTP_RETRY_AFTER,
  PYR__HTTP_CONSUL_INDEX,
  PYR__HTTP_TRANSFER_ENCODING,
  PYR__HTTP_FIELDS
};

struct pyr__http_parse {
  llhttp_t llhttp;
  const struct pyr__http_parse_events *events;
  void *ctx;
  pyr_error_t *err; /* during a call */
  int code;         /* what an event answered, or 0 */
  struct pyr__http_fields fields;
  unsigned interim_count;
  bool is_connect; /* set by whom sent CONNECT: what follows is no body */
  bool is_head_done, is_done, keep_alive;
  const char *body_end;    /* of the last slice, during a call */
  uint64_t received;       /* all bytes */
  uint64_t framing;        /* bytes since the start or the last body byte */
  uint64_t body_bytes;     /* so far */
  uint64_t content_length; /* UINT64_MAX: not told */
};

void pyr__http_parse_init(struct pyr__http_parse *parse,
                          struct pyr__memory *memory,
                          const struct pyr__http_parse_events *events,
                          void *ctx);
void pyr__http_parse_release(struct pyr__http_parse *parse);
/* 0: more is needed; 1: the response is whole, and `*used` bytes of `data` were
 * its; a negative code: it is broken, or an event said so. */
int pyr__http_parse_feed(struct pyr__http_parse *parse, const uint8_t *data,
                         size_t len, size_t *used, pyr_error_t *err);
/* The peer closed: 1 where that ends the response well, else PYR_EHTTP, or
 * PYR_ENET where not a byte had come. */
int pyr__http_parse_finish(struct pyr__http_parse *parse, pyr_error_t *err);

#endif

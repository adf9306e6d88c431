/* Bytes of a connection to whole requests, without a socket.  Everything is
 * bounded by the header limit: the parser keeps the URL and the few headers
 * that a request has. */
#ifndef PYR__NET_HTTP_SERVER_REQUEST_H
#define PYR__NET_HTTP_SERVER_REQUEST_H

#include <llhttp.h>

#include "net/http_fields.h"
#include "net/http_server.h"

enum { PYR__HTTP_QUERY_MAX = 32 };

enum pyr__http_parsed {
  PYR__HTTP_MORE,  /* all was taken, the request is not whole yet */
  PYR__HTTP_WHOLE, /* `request` is good until the next restart */
  PYR__HTTP_BAD    /* `status` says why; nothing after it can be read */
};

struct pyr__http_request_parser {
  llhttp_t llhttp;
  struct pyr__buf url; /* as it came, then decoded in place */
  struct pyr__http_fields fields;
  size_t header_limit;
  bool allow_post;
  size_t taken; /* bytes of this request so far */
  int status;
  bool keep_alive;
  bool is_old; /* HTTP/1.0: knows no chunks */
  bool is_whole;
  struct pyr__http_server_request request;
  struct pyr__http_query query[PYR__HTTP_QUERY_MAX];
};

void pyr__http_request_parser_init(struct pyr__http_request_parser *parser,
                                   struct pyr__memory *memory,
                                   size_t header_limit);
void pyr__http_request_parser_release(struct pyr__http_request_parser *parser);
/* Forgets the request; the next byte begins another. */
void pyr__http_request_parser_restart(struct pyr__http_request_parser *parser);
/* Takes bytes up to the end of the request; `*used` says how many. */
enum pyr__http_parsed
pyr__http_request_parse(struct pyr__http_request_parser *parser,
                        const char *data, size_t len, size_t *used);

#endif

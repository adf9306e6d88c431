/* A small HTTP/1.1 server on one loop: GET and HEAD, bounded in connections,
 * header bytes and time, so that no client can delay a scrape.  Responses come
 * in slices, so a long page neither blocks the loop nor needs memory. */
#ifndef PYR__NET_HTTP_SERVER_H
#define PYR__NET_HTTP_SERVER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"

struct pyr__tls_config;
struct pyr__http_server;
struct pyr__http_exchange; /* one request and its response */

struct pyr__http_query { /* decoded key and value of the URL's query */
  pyr_str_t key, value;
};

struct pyr__http_server_request {
  bool is_head;
  bool is_post;   /* only where the server allows it */
  bool has_body;  /* of a POST: it is not read, and nothing behind it */
  pyr_str_t path; /* percent-decoded, without the query */
  /* Headers; base NULL: there was none. */
  pyr_str_t host, origin, authorization;
  const struct pyr__http_query *query;
  size_t query_count;
};

/* Called for each whole request.  Answers now or later with one of the
 * responses below; `exchange` is valid until then, or until on_abandon. */
typedef void (*pyr__http_route_cb)(
    void *ctx, const struct pyr__http_server_request *request,
    struct pyr__http_exchange *exchange);

struct pyr__http_server_options {
  size_t connections, header_bytes;
  int64_t header_timeout_ns, write_timeout_ns, idle_timeout_ns;
  struct pyr__clock clock;
  const char *allow; /* of 405: "GET, HEAD" */
  bool allow_post;   /* routes look whether they are meant */
};

/* `listen` is "127.0.0.1:4041", "[::1]:0" or ":4041". */
int pyr__http_server_new(struct pyr__http_server **out, uv_loop_t *loop,
                         struct pyr__memory *memory, const char *listen,
                         const struct pyr__http_server_options *options,
                         pyr__http_route_cb route, void *ctx, pyr_error_t *err);
void pyr__http_server_close(struct pyr__http_server *server,
                            void (*cb)(void *ctx), void *ctx);
/* What new connections are secured with; NULL: nothing.  Keeps a reference. */
void pyr__http_server_set_tls(struct pyr__http_server *server,
                              struct pyr__tls_config *tls);
/* "127.0.0.1:40411", with the real port. */
const char *pyr__http_server_address(const struct pyr__http_server *server);

/* A whole body at once; `body` is copied. */
void pyr__http_respond(struct pyr__http_exchange *exchange, int status,
                       const char *content_type, const void *body, size_t len);
__attribute__((format(printf, 3, 4))) void
pyr__http_respond_text(struct pyr__http_exchange *exchange, int status,
                       const char *format, ...);
/* 401; `challenge` says how to say who one is: "Basic realm=\"x\"". */
void pyr__http_respond_challenge(struct pyr__http_exchange *exchange,
                                 const char *challenge);
/* A body in slices: `next` appends some bytes to `out` whenever the ones before
 * have been written; 1: more to come, 0: that was all, <0: close.  `release` is
 * called once, however it ends. */
struct pyr__http_producer {
  int (*next)(void *ctx, struct pyr__buf *out);
  void (*release)(void *ctx);
  void *ctx;
};
void pyr__http_respond_slices(struct pyr__http_exchange *exchange, int status,
                              const char *content_type,
                              const struct pyr__http_producer *producer);
/* For answers that come later: `gone` is called if the client goes away before
 * the response was given; the exchange is dead then. */
void pyr__http_exchange_on_gone(struct pyr__http_exchange *exchange,
                                void (*gone)(void *ctx), void *ctx);

#endif

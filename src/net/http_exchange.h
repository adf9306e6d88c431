/* One connection of the server: it reads a request, waits for its response,
 * writes it, and reads the next.  Reading stands still while a response is
 * written, so pipelined requests are answered in order and wait in the socket.
 */
#ifndef PYR__NET_HTTP_EXCHANGE_H
#define PYR__NET_HTTP_EXCHANGE_H

#include <uv.h>

#include "net/http_server_request.h"
#include "net/tls.h"
#include "net/tls_config.h"

enum {
  PYR__HTTP_INPUT_BYTES = 2048,
  PYR__HTTP_SLICE_MAX = 4 * 1024 * 1024 /* a whole body, too */
};

enum pyr__http_phase {
  PYR__HTTP_READING,   /* of a request, or before it */
  PYR__HTTP_ANSWERING, /* the route has it */
  PYR__HTTP_WRITING,
  PYR__HTTP_LINGERING, /* all is said; reading until the client has heard it */
  PYR__HTTP_CLOSING
};

struct pyr__http_exchange {
  struct pyr__http_server *server;
  struct pyr__http_exchange *next, *previous;
  enum pyr__http_phase phase;
  int64_t since_ns;    /* when the phase, or this slice, began */
  int64_t deadline_ns; /* INT64_MAX: none */
  uv_poll_t poll;      /* and not a stream, whose writes may raise SIGPIPE */
  int fd, events; /* what is waited for: UV_READABLE or UV_WRITABLE, or 0 */
  struct pyr__tls *tls; /* NULL: none */
  bool is_behind;       /* more can be read without the socket */
  size_t ciphered;      /* bytes of TLS's output that were sent */
  struct pyr__http_request_parser parser;
  struct pyr__buf out;
  size_t sent;           /* of `out` */
  const char *challenge; /* of a 401 */
  struct pyr__http_producer producer;
  bool has_producer, is_chunked, keep_alive;
  void (*gone)(void *ctx);
  void *gone_ctx;
  size_t lingered; /* bytes thrown away */
  size_t input_len;
  char input[PYR__HTTP_INPUT_BYTES];
};

struct pyr__http_server {
  uv_loop_t *loop;
  struct pyr__memory *memory;
  struct pyr__http_server_options options;
  pyr__http_route_cb route;
  void *ctx;
  uv_poll_t listener;
  uv_timer_t timer;
  int fd;
  struct pyr__tls_config *tls; /* NULL: plain HTTP */
  int64_t computed_ns;         /* by handshakes, in this turn */
  uint64_t computed_turn;
  struct pyr__http_exchange *exchanges;
  size_t open;      /* those not closing */
  unsigned handles; /* what must be closed before the server is gone */
  int64_t timer_due_ns;
  int64_t resume_ns; /* when accepting goes on; INT64_MAX: it never stopped */
  bool is_closing;
  void (*close_cb)(void *ctx);
  void *close_ctx;
  char address[64];
};

/* Takes over `fd`; on failure it is closed. */
int pyr__http_exchange_new(struct pyr__http_server *server, int fd);
void pyr__http_exchange_close(struct pyr__http_exchange *exchange);
/* The deadline has passed. */
void pyr__http_exchange_expire(struct pyr__http_exchange *exchange);
/* May it be closed to make room: it is idle, or stuck? */
bool pyr__http_exchange_is_spare(const struct pyr__http_exchange *exchange,
                                 int64_t now_ns);
/* The response is written: to the next request, or to the end. */
void pyr__http_exchange_next(struct pyr__http_exchange *exchange);
void pyr__http_exchange_phase(struct pyr__http_exchange *exchange,
                              enum pyr__http_phase phase, int64_t allowed_ns);
/* Waits for one of UV_READABLE and UV_WRITABLE, or for nothing: 0. */
void pyr__http_exchange_watch(struct pyr__http_exchange *exchange, int events);
/* The socket takes bytes of `out`. */
void pyr__http_exchange_send(struct pyr__http_exchange *exchange);
/* All of `out` is on its way. */
void pyr__http_exchange_sent(struct pyr__http_exchange *exchange);
/* `len` more bytes are in `input`. */
void pyr__http_exchange_take(struct pyr__http_exchange *exchange, size_t len);
/* Waits for the client. */
void pyr__http_exchange_listen(struct pyr__http_exchange *exchange);

/* http_exchange_tls.c: the same through TLS.  0, or a code: it cannot be. */
int pyr__http_exchange_secure(struct pyr__http_exchange *exchange);
/* The socket has, or takes, bytes. */
void pyr__http_exchange_tls_ready(struct pyr__http_exchange *exchange,
                                  bool is_writable);
/* Says goodbye, as far as the socket takes it. */
void pyr__http_exchange_tls_end(struct pyr__http_exchange *exchange);

/* Sees to it that the timer fires at `at_ns` or before. */
void pyr__http_server_wake_at(struct pyr__http_server *server, int64_t at_ns);
/* A connection is no longer open; its handle may still be. */
void pyr__http_server_left(struct pyr__http_server *server,
                           struct pyr__http_exchange *exchange);
/* One handle less. */
void pyr__http_server_unref(struct pyr__http_server *server);

#endif

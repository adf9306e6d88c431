/* An HTTP/1.1 client for one loop: names through c-ares, small keep-alive pools
 * per address, bodies streamed to the caller as they arrive.  It owns one timer
 * for all its connections; deadlines of whole requests are the caller's, who
 * cancels. */
#ifndef PYR__NET_HTTP_CLIENT_H
#define PYR__NET_HTTP_CLIENT_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/memory.h"

struct pyr__http_access;
struct pyr__http_client;
struct pyr__tls_shared;
struct pyr__dns;
struct pyr__http_request; /* opaque; alive until on_done has returned */

struct pyr__http_head { /* of the final response, after redirects */
  int status;
  pyr_str_t reason;       /* "Not Found" */
  pyr_str_t content_type; /* "" where absent */
  pyr_str_t content_encoding;
  pyr_str_t etag;
  pyr_str_t retry_after;
  pyr_str_t consul_index;
  unsigned redirects;
};

struct pyr__http_done {
  int code; /* 0: the whole response came */
  int status;
  uint64_t wire_bytes;      /* of the body */
  const pyr_error_t *error; /* NULL where code is 0 */
  bool reused_connection;
  bool redirect_refused; /* to another host, which was not allowed */
  unsigned other_hosts;  /* that redirects led to */
};

struct pyr__http_handler {
  /* Once, before the body.  A negative code ends the request with it. */
  int (*on_head)(void *ctx, const struct pyr__http_head *head,
                 pyr_error_t *err);
  /* Slices as they come, of a body with chunking taken off; not inflated.
   * Status other than 200: not called, the error keeps the start of it; but see
   * any_status. */
  int (*on_body)(void *ctx, const uint8_t *data, size_t len, pyr_error_t *err);
  /* Once, always, never inside pyr__http_start. */
  void (*on_done)(void *ctx, const struct pyr__http_done *done);
  void *ctx;
};

struct pyr__http_client_options {
  bool only_loopback_dns;  /* tests: ask `dns_servers` only */
  const char *dns_servers; /* NULL: the system's; "127.0.0.1:5353" */
  struct pyr__clock clock;
  struct pyr__tls_shared *tls; /* gets a reference; NULL: one of its own */
};

/* What is sent with a request that is no GET. */
struct pyr__http_content {
  const char *method; /* "POST" */
  const char *type;   /* of the body; NULL: it is said in the headers, or "" */
  pyr_str_t body;     /* at most PYR__LIMIT_SENT_BYTES */
};

struct pyr__http_options { /* of one request */
  bool follow_other_hosts; /* a redirect may lead to another host or port */
  /* Whom we trust, who we are and over which proxy; gets a reference.  A
   * redirect to another host is not told who we are, nor is any after it.
   * NULL: nobody, the system's trust store, and directly. */
  struct pyr__http_access *access;
  /* "Name: value\r\n..." instead of what says that any type is accepted, and
   * gzip; NULL: that.  Copied; sent to the hosts of redirects too. */
  const char *headers;
  /* Where to connect instead of the URL's host, which is only for the Host
   * header then; redirects go there too, and no proxy has a part in it.  NULL:
   * to the host.  Copied. */
  const char *unix_socket;
  /* Other methods than GET are not sent again, neither by a redirect, which is
   * an error then, nor over another connection.  Copied, into memory that is
   * wiped.  NULL: a GET. */
  const struct pyr__http_content *content;
  /* The body of every status that is no redirect is the handler's, whose code
   * is 0 then: for who finds in it what is wrong. */
  bool any_status;
};

struct pyr__http_client_stats {
  uint64_t connections_opened, connections_reused, redirects_refused,
      dns_queries, dns_failures;
  unsigned open, idle;
  size_t most; /* there may be, so that the process can open other files */
};

int pyr__http_client_new(struct pyr__http_client **out, uv_loop_t *loop,
                         struct pyr__memory *memory,
                         const struct pyr__http_client_options *options,
                         pyr_error_t *err);
/* Cancels what runs (their on_done is called with PYR_ECANCELED), closes all
 * handles, then calls `cb` and frees itself. */
void pyr__http_client_close(struct pyr__http_client *client,
                            void (*cb)(void *ctx), void *ctx);
const struct pyr__http_client_stats *
pyr__http_client_stats(const struct pyr__http_client *client);
/* Where it asks for addresses, for other questions. */
struct pyr__dns *pyr__http_client_dns(struct pyr__http_client *client);

/* What TLS configurations for requests of this client are made with. */
struct pyr__tls_shared *pyr__http_client_tls(struct pyr__http_client *client);

/* Starts a request, a GET unless the options say it.  `url` and `handler` are
 * copied.  Fails at once only for a bad
 * URL or without memory; then on_done is not called. */
int pyr__http_start(struct pyr__http_client *client, const char *url,
                    const struct pyr__http_options *options,
                    const struct pyr__http_handler *handler,
                    struct pyr__http_request **out, pyr_error_t *err);
/* The same with no other options than this one. */
int pyr__http_get(struct pyr__http_client *client, const char *url,
                  bool follow_other_hosts,
                  const struct pyr__http_handler *handler,
                  struct pyr__http_request **out, pyr_error_t *err);
/* Ends it with `code` and `text`; on_done is called before this returns. */
void pyr__http_cancel(struct pyr__http_request *request, int code,
                      const char *text);
/* Takes no more of the response than has come already, for as long as it is
 * held: its server has to wait then. */
void pyr__http_hold(struct pyr__http_request *request);
void pyr__http_release(struct pyr__http_request *request);
/* Where the request stands, for the text of a timeout: "resolving", "connecting
 * to 127.0.0.1:80", "waiting for the proxy to connect", "in the TLS
 * handshake", "waiting for the response", "reading the body". */
const char *pyr__http_phase(const struct pyr__http_request *request);

#endif

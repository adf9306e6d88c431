/* One request, over as many connections as redirects and a dead keep-alive
 * connection make necessary. */
#ifndef PYR__NET_HTTP_REQUEST_H
#define PYR__NET_HTTP_REQUEST_H

#include "net/dial.h"
#include "net/http_parse.h"
#include "net/http_quote.h"
#include "net/oauth2.h"
#include "net/proxy.h"
#include "net/resolver.h"
#include "net/socks5.h"
#include "net/url.h"

struct pyr__http_client {
  struct pyr__net net;
  struct pyr__resolver resolver;
  struct pyr__list requests;
  struct pyr__tls_shared *tls;
  struct pyr__tls_config *tls_usual; /* NULL: not needed yet */
  uint64_t accesses;                 /* that were ever made */
  void (*close_cb)(void *ctx);
  void *close_ctx;
};

enum pyr__http_step {
  PYR__HTTP_FAILED_EARLY, /* inside pyr__http_start: on_done is to come */
  PYR__HTTP_AUTHORIZING,  /* others are asked for a token */
  PYR__HTTP_RESOLVING,
  PYR__HTTP_CONNECTING,
  PYR__HTTP_TUNNELLING, /* the proxy does */
  PYR__HTTP_WAITING,
  PYR__HTTP_READING
};

/* What becomes of a response's body. */
enum pyr__http_use {
  PYR__HTTP_HAND_ON, /* 200: the handler's */
  PYR__HTTP_QUOTE,   /* another status: its start is part of the error */
  PYR__HTTP_FOLLOW,  /* a redirect: read, so that the connection is free */
  PYR__HTTP_RENEW    /* the token is not taken: the same, then with another */
};

struct pyr__http_request {
  struct pyr__http_client *client;
  struct pyr__list link;     /* client's requests */
  struct pyr__list deferred; /* net's */
  struct pyr__http_handler handler;
  char method[8];
  char *headers;                   /* NULL: the usual ones */
  struct pyr__buf tail;            /* of the head, and the body; "": a GET's */
  struct pyr__http_access *access; /* NULL: nobody, and directly */
  struct pyr__buf credentials;     /* headers that say who we are; "": not to be
                                      said, or not any more */
  struct pyr__oauth2_waiter waiter;
  uint64_t token_serial; /* of the token that is in the credentials */
  char *unix_socket;     /* NULL: the URL's host */
  enum pyr__http_step step;
  enum pyr__http_use use;
  struct pyr__url url;
  struct pyr__url next;           /* of a redirect */
  struct pyr__tls_config *tls;    /* NULL: the client's usual one */
  struct pyr__tls_setup *setup;   /* of this hop; NULL: nothing of it is TLS */
  const struct pyr__proxy *proxy; /* the same, the access's; NULL: directly */
  pyr_str_t key;                  /* which connections it may use */
  char *key_text;                 /* owns it, where it is not the origin */
  struct pyr__lookup lookup;
  struct pyr__dial *dial;
  struct pyr__conn *conn;
  struct pyr__socks5 socks; /* while such a proxy connects */
  struct pyr__http_parse parse;
  struct pyr__http_quote quote;
  unsigned busy; /* frames that still use this */
  unsigned redirects, other_hosts;
  int status;
  bool follow_other_hosts, any_status, was_renewed, is_starting, is_done,
      is_reused, was_retried, is_handler_error, redirect_refused;
  uint64_t drained;
  pyr_error_t error;
};

/* Says who we are, then goes; waits for a token where there must be one. */
int pyr__http_request_begin(struct pyr__http_request *request);
/* Whether another token may be taken by whom did not take this one. */
bool pyr__http_request_may_renew(const struct pyr__http_request *request);
/* Once more, with another token. */
int pyr__http_request_renew(struct pyr__http_request *request);
/* The rest of the way is to somebody else, who is not told who we are. */
void pyr__http_request_forget(struct pyr__http_request *request);
/* Begins the way to `request->url`: a connection of the pool, or a new one
 * where `fresh`.  Fails at once, or goes on by itself. */
int pyr__http_request_go(struct pyr__http_request *request, bool fresh);
/* Ends it; inside pyr__http_start only notes that it has ended. */
void pyr__http_request_end(struct pyr__http_request *request, int code);
/* A frame that did `busy++` is done; the last one frees an ended request. */
void pyr__http_request_leave(struct pyr__http_request *request);
/* Whether a failure of this hop is only that of an old connection, which the
 * peer closed while nobody looked. */
bool pyr__http_request_may_retry(const struct pyr__http_request *request);

/* The request goes out on `conn`, which leads to the URL's host, or to a proxy
 * that is asked for it, and which is the request's from here on. */
int pyr__http_request_use(struct pyr__http_request *request,
                          struct pyr__conn *conn);

/* http_way.c: chooses what the hop's connection is made with and over, and by
 * what key it may be shared. */
int pyr__http_way_choose(struct pyr__http_request *request);
/* Begin TLS on a new connection: with a proxy that is https, right after it was
 * made; with the host of an https hop, when bytes reach it.  0 where it is
 * neither. */
int pyr__http_way_secure_proxy(struct pyr__http_request *request,
                               struct pyr__conn *conn);
int pyr__http_way_secure(struct pyr__http_request *request);
void pyr__http_way_release(struct pyr__http_request *request);
/* Whether it is a proxy that reads the request, and not the host itself. */
bool pyr__http_way_is_proxied(const struct pyr__http_request *request);
/* Writes what a code of the connection means, behind what was `doing`, unless
 * TLS has a text for it. */
int pyr__http_way_conn_error(struct pyr__http_request *request, int code,
                             const char *doing);
/* Puts before the error's text whom the connection led to.  Returns its code:
 * PYR_EPROXY where no other than the proxy can be to blame. */
int pyr__http_way_blame(struct pyr__http_request *request);
/* The same of a proxy that was not reached, or does not do what it should: its
 * code is PYR_EPROXY then.  Without a proxy nothing is changed. */
int pyr__http_way_blame_proxy(struct pyr__http_request *request);
/* The proxy has let the request through, with `more` bytes behind its answer.
 * They are its own, and an error that `blame` tells of: who is at the other end
 * speaks when it is spoken to. */
int pyr__http_way_open(struct pyr__http_request *request, size_t more,
                       int (*blame)(struct pyr__http_request *request));

/* http_tunnel.c, http_socks5.c: have the proxy at the other end of `conn`
 * connect to the URL's host; then the request goes out. */
int pyr__http_tunnel_begin(struct pyr__http_request *request,
                           struct pyr__conn *conn);
int pyr__http_socks5_begin(struct pyr__http_request *request,
                           struct pyr__conn *conn);

/* http_response.c: what the connection brings. */
extern const struct pyr__conn_user pyr__http_response_user;
extern const struct pyr__http_parse_events pyr__http_response_events;

#endif

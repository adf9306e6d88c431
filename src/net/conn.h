/* What all connections of one client share, and one connection.
 *
 * A connection hands bytes to its user and takes bytes from it; the user knows
 * no socket.  TLS stands between the two where pyr__conn_secure put it: bytes
 * read are unwrapped before `on_bytes`, and pyr__conn_write wraps before it
 * sends. */
#ifndef PYR__NET_CONN_H
#define PYR__NET_CONN_H

#include <uv.h>

#include "base/clock.h"
#include "net/address.h"
#include "net/alarm.h"
#include "net/http_client.h"

enum {
  PYR__READ_BYTES = 4 * 1024, /* so that a bomb is short: 8 ms */
  PYR__CONNECT_DELAY_MS = 250,
  PYR__IDLE_MS = 5 * 60 * 1000,
  PYR__PEER_TEXT = PYR__SOCKET_PATH + 8
};

struct pyr__conn;
struct pyr__tls;
struct pyr__unsent;

/* Idle connections by origin, or what else says which can be shared. */
struct pyr__pool {
  struct pyr__conn **buckets;
  size_t bucket_count; /* a power of two, or 0 */
  uint64_t seed;
  struct pyr__list oldest; /* all of them, the longest idle first */
};

/* What one turn of the loop does for all connections is bounded: what is left
 * is done in the next, first come, first served. */
struct pyr__turns {
  uv_check_t end;           /* of each turn */
  uv_idle_t later;          /* runs when somebody waits for the next turn */
  int64_t handshake_ns;     /* computed in this turn */
  int64_t reading_ns;       /* in this turn, with all that follows from bytes */
  struct pyr__list busy;    /* connections that compute on */
  struct pyr__list waiting; /* that have bytes to read; the first are due, and
                               read as soon as they may */
};

struct pyr__net {
  uv_loop_t *loop;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  struct pyr__alarms alarms;
  struct pyr__pool pool;
  struct pyr__http_client_stats stats;
  uint8_t *read_buffer;  /* one for all: reads are handed on at once */
  uint8_t *plain_buffer; /* the same, unwrapped; NULL before any TLS */
  struct pyr__turns turns;
  struct pyr__list deferred; /* requests that ended before they began */
  void (*run_deferred)(struct pyr__net *net);
  size_t handles; /* that are not closed yet */
  size_t sockets; /* of connections, also those that are being made */
  void (*on_closed)(struct pyr__net *net);
  bool is_closing;
};

struct pyr__conn_user {
  void (*on_bytes)(void *ctx, const uint8_t *data, size_t len);
  /* The peer closed (code 0), or reading or writing failed (UV_E*, or a code
   * of TLS, for which there is pyr__conn_error). */
  void (*on_end)(void *ctx, int code);
};

struct pyr__conn {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe; /* where peer.family is AF_UNIX */
  } socket;
  uv_connect_t connect;
  struct pyr__net *net;
  const struct pyr__conn_user *user; /* NULL: idle, or connecting */
  void *ctx;                         /* the user's, or the dial */
  struct pyr__tls *tls;              /* NULL: what is written is sent */
  struct pyr__unsent *unsent;        /* what the kernel did not take at once */
  struct pyr__address peer;
  const char *path;       /* of the peer's socket, where it is AF_UNIX */
  struct pyr__list link;  /* dial's attempts, or busy, or waiting */
  struct pyr__alarm idle; /* set while in the pool */
  struct pyr__list age;   /* in the pool's list */
  struct pyr__conn *next; /* in the pool's bucket */
  uint64_t hash;
  bool is_open;  /* connected, and counted so */
  bool is_held;  /* its user wants to read later */
  bool is_due;   /* is among the first of those that wait, and reads */
  uint8_t reads; /* in a row, since others had their turn */
  size_t origin_len;
  char origin[];
};

int pyr__net_init(struct pyr__net *net, uv_loop_t *loop,
                  struct pyr__memory *memory, const struct pyr__clock *clock,
                  pyr_error_t *err);
/* Closes what is the net's own; `on_closed` is called when every handle that
 * was counted is gone. */
void pyr__net_close(struct pyr__net *net);
void pyr__net_release(struct pyr__net *net);
/* Has `later` run in the next turn of the loop. */
void pyr__net_wake(struct pyr__net *net);
void pyr__net_handle_closed(struct pyr__net *net);

/* NULL: out of memory.  From here on only pyr__conn_close frees it.  `path` is
 * of a peer that is AF_UNIX, shorter than PYR__SOCKET_PATH. */
struct pyr__conn *pyr__conn_new(struct pyr__net *net, pyr_str_t origin,
                                const struct pyr__address *peer,
                                const char *path);
int pyr__conn_connect(struct pyr__conn *conn, uv_connect_cb cb);
struct pyr__conn *pyr__conn_of(const uv_stream_t *stream);
/* "127.0.0.1:80", "unix:/run/docker.sock" */
void pyr__conn_peer(const struct pyr__conn *conn, char out[PYR__PEER_TEXT]);
/* Starts reading for `user`; NULL: nobody, the pool. */
int pyr__conn_attach(struct pyr__conn *conn, const struct pyr__conn_user *user,
                     void *ctx);
/* Sends all, copying what does not go out at once; a failure later comes to
 * `on_end`. */
int pyr__conn_write(struct pyr__conn *conn, const void *data, size_t len);
bool pyr__conn_is_writing(const struct pyr__conn *conn);
/* Whether TLS has not come to an agreement yet. */
bool pyr__conn_is_shaking_hands(const struct pyr__conn *conn);
/* The text that belongs to a code of TLS; NULL: there is none. */
const pyr_error_t *pyr__conn_error(const struct pyr__conn *conn);
/* Reads nothing more but what has come already, until it is released. */
void pyr__conn_hold(struct pyr__conn *conn);
/* Reads on in the next turn, where it is held. */
void pyr__conn_release(struct pyr__conn *conn);
void pyr__conn_close(struct pyr__conn *conn);

/* conn_send.c: sends all, as it is; nothing may be under way. */
int pyr__conn_send(struct pyr__conn *conn, const void *data, size_t len);
/* Forgets what is under way, if anything is. */
void pyr__conn_drop_unsent(struct pyr__conn *conn);

/* For the stage between socket and user, conn_tls.c. */
/* Hands bytes to the user. */
void pyr__conn_deliver(struct pyr__conn *conn, const uint8_t *data, size_t len);
/* Tells the user of the end. */
void pyr__conn_ended(struct pyr__conn *conn, int code);
/* Others first: goes on in the next turn of the loop. */
void pyr__conn_pause(struct pyr__conn *conn);

#endif

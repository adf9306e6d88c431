#include "net/dial.h"

#include <stdio.h>
#include <string.h>

#include "net/pool.h"

struct pyr__dial {
  struct pyr__net *net;
  pyr__dial_cb cb;
  void *ctx;
  struct pyr__list attempts; /* connections that are connecting */
  struct pyr__alarm next_attempt;
  unsigned next;      /* address */
  pyr_error_t failed; /* of all attempts so far */
  char phase[PYR__PEER_TEXT + 16];
  char path[PYR__SOCKET_PATH]; /* of an address that is AF_UNIX */
  struct pyr__addresses addresses;
  size_t origin_len;
  char origin[];
};

static int try_next(struct pyr__dial *dial);

static void write_peer(const struct pyr__dial *dial,
                       const struct pyr__address *address,
                       char out[PYR__PEER_TEXT]) {
  if (address->family == AF_UNIX)
    snprintf(out, PYR__PEER_TEXT, "unix:%s", dial->path);
  else
    pyr__address_format(address, out);
}

static void note_failure(struct pyr__dial *dial,
                         const struct pyr__address *address, int rc) {
  char text[PYR__PEER_TEXT];
  size_t len = strlen(dial->failed.text);

  write_peer(dial, address, text);
  dial->failed.code = rc == UV_ENOMEM ? PYR__ENOMEM : PYR_ENET;
  snprintf(dial->failed.text + len, sizeof(dial->failed.text) - len,
           "%sconnect to %s: %s", len > 0 ? "; " : "", text, uv_strerror(rc));
}

static void close_attempts(struct pyr__dial *dial) {
  while (!pyr__list_is_empty(&dial->attempts))
    pyr__conn_close(
        pyr__container_of(dial->attempts.next, struct pyr__conn, link));
}

void pyr__dial_cancel(struct pyr__dial *dial) {
  close_attempts(dial);
  pyr__alarm_clear(&dial->next_attempt);
  pyr__free(dial->net->memory, dial);
}

static void finish(struct pyr__dial *dial, struct pyr__conn *conn) {
  pyr__dial_cb cb = dial->cb;
  void *ctx = dial->ctx;
  pyr_error_t failed = dial->failed;
  pyr__dial_cancel(dial);
  cb(ctx, conn, conn == NULL ? &failed : NULL);
}

static void on_connect(uv_connect_t *req, int status) {
  struct pyr__conn *conn = pyr__conn_of(req->handle);
  struct pyr__dial *dial = conn->ctx;

  if (uv_is_closing((uv_handle_t *)req->handle))
    return; /* lost or cancelled: the dial may be gone */
  if (status == 0) {
    pyr__list_remove(&conn->link);
    finish(dial, conn);
    return;
  }
  note_failure(dial, &conn->peer, status);
  pyr__conn_close(conn);
  if (try_next(dial) != 0)
    finish(dial, NULL);
}

/* Connections that nobody uses give way to one that is needed. */
static int begin(struct pyr__conn *conn) {
  struct pyr__net *net = conn->net;
  int rc;
  if (net->sockets > net->stats.most && !pyr__pool_drop_oldest(net))
    return UV_EMFILE;
  rc = pyr__conn_connect(conn, on_connect);
  if ((rc == UV_EMFILE || rc == UV_ENFILE) && pyr__pool_drop_oldest(net))
    rc = pyr__conn_connect(conn, on_connect);
  return rc;
}

static int attempt(struct pyr__dial *dial, const struct pyr__address *address) {
  struct pyr__conn *conn =
      pyr__conn_new(dial->net, (pyr_str_t){dial->origin, dial->origin_len},
                    address, dial->path);
  int rc;

  if (conn == NULL)
    return UV_ENOMEM;
  conn->ctx = dial;
  rc = begin(conn);
  if (rc != 0) {
    pyr__conn_close(conn);
    return rc;
  }
  pyr__list_add_before(&dial->attempts, &conn->link);
  return 0;
}

/* Starts the next attempt that can be; not 0 where nothing is left to wait
 * for. */
static int try_next(struct pyr__dial *dial) {
  pyr__alarm_clear(&dial->next_attempt);
  while (dial->next < dial->addresses.count) {
    const struct pyr__address *address = &dial->addresses.at[dial->next++];
    char text[PYR__PEER_TEXT];
    int rc = attempt(dial, address);
    if (rc != 0) {
      note_failure(dial, address, rc);
      continue;
    }
    write_peer(dial, address, text);
    snprintf(dial->phase, sizeof(dial->phase), "connecting to %s", text);
    if (dial->next < dial->addresses.count)
      pyr__alarm_set(&dial->net->alarms, &dial->next_attempt,
                     PYR__ALARM_CONNECT, PYR__CONNECT_DELAY_MS);
    return 0;
  }
  return pyr__list_is_empty(&dial->attempts) ? dial->failed.code : 0;
}

/* Nothing failed that was not noted, and what is under way goes on. */
static void on_next_attempt(struct pyr__alarm *alarm) {
  struct pyr__dial *dial =
      pyr__container_of(alarm, struct pyr__dial, next_attempt);
  if (try_next(dial) != 0)
    finish(dial, NULL);
}

static struct pyr__dial *make(struct pyr__net *net, pyr_str_t origin,
                              pyr__dial_cb cb, void *ctx) {
  struct pyr__dial *dial = pyr__calloc(net->memory, PYR__MEM_NET_CLIENT, 1,
                                       sizeof(*dial) + origin.len);
  if (dial == NULL)
    return NULL;
  dial->net = net;
  dial->cb = cb;
  dial->ctx = ctx;
  dial->origin_len = origin.len;
  memcpy(dial->origin, origin.base, origin.len);
  pyr__list_init(&dial->attempts);
  pyr__alarm_init(&dial->next_attempt, on_next_attempt);
  return dial;
}

static int start(struct pyr__dial **out, struct pyr__dial *dial,
                 pyr_error_t *err) {
  int rc = try_next(dial);
  if (rc != 0) {
    if (err != NULL)
      *err = dial->failed;
    pyr__dial_cancel(dial);
    return rc;
  }
  *out = dial;
  return 0;
}

int pyr__dial_start(struct pyr__dial **out, struct pyr__net *net,
                    pyr_str_t origin, uint16_t port,
                    const struct pyr__addresses *addresses, pyr__dial_cb cb,
                    void *ctx, pyr_error_t *err) {
  struct pyr__dial *dial = make(net, origin, cb, ctx);
  unsigned i;

  if (dial == NULL)
    return pyr__error_nomem(err);
  dial->addresses = *addresses;
  for (i = 0; i < addresses->count; i++)
    dial->addresses.at[i].port = port;
  return start(out, dial, err);
}

/* libuv cuts a path that is too long, and would reach another socket. */
int pyr__dial_start_unix(struct pyr__dial **out, struct pyr__net *net,
                         pyr_str_t origin, const char *path, pyr__dial_cb cb,
                         void *ctx, pyr_error_t *err) {
  size_t len = strlen(path);
  struct pyr__dial *dial;

  if (len == 0 || len >= PYR__SOCKET_PATH)
    return pyr__error(err, PYR_ENET,
                      "the path of a unix socket must have 1 to %d bytes, this "
                      "one has %zu",
                      PYR__SOCKET_PATH - 1, len);
  dial = make(net, origin, cb, ctx);
  if (dial == NULL)
    return pyr__error_nomem(err);
  memcpy(dial->path, path, len + 1);
  dial->addresses.count = 1;
  dial->addresses.at[0].family = AF_UNIX;
  return start(out, dial, err);
}

const char *pyr__dial_phase(const struct pyr__dial *dial) {
  return dial->phase;
}

/* Sending by send(2) alone: writes of libuv raise SIGPIPE in an embedder who
 * has not ignored it.  What the kernel does not take waits for it on a second
 * descriptor of the same socket, as libuv watches each but once. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_tls.h"

struct pyr__unsent {
  uv_poll_t poll;
  struct pyr__conn *conn;
  struct pyr__net *net;
  int fd;
  size_t len, sent;
  uint8_t bytes[];
};

static int send_some(int fd, const uint8_t *data, size_t len, size_t *sent) {
  ssize_t n;
  *sent = 0;
  do
    n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    *sent = (size_t)n;
  return n >= 0 || errno == EAGAIN ? 0 : -errno;
}

static void on_closed(uv_handle_t *handle) {
  struct pyr__unsent *unsent = handle->data;
  struct pyr__net *net = unsent->net;
  pyr__free(net->memory, unsent);
  pyr__net_handle_closed(net);
}

void pyr__conn_drop_unsent(struct pyr__conn *conn) {
  struct pyr__unsent *unsent = conn->unsent;
  if (unsent == NULL)
    return;
  conn->unsent = NULL;
  uv_close((uv_handle_t *)&unsent->poll, on_closed);
  close(unsent->fd);
}

/* An error of the socket is told by send() in its own words. */
static void on_ready(uv_poll_t *poll, int status, int events) {
  struct pyr__unsent *unsent = poll->data;
  struct pyr__conn *conn = unsent->conn;
  size_t sent;
  int rc = send_some(unsent->fd, unsent->bytes + unsent->sent,
                     unsent->len - unsent->sent, &sent);

  (void)events;
  unsent->sent += sent;
  if (rc == 0 && status < 0)
    rc = status;
  if (rc == 0 && unsent->sent < unsent->len)
    return;
  pyr__conn_drop_unsent(conn);
  if (conn->tls != NULL)
    rc = pyr__conn_tls_written(conn, rc);
  if (rc != 0)
    pyr__conn_ended(conn, rc);
}

/* On failure nothing of it is left. */
static int watch(struct pyr__unsent *unsent, int fd) {
  struct pyr__net *net = unsent->net;
  int rc;

  unsent->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  rc = unsent->fd < 0 ? -errno
                      : uv_poll_init(net->loop, &unsent->poll, unsent->fd);
  if (rc != 0) {
    if (unsent->fd >= 0)
      close(unsent->fd);
    pyr__free(net->memory, unsent);
    return rc;
  }
  net->handles++;
  unsent->poll.data = unsent;
  unsent->conn->unsent = unsent;
  rc = uv_poll_start(&unsent->poll, UV_WRITABLE, on_ready);
  if (rc != 0)
    pyr__conn_drop_unsent(unsent->conn);
  return rc;
}

int pyr__conn_send(struct pyr__conn *conn, const void *data, size_t len) {
  struct pyr__net *net = conn->net;
  struct pyr__unsent *unsent;
  uv_os_fd_t fd;
  size_t sent;
  int rc = uv_fileno(&conn->socket.handle, &fd);

  if (rc == 0)
    rc = send_some(fd, data, len, &sent);
  if (rc != 0 || sent == len)
    return rc;
  unsent = pyr__alloc(net->memory, PYR__MEM_NET_SECRETS,
                      sizeof(*unsent) + len - sent);
  if (unsent == NULL)
    return PYR__ENOMEM;
  memset(unsent, 0, sizeof(*unsent));
  unsent->conn = conn;
  unsent->net = net;
  unsent->len = len - sent;
  memcpy(unsent->bytes, (const uint8_t *)data + sent, unsent->len);
  return watch(unsent, fd);
}

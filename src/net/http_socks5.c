/* SOCKS5: between a connection to a proxy and what goes over it. */
#include "net/http_request.h"

static int blame(struct pyr__http_request *request) {
  char host[PYR__URL_ADDRESS_TEXT];
  pyr__url_format_address(&request->url, host);
  (void)pyr__error_prefix(&request->error, "SOCKS5 to %s: ", host);
  return pyr__http_way_blame_proxy(request);
}

static int send_out(struct pyr__http_request *request, struct pyr__buf *out) {
  int rc = 0;
  if (out->len > 0)
    rc = pyr__conn_write(request->conn, out->data, out->len);
  return rc == 0 ? 0 : pyr__http_way_conn_error(request, rc, "send: ");
}

static struct pyr__buf no_bytes(const struct pyr__http_request *request) {
  struct pyr__buf out;
  pyr__buf_init(&out, request->client->net.memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_HEADER_BYTES);
  return out;
}

static void on_bytes(void *ctx, const uint8_t *data, size_t len) {
  struct pyr__http_request *request = ctx;
  struct pyr__buf out = no_bytes(request);
  size_t used;
  int rc = pyr__socks5_feed(&request->socks, data, len, &used, &out,
                            &request->error);

  request->busy++;
  if (rc == 0)
    rc = send_out(request, &out);
  if (rc == 1)
    rc = pyr__http_way_open(request, len - used, blame);
  else if (rc < 0)
    rc = blame(request);
  pyr__buf_release(&out);
  if (rc != 0)
    pyr__http_request_end(request, rc);
  pyr__http_request_leave(request);
}

static void on_end(void *ctx, int code) {
  struct pyr__http_request *request = ctx;
  if (code == 0)
    (void)pyr__error(&request->error, PYR_EPROXY, "connection closed %s",
                     request->socks.step == PYR__SOCKS5_METHOD
                         ? "before it said anything that is SOCKS5"
                         : "before it was connected");
  else
    (void)pyr__http_way_conn_error(request, code, "");
  pyr__http_request_end(request, blame(request));
}

int pyr__http_socks5_begin(struct pyr__http_request *request,
                           struct pyr__conn *conn) {
  static const struct pyr__conn_user user = {on_bytes, on_end};
  struct pyr__buf out = no_bytes(request);
  int rc;

  request->conn = conn;
  request->step = PYR__HTTP_TUNNELLING;
  rc = pyr__socks5_begin(&request->socks, request->url.host, request->url.port,
                         request->proxy->authorization, &out, &request->error);
  if (rc == 0 && (rc = pyr__conn_attach(conn, &user, request)) != 0)
    (void)pyr__http_way_conn_error(request, rc, "read: ");
  if (rc == 0)
    rc = send_out(request, &out);
  pyr__buf_release(&out);
  return rc == 0 ? 0 : blame(request);
}

/* CONNECT: between a connection to a proxy and what goes over it. */
#include "base/str.h"
#include "net/http_access.h"
#include "net/http_request.h"

enum { REASON_MAX = 64 };

/* ---- the answer --------------------------------------------------------- */

static int on_head(void *ctx, const struct pyr__http_parse_head *head,
                   pyr_error_t *err) {
  const struct pyr__http_request *request = ctx;
  char host[PYR__URL_ADDRESS_TEXT], reason[REASON_MAX];

  if (head->head.status / 100 == 2)
    return 0;
  pyr__url_format_address(&request->url, host);
  pyr__str_escape(reason, sizeof(reason), head->head.reason);
  return pyr__error(err, PYR_EPROXY, "proxy %s answered %d%s%s to CONNECT %s",
                    request->proxy->name, head->head.status,
                    reason[0] == '\0' ? "" : " ", reason, host);
}

/* Never called: the answer to CONNECT has no body. */
static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  (void)ctx;
  (void)data;
  (void)len;
  (void)err;
  return 0;
}

static const struct pyr__http_parse_events events = {on_head, on_body};

static int blame(struct pyr__http_request *request) {
  char host[PYR__URL_ADDRESS_TEXT];
  if (request->error.code == PYR_EPROXY)
    return PYR_EPROXY;
  pyr__url_format_address(&request->url, host);
  (void)pyr__error_prefix(&request->error, "CONNECT %s: ", host);
  return pyr__http_way_blame_proxy(request);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t len) {
  struct pyr__http_request *request = ctx;
  size_t used;
  int rc =
      pyr__http_parse_feed(&request->parse, data, len, &used, &request->error);

  request->busy++;
  if (rc == 1)
    rc = pyr__http_way_open(request, len - used, blame);
  else if (rc < 0)
    rc = blame(request);
  if (rc != 0)
    pyr__http_request_end(request, rc);
  pyr__http_request_leave(request);
}

static void on_end(void *ctx, int code) {
  struct pyr__http_request *request = ctx;
  if (code == 0)
    (void)pyr__http_parse_finish(&request->parse, &request->error);
  else
    (void)pyr__http_way_conn_error(request, code, "");
  pyr__http_request_end(request, blame(request));
}

/* ---- the request -------------------------------------------------------- */

static int write_connect(struct pyr__http_request *request,
                         struct pyr__buf *out) {
  char host[PYR__URL_ADDRESS_TEXT];
  int rc;

  pyr__url_format_address(&request->url, host);
  rc = pyr__buf_add_format(out,
                           "CONNECT %s HTTP/1.1\r\nHost: %s\r\n"
                           "User-Agent: pyrite/" PYR_VERSION "\r\n",
                           host, host);
  if (rc == 0)
    rc = pyr__proxy_write_authorization(out, request->proxy);
  if (rc != 0)
    return pyr__headers_error(rc, &request->error);
  rc = pyr__http_access_write_connect(request->access, out, &request->error);
  return rc != 0 ? rc
                 : pyr__headers_error(pyr__buf_add_text(out, "\r\n"),
                                      &request->error);
}

static int send_connect(struct pyr__http_request *request) {
  struct pyr__buf out;
  int rc;

  pyr__buf_init(&out, request->client->net.memory, PYR__MEM_NET_SECRETS,
                2 * PYR__LIMIT_HEADER_BYTES);
  rc = write_connect(request, &out);
  if (rc == 0) {
    rc = pyr__conn_write(request->conn, out.data, out.len);
    if (rc != 0)
      rc = pyr__http_way_conn_error(request, rc, "send: ");
  }
  pyr__buf_release(&out);
  return rc;
}

int pyr__http_tunnel_begin(struct pyr__http_request *request,
                           struct pyr__conn *conn) {
  static const struct pyr__conn_user user = {on_bytes, on_end};
  int rc;

  request->conn = conn;
  request->step = PYR__HTTP_TUNNELLING;
  pyr__http_parse_release(&request->parse);
  pyr__http_parse_init(&request->parse, request->client->net.memory, &events,
                       request);
  request->parse.is_connect = true;
  rc = pyr__conn_attach(conn, &user, request);
  if (rc != 0)
    rc = pyr__http_way_conn_error(request, rc, "read: ");
  else
    rc = send_connect(request);
  return rc == 0 ? 0 : blame(request);
}

#include "net/http_request.h"

#include <string.h>

#include "net/http_access.h"
#include "net/http_mask.h"
#include "net/pool.h"

static const char usual_headers[] = "Accept: */*\r\nAccept-Encoding: gzip\r\n";

static void on_resolved(struct pyr__lookup *lookup,
                        const struct pyr__addresses *addresses,
                        const pyr_error_t *err);

/* Gives back what a hop holds: of lookup, dial and connection it has one. */
static void leave_hop(struct pyr__http_request *request) {
  pyr__oauth2_leave(&request->waiter);
  pyr__lookup_cancel(&request->lookup);
  if (request->dial != NULL)
    pyr__dial_cancel(request->dial);
  request->dial = NULL;
  if (request->conn != NULL)
    pyr__conn_close(request->conn);
  request->conn = NULL;
}

static void free_request(struct pyr__http_request *request) {
  struct pyr__memory *memory = request->client->net.memory;
  pyr__http_parse_release(&request->parse);
  pyr__http_quote_release(&request->quote);
  pyr__url_release(&request->url);
  pyr__url_release(&request->next);
  pyr__http_way_release(request);
  pyr__http_request_forget(request);
  pyr__http_access_unref(request->access);
  pyr__free(memory, request->headers);
  pyr__buf_release(&request->tail);
  pyr__free(memory, request->unix_socket);
  pyr__free(memory, request);
}

void pyr__http_request_leave(struct pyr__http_request *request) {
  if (--request->busy == 0 && request->is_done)
    free_request(request);
}

static void mask_secrets(struct pyr__http_request *request) {
  const struct pyr__buf *credentials = &request->credentials;
  char *text = request->error.text;
  pyr_error_t original = request->error;
  pyr__http_mask_lines(
      text, original.text,
      (pyr_str_t){(const char *)credentials->data, credentials->len});
  if (request->headers != NULL)
    pyr__http_mask_lines(text, original.text, pyr__str(request->headers));
  if (request->proxy != NULL && request->proxy->kind == PYR__PROXY_HTTP)
    pyr__http_mask_lines(text, original.text, request->proxy->authorization);
}

void pyr__http_request_end(struct pyr__http_request *request, int code) {
  struct pyr__http_done done = {.code = code};

  if (request->is_done)
    return;
  request->error.code = code;
  if (code != 0 && request->error.text[0] == '\0')
    pyr__error(&request->error, code, "%s", pyr_strerror(code));
  if (request->is_starting) {
    struct pyr__net *net = &request->client->net;
    request->step = PYR__HTTP_FAILED_EARLY;
    pyr__list_add_before(&net->deferred, &request->deferred);
    pyr__net_wake(net);
    return;
  }
  request->is_done = true;
  if (code != 0)
    mask_secrets(request);
  pyr__list_remove(&request->link);
  pyr__list_remove(&request->deferred);
  leave_hop(request);
  done.status = request->status;
  done.wire_bytes = request->parse.body_bytes;
  done.error = code == 0 ? NULL : &request->error;
  done.reused_connection = request->is_reused;
  done.redirect_refused = request->redirect_refused;
  done.other_hosts = request->other_hosts;
  request->busy++;
  request->handler.on_done(request->handler.ctx, &done);
  pyr__http_request_leave(request);
}

bool pyr__http_request_may_retry(const struct pyr__http_request *request) {
  return request->is_reused && !request->was_retried &&
         request->parse.received == 0;
}

/* A proxy is told the whole URL, and who asks it. */
static int write_target(struct pyr__buf *out,
                        const struct pyr__http_request *request) {
  const struct pyr__url *url = &request->url;
  int rc = pyr__buf_add_format(out, "%s ", request->method);
  if (rc == 0 && pyr__http_way_is_proxied(request))
    rc = pyr__buf_add(out, url->origin.base, url->origin.len);
  if (rc == 0)
    rc = pyr__buf_add(out, url->target.base, url->target.len);
  if (rc == 0)
    rc = pyr__buf_add_text(out, " HTTP/1.1\r\nHost: ");
  if (rc == 0)
    rc = pyr__buf_add(out, url->authority.base, url->authority.len);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "\r\n");
  if (rc == 0 && pyr__http_way_is_proxied(request))
    rc = pyr__proxy_write_authorization(out, request->proxy);
  return rc;
}

static int write_text(struct pyr__buf *out,
                      const struct pyr__http_request *request) {
  const struct pyr__buf *credentials = &request->credentials;
  int rc = write_target(out, request);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "User-Agent: pyrite/" PYR_VERSION "\r\n");
  if (rc == 0)
    rc = pyr__buf_add_text(out, request->headers != NULL ? request->headers
                                                         : usual_headers);
  if (rc == 0 && credentials->len > 0)
    rc = pyr__buf_add(out, credentials->data, credentials->len);
  if (rc == 0 && request->tail.len > 0)
    rc = pyr__buf_add(out, request->tail.data, request->tail.len);
  else if (rc == 0)
    rc = pyr__buf_add_text(out, "\r\n");
  return rc;
}

static int send_text(struct pyr__http_request *request) {
  struct pyr__buf out;
  int rc;
  pyr__buf_init(&out, request->client->net.memory, PYR__MEM_NET_SECRETS,
                2 * PYR__LIMIT_URL_BYTES + 3 * PYR__LIMIT_HEADER_BYTES +
                    PYR__LIMIT_SENT_BYTES + PYR__LIMIT_SENT_HEAD);
  rc = pyr__headers_error(write_text(&out, request), &request->error);
  if (rc == 0) {
    rc = pyr__conn_write(request->conn, out.data, out.len);
    if (rc != 0)
      rc = pyr__http_way_conn_error(request, rc, "send: ");
  }
  pyr__buf_release(&out);
  return rc;
}

int pyr__http_request_use(struct pyr__http_request *request,
                          struct pyr__conn *conn) {
  int rc;

  request->conn = conn;
  request->step = PYR__HTTP_WAITING;
  pyr__http_parse_release(&request->parse);
  pyr__http_parse_init(&request->parse, request->client->net.memory,
                       &pyr__http_response_events, request);
  rc = pyr__conn_attach(conn, &pyr__http_response_user, request);
  if (rc != 0)
    rc = pyr__http_way_conn_error(request, rc, "read: ");
  if (rc == 0)
    rc = pyr__http_way_secure(request);
  if (rc == 0)
    rc = send_text(request);
  if (rc == 0)
    return 0;
  if (rc != PYR__ENOMEM)
    rc = pyr__http_way_blame(request);
  pyr__conn_close(conn);
  request->conn = NULL;
  return pyr__http_request_may_retry(request)
             ? pyr__http_request_go(request, true)
             : rc;
}

static int go_on(struct pyr__http_request *request, struct pyr__conn *conn) {
  int rc = pyr__http_way_secure_proxy(request, conn);

  if (rc != 0) {
    pyr__conn_close(conn);
    return pyr__http_way_blame_proxy(request);
  }
  if (request->proxy == NULL || pyr__http_way_is_proxied(request))
    return pyr__http_request_use(request, conn);
  return request->proxy->kind == PYR__PROXY_SOCKS5
             ? pyr__http_socks5_begin(request, conn)
             : pyr__http_tunnel_begin(request, conn);
}

static void on_dialed(void *ctx, struct pyr__conn *conn,
                      const pyr_error_t *err) {
  struct pyr__http_request *request = ctx;
  int rc;

  request->dial = NULL;
  if (conn == NULL) {
    request->error = *err;
    pyr__http_request_end(request, pyr__http_way_blame_proxy(request));
    return;
  }
  rc = go_on(request, conn);
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

/* Whom the connection is made to: the proxy alone asks for the other's name. */
static const struct pyr__url *
next_stop(const struct pyr__http_request *request) {
  return request->proxy != NULL ? &request->proxy->url : &request->url;
}

static int dial(struct pyr__http_request *request,
                const struct pyr__addresses *addresses) {
  int rc;
  request->step = PYR__HTTP_CONNECTING;
  rc = pyr__dial_start(&request->dial, &request->client->net, request->key,
                       next_stop(request)->port, addresses, on_dialed, request,
                       &request->error);
  return rc == 0 ? 0 : pyr__http_way_blame_proxy(request);
}

static int dial_unix(struct pyr__http_request *request) {
  request->step = PYR__HTTP_CONNECTING;
  return pyr__dial_start_unix(&request->dial, &request->client->net,
                              request->key, request->unix_socket, on_dialed,
                              request, &request->error);
}

static void on_resolved(struct pyr__lookup *lookup,
                        const struct pyr__addresses *addresses,
                        const pyr_error_t *err) {
  struct pyr__http_request *request =
      pyr__container_of(lookup, struct pyr__http_request, lookup);
  int rc;

  if (addresses != NULL) {
    rc = dial(request, addresses);
  } else {
    request->error = *err;
    rc = pyr__http_way_blame_proxy(request);
  }
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

/* ---- who we are --------------------------------------------------------- */

static struct pyr__oauth2 *oauth2_of(const struct pyr__http_request *request) {
  return request->access == NULL ? NULL
                                 : pyr__http_access_oauth2(request->access);
}

static int introduce(struct pyr__http_request *request) {
  int rc = 0;
  if (oauth2_of(request) != NULL)
    request->token_serial = pyr__oauth2_serial(oauth2_of(request));
  if (request->access != NULL)
    rc = pyr__http_access_write(request->access, &request->credentials,
                                &request->error);
  return rc == 0 ? pyr__http_request_go(request, request->tail.len > 0) : rc;
}

static void on_token(struct pyr__oauth2_waiter *waiter,
                     const pyr_error_t *err) {
  struct pyr__http_request *request =
      pyr__container_of(waiter, struct pyr__http_request, waiter);
  int rc = err == NULL ? introduce(request) : err->code;
  if (err != NULL)
    request->error = *err;
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

int pyr__http_request_begin(struct pyr__http_request *request) {
  int rc = 1;
  if (oauth2_of(request) != NULL) {
    request->step = PYR__HTTP_AUTHORIZING;
    request->waiter.ready = on_token;
    rc = pyr__oauth2_get(oauth2_of(request), &request->waiter, &request->error);
  }
  return rc == 1 ? introduce(request) : rc;
}

bool pyr__http_request_may_renew(const struct pyr__http_request *request) {
  return oauth2_of(request) != NULL && request->credentials.len > 0 &&
         !request->was_renewed;
}

int pyr__http_request_renew(struct pyr__http_request *request) {
  request->was_renewed = true;
  pyr__oauth2_refuse(oauth2_of(request), request->token_serial);
  pyr__buf_release(&request->credentials);
  return pyr__http_request_begin(request);
}

void pyr__http_request_forget(struct pyr__http_request *request) {
  pyr__buf_release(&request->credentials);
}

int pyr__http_request_go(struct pyr__http_request *request, bool fresh) {
  struct pyr__http_client *client = request->client;
  struct pyr__addresses addresses;
  struct pyr__conn *conn;
  int rc;

  rc = pyr__http_way_choose(request);
  if (rc != 0)
    return rc;
  request->was_retried = fresh;
  conn = fresh ? NULL : pyr__pool_take(&client->net, request->key);
  request->is_reused = conn != NULL;
  if (conn != NULL)
    return pyr__http_request_use(request, conn);
  if (request->unix_socket != NULL)
    return dial_unix(request);
  request->step = PYR__HTTP_RESOLVING;
  request->lookup.done = on_resolved;
  rc = pyr__resolver_get(&client->resolver, &request->lookup,
                         next_stop(request)->host, &addresses, &request->error);
  if (rc == 1)
    return dial(request, &addresses);
  return rc == 0 ? 0 : pyr__http_way_blame_proxy(request);
}

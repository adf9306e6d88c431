/* What a hop's connection is made with and over: setup, proxy, socket. */

#include "base/buf.h"
#include "net/conn_tls.h"
#include "net/http_access.h"
#include "net/http_request.h"
#include "net/tls_config.h"

static void leave_setup(struct pyr__http_request *request) {
  pyr__free(request->client->net.memory, request->key_text);
  pyr__tls_setup_unref(request->setup);
  request->key_text = NULL;
  request->setup = NULL;
}

void pyr__http_way_release(struct pyr__http_request *request) {
  leave_setup(request);
  pyr__tls_config_unref(request->tls);
  request->tls = NULL;
}

static int usual_config(struct pyr__http_client *client,
                        struct pyr__tls_config **out, pyr_error_t *err) {
  static const struct pyr__tls_options nothing = {.name = "TLS"};
  int rc = 0;
  if (client->tls_usual == NULL)
    rc = pyr__tls_config_new(&client->tls_usual, client->tls, &nothing, err);
  *out = client->tls_usual;
  return rc;
}

/* The origin, by which setup, over which proxy or socket.  A setup's address is
 * its name: a connection in the pool keeps its setup, so no other can be in its
 * place.  A proxy has no name that says with what secrets it was asked, but the
 * access does. */
static int write_key(struct pyr__http_request *request) {
  struct pyr__buf text;
  int rc;

  pyr__buf_init(&text, request->client->net.memory, PYR__MEM_NET_CLIENT,
                2 * PYR__LIMIT_URL_BYTES + PYR__SOCKET_PATH + 64);
  rc = pyr__buf_add(&text, request->url.origin.base, request->url.origin.len);
  if (rc == 0 && request->setup != NULL)
    rc = pyr__buf_add_format(&text, " by %p", (void *)request->setup);
  if (rc == 0 && request->proxy != NULL)
    rc = pyr__buf_add_format(
        &text, " over %s as %llu", request->proxy->name,
        (unsigned long long)pyr__http_access_number(request->access));
  if (rc == 0 && request->unix_socket != NULL)
    rc = pyr__buf_add_format(&text, " over %.*s", PYR__SOCKET_PATH,
                             request->unix_socket);
  request->key_text = (char *)text.data;
  request->key = (pyr_str_t){request->key_text, text.len};
  return rc == 0 ? 0 : pyr__error_nomem(&request->error);
}

static void choose_proxy(struct pyr__http_request *request) {
  request->proxy = NULL;
  if (request->unix_socket == NULL && request->access != NULL)
    request->proxy = pyr__http_access_proxy(request->access, &request->url);
}

static bool is_tls_proxy(const struct pyr__http_request *request) {
  return request->proxy != NULL && request->proxy->url.is_https;
}

/* One for the host and for a proxy, as in Go. */
static int choose_setup(struct pyr__http_request *request) {
  struct pyr__tls_config *config = request->tls;
  struct pyr__tls_setup *setup;
  int rc = 0;

  if (config == NULL)
    rc = usual_config(request->client, &config, &request->error);
  if (rc == 0)
    rc = pyr__tls_config_setup(config, &setup, &request->error);
  if (rc == 0)
    request->setup = pyr__tls_setup_ref(setup);
  return rc;
}

int pyr__http_way_choose(struct pyr__http_request *request) {
  int rc = 0;

  leave_setup(request);
  request->key = request->url.origin;
  choose_proxy(request);
  if (request->url.is_https || is_tls_proxy(request))
    rc = choose_setup(request);
  if (rc != 0 || (request->setup == NULL && request->proxy == NULL &&
                  request->unix_socket == NULL))
    return rc;
  return write_key(request);
}

/* Its sessions are those of a proxy: the host of the same name may have been
 * verified by another one. */
int pyr__http_way_secure_proxy(struct pyr__http_request *request,
                               struct pyr__conn *conn) {
  char origin[PYR__URL_ADDRESS_TEXT + sizeof("proxy ")];
  struct pyr__tls_peer peer = {.origin = {origin, 0}, .is_proxy = true};

  if (!is_tls_proxy(request))
    return 0;
  peer.origin.len = (size_t)snprintf(origin, sizeof(origin), "proxy %s",
                                     request->proxy->name);
  peer.host = request->proxy->url.host;
  return pyr__conn_secure(conn, request->setup, peer, &request->error);
}

int pyr__http_way_secure(struct pyr__http_request *request) {
  struct pyr__conn *conn = request->conn;
  struct pyr__tls_peer peer = {.origin = {conn->origin, conn->origin_len},
                               .host = request->url.host};

  if (!request->url.is_https || request->is_reused)
    return 0;
  return pyr__conn_secure(conn, request->setup, peer, &request->error);
}

bool pyr__http_way_is_proxied(const struct pyr__http_request *request) {
  return request->proxy != NULL && request->proxy->kind == PYR__PROXY_HTTP &&
         !request->url.is_https;
}

int pyr__http_way_conn_error(struct pyr__http_request *request, int code,
                             const char *doing) {
  const pyr_error_t *of_tls = pyr__conn_error(request->conn);

  if (code == PYR__ENOMEM)
    return pyr__error_nomem(&request->error);
  if (of_tls == NULL)
    return pyr__error(&request->error, PYR_ENET, "%s%s", doing,
                      uv_strerror(code));
  request->error = *of_tls;
  return pyr__error_prefix(&request->error, "TLS: ");
}

int pyr__http_way_blame(struct pyr__http_request *request) {
  char peer[PYR__PEER_TEXT], host[PYR__URL_ADDRESS_TEXT];

  if (request->error.code == PYR_ETLS && !request->url.is_https)
    return pyr__http_way_blame_proxy(request);
  if (request->proxy == NULL) {
    pyr__conn_peer(request->conn, peer);
    return pyr__error_prefix(&request->error, "%s: ", peer);
  }
  pyr__url_format_address(&request->url, host);
  return pyr__error_prefix(&request->error, "%s over proxy %s: ", host,
                           request->proxy->name);
}

int pyr__http_way_blame_proxy(struct pyr__http_request *request) {
  if (request->proxy == NULL || request->error.code == PYR__ENOMEM)
    return request->error.code;
  request->error.code = PYR_EPROXY;
  return pyr__error_prefix(&request->error, "proxy %s: ", request->proxy->name);
}

int pyr__http_way_open(struct pyr__http_request *request, size_t more,
                       int (*blame)(struct pyr__http_request *request)) {
  struct pyr__conn *conn = request->conn;
  if (more > 0) {
    (void)pyr__error(&request->error, PYR_EHTTP,
                     "%zu bytes came behind the answer", more);
    return blame(request);
  }
  request->conn = NULL;
  return pyr__http_request_use(request, conn);
}

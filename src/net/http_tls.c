#include <stdio.h>

#include "base/buf.h"
#include "net/conn_tls.h"
#include "net/http_request.h"
#include "net/tls_config.h"

static void leave_setup(struct pyr__http_request *request) {
  pyr__free(request->client->net.memory, request->key_text);
  pyr__tls_setup_unref(request->setup);
  request->key_text = NULL;
  request->setup = NULL;
}

void pyr__http_tls_release(struct pyr__http_request *request) {
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

/* The origin, by which setup, over which socket.  A setup's address is its
 * name: a connection in the pool keeps its setup, so no other can be in its
 * place. */
static int write_key(struct pyr__http_request *request) {
  struct pyr__buf text;
  int rc;

  pyr__buf_init(&text, request->client->net.memory, PYR__MEM_NET_CLIENT,
                PYR__LIMIT_URL_BYTES + PYR__SOCKET_PATH + 64);
  rc = pyr__buf_add(&text, request->url.origin.base, request->url.origin.len);
  if (rc == 0 && request->setup != NULL)
    rc = pyr__buf_add_format(&text, " by %p", (void *)request->setup);
  if (rc == 0 && request->unix_socket != NULL)
    rc = pyr__buf_add_format(&text, " over %.*s", PYR__SOCKET_PATH,
                             request->unix_socket);
  request->key_text = (char *)text.data;
  request->key = (pyr_str_t){request->key_text, text.len};
  return rc == 0 ? 0 : pyr__error_nomem(&request->error);
}

int pyr__http_tls_choose(struct pyr__http_request *request) {
  struct pyr__tls_config *config = request->tls;
  struct pyr__tls_setup *setup;
  int rc = 0;

  leave_setup(request);
  request->key = request->url.origin;
  if (!request->url.is_https)
    return request->unix_socket == NULL ? 0 : write_key(request);
  if (config == NULL)
    rc = usual_config(request->client, &config, &request->error);
  if (rc == 0)
    rc = pyr__tls_config_setup(config, &setup, &request->error);
  if (rc != 0)
    return rc;
  request->setup = pyr__tls_setup_ref(setup);
  return write_key(request);
}

int pyr__http_tls_begin(struct pyr__http_request *request) {
  if (request->setup == NULL || request->conn->tls != NULL)
    return 0;
  return pyr__conn_secure(request->conn, request->setup, request->url.host,
                          &request->error);
}

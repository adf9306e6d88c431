#include "net/http_client.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/http_access.h"
#include "net/http_request.h"
#include "net/tls_config.h"

static void on_all_closed(struct pyr__net *net) {
  struct pyr__http_client *client =
      pyr__container_of(net, struct pyr__http_client, net);
  void (*cb)(void *ctx) = client->close_cb;
  void *ctx = client->close_ctx;
  pyr__net_release(net);
  pyr__tls_config_unref(client->tls_usual);
  pyr__tls_shared_unref(client->tls);
  pyr__free(net->memory, client);
  if (cb != NULL)
    cb(ctx);
}

/* Requests that failed inside pyr__http_start. */
static void run_deferred(struct pyr__net *net) {
  struct pyr__list deferred;
  pyr__list_init(&deferred);
  pyr__list_move(&deferred, &net->deferred);
  while (!pyr__list_is_empty(&deferred)) {
    struct pyr__http_request *request =
        pyr__container_of(deferred.next, struct pyr__http_request, deferred);
    pyr__http_request_end(request, request->error.code);
  }
}

static int take_tls(struct pyr__http_client *client,
                    const struct pyr__http_client_options *options,
                    pyr_error_t *err) {
  struct pyr__tls_shared_options shared = {.trust_path = NULL};

  if (options != NULL)
    shared.clock = options->clock;
  if (options == NULL || options->tls == NULL)
    return pyr__tls_shared_new(&client->tls, client->net.memory, &shared, err);
  client->tls = pyr__tls_shared_ref(options->tls);
  return 0;
}

int pyr__http_client_new(struct pyr__http_client **out, uv_loop_t *loop,
                         struct pyr__memory *memory,
                         const struct pyr__http_client_options *options,
                         pyr_error_t *err) {
  struct pyr__http_client *client =
      pyr__calloc(memory, PYR__MEM_NET_CLIENT, 1, sizeof(*client));
  struct pyr__dns_options dns = {.clock = pyr__clock_system()};
  int rc;

  if (client == NULL)
    return pyr__error_nomem(err);
  if (options != NULL) {
    dns.servers = options->dns_servers;
    dns.only_servers = options->only_loopback_dns;
    if (options->clock.monotonic_ns != NULL)
      dns.clock = options->clock;
  }
  pyr__list_init(&client->requests);
  /* What can fail comes first: handles, once made, can only be closed by
   * turning the loop. */
  client->net.memory = memory;
  client->net.loop = loop;
  rc = take_tls(client, options, err);
  if (rc == 0)
    rc = pyr__resolver_init(&client->resolver, &client->net, &dns, err);
  if (rc == 0) {
    rc = pyr__net_init(&client->net, loop, memory, &dns.clock, err);
    if (rc != 0)
      pyr__resolver_close(&client->resolver);
  }
  if (rc != 0) {
    pyr__tls_shared_unref(client->tls);
    pyr__free(memory, client);
    return rc;
  }
  client->net.on_closed = on_all_closed;
  client->net.run_deferred = run_deferred;
  *out = client;
  return 0;
}

void pyr__http_client_close(struct pyr__http_client *client,
                            void (*cb)(void *ctx), void *ctx) {
  client->close_cb = cb;
  client->close_ctx = ctx;
  client->net.is_closing = true;
  while (!pyr__list_is_empty(&client->requests))
    pyr__http_cancel(pyr__container_of(client->requests.next,
                                       struct pyr__http_request, link),
                     PYR_ECANCELED, "stopped");
  pyr__resolver_close(&client->resolver);
  pyr__net_close(&client->net);
}

const struct pyr__http_client_stats *
pyr__http_client_stats(const struct pyr__http_client *client) {
  return &client->net.stats;
}

struct pyr__tls_shared *pyr__http_client_tls(struct pyr__http_client *client) {
  return client->tls;
}

struct pyr__dns *pyr__http_client_dns(struct pyr__http_client *client) {
  return &client->resolver.dns;
}

/* NULL stays NULL. */
static int copy_text(struct pyr__memory *memory, enum pyr__purpose purpose,
                     char **out, const char *text) {
  if (text == NULL)
    return 0;
  *out = pyr__copy_text(memory, purpose, pyr__str(text));
  return *out != NULL ? 0 : PYR__ENOMEM;
}

/* What follows the headers, as it goes out. */
static int take_content(struct pyr__http_request *request,
                        struct pyr__memory *memory,
                        const struct pyr__http_content *content) {
  int rc = 0;

  pyr__buf_init(&request->tail, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_SENT_BYTES + PYR__LIMIT_SENT_HEAD);
  snprintf(request->method, sizeof(request->method), "%s",
           content == NULL ? "GET" : content->method);
  if (content == NULL)
    return 0;
  if (content->type != NULL)
    rc = pyr__buf_add_format(&request->tail, "Content-Type: %s\r\n",
                             content->type);
  if (rc == 0)
    rc = pyr__buf_add_format(&request->tail, "Content-Length: %zu\r\n\r\n",
                             content->body.len);
  if (rc == 0 && content->body.len > 0)
    rc = pyr__buf_add(&request->tail, content->body.base, content->body.len);
  return rc;
}

static int take_options(struct pyr__http_request *request,
                        struct pyr__memory *memory,
                        const struct pyr__http_options *options) {
  int rc = take_content(request, memory, options->content);
  if (rc == 0)
    rc = copy_text(memory, PYR__MEM_NET_SECRETS, &request->headers,
                   options->headers);
  if (rc == 0)
    rc = copy_text(memory, PYR__MEM_NET_CLIENT, &request->unix_socket,
                   options->unix_socket);
  return rc;
}

static struct pyr__http_request *
make_request(struct pyr__memory *memory, const char *url,
             const struct pyr__http_options *options, pyr_error_t *err,
             int *rc) {
  struct pyr__http_request *request =
      pyr__calloc(memory, PYR__MEM_NET_CLIENT, 1, sizeof(*request));

  *rc = request == NULL ? PYR__ENOMEM : take_options(request, memory, options);
  if (*rc == 0)
    *rc = pyr__url_parse(&request->url, memory, pyr__str(url), err);
  else if (*rc == PYR_ELIMIT)
    *rc = pyr__error(err, PYR_ELIMIT, "the request is longer than %zu bytes",
                     PYR__LIMIT_SENT_BYTES);
  else
    *rc = pyr__error_nomem(err);
  if (*rc == 0 || request == NULL)
    return request;
  pyr__free(memory, request->headers);
  pyr__buf_release(&request->tail);
  pyr__free(memory, request->unix_socket);
  pyr__free(memory, request);
  return NULL;
}

static void take_access(struct pyr__http_request *request,
                        const struct pyr__http_options *options) {
  struct pyr__tls_config *tls = NULL;

  pyr__buf_init(&request->credentials, request->client->net.memory,
                PYR__MEM_NET_SECRETS, PYR__LIMIT_HEADER_BYTES);
  if (options->access != NULL) {
    request->access = pyr__http_access_ref(options->access);
    tls = pyr__http_access_tls(options->access);
  }
  if (tls != NULL)
    request->tls = pyr__tls_config_ref(tls);
}

int pyr__http_start(struct pyr__http_client *client, const char *url,
                    const struct pyr__http_options *options,
                    const struct pyr__http_handler *handler,
                    struct pyr__http_request **out, pyr_error_t *err) {
  struct pyr__memory *memory = client->net.memory;
  struct pyr__http_request *request;
  int rc;

  if (client->net.is_closing)
    return pyr__error(err, PYR_ECANCELED, "stopped");
  request = make_request(memory, url, options, err, &rc);
  if (request == NULL)
    return rc;
  request->client = client;
  request->handler = *handler;
  request->follow_other_hosts = options->follow_other_hosts;
  request->any_status = options->any_status;
  take_access(request, options);
  pyr__list_init(&request->waiter.link);
  pyr__list_init(&request->deferred);
  pyr__list_init(&request->link);
  pyr__list_add_before(&client->requests, &request->link);
  pyr__lookup_init(&request->lookup);
  pyr__http_quote_init(&request->quote, memory);
  *out = request;
  request->is_starting = true;
  rc = pyr__http_request_begin(request);
  if (rc != 0)
    pyr__http_request_end(request, rc);
  request->is_starting = false;
  return 0;
}

int pyr__http_get(struct pyr__http_client *client, const char *url,
                  bool follow_other_hosts,
                  const struct pyr__http_handler *handler,
                  struct pyr__http_request **out, pyr_error_t *err) {
  struct pyr__http_options options = {.follow_other_hosts = follow_other_hosts};
  return pyr__http_start(client, url, &options, handler, out, err);
}

void pyr__http_cancel(struct pyr__http_request *request, int code,
                      const char *text) {
  if (request->is_done)
    return;
  pyr__error(&request->error, code, "%s", text);
  pyr__http_request_end(request, code);
}

void pyr__http_hold(struct pyr__http_request *request) {
  if (request->conn != NULL)
    pyr__conn_hold(request->conn);
}

void pyr__http_release(struct pyr__http_request *request) {
  if (request->conn != NULL)
    pyr__conn_release(request->conn);
}

const char *pyr__http_phase(const struct pyr__http_request *request) {
  static const char with_proxy[] = "in the TLS handshake with the proxy";
  bool is_shaking_hands =
      request->conn != NULL && pyr__conn_is_shaking_hands(request->conn);

  switch (request->step) {
  case PYR__HTTP_AUTHORIZING:
    return pyr__oauth2_phase(pyr__http_access_oauth2(request->access));
  case PYR__HTTP_RESOLVING:
    return "resolving";
  case PYR__HTTP_CONNECTING:
    return request->dial == NULL ? "connecting"
                                 : pyr__dial_phase(request->dial);
  case PYR__HTTP_TUNNELLING:
    return is_shaking_hands ? with_proxy : "waiting for the proxy to connect";
  case PYR__HTTP_WAITING:
    if (!is_shaking_hands)
      return "waiting for the response";
    return request->url.is_https ? "in the TLS handshake" : with_proxy;
  case PYR__HTTP_READING:
    return "reading the body";
  default:
    return "failing";
  }
}

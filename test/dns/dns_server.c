#include "dns_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_zone.h"

/* One answer over UDP, now or after a while. */
struct dns_later {
  uv_timer_t timer;
  struct dns_server *server;
  struct sockaddr_storage to;
  struct dns_later *next;
  size_t len;
  uint8_t data[];
};

static void send_to(struct dns_server *server, const struct sockaddr *to,
                    const uint8_t *data, size_t len) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
  uv_udp_try_send(&server->udp, &buf, 1, to); /* lost, as UDP may be */
}

static void on_later_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void forget(struct dns_later *later) {
  struct dns_later **at = &later->server->later;
  while (*at != later)
    at = &(*at)->next;
  *at = later->next;
  uv_close((uv_handle_t *)&later->timer, on_later_closed);
}

static void on_later(uv_timer_t *timer) {
  struct dns_later *later = timer->data;
  send_to(later->server, (struct sockaddr *)&later->to, later->data,
          later->len);
  forget(later);
}

static void send_later(struct dns_server *server, const struct sockaddr *to,
                       const uint8_t *data, size_t len, unsigned delay_ms) {
  struct dns_later *later = calloc(1, sizeof(*later) + len);
  if (later == NULL)
    abort();
  later->server = server;
  later->len = len;
  memcpy(later->data, data, len);
  memcpy(&later->to, to,
         to->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                  : sizeof(struct sockaddr_in6));
  later->next = server->later;
  server->later = later;
  uv_timer_init(server->loop, &later->timer);
  later->timer.data = later;
  uv_timer_start(&later->timer, on_later, delay_ms, 0);
}

/* 0: nothing is to be said. */
static size_t answer(struct dns_server *server, const uint8_t *data, size_t len,
                     uint8_t *out, bool udp, struct dns_query *query) {
  if (!dns_zone_query(query, data, len))
    return 0;
  snprintf(server->last, sizeof(server->last), "%s %s", query->name,
           dns_zone_type_name(query->type));
  if (dns_zone_behaves(server, query, DNS_DROP) != NULL)
    return 0;
  if (dns_zone_behaves(server, query, DNS_GARBAGE) != NULL) {
    memcpy(out, query->head, 2);
    memset(out + 2, 0xff, 40);
    return 42;
  }
  return dns_zone_answer(server, query, out, udp);
}

/* An answer that nobody asked for: the id is another. */
static void send_stranger(struct dns_server *server, const struct sockaddr *to,
                          uint8_t *data, size_t len) {
  data[0] ^= 0xff;
  send_to(server, to, data, len);
  data[0] ^= 0xff;
}

/* ---- UDP ---------------------------------------------------------------- */

static void on_udp_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  static char space[4096];
  (void)handle;
  (void)size;
  *buf = uv_buf_init(space, sizeof(space));
}

static void on_udp(uv_udp_t *udp, ssize_t len, const uv_buf_t *buf,
                   const struct sockaddr *from, unsigned flags) {
  static uint8_t out[DNS_MESSAGE];
  struct dns_server *server = udp->data;
  const struct dns_record *delay;
  struct dns_query query;
  size_t out_len;

  (void)flags;
  if (len <= 0 || from == NULL)
    return;
  server->udp_queries++;
  out_len = answer(server, (const uint8_t *)buf->base, (size_t)len, out, true,
                   &query);
  if (out_len == 0)
    return;
  if (dns_zone_behaves(server, &query, DNS_STRANGER) != NULL)
    send_stranger(server, from, out, out_len);
  delay = dns_zone_behaves(server, &query, DNS_DELAY);
  if (delay != NULL)
    send_later(server, from, out, out_len, delay->number);
  else
    send_to(server, from, out, out_len);
}

/* ---- TCP ---------------------------------------------------------------- */

static void on_client_closed(uv_handle_t *handle) {
  struct dns_client *client = handle->data;
  free(client->out);
  client->is_used = false;
}

static void close_client(struct dns_client *client) {
  if (!uv_is_closing((uv_handle_t *)&client->tcp))
    uv_close((uv_handle_t *)&client->tcp, on_client_closed);
}

static void serve_client(struct dns_client *client);

static void on_written(uv_write_t *write, int status) {
  struct dns_client *client = write->data;
  free(client->out);
  client->out = NULL;
  if (status == 0)
    serve_client(client);
}

static void on_tcp_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  struct dns_client *client = handle->data;
  (void)size;
  *buf = uv_buf_init((char *)client->in + client->len,
                     (unsigned)(sizeof(client->in) - client->len));
}

static void reply(struct dns_client *client, size_t query_len) {
  struct dns_query query;
  uv_buf_t buf;
  size_t len;

  client->server->tcp_queries++;
  client->out = malloc(DNS_MESSAGE + 2);
  if (client->out == NULL)
    abort();
  len = answer(client->server, client->in + 2, query_len, client->out + 2,
               false, &query);
  client->out[0] = (uint8_t)(len >> 8);
  client->out[1] = (uint8_t)len;
  buf = uv_buf_init((char *)client->out, (unsigned)len + 2);
  client->write.data = client;
  if (len == 0 || uv_write(&client->write, (uv_stream_t *)&client->tcp, &buf, 1,
                           on_written) != 0)
    close_client(client);
}

/* Queries may come in one piece; one is answered after the other. */
static void serve_client(struct dns_client *client) {
  size_t len = client->len < 2
                   ? sizeof(client->in)
                   : (size_t)(client->in[0] << 8 | client->in[1]) + 2;
  if (client->out != NULL || client->len < len)
    return;
  reply(client, len - 2);
  client->len -= len;
  memmove(client->in, client->in + len, client->len);
}

static void on_tcp(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  struct dns_client *client = stream->data;
  (void)buf;
  if (len < 0) {
    close_client(client);
    return;
  }
  client->len += (size_t)len;
  serve_client(client);
}

static void on_accept(uv_stream_t *listener, int status) {
  struct dns_server *server = listener->data;
  size_t i;
  if (status != 0)
    return;
  for (i = 0; i < DNS_CLIENTS && server->clients[i].is_used; i++)
    continue;
  if (i == DNS_CLIENTS)
    abort();
  memset(&server->clients[i], 0, sizeof(server->clients[i]));
  server->clients[i].is_used = true;
  server->clients[i].server = server;
  uv_tcp_init(server->loop, &server->clients[i].tcp);
  server->clients[i].tcp.data = &server->clients[i];
  if (uv_accept(listener, (uv_stream_t *)&server->clients[i].tcp) != 0 ||
      uv_read_start((uv_stream_t *)&server->clients[i].tcp, on_tcp_alloc,
                    on_tcp) != 0)
    close_client(&server->clients[i]);
}

/* ---- start and end ------------------------------------------------------ */

static int bind_both(struct dns_server *server, struct sockaddr_storage *at) {
  int len = sizeof(*at);
  int rc = uv_tcp_bind(&server->tcp, (struct sockaddr *)at, 0);
  if (rc == 0)
    rc = uv_listen((uv_stream_t *)&server->tcp, 16, on_accept);
  if (rc == 0)
    rc = uv_tcp_getsockname(&server->tcp, (struct sockaddr *)at, &len);
  if (rc == 0)
    rc = uv_udp_bind(&server->udp, (struct sockaddr *)at, 0);
  if (rc == 0)
    rc = uv_udp_recv_start(&server->udp, on_udp_alloc, on_udp);
  server->port = ntohs(((struct sockaddr_in *)at)->sin_port);
  return rc;
}

bool dns_server_start(struct dns_server *server, uv_loop_t *loop,
                      const char *host, unsigned port) {
  struct sockaddr_storage at = {0};

  memset(server, 0, sizeof(*server));
  server->loop = loop;
  if (uv_ip4_addr(host, (int)port, (struct sockaddr_in *)&at) != 0 &&
      uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)&at) != 0)
    return false;
  uv_tcp_init(loop, &server->tcp);
  uv_udp_init(loop, &server->udp);
  server->tcp.data = server->udp.data = server;
  if (bind_both(server, &at) == 0)
    return true;
  dns_server_close(server);
  return false;
}

bool dns_server_load(struct dns_server *server, const char *zone,
                     unsigned *line) {
  unsigned at;
  return dns_zone_read(server, zone, line == NULL ? &at : line);
}

void dns_server_close(struct dns_server *server) {
  size_t i;
  if (server->is_closing)
    return;
  server->is_closing = true;
  while (server->later != NULL)
    forget(server->later);
  uv_close((uv_handle_t *)&server->tcp, NULL);
  uv_close((uv_handle_t *)&server->udp, NULL);
  for (i = 0; i < DNS_CLIENTS; i++)
    if (server->clients[i].is_used)
      close_client(&server->clients[i]);
}

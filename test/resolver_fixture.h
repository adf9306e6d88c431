/* A resolver with a DNS server and a clock of the test's, all on one loop;
 * `finish` finds out whether anything is left of it. */
#ifndef TEST_RESOLVER_FIXTURE_H
#define TEST_RESOLVER_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dns/dns_server.h"
#include "loop_until.h"
#include "net/resolver.h"
#include "support.h"

struct world {
  uv_loop_t loop;
  struct failing_allocator failing;
  struct pyr__memory memory;
  struct pyr__net net;
  struct pyr__resolver resolver;
  struct dns_server dns;
  int64_t now_ns;
  char servers[64];
  char conf[64]; /* path of a resolv.conf, or "" */
  int try_ms;
  bool is_closed;
};

struct asked {
  struct pyr__lookup lookup;
  struct world *world;
  struct pyr__addresses addresses;
  pyr_error_t err;
  int rc; /* of the resolver_get */
  unsigned dones;
  void (*then)(struct asked *asked);
};

static inline int64_t fake_now(void *ctx) {
  return ((struct world *)ctx)->now_ns;
}

static inline void on_net_closed(struct pyr__net *net) {
  (void)net;
}

static inline void open_dns(struct world *world, const char *zone) {
  unsigned line;
  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_true(dns_server_start(&world->dns, &world->loop, "127.0.0.1", 0));
  assert_true(dns_server_load(&world->dns, zone, &line));
  snprintf(world->servers, sizeof(world->servers), "127.0.0.1:%u",
           world->dns.port);
}

static inline int open_resolver(struct world *world, pyr_error_t *err) {
  struct pyr__dns_options options = {
      .servers = world->servers,
      .only_servers = world->conf[0] == '\0',
      .resolv_conf = world->conf[0] != '\0' ? world->conf : NULL,
      .try_ms = world->try_ms,
      .clock = {.monotonic_ns = fake_now, .wall_ns = fake_now, .ctx = world}};
  pyr_alloc_t alloc = failing_alloc(&world->failing);
  int rc;

  pyr__memory_init(&world->memory, &alloc);
  world->net.memory = &world->memory;
  world->net.loop = &world->loop;
  rc = pyr__resolver_init(&world->resolver, &world->net, &options, err);
  if (rc != 0)
    return rc;
  rc = pyr__net_init(&world->net, &world->loop, &world->memory, &options.clock,
                     err);
  if (rc != 0)
    pyr__resolver_close(&world->resolver);
  world->net.on_closed = on_net_closed;
  return rc;
}

/* For silence that is to end soon; whoever answers has to be quick. */
static inline struct world *begin_hasty(const char *zone, int try_ms) {
  struct world *world = calloc(1, sizeof(*world));
  pyr_error_t err;
  assert_non_null(world);
  world->try_ms = try_ms;
  open_dns(world, zone);
  assert_int_equal(open_resolver(world, &err), 0);
  return world;
}

static inline struct world *begin(const char *zone) {
  return begin_hasty(zone, 0);
}

static inline void close_resolver(struct world *world) {
  if (world->is_closed)
    return;
  world->is_closed = true;
  pyr__resolver_close(&world->resolver);
  pyr__net_close(&world->net);
}

static inline void finish(struct world *world) {
  close_resolver(world);
  dns_server_close(&world->dns);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  pyr__net_release(&world->net);
  assert_int_equal(world->failing.live, 0);
  if (world->conf[0] != '\0')
    unlink(world->conf);
  free(world);
}

static inline void on_done(struct pyr__lookup *lookup,
                           const struct pyr__addresses *addresses,
                           const pyr_error_t *err) {
  struct asked *asked = pyr__container_of(lookup, struct asked, lookup);
  asked->dones++;
  assert_true((addresses == NULL) == (err != NULL));
  if (addresses != NULL)
    memcpy(&asked->addresses, addresses, sizeof(*addresses));
  else
    asked->err = *err;
  if (asked->then != NULL)
    asked->then(asked);
}

static inline void ask(struct world *world, struct asked *asked,
                       const char *name) {
  struct pyr__addresses out;
  asked->world = world;
  asked->dones = 0;
  asked->err.text[0] = '\0';
  asked->addresses.count = 0;
  pyr__lookup_init(&asked->lookup);
  asked->lookup.done = on_done;
  asked->rc =
      pyr__resolver_get(&world->resolver, &asked->lookup,
                        (pyr_str_t){name, strlen(name)}, &out, &asked->err);
  if (asked->rc == 1)
    asked->addresses = out;
}

static inline void wait_for(struct world *world, const struct asked *asked) {
  loop_until(&world->loop, asked->rc != 0 || asked->dones != 0);
}

/* "127.0.0.1 ::1", or the text of the error. */
static inline const char *resolve(struct world *world, const char *name) {
  static char text[PYR__LIMIT_DNS_ADDRESSES * PYR__ADDRESS_TEXT];
  struct asked asked = {.then = NULL};
  size_t len = 0;
  unsigned i;

  ask(world, &asked, name);
  wait_for(world, &asked);
  text[0] = '\0';
  for (i = 0; i < asked.addresses.count; i++) {
    char one[PYR__ADDRESS_TEXT];
    pyr__address_format(&asked.addresses.at[i], one);
    *strrchr(one, ':') = '\0'; /* the port: none yet */
    len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
                            len > 0 ? " " : "", one);
  }
  return asked.addresses.count > 0 ? text
                                   : strcpy(text, asked.err.text); /* fits */
}

static inline unsigned queries(const struct world *world) {
  return world->dns.udp_queries + world->dns.tcp_queries;
}

#endif

/* A client with a scripted server and a DNS server, all on one loop; `finish`
 * finds out whether anything is left of it. */
#ifndef TEST_HTTP_CLIENT_FIXTURE_H
#define TEST_HTTP_CLIENT_FIXTURE_H

#include "dns/dns_server.h"
#include "http_script.h"

struct world {
  uv_loop_t loop;
  struct failing_allocator failing;
  struct pyr__memory memory;
  struct pyr__http_client *client; /* NULL: closed */
  struct script script;
  struct dns_server *dns; /* NULL: none */
  struct fetch fetch;
  char url[512];
  unsigned opened, closed; /* clients */
};

static inline void world_on_closed(void *ctx) {
  ((struct world *)ctx)->closed++;
}

static inline int world_open_client(struct world *world, pyr_error_t *err) {
  struct pyr__http_client_options options = {.only_loopback_dns = true};
  pyr_alloc_t alloc = failing_alloc(&world->failing);
  char servers[64];
  int rc;

  if (world->dns != NULL) {
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", world->dns->port);
    options.dns_servers = servers;
  }
  pyr__memory_init(&world->memory, &alloc);
  rc = pyr__http_client_new(&world->client, &world->loop, &world->memory,
                            &options, err);
  world->opened += rc == 0;
  return rc;
}

/* The servers only; `zone` may be NULL: no DNS.  The URL is that of the script,
 * without a path. */
static inline struct world *
world_begin_servers(const char *zone, const struct script_reply *reply,
                    size_t count) {
  struct world *world = calloc(1, sizeof(*world));
  unsigned line;
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_true(script_listen(&world->script, &world->loop, "127.0.0.1", 0, reply,
                            count));
  if (zone != NULL) {
    world->dns = calloc(1, sizeof(*world->dns));
    assert_non_null(world->dns);
    assert_true(dns_server_start(world->dns, &world->loop, "127.0.0.1", 0));
    assert_true(dns_server_load(world->dns, zone, &line));
  }
  snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u",
           world->script.port);
  return world;
}

static inline struct world *
world_begin(const char *zone, const struct script_reply *reply, size_t count) {
  struct world *world = world_begin_servers(zone, reply, count);
  pyr_error_t err;
  assert_int_equal(world_open_client(world, &err), 0);
  return world;
}

static inline void world_close_client(struct world *world) {
  if (world->client != NULL)
    pyr__http_client_close(world->client, world_on_closed, world);
  world->client = NULL;
}

static inline void world_finish(struct world *world) {
  world_close_client(world);
  script_close(&world->script);
  if (world->dns != NULL)
    dns_server_close(world->dns);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(world->closed, world->opened);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->failing.live, 0);
  free(world->dns);
  free(world);
}

static inline void world_run(struct world *world, bool follow_other_hosts) {
  fetch_run(&world->fetch, world->client, &world->loop, world->url,
            follow_other_hosts);
}

static inline const struct pyr__http_client_stats *
world_stats(const struct world *world) {
  return pyr__http_client_stats(world->client);
}

#endif

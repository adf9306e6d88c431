/* A discoverer on a loop of its own, whose groups go into a set of targets. */
#ifndef TEST_DISCOVERY_LIVE_H
#define TEST_DISCOVERY_LIVE_H

#include <uv.h>

#include "discovery/discoverer.h"
#include "net/http_client.h"
#include "discovery_support.h"
#include "loop_until.h"

struct live {
  uv_loop_t loop;
  struct world world;
  struct pyr__log log;
  struct pyr__discovery_env env;
  struct pyr__discovery_sink sink;
  struct pyr__discoverer *discoverer;
  unsigned syncs, closes, fail_groups; /* how many groups to refuse */
  char log_line[2048];                 /* the last one */
};

static inline int live_group(void *ctx, struct pyr__discoverer *from,
                             const struct pyr__target_group *group,
                             pyr_error_t *err) {
  struct live *live = ctx;
  if (live->fail_groups > 0) {
    live->fail_groups--;
    return pyr__error_nomem(err);
  }
  return pyr__target_set_update(&live->world.set, from, group, err);
}

static inline void live_synced(void *ctx, struct pyr__discoverer *from) {
  struct live *live = ctx;
  assert_ptr_equal(from, live->discoverer);
  live->syncs++;
}

static inline void live_log(void *ctx, int level, const char *line) {
  struct live *live = ctx;
  (void)level;
  snprintf(live->log_line, sizeof(live->log_line), "%s", line);
}

static inline void live_begin(struct live *live) {
  memset(live, 0, sizeof(*live));
  begin(&live->world, (struct pyr__target_limits){0});
  assert_int_equal(uv_loop_init(&live->loop), 0);
  live->log = (struct pyr__log){.level = PYR_LOG_DEBUG,
                                .write = live_log,
                                .ctx = live,
                                .clock = pyr__clock_system()};
  live->env = (struct pyr__discovery_env){.loop = &live->loop,
                                          .memory = &live->world.memory,
                                          .clock = pyr__clock_system(),
                                          .log = &live->log,
                                          .job = "toy"};
  live->sink = (struct pyr__discovery_sink){live_group, live_synced, live};
}

/* Between two updates. */
static inline bool live_settle(struct live *live) {
  if (live->discoverer != NULL && !live->discoverer->is_updating)
    pyr__target_set_settle(&live->world.set);
  return true;
}

#define live_until(live, condition)                                            \
  loop_until_or(&(live)->loop, live_settle(live) && (condition),               \
                "waited in vain for %s; log: %s", #condition,                  \
                (live)->log_line)

static inline void live_closed(void *ctx) {
  struct live *live = ctx;
  live->closes++;
}

static inline void live_close(struct live *live) {
  struct pyr__discoverer *discoverer = live->discoverer;
  live->discoverer = NULL;
  discoverer->type->close(discoverer, live_closed, live);
  live_until(live, live->closes == 1);
}

/* With a client that asks the DNS server at `servers`. */
static inline void live_open_client(struct live *live, const char *servers) {
  struct pyr__http_client_options options = {.only_loopback_dns = true,
                                             .dns_servers = servers};
  assert_int_equal(pyr__http_client_new(&live->env.client, &live->loop,
                                        &live->world.memory, &options, NULL),
                   0);
}

static inline void live_finish(struct live *live) {
  if (live->env.client != NULL) {
    live->closes = 0;
    pyr__http_client_close(live->env.client, live_closed, live);
    live_until(live, live->closes == 1);
  }
  uv_run(&live->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&live->loop), 0);
  finish(&live->world);
}

/* "h:1 h:2": the addresses of the targets, in their order, until that is longer
 * than `bytes`. */
static inline const char *live_first_addresses(const struct live *live,
                                               size_t bytes) {
  static char text[4096];
  const struct pyr__target_set *set = &live->world.set;
  pyr_str_t last = {"", 0}, *next;
  size_t used = 0;
  uint32_t i;

  for (text[0] = '\0'; used <= bytes; last = *next) {
    for (next = NULL, i = 0; i < set->count; i++) {
      pyr_str_t *address = &set->targets[i]->target.address;
      if (set->targets[i]->references > 0 &&
          pyr__str_compare(*address, last) > 0 &&
          (next == NULL || pyr__str_compare(*address, *next) < 0))
        next = address;
    }
    if (next == NULL || used + next->len + 2 > sizeof(text))
      break;
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s",
                             used > 0 ? " " : "", PYR__STR_ARG(*next));
  }
  return text;
}

static inline const char *live_addresses(const struct live *live) {
  return live_first_addresses(live, SIZE_MAX);
}

/* Looks no further than it must: it is asked each turn, maybe of thousands. */
#define live_until_addresses(live, wanted)                                     \
  live_until(live,                                                             \
             strcmp(live_first_addresses(live, strlen(wanted)), wanted) == 0)

#endif

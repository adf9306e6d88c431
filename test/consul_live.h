/* A Consul discoverer on a scripted agent. */
#ifndef TEST_CONSUL_LIVE_H
#define TEST_CONSUL_LIVE_H

#include "discovery_live.h"
#include "http_script.h"

#include "discovery/consul/discoverer.h"
#include "discovery/consul/watch.h"

#define AGENT "{\"Config\":{\"Datacenter\":\"test-dc\",\"NodeName\":\"n\"}}"
#define INSTANCE(id, address, port)                                            \
  "{\"Node\":{\"Node\":\"node1\",\"Address\":\"1.1.1.1\"},\"Service\":{"       \
  "\"ID\":\"" id "\",\"Address\":\"" address "\",\"Port\":" port "},"          \
  "\"Checks\":[]}"
/* Their first lines up to what they wait for. */
#define CATALOG              "/v1/catalog/services?stale=&wait="
#define CATALOG_AFTER(index) "/v1/catalog/services?index=" index "&"
#define HEALTH(service)      "/v1/health/service/" service "?stale=&wait="
#define HEALTH_AFTER(service, index)                                           \
  "/v1/health/service/" service "?index=" index "&"

enum { REPLIES = 24 };

struct consul {
  struct live live;
  struct script script;
  struct script_reply replies[REPLIES];
  size_t count;
  char texts[REPLIES][8192], base[64];
  struct pyr__consul_timing timing;
  struct pyr__consul_options options;
  struct pyr__consul_sd_config config;
};

/* What requests that have `match` in their first line are answered with, all of
 * them; the others wait. */
static inline void answer(struct consul *consul, const char *match,
                          const char *head, const char *body) {
  struct script_reply *reply = consul->replies;
  size_t n = 0;
  while (n < consul->count && strcmp(reply[n].match, match) != 0)
    n++;
  assert_true(n < REPLIES);
  snprintf(consul->texts[n], sizeof(consul->texts[n]),
           "%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s", head,
           strlen(body), body);
  reply[n] = (struct script_reply){
      .text = consul->texts[n], .end = SCRIPT_CLOSE, .match = match};
  consul->script.is_lasting[n] = true;
  if (n == consul->count)
    consul->script.reply_count = ++consul->count;
}

#define OK(index) "HTTP/1.1 200 OK\r\nX-Consul-Index: " index "\r\n"

/* Those that have `match` wait; `tell` ends that, for the first of them. */
static inline void hold(struct consul *consul, const char *match) {
  answer(consul, match, "", "");
  snprintf(consul->texts[consul->count - 1], sizeof(consul->texts[0]),
           "HTTP/1.1 200 OK\r\n");
  consul->replies[consul->count - 1].end = SCRIPT_KEEP;
  consul->script.is_lasting[consul->count - 1] = false;
}

static inline bool is_held(const struct consul *consul, const char *match) {
  size_t i;
  for (i = 0; i < consul->count; i++)
    if (strcmp(consul->replies[i].match, match) == 0)
      return consul->script.is_used[i];
  return false;
}

static inline void tell(struct consul *consul, const char *match,
                        const char *index, const char *body) {
  char text[8192];
  live_until(&consul->live, is_held(consul, match));
  snprintf(text, sizeof(text),
           "X-Consul-Index: %s\r\nContent-Length: %zu\r\n\r\n%s", index,
           strlen(body), body);
  script_push(&consul->script, match, text);
}

static inline struct consul *prepare(void) {
  struct consul *consul = (struct consul *)calloc(1, sizeof(*consul));
  const pyr_str_t none = {"", 0};

  live_begin(&consul->live);
  live_open_client(&consul->live, "127.0.0.1:1");
  assert_true(script_listen(&consul->script, &consul->live.loop, "127.0.0.1", 0,
                            NULL, 0));
  consul->script.replies = consul->replies;
  snprintf(consul->base, sizeof(consul->base), "http://127.0.0.1:%u",
           consul->script.port);
  consul->timing = (struct pyr__consul_timing){
      .wait = 60000, .wait_min = 10, .grace = 60000, .retry = 5};
  consul->options = (struct pyr__consul_options){&consul->timing, 16};
  consul->config =
      (struct pyr__consul_sd_config){.base = pyr__str(consul->base),
                                     .datacenter = none,
                                     .namespace_name = none,
                                     .partition = none,
                                     .filter = none,
                                     .health_filter = none,
                                     .tag_separator = pyr__str(","),
                                     .allow_stale = true,
                                     .refresh_interval_ns = PYR__NS_PER_MS};
  answer(consul, "/v1/agent/self", "HTTP/1.1 200 OK\r\n", AGENT);
  return consul;
}

static inline void start(struct consul *consul) {
  assert_int_equal(
      pyr__consul_discoverer_new(&consul->live.discoverer, &consul->config,
                                 &consul->live.env, &consul->live.sink,
                                 &consul->options, NULL),
      0);
}

static inline void end(struct consul *consul) {
  if (consul->live.discoverer != NULL)
    live_close(&consul->live);
  script_close(&consul->script);
  live_finish(&consul->live);
  free(consul);
}

/* With two services, of which web has an instance. */
static inline struct consul *prepare_web(void) {
  struct consul *consul = prepare();
  answer(consul, CATALOG, OK("10"), "{\"web\":[\"a\"],\"other\":[\"b\"]}");
  answer(consul, HEALTH("web"), OK("11"),
         "[" INSTANCE("w1", "10.0.0.1", "80") "]");
  answer(consul, HEALTH("other"), OK("12"), "[]");
  return consul;
}

/* The same, and no news are told of at once. */
static inline struct consul *prepare_polled(void) {
  struct consul *consul = prepare_web();
  answer(consul, CATALOG_AFTER("10"), OK("10"), "");
  answer(consul, HEALTH_AFTER("web", "11"), OK("11"), "");
  return consul;
}

#endif

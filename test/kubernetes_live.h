/* A Kubernetes discoverer on a scripted API server. */
#ifndef TEST_KUBERNETES_LIVE_H
#define TEST_KUBERNETES_LIVE_H

#include <signal.h>

#include "http_script.h"
#include "kubernetes_support.h"

#include "discovery/kubernetes/discoverer.h"
#include "discovery/kubernetes/watch.h"

#define HEAD_200                                                               \
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"                      \
  "Connection: close\r\n\r\n"
#define LIST(version, items)                                                   \
  HEAD_200 "{\"kind\":\"List\",\"apiVersion\":\"v1\","                         \
           "\"metadata\":{\"resourceVersion\":\"" version "\"},"               \
           "\"items\":[" items "]}\n"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define POD_OF(space, name, version, ip, rest)                                 \
  "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" space                \
  "\",\"resourceVersion\":\"" version "\"" rest "},"                           \
  "\"spec\":{\"containers\":[{\"name\":\"c\",\"ports\":["                      \
  "{\"containerPort\":80}]}]},\"status\":{\"podIP\":\"" ip "\"}}"
#define POD(name, version, ip) POD_OF("x", name, version, ip, "")
#define BOOKMARK(version)                                                      \
  EVENT("BOOKMARK",                                                            \
        "{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"" version       \
        "\"}}")
#define STATUS_BODY(code, message)                                             \
  "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"                \
  "\"status\":\"Failure\",\"message\":\"" message                              \
  "\",\"reason\":\"X\",\"code\":" code "}\n"
#define REFUSAL(code, message)                                                 \
  "HTTP/1.1 " code " Refused\r\nContent-Type: application/json\r\n"            \
  "Connection: close\r\n\r\n" STATUS_BODY(code, message)
/* Replies that fit any list of the resource, and any watch of it. */
#define A_LIST(resource, text)                                                 \
  { text, 0, 0, SCRIPT_CLOSE, resource "?pretty=false&limit" }
#define A_RELIST(resource, version, text)                                      \
  {                                                                            \
    text, 0, 0, SCRIPT_CLOSE,                                                  \
        resource "?pretty=false&resourceVersion=" version " "                  \
  }
#define A_WATCH(resource, text, end)                                           \
  { text, 0, 0, end, resource "?pretty=false&watch" }

struct kube {
  uv_loop_t loop;
  struct pyr__memory memory;
  struct script script;
  struct pyr__log log;
  struct pyr__http_client *client;
  struct pyr__discovery_env env;
  struct pyr__kube_timing timing;
  struct pyr__kubernetes_options options;
  struct pyr__kubernetes_sd_config config;
  char server[64];
  struct pyr__discoverer *discoverer;
  json_t *groups; /* source: targets */
  unsigned updates, syncs, closes, warnings;
  unsigned updates_at_sync;
  unsigned fail_groups;           /* how many groups to refuse */
  char warning[2048], info[2048]; /* the last ones */
};

static int kube_on_group(void *ctx, struct pyr__discoverer *from,
                         const struct pyr__target_group *group,
                         pyr_error_t *err) {
  struct kube *kube = ctx;
  char source[512];
  assert_int_equal(kube->closes, 0);
  assert_true(from->is_updating);
  if (kube->fail_groups > 0) {
    kube->fail_groups--;
    return pyr__error_nomem(err);
  }
  snprintf(source, sizeof(source), "%.*s", (int)group->source.len,
           group->source.base);
  if (group->target_count == 0)
    json_object_del(kube->groups, source);
  else
    json_object_set_new(kube->groups, source, sorted_group_json(group));
  kube->updates++;
  return 0;
}

static void kube_on_synced(void *ctx, struct pyr__discoverer *from) {
  struct kube *kube = ctx;
  (void)from;
  kube->syncs++;
  kube->updates_at_sync = kube->updates;
}

static void kube_on_log(void *ctx, int level, const char *line) {
  struct kube *kube = ctx;
  if (level == PYR_LOG_WARN) {
    kube->warnings++;
    snprintf(kube->warning, sizeof(kube->warning), "%s", line);
  } else if (level == PYR_LOG_INFO) {
    snprintf(kube->info, sizeof(kube->info), "%s", line);
  }
}

static inline void kube_start(struct kube *kube) {
  const struct pyr__discovery_sink sink = {kube_on_group, kube_on_synced, kube};
  pyr_error_t err = {0};
  int rc =
      pyr__kubernetes_discoverer_new(&kube->discoverer, &kube->config,
                                     &kube->env, &sink, &kube->options, &err);
  if (rc != 0)
    fail_msg("%s", err.text);
}

/* All but the discoverer, so that a test may change what it is made of. */
static inline void kube_begin(struct kube *kube,
                              const struct script_reply *replies, size_t count,
                              const pyr_alloc_t *alloc) {
  struct pyr__http_client_options options = {.only_loopback_dns = true,
                                             .clock = pyr__clock_system()};
  pyr_error_t err = {0};

  memset(kube, 0, sizeof(*kube));
  signal(SIGPIPE, SIG_IGN); /* the client may break off */
  assert_int_equal(uv_loop_init(&kube->loop), 0);
  pyr__memory_init(&kube->memory, alloc);
  assert_true(script_listen(&kube->script, &kube->loop, "127.0.0.1", 0, replies,
                            count));
  assert_int_equal(pyr__http_client_new(&kube->client, &kube->loop,
                                        &kube->memory, &options, &err),
                   0);
  snprintf(kube->server, sizeof(kube->server), "http://127.0.0.1:%u/",
           kube->script.port);
  kube->log = (struct pyr__log){.level = PYR_LOG_DEBUG,
                                .write = kube_on_log,
                                .ctx = kube,
                                .clock = pyr__clock_system()};
  kube->env = (struct pyr__discovery_env){.loop = &kube->loop,
                                          .memory = &kube->memory,
                                          .clock = pyr__clock_system(),
                                          .log = &kube->log,
                                          .client = kube->client,
                                          .job = "toy"};
  kube->timing = pyr__kube_timing_default;
  kube->timing.delay_min = 1;
  kube->timing.delay_max = 5;
  kube->options.timing = &kube->timing;
  kube->config.role = PYR__KUBERNETES_POD;
  kube->config.api_server = pyr__str(kube->server);
  kube->groups = json_object();
}

#define kube_until(kube, condition)                                            \
  loop_until_or(&(kube)->loop, condition,                                      \
                "waited in vain for %s\nasked:\n%s\nwarned: %s", #condition,   \
                (kube)->script.log, (kube)->warning)

static inline void kube_closed(void *ctx) {
  struct kube *kube = ctx;
  kube->closes++;
}

/* All but the discoverer, of which there is none, or no more. */
static inline void kube_finish(struct kube *kube) {
  assert_int_equal(
      kube->memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES].used_blocks, 0);
  pyr__http_client_close(kube->client, NULL, NULL);
  script_close(&kube->script);
  uv_run(&kube->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&kube->loop), 0);
  json_decref(kube->groups);
}

static inline void kube_end(struct kube *kube) {
  kube->discoverer->type->close(kube->discoverer, kube_closed, kube);
  kube_until(kube, kube->closes == 1);
  kube_finish(kube);
}

/* A label of a group's first target, or "". */
static inline const char *kube_label(const struct kube *kube,
                                     const char *source, const char *name) {
  const json_t *group = json_object_get(kube->groups, source);
  const char *value =
      json_string_value(json_object_get(json_array_get(group, 0), name));
  return value == NULL ? "" : value;
}

static inline bool kube_is(const struct kube *kube, const char *source,
                           const char *address) {
  return strcmp(kube_label(kube, source, "__address__"), address) == 0;
}

#endif

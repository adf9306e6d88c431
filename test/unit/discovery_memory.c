/* Every allocation of a mechanism fails once, from its start to its first
 * targets: it starts or says that it cannot, and gets there all the same. */
#include "discovery_live.h"
#include "http_script.h"

#include <unistd.h>

#include "discovery/dns_discoverer.h"
#include "discovery/file_discoverer.h"
#include "discovery/http_discoverer.h"
#include "dns/dns_server.h"

struct stage {
  struct live live;
  struct dns_server dns;
  struct script script;
  struct script_reply reply;
  char servers[64], text[256];
  int (*start)(struct stage *stage, pyr_error_t *err);
  union {
    struct pyr__file_sd_config file;
    struct pyr__http_sd_config http;
    struct pyr__dns_sd_config dns;
  } config;
  pyr_str_t item;
};

static const int64_t often_ns = 10 * PYR__NS_PER_MS;

static int start_file(struct stage *stage, pyr_error_t *err) {
  stage->config.file = (struct pyr__file_sd_config){
      .files = &stage->item, .file_count = 1, .refresh_interval_ns = often_ns};
  stage->item = pyr__str(stage->text);
  return pyr__file_discoverer_new(&stage->live.discoverer, &stage->config.file,
                                  &stage->live.env, &stage->live.sink, err);
}

static int start_http(struct stage *stage, pyr_error_t *err) {
  stage->config.http = (struct pyr__http_sd_config){
      .url = pyr__str(stage->text), .refresh_interval_ns = 5 * often_ns};
  return pyr__http_discoverer_new(&stage->live.discoverer, &stage->config.http,
                                  &stage->live.env, &stage->live.sink, err);
}

static int start_dns(struct stage *stage, pyr_error_t *err) {
  stage->item = pyr__str("_p._tcp.test");
  stage->config.dns =
      (struct pyr__dns_sd_config){.names = &stage->item,
                                  .name_count = 1,
                                  .type = PYR__DNS_SD_SRV,
                                  .refresh_interval_ns = often_ns};
  return pyr__dns_discoverer_new(&stage->live.discoverer, &stage->config.dns,
                                 &stage->live.env, &stage->live.sink, err);
}

static void open_servers(struct stage *stage) {
  static const char body[] = "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n"
                             "Content-Type: application/json\r\n\r\n"
                             "[{\"targets\": [\"h:1\"] }]";
  struct live *live = &stage->live;
  unsigned line;
  live_begin(live);
  assert_true(dns_server_start(&stage->dns, &live->loop, "127.0.0.1", 0));
  assert_true(
      dns_server_load(&stage->dns, "_p._tcp.test 60 SRV 0 5 1 h\n", &line));
  snprintf(stage->servers, sizeof(stage->servers), "127.0.0.1:%u",
           stage->dns.port);
  live_open_client(live, stage->servers);
  stage->reply = (struct script_reply){.text = body, .end = SCRIPT_KEEP};
  assert_true(script_listen(&stage->script, &live->loop, "127.0.0.1", 0,
                            &stage->reply, 1));
  stage->script.repeats = true;
}

/* How many allocations it took. */
static size_t run(struct stage *stage, size_t nth) {
  struct failing_allocator *allocator = &stage->live.world.allocator;
  pyr_error_t err;
  size_t calls;
  int rc;

  allocator->calls = 0;
  allocator->fail_at = nth;
  rc = stage->start(stage, &err);
  if (rc != 0) {
    assert_int_equal(rc, PYR__ENOMEM);
    rc = stage->start(stage, &err); /* now there is memory */
  }
  assert_int_equal(rc, 0);
  live_until_addresses(&stage->live, "h:1");
  calls = allocator->calls;
  allocator->fail_at = 0;
  return calls;
}

static void close_servers(struct stage *stage) {
  live_close(&stage->live);
  script_close(&stage->script);
  dns_server_close(&stage->dns);
  live_finish(&stage->live);
}

static void fail_each(int (*start)(struct stage *stage, pyr_error_t *err),
                      const char *path) {
  struct stage *stage = calloc(1, sizeof(*stage));
  size_t nth = 0, calls;
  do {
    memset(stage, 0, sizeof(*stage));
    stage->start = start;
    open_servers(stage);
    if (path != NULL)
      snprintf(stage->text, sizeof(stage->text), "%s", path);
    else
      snprintf(stage->text, sizeof(stage->text), "http://127.0.0.1:%u/",
               stage->script.port);
    calls = run(stage, ++nth);
    close_servers(stage);
  } while (nth <= calls);
  assert_true(nth > 10);
  free(stage);
}

static void file__gets_there(void **state) {
  char path[] = "/tmp/pyrite-memory-XXXXXX.yml";
  int fd = mkstemps(path, 4);
  static const char text[] = "- targets: [h:1]\n";
  (void)state;
  assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
  close(fd);
  fail_each(start_file, path);
  unlink(path);
}

static void http__gets_there(void **state) {
  (void)state;
  fail_each(start_http, NULL);
}

static void dns__gets_there(void **state) {
  (void)state;
  fail_each(start_dns, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(file__gets_there),
      cmocka_unit_test(http__gets_there),
      cmocka_unit_test(dns__gets_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

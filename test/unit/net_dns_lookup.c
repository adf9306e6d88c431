#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "dns/dns_server.h"
#include "dns/dns_zone.h"
#include "net/dns.h"
#include "net/dns_answer.h"
#include "net/dns_lookup.h"
#include "net/resolver.h"
#include "loop_until.h"
#include "support.h"

struct world {
  uv_loop_t loop;
  struct failing_allocator failing;
  struct pyr__memory memory;
  struct pyr__net net;
  struct pyr__resolver resolver;
  struct dns_server server;
  char servers[64], conf[64];
  /* what became of the last lookup */
  struct pyr__dns_lookup *lookup;
  unsigned dones;
  bool failed;
  char text[4096]; /* "host:port host:port", or the error */
};

static void on_net_closed(struct pyr__net *net) {
  (void)net;
}

/* `conf` is a resolv.conf, or NULL for none. */
static struct world *begin(const char *zone, const char *conf, int try_ms) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__dns_options options = {.only_servers = conf == NULL,
                                     .try_ms = try_ms,
                                     .clock = pyr__clock_system()};
  pyr_alloc_t alloc = failing_alloc(&world->failing);
  unsigned line;

  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_true(dns_server_start(&world->server, &world->loop, "127.0.0.1", 0));
  assert_true(dns_server_load(&world->server, zone, &line));
  snprintf(world->servers, sizeof(world->servers), "127.0.0.1:%u",
           world->server.port);
  options.servers = world->servers;
  if (conf != NULL) {
    int fd;
    strcpy(world->conf, "/tmp/pyrite-resolv-XXXXXX");
    fd = mkstemp(world->conf);
    assert_int_equal(write(fd, conf, strlen(conf)), strlen(conf));
    close(fd);
    options.resolv_conf = world->conf;
  }
  pyr__memory_init(&world->memory, &alloc);
  world->net.memory = &world->memory;
  world->net.loop = &world->loop;
  assert_int_equal(
      pyr__resolver_init(&world->resolver, &world->net, &options, NULL), 0);
  assert_int_equal(pyr__net_init(&world->net, &world->loop, &world->memory,
                                 &options.clock, NULL),
                   0);
  world->net.on_closed = on_net_closed;
  return world;
}

static void finish(struct world *world) {
  pyr__resolver_close(&world->resolver);
  pyr__net_close(&world->net);
  dns_server_close(&world->server);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  pyr__net_release(&world->net);
  assert_int_equal(world->failing.live, 0);
  if (world->conf[0] != '\0')
    unlink(world->conf);
  free(world);
}

static void on_done(void *ctx, const struct pyr__dns_record *records,
                    size_t count, const pyr_error_t *err) {
  struct world *world = ctx;
  size_t i, used = 0;
  world->dones++;
  world->lookup = NULL;
  world->failed = err != NULL;
  snprintf(world->text, sizeof(world->text), "%s",
           err == NULL ? "" : err->text);
  for (i = 0; i < count; i++)
    used += (size_t)snprintf(world->text + used, sizeof(world->text) - used,
                             "%s%s:%u", i > 0 ? " " : "", records[i].host,
                             records[i].port);
}

static int start(struct world *world, const char *name, enum pyr__dns_type type,
                 pyr_error_t *err) {
  struct pyr__dns_lookup_handler handler = {on_done, world};
  world->dones = 0;
  return pyr__dns_lookup_start(&world->lookup, &world->resolver.dns,
                               pyr__str(name), type, &handler, err);
}

static void wait(struct world *world) {
  loop_until(&world->loop, world->dones != 0);
}

static void ask(struct world *world, const char *name,
                enum pyr__dns_type type) {
  assert_int_equal(start(world, name, type, NULL), 0);
  assert_int_equal(world->dones, 0);
  wait(world);
}

static const char zone[] = "a.test 60 A 10.0.0.2\n"
                           "a.test 60 A 10.0.0.1\n"
                           "a.test 60 AAAA fd00::1\n"
                           "alias.test 60 CNAME a.test\n"
                           "_p._tcp.test 60 SRV 0 5 8080 a.test\n"
                           "_p._tcp.test 60 SRV 9 5 9090 b.test\n"
                           "m.test 60 MX 10 mail.test\n"
                           "n.test 60 NS ns1.test\n"
                           "n.test 60 NS ns2.test\n"
                           "fail.test 60 SERVFAIL\n"
                           "garbage.test 60 GARBAGE\n"
                           "silent.test 60 DROP\n"
                           "stranger.test 60 STRANGER\n"
                           "stranger.test 60 A 10.0.0.9\n"
                           "cut.test 60 TRUNCATE\n"
                           "cut.test 60 A 10.0.0.5\n"
                           "short.test 60 A 10.0.0.3\n"
                           "x.one.test 60 SERVFAIL\n"
                           "y.two.test 60 A 10.0.0.4\n"
                           "empty.one.test 60 TXT nothing\n"
                           "empty.two.test 60 A 10.0.0.6\n";

static void records__of_each_type(void **state) {
  static const struct {
    const char *name;
    enum pyr__dns_type type;
    const char *text;
  } cases[] = {
      {"a.test", PYR__DNS_A, "10.0.0.2:0 10.0.0.1:0"},
      {"a.test.", PYR__DNS_AAAA, "fd00::1:0"},
      {"alias.test", PYR__DNS_A, "10.0.0.2:0 10.0.0.1:0"},
      {"_p._tcp.test", PYR__DNS_SRV, "a.test:8080 b.test:9090"},
      {"m.test", PYR__DNS_MX, "mail.test:0"},
      {"n.test", PYR__DNS_NS, "ns1.test:0 ns2.test:0"},
      {"m.test", PYR__DNS_A, ""},      /* no data */
      {"none.test", PYR__DNS_SRV, ""}, /* no such name */
      {"stranger.test", PYR__DNS_A, "10.0.0.9:0"},
      {"cut.test", PYR__DNS_A, "10.0.0.5:0"}, /* over TCP */
  };
  struct world *world = begin(zone, NULL, 0);
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    ask(world, cases[i].name, cases[i].type);
    assert_string_equal(world->text, cases[i].text);
    assert_false(world->failed);
  }
  finish(world);
}

static void failure__is_no_answer(void **state) {
  static const struct {
    const char *name, *error;
  } cases[] = {
      {"fail.test", "A records of fail.test: "},
      {"garbage.test", "A records of garbage.test: "},
      {"silent.test", "A records of silent.test: no answer from the DNS"},
  };
  struct world *world = begin(zone, NULL, 20);
  pyr_error_t err;
  char name[300];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    ask(world, cases[i].name, PYR__DNS_A);
    assert_true(world->failed);
    assert_int_equal(
        strncmp(world->text, cases[i].error, strlen(cases[i].error)), 0);
  }
  memset(name, 'x', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0'; /* a label may have 63 bytes */
  if (start(world, name, PYR__DNS_A, &err) == 0) {
    wait(world);
    assert_true(world->failed);
  }
  finish(world);
}

static void search_domains__are_tried_in_turn(void **state) {
  struct world *world =
      begin(zone, "search one.test two.test\noptions ndots:2\n", 0);
  (void)state;
  ask(world, "y", PYR__DNS_A); /* y.one.test is not there */
  assert_string_equal(world->text, "10.0.0.4:0");
  assert_string_equal(world->server.last, "y.two.test A");
  ask(world, "empty", PYR__DNS_A); /* there, without an address: the answer */
  assert_string_equal(world->text, "");
  assert_string_equal(world->server.last, "empty.one.test A");
  ask(world, "none", PYR__DNS_A); /* nowhere */
  assert_string_equal(world->text, "");
  assert_false(world->failed);
  assert_string_equal(world->server.last, "none A");
  ask(world, "x", PYR__DNS_A); /* the first domain's server does not know */
  assert_true(world->failed);
  ask(world, "short.test", PYR__DNS_A); /* one dot: the domains come first */
  assert_string_equal(world->text, "10.0.0.3:0");
  assert_string_equal(world->server.last, "short.test A");
  ask(world, "y.two.test", PYR__DNS_A); /* two dots: the last word */
  assert_string_equal(world->server.last, "y.two.test A");
  ask(world, "short.", PYR__DNS_A); /* a dot at the end: nothing else */
  assert_string_equal(world->server.last, "short A");
  finish(world);
}

static void cancel__is_silent(void **state) {
  struct world *world = begin(zone, NULL, 20);
  (void)state;
  assert_int_equal(start(world, "a.test", PYR__DNS_A, NULL), 0);
  pyr__dns_lookup_cancel(world->lookup);
  assert_int_equal(start(world, "silent.test", PYR__DNS_A, NULL), 0);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  pyr__dns_lookup_cancel(world->lookup);
  pyr__dns_lookup_cancel(NULL);
  ask(world, "a.test", PYR__DNS_AAAA);
  assert_string_equal(world->text, "fd00::1:0");
  finish(world);
}

/* A message as the server makes it for `name`. */
static size_t make_answer(struct world *world, const char *name,
                          enum pyr__dns_type type, uint8_t *out) {
  struct dns_query query = {.type = (int)type};
  const char *at = name;
  uint8_t *to = query.question;

  query.head[5] = 1; /* one question */
  snprintf(query.name, sizeof(query.name), "%s", name);
  while (*at != '\0') {
    size_t len = strcspn(at, ".");
    *to++ = (uint8_t)len;
    memcpy(to, at, len);
    to += len;
    at += len + (at[len] == '.');
  }
  *to++ = 0;
  *to++ = 0;
  *to++ = (uint8_t)type;
  *to++ = 0;
  *to++ = 1;
  query.question_len = (size_t)(to - query.question);
  return dns_zone_answer(&world->server, &query, out, false);
}

static void answer__cut_or_changed_anywhere_is_read_safely(void **state) {
  static const struct {
    const char *name;
    enum pyr__dns_type type;
    size_t count;
  } cases[] = {{"alias.test", PYR__DNS_A, 2},
               {"a.test", PYR__DNS_AAAA, 1},
               {"_p._tcp.test", PYR__DNS_SRV, 2},
               {"m.test", PYR__DNS_MX, 1},
               {"n.test", PYR__DNS_NS, 2}};
  struct world *world = begin(zone, NULL, 0);
  static uint8_t message[DNS_MESSAGE];
  struct pyr__dns_records records;
  struct pyr__arena arena;
  size_t i, len, cut;
  (void)state;
  pyr__arena_init(&arena, &world->memory, PYR__MEM_NET_DNS, 1 << 20);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    len = make_answer(world, cases[i].name, cases[i].type, message);
    assert_int_equal(pyr__dns_answer_read(cases[i].type, message, (int)len,
                                          &arena, &records),
                     ARES_SUCCESS);
    assert_int_equal(records.count, cases[i].count);
    for (cut = 0; cut < len; cut++) {
      uint8_t *copy = malloc(cut + 1), kept = message[cut];
      memcpy(copy, message, cut);
      if (pyr__dns_answer_read(cases[i].type, copy, (int)cut, &arena,
                               &records) == ARES_SUCCESS)
        assert_true(records.count < cases[i].count);
      free(copy);
      message[cut] = (uint8_t)~kept; /* whatever it is then */
      (void)pyr__dns_answer_read(cases[i].type, message, (int)len, &arena,
                                 &records);
      message[cut] = kept;
      pyr__arena_reset(&arena, 0);
    }
  }
  pyr__arena_release(&arena);
  finish(world);
}

static void memory__may_fail_anywhere(void **state) {
  static const char *const names[] = {"_p._tcp.test", "y"};
  size_t i, nth;
  (void)state;
  for (i = 0; i < 2; i++) {
    struct world *world =
        begin(zone, "search one.test two.test\noptions ndots:2\n", 0);
    enum pyr__dns_type type = i == 0 ? PYR__DNS_SRV : PYR__DNS_A;
    for (nth = 1;; nth++) {
      pyr_error_t err;
      int rc;
      world->failing.calls = 0;
      world->failing.fail_at = nth;
      rc = start(world, names[i], type, &err);
      if (rc == 0)
        wait(world);
      if (rc != 0)
        assert_int_equal(rc, PYR__ENOMEM);
      else if (world->failed)
        assert_string_equal(world->text, "out of memory");
      else
        break;
    }
    assert_true(nth > 2);
    finish(world);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records__of_each_type),
      cmocka_unit_test(failure__is_no_answer),
      cmocka_unit_test(search_domains__are_tried_in_turn),
      cmocka_unit_test(answer__cut_or_changed_anywhere_is_read_safely),
      cmocka_unit_test(cancel__is_silent),
      cmocka_unit_test(memory__may_fail_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

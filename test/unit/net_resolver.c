#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dns/dns_server.h"
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

static int64_t fake_now(void *ctx) {
  return ((struct world *)ctx)->now_ns;
}

static void on_net_closed(struct pyr__net *net) {
  (void)net;
}

static void open_dns(struct world *world, const char *zone) {
  unsigned line;
  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_true(dns_server_start(&world->dns, &world->loop, "127.0.0.1", 0));
  assert_true(dns_server_load(&world->dns, zone, &line));
  snprintf(world->servers, sizeof(world->servers), "127.0.0.1:%u",
           world->dns.port);
}

static int open_resolver(struct world *world, pyr_error_t *err) {
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
  rc = pyr__net_init(&world->net, &world->loop, &world->memory, err);
  if (rc != 0)
    pyr__resolver_close(&world->resolver);
  world->net.on_closed = on_net_closed;
  return rc;
}

/* For silence that is to end soon; whoever answers has to be quick. */
static struct world *begin_hasty(const char *zone, int try_ms) {
  struct world *world = calloc(1, sizeof(*world));
  pyr_error_t err;
  assert_non_null(world);
  world->try_ms = try_ms;
  open_dns(world, zone);
  assert_int_equal(open_resolver(world, &err), 0);
  return world;
}

static struct world *begin(const char *zone) {
  return begin_hasty(zone, 0);
}

static void close_resolver(struct world *world) {
  if (world->is_closed)
    return;
  world->is_closed = true;
  pyr__resolver_close(&world->resolver);
  pyr__net_close(&world->net);
}

static void finish(struct world *world) {
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

static void on_done(struct pyr__lookup *lookup,
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

static void ask(struct world *world, struct asked *asked, const char *name) {
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

static void wait_for(struct world *world, const struct asked *asked) {
  while (asked->rc == 0 && asked->dones == 0)
    assert_int_not_equal(uv_run(&world->loop, UV_RUN_ONCE), 0);
}

/* "127.0.0.1 ::1", or the text of the error. */
static const char *resolve(struct world *world, const char *name) {
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

static unsigned queries(const struct world *world) {
  return world->dns.udp_queries + world->dns.tcp_queries;
}

/* ---- answers ------------------------------------------------------------ */

static void literals_and_localhost__need_no_dns(void **state) {
  struct world *world = begin("localhost 60 A 10.9.9.9\n");
  (void)state;
  assert_string_equal(resolve(world, "127.0.0.1"), "127.0.0.1");
  assert_string_equal(resolve(world, "::1"), "[::1]");
  assert_string_equal(resolve(world, "2001:db8::1"), "[2001:db8::1]");
  assert_string_equal(resolve(world, "localhost"), "[::1] 127.0.0.1");
  assert_string_equal(resolve(world, "LocalHost."), "[::1] 127.0.0.1");
  assert_string_equal(resolve(world, "a.localhost"), "[::1] 127.0.0.1");
  assert_int_equal(queries(world), 0);
  assert_string_equal(resolve(world, "notlocalhost"),
                      "resolve notlocalhost: no such name");
  finish(world);
}

static void names__become_addresses(void **state) {
  struct world *world = begin("one.test 60 A 127.0.0.1\n"
                              "six.test 60 AAAA ::1\n"
                              "both.test 60 AAAA ::1\n"
                              "both.test 60 A 127.0.0.1\n"
                              "twice.test 60 A 127.0.0.1\n"
                              "twice.test 60 A 127.0.0.1\n"
                              "alias.test 60 CNAME middle.test\n"
                              "middle.test 60 CNAME one.test\n"
                              "stranger.test 60 A 127.0.0.7\n"
                              "stranger.test 0 STRANGER\n");
  const char *both;
  (void)state;
  assert_string_equal(resolve(world, "one.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "one.test."), "127.0.0.1");
  assert_string_equal(resolve(world, "six.test"), "[::1]");
  assert_string_equal(resolve(world, "twice.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "alias.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "stranger.test"), "127.0.0.7");
  both = resolve(world, "both.test"); /* the host's routes say which is first */
  assert_non_null(strstr(both, "[::1]"));
  assert_non_null(strstr(both, "127.0.0.1"));
  assert_int_equal(world->dns.tcp_queries, 0);
  finish(world);
}

static void long_answers__come_over_tcp_and_are_bounded(void **state) {
  static char zone[64 * 40];
  size_t len = 0;
  unsigned i;
  struct world *world;
  const char *text;
  (void)state;
  for (i = 0; i < 50; i++)
    len += (size_t)snprintf(zone + len, sizeof(zone) - len,
                            "many.test 60 A 127.0.1.%u\n", i + 1);
  snprintf(zone + len, sizeof(zone) - len,
           "cut.test 60 A 127.0.0.1\ncut.test 60 TRUNCATE A\n");
  world = begin(zone);
  text = resolve(world, "many.test");
  assert_int_equal(world->dns.tcp_queries, 1);
  for (i = 0; text != NULL; i++)
    text = strchr(text + 1, ' ');
  assert_int_equal(i, PYR__LIMIT_DNS_ADDRESSES);
  assert_string_equal(resolve(world, "cut.test"), "127.0.0.1");
  assert_int_equal(world->dns.tcp_queries, 2);
  finish(world);
}

static void failures__say_what_happened(void **state) {
  struct world *world = begin("empty.test 60 TXT nothing\n"
                              "fails.test 0 SERVFAIL\n"
                              "refused.test 0 REFUSED\n"
                              "loop.test 60 CNAME loop.test\n"
                              "dangling.test 60 CNAME nowhere.test\n");
  (void)state;
  assert_string_equal(resolve(world, "nowhere.test"),
                      "resolve nowhere.test: no such name");
  assert_string_equal(resolve(world, "empty.test"),
                      "resolve empty.test: the name has no address");
  assert_string_equal(
      resolve(world, "fails.test"),
      "resolve fails.test: no DNS server answers, or all of them fail");
  assert_string_equal(
      resolve(world, "refused.test"),
      "resolve refused.test: no DNS server answers, or all of them fail");
  assert_string_equal(resolve(world, "loop.test"),
                      "resolve loop.test: the name has no address");
  assert_string_equal(resolve(world, "dangling.test"),
                      "resolve dangling.test: no such name");
  assert_int_equal(world->net.stats.dns_failures, 6);
  finish(world);
}

static void silence__is_a_failure(void **state) {
  struct world *world =
      begin_hasty("junk.test 0 GARBAGE\nsilent.test 0 DROP\n", 30);
  (void)state;
  assert_string_equal(resolve(world, "silent.test"),
                      "resolve silent.test: no answer from the DNS servers");
  assert_string_equal(resolve(world, "junk.test"),
                      "resolve junk.test: no answer from the DNS servers");
  finish(world);
}

static void a_missing_server__is_known_at_once(void **state) {
  struct world *world = begin("");
  (void)state;
  dns_server_close(&world->dns);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_string_equal(
      resolve(world, "a.test"),
      "resolve a.test: no DNS server answers, or all of them fail");
  finish(world);
}

static void one_family_that_is_silent__leaves_the_other(void **state) {
  struct world *world = begin_hasty("four.test 60 A 127.0.0.4\n"
                                    "four.test 0 DROP AAAA\n"
                                    "six.test 60 AAAA ::6\n"
                                    "six.test 0 SERVFAIL A\n",
                                    300);
  (void)state;
  assert_string_equal(resolve(world, "four.test"), "127.0.0.4");
  assert_string_equal(resolve(world, "six.test"), "[::6]");
  finish(world);
}

/* ---- the cache ---------------------------------------------------------- */

static void expect_kept(struct world *world, const char *name, int64_t ns) {
  unsigned before;
  (void)resolve(world, name);
  before = queries(world);
  world->now_ns += ns - 1;
  (void)resolve(world, name);
  assert_int_equal(queries(world), before);
  world->now_ns += 1;
  (void)resolve(world, name);
  assert_true(queries(world) > before);
}

static void answers__are_kept_for_their_time(void **state) {
  struct world *world = begin("minute.test 60 A 127.0.0.1\n"
                              "minute.test 90 AAAA ::1\n"
                              "alias.test 30 CNAME minute.test\n"
                              "zero.test 0 A 127.0.0.1\n"
                              "week.test 604800 A 127.0.0.1\n"
                              "huge.test 4294967295 A 127.0.0.1\n"
                              "empty.test 60 TXT nothing\n"
                              "fails.test 0 SERVFAIL\n");
  (void)state;
  expect_kept(world, "minute.test", 60 * PYR__NS_PER_S);
  expect_kept(world, "alias.test", 30 * PYR__NS_PER_S);
  expect_kept(world, "zero.test", PYR__NS_PER_S);
  expect_kept(world, "week.test", 3600 * PYR__NS_PER_S);
  expect_kept(world, "huge.test", PYR__NS_PER_S); /* RFC 2181: that is 0 */
  expect_kept(world, "nowhere.test", 5 * PYR__NS_PER_S);
  expect_kept(world, "empty.test", 5 * PYR__NS_PER_S);
  expect_kept(world, "fails.test", PYR__NS_PER_S);
  finish(world);
}

static void a_change__is_seen_after_the_time(void **state) {
  struct world *world = begin("a.test 10 A 127.0.0.1\n");
  unsigned line;
  (void)state;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.1");
  dns_server_load(&world->dns, "a.test 10 A 127.0.0.2\n", &line);
  assert_string_equal(resolve(world, "a.test"), "127.0.0.1");
  world->now_ns += 10 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.2");
  dns_server_load(&world->dns, "", &line);
  world->now_ns += 10 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "resolve a.test: no such name");
  dns_server_load(&world->dns, "a.test 10 A 127.0.0.3\n", &line);
  world->now_ns += 5 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.3");
  finish(world);
}

static void questions_at_once__share_one_answer(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\n");
  struct asked asked[5];
  size_t i;
  (void)state;
  memset(asked, 0, sizeof(asked));
  for (i = 0; i < 5; i++) {
    ask(world, &asked[i], "a.test");
    assert_int_equal(asked[i].rc, 0);
  }
  pyr__lookup_cancel(&asked[1].lookup);
  wait_for(world, &asked[4]);
  for (i = 0; i < 5; i++)
    assert_int_equal(asked[i].dones, i != 1);
  assert_int_equal(queries(world), 2); /* A and AAAA */
  finish(world);
}

static void ask_other(struct asked *asked) {
  struct asked *others = asked + 1;
  pyr__lookup_cancel(&others[0].lookup);
  ask(asked->world, &others[1], "b.test");
  assert_int_equal(others[1].rc, 0);
}

static void users__may_cancel_and_ask_when_they_are_told(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\nb.test 60 A 127.0.0.2\n");
  struct asked asked[3];
  (void)state;
  memset(asked, 0, sizeof(asked));
  ask(world, &asked[0], "a.test");
  asked[0].then = ask_other;
  ask(world, &asked[1], "a.test");
  wait_for(world, &asked[0]);
  wait_for(world, &asked[2]);
  assert_int_equal(asked[1].dones, 0);
  assert_int_equal(asked[2].addresses.count, 1);
  finish(world);
}

static void close_all(struct asked *asked) {
  pyr__lookup_cancel(&asked[1].lookup);
  pyr__lookup_cancel(&asked[2].lookup);
  close_resolver(asked->world);
}

static void users__may_close_all_when_they_are_told(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\nb.test 0 DROP\n");
  struct asked asked[3];
  (void)state;
  memset(asked, 0, sizeof(asked));
  ask(world, &asked[0], "a.test");
  ask(world, &asked[1], "a.test");
  ask(world, &asked[2], "b.test");
  asked[0].then = close_all;
  wait_for(world, &asked[0]);
  finish(world);
}

static void closing__forgets_open_questions(void **state) {
  static const char *const names[] = {"a.test", "cut.test", "slow.test"};
  size_t i, turns;
  (void)state;
  for (i = 0; i < 3; i++) {
    for (turns = 0; turns < 4; turns++) {
      struct world *world = begin("a.test 0 DROP\n"
                                  "cut.test 60 A 127.0.0.1\n"
                                  "cut.test 0 TRUNCATE\n"
                                  "slow.test 60 A 127.0.0.1\n"
                                  "slow.test 10000 DELAY 30\n");
      struct asked asked = {.then = NULL};
      size_t turn;
      ask(world, &asked, names[i]);
      for (turn = 0; turn < turns; turn++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
      pyr__lookup_cancel(&asked.lookup);
      finish(world);
      assert_int_equal(asked.dones, 0);
    }
  }
}

static void the_cache__is_bounded(void **state) {
  struct world *world = begin("x.test 3600 A 127.0.0.1\n");
  char name[64];
  unsigned i, before;
  (void)state;
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  for (i = 1; i < PYR__LIMIT_DNS_CACHE; i++) {
    snprintf(name, sizeof(name), "n%u.test", i);
    (void)resolve(world, name);
  }
  before = queries(world);
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  assert_int_equal(queries(world), before);
  (void)resolve(world, "one-more.test"); /* pushes out the oldest */
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  assert_true(queries(world) > before + 2);
  assert_int_equal(world->resolver.entry_count, PYR__LIMIT_DNS_CACHE);
  finish(world);
}

static void open_questions__are_bounded(void **state) {
  struct world *world = begin("");
  struct asked *asked = calloc(PYR__LIMIT_DNS_CACHE + 1, sizeof(*asked));
  char name[64];
  unsigned i;
  (void)state;
  assert_non_null(asked);
  for (i = 0; i < PYR__LIMIT_DNS_CACHE + 1; i++) {
    snprintf(name, sizeof(name), "n%u.test", i);
    ask(world, &asked[i], name);
    assert_int_equal(asked[i].rc, i < PYR__LIMIT_DNS_CACHE ? 0 : PYR_ELIMIT);
  }
  assert_string_equal(asked[i - 1].err.text,
                      "more than 4096 names are being resolved at once");
  for (i = 0; i < PYR__LIMIT_DNS_CACHE; i++)
    pyr__lookup_cancel(&asked[i].lookup);
  finish(world);
  free(asked);
}

/* ---- resolv.conf -------------------------------------------------------- */

static void write_conf(struct world *world, const char *text) {
  FILE *file = fopen(world->conf, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static struct world *begin_conf(const char *zone) {
  struct world *world = calloc(1, sizeof(*world));
  int fd;
  assert_non_null(world);
  open_dns(world, zone);
  strcpy(world->conf, "/tmp/pyrite-resolv-XXXXXX");
  fd = mkstemp(world->conf);
  assert_true(fd >= 0);
  close(fd);
  return world;
}

static void search_domains__are_tried(void **state) {
  struct world *world = begin_conf("db.a.test 60 A 127.0.0.1\n"
                                   "web.b.test 60 A 127.0.0.2\n"
                                   "web.c.b.test 60 A 127.0.0.3\n");
  pyr_error_t err;
  (void)state;
  write_conf(world, "search a.test b.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  assert_string_equal(resolve(world, "db"), "127.0.0.1");
  assert_string_equal(resolve(world, "web"), "127.0.0.2");
  assert_string_equal(resolve(world, "web.c"), "127.0.0.3");
  assert_string_equal(resolve(world, "web.c."), "resolve web.c.: no such name");
  assert_string_equal(resolve(world, "nowhere"),
                      "resolve nowhere: no such name");
  finish(world);
}

/* What was asked for as the old file has it is asked again. */
static void a_new_resolv_conf__is_followed(void **state) {
  struct world *world = begin_conf("a.old.test 0 DROP\n"
                                   "a.new.test 60 A 127.0.0.1\n"
                                   "b.new.test 60 A 127.0.0.2\n");
  struct asked asked[3];
  pyr_error_t err;
  (void)state;
  memset(asked, 0, sizeof(asked));
  write_conf(world, "search old.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  ask(world, &asked[0], "a");
  assert_int_equal(asked[0].rc, 0);
  while (world->dns.udp_queries < 2)
    uv_run(&world->loop, UV_RUN_ONCE);
  write_conf(world, "# the host has moved\nsearch new.test\n");
  world->now_ns += 31 * PYR__NS_PER_S;
  ask(world, &asked[1], "b");
  assert_int_equal(asked[1].rc, 0);
  ask(world, &asked[2], "a"); /* joins the one that is to be asked again */
  assert_int_equal(asked[2].rc, 0);
  wait_for(world, &asked[0]);
  wait_for(world, &asked[1]);
  wait_for(world, &asked[2]);
  assert_int_equal(asked[0].addresses.count, 1);
  assert_int_equal(asked[1].addresses.count, 1);
  assert_int_equal(asked[2].addresses.count, 1);
  assert_int_equal(world->net.stats.dns_failures, 0);
  finish(world);
}

/* Nobody waits for it any more: it is asked when somebody does. */
static void a_new_resolv_conf__drops_what_nobody_waits_for(void **state) {
  struct world *world = begin_conf("a.old.test 0 DROP\n"
                                   "a.new.test 60 A 127.0.0.1\n"
                                   "b.new.test 60 A 127.0.0.2\n");
  struct asked asked[2];
  pyr_error_t err;
  (void)state;
  memset(asked, 0, sizeof(asked));
  write_conf(world, "search old.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  ask(world, &asked[0], "a");
  pyr__lookup_cancel(&asked[0].lookup);
  write_conf(world, "# the host has moved\nsearch new.test\n");
  world->now_ns += 31 * PYR__NS_PER_S;
  ask(world, &asked[1], "b");
  wait_for(world, &asked[1]);
  assert_int_equal(asked[0].dones, 0);
  assert_string_equal(resolve(world, "a"), "127.0.0.1");
  finish(world);
}

static void bad_servers__are_refused_at_the_start(void **state) {
  struct world *world = calloc(1, sizeof(*world));
  pyr_error_t err;
  (void)state;
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  strcpy(world->servers, "not an address");
  assert_int_equal(open_resolver(world, &err), PYR_EDNS);
  assert_string_equal(err.text,
                      "bad DNS servers \"not an address\": expected addresses "
                      "with ports, as 127.0.0.1:53,[::1]:53");
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->failing.live, 0);
  free(world);
}

/* ---- memory ------------------------------------------------------------- */

static bool fails_at(size_t n) {
  struct world *world = calloc(1, sizeof(*world));
  struct asked asked[2];
  pyr_error_t err;
  bool failed;

  assert_non_null(world);
  memset(asked, 0, sizeof(asked));
  open_dns(world, "a.test 60 A 127.0.0.1\n"
                  "cut.test 60 A 127.0.0.1\ncut.test 0 TRUNCATE\n");
  world->failing.fail_at = n;
  if (open_resolver(world, &err) != 0) {
    assert_int_equal(err.code, PYR__ENOMEM);
    dns_server_close(&world->dns);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_int_equal(world->failing.live, 0);
    free(world);
    return true;
  }
  ask(world, &asked[0], "a.test");
  wait_for(world, &asked[0]);
  ask(world, &asked[1], "cut.test");
  wait_for(world, &asked[1]);
  for (int i = 0; i < 2; i++) {
    if (asked[i].addresses.count == 0)
      assert_int_equal(asked[i].err.code, PYR__ENOMEM);
  }
  failed = world->failing.calls >= n;
  finish(world);
  return failed;
}

static void no_memory__is_an_error_wherever_it_ends(void **state) {
  size_t n = 1;
  (void)state;
  while (fails_at(n)) {
    n++;
    assert_true(n < 200);
  }
  assert_true(n > 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(literals_and_localhost__need_no_dns),
      cmocka_unit_test(names__become_addresses),
      cmocka_unit_test(long_answers__come_over_tcp_and_are_bounded),
      cmocka_unit_test(failures__say_what_happened),
      cmocka_unit_test(silence__is_a_failure),
      cmocka_unit_test(a_missing_server__is_known_at_once),
      cmocka_unit_test(one_family_that_is_silent__leaves_the_other),
      cmocka_unit_test(answers__are_kept_for_their_time),
      cmocka_unit_test(a_change__is_seen_after_the_time),
      cmocka_unit_test(questions_at_once__share_one_answer),
      cmocka_unit_test(users__may_cancel_and_ask_when_they_are_told),
      cmocka_unit_test(users__may_close_all_when_they_are_told),
      cmocka_unit_test(closing__forgets_open_questions),
      cmocka_unit_test(the_cache__is_bounded),
      cmocka_unit_test(open_questions__are_bounded),
      cmocka_unit_test(search_domains__are_tried),
      cmocka_unit_test(a_new_resolv_conf__is_followed),
      cmocka_unit_test(a_new_resolv_conf__drops_what_nobody_waits_for),
      cmocka_unit_test(bad_servers__are_refused_at_the_start),
      cmocka_unit_test(no_memory__is_an_error_wherever_it_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

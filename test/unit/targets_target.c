/* From labels to a target. */
#include "config_support.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "targets/live_target.h"
#include "targets/making.h"

#define S PYR__NS_PER_S

static const char job_text[] =
    "scrape-configs:\n"
    "- job-name: shop\n"
    "  enabled-profiles: [cpu, mem, own]\n"
    "  profiles:\n"
    "    own: {path: /own, params: {b: [1, 2], a: x}}\n"
    "    not-ours.at-all: {path: /other}\n";

struct made {
  pyr_config_t *config;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__label_set discovered;
  struct pyr__target target;
  pyr_error_t err;
  int rc;
};

/* Of "name=value" texts up to NULL, in any order. */
static void make(struct made *made, const char *config,
                 const char *const *texts) {
  pyr_label_t labels[32];
  struct pyr__discovered entry = {labels, 0};
  for (; *texts != NULL; texts++) {
    const char *equal = strchr(*texts, '=');
    labels[entry.label_count++] =
        (pyr_label_t){{*texts, (size_t)(equal - *texts)}, pyr__str(equal + 1)};
  }
  pyr__labels_sort(labels, entry.label_count);
  made->config = parse_good(config);
  pyr__memory_init(&made->memory, NULL);
  pyr__arena_init(&made->arena, &made->memory, PYR__MEM_SCRAPER, 1 << 20);
  assert_int_equal(pyr__discovered_labels(&made->config->jobs[0], &entry,
                                          &made->arena, &made->discovered,
                                          &made->err),
                   0);
  made->rc = pyr__target_make(&made->config->jobs[0], &made->discovered,
                              &made->discovered, &made->arena, &made->target,
                              &made->err);
}

static void release(struct made *made) {
  pyr__arena_release(&made->arena);
  pyr_config_unref(made->config);
}

static void write_labels(struct made *made, const pyr_label_t *labels,
                         size_t count, char *out, size_t size) {
  struct pyr__buf buf;
  pyr__buf_init(&buf, &made->memory, PYR__MEM_BASE_TEXT, size);
  assert_int_equal(pyr__labels_write(&buf, labels, count), 0);
  snprintf(out, size, "%.*s", (int)buf.len, (char *)buf.data);
  pyr__buf_release(&buf);
}

static void discovered_labels__say_what_the_job_does(void **state) {
  const char *labels[] = {"__address__=h:1", "__name__=app",
                          "env=", "__meta_x=y", NULL};
  const char *own[] = {"__address__=h:1",
                       "__name__=app",
                       "job=mine",
                       "__scheme__=https",
                       "__scrape_interval__=1m30s",
                       "__scrape_timeout__=",
                       NULL};
  struct made made;
  char text[1024];
  (void)state;
  make(&made, job_text, labels);
  write_labels(&made, made.target.discovered, made.target.discovered_count,
               text, sizeof(text));
  assert_string_equal(text,
                      "{__address__=\"h:1\",__meta_x=\"y\",__name__=\"app\","
                      "__scheme__=\"http\",__scrape_interval__=\"10s\","
                      "__scrape_timeout__=\"15s\",job=\"shop\"}");
  release(&made);
  make(&made, job_text, own);
  write_labels(&made, made.discovered.items, made.discovered.count, text,
               sizeof(text));
  assert_string_equal(
      text, "{__address__=\"h:1\",__name__=\"app\",__scheme__=\"https\","
            "__scrape_interval__=\"1m30s\",__scrape_timeout__=\"15s\","
            "job=\"mine\"}");
  release(&made);
}

static void public_labels__are_those_without_underscores(void **state) {
  const char *labels[] = {"__address__=h:1", "__name__=app", "__spy_name__=go",
                          "env=dev",         "Zone=a",       "__meta_x=y",
                          "_one=1",          "job=mine",     NULL};
  const char *instance[] = {"__address__=h", "__name__=app", "instance=i",
                            NULL};
  struct made made;
  char text[1024];
  (void)state;
  make(&made, job_text, labels);
  write_labels(&made, made.target.labels, made.target.label_count, text,
               sizeof(text));
  assert_string_equal(text, "{Zone=\"a\",__name__=\"app\",_one=\"1\","
                            "env=\"dev\",instance=\"h:1\",job=\"mine\"}");
  assert_true(pyr__str_is(made.target.application, "app"));
  assert_true(pyr__str_is(made.target.address, "h:1"));
  release(&made);
  make(&made, job_text, instance);
  write_labels(&made, made.target.labels, made.target.label_count, text,
               sizeof(text));
  assert_string_equal(text, "{__name__=\"app\",instance=\"i\",job=\"shop\"}");
  assert_true(pyr__str_is(made.target.address, "h:80"));
  release(&made);
}

struct url_case {
  const char *labels[6]; /* besides __address__ and __name__ where they lack */
  const char *urls[3];   /* of cpu, mem, own; NULL: not asked */
};

static void check_urls(const struct url_case *wanted) {
  const char *labels[10];
  struct made made;
  size_t i, count = 0, at = 0;
  bool has_address = false;

  for (i = 0; wanted->labels[i] != NULL; i++) {
    has_address |= strncmp(wanted->labels[i], "__address__", 11) == 0;
    labels[count++] = wanted->labels[i];
  }
  labels[count++] = "__name__=app";
  if (!has_address)
    labels[count++] = "__address__=h:1";
  labels[count] = NULL;
  make(&made, job_text, labels);
  if (made.rc != 0)
    fail_msg("%s: %s", wanted->labels[0], made.err.text);
  for (i = 0; i < 3; i++) {
    if (wanted->urls[i] == NULL)
      continue;
    assert_true(at < made.target.request_count);
    assert_string_equal(made.target.requests[at++].url, wanted->urls[i]);
  }
  assert_int_equal(at, made.target.request_count);
  release(&made);
}

#define TEN "0123456789"
#define CPU "/debug/pprof/profile?seconds=10"
#define MEM "/debug/pprof/heap"
#define OWN "/own?a=x&b=1&b=2"

static void urls__are_what_labels_say(void **state) {
  static const struct url_case cases[] = {
      {{NULL}, {"http://h:1" CPU, "http://h:1" MEM, "http://h:1" OWN}},
      {{"__scheme__=https"},
       {"https://h:1" CPU, "https://h:1" MEM, "https://h:1" OWN}},
      {{"__scheme__="}, {"http://h:1" CPU, "http://h:1" MEM, "http://h:1" OWN}},
      {{"__address__=h"}, {"http://h" CPU, "http://h" MEM, "http://h" OWN}},
      {{"__address__=h", "__scheme__=https"},
       {"https://h" CPU, "https://h" MEM, "https://h" OWN}},
      {{"__address__=h:443"},
       {"http://h:443" CPU, "http://h:443" MEM, "http://h:443" OWN}},
      {{"__address__=h:"}, {"http://h" CPU, "http://h" MEM, "http://h" OWN}},
      {{"__address__=h:1", "__port__=77"},
       {"http://h:77" CPU, "http://h:77" MEM, "http://h:77" OWN}},
      {{"__address__=[::1]"},
       {"http://[::1]" CPU, "http://[::1]" MEM, "http://[::1]" OWN}},
      {{"__address__=[::1]:9", "__port__=8"},
       {"http://[::1]:8" CPU, "http://[::1]:8" MEM, "http://[::1]:8" OWN}},
      {{"__address__=Host.Example:1"},
       {"http://host.example:1" CPU, "http://host.example:1" MEM,
        "http://host.example:1" OWN}},
      /* which profiles */
      {{"__profile_cpu_enabled=false", "__profile_own_enabled=false"},
       {NULL, "http://h:1" MEM}},
      {{"__profile_mem_enabled=true"},
       {"http://h:1" CPU, "http://h:1" MEM, "http://h:1" OWN}},
      {{"__profile_not_ours_at_all_enabled=true",
        "__profile_not_ours_at_all_param_x=y", "__profile_cpu_enabled=false",
        "__profile_mem_enabled=false", "__profile_own_enabled=false"},
       {"http://h:1/other?x=y"}},
      /* where */
      {{"__profile_mem_path=/x y/%20/\xc3\xa4"},
       {"http://h:1" CPU, "http://h:1/x%20y/%20/%C3%A4", "http://h:1" OWN}},
      /* how */
      {{"__profile_own_param_b=9", "__profile_own_param_c d=&\xc3\xa4 =+~"},
       {"http://h:1" CPU, "http://h:1" MEM,
        "http://h:1/own?a=x&b=9&b=2&c+d=%26%C3%A4+%3D%2B~"}},
      {{"__param_debug=0"},
       {"http://h:1/debug/pprof/profile?debug=0&seconds=10",
        "http://h:1/debug/pprof/heap?debug=0",
        "http://h:1/own?a=x&b=1&b=2&debug=0"}},
      {{"__param_a=1", "__profile_own_param_a=2"},
       {"http://h:1/debug/pprof/profile?a=1&seconds=10",
        "http://h:1/debug/pprof/heap?a=1", "http://h:1/own?a=2&b=1&b=2"}},
      {{"__profile_cpu_param_seconds=3", "__profile_cpu_paramseconds=4",
        "__profile_cpu_param_=5"},
       {"http://h:1/debug/pprof/profile?seconds=3", "http://h:1" MEM,
        "http://h:1" OWN}},
      /* seconds that nobody gave fit into the interval */
      {{"__scrape_interval__=4s"},
       {"http://h:1/debug/pprof/profile?seconds=4", "http://h:1" MEM,
        "http://h:1" OWN}},
      {{"__scrape_interval__=4s", "__profile_cpu_param_seconds=9"},
       {"http://h:1/debug/pprof/profile?seconds=9", "http://h:1" MEM,
        "http://h:1" OWN}},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    check_urls(&cases[i]);
}

static void times__are_what_labels_say(void **state) {
  static const struct {
    const char *config, *labels[4];
    int64_t interval, timeout, seconds; /* of cpu */
  } cases[] = {
      {"", {NULL}, 10 * S, 15 * S, 10 * S},
      {"", {"__profile_cpu_param_seconds=30"}, 10 * S, 35 * S, 30 * S},
      {"", {"__scrape_interval__=1m"}, 60 * S, 15 * S, 10 * S},
      {"", {"__scrape_timeout__=20s"}, 10 * S, 20 * S, 10 * S},
      {"",
       {"__scrape_interval__=20s", "__scrape_timeout__=30s"},
       20 * S,
       30 * S,
       10 * S},
      {"  scrape-timeout: 20s\n", {NULL}, 10 * S, 20 * S, 10 * S},
      {"  scrape-timeout: 20s\n",
       {"__scrape_timeout__=15s"},
       10 * S,
       15 * S,
       10 * S},
      {"  scrape-timeout: 20s\n",
       {"__profile_cpu_param_seconds=19"},
       10 * S,
       20 * S,
       19 * S},
      {"  scrape-interval: 2500ms\n", {NULL}, S * 5 / 2, 15 * S, 2 * S},
  };
  char text[400];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const char *labels[8] = {"__address__=h:1", "__name__=app"};
    const struct pyr__target_request *cpu;
    struct made made;
    memcpy((void *)&labels[2], (const void *)cases[i].labels,
           sizeof(cases[i].labels));
    snprintf(text, sizeof(text), "%s%s", job_text, cases[i].config);
    make(&made, text, labels);
    assert_int_equal(made.rc, 0);
    cpu = &made.target.requests[0];
    assert_int_equal(cpu->interval_ns, cases[i].interval);
    assert_int_equal(cpu->timeout_ns, cases[i].timeout);
    assert_int_equal(cpu->seconds_ns, cases[i].seconds);
    assert_int_equal(made.target.requests[1].seconds_ns, 0);
    release(&made);
  }
}

static void sockets__are_addresses_or_beside_them(void **state) {
  static const struct {
    const char *labels[4], *address, *socket, *url;
  } cases[] = {
      {{"__address__=unix:/run/a.sock", "__name__=app"},
       "unix:/run/a.sock",
       "/run/a.sock",
       "http://localhost" MEM},
      {{"__address__=unix:///run/a.sock", "__name__=app", "__port__=77"},
       "unix:/run/a.sock",
       "/run/a.sock",
       "http://localhost" MEM},
      {{"__address__=unix:/a b:c", "__name__=app", "__scheme__=https"},
       "unix:/a b:c",
       "/a b:c",
       "https://localhost" MEM},
      {{"__address__=h", "__name__=app", "__unix_socket__=/run/a.sock"},
       "h:80",
       "/run/a.sock",
       "http://h" MEM},
      {{"__address__=unix:/b", "__name__=app", "__unix_socket__=/a"},
       "unix:/b",
       "/b",
       "http://localhost" MEM},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const pyr_str_t *instance;
    struct made made;
    make(&made, job_text, cases[i].labels);
    assert_int_equal(made.rc, 0);
    assert_true(pyr__str_is(made.target.address, cases[i].address));
    assert_string_equal(made.target.unix_socket, cases[i].socket);
    assert_string_equal(made.target.requests[1].url, cases[i].url);
    instance = pyr__labels_find(made.target.labels, made.target.label_count,
                                "instance");
    assert_true(pyr__str_is(*instance, cases[i].address));
    release(&made);
  }
}

/* The same labels and URLs: the socket makes them two. */
static void targets_of_two_sockets__are_two(void **state) {
  const char *one[] = {"__address__=h", "__name__=app", "__unix_socket__=/a",
                       NULL};
  const char *two[] = {"__address__=h", "__name__=app", "__unix_socket__=/b",
                       NULL};
  struct made made[3];
  struct pyr__live_target *live;
  (void)state;
  make(&made[0], job_text, one);
  make(&made[1], job_text, two);
  make(&made[2], job_text, one);
  assert_true(made[0].target.hash != made[1].target.hash);
  assert_int_equal(made[0].target.hash, made[2].target.hash);
  assert_false(pyr__target_is_same(&made[0].target, &made[1].target));
  live = pyr__live_target_new(&made[0].memory, &made[0].target);
  assert_true(pyr__target_is_same(&live->target, &made[0].target));
  assert_ptr_not_equal(live->target.unix_socket, made[0].target.unix_socket);
  assert_int_equal(pyr__target_identity(1, &live->target),
                   pyr__target_identity(1, &made[2].target));
  assert_true(pyr__target_identity(1, &live->target) !=
              pyr__target_identity(1, &made[1].target));
  pyr__live_target_drop(live);
  release(&made[0]);
  release(&made[1]);
  release(&made[2]);
}

struct bad_case {
  const char *labels[4], *error;
};

static void check_bad(const struct bad_case *cases, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    struct made made;
    make(&made, job_text, cases[i].labels);
    assert_int_equal(made.rc, PYR_ECONFIG);
    assert_int_equal(made.err.code, PYR_ECONFIG);
    assert_string_equal(made.err.text, cases[i].error);
    release(&made);
  }
}

static void bad_sockets__say_why(void **state) {
  static const struct bad_case cases[] = {
      {{"__address__=unix:", "__name__=app"},
       "\"\" is no path of a unix socket, expected one that begins with "
       "\"/\", as in unix:/run/app.sock"},
      {{"__address__=unix://host/a", "__name__=app"},
       "\"host/a\" is no path of a unix socket, expected one that begins with "
       "\"/\", as in unix:/run/app.sock"},
      {{"__address__=h", "__name__=app", "__unix_socket__=a.sock"},
       "\"a.sock\" is no path of a unix socket, expected one that begins with "
       "\"/\", as in unix:/run/app.sock"},
      {{"__address__=h", "__name__=app",
        "__unix_socket__=/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1234567"},
       "\"/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
       "1234567\" is too long for "
       "the path of a unix socket, expected at most 107 bytes"},
      {{"__name__=app", "__unix_socket__=/a"}, "no address"},
  };
  (void)state;
  check_bad(cases, sizeof(cases) / sizeof(cases[0]));
}

static void bad_labels__say_why(void **state) {
  static const struct bad_case cases[] = {
      {{"__name__=app"}, "no address"},
      {{"__address__=", "__name__=app"}, "no address"},
      {{"__address__=h:1"},
       "no application name (__name__): add a rule to relabel-configs that "
       "sets it, such as {target-label: __name__, replacement: my-app} or "
       "{source-labels: [job], target-label: __name__}"},
      {{"__address__=http://h:1/x", "__name__=app"},
       "\"http://h:1/x\" is not a valid hostname, expected HOST or HOST:PORT "
       "without a scheme, a user, a path and a query"},
      {{"__address__=h?x:80", "__name__=app"},
       "\"h?x:80\" is not a valid hostname, expected HOST or HOST:PORT "
       "without a scheme, a user, a path and a query"},
      {{"__address__=h#x", "__name__=app"},
       "\"h#x\" is not a valid hostname, expected HOST or HOST:PORT "
       "without a scheme, a user, a path and a query"},
      {{"__address__=secret@h:80", "__name__=app"},
       "\"...@h:80\" is not a valid hostname, expected HOST or HOST:PORT "
       "without a scheme, a user, a path and a query"},
      {{"__address__=h:1", "__name__=app", "__port__=80/x?"},
       "\"80/x?\" is no port, expected a number in __port__"},
      {{"__address__=::1", "__name__=app"},
       "\"::1\" has several colons, expected brackets around an IPv6 address, "
       "as in [::1]:6060"},
      {{"__address__=[::1", "__name__=app"},
       "\"[::1\" has no \"]\" after its \"[\""},
      {{"__address__=[::1]x:1", "__name__=app"},
       "\"[::1]x:1\" has something between \"]\" and the port"},
      {{"__address__=h:99999", "__name__=app"},
       "bad URL \"http://h:99999/debug/pprof/profile?seconds=10\": the port "
       "must be from 1 to 65535"},
      {{"__address__=:80", "__name__=app"},
       "bad URL \"http://:80/debug/pprof/profile?seconds=10\": the host is "
       "missing"},
      {{"__address__=h:1", "__name__=app", "__port__=http"},
       "bad URL \"http://h:http/debug/pprof/profile?seconds=10\": the port "
       "must be a number"},
      {{"__address__=h:1", "__name__=app", "__scheme__=ftp"},
       "invalid scheme \"ftp\", expected http or https"},
      {{"__address__=h:1", "__name__=app", "__scrape_interval__=10"},
       "error parsing scrape interval: \"10\" has no unit, expected a duration "
       "such as 10s or 1m30s"},
      {{"__address__=h:1", "__name__=app", "__scrape_interval__=0s"},
       "scrape interval cannot be 0"},
      {{"__address__=h:1", "__name__=app", "__scrape_interval__=1ms"},
       "scrape interval \"1ms\" is out of range, expected from 10ms to 1y"},
      {{"__address__=h:1", "__name__=app", "__scrape_timeout__=fast"},
       "error parsing scrape timeout: \"fast\" does not begin with a number, "
       "expected a duration such as 10s or 1m30s"},
      {{"__address__=h:1", "__name__=app", "__scrape_timeout__=0"},
       "scrape timeout cannot be 0"},
      {{"__address__=h:1", "__name__=app", "__scrape_timeout__=10s"},
       "scrape timeout 10s is not longer than the 10s that the parameter "
       "seconds gives the profile cpu"},
      {{"__address__=h:1", "__name__=app", "__profile_cpu_param_seconds=0"},
       "the parameter seconds of the profile cpu is \"0\", expected one whole "
       "number from 1 to 86400"},
      {{"__address__=h:1", "__name__=app", "__profile_own_param_seconds=1s"},
       "the parameter seconds of the profile own is \"1s\", expected one whole "
       "number from 1 to 86400"},
      {{"__address__=h:1", "__name__=app", "__profile_mem_enabled=yes"},
       "__profile_mem_enabled is \"yes\", expected true or false"},
      {{"__address__=h:1", "__name__=app", "__profile_mem_path=heap"},
       "the path \"heap\" does not begin with \"/\" or holds \"?\" or \"#\", "
       "expected a path alone"},
      {{"__address__=h:1", "__name__=app", "__profile_mem_path=/a?b"},
       "the path \"/a?b\" does not begin with \"/\" or holds \"?\" or \"#\", "
       "expected a path alone"},
      {{"__address__=h:1", "__name__=app", "a=\xff"},
       "invalid label value for \"a\": \"\\xff\" is not UTF-8"},
      {{"__address__=a b", "__name__=app"},
       "bad URL \"http://a b:80/debug/pprof/profile?seconds=10\": the host may "
       "hold letters, digits, - _ and dots"},
  };
  (void)state;
  check_bad(cases, sizeof(cases) / sizeof(cases[0]));
}

static void long_urls__are_refused(void **state) {
  static char value[PYR__LIMIT_URL_BYTES + 100];
  const char *labels[] = {"__address__=h:1", "__name__=app", value, NULL};
  struct made made;
  size_t len = (size_t)sprintf(value, "__param_a=");
  (void)state;
  memset(value + len, 'x', PYR__LIMIT_URL_BYTES);
  make(&made, job_text, labels);
  assert_int_equal(made.rc, PYR_ECONFIG);
  assert_string_equal(made.err.text, "URL is longer than 8192 bytes");
  release(&made);
  value[len + 3000] = '\0'; /* three bytes each in the end */
  memset(value + len, '&', 3000);
  make(&made, job_text, labels);
  assert_int_equal(made.rc, PYR_ECONFIG);
  assert_string_equal(made.err.text, "URL is longer than 8192 bytes");
  release(&made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(discovered_labels__say_what_the_job_does),
      cmocka_unit_test(public_labels__are_those_without_underscores),
      cmocka_unit_test(urls__are_what_labels_say),
      cmocka_unit_test(times__are_what_labels_say),
      cmocka_unit_test(sockets__are_addresses_or_beside_them),
      cmocka_unit_test(targets_of_two_sockets__are_two),
      cmocka_unit_test(bad_sockets__say_why),
      cmocka_unit_test(bad_labels__say_why),
      cmocka_unit_test(long_urls__are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

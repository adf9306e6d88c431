/* Answers of a real agent, and others, however they are cut. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "base/limits.h"
#include "base/str.h"
#include "discovery/consul/answer.h"
#include "discovery/consul/labels.h"

struct reading {
  struct pyr__memory memory;
  struct pyr__json_answer answer;
  size_t held;
  pyr_error_t err;
};

/* Its code; the first `cut` bytes come first. */
static int read_cut(struct reading *reading, enum pyr__consul_kind kind,
                    const char *text, size_t len, size_t cut) {
  int rc;
  memset(reading, 0, sizeof(*reading));
  pyr__memory_init(&reading->memory, NULL);
  pyr__json_answer_init(&reading->answer, &reading->memory,
                        kind == PYR__CONSUL_HEALTH, &pyr__consul_roots[kind],
                        &reading->held);
  rc = pyr__json_answer_feed(&reading->answer, text, cut, &reading->err);
  if (rc == 0)
    rc = pyr__json_answer_feed(&reading->answer, text + cut, len - cut,
                               &reading->err);
  if (rc == 0)
    rc = pyr__json_answer_finish(&reading->answer, &reading->err);
  assert_int_equal(reading->held, reading->answer.records.len);
  return rc;
}

static void release(struct reading *reading) {
  pyr__json_answer_release(&reading->answer);
  assert_int_equal(reading->held, 0);
  assert_int_equal(
      reading->memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks, 0);
}

static char recorded[32768];

static size_t load(const char *name) {
  char path[256];
  FILE *file;
  size_t len;
  snprintf(path, sizeof(path), "%s/consul/%s", TEST_SOURCE_DIR, name);
  file = fopen(path, "rb");
  assert_non_null(file);
  len = fread(recorded, 1, sizeof(recorded), file);
  assert_true(len < sizeof(recorded));
  fclose(file);
  return len;
}

static const struct pyr__consul_sd_config usual = {.tag_separator = {",", 1}};

static struct pyr__discovered labels_of(struct pyr__arena *arena,
                                        pyr_str_t record) {
  struct pyr__discovered out;
  assert_int_equal(pyr__consul_labels(arena, &usual, pyr__str("dc1"),
                                      pyr__str("web"), record, &out, NULL),
                   0);
  return out;
}

static void check_labels(struct pyr__arena *arena, pyr_str_t record,
                         const char *const (*expected)[2], size_t count) {
  struct pyr__discovered found = labels_of(arena, record);
  size_t i, j = 0;
  for (i = 0; i < found.label_count; i++) {
    if (found.labels[i].value.len == 0)
      continue;
    assert_true(j < count);
    if (!pyr__str_is(found.labels[i].name, expected[j][0]) ||
        !pyr__str_is(found.labels[i].value, expected[j][1]))
      fail_msg("%.*s=%.*s is not %s=%s", PYR__STR_ARG(found.labels[i].name),
               PYR__STR_ARG(found.labels[i].value), expected[j][0],
               expected[j][1]);
    j++;
  }
  assert_int_equal(j, count);
}

#define OF_NODE                                                                \
  {"__meta_consul_metadata_rack_name", "2304"}, {                              \
    "__meta_consul_node", "pyrite-node"                                        \
  }
#define ADDRESSES                                                              \
  {"__meta_consul_tagged_address_lan", "127.0.0.1"},                           \
      {"__meta_consul_tagged_address_lan_ipv4", "127.0.0.1"},                  \
      {"__meta_consul_tagged_address_wan", "127.0.0.1"}, {                     \
    "__meta_consul_tagged_address_wan_ipv4", "127.0.0.1"                       \
  }

static void instances__of_a_real_agent_have_their_labels(void **state) {
  static const char *const first[][2] = {
      {"__address__", "10.0.0.1:6060"},
      {"__meta_consul_address", "127.0.0.1"},
      {"__meta_consul_dc", "dc1"},
      {"__meta_consul_health", "warning"},
      OF_NODE,
      {"__meta_consul_service", "web"},
      {"__meta_consul_service_address", "10.0.0.1"},
      {"__meta_consul_service_id", "web-1"},
      {"__meta_consul_service_metadata_pyroscope_spy_name", "gospy"},
      {"__meta_consul_service_port", "6060"},
      ADDRESSES,
      {"__meta_consul_tags", ",a,b,"}};
  static const char *const second[][2] = {
      {"__address__", "127.0.0.1:6061"},
      {"__meta_consul_address", "127.0.0.1"},
      {"__meta_consul_dc", "dc1"},
      {"__meta_consul_health", "maintenance"},
      OF_NODE,
      {"__meta_consul_service", "web"},
      {"__meta_consul_service_id", "web-2"},
      {"__meta_consul_service_port", "6061"},
      ADDRESSES,
      {"__meta_consul_tags", ",,"}};
  struct reading reading;
  struct pyr__reader reader;
  struct pyr__arena arena;
  pyr_str_t record;
  size_t len = load("health.json");
  (void)state;
  assert_int_equal(read_cut(&reading, PYR__CONSUL_HEALTH, recorded, len, 0), 0);
  pyr__arena_init(&arena, &reading.memory, PYR__MEM_DISCOVERY_GROUPS, PYR__MIB);
  reader = pyr__json_answer_reader(&reading.answer);
  assert_true(pyr__json_records_next(&reader, &record));
  check_labels(&arena, record, first, sizeof(first) / sizeof(first[0]));
  assert_true(pyr__json_records_next(&reader, &record));
  check_labels(&arena, record, second, sizeof(second) / sizeof(second[0]));
  assert_false(pyr__json_records_next(&reader, &record));
  pyr__arena_release(&arena);
  release(&reading);
}

static void a_catalog_and_an_agent__are_read(void **state) {
  struct reading reading;
  struct pyr__reader reader;
  struct pyr__json_entry entry;
  char all[256] = "";
  size_t len = load("catalog.json"), used = 0;
  (void)state;
  assert_int_equal(read_cut(&reading, PYR__CONSUL_CATALOG, recorded, len, 0),
                   0);
  reader = pyr__json_record_reader(pyr__json_answer_record(&reading.answer));
  while (pyr__json_record_next(&reader, &entry))
    used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%.*s",
                             entry.field == PYR__CONSUL_SERVICE ? "\n" : " ",
                             PYR__STR_ARG(entry.text));
  assert_string_equal(all, "\nconsul\nweb a b");
  release(&reading);
  len = load("agent.json");
  assert_int_equal(read_cut(&reading, PYR__CONSUL_AGENT, recorded, len, 0), 0);
  assert_true(pyr__str_is(
      pyr__json_record_find(pyr__json_answer_record(&reading.answer),
                            PYR__CONSUL_DATACENTER),
      "dc1"));
  release(&reading);
}

static void cuts__change_nothing(void **state) {
  static const char *const names[] = {"agent.json", "catalog.json",
                                      "health.json"};
  struct reading whole, cut;
  size_t kind, at, len;
  (void)state;
  for (kind = 0; kind < 3; kind++) {
    len = load(names[kind]);
    assert_int_equal(
        read_cut(&whole, (enum pyr__consul_kind)kind, recorded, len, 0), 0);
    for (at = 1; at < len; at++) {
      assert_int_equal(
          read_cut(&cut, (enum pyr__consul_kind)kind, recorded, len, at), 0);
      assert_int_equal(cut.answer.records.len, whole.answer.records.len);
      assert_memory_equal(cut.answer.records.data, whole.answer.records.data,
                          whole.answer.records.len);
      release(&cut);
    }
    release(&whole);
  }
}

static void an_answer_that_is_cut__is_none(void **state) {
  static const char *const names[] = {"agent.json", "catalog.json",
                                      "health.json"};
  struct reading reading;
  size_t kind, at, len;
  (void)state;
  for (kind = 0; kind < 3; kind++) {
    len = load(names[kind]);
    while (recorded[len - 1] == '\n')
      len--;
    for (at = 0; at < len; at++) {
      assert_int_not_equal(
          read_cut(&reading, (enum pyr__consul_kind)kind, recorded, at, 0), 0);
      assert_true(reading.err.text[0] != '\0');
      release(&reading);
    }
  }
}

#define CHECK(id, status)                                                      \
  "{\"Status\":\"" status "\",\"CheckID\":\"" id "\",\"Output\":{}}"

static void health__is_the_worst_of_all_checks(void **state) {
  static const struct {
    const char *checks, *health;
  } cases[] = {
      {"null", "passing"},
      {"[]", "passing"},
      {"[" CHECK("a", "passing") "]", "passing"},
      {"[" CHECK("a", "warning") "," CHECK("b", "passing") "]", "warning"},
      {"[" CHECK("a", "warning") "," CHECK("b", "critical") "]", "critical"},
      {"[" CHECK("a", "critical") "," CHECK("b", "passing") "]", "critical"},
      {"[" CHECK("a", "odd") "," CHECK("b", "critical") "]", ""},
      {"[{}," CHECK("b", "critical") "]", ""},
      {"[" CHECK("_node_maintenance", "critical") "," CHECK("b", "passing") "]",
       "maintenance"},
      {"[" CHECK("b", "critical") "," CHECK("_service_maintenance:x",
                                            "odd") "]",
       "maintenance"},
      {"[" CHECK("_node_maintenance:x", "critical") "]", "critical"},
      {"[" CHECK("_node_maintenance", "critical") "," CHECK("b", "odd") "]",
       ""}};
  struct reading reading;
  struct pyr__arena arena;
  char text[512];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct pyr__discovered found;
    const pyr_str_t *health;
    snprintf(text, sizeof(text), "[{\"Checks\":%s,\"Node\":null}]",
             cases[i].checks);
    assert_int_equal(
        read_cut(&reading, PYR__CONSUL_HEALTH, text, strlen(text), 1), 0);
    pyr__arena_init(&arena, &reading.memory, PYR__MEM_DISCOVERY_GROUPS,
                    PYR__MIB);
    found = labels_of(&arena, pyr__json_answer_record(&reading.answer));
    health = pyr__labels_find(found.labels, found.label_count,
                              "__meta_consul_health");
    assert_non_null(health);
    if (!pyr__str_is(*health, cases[i].health))
      fail_msg("%s: %.*s", cases[i].checks, PYR__STR_ARG(*health));
    pyr__arena_release(&arena);
    release(&reading);
  }
}

/* What is not as it should be makes no label, and no harm. */
static void lies__make_no_labels(void **state) {
  static const char *const texts[] = {
      "[{}]", "[{\"Node\":[],\"Service\":[1],\"Checks\":{}}]",
      "[{\"Node\":{\"Meta\":{\"a\":{\"b\":1},\"c\":[[]],\"d\":null}}}]",
      "[{\"Service\":{\"Tags\":{\"a\":1},\"Port\":{},\"Meta\":[{}]}}]",
      "[{\"Service\":7,\"Checks\":[[{\"Status\":\"passing\"}],1]}]"};
  struct reading reading;
  struct pyr__arena arena;
  size_t i, j;
  (void)state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    struct pyr__discovered found;
    assert_int_equal(
        read_cut(&reading, PYR__CONSUL_HEALTH, texts[i], strlen(texts[i]), 1),
        0);
    pyr__arena_init(&arena, &reading.memory, PYR__MEM_DISCOVERY_GROUPS,
                    PYR__MIB);
    found = labels_of(&arena, pyr__json_answer_record(&reading.answer));
    for (j = 0; j < found.label_count; j++)
      assert_null(strstr(found.labels[j].name.base, "metadata"));
    pyr__arena_release(&arena);
    release(&reading);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(instances__of_a_real_agent_have_their_labels),
      cmocka_unit_test(a_catalog_and_an_agent__are_read),
      cmocka_unit_test(cuts__change_nothing),
      cmocka_unit_test(an_answer_that_is_cut__is_none),
      cmocka_unit_test(health__is_the_worst_of_all_checks),
      cmocka_unit_test(lies__make_no_labels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdio.h>
#include <string.h>

#include "support.h"

#include "base/limits.h"
#include "base/str.h"
#include "discovery/json_text.h"
#include "discovery/target_list.h"

static int parse_len(struct pyr__list_reading *list, struct pyr__memory *memory,
                     const char *text, size_t len, enum pyr__list_format format,
                     pyr_error_t *err) {
  /* Exactly its size, so that one byte too far is seen. */
  char *copy = malloc(len == 0 ? 1 : len);
  int rc;
  memcpy(copy, text, len);
  pyr__list_reading_begin(list, memory, copy, len, format, "f");
  do {
    rc = pyr__list_reading_step(list, err);
  } while (rc > 0);
  if (rc != 0)
    pyr__list_reading_end(list);
  free(copy);
  return rc;
}

static int parse(struct pyr__list_reading *list, const char *text,
                 enum pyr__list_format format, pyr_error_t *err) {
  static struct pyr__memory memory;
  pyr__memory_init(&memory, NULL);
  return parse_len(list, &memory, text, strlen(text), format, err);
}

static const char *const json_text =
    "[\n\t{\"targets\": [\"h:1\", \"[::1]:2\"],\r\n"
    "\t \"labels\": {\"a\":\"\\u00fc\\/\\\"\\\\\", \"b\": \"\", \"c\" : null,"
    " \"__name__\": \"x y\"}},\n"
    "\t{\"application\": \"api\", \"spy-name\": \"gospy\", \"targets\": []},"
    "{}]\n";

static void json__is_read(void **state) {
  struct pyr__list_reading list;
  const struct pyr__group_draft *group;
  (void)state;
  assert_int_equal(parse(&list, json_text, PYR__LIST_JSON, NULL), 0);
  assert_int_equal(list.list.group_count, 3);
  group = &list.list.groups[0];
  assert_int_equal(group->application.len, 0);
  assert_int_equal(group->targets.count, 2);
  assert_true(pyr__str_is(group->targets.items[1], "[::1]:2"));
  assert_int_equal(group->labels.count, 4);
  assert_true(pyr__str_is(group->labels.items[0].value, "x y"));
  assert_true(pyr__str_is(group->labels.items[1].value, "\xc3\xbc/\"\\"));
  assert_int_equal(group->labels.items[3].value.len, 0);
  assert_true(pyr__str_is(list.list.groups[1].application, "api"));
  assert_true(pyr__str_is(list.list.groups[1].spy_name, "gospy"));
  assert_int_equal(list.list.groups[2].targets.count, 0);
  pyr__list_reading_end(&list);
}

static void empty__is_a_list_in_yaml_alone(void **state) {
  static const char *const empty[] = {"", "\n# nothing\n", "---\n", "[]", "~"};
  struct pyr__list_reading list;
  pyr_error_t err;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
    assert_int_equal(parse(&list, empty[i], PYR__LIST_YAML, NULL), 0);
    assert_int_equal(list.list.group_count, 0);
    pyr__list_reading_end(&list);
  }
  assert_int_equal(parse(&list, " []\n", PYR__LIST_JSON, NULL), 0);
  pyr__list_reading_end(&list);
  assert_int_equal(parse(&list, "\n", PYR__LIST_JSON, &err), PYR_ECONFIG);
  assert_string_equal(err.text,
                      "f:1:1: is empty, expected a JSON list of groups");
  assert_int_equal(parse(&list, "- targets: [a]", PYR__LIST_JSON, &err),
                   PYR_ECONFIG);
  assert_int_equal(parse(&list, "null", PYR__LIST_JSON, &err), PYR_ECONFIG);
}

static void error__has_its_place(void **state) {
  static const struct {
    enum pyr__list_format format;
    const char *text, *error;
  } cases[] = {
      {PYR__LIST_YAML, "a: b",
       "f:1:1: targets: is a map, expected a list of "
       "groups"},
      {PYR__LIST_YAML, "- targets: [a]\n-\n",
       "f:2:2: group: is nothing, expected a map of keys"},
      {PYR__LIST_YAML, "- targets: [a]\n  targets: [b]\n", "f:2:3: targets: "},
      {PYR__LIST_YAML, "- targets: [a]\n  label: {}\n",
       "f:2:3: label: is no key of a group of targets, expected labels"},
      {PYR__LIST_YAML, "- application: a b\n", "f:1:16: application: "},
      {PYR__LIST_YAML,
       "- application: a\n  labels: {__name__: b}\n  targets: [c]\n",
       "f:2:12: __name__: is what application sets"},
      {PYR__LIST_YAML, "- targets: [a]\n  labels: {__address__: b}\n",
       "f:2:12: __address__: is what targets sets"},
      {PYR__LIST_YAML, "- targets: [a]\n\t- b\n", "f:2:"},
      {PYR__LIST_YAML, "- targets: [\"\xff\"]\n", "f:1:"},
      {PYR__LIST_JSON, "[{\"targets\": [\"a\"]},\n null]",
       "f:2:2: group: is nothing, expected a map of keys"},
      {PYR__LIST_JSON, "[{\"targets\": [\"a\"],\n  \"source\": \"x\"}]",
       "f:2:3: source: is no key of a group of targets"},
      {PYR__LIST_JSON, "[{\"targets\": {}}]", "f:1:14: targets: is a map"},
      {PYR__LIST_JSON, "[] []", "f:1:"},
      {PYR__LIST_JSON, "[{\"targets\": [\"a\\q\"]}]", "f:1:"},
  };
  struct pyr__list_reading list;
  pyr_error_t err;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(parse(&list, cases[i].text, cases[i].format, &err),
                     PYR_ECONFIG);
    if (strncmp(err.text, cases[i].error, strlen(cases[i].error)) != 0)
      fail_msg("\"%s\" is not \"%s\"", err.text, cases[i].error);
  }
}

static void json__cut_anywhere_is_an_error(void **state) {
  size_t len, whole = strlen(json_text) - 1; /* the last line end is no part */
  struct pyr__list_reading list;
  struct pyr__memory memory;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (len = 0; len < whole; len++)
    assert_int_equal(
        parse_len(&list, &memory, json_text, len, PYR__LIST_JSON, NULL),
        PYR_ECONFIG);
}

/* Escaped as Python does it by default. */
static void json__characters_in_two_halves(void **state) {
  static const char *const cases[][2] = {
      {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
      {"\\uD83D\\uDE00x", "\xf0\x9f\x98\x80x"},
      {"\\\\ud83d\\\\ude00", "\\\\ud83d\\\\ude00"},
      {"\\ud83d", "\xef\xbf\xbd"},
      {"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\\ud83d\\u0041", "\xef\xbf\xbd\\u0041"},
      {"\\ud83dA", "\xef\xbf\xbd"
                   "A"},
      {"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
      {"\\u00e9\\n", "\\u00e9\\n"},
      {"\\ud83", "\\ud83"},
      {"\\", "\\"},
      {"", ""},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    size_t len = strlen(cases[i][0]);
    char *text = malloc(len + 1);
    memcpy(text, cases[i][0], len);
    text[pyr__json_join_surrogates(text, len)] = '\0';
    assert_string_equal(text, cases[i][1]);
    free(text);
  }
}

static void deep__is_an_error(void **state) {
  char text[4096];
  struct pyr__list_reading list;
  pyr_error_t err;
  (void)state;
  memset(text, '[', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  assert_int_equal(parse(&list, text, PYR__LIST_JSON, &err), PYR_ECONFIG);
  assert_non_null(strstr(err.text, "in one another"));
}

/* Between two steps there is time for others. */
static void list__takes_many_steps(void **state) {
  enum { GROUPS = 5000, LINE = 32 };
  struct pyr__list_reading list;
  struct pyr__memory memory;
  char *text = malloc(GROUPS * LINE);
  unsigned i, steps = 0;
  size_t len = 0;
  (void)state;
  for (i = 0; i < GROUPS; i++)
    len += (size_t)sprintf(text + len, "- targets: [h:%u]\n", i);
  pyr__memory_init(&memory, NULL);
  pyr__list_reading_begin(&list, &memory, text, len, PYR__LIST_YAML, "f");
  while (pyr__list_reading_step(&list, NULL) > 0) {
    steps++;
    /* What was read of the file is not kept. */
    assert_true(memory.accounts[PYR__MEM_CONFIG_TREE].used_bytes < 100000);
  }
  assert_true(steps > 400);
  assert_int_equal(list.list.group_count, GROUPS);
  assert_true(
      pyr__str_is(list.list.groups[GROUPS - 1].targets.items[0], "h:4999"));
  pyr__list_reading_end(&list);
  /* It may be given up at any time. */
  for (i = 0; i < steps; i += 50) {
    unsigned step;
    pyr__list_reading_begin(&list, &memory, text, len, PYR__LIST_YAML, "f");
    for (step = 0; step < i; step++)
      assert_int_equal(pyr__list_reading_step(&list, NULL), 1);
    pyr__list_reading_end(&list);
  }
  assert_int_equal(memory.accounts[PYR__MEM_CONFIG_TREE].used_blocks, 0);
  assert_int_equal(memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks, 0);
  free(text);
}

static void anchors__reach_over_entries(void **state) {
  struct pyr__list_reading list;
  (void)state;
  assert_int_equal(parse(&list,
                         "- &a {targets: [h:1], labels: &l {zone: a}}\n"
                         "- {targets: [h:2], labels: *l}\n- *a\n",
                         PYR__LIST_YAML, NULL),
                   0);
  assert_int_equal(list.list.group_count, 3);
  assert_true(pyr__str_is(list.list.groups[1].labels.items[0].value, "a"));
  assert_true(pyr__str_is(list.list.groups[2].targets.items[0], "h:1"));
  pyr__list_reading_end(&list);
}

static void refuse_long(const char *start, const char *part, size_t count,
                        const char *error) {
  size_t len = strlen(start), part_len = strlen(part), i;
  char *text = malloc(len + count * part_len + 1);
  struct pyr__list_reading list;
  pyr_error_t err;
  memcpy(text, start, len);
  for (i = 0; i < count; i++)
    memcpy(text + len + i * part_len, part, part_len);
  text[len + count * part_len] = '\0';
  assert_int_equal(parse(&list, text, PYR__LIST_YAML, &err), PYR_ECONFIG);
  if (strstr(err.text, error) == NULL)
    fail_msg("\"%s\" is not \"%s\"", err.text, error);
  free(text);
}

/* What would take libyaml long between two events. */
static void no_step__is_made_long(void **state) {
  (void)state;
  refuse_long("- targets: [", "x", 1 << 20, "more than 262144 bytes without");
  refuse_long("- targets: ['", "x ", 1 << 20, "more than 262144 bytes without");
  refuse_long("[", " ", 1 << 20, "more than 262144 bytes without");
  refuse_long("", "# nothing\n", 1 << 17, "more than 262144 bytes without");
  refuse_long("- labels:", "\n", 1 << 20, "more than 262144 bytes without");
  refuse_long("", "%TAG !a! b\n", 100, "more than 64 lines that begin with %");
  refuse_long("- labels: {", "? ", 40000, "f:1:");
}

static void maps__have_a_limit(void **state) {
  char *text = malloc(11000 * 16);
  size_t len = (size_t)sprintf(text, "- labels: {");
  struct pyr__list_reading list;
  pyr_error_t err;
  unsigned i;
  (void)state;
  for (i = 0; i < 10001; i++)
    len += (size_t)sprintf(text + len, "l%u: v,", i);
  sprintf(text + len, "}\n");
  assert_int_equal(parse(&list, text, PYR__LIST_YAML, &err), PYR_ECONFIG);
  assert_string_equal(err.text, "f:1:11: YAML: a map of 10001 keys, expected "
                                "at most 10000");
  len = (size_t)sprintf(text, "- &a {x: 1, y: 2}\n- {<<: [");
  for (i = 0; i < 5001; i++)
    len += (size_t)sprintf(text + len, "*a,");
  sprintf(text + len, "]}\n");
  assert_int_equal(parse(&list, text, PYR__LIST_YAML, &err), PYR_ECONFIG);
  free(text);
}

static void memory__may_fail_anywhere(void **state) {
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct pyr__list_reading list;
  struct pyr__memory memory;
  pyr_error_t err;
  int rc;
  (void)state;
  pyr__memory_init(&memory, &alloc);
  do {
    allocator.fail_at++;
    allocator.calls = 0;
    rc = parse_len(&list, &memory, json_text, strlen(json_text), PYR__LIST_JSON,
                   &err);
    if (rc != 0) {
      assert_int_equal(rc, PYR__ENOMEM);
      assert_int_equal(allocator.live, 0);
    }
  } while (rc != 0);
  assert_true(allocator.fail_at > 2);
  pyr__list_reading_end(&list);
  assert_int_equal(allocator.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json__is_read),
      cmocka_unit_test(empty__is_a_list_in_yaml_alone),
      cmocka_unit_test(error__has_its_place),
      cmocka_unit_test(json__cut_anywhere_is_an_error),
      cmocka_unit_test(json__characters_in_two_halves),
      cmocka_unit_test(deep__is_an_error),
      cmocka_unit_test(list__takes_many_steps),
      cmocka_unit_test(anchors__reach_over_entries),
      cmocka_unit_test(no_step__is_made_long),
      cmocka_unit_test(maps__have_a_limit),
      cmocka_unit_test(memory__may_fail_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

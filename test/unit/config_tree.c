#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/tree.h"

struct fixture {
  struct pyr__memory memory;
  struct pyr__problems problems;
  struct pyr__tree tree;
  struct pyr__buf text; /* the tree as write_node has it */
  int rc;
};

/* text, "text" (quoted), ~, [a,b], {k:v} with the places of texts and starts
 * where `places` says so. */
static void write_node(struct pyr__buf *out, const struct pyr__node *node,
                       int places) {
  size_t i;
  switch (node->kind) {
  case PYR__NODE_NULL:
    pyr__buf_add_text(out, "~");
    break;
  case PYR__NODE_TEXT:
    pyr__buf_add_format(out, node->is_plain ? "%.*s" : "\"%.*s\"",
                        PYR__STR_ARG(node->as.text));
    break;
  case PYR__NODE_LIST:
    pyr__buf_add_text(out, "[");
    for (i = 0; i < node->as.list.count; i++) {
      pyr__buf_add_text(out, i > 0 ? "," : "");
      write_node(out, node->as.list.items[i], places);
    }
    pyr__buf_add_text(out, "]");
    break;
  case PYR__NODE_MAP:
    pyr__buf_add_text(out, "{");
    for (i = 0; i < node->as.map.count; i++) {
      pyr__buf_add_text(out, i > 0 ? "," : "");
      write_node(out, node->as.map.entries[i].key, places);
      pyr__buf_add_text(out, ":");
      write_node(out, node->as.map.entries[i].value, places);
    }
    pyr__buf_add_text(out, "}");
    break;
  }
  if (places)
    pyr__buf_add_format(out, "@%u:%u", node->line, node->column);
}

static void parse_len(struct fixture *fixture, const char *text, size_t len,
                      int expand_env, int places) {
  struct pyr__tree_options options = {.expand_env = expand_env != 0};
  pyr__memory_init(&fixture->memory, NULL);
  pyr__problems_init(&fixture->problems, &fixture->memory, "f");
  pyr__buf_init(&fixture->text, &fixture->memory, PYR__MEM_BASE_TEXT, 1 << 20);
  fixture->rc =
      pyr__tree_parse(&fixture->tree, &fixture->memory, (pyr_str_t){text, len},
                      &options, &fixture->problems);
  if (fixture->rc == 0)
    write_node(&fixture->text, fixture->tree.root, places);
  pyr__buf_add_byte(&fixture->text, '\0');
}

static void release(struct fixture *fixture) {
  if (fixture->rc == 0)
    pyr__tree_release(&fixture->tree);
  pyr__buf_release(&fixture->text);
  pyr__problems_release(&fixture->problems);
  assert_int_equal(fixture->memory.accounts[PYR__MEM_CONFIG_TREE].used_blocks,
                   0);
}

static void expect_with(const char *text, const char *tree, int expand_env,
                        int places) {
  struct fixture fixture;
  parse_len(&fixture, text, strlen(text), expand_env, places);
  if (fixture.problems.count > 0)
    fail_msg("%s: %s", text, fixture.problems.items[0].error.text);
  assert_string_equal((char *)fixture.text.data, tree);
  release(&fixture);
}

static void expect(const char *text, const char *tree) {
  expect_with(text, tree, 0, 0);
}

static void refuse_len(const char *text, size_t len, int expand_env,
                       const char *problem) {
  struct fixture fixture;
  pyr_error_t err;
  parse_len(&fixture, text, len, expand_env, 0);
  assert_int_equal(pyr__problems_tell(&fixture.problems, NULL, NULL, &err),
                   PYR_ECONFIG);
  assert_string_equal(err.text, problem);
  release(&fixture);
}

static void refuse(const char *text, const char *problem) {
  refuse_len(text, strlen(text), 0, problem);
}

static void nodes__have_kinds_and_places(void **state) {
  (void)state;
  expect_with("a: b\nlist:\n  - x\n  - 'y z'\n",
              "{a@1:1:b@1:4,list@2:1:[x@3:5,\"y z\"@4:5]@3:3}@1:1", 0, 1);
  /* columns are characters, and tabs may stand between things */
  expect_with("\xc3\xa4\xe2\x82\xac: \tx\n",
              "{\xc3\xa4\xe2\x82\xac@1:1:x@1:6}@1:1", 0, 1);
  expect("a: |\n  one\n  two\nb: >-\n  one\n  two\n",
         "{a:\"one\ntwo\n\",b:\"one two\"}");
  expect("[]", "[]");
  expect("{}", "{}");
}

static void nulls__are_plain_only(void **state) {
  (void)state;
  expect("[~, null, Null, NULL, 'null', \"\", nil, !!str null, !!str ]",
         "[~,~,~,~,\"null\",\"\",nil,null,]");
  expect("a:\nb: ~\n", "{a:~,b:~}");
  expect("~: a\n", "{~:a}");
}

static void json__is_yaml(void **state) {
  (void)state;
  expect("[{\"targets\": [\"a:1\", \"b\\/\\u00e4\\n\"],\n"
         "\t\"labels\": {\"a\": \"1\", \"b\": null}}]",
         "[{\"targets\":[\"a:1\",\"b/\xc3\xa4\n\"],"
         "\"labels\":{\"a\":\"1\",\"b\":~}}]");
}

static void lines__end_in_any_way(void **state) {
  (void)state;
  expect_with("\xef\xbb\xbf"
              "a: b\r\nc:\r\n  - d\r\n",
              "{a@1:1:b@1:4,c@2:1:[d@3:5]@3:3}@1:1", 0, 1);
  expect_with("a: b\rc: d\r", "{a@1:1:b@1:4,c@2:1:d@2:4}@1:1", 0, 1);
  refuse("\xff\xfe"
         "a",
         "f:1:1: YAML: UTF-16, expected text in UTF-8");
  refuse("\xfe\xff"
         "a",
         "f:1:1: YAML: UTF-16, expected text in UTF-8");
  refuse("a: b\r\n\xc3\xa4\xff",
         "f:2:2: YAML: the byte 0xff is not UTF-8, expected text in UTF-8");
  refuse("a: \xe2\x82",
         "f:1:4: YAML: the byte 0xe2 is not UTF-8, expected text in UTF-8");
  refuse("a: \x07",
         "f:1:4: YAML: the control character U+0007, expected none in text");
  refuse("a: \xc2\x80",
         "f:1:4: YAML: the control character U+0080, expected none in text");
  refuse("a: \xef\xbb\xbf",
         "f:1:4: YAML: the control character U+FEFF, expected none in text");
  refuse_len("a: \0", 4, 0,
             "f:1:4: YAML: the control character U+0000, expected none in "
             "text");
  refuse("a: \"\\0\"", "f:1:4: YAML: a NUL character, expected none in text");
  refuse("\ta: b", "f:1:1: YAML: a tab cannot indent, expected spaces");
  refuse("a:\n  b:\n\t c", "f:3:1: YAML: a tab cannot indent, expected spaces");
}

static void aliases__are_their_anchors(void **state) {
  (void)state;
  expect("a: &x {b: c}\nd: *x\n", "{a:{b:c},d:{b:c}}");
  expect("a: &x 1\nb: &x 2\nc: *x\n", "{a:1,b:2,c:2}");
  expect("&k a: b\nc: {*k : d}\n", "{a:b,c:{a:d}}");
  expect("--- &a [~]\n", "[~]");
  refuse("a: *x", "f:1:4: YAML: the alias *x has no anchor before it");
  refuse("&x [*x]", "f:1:5: YAML: the alias *x stands in what it means");
  refuse("&x {*x : a}", "f:1:5: YAML: the alias *x stands in what it means");
  refuse("--- &a ~\n--- [*a]\n",
         "f:2:6: YAML: the alias *a has no anchor before it");
}

static void merges__fill_what_is_not_there(void **state) {
  (void)state;
  expect("- &x {a: 1, b: 2}\n- {b: 3, <<: *x}\n- {<<: *x, b: 3}\n",
         "[{a:1,b:2},{b:3,a:1},{b:3,a:1}]");
  expect("- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y]}\n",
         "[{a:1},{a:2,b:2},{a:1,b:2}]");
  expect("- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: *y, c: 3}\n",
         "[{a:1},{b:2,a:1},{c:3,b:2,a:1}]");
  expect("{\"<<\": 2}", "{\"<<\":2}");
  expect("{<<: []}", "{}");
  refuse("{<<: 1}", "f:1:6: <<: text, expected a map or a list of maps");
  refuse("{<<: [{}, 1]}", "f:1:11: <<: text, expected a map or a list of maps");
  refuse("{<<: {}, <<: {}}",
         "f:1:10: <<: is there twice, the first time in line 1");
  refuse("&x {<<: *x}", "f:1:9: YAML: the alias *x stands in what it means");
}

static void keys__are_texts_and_once(void **state) {
  (void)state;
  refuse("a: 1\nb: 2\na: 3\n",
         "f:3:1: a: is there twice, the first time in line 1");
  refuse("{a: {b: 1, 'b': 2}}",
         "f:1:12: b: is there twice, the first time in line 1");
  refuse("{\"\": 1, '': 2}",
         "f:1:9: \"\": is there twice, the first time in line 1");
  refuse("? [a]\n: b\n", "f:1:3: YAML: a list as a key, expected text");
  refuse("- &m {}\n- {*m : b}\n", "f:1:3: YAML: a map as a key, expected text");
}

static void documents__are_one(void **state) {
  (void)state;
  expect("", "~");
  expect("# only this\n", "~");
  expect("---\n---\n", "~");
  expect("---\n--- [a]\n...\n---\n# end\n", "[a]");
  expect("%YAML 1.1\n---\na\n", "a");
  refuse("a: 1\n---\nb: 2\n",
         "f:3:1: YAML: a second document, expected one in a file");
}

static void tags__are_yamls(void **state) {
  (void)state;
  expect("[!!int 1, !!map {}, !!seq [], ! a]", "[1,{},[],a]");
  refuse("a: !secret b", "f:1:4: YAML: the tag !secret means nothing here, "
                         "expected none");
  refuse("!!binary aGk=",
         "f:1:1: YAML: the tag tag:yaml.org,2002:binary means nothing here, "
         "expected none");
}

/* ---- limits ------------------------------------------------------------- */

/* `count` times `part`, between `before` and `after`. */
static char *repeat(const char *before, const char *part, size_t count,
                    const char *after) {
  size_t len = strlen(part), i;
  char *text = malloc(strlen(before) + len * count + strlen(after) + 1);
  char *at = stpcpy(text, before);
  for (i = 0; i < count; i++)
    at = stpcpy(at, part);
  strcpy(at, after);
  return text;
}

static void depth__is_limited(void **state) {
  char *good = repeat("", "[", PYR__LIMIT_YAML_DEPTH, "");
  char *text = repeat(good, "]", PYR__LIMIT_YAML_DEPTH, "");
  struct fixture fixture;

  (void)state;
  parse_len(&fixture, text, strlen(text), 0, 0);
  assert_int_equal(fixture.rc, 0);
  release(&fixture);
  free(text);
  free(good);
  text = repeat("", "[", PYR__LIMIT_YAML_DEPTH + 1, "");
  refuse(text, "f:1:65: YAML: more than 64 lists and maps in one another");
  free(text);
  text = repeat("", "{a: ", 100000, "");
  refuse(text, "f:1:257: YAML: more than 64 lists and maps in one another");
  free(text);
  /* An alias counts as what it means. */
  text = repeat("- &a [[[[1]]]]\n- ", "[", PYR__LIMIT_YAML_DEPTH - 3, "*a");
  refuse(text, "f:2:64: YAML: the alias *a makes the file too deep");
  free(text);
}

static void aliases_of_aliases__are_counted(void **state) {
  char text[4096];
  size_t used = 0;
  int i;
  (void)state;
  used += (size_t)sprintf(text, "- &a0 [x,x,x,x,x,x,x,x,x,x]\n");
  for (i = 1; i < 9; i++)
    used += (size_t)sprintf(text + used,
                            "- &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]"
                            "\n",
                            i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
                            i - 1);
  refuse(text, "f:7:24: YAML: more than 2000000 values with those of aliases, "
               "expected fewer");
}

static void merges_of_merges__are_counted(void **state) {
  struct pyr__memory memory;
  struct pyr__buf text;
  struct fixture fixture;
  int i, k;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&text, &memory, PYR__MEM_BASE_TEXT, 1 << 20);
  pyr__buf_add_text(&text, "- &m {");
  for (i = 0; i < 1000; i++)
    pyr__buf_add_format(&text, "k%d: v, ", i);
  pyr__buf_add_text(&text, "}\n");
  for (i = 0; i < 10; i++) {
    pyr__buf_add_text(&text, "- {<<: [");
    for (k = 0; k < 300; k++)
      pyr__buf_add_text(&text, "*m, ");
    pyr__buf_add_text(&text, "]}\n");
  }
  parse_len(&fixture, (char *)text.data, text.len, 0, 0);
  assert_int_equal(fixture.rc, PYR_ECONFIG);
  assert_non_null(
      strstr(fixture.problems.items[0].error.text, "more than 2000000"));
  release(&fixture);
  pyr__buf_release(&text);
}

static void sizes__are_limited(void **state) {
  char *text = repeat("# ", "x", PYR__LIMIT_CONFIG_BYTES - 2, "");
  (void)state;
  expect(text, "~");
  free(text);
  text = repeat("# ", "x", PYR__LIMIT_CONFIG_BYTES - 1, "");
  refuse(text, "f:1:1: YAML: 16777217 bytes, expected a file of at most "
               "16777216");
  free(text);
}

/* ---- the environment ---------------------------------------------------- */

static void environment__is_in_values_only(void **state) {
  (void)state;
  setenv("PYR_TEST_A", "one", 1);
  setenv("PYR_TEST_EMPTY", "", 1);
  setenv("PYR_TEST_NULL", "null", 1);
  setenv("PYR_TEST_YAML", "[a]: {b}", 1);
  expect_with("a: ${PYR_TEST_A}\n", "{a:${PYR_TEST_A}}", 0, 0);
  expect_with("${PYR_TEST_A}: x${PYR_TEST_A}-${PYR_TEST_A}y\n",
              "{${PYR_TEST_A}:\"xone-oney\"}", 1, 0);
  /* What comes out is text, whatever it looks like. */
  expect_with("[\"${PYR_TEST_NULL}\", '${PYR_TEST_EMPTY}', '${PYR_TEST_YAML}']",
              "[\"null\",\"\",\"[a]: {b}\"]", 1, 0);
  /* Templates and patterns are left alone. */
  expect_with("[$1:$2, \"${1}x\", \"$$\", a$, $PYR_TEST_A, '${}', '${', '${A',"
              " '${A-B}', '$ {A}', '${1A}']",
              "[\"$1:$2\",\"${1}x\",\"$$\",\"a$\",\"$PYR_TEST_A\",\"${}\","
              "\"${\",\"${A\",\"${A-B}\",\"$ {A}\",\"${1A}\"]",
              1, 0);
  expect_with("['$${PYR_TEST_A}', '$$${PYR_TEST_A}', '$$$1']",
              "[\"${PYR_TEST_A}\",\"$${PYR_TEST_A}\",\"$$$1\"]", 1, 0);
}

static void environment__must_be_there(void **state) {
  char *text;
  (void)state;
  unsetenv("PYR_TEST_NONE");
  setenv("PYR_TEST_BAD", "\xff", 1);
  refuse_len("a: [b, 'x${PYR_TEST_NONE}']", 27, 1,
             "f:1:8: ${PYR_TEST_NONE}: is not set in the environment; set it, "
             "or write $${...} where the text itself is meant");
  refuse_len("${PYR_TEST_BAD}", 15, 1,
             "f:1:1: ${PYR_TEST_BAD}: is not UTF-8, expected text in UTF-8");
  text = repeat("${", "A", 300, "}");
  refuse_len(text, strlen(text), 1,
             "f:1:1: ${AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: is not set in the "
             "environment; set it, or "
             "write $${...} where the text itself is meant");
  free(text);
}

static void environment__cannot_grow_a_file(void **state) {
  char *value = repeat("", "x", 100000, ""), *text;
  struct fixture fixture;
  (void)state;
  setenv("PYR_TEST_LONG", value, 1);
  text = repeat("'", "${PYR_TEST_LONG}", 200, "'");
  parse_len(&fixture, text, strlen(text), 1, 0);
  assert_int_equal(fixture.rc, PYR_ECONFIG);
  assert_string_equal(
      fixture.problems.items[0].error.text,
      "f:1:1: YAML: what the environment makes of this is too long");
  release(&fixture);
  unsetenv("PYR_TEST_LONG");
  free(text);
  free(value);
}

/* ---- memory ------------------------------------------------------------- */

static void memory__may_end_anywhere(void **state) {
  static const char text[] =
      "a: &a {b: &b [c, '${PYR_TEST_A}'], d: e}\nf: {<<: [*a, {g: *b}], h: i}\n"
      "j: {a: 1, a: 2}\nk: {l: ~, 'm': n, o: |\n  p\n}\n";
  static const char good[] =
      "a: &a {b: &b [c, '${PYR_TEST_A}'], d: e}\nf: {<<: [*a, {g: *b}], h: i}\n"
      "j: {a: 1, a: 2}\nk: {l: ~, 'm': n}\n";
  const char *texts[] = {text, good};
  size_t i;
  (void)state;
  setenv("PYR_TEST_A", "one", 1);
  for (i = 0; i < 2; i++) {
    struct failing_allocator allocator = {0};
    int rc = PYR__ENOMEM;
    while (rc == PYR__ENOMEM) {
      pyr_alloc_t alloc = failing_alloc(&allocator);
      struct pyr__tree_options options = {.expand_env = true};
      struct pyr__memory memory;
      struct pyr__problems problems;
      struct pyr__tree tree;
      allocator.fail_at++;
      allocator.calls = 0;
      pyr__memory_init(&memory, &alloc);
      pyr__problems_init(&problems, &memory, "f");
      rc = pyr__tree_parse(&tree, &memory, pyr__str(texts[i]), &options,
                           &problems);
      if (rc == 0)
        pyr__tree_release(&tree);
      if (rc == 0 && problems.rc != 0)
        rc = PYR__ENOMEM;
      pyr__problems_release(&problems);
      assert_int_equal(allocator.live, 0);
    }
    assert_int_equal(rc, i == 0 ? PYR_ECONFIG : 0);
    assert_true(allocator.fail_at > 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes__have_kinds_and_places),
      cmocka_unit_test(nulls__are_plain_only),
      cmocka_unit_test(json__is_yaml),
      cmocka_unit_test(lines__end_in_any_way),
      cmocka_unit_test(aliases__are_their_anchors),
      cmocka_unit_test(merges__fill_what_is_not_there),
      cmocka_unit_test(keys__are_texts_and_once),
      cmocka_unit_test(documents__are_one),
      cmocka_unit_test(tags__are_yamls),
      cmocka_unit_test(depth__is_limited),
      cmocka_unit_test(aliases_of_aliases__are_counted),
      cmocka_unit_test(merges_of_merges__are_counted),
      cmocka_unit_test(sizes__are_limited),
      cmocka_unit_test(environment__is_in_values_only),
      cmocka_unit_test(environment__must_be_there),
      cmocka_unit_test(environment__cannot_grow_a_file),
      cmocka_unit_test(memory__may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

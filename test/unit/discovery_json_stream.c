#include "support.h"

#include <stdio.h>
#include <string.h>

#include "discovery/json_stream.h"

/* What was heard, as text: {k:"v" [1 true ] } */
struct heard {
  char text[4096];
  size_t len;
  const char *skip; /* a key whose value is passed over */
  bool skip_arrays;
};

static void hear(struct heard *heard, const char *format, ...) {
  va_list args;
  va_start(args, format);
  heard->len += (size_t)vsnprintf(
      heard->text + heard->len, sizeof(heard->text) - heard->len, format, args);
  va_end(args);
  assert_true(heard->len < sizeof(heard->text));
}

static int on_key(void *ctx, pyr_str_t key, pyr_error_t *err) {
  struct heard *heard = ctx;
  (void)err;
  if (key.base == NULL) {
    hear(heard, "LONG:");
    return 0;
  }
  hear(heard, "%.*s:", (int)key.len, key.base);
  return heard->skip != NULL && key.len == strlen(heard->skip) &&
                 memcmp(key.base, heard->skip, key.len) == 0
             ? PYR__JSON_SKIP
             : 0;
}

static int on_open(void *ctx, bool is_array, pyr_error_t *err) {
  struct heard *heard = ctx;
  (void)err;
  hear(heard, is_array ? "[" : "{");
  return is_array && heard->skip_arrays ? PYR__JSON_SKIP : 0;
}

static int on_close(void *ctx, pyr_error_t *err) {
  (void)err;
  hear(ctx, "}");
  return 0;
}

static int on_scalar(void *ctx, enum pyr__json_kind kind, pyr_str_t text,
                     pyr_error_t *err) {
  static const char *const quotes[] = {"\"", "", "'"};
  (void)err;
  if (text.base == NULL)
    hear(ctx, "LONG ");
  else
    hear(ctx, "%s%.*s%s ", quotes[kind], (int)text.len, text.base,
         quotes[kind]);
  return 0;
}

static const struct pyr__json_events events = {on_key, on_open, on_close,
                                               on_scalar};

/* Feeds the text in two pieces, cut at `cut`. */
static int read_cut(struct heard *heard, const char *text, size_t cut,
                    pyr_error_t *err) {
  struct pyr__memory memory;
  struct pyr__json json;
  size_t len = strlen(text);
  int rc;

  heard->len = 0;
  heard->text[0] = '\0';
  pyr__memory_init(&memory, NULL);
  pyr__json_init(&json, &memory, PYR__MEM_DISCOVERY_KUBERNETES, 16, &events,
                 heard);
  rc = pyr__json_feed(&json, text, cut, err);
  if (rc == 0)
    rc = pyr__json_feed(&json, text + cut, len - cut, err);
  if (rc == 0)
    rc = pyr__json_finish(&json, err);
  pyr__json_release(&json);
  assert_int_equal(memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES].used_blocks,
                   0);
  return rc;
}

static const struct {
  const char *text, *heard;
} good[] = {
    {"", ""},
    {" \n\t\r", ""},
    {"{}", "{}"},
    {"[]", "[}"},
    {"{}{}\n[]", "{}{}[}"},
    {"{\"a\":1}", "{a:1 }"},
    {" { \"a\" : 1 , \"b\" : [ ] } ", "{a:1 b:[}}"},
    {"[1,-2,0,3.5,1e9,1E+2,1e-3,-0.0]", "[1 -2 0 3.5 1e9 1E+2 1e-3 -0.0 }"},
    {"[true,false,null]", "['true' 'false' 'null' }"},
    {"[\"\",\"a\",[\"b\"],{\"c\":\"d\"}]", "[\"\" \"a\" [\"b\" }{c:\"d\" }}"},
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\"\\/\b\f\n\r\t\" }"},
    {"[\"\\u0041\\u00e9\\u20AC\"]", "[\"A\xc3\xa9\xe2\x82\xac\" }"},
    {"[\"\\ud83d\\ude00\"]", "[\"\xf0\x9f\x98\x80\" }"},
    /* halves of a pair alone: U+FFFD, as Go's reader does */
    {"[\"\\ud83d\"]", "[\"\xef\xbf\xbd\" }"},
    {"[\"\\ud83dx\"]", "[\"\xef\xbf\xbdx\" }"},
    {"[\"\\ud83d\\n\"]", "[\"\xef\xbf\xbd\n\" }"},
    {"[\"\\ude00\"]", "[\"\xef\xbf\xbd\" }"},
    {"[\"\\ud83d\\u0041\"]", "[\"\xef\xbf\xbd"
                             "A\" }"},
    {"[\"\\ud83d\\ud83d\\ude00\"]", "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\" }"},
    {"[\"h\xc3\xa9\"]", "[\"h\xc3\xa9\" }"},
    {"[\"0123456789abcdef\"]", "[\"0123456789abcdef\" }"},
    {"[\"0123456789abcdefg\",\"b\"]", "[LONG \"b\" }"},
    {"[\"0123456789abcde\\u00e9\",1]", "[LONG 1 }"},
    {"{\"0123456789abcdefg\":\"b\"}", "{LONG:\"b\" }"},
    {"{\"\\u0061\":1,\"a\":2}", "{a:1 a:2 }"},
};

static void good_documents_cut_at_every_byte(void **state) {
  struct heard heard = {.skip = NULL};
  pyr_error_t err;
  size_t i, cut;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
    for (cut = 0; cut <= strlen(good[i].text); cut++) {
      assert_int_equal(read_cut(&heard, good[i].text, cut, &err), 0);
      assert_string_equal(heard.text, good[i].heard);
    }
}

static const struct {
  const char *text, *heard;
} skipped[] = {
    {"{\"x\":1,\"b\":2}", "{x:b:2 }"},
    {"{\"x\":\"}]\\\"\",\"b\":2}", "{x:b:2 }"},
    {"{\"x\":{\"b\":[1,{\"x\":{}}]},\"b\":2}", "{x:b:2 }"},
    {"{\"a\":{\"x\":{\"a\":1}},\"b\":2}", "{a:{x:}b:2 }"},
    {"{\"x\":{}}", "{x:}"},
    {"{\"x\":\"a very long text that is not kept\\u20ac\"}{\"b\":3}",
     "{x:}{b:3 }"},
    {"{\"x\":\"\xff\xfe\"}", "{x:}"}, /* not looked at */
    {"{\"b\":[1,[2]],\"c\":{\"d\":[[]]},\"e\":4}", "{b:[c:{d:[}e:4 }"},
};

static void values_are_passed_over(void **state) {
  struct heard heard = {.skip = "x", .skip_arrays = true};
  pyr_error_t err;
  size_t i, cut;
  (void)state;
  for (i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
    for (cut = 0; cut <= strlen(skipped[i].text); cut++) {
      assert_int_equal(read_cut(&heard, skipped[i].text, cut, &err), 0);
      assert_string_equal(heard.text, skipped[i].heard);
    }
}

static const struct {
  const char *text, *error;
} bad[] = {
    {"1", "no JSON at byte 0: expected {, not 1"},
    {"\"a\"", "no JSON at byte 0: expected {, not \""},
    {"}", "no JSON at byte 0: expected {, not }"},
    {"{", "JSON ends too early, after 1 bytes"},
    {"[1", "JSON ends too early, after 2 bytes"},
    {"{\"a", "JSON ends too early, after 3 bytes"},
    {"{1:2}", "no JSON at byte 1: expected a key, not 1"},
    {"{\"a\" 1}", "no JSON at byte 5: expected :, not 1"},
    {"{\"a\":}", "no JSON at byte 5: expected a value, not }"},
    {"{\"a\":1,}", "no JSON at byte 7: expected a key, not }"},
    {"{\"a\":1 \"b\":2}",
     "no JSON at byte 7: expected a comma or the end, not \""},
    {"[1,]", "no JSON at byte 3: expected a value, not ]"},
    {"[,1]", "no JSON at byte 1: expected a value, not ,"},
    {"[1}", "no JSON at byte 2: expected a comma or the end, not }"},
    {"{\"a\":1]", "no JSON at byte 6: expected a comma or the end, not ]"},
    {"[tru]", "no JSON before byte 4: \"tru\" is no value"},
    {"[nul l]", "no JSON before byte 4: \"nul\" is no value"},
    {"[True]", "no JSON at byte 1: expected a value, not T"},
    {"[01]", "no JSON before byte 3: \"01\" is no value"},
    {"[-]", "no JSON before byte 2: \"-\" is no value"},
    {"[1.]", "no JSON before byte 3: \"1.\" is no value"},
    {"[.5]", "no JSON at byte 1: expected a value, not ."},
    {"[1e]", "no JSON before byte 3: \"1e\" is no value"},
    {"[1e+]", "no JSON before byte 4: \"1e+\" is no value"},
    {"[0x1]", "no JSON before byte 4: \"0x1\" is no value"},
    {"[NaN]", "no JSON at byte 1: expected a value, not N"},
    {"[11111111111111111111111111111111]",
     "no JSON at byte 32: a number or word is too long"},
    {"[\"\n\"]",
     "no JSON at byte 2: expected no control character in a string, not \\n"},
    {"[\"\\x\"]", "no JSON at byte 3: expected an escape behind \\, not x"},
    {"[\"\\u00g0\"]", "no JSON at byte 6: expected four hexadecimal digits "
                      "behind \\u, not g"},
    {"[\"\xff\"]", "no JSON: the text before byte 3 is not UTF-8"},
    {"[\"\xc3\"]", "no JSON: the text before byte 3 is not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "no JSON: the text before byte 5 is not UTF-8"},
    {"{\"\xff\":1}", "no JSON: the text before byte 3 is not UTF-8"},
    {"{}x", "no JSON at byte 2: expected {, not x"},
    {"\xef\xbb\xbf{}", "no JSON at byte 0: expected {, not \\xef"},
    {"{'a':1}", "no JSON at byte 1: expected a key, not '"},
    {"[1/**/]", "no JSON at byte 2: expected a comma or the end, not /"},
    {"{\"x\":[}", "no JSON at byte 6: expected a value, not }"}, /* skipped */
};

static void bad_documents_say_where(void **state) {
  struct heard heard = {.skip = "x"};
  pyr_error_t err;
  size_t i, cut;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    for (cut = 0; cut <= strlen(bad[i].text); cut++) {
      assert_int_equal(read_cut(&heard, bad[i].text, cut, &err), PYR_EHTTP);
      assert_string_equal(err.text, bad[i].error);
    }
}

static void nesting_has_a_limit(void **state) {
  struct heard heard = {.skip = NULL};
  char text[2 * PYR__LIMIT_JSON_DEPTH + 3];
  pyr_error_t err;
  (void)state;
  memset(text, '[', PYR__LIMIT_JSON_DEPTH);
  memset(text + PYR__LIMIT_JSON_DEPTH, ']', PYR__LIMIT_JSON_DEPTH);
  text[2 * PYR__LIMIT_JSON_DEPTH] = '\0';
  assert_int_equal(read_cut(&heard, text, 7, &err), 0);
  memset(text, '[', PYR__LIMIT_JSON_DEPTH + 1);
  assert_int_equal(read_cut(&heard, text, 7, &err), PYR_ELIMIT);
  assert_string_equal(err.text, "JSON is nested deeper than 128");
}

static int refuse(void *ctx, pyr_str_t key, pyr_error_t *err) {
  (void)ctx;
  (void)key;
  return pyr__error(err, PYR_ESTATUS, "no");
}

static void what_an_event_returns_ends_it(void **state) {
  static const struct pyr__json_events refusing = {refuse, on_open, on_close,
                                                   on_scalar};
  struct heard heard = {.skip = NULL};
  struct pyr__memory memory;
  struct pyr__json json;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__json_init(&json, &memory, PYR__MEM_DISCOVERY_KUBERNETES, 16, &refusing,
                 &heard);
  assert_int_equal(pyr__json_feed(&json, "{\"a\":1}", 7, &err), PYR_ESTATUS);
  assert_string_equal(heard.text, "{");
  pyr__json_reset(&json);
  assert_int_equal(pyr__json_feed(&json, "[1]", 3, &err), 0);
  assert_string_equal(heard.text, "{[1 }");
  pyr__json_release(&json);
}

static void no_memory_is_an_error(void **state) {
  struct failing_allocator allocator = {.fail_at = 1};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct heard heard = {.skip = NULL};
  struct pyr__memory memory;
  struct pyr__json json;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, &alloc);
  pyr__json_init(&json, &memory, PYR__MEM_DISCOVERY_KUBERNETES, 16, &events,
                 &heard);
  assert_int_equal(pyr__json_feed(&json, "[\"a\"]", 5, &err), PYR__ENOMEM);
  pyr__json_release(&json);
  assert_int_equal(allocator.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_documents_cut_at_every_byte),
      cmocka_unit_test(values_are_passed_over),
      cmocka_unit_test(bad_documents_say_where),
      cmocka_unit_test(nesting_has_a_limit),
      cmocka_unit_test(what_an_event_returns_ends_it),
      cmocka_unit_test(no_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"

enum { LINES_AT_MOST = 2048 };

struct sink {
  char line[LINES_AT_MOST];
  int64_t wall_ns;
  int lines;
};

static void keep_line(void *ctx, int level, const char *line) {
  struct sink *sink = ctx;
  (void)level;
  assert_true(strlen(line) < LINES_AT_MOST);
  memcpy(sink->line, line, strlen(line) + 1);
  sink->lines++;
}

static int64_t wall_of_sink(void *ctx) {
  return ((struct sink *)ctx)->wall_ns;
}

static struct pyr__log log_into(struct sink *sink,
                                enum pyr__log_format format) {
  *sink = (struct sink){.wall_ns = INT64_C(1767323045) * PYR__NS_PER_S};
  return (struct pyr__log){.level = PYR_LOG_INFO,
                           .format = format,
                           .write = keep_line,
                           .ctx = sink,
                           .clock = {.wall_ns = wall_of_sink, .ctx = sink}};
}

/* The line as JSON, which jansson takes only as whole, valid UTF-8. */
static json_t *parse(const struct sink *sink) {
  json_error_t error;
  json_t *parsed = json_loads(sink->line, JSON_REJECT_DUPLICATES, &error);
  if (parsed == NULL)
    fail_msg("%s: %s", error.text, sink->line);
  return parsed;
}

static void lines__are_as_they_are_documented(void **state) {
  struct sink sink;
  struct pyr__log log = log_into(&sink, PYR__LOG_LOGFMT);
  (void)state;
  pyr__log(&log, PYR_LOG_WARN, "scrape failed", {"job", pyr__str("api")},
           {"error", pyr__str("a \"b\"\n")}, {"empty", pyr__str("")});
  assert_string_equal(sink.line, "time=2026-01-02T03:04:05.000Z level=warn "
                                 "msg=\"scrape failed\" job=api "
                                 "error=\"a \\\"b\\\"\\n\" empty=\"\"");
  log.format = PYR__LOG_JSON;
  pyr__log(&log, PYR_LOG_WARN, "scrape failed", {"job", pyr__str("api")},
           {"error", pyr__str("a \"b\"\n")});
  assert_string_equal(
      sink.line,
      "{\"time\":\"2026-01-02T03:04:05.000Z\",\"level\":\"warn\",\"msg\":"
      "\"scrape failed\",\"job\":\"api\",\"error\":\"a \\\"b\\\"\\n\"}");
  pyr__log(&log, PYR_LOG_DEBUG, "not asked for", {"job", pyr__str("api")});
  assert_int_equal(sink.lines, 2);
}

static void times__are_equally_wide(void **state) {
  static const int64_t fractions_ns[] = {0, 10000000, 999999999, 1, 120000000};
  static const char *const times[] = {".000Z", ".010Z", ".999Z", ".000Z",
                                      ".120Z"};
  struct sink sink;
  struct pyr__log log = log_into(&sink, PYR__LOG_LOGFMT);
  int64_t second_ns = sink.wall_ns;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    sink.wall_ns = second_ns + fractions_ns[i];
    pyr__log(&log, PYR_LOG_INFO, "tick", {"job", pyr__str("api")});
    assert_memory_equal(sink.line + strlen("time=2026-01-02T03:04:05"),
                        times[i], strlen(times[i]));
  }
}

/* What a target sends must not steer a terminal (base_printable.c). */
static void values__are_printable(void **state) {
  struct sink sink;
  struct pyr__log log = log_into(&sink, PYR__LOG_LOGFMT);
  (void)state;
  pyr__log(&log, PYR_LOG_INFO, "x",
           {"error", pyr__str("\x1b[31m\xc2\x9b \"\\\n\xff")});
  assert_string_equal(strstr(sink.line, " error="),
                      " error=\"\\u001b[31m\\u009b \\\"\\\\\\n\\u00ff\"");
}

/* The value as it went in, or its beginning and the mark. */
static void check_value(const json_t *line, const char *key, pyr_str_t value,
                        int may_be_missing) {
  const char *got = json_string_value(json_object_get(line, key));
  size_t len;
  if (got == NULL && may_be_missing)
    return;
  assert_non_null(got);
  len = strlen(got);
  if (len == value.len && memcmp(got, value.base, len) == 0)
    return;
  assert_true(len >= 3 && strcmp(got + len - 3, "...") == 0);
  assert_true(len - 3 < value.len);
  assert_memory_equal(got, value.base, len - 3);
}

static size_t fill(char *out, size_t len, const char *unit) {
  size_t unit_len = strlen(unit), used = 0;
  for (; used + unit_len <= len; used += unit_len)
    memcpy(out + used, unit, unit_len);
  return used;
}

/* Wherever a value of whatever characters is cut, the line stays whole. */
static void long_values__leave_the_line_whole(void **state) {
  static const char *const units[] = {
      "a",        "\"",           "\\",
      "\n",       "\x01",         "\x7f",
      "\xc2\x9b", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  char text[1200];
  struct sink sink;
  size_t i, len;
  (void)state;
  for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
    for (len = 0; len < sizeof(text); len += len < 900 ? 97 : 1) {
      struct pyr__log log = log_into(&sink, PYR__LOG_JSON);
      pyr_str_t value = {text, fill(text, len, units[i])};
      json_t *line;
      pyr__log(&log, PYR_LOG_INFO, "m", {"a", value}, {"b", value},
               {"c", value}, {"last", pyr__str("1")});
      line = parse(&sink);
      check_value(line, "a", value, 0);
      check_value(line, "b", value, 1);
      check_value(line, "c", value, 1);
      json_decref(line);
    }
}

/* Fields of every length up to the end of the line. */
static void full_lines__leave_fields_out(void **state) {
  char text[600];
  struct sink sink;
  size_t len;
  (void)state;
  memset(text, 'x', sizeof(text));
  for (len = 1; len < sizeof(text); len++) {
    struct pyr__log log = log_into(&sink, PYR__LOG_JSON);
    pyr_str_t value = {text, len};
    json_t *line;
    pyr__log(&log, PYR_LOG_INFO, "m", {"a", value}, {"b", value}, {"c", value},
             {"d", value}, {"e", value}, {"f", value});
    line = parse(&sink);
    check_value(line, "a", value, 0);
    check_value(line, "f", value, 1);
    json_decref(line);
    log.format = PYR__LOG_LOGFMT;
    pyr__log(&log, PYR_LOG_INFO, "m", {"a", value}, {"b", value}, {"c", value},
             {"d", value}, {"e", value}, {"f", value});
    assert_non_null(strstr(sink.line, " a="));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines__are_as_they_are_documented),
      cmocka_unit_test(times__are_equally_wide),
      cmocka_unit_test(values__are_printable),
      cmocka_unit_test(long_values__leave_the_line_whole),
      cmocka_unit_test(full_lines__leave_fields_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <string.h>

#include "serve/text.h"

static struct pyr__memory memory;

static void is(struct pyr__buf *out, int rc, const char *expected) {
  assert_int_equal(rc, 0);
  assert_int_equal(pyr__buf_add_byte(out, 0), 0);
  assert_string_equal((char *)out->data, expected);
  pyr__buf_clear(out);
}

static struct pyr__buf make(void) {
  struct pyr__buf out;
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&out, &memory, PYR__MEM_SERVE, 4096);
  return out;
}

static void numbers__are_printed_without_the_locale(void **state) {
  struct pyr__buf out = make();
  (void)state;
  is(&out, pyr__serve_double(&out, 0), "0");
  is(&out, pyr__serve_double(&out, 0.0025), "0.0025");
  is(&out, pyr__serve_double(&out, -1.5), "-1.5");
  is(&out, pyr__serve_double(&out, 268435456), "268435456");
  is(&out, pyr__serve_double(&out, 0.9999999999), "1");
  is(&out, pyr__serve_double(&out, 1e16), "10000000000000000");
  is(&out, pyr__serve_double(&out, __builtin_inf()), "+Inf");
  is(&out, pyr__serve_double(&out, -__builtin_inf()), "-Inf");
  is(&out, pyr__serve_double(&out, __builtin_nan("")), "NaN");
  is(&out, pyr__serve_seconds(&out, 1), "0.000000001");
  is(&out, pyr__serve_seconds(&out, INT64_MIN), "-9223372036.854775808");
  is(&out, pyr__serve_bytes(&out, 1023), "1023 B");
  is(&out, pyr__serve_bytes(&out, 1024), "1.0 KiB");
  is(&out, pyr__serve_bytes(&out, 5 << 20), "5.0 MiB");
  is(&out, pyr__serve_bytes(&out, UINT64_MAX), "18446744073709551615 B");
  pyr__buf_release(&out);
}

static void durations__are_those_of_go_and_prometheus(void **state) {
  struct pyr__buf out = make();
  (void)state;
  is(&out, pyr__serve_go_duration(&out, 0), "0s");
  is(&out, pyr__serve_go_duration(&out, 1), "1ns");
  is(&out, pyr__serve_go_duration(&out, 1500), "1.5\xc2\xb5s");
  is(&out, pyr__serve_go_duration(&out, 12500000), "12.5ms");
  is(&out, pyr__serve_go_duration(&out, 10012300000), "10.0123s");
  is(&out, pyr__serve_go_duration(&out, 90500000000), "1m30.5s");
  is(&out, pyr__serve_go_duration(&out, 3600000000000), "1h0m0s");
  is(&out, pyr__serve_go_duration(&out, -1000000000), "-1s");
  is(&out, pyr__serve_go_duration(&out, INT64_MIN),
     "-2562047h47m16.854775808s");
  is(&out, pyr__serve_prometheus_duration(&out, 0), "0s");
  is(&out, pyr__serve_prometheus_duration(&out, 15000000000), "15s");
  is(&out, pyr__serve_prometheus_duration(&out, 90000000000), "1m30s");
  is(&out, pyr__serve_prometheus_duration(&out, 1500000000), "1s500ms");
  is(&out, pyr__serve_prometheus_duration(&out, 86400000000000), "1d");
  is(&out, pyr__serve_prometheus_duration(&out, 604800000000000), "1w");
  is(&out, pyr__serve_prometheus_duration(&out, 608400000000000), "7d1h");
  is(&out, pyr__serve_time(&out, 0), "0001-01-01T00:00:00Z");
  pyr__buf_release(&out);
}

static void text__is_escaped_for_its_place(void **state) {
  struct pyr__buf out = make();
  pyr_str_t bad = {"a\xff\xc3(\xed\xa0\x80\xe2\x82\xac\xf0\x9f", 12};
  pyr_str_t nul = {"a\0b", 3};
  (void)state;
  is(&out, pyr__serve_json(&out, pyr__str("a\"\\\n\t\x01\x7f/")),
     "\"a\\\"\\\\\\n\\t\\u0001\x7f/\"");
  is(&out, pyr__serve_json(&out, nul), "\"a\\u0000b\"");
  is(&out, pyr__serve_json(&out, bad),
     "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
     "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\"");
  is(&out, pyr__serve_html(&out, pyr__str("<a b='c' d=\"e\">&\x1b[0m")),
     "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\xef\xbf\xbd[0m");
  is(&out, pyr__serve_label_value(&out, pyr__str("a\"b\\c\nd\re")),
     "a\\\"b\\\\c\\nd\re");
  is(&out, pyr__serve_html(&out, (pyr_str_t){NULL, 0}), "");
  pyr__buf_release(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers__are_printed_without_the_locale),
      cmocka_unit_test(durations__are_those_of_go_and_prometheus),
      cmocka_unit_test(text__is_escaped_for_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

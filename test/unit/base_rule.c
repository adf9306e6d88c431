#include "support.h"

#include <string.h>

#include "base/rule.h"

static const pyr_str_t sources[] = {{"a", 1}, {"b-c", 3}};

static void write__has_what_is_not_as_by_default(void **state) {
  static const struct {
    pyr_rule_t rule;
    const char *text;
  } cases[] = {
      {{.regex = {"(.*)", 4}, .action = {"keepequal", 9}}, "keepequal"},
      {{.source_labels = sources,
        .source_count = 2,
        .regex = {"a\\d\"", 4},
        .action = {"drop", 4}},
       "drop {source-labels: [a, \"b-c\"], regex: \"a\\\\d\\\"\"}"},
      {{.source_labels = sources,
        .source_count = 1,
        .separator = {"", 0},
        .regex = {"(.*)", 4},
        .modulus = 8,
        .target_label = {"t", 1},
        .replacement = {"", 0},
        .action = {"hashmod", 7}},
       "hashmod {source-labels: [a], separator: \"\", modulus: 8, "
       "target-label: \"t\", replacement: \"\"}"},
  };
  struct pyr__memory memory;
  struct pyr__buf out;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&out, &memory, PYR__MEM_BASE_TEXT, 1024);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr_rule_t rule = cases[i].rule;
    if (rule.separator.base == NULL)
      rule.separator = pyr__str(";");
    if (rule.replacement.base == NULL)
      rule.replacement = pyr__str("$1");
    if (rule.target_label.base == NULL)
      rule.target_label = pyr__str("");
    pyr__buf_clear(&out);
    assert_int_equal(pyr__rule_write(&out, &rule), 0);
    assert_int_equal(pyr__buf_add_byte(&out, '\0'), 0);
    assert_string_equal((const char *)out.data, cases[i].text);
  }
  pyr__buf_release(&out);
}

static pyr_label_t label(const char *name, const char *value) {
  return (pyr_label_t){pyr__str(name), pyr__str(value)};
}

static void next_change__walks_over_what_differs(void **state) {
  const pyr_label_t before[] = {label("a", "1"), label("b", "1"),
                                label("c", "1"), label("e", "1")};
  const pyr_label_t after[] = {label("b", "1"), label("c", "2"),
                               label("d", "1"), label("e", "1"),
                               label("f", "1")};
  static const char expected[] = "-a;c=2;+d=1;+f=1;";
  struct pyr__label_walk walk = {0, 0};
  struct pyr__label_change change;
  char text[64] = "";
  (void)state;
  while (pyr__labels_next_change(&walk, before, 4, after, 5, &change)) {
    strcat(text, change.before == NULL ? "+" : change.after == NULL ? "-" : "");
    strncat(text, change.name.base, change.name.len);
    if (change.after != NULL) {
      strcat(text, "=");
      strncat(text, change.after->base, change.after->len);
    }
    strcat(text, ";");
  }
  assert_string_equal(text, expected);
  walk = (struct pyr__label_walk){0, 0};
  assert_int_equal(pyr__labels_next_change(&walk, NULL, 0, NULL, 0, &change),
                   0);
  assert_int_equal(
      pyr__labels_next_change(&walk, before, 4, before, 4, &change), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(write__has_what_is_not_as_by_default),
      cmocka_unit_test(next_change__walks_over_what_differs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

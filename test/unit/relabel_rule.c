/* What rules must and must not say, and which of their fields is wrong. */
#include "support.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "relabel/rule.h"

static const pyr_str_t good_source = {"a", 1}, bad_source = {"\xff", 1};

struct input {
  const char *action, *target, *regex, *replacement, *separator;
  uint64_t modulus;
  const pyr_str_t *source;
};

static int make(struct pyr__relabel_rule *rule, struct pyr__arena *arena,
                const struct input *input, enum pyr__relabel_field *wrong,
                pyr_error_t *err) {
  struct pyr__relabel_fields fields = pyr__relabel_defaults();
  fields.rule.source_labels = input->source;
  fields.rule.source_count = input->source != NULL;
  fields.has_source_labels = input->source != NULL;
  fields.has_regex = input->regex != NULL;
  fields.rule.modulus = input->modulus;
  if (input->action != NULL)
    fields.rule.action = pyr__str(input->action);
  if (input->target != NULL)
    fields.rule.target_label = pyr__str(input->target);
  if (input->regex != NULL)
    fields.rule.regex = pyr__str(input->regex);
  if (input->replacement != NULL)
    fields.rule.replacement = pyr__str(input->replacement);
  if (input->separator != NULL)
    fields.rule.separator = pyr__str(input->separator);
  return pyr__relabel_rule_init(rule, arena, &fields, wrong, err);
}

static const struct {
  struct input input;
  enum pyr__relabel_field wrong;
  const char *error; /* its start */
} bad[] = {
    {{.action = ""},
     PYR__RELABEL_FIELD_ACTION,
     "relabel action cannot be empty"},
    {{.action = "replaces"},
     PYR__RELABEL_FIELD_ACTION,
     "unknown relabel action \"replaces\", expected replace, keep, drop"},
    {{.action = "hashmod", .target = "b"},
     PYR__RELABEL_FIELD_NONE,
     "relabel configuration for hashmod requires non-zero modulus"},
    {{.action = "replace"},
     PYR__RELABEL_FIELD_NONE,
     "relabel configuration for replace action requires 'target-label' value"},
    {{.action = "Uppercase"},
     PYR__RELABEL_FIELD_NONE,
     "relabel configuration for uppercase action requires 'target-label'"},
    {{.target = "\xff"},
     PYR__RELABEL_FIELD_TARGET_LABEL,
     "\"\\xff\" is invalid 'target-label' for replace action"},
    {{.target = "$1\xff"},
     PYR__RELABEL_FIELD_TARGET_LABEL,
     "\"$1\\xff\" is invalid 'target-label' for replace action"},
    {{.action = "lowercase", .target = "b", .replacement = "x"},
     PYR__RELABEL_FIELD_REPLACEMENT,
     "'replacement' can not be set for lowercase action"},
    {{.action = "labelmap", .replacement = ""},
     PYR__RELABEL_FIELD_REPLACEMENT,
     "\"\" is invalid 'replacement' for labelmap action"},
    {{.action = "keepequal", .target = "b", .regex = "(.*)"},
     PYR__RELABEL_FIELD_NONE,
     "keepequal action requires only 'source-labels' and 'target-label', and "
     "no other fields"},
    {{.action = "dropequal", .target = "b", .separator = ","},
     PYR__RELABEL_FIELD_NONE,
     "dropequal action requires only"},
    {{.action = "labeldrop", .source = &good_source},
     PYR__RELABEL_FIELD_NONE,
     "labeldrop action requires only 'regex', and no other fields"},
    {{.action = "labelkeep", .modulus = 1},
     PYR__RELABEL_FIELD_NONE,
     "labelkeep action requires only 'regex', and no other fields"},
    {{.action = "keep", .source = &bad_source},
     PYR__RELABEL_FIELD_SOURCE_LABELS,
     "\"\\xff\" is invalid 'source-labels' for keep action"},
    {{.target = "b", .regex = "a(?=b)"},
     PYR__RELABEL_FIELD_REGEX,
     "bad pattern \"a(?=b)\", at its character 2: look-ahead (?= is not part"},
};

static void rules__are_checked_as_in_prometheus(void **state) {
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES, PYR__MIB);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct pyr__relabel_rule rule;
    enum pyr__relabel_field wrong = PYR__RELABEL_FIELD_NONE;
    pyr_error_t err = {0};
    int rc = make(&rule, &arena, &bad[i].input, &wrong, &err);
    if (rc != PYR_EUSAGE || wrong != bad[i].wrong ||
        strncmp(err.text, bad[i].error, strlen(bad[i].error)) != 0)
      fail_msg("case %zu: %d, field %d: %s", i, rc, (int)wrong, err.text);
  }
  pyr__arena_release(&arena);
  assert_int_equal(memory.accounts[PYR__MEM_CONFIG_VALUES].used_blocks, 0);
}

/* Keys that an action does not look at, in actions that do not refuse them. */
static void rules__may_say_more_than_they_need(void **state) {
  static const struct input good[] = {
      {.action = "keep", .target = "b", .replacement = "x", .modulus = 3},
      {.action = "hashmod", .target = "$b", .modulus = 3, .regex = "a"},
      {.action = "labelmap", .source = &good_source, .modulus = 3},
      {.target = "${1}"},
      {.action = "labeldrop"},
      {.action = "labelkeep", .separator = ";", .replacement = "$1"},
  };
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES, PYR__MIB);
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    struct pyr__relabel_rule rule;
    enum pyr__relabel_field wrong;
    pyr_error_t err = {0};
    if (make(&rule, &arena, &good[i], &wrong, &err) != 0)
      fail_msg("case %zu: %s", i, err.text);
    pyr__relabel_rule_release(&rule);
  }
  pyr__arena_release(&arena);
}

/* ---- templates ---------------------------------------------------------- */

static const struct {
  const char *template, *result;
} templates[] = {
    {"", ""},
    {"text", "text"},
    {"$0", "abc"},
    {"$1", "a"},
    {"${1}x$2", "axb"},
    {"$1x", ""}, /* the group "1x" */
    {"$1_", ""},
    {"$1-", "a-"},
    {"$n$n", "bb"},
    {"${n}n", "bn"},
    {"$nn", ""},
    {"$\xc3\xa9"
     "1x.",
     "."}, /* letters are not only ASCII */
    {"$1\xc3\xa9", ""},
    {"$1\xe2\x82\xac", "a\xe2\x82\xac"}, /* the euro sign is none */
    {"$1\xd9\xa1", ""},                  /* an Arabic digit is one */
    {"$1\xff", "a\xff"},
    {"$01", "c"}, /* a name, as a number has no leading zero */
    {"${01}", "c"},
    {"$3", "c"},
    {"$4$99999999999", ""},
    {"$$1", "$1"},
    {"$$$1", "$a"},
    {"$", "$"},
    {"${", "${"},
    {"${}", "${}"},
    {"${1", "${1"},
    {"${1 }", "${1 }"},
    {"$-$.", "$-$."},
    {"a$", "a$"},
};

static void templates__expand_as_in_go(void **state) {
  static const char pattern[] = "(a)(?P<n>b)(?P<01>c)";
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__regex *regex;
  struct pyr__span spans[4];
  pyr_str_t source = pyr__str("abc");
  pyr_error_t err;
  size_t i, offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES, PYR__MIB);
  assert_int_equal(pyr__regex_new(&regex, &memory, PYR__MEM_CONFIG_VALUES,
                                  pyr__str(pattern), PYR__REGEX_CAPTURES,
                                  &offset, &err),
                   0);
  assert_int_equal(pyr__regex_find(regex, source, 0, spans, &err), 1);
  for (i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
    struct pyr__template template;
    pyr_str_t result;
    assert_int_equal(pyr__template_parse(&template, &arena,
                                         pyr__str(templates[i].template), &err),
                     0);
    assert_int_equal(pyr__template_expand(&template, regex, source, spans,
                                          &arena, &result, &err),
                     0);
    if (!pyr__str_is(result, templates[i].result))
      fail_msg("%s: %.*s", templates[i].template, PYR__STR_ARG(result));
  }
  pyr__regex_free(regex);
  pyr__arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules__are_checked_as_in_prometheus),
      cmocka_unit_test(rules__may_say_more_than_they_need),
      cmocka_unit_test(templates__expand_as_in_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

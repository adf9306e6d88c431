/* Rules applied to labels, one table for each action.  test/relabel compares
 * with Prometheus itself. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "base/limits.h"
#include "relabel/relabel.h"

enum { MOST = 8 };

/* A rule: NULL members are as by default. */
struct rule {
  const char *sources[4]; /* NULL ends them */
  const char *action, *target, *regex, *replacement, *separator;
  uint64_t modulus;
};

struct state {
  struct pyr__memory memory;
  struct pyr__arena rules_arena, arena;
  pyr_str_t sources[MOST][4];
  struct pyr__relabel_rule rules[MOST];
  size_t count;
};

static void begin(struct state *state, const pyr_alloc_t *alloc, size_t limit) {
  *state = (struct state){.count = 0};
  pyr__memory_init(&state->memory, alloc);
  pyr__arena_init(&state->rules_arena, &state->memory, PYR__MEM_CONFIG_VALUES,
                  PYR__MIB);
  pyr__arena_init(&state->arena, &state->memory, PYR__MEM_BASE_TEXT, limit);
}

static void end(struct state *state) {
  while (state->count > 0)
    pyr__relabel_rule_release(&state->rules[--state->count]);
  pyr__arena_release(&state->rules_arena);
  pyr__arena_release(&state->arena);
}

static int add_rule(struct state *state, const struct rule *rule,
                    pyr_error_t *err) {
  struct pyr__relabel_fields fields = pyr__relabel_defaults();
  pyr_str_t *sources = state->sources[state->count];
  enum pyr__relabel_field wrong;
  int rc;

  for (; fields.rule.source_count < 4 &&
         rule->sources[fields.rule.source_count] != NULL;
       fields.rule.source_count++)
    sources[fields.rule.source_count] =
        pyr__str(rule->sources[fields.rule.source_count]);
  fields.rule.source_labels = sources;
  fields.has_source_labels = fields.rule.source_count > 0;
  fields.has_regex = rule->regex != NULL;
  fields.rule.modulus = rule->modulus;
  fields.rule.line = 10 + (unsigned)state->count;
  if (rule->action != NULL)
    fields.rule.action = pyr__str(rule->action);
  if (rule->target != NULL)
    fields.rule.target_label = pyr__str(rule->target);
  if (rule->regex != NULL)
    fields.rule.regex = pyr__str(rule->regex);
  if (rule->replacement != NULL)
    fields.rule.replacement = pyr__str(rule->replacement);
  if (rule->separator != NULL)
    fields.rule.separator = pyr__str(rule->separator);
  rc = pyr__relabel_rule_init(&state->rules[state->count], &state->rules_arena,
                              &fields, &wrong, err);
  state->count += rc == 0;
  return rc;
}

/* "a=1 b=2", in order of names; returns how many. */
static size_t read_labels(char *text, pyr_label_t labels[MOST]) {
  size_t count = 0;
  char *word, *rest;
  for (word = strtok_r(text, " ", &rest); word != NULL;
       word = strtok_r(NULL, " ", &rest)) {
    char *equals = strchr(word, '=');
    *equals = '\0';
    labels[count++] = (pyr_label_t){pyr__str(word), pyr__str(equals + 1)};
  }
  return count;
}

static void write_labels(const pyr_label_t *labels, size_t count,
                         char out[256]) {
  size_t i;
  out[0] = '\0';
  for (i = 0; i < count; i++)
    snprintf(out + strlen(out), 256 - strlen(out), "%s%.*s=%.*s",
             i == 0 ? "" : " ", PYR__STR_ARG(labels[i].name),
             PYR__STR_ARG(labels[i].value));
}

static int apply(struct state *state, const char *text,
                 const struct pyr__relabel_trace *trace, char out[256],
                 pyr_error_t *err) {
  struct pyr__relabel_result result;
  pyr_label_t labels[MOST];
  char copy[256];
  size_t count;
  int rc;

  snprintf(copy, sizeof(copy), "%s", text);
  count = read_labels(copy, labels);
  rc = pyr__relabel_apply(state->rules, state->count, labels, count,
                          &state->arena, trace, &result, err);
  if (rc != 0)
    return rc;
  if (result.kept)
    write_labels(result.labels, result.count, out);
  else
    snprintf(out, 256, "dropped by %zu", result.rule);
  return 0;
}

/* ---- each action -------------------------------------------------------- */

static const struct {
  const char *labels, *result;
  struct rule rules[3]; /* one without action, target or regex ends them */
} cases[] = {
    /* replace */
    {"a=foo",
     "a=foo d=choo-choo",
     {{.sources = {"a"},
       .target = "d",
       .regex = "f(.*)",
       .replacement = "ch${1}-ch${1}"}}},
    {"a=x b=y", "a=x b=y c=x;y", {{.sources = {"a", "b"}, .target = "c"}}},
    {"a=x b=y",
     "a=x b=y c=x--y",
     {{.sources = {"a", "no", "b"}, .target = "c", .separator = "-"}}},
    {"a=x b=y", "a=x", {{.sources = {"no"}, .target = "b"}}},
    {"a=x", "a=x n=1", {{.target = "n", .replacement = "1"}}},
    {"a=x",
     "a=x",
     {{.sources = {"a"}, .target = "n", .regex = "", .replacement = "1"}}},
    {"b=x",
     "b=x n=1",
     {{.sources = {"a"}, .target = "n", .regex = "", .replacement = "1"}}},
    {"a=x",
     "a=x xy=x",
     {{.sources = {"a"}, .target = "${1}y", .regex = "(.*)"}}},
    {"a=x",
     "a=x",
     {{.sources = {"a"},
       .target = "$1y",
       .regex = "(.*)"}}}, /* a group "1y", so no name */
    {"a=x",
     "a=$x",
     {{.sources = {"a"},
       .target = "a",
       .regex = "(?P<n>.)",
       .replacement = "$$$n"}}},
    {"a=xy",
     "a=yx",
     {{.sources = {"a"},
       .target = "a",
       .regex = "(?P<n>.)(?<m>.)",
       .replacement = "${m}$n"}}},
    {"a=b",
     "a=second",
     {{.sources = {"a"},
       .target = "a",
       .regex = "(?P<n>a)|b(?P<n>)",
       .replacement = "second$n"}}},
    /* keep, drop */
    {"a=x", "a=x", {{.sources = {"a"}, .action = "keep", .regex = "x|y"}}},
    {"a=z",
     "dropped by 0",
     {{.sources = {"a"}, .action = "KEEP", .regex = "x|y"}}},
    {"a=xx",
     "dropped by 0",
     {{.sources = {"a"}, .action = "Keep", .regex = "x|y"}}},
    {"a=x",
     "dropped by 1",
     {{.sources = {"a"}, .action = "keep", .regex = "x"},
      {.sources = {"a"}, .action = "drop"}}},
    {"a=x", "a=x", {{.sources = {"a"}, .action = "drop", .regex = "y"}}},
    /* keepequal, dropequal */
    {"a=x b=x",
     "a=x b=x",
     {{.sources = {"a"}, .action = "keepequal", .target = "b"}}},
    {"a=x b=y",
     "dropped by 0",
     {{.sources = {"a"}, .action = "keepequal", .target = "b"}}},
    {"a=x b=x",
     "dropped by 0",
     {{.sources = {"a"}, .action = "dropequal", .target = "b"}}},
    {"a=x", "a=x", {{.sources = {"a"}, .action = "dropequal", .target = "b"}}},
    {"b=x;x a=x",
     "dropped by 0",
     {{.sources = {"a", "a"}, .action = "dropequal", .target = "b"}}},
    /* hashmod */
    {"c=baz",
     "c=baz d=976",
     {{.sources = {"c"}, .action = "hashmod", .target = "d", .modulus = 1000}}},
    {"a=foo",
     "a=foo d=17145033699835028696",
     {{.sources = {"a"},
       .action = "hashmod",
       .target = "d",
       .modulus = UINT64_MAX}}},
    {"a=a b=b",
     "a=a b=b d=74",
     {{.sources = {"a", "b"},
       .action = "hashmod",
       .target = "d",
       .modulus = 100}}},
    {"a=host1:6060",
     "a=host1:6060 d=3",
     {{.sources = {"a"}, .action = "hashmod", .target = "d", .modulus = 8}}},
    /* labelmap: sees what was there before it; the later one wins */
    {"b1=x b2=y",
     "b1=x b2=y bar1=x bar2=y",
     {{.action = "labelmap", .regex = "b(.*)", .replacement = "bar$1"}}},
    {"a=x b=y",
     "a=x b=x c=y",
     {{.action = "labelmap", .regex = "a", .replacement = "b"},
      {.sources = {"b"}, .target = "c", .replacement = "y"}}},
    {"a=x b=y",
     "a=x b=x c=y",
     {{.action = "labelmap", .regex = "a", .replacement = "b"},
      {.sources = {"b"}, .target = "c", .regex = "x", .replacement = "y"}}},
    {"a1=x a2=y",
     "a1=x a2=y b=y",
     {{.action = "labelmap", .regex = "a.", .replacement = "b"}}},
    {"a=x b=y",
     "a=x b=x c=y",
     {{.action = "labelmap", .regex = "(?:a|b)(x?)", .replacement = "b"},
      {.sources = {"a"}, .target = "b"},
      {.sources = {"no"}, .target = "c", .regex = "", .replacement = "y"}}},
    {"xaxb=1",
     "xax-=1 xaxb=1",
     {{.action = "labelmap", .regex = "z)|(b", .replacement = "-"}}},
    {"aa=1",
     "-a=1 aa=1",
     {{.action = "labelmap", .regex = "a)|(b", .replacement = "-"}}},
    {"ab=1",
     "ab=1 ab-=1",
     {{.action = "labelmap", .regex = "z)|(|x", .replacement = "-"}}},
    /* labeldrop, labelkeep */
    {"a=1 b1=2 b2=3", "a=1", {{.action = "labeldrop", .regex = "b.*"}}},
    {"a=1 b1=2 b2=3", "b1=2 b2=3", {{.action = "labelkeep", .regex = "b.*"}}},
    {"a=1", "", {{.action = "labeldrop"}}},
    {"a=1", "a=1", {{.action = "labelkeep"}}},
    /* lowercase, uppercase */
    {"a=aBC1",
     "a=aBC1 l=abc1 u=ABC1",
     {{.sources = {"a"}, .action = "lowercase", .target = "l"},
      {.sources = {"a"}, .action = "uppercase", .target = "u"}}},
    {"a=\xc3\x89\xce\xa3\xc7\x85",
     "a=\xc3\x89\xce\xa3\xc7\x85 b=\xc3\xa9\xcf\x83\xc7\x86",
     {{.sources = {"a"}, .action = "lowercase", .target = "b"}}},
    {"a=\xc3\xbf\xc3\x9f\xff",
     "a=\xc3\xbf\xc3\x9f\xff b=\xc5\xb8\xc3\x9f\xef\xbf\xbd",
     {{.sources = {"a"}, .action = "uppercase", .target = "b"}}},
    {"b=x", "", {{.sources = {"a"}, .action = "uppercase", .target = "b"}}},
    /* what was set before is what later rules see, and "" deletes */
    {"a=1",
     "a=1 c=2",
     {{.sources = {"a"}, .target = "b"},
      {.sources = {"b"}, .target = "c", .regex = "1", .replacement = "2"},
      {.sources = {"c"}, .target = "b", .regex = "2", .replacement = ""}}},
    {"a= b=1", "b=1", {{.sources = {"b"}, .action = "keep"}}},
    {"a=1",
     "a=2 b=1",
     {{.sources = {"a"}, .target = "b"}, {.target = "a", .replacement = "2"}}},
};

static bool is_rule(const struct rule *rule) {
  return rule->action != NULL || rule->target != NULL || rule->regex != NULL;
}

static void actions__do_as_prometheus(void **unused) {
  size_t i, k;
  (void)unused;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct state state;
    char result[256];
    pyr_error_t err = {0};
    begin(&state, NULL, PYR__MIB);
    for (k = 0; k < 3 && is_rule(&cases[i].rules[k]); k++)
      if (add_rule(&state, &cases[i].rules[k], &err) != 0)
        fail_msg("case %zu, rule %zu: %s", i, k, err.text);
    assert_int_equal(apply(&state, cases[i].labels, NULL, result, &err), 0);
    if (strcmp(result, cases[i].result) != 0)
      fail_msg("case %zu: %s -> %s", i, cases[i].labels, result);
    end(&state);
    assert_int_equal(state.memory.accounts[PYR__MEM_CONFIG_VALUES].used_blocks,
                     0);
  }
}

/* ---- steps -------------------------------------------------------------- */

static void note_step(void *ctx, size_t rule, bool kept,
                      const pyr_label_t *labels, size_t count) {
  char *text = ctx, written[256];
  write_labels(labels, count, written);
  snprintf(text + strlen(text), 256 - strlen(text), "%zu %s: %s\n", rule,
           kept ? "kept" : "dropped", written);
}

static void steps__are_told(void **unused) {
  static const struct rule rules[] = {{.sources = {"z"}, .target = "b"},
                                      {.sources = {"b"}, .action = "drop"},
                                      {.sources = {"b"}, .target = "never"}};
  char steps[256] = "", result[256];
  struct pyr__relabel_trace trace = {note_step, steps};
  struct state state;
  pyr_error_t err;
  size_t i;
  (void)unused;
  begin(&state, NULL, PYR__MIB);
  for (i = 0; i < 3; i++)
    assert_int_equal(add_rule(&state, &rules[i], &err), 0);
  assert_int_equal(apply(&state, "a=1 z=2", &trace, result, &err), 0);
  assert_string_equal(result, "dropped by 1");
  assert_string_equal(steps, "0 kept: a=1 b=2 z=2\n"
                             "1 dropped: a=1 b=2 z=2\n");
  end(&state);
}

/* ---- limits and faults -------------------------------------------------- */

static void patterns__that_give_up_name_their_rule(void **unused) {
  static const struct rule rules[] = {
      {.sources = {"a"}, .target = "b"},
      {.sources = {"a"}, .action = "keep", .regex = "(x+)+[yz]|"}};
  struct state state;
  char result[256];
  pyr_error_t err;
  (void)unused;
  begin(&state, NULL, PYR__MIB);
  assert_int_equal(add_rule(&state, &rules[0], &err), 0);
  assert_int_equal(add_rule(&state, &rules[1], &err), 0);
  assert_int_equal(apply(&state,
                         "a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                         NULL, result, &err),
                   PYR_ELIMIT);
  assert_string_equal(
      err.text, "rule 2 of relabel-configs (line 11, keep): the pattern "
                "\"(x+)+[yz]|\" takes too many steps on a text of 48 bytes; "
                "write it without nested repeats");
  assert_int_equal(apply(&state, "a=xxy", NULL, result, &err), 0);
  assert_string_equal(result, "a=xxy b=xxy");
  end(&state);
}

/* Rules that double a value each time do not take all memory. */
static void labels__have_a_ceiling(void **unused) {
  static const struct rule twice = {.sources = {"a", "a", "a", "a"},
                                    .target = "a"};
  struct state state;
  char result[256];
  pyr_error_t err;
  size_t i;
  (void)unused;
  begin(&state, NULL, 64 * PYR__KIB);
  for (i = 0; i < MOST; i++)
    assert_int_equal(add_rule(&state, &twice, &err), 0);
  assert_int_equal(apply(&state, "a=12345678", NULL, result, &err), PYR_ELIMIT);
  assert_string_equal(err.text, "rule 7 of relabel-configs (line 16, replace): "
                                "the labels takes more than 65536 bytes");
  end(&state);
}

static int make_and_apply(struct state *state, pyr_error_t *err) {
  static const struct rule rules[] = {
      {.sources = {"a", "b"},
       .target = "${1}n",
       .regex = "(.*);(.*)",
       .replacement = "$2-\xc3\xa9$\xc3\xa9x"},
      {.sources = {"n"}, .action = "lowercase", .target = "l"},
      {.sources = {"n"}, .action = "hashmod", .target = "h", .modulus = 7},
      {.action = "labelmap", .regex = "a(.*)", .replacement = "x$1y"},
      {.action = "labelkeep", .regex = "[^b]|x.*"},
  };
  struct pyr__relabel_trace trace;
  char steps[256] = "", result[256];
  size_t i;
  int rc = 0;
  trace = (struct pyr__relabel_trace){note_step, steps};
  for (i = 0; i < 5 && rc == 0; i++)
    rc = add_rule(state, &rules[i], err);
  if (rc == 0)
    rc = apply(state, "a=1 b=2", &trace, result, err);
  return rc;
}

static void relabelling__is_an_error_without_memory(void **unused) {
  size_t n;
  (void)unused;
  for (n = 1;; n++) {
    struct failing_allocator failing = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&failing);
    struct state state;
    pyr_error_t err = {0};
    int rc;
    begin(&state, &alloc, PYR__MIB);
    rc = make_and_apply(&state, &err);
    end(&state);
    assert_int_equal(failing.live, 0);
    if (failing.calls < n) {
      assert_int_equal(rc, 0);
      break;
    }
    assert_true(rc == 0 || rc == PYR__ENOMEM);
  }
  assert_true(n > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(actions__do_as_prometheus),
      cmocka_unit_test(steps__are_told),
      cmocka_unit_test(patterns__that_give_up_name_their_rule),
      cmocka_unit_test(labels__have_a_ceiling),
      cmocka_unit_test(relabelling__is_an_error_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

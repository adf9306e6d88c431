/* What a job's rules make of what was discovered. */
#include "config_support.h"

#include <stdio.h>

#include "base/label.h"
#include "base/limits.h"
#include "discovery/group.h"
#include "targets/target.h"

enum { LABELS = 8 };

#define JOB                                                                    \
  "scrape-configs:\n- job-name: j\n  enabled-profiles: [mem]\n"                \
  "  static-configs: [{targets: [unused]}]\n  relabel-configs:\n"

struct made {
  pyr_config_t *config;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__target target;
  size_t rule;
  pyr_error_t err;
};

/* `discovered` is "name=value" texts, sorted, and NULL. */
static int make(struct made *made, const char *rules,
                const char *const *discovered) {
  pyr_label_t labels[LABELS];
  struct pyr__discovered from = {labels, 0};

  *made = (struct made){.config = parse_good(rules), .rule = 99};
  for (; discovered[from.label_count] != NULL; from.label_count++) {
    const char *text = discovered[from.label_count];
    const char *equals = strchr(text, '=');
    labels[from.label_count] =
        (pyr_label_t){{text, (size_t)(equals - text)}, pyr__str(equals + 1)};
  }
  pyr__memory_init(&made->memory, NULL);
  pyr__arena_init(&made->arena, &made->memory, PYR__MEM_SCRAPER, PYR__MIB);
  return pyr__target_from_discovered(NULL, &made->config->jobs[0], &from,
                                     &made->arena, &made->target, &made->rule,
                                     &made->err);
}

static void finish(struct made *made) {
  pyr__arena_release(&made->arena);
  pyr_config_unref(made->config);
}

static const char *const pod[] = {"__address__=10.0.0.1:80",
                                  "__meta_kubernetes_pod_label_app=shop",
                                  "__meta_port=6060", NULL};

static void rules__make_the_target(void **state) {
  struct made made;
  char *written;
  struct pyr__buf text;
  (void)state;
  assert_int_equal(
      make(&made,
           JOB
           "  - {source-labels: [__meta_kubernetes_pod_label_app],\n"
           "     target-label: __name__}\n"
           "  - {source_labels: [__address__, __meta_port],\n"
           "     regex: '([^:]+)(?::\\d+)?;(\\d+)',\n"
           "     replacement: $1:$2, target_label: __address__}\n"
           "  - {action: LabelMap, regex: __meta_kubernetes_pod_label_(.+)}\n"
           "  - {target-label: job, replacement: pods}\n"
           "  - {target-label: __profile_mem_path, replacement: /heap}\n",
           pod),
      0);
  pyr__buf_init(&text, &made.memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  assert_int_equal(
      pyr__labels_write(&text, made.target.labels, made.target.label_count), 0);
  assert_int_equal(pyr__buf_add_byte(&text, 0), 0);
  written = (char *)text.data;
  assert_string_equal(written, "{__name__=\"shop\",app=\"shop\","
                               "instance=\"10.0.0.1:6060\",job=\"pods\"}");
  assert_string_equal(made.target.requests[0].url, "http://10.0.0.1:6060/heap");
  /* Views show what there was before. */
  assert_non_null(pyr__labels_find(
      made.target.discovered, made.target.discovered_count, "__meta_port"));
  pyr__buf_release(&text);
  finish(&made);
}

static void rules__drop_a_target(void **state) {
  struct made made;
  (void)state;
  assert_int_equal(make(&made,
                        JOB
                        "  - {target-label: x, replacement: y}\n"
                        "  - {source-labels: [x], regex: y, action: drop}\n",
                        pod),
                   PYR__TARGET_DROPPED);
  assert_int_equal(made.rule, 1);
  finish(&made);
}

static const struct {
  const char *rules, *error;
} bad[] = {
    {"  - {action: labeldrop, regex: __address__}\n", "no address"},
    {"  - {action: labeldrop, regex: __name__}\n",
     "no application name (__name__)"},
    {"  - {action: labelmap, regex: '__meta_port()'}\n",
     "a label without a name"},
    {"  - {source-labels: [long], regex: '(x+)+[yz]', action: keep}\n",
     "rule 1 of relabel-configs (config:6:5, keep): the pattern "
     "\"(x+)+[yz]\" takes "
     "too many steps on a text of 40 bytes; write it without nested repeats"},
    {"  - {target-label: __scrape_timeout__, replacement: soon}\n",
     "error parsing scrape timeout: "},
};

static void bad_targets__say_why(void **state) {
  static const char *const target[] = {
      "__address__=h:1", "__meta_port=6060", "__name__=a",
      "long=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL};
  char rules[512];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct made made;
    int rc;
    snprintf(rules, sizeof(rules), JOB "%s", bad[i].rules);
    rc = make(&made, rules, target);
    if (rc != PYR_ECONFIG ||
        strncmp(made.err.text, bad[i].error, strlen(bad[i].error)) != 0)
      fail_msg("%s%d: %s", bad[i].rules, rc, made.err.text);
    finish(&made);
  }
}

/* One of a job's static targets harms only itself. */
static void on_error(void *ctx, const pyr_error_t *error) {
  size_t *errors = ctx;
  assert_non_null(strstr(error->text, "no application name"));
  ++*errors;
}

static void static_targets__are_relabelled(void **state) {
  pyr_config_t *config = parse_good(
      "scrape-configs:\n- job-name: j\n  enabled-profiles: [mem]\n"
      "  static-configs: [{targets: ['a-1:1', 'b-1:1', '9:1', 'a-2:1']}]\n"
      "  relabel-configs:\n"
      "  - {source-labels: [__address__], regex: '([a-z]).*',\n"
      "     target-label: __name__}\n"
      "  - {source-labels: [__name__], regex: b, action: drop}\n");
  const struct pyr__target *targets;
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t count, errors = 0;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_SCRAPER, PYR__MIB);
  assert_int_equal(pyr__targets_build(&config->jobs[0], &arena, &targets,
                                      &count, on_error, &errors, &err),
                   0);
  assert_int_equal(count, 2);
  assert_int_equal(errors, 1);
  assert_true(pyr__str_is(targets[0].application, "a"));
  assert_true(pyr__str_is(targets[1].address, "a-2:1"));
  pyr__arena_release(&arena);
  pyr_config_unref(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules__make_the_target),
      cmocka_unit_test(rules__drop_a_target),
      cmocka_unit_test(bad_targets__say_why),
      cmocka_unit_test(static_targets__are_relabelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What rules make of labels, and what labels become, for who wants to see. */
#include "config_support.h"

#include <stdio.h>
#include <uv.h>

#include "base/str.h"

static const char yaml[] =
    "scrape-configs:\n"
    "- job-name: none\n"
    "  enabled-profiles: [mem]\n"
    "- job-name: shop\n"
    "  enabled-profiles: [mem]\n"
    "  relabel-configs:\n"
    "  - {source-labels: [name], target-label: __name__}\n"
    "  - source_labels: [name, zone]\n"
    "    separator: '/'\n"
    "    regex: bad/.*\n"
    "    action: DROP\n"
    "  - {source-labels: [slow], regex: '(x+)+[yz]|-', action: drop}\n"
    "  - {regex: name, action: labeldrop}\n";

struct told { /* a line a call */
  char text[4096];
  size_t len;
};

static void add(struct told *told, const char *format, const char *text,
                size_t len) {
  told->len +=
      (size_t)snprintf(told->text + told->len, sizeof(told->text) - told->len,
                       format, (int)len, text);
  assert_true(told->len < sizeof(told->text));
}

static void add_labels(struct told *told, const pyr_label_t *labels,
                       size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    if (i > 0)
      assert_true(pyr__str_compare(labels[i - 1].name, labels[i].name) < 0);
    add(told, " %.*s", labels[i].name.base, labels[i].name.len);
    add(told, "=%.*s", labels[i].value.base, labels[i].value.len);
  }
  add(told, "%.*s", "\n", 1);
}

static void on_step(void *ctx, const pyr_relabel_step_t *step) {
  struct told *told = ctx;
  char place[64];
  snprintf(place, sizeof(place), "%s:%u:%u ", step->rule->file,
           step->rule->line, step->rule->column);
  add(told, "%.*s", place, strlen(place));
  add(told, "%.*s", step->rule->action.base, step->rule->action.len);
  if (step->error != NULL)
    add(told, " ERROR%.*s", "", 0);
  else
    add(told, step->kept ? " kept%.*s" : " dropped%.*s", "", 0);
  add_labels(told, step->labels, step->label_count);
}

static void on_found(void *ctx, const pyr_found_t *found) {
  struct told *told = ctx;
  if (found->outcome == PYR_FOUND_DROPPED) {
    assert_int_equal(found->rule->line, 8);
    add(told, "%.*s dropped", found->job.base, found->job.len);
  } else if (found->outcome == PYR_FOUND_BAD) {
    add(told, "%.*s", found->error, strlen(found->error));
  } else {
    add(told, "%.*s", found->application.base, found->application.len);
    add(told, "@%.*s", found->address.base, found->address.len);
    if (found->request_count > 0)
      add(told, " %.*s", found->requests[0].url,
          strlen(found->requests[0].url));
    assert_int_equal(found->request_count, 1);
  }
  add_labels(told, found->discovered, found->discovered_count);
}

/* "a=b,c=d" */
static size_t labels_of(const char *text, pyr_label_t out[8]) {
  size_t count = 0;
  while (*text != '\0') {
    size_t len = strcspn(text, ","), name = strcspn(text, "=");
    out[count].name = (pyr_str_t){text, name};
    out[count++].value = (pyr_str_t){text + name + 1, len - name - 1};
    text += len + (text[len] == ',');
  }
  return count;
}

/* Labels, and what is told of them: of the rules, or of what they come to. */
static void check_cases(const char *const cases[][2], size_t case_count,
                        bool is_found) {
  pyr_config_t *config = parse_good(yaml);
  pyr_str_t job = pyr__str("shop");
  size_t i;
  for (i = 0; i < case_count; i++) {
    struct told told = {.len = 0};
    pyr_label_t labels[8];
    size_t count = labels_of(cases[i][0], labels);
    int rc = is_found ? pyr_config_found(config, job, labels, count, on_found,
                                         &told, NULL)
                      : pyr_config_relabel(config, job, labels, count, on_step,
                                           &told, NULL);
    assert_int_equal(rc, 0);
    assert_string_equal(told.text, cases[i][1]);
  }
  pyr_config_unref(config);
}

static void relabel__tells_of_every_rule(void **state) {
  static const char *const cases[][2] = {
      {"zone=z,name=shop",
       "config:7:5 replace kept __name__=shop name=shop zone=z\n"
       "config:8:5 drop kept __name__=shop name=shop zone=z\n"
       "config:12:5 drop kept __name__=shop name=shop zone=z\n"
       "config:13:5 labeldrop kept __name__=shop zone=z\n"},
      {"zone=z,name=bad", /* what is behind is there, and has nothing */
       "config:7:5 replace kept __name__=bad name=bad zone=z\n"
       "config:8:5 drop dropped\n"
       "config:12:5 drop dropped\n"
       "config:13:5 labeldrop dropped\n"},
      {"slow=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
       "config:7:5 replace kept "
       "slow=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
       "config:8:5 drop kept "
       "slow=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
       "config:12:5 drop ERROR\n"
       "config:13:5 labeldrop dropped\n"},
  };
  (void)state;
  check_cases(cases, sizeof(cases) / sizeof(cases[0]), false);
}

static void relabel__knows_jobs(void **state) {
  pyr_config_t *config = parse_good(yaml);
  struct told told = {.len = 0};
  pyr_error_t err;
  (void)state;
  assert_int_equal(pyr_config_relabel(config, pyr__str("none"), NULL, 0,
                                      on_step, &told, &err),
                   0);
  assert_string_equal(told.text, ""); /* it has no rules */
  assert_int_equal(pyr_config_relabel(config, pyr__str("sho"), NULL, 0, on_step,
                                      &told, &err),
                   PYR_ENOMATCH);
  assert_string_equal(err.text, "there is no job \"sho\"");
  assert_int_equal(pyr_config_found(config, pyr__str("sh\nop"), NULL, 0,
                                    on_found, &told, &err),
                   PYR_ENOMATCH);
  assert_string_equal(err.text, "there is no job \"sh\\nop\"");
  pyr_config_unref(config);
}

static void found__is_a_target_dropped_or_bad(void **state) {
#define OF_JOB                                                                 \
  " __scheme__=http __scrape_interval__=10s __scrape_timeout__=15s job=shop"
  static const char *const cases[][2] = {
      {"name=a,__address__=h:1",
       "a@h:1 http://h:1/debug/pprof/heap __address__=h:1" OF_JOB " name=a\n"},
      {"name=bad", "shop dropped" OF_JOB " name=bad\n"},
      {"name=a", "no address" OF_JOB " name=a\n"},
      {"", "no address __scheme__=http __scrape_interval__=10s "
           "__scrape_timeout__=15s job=shop\n"},
  };
  (void)state;
  check_cases(cases, sizeof(cases) / sizeof(cases[0]), true);
}

static void found__survives_each_failed_allocation(void **state) {
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct parsed parsed;
  pyr_label_t labels[8];
  size_t n, count = labels_of("name=a,__address__=h:1", labels);
  int rc = UV_ENOMEM;
  (void)state;
  assert_int_equal(parse_with(&parsed, yaml, strlen(yaml),
                              (pyr_config_options_t){.alloc = &alloc}),
                   0);
  for (n = 1; rc != 0; n++) {
    struct told told = {.len = 0};
    allocator.fail_at = allocator.calls + n;
    rc = pyr_config_found(parsed.config, pyr__str("shop"), labels, count,
                          on_found, &told, NULL);
    assert_true(rc == 0 || (rc == UV_ENOMEM && told.len == 0));
  }
  assert_true(n > 3);
  for (n = 1, rc = UV_ENOMEM; rc != 0; n++) {
    struct told told = {.len = 0};
    allocator.fail_at = allocator.calls + n;
    rc = pyr_config_relabel(parsed.config, pyr__str("shop"), labels, count,
                            on_step, &told, NULL);
    assert_true(rc == 0 || rc == UV_ENOMEM);
  }
  pyr_config_unref(parsed.config);
  assert_int_equal(allocator.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(relabel__tells_of_every_rule),
      cmocka_unit_test(relabel__knows_jobs),
      cmocka_unit_test(found__is_a_target_dropped_or_bad),
      cmocka_unit_test(found__survives_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

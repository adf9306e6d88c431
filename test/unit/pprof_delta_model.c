/* Random sequences of scrapes against a model that cannot be wrong: one number
 * a stack. */
#include "support.h"

#include "base/limits.h"
#include "delta_support.h"
#include "pprof/delta.h"

enum { SEEDS = 40, SCRAPES = 120, GONE_LONG_AGO = PYR__LIMIT_GONE_SCRAPES + 1 };

/* Of the program that is scraped, and of what a difference should know. */
struct model {
  uint64_t random;
  int64_t counts[MADE_STACKS]; /* the program's; 0: never seen */
  int64_t in_use[MADE_STACKS];
  int is_hidden[MADE_STACKS]; /* left out by the program, this time */
  uint32_t build;

  int has_baseline;
  int64_t since_ns;
  uint32_t known_build;
  int64_t known[MADE_STACKS]; /* -1: not in the baseline */
  uint32_t absent[MADE_STACKS];
};

static uint32_t below(struct model *model, uint32_t limit) {
  model->random = model->random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(model->random >> 33) % limit;
}

/* ---- the program -------------------------------------------------------- */

static void restart(struct model *model, int new_build) {
  memset(model->counts, 0, sizeof(model->counts));
  model->build += (uint32_t)new_build;
}

static void work(struct model *model) {
  uint32_t i, active = below(model, 60);
  for (i = 0; i < active; i++) {
    uint32_t stack = below(model, MADE_STACKS / (1 + below(model, 8)));
    model->counts[stack] += 1 + below(model, 1000);
    model->in_use[stack] = below(model, 3);
  }
  for (i = 0; i < MADE_STACKS; i++)
    model->is_hidden[i] = below(model, 10) == 0;
  if (below(model, 25) == 0)
    restart(model, (int)below(model, 2));
}

/* Its samples, in another order at times, some in two parts. */
static void scrape(struct model *model, struct made *made) {
  static const char *const builds[] = {"b0", "b1", "b2", "b3", "b4",
                                       "b5", "b6", "b7", "b8", "b9"};
  uint32_t i, step = below(model, 4) == 0 ? 5 : 1, stack = 0;

  made_begin(made, 2, below(model, MADE_FUNCTIONS));
  made_program(made, builds[model->build % 10], 0x400000);
  for (i = 0; i < MADE_STACKS; i++, stack = (stack + step) % MADE_STACKS) {
    int64_t count = model->counts[stack], part = 0;
    if (count == 0 || model->is_hidden[stack])
      continue;
    if (below(model, 10) == 0) {
      part = count / 3;
      made_add(made, stack, (int64_t[]){part, 0});
    }
    made_add(made, stack, (int64_t[]){count - part, model->in_use[stack]});
  }
}

/* ---- what is expected --------------------------------------------------- */

static int is_present(const struct model *model, uint32_t stack) {
  return model->counts[stack] != 0 && !model->is_hidden[stack];
}

static enum pyr__delta_outcome expected_outcome(const struct model *model) {
  uint32_t i;
  if (!model->has_baseline)
    return PYR__DELTA_FIRST;
  if (model->build % 10 != model->known_build % 10)
    return PYR__DELTA_RESTART;
  for (i = 0; i < MADE_STACKS; i++)
    if (is_present(model, i) && model->counts[i] < model->known[i])
      return PYR__DELTA_RESET;
  return PYR__DELTA_DIFFERENCE;
}

static int64_t expected_gain(const struct model *model,
                             enum pyr__delta_outcome outcome, uint32_t stack) {
  int64_t known = model->known[stack];
  if (outcome == PYR__DELTA_FIRST || outcome == PYR__DELTA_RESET)
    return 0;
  if (outcome == PYR__DELTA_RESTART || known < 0)
    return model->counts[stack];
  return model->counts[stack] - known;
}

static void check(const struct model *model, const struct made *made,
                  const struct pyr__delta_result *result,
                  enum pyr__delta_outcome outcome) {
  const struct pyr__profile *p = result->profile;
  int64_t expected[MADE_STACKS][2] = {{0}};
  uint32_t i, stack;

  assert_int_equal(result->outcome, outcome);
  assert_int_equal(result->since_ns,
                   outcome == PYR__DELTA_FIRST || outcome == PYR__DELTA_RESET
                       ? 0
                       : model->since_ns);
  for (i = 0; i < MADE_STACKS; i++) {
    if (!is_present(model, i))
      continue;
    expected[i][0] = expected_gain(model, outcome, i);
    expected[i][1] = model->in_use[i];
  }
  for (i = 0; i < p->sample_count; i++) {
    stack = made_stack(made, p, i);
    assert_true(p->values[2 * i] != 0 || p->values[2 * i + 1] != 0);
    assert_int_equal(p->values[2 * i], expected[stack][0]);
    assert_int_equal(p->values[2 * i + 1], expected[stack][1]);
    expected[stack][0] = expected[stack][1] = 0; /* once only */
  }
  for (i = 0; i < MADE_STACKS; i++)
    assert_true(expected[i][0] == 0 && expected[i][1] == 0);
}

static void commit(struct model *model, enum pyr__delta_outcome outcome,
                   int64_t now_ns) {
  uint32_t i;
  for (i = 0; i < MADE_STACKS; i++) {
    if (is_present(model, i)) {
      model->known[i] = model->counts[i];
      model->absent[i] = 0;
    } else if (outcome != PYR__DELTA_DIFFERENCE ||
               ++model->absent[i] == GONE_LONG_AGO) {
      model->known[i] = -1;
    }
  }
  model->has_baseline = 1;
  model->since_ns = now_ns;
  model->known_build = model->build;
}

static uint32_t known_stacks(const struct model *model) {
  uint32_t i, count = 0;
  for (i = 0; i < MADE_STACKS; i++)
    count += model->known[i] >= 0;
  return count;
}

/* ---- together ----------------------------------------------------------- */

struct seen {
  size_t outcomes[4];
};

static void run(uint64_t seed, struct seen *seen) {
  static struct made made;
  struct model model = {.random = seed};
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__delta *delta = NULL;
  struct pyr__delta_result result;
  pyr_error_t err;
  uint32_t i;

  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_PPROF_PROFILE, 16 << 20);
  assert_int_equal(pyr__delta_new(&delta, &memory, 1 << 20), 0);
  memset(model.known, 0xff, sizeof(model.known));
  for (i = 1; i <= SCRAPES; i++) {
    enum pyr__delta_outcome outcome;
    work(&model);
    scrape(&model, &made);
    outcome = expected_outcome(&model);
    pyr__arena_reset(&arena, 1 << 20);
    assert_int_equal(
        pyr__delta_apply(delta, &made.profile, 1, i, &arena, &result, &err), 0);
    check(&model, &made, &result, outcome);
    seen->outcomes[outcome]++;
    if (below(&model, 5) == 0)
      continue; /* storing failed */
    commit(&model, outcome, i);
    assert_int_equal(pyr__delta_commit(delta, &err), 0);
    assert_int_equal(pyr__delta_stacks(delta), known_stacks(&model));
  }
  pyr__delta_free(delta);
  pyr__arena_release(&arena);
}

static void random_scrapes__agree_with_the_model(void **state) {
  struct seen seen = {{0}};
  uint64_t seed, first = 20250601;
  (void)state;
  for (seed = first; seed < first + SEEDS; seed++) {
    print_message("seed %llu\n", (unsigned long long)seed);
    run(seed, &seen);
  }
  assert_true(seen.outcomes[PYR__DELTA_FIRST] >= SEEDS);
  assert_true(seen.outcomes[PYR__DELTA_DIFFERENCE] > 100);
  assert_true(seen.outcomes[PYR__DELTA_RESTART] > 10);
  assert_true(seen.outcomes[PYR__DELTA_RESET] > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_scrapes__agree_with_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

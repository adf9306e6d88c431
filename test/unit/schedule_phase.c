#include "support.h"

#include "base/clock.h"
#include "base/str.h"
#include "schedule/phase.h"

#define S PYR__NS_PER_S

static struct pyr__phase phase_of(int64_t interval_s, int64_t offset_s,
                                  bool back_to_back) {
  return (struct pyr__phase){interval_s * S, offset_s * S, back_to_back};
}

static void phase__is_the_same_after_a_restart(void **state) {
  struct pyr__phase a = pyr__phase_of(42, pyr__str("cpu"), 10 * S, false);
  struct pyr__phase b = pyr__phase_of(42, pyr__str("cpu"), 10 * S, false);
  struct pyr__phase c = pyr__phase_of(42, pyr__str("mem"), 10 * S, false);
  (void)state;
  assert_int_equal(a.offset_ns, b.offset_ns);
  assert_int_not_equal(a.offset_ns, c.offset_ns);
  assert_in_range(a.offset_ns, 0, 10 * S - 1);
}

/* 10,000 targets over 10 s: no tenth has more than 12 % of them. */
static void phase__spreads_targets_evenly(void **state) {
  size_t tenths[10] = {0}, i;
  (void)state;
  for (i = 0; i < 10000; i++)
    tenths[pyr__phase_of(i, pyr__str("cpu"), 10 * S, false).offset_ns / S]++;
  for (i = 0; i < 10; i++)
    assert_in_range(tenths[i], 800, 1200);
}

static void first__is_at_the_next_phase_of_the_wall_clock(void **state) {
  struct pyr__phase phase = phase_of(10, 3, false);
  (void)state;
  assert_int_equal(
      pyr__phase_first(&phase, (struct pyr__instant){100 * S, 1000 * S}),
      103 * S);
  assert_int_equal(
      pyr__phase_first(&phase, (struct pyr__instant){100 * S, 1003 * S}),
      110 * S);
  assert_int_equal(
      pyr__phase_first(&phase, (struct pyr__instant){100 * S, -1 * S}),
      104 * S);
}

static void next__counts_what_a_long_scrape_missed(void **state) {
  struct pyr__phase phase = phase_of(10, 3, false);
  uint64_t missed;
  (void)state;
  assert_int_equal(pyr__phase_next(&phase, 103 * S, 103 * S, true,
                                   (struct pyr__instant){104 * S, 1004 * S},
                                   &missed),
                   113 * S);
  assert_int_equal(missed, 0);
  assert_int_equal(pyr__phase_next(&phase, 103 * S, 103 * S, true,
                                   (struct pyr__instant){128 * S, 1028 * S},
                                   &missed),
                   133 * S);
  assert_int_equal(missed, 2);
}

/* The timer fired a little before the wall clock showed the phase. */
static void next__is_not_twice_for_one_phase(void **state) {
  struct pyr__phase phase = phase_of(10, 3, false);
  uint64_t missed;
  int64_t early = 103 * S - 2 * PYR__NS_PER_MS;
  (void)state;
  assert_int_equal(
      pyr__phase_next(&phase, early, early, true,
                      (struct pyr__instant){early + PYR__NS_PER_MS,
                                            1003 * S - PYR__NS_PER_MS},
                      &missed),
      113 * S);
}

/* Whatever the wall clock does, the next scrape is within 1.5 intervals. */
static void next__survives_steps_of_the_wall_clock(void **state) {
  static const int64_t steps[] = {-86400 * S, -3600 * S, -7 * S,   -1,
                                  1,          7 * S,     3600 * S, 86400 * S};
  struct pyr__phase phase = phase_of(10, 3, false);
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
    uint64_t missed;
    int64_t next = pyr__phase_next(
        &phase, 103 * S, 103 * S, true,
        (struct pyr__instant){104 * S, 1004 * S + steps[i]}, &missed);
    assert_int_equal(missed, 0);
    assert_in_range(next, 108 * S, 118 * S);
  }
}

static void back_to_back__starts_as_the_last_one_ends(void **state) {
  struct pyr__phase phase = phase_of(10, 3, true);
  uint64_t missed;
  struct pyr__instant now = {1130 * S / 10 + 5, 1013 * S};
  (void)state;
  assert_int_equal(
      pyr__phase_next(&phase, 103 * S, 103 * S, true, now, &missed),
      now.monotonic_ns);
  assert_int_equal(missed, 0);
  /* A target that answers at once is not asked in a loop. */
  now = (struct pyr__instant){104 * S, 1004 * S};
  assert_int_equal(
      pyr__phase_next(&phase, 103 * S, 103 * S, true, now, &missed), 113 * S);
  /* After a failure it waits for its phase. */
  now = (struct pyr__instant){105 * S, 1005 * S};
  assert_int_equal(
      pyr__phase_next(&phase, 103 * S, 103 * S, false, now, &missed), 113 * S);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(phase__is_the_same_after_a_restart),
      cmocka_unit_test(phase__spreads_targets_evenly),
      cmocka_unit_test(first__is_at_the_next_phase_of_the_wall_clock),
      cmocka_unit_test(next__counts_what_a_long_scrape_missed),
      cmocka_unit_test(next__is_not_twice_for_one_phase),
      cmocka_unit_test(next__survives_steps_of_the_wall_clock),
      cmocka_unit_test(back_to_back__starts_as_the_last_one_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "base/clock.h"
#include "base/str.h"
#include "schedule/pace.h"

#define S PYR__NS_PER_S

static struct pyr__pace pace_of(bool back_to_back) {
  struct pyr__phase phase = {10 * S, 3 * S, back_to_back};
  return pyr__pace_of(&phase, 42);
}

/* A scrape that was due at `due`, the wall clock being the monotonic one, and
 * ends after 100 ms. */
static int64_t next_of(struct pyr__pace *pace, enum pyr__pace_outcome outcome,
                       int64_t due, int64_t seconds, int64_t retry_after) {
  struct pyr__pace_scrape scrape = {outcome, due, due, seconds, retry_after};
  int64_t end = due + S / 10;
  uint64_t missed;
  int64_t next =
      pyr__pace_next(pace, &scrape, (struct pyr__instant){end, end}, &missed);
  assert_int_equal(missed, 0);
  return next;
}

static void good__keeps_to_the_phase(void **state) {
  struct pyr__pace pace = pace_of(false);
  (void)state;
  assert_int_equal(next_of(&pace, PYR__PACE_GOOD, 103 * S, 0, 0), 113 * S);
}

static void failed__backs_off_to_five_intervals_with_jitter(void **state) {
  static const int64_t least[] = {10, 20, 40, 50, 50, 50};
  struct pyr__pace pace = pace_of(false), other = pace_of(false);
  int64_t last = 0;
  size_t i;
  (void)state;
  other.random = 43;
  for (i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
    int64_t next = next_of(&pace, PYR__PACE_FAILED, 103 * S, 0, 0);
    int64_t others = next_of(&other, PYR__PACE_FAILED, 103 * S, 0, 0);
    assert_in_range(next, (103 + least[i]) * S,
                    (103 + least[i]) * S + (i == 0 ? 0 : 5 * S));
    assert_true(i == 0 || next != others);
    assert_true(next != last);
    last = next;
  }
  assert_int_equal(next_of(&pace, PYR__PACE_GOOD, 203 * S, 0, 0), 213 * S);
  assert_int_equal(next_of(&pace, PYR__PACE_FAILED, 213 * S, 0, 0), 223 * S);
}

static void absent__is_looked_for_every_ten_minutes(void **state) {
  struct pyr__pace pace = pace_of(false);
  int64_t next;
  (void)state;
  next_of(&pace, PYR__PACE_ABSENT, 103 * S, 0, 0);
  next_of(&pace, PYR__PACE_ABSENT, 113 * S, 0, 0);
  assert_false(pyr__pace_is_absent(&pace));
  next = next_of(&pace, PYR__PACE_ABSENT, 123 * S, 0, 0);
  assert_true(pyr__pace_is_absent(&pace));
  assert_int_equal(next, (133 + 600) * S);
  next = next_of(&pace, PYR__PACE_ABSENT, next, 0, 0);
  assert_int_equal(next, (133 + 600 + 610) * S);
  pyr__pace_forget(&pace);
  assert_false(pyr__pace_is_absent(&pace));
  assert_int_equal(next_of(&pace, PYR__PACE_ABSENT, 143 * S, 0, 0), 153 * S);
}

static void absent__is_not_what_fails_otherwise_meanwhile(void **state) {
  struct pyr__pace pace = pace_of(false);
  int i;
  (void)state;
  for (i = 0; i < 10; i++)
    next_of(&pace, i % 2 == 0 ? PYR__PACE_ABSENT : PYR__PACE_FAILED, 103 * S, 0,
            0);
  assert_false(pyr__pace_is_absent(&pace));
}

static void busy__is_tried_again_where_there_is_time(void **state) {
  struct pyr__pace pace = pace_of(false), full = pace_of(true);
  int64_t next;
  (void)state;
  next = next_of(&pace, PYR__PACE_BUSY, 103 * S, 5 * S, 0);
  assert_in_range(next, 104 * S, 106 * S);
  /* 9 s do not fit any more after the pause. */
  pyr__pace_forget(&pace);
  assert_int_equal(next_of(&pace, PYR__PACE_BUSY, 103 * S, 9 * S, 0), 113 * S);
  /* One that should be always on is tried again at once. */
  next = next_of(&full, PYR__PACE_BUSY, 103 * S, 10 * S, 0);
  assert_in_range(next, 104 * S, 106 * S);
}

static void retry_after__is_the_least(void **state) {
  struct pyr__pace pace = pace_of(false);
  (void)state;
  assert_int_equal(next_of(&pace, PYR__PACE_FAILED, 103 * S, 0, 60 * S),
                   163 * S + S / 10);
  pyr__pace_forget(&pace);
  assert_int_equal(next_of(&pace, PYR__PACE_FAILED, 103 * S, 0, 1 * S),
                   113 * S);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good__keeps_to_the_phase),
      cmocka_unit_test(failed__backs_off_to_five_intervals_with_jitter),
      cmocka_unit_test(absent__is_looked_for_every_ten_minutes),
      cmocka_unit_test(absent__is_not_what_fails_otherwise_meanwhile),
      cmocka_unit_test(busy__is_tried_again_where_there_is_time),
      cmocka_unit_test(retry_after__is_the_least),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

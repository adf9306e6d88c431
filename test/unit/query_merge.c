#include "query_support.h"

#include "query/merge.h"

static const size_t LIMIT = 1 << 20;

struct fixture {
  struct pyr__memory memory;
  struct pyr__merge *merge;
  struct pyr__profile out;
};

static void begin(struct fixture *f) {
  pyr__memory_init(&f->memory, NULL);
  assert_int_equal(pyr__merge_new(&f->merge, &f->memory, LIMIT, NULL), 0);
}

static void add(struct fixture *f, const struct hand_profile *hand) {
  pyr_error_t err;
  if (pyr__merge_add(f->merge, &hand->profile, &err) != 0)
    fail_msg("%s", err.text);
}

static void finish(struct fixture *f) {
  assert_int_equal(pyr__merge_finish(f->merge, &f->out, NULL), 0);
}

static void end(struct fixture *f) {
  pyr__merge_free(f->merge);
  assert_int_equal(f->memory.accounts[PYR__MEM_QUERY].used_blocks, 0);
}

static const char *text_of(const struct pyr__profile *profile, uint32_t id) {
  static char text[256];
  snprintf(text, sizeof(text), "%.*s", PYR__STR_ARG(profile->strings[id]));
  return text;
}

static void assert_same(const struct pyr__profile *a,
                        const struct pyr__profile *b) {
  uint32_t i;
  assert_int_equal(a->string_count, b->string_count);
  for (i = 0; i < a->string_count; i++)
    assert_true(pyr__str_equal(a->strings[i], b->strings[i]));
#define SAME(table, count)                                                     \
  assert_int_equal(a->count, b->count);                                        \
  assert_memory_equal(a->table, b->table, a->count * sizeof(*a->table))
  SAME(types, type_count);
  SAME(mappings, mapping_count);
  SAME(functions, function_count);
  SAME(lines, line_count);
  SAME(locations, location_count);
  SAME(labels, label_count);
  SAME(frames, frame_count);
  SAME(samples, sample_count);
  SAME(comments, comment_count);
#undef SAME
  assert_memory_equal(a->values, b->values,
                      (size_t)a->sample_count * a->type_count *
                          sizeof(int64_t));
  assert_int_equal(a->time_ns, b->time_ns);
  assert_int_equal(a->duration_ns, b->duration_ns);
  assert_int_equal(a->period, b->period);
}

/* Tables in another order, the program elsewhere in memory: one profile. */
static void merge__adds_what_is_the_same_by_content(void **state) {
  struct hand_profile *a = hand_profile_new(0x400000, 0);
  struct hand_profile *b = hand_profile_new(0x55d000000000, 1);
  struct fixture f;
  (void)state;
  b->profile.time_ns += 10;
  b->profile.period = 20000000;
  begin(&f);
  add(&f, a);
  add(&f, b);
  finish(&f);
  assert_int_equal(f.out.sample_count, 3);
  assert_int_equal(f.out.values[0], 6);
  assert_int_equal(f.out.values[1], 60000000);
  assert_int_equal(f.out.values[4], 4);
  assert_int_equal(f.out.mapping_count, 2);
  assert_int_equal(f.out.mappings[0].start, 0x400000);
  assert_int_equal(f.out.function_count, 3);
  assert_int_equal(f.out.location_count, 4);
  assert_int_equal(f.out.locations[1].address, 0x400100);
  assert_int_equal(f.out.line_count, 4);
  assert_int_equal(f.out.time_ns, a->profile.time_ns);
  assert_int_equal(f.out.duration_ns, 2 * a->profile.duration_ns);
  assert_int_equal(f.out.period, 20000000);
  end(&f);
  free(a);
  free(b);
}

static void merge__of_one_is_its_normal_form(void **state) {
  struct hand_profile *hand = hand_profile_new(0x400000, 1);
  struct fixture f, again, third;
  (void)state;
  begin(&f);
  add(&f, hand);
  finish(&f);
  assert_string_equal(text_of(&f.out, f.out.labels[0].key), "route");
  assert_string_equal(text_of(&f.out, f.out.labels[1].key), "tenant");
  assert_int_equal(f.out.labels[2].number, 512);
  assert_int_equal(f.out.string_count, hand->profile.string_count - 1);
  begin(&again);
  assert_int_equal(pyr__merge_add(again.merge, &f.out, NULL), 0);
  finish(&again);
  assert_int_equal(again.out.string_count, f.out.string_count);
  assert_int_equal(again.out.frame_count, f.out.frame_count);
  /* Only the order of strings may change, and only once. */
  begin(&third);
  assert_int_equal(pyr__merge_add(third.merge, &again.out, NULL), 0);
  finish(&third);
  assert_same(&again.out, &third.out);
  end(&third);
  end(&again);
  end(&f);
  free(hand);
}

static int64_t total(const struct pyr__profile *profile, uint32_t type) {
  int64_t sum = 0;
  uint32_t i;
  for (i = 0; i < profile->sample_count; i++)
    sum += profile->values[i * profile->type_count + type];
  return sum;
}

static void merge__totals_do_not_depend_on_the_order(void **state) {
  static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  struct hand_profile *hands[3];
  size_t i, j;
  (void)state;
  hands[0] = hand_profile_new(0x400000, 0);
  hands[1] = hand_profile_new(0x500000, 1);
  hands[2] = hand_profile_new(0x600000, 0);
  hands[1]->values[2] = 1000;
  hands[2]->functions[1].start_line = 99; /* another function */
  for (i = 0; i < 6; i++) {
    struct fixture f;
    begin(&f);
    for (j = 0; j < 3; j++)
      add(&f, hands[orders[i][j]]);
    finish(&f);
    assert_int_equal(f.out.sample_count, 4);
    assert_int_equal(f.out.function_count, 4);
    assert_int_equal(total(&f.out, 0), 6 * 3 + 999);
    assert_int_equal(total(&f.out, 1), 3 * 60000000);
    assert_int_equal(f.out.duration_ns, INT64_C(30000000000));
    end(&f);
  }
  for (i = 0; i < 3; i++)
    free(hands[i]);
}

static void merge__leaves_out_zeros_and_what_only_they_need(void **state) {
  struct hand_profile *a = hand_profile_new(0x400000, 0);
  struct hand_profile *b = hand_profile_new(0x400000, 0);
  struct fixture f;
  (void)state;
  b->values[0] = -3;
  b->values[1] = -30000000;
  begin(&f);
  add(&f, a);
  add(&f, b);
  finish(&f);
  assert_int_equal(f.out.sample_count, 2);
  assert_int_equal(f.out.location_count, 2);
  assert_int_equal(f.out.function_count, 2);
  assert_int_equal(f.out.mapping_count, 1);
  assert_int_equal(f.out.duration_ns, INT64_C(20000000000));
  end(&f);
  begin(&f);
  memset(a->values, 0, sizeof(a->values));
  add(&f, a);
  finish(&f);
  assert_int_equal(f.out.sample_count, 0);
  assert_int_equal(f.out.mapping_count, 1); /* the program stays */
  end(&f);
  free(a);
  free(b);
}

static void merge__averages_are_rounded_and_leave_out_zeros(void **state) {
  static const int64_t values[] = {6, -5, INT64_MAX, INT64_MIN, 1, -1};
  struct hand_profile *hand = hand_profile_new(0x400000, 0);
  struct fixture f;
  (void)state;
  memcpy(hand->values, values, sizeof(values));
  begin(&f);
  add(&f, hand);
  pyr__merge_divide(f.merge, 4);
  finish(&f);
  assert_int_equal(f.out.sample_count, 2);
  assert_int_equal(f.out.values[0], 2);  /* of 1.5 */
  assert_int_equal(f.out.values[1], -1); /* of -1.25 */
  assert_int_equal(f.out.values[2], INT64_C(1) << 61);
  assert_int_equal(f.out.values[3], -(INT64_C(1) << 61));
  assert_int_equal(f.out.duration_ns, hand->profile.duration_ns / 4);
  end(&f);
  free(hand);
}

static void merge__takes_heads_as_pprof_does(void **state) {
  struct hand_profile *a = hand_profile_new(0x400000, 0);
  struct hand_profile *b = hand_profile_new(0x400000, 1);
  struct fixture f;
  (void)state;
  a->profile.time_ns = 0;
  a->comments[0] = hand_string(a, "one");
  a->profile.comment_count = 1;
  a->profile.keep_frames = hand_string(a, "keep");
  b->comments[0] = hand_string(b, "two");
  b->comments[1] = hand_string(b, "one");
  b->profile.comment_count = 2;
  b->profile.default_type = hand_string(b, "samples");
  b->profile.doc_url = hand_string(b, "http://doc");
  b->profile.drop_frames = hand_string(b, "drop");
  b->profile.duration_ns = INT64_MAX;
  b->values[0] = INT64_MAX;
  begin(&f);
  add(&f, a);
  add(&f, b);
  finish(&f);
  assert_int_equal(f.out.time_ns, b->profile.time_ns); /* 0 is none */
  assert_int_equal(f.out.duration_ns, INT64_MAX);
  assert_int_equal(f.out.values[0], INT64_MAX);
  assert_int_equal(f.out.comment_count, 2);
  assert_string_equal(text_of(&f.out, f.out.comments[0]), "one");
  assert_string_equal(text_of(&f.out, f.out.comments[1]), "two");
  assert_string_equal(text_of(&f.out, f.out.default_type), "samples");
  assert_string_equal(text_of(&f.out, f.out.doc_url), "http://doc");
  assert_string_equal(text_of(&f.out, f.out.keep_frames), "keep");
  assert_int_equal(f.out.drop_frames, 0);
  end(&f);
  free(a);
  free(b);
}

static void merge__refuses_other_types(void **state) {
  struct hand_profile *a = hand_profile_new(0x400000, 0);
  struct hand_profile *b = hand_profile_new(0x400000, 0);
  struct fixture f;
  pyr_error_t err;
  (void)state;
  begin(&f);
  add(&f, a);
  b->profile.type_count = 1;
  assert_int_equal(pyr__merge_add(f.merge, &b->profile, &err), PYR_EUSAGE);
  assert_string_equal(err.text,
                      "profiles of different sample types do not merge");
  b->profile.type_count = 2;
  b->profile.period_type = b->types[0];
  assert_int_equal(pyr__merge_add(f.merge, &b->profile, &err), PYR_EUSAGE);
  assert_string_equal(err.text,
                      "profiles of different period types do not merge");
  finish(&f);
  assert_int_equal(f.out.values[0], 3);
  end(&f);
  free(a);
  free(b);
}

static void merge__stays_under_its_limit(void **state) {
  struct hand_profile *hand = hand_profile_new(0x400000, 0);
  struct pyr__memory memory;
  pyr_error_t err;
  size_t limit;
  int rc = PYR_ELIMIT;
  (void)state;
  for (limit = 0; rc != 0; limit += 64) {
    struct pyr__merge *merge = NULL;
    struct pyr__profile out;
    pyr__memory_init(&memory, NULL);
    rc = pyr__merge_new(&merge, &memory, limit, &err);
    if (rc == 0)
      rc = pyr__merge_add(merge, &hand->profile, &err);
    if (rc == 0)
      rc = pyr__merge_finish(merge, &out, &err);
    assert_true(rc == 0 || rc == PYR_ELIMIT);
    pyr__merge_free(merge);
    assert_int_equal(memory.accounts[PYR__MEM_QUERY].used_blocks, 0);
  }
  assert_true(limit > 1024);
  free(hand);
}

static void merge__is_an_error_without_memory(void **state) {
  struct hand_profile *a = hand_profile_new(0x400000, 0);
  struct hand_profile *b = hand_profile_new(0x500000, 1);
  size_t n;
  (void)state;
  b->values[0] = -3;
  b->values[1] = -30000000;
  for (n = 1;; n++) {
    struct failing_allocator counts = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&counts);
    struct pyr__memory memory;
    struct pyr__merge *merge = NULL;
    struct pyr__profile out;
    pyr_error_t err;
    int rc;
    pyr__memory_init(&memory, &alloc);
    rc = pyr__merge_new(&merge, &memory, LIMIT, &err);
    if (rc == 0)
      rc = pyr__merge_add(merge, &a->profile, &err);
    if (rc == 0)
      rc = pyr__merge_add(merge, &b->profile, &err);
    if (rc == 0)
      rc = pyr__merge_finish(merge, &out, &err);
    pyr__merge_free(merge);
    assert_int_equal(counts.live, 0);
    if (counts.calls < n)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
  }
  assert_true(n > 30);
  free(a);
  free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(merge__adds_what_is_the_same_by_content),
      cmocka_unit_test(merge__of_one_is_its_normal_form),
      cmocka_unit_test(merge__totals_do_not_depend_on_the_order),
      cmocka_unit_test(merge__leaves_out_zeros_and_what_only_they_need),
      cmocka_unit_test(merge__averages_are_rounded_and_leave_out_zeros),
      cmocka_unit_test(merge__takes_heads_as_pprof_does),
      cmocka_unit_test(merge__refuses_other_types),
      cmocka_unit_test(merge__stays_under_its_limit),
      cmocka_unit_test(merge__is_an_error_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "self/cpu_profile.h"
#include "self/cpu_sampler.h"
#include "self/heap_profile.h"
#include "self/stack_walk.h"

static volatile uint64_t sink;

/* What the profile must name. */
__attribute__((noinline)) static void burn_in_a_known_function(void) {
  uint64_t i, value = sink;
  for (i = 0; i < 2000000; i++)
    value = value * 6364136223846793005u + i;
  sink = value;
}

__attribute__((noinline)) static void call_the_known_function(void) {
  burn_in_a_known_function();
  sink++; /* no tail call */
}

static int64_t value_of(const struct pyr__profile *profile, const char *name,
                        size_t type, uint32_t depth) {
  int64_t sum = 0;
  uint32_t i, j, k;
  for (i = 0; i < profile->sample_count; i++) {
    const struct pyr__sample *sample = &profile->samples[i];
    bool found = false;
    for (j = 0; j < sample->frame_count && j < depth; j++) {
      const struct pyr__location *location =
          &profile->locations[profile->frames[sample->first_frame + j]];
      for (k = 0; k < location->line_count; k++)
        found |= pyr__str_is(
            profile->strings
                [profile
                     ->functions[profile->lines[location->first_line + k]
                                     .function]
                     .name],
            name);
    }
    if (found)
      sum += profile->values[i * profile->type_count + type];
  }
  return sum;
}

static int64_t total(const struct pyr__profile *profile, size_t type) {
  int64_t sum = 0;
  uint32_t i;
  for (i = 0; i < profile->sample_count; i++)
    sum += profile->values[i * profile->type_count + type];
  return sum;
}

static void string_is(const struct pyr__profile *profile, uint32_t id,
                      const char *text) {
  assert_true(id < profile->string_count);
  assert_true(pyr__str_is(profile->strings[id], text));
}

/* A profile of at least 40 samples of some work. */
struct sampled {
  struct pyr__memory memory;
  struct pyr__cpu_sampler *sampler;
  struct pyr__arena arena;
  struct pyr__profile profile;
};

static void sample(struct sampled *sampled, void (*work)(void)) {
  struct pyr__clock clock = pyr__clock_system();
  pyr_error_t err;
  pyr__memory_init(&sampled->memory, NULL);
  pyr__arena_init(&sampled->arena, &sampled->memory, PYR__MEM_SELF, 16 << 20);
  assert_int_equal(
      pyr__cpu_sampler_start(&sampled->sampler, &sampled->memory, &clock, &err),
      0);
  while (pyr__cpu_sampler_samples(sampled->sampler) < 40)
    work();
  pyr__cpu_sampler_stop(sampled->sampler);
  assert_int_equal(pyr__cpu_sampler_profile(sampled->sampler, &sampled->arena,
                                            &sampled->profile, &err),
                   0);
}

static void sampled_release(struct sampled *sampled) {
  pyr__cpu_sampler_free(sampled->sampler);
  pyr__arena_release(&sampled->arena);
  assert_int_equal(sampled->memory.accounts[PYR__MEM_SELF].used_bytes, 0);
}

static void sampler__finds_where_the_time_went(void **state) {
  struct sampled sampled;
  struct pyr__profile *profile = &sampled.profile;
  int64_t all;
  (void)state;
  sample(&sampled, call_the_known_function);
  all = total(profile, 0);
  assert_true(all >= 40);
  assert_true(value_of(profile, "burn_in_a_known_function", 0, 1) * 10 >=
              all * 8);
  assert_true(value_of(profile, "call_the_known_function", 0, 2) * 10 >=
              all * 8);
  assert_int_equal(total(profile, 1), all * PYR__CPU_PERIOD_NS);
  assert_int_equal(profile->type_count, 2);
  string_is(profile, profile->types[0].type, "samples");
  string_is(profile, profile->types[0].unit, "count");
  string_is(profile, profile->types[1].type, "cpu");
  string_is(profile, profile->types[1].unit, "nanoseconds");
  string_is(profile, profile->period_type.type, "cpu");
  assert_int_equal(profile->period, 10000000);
  assert_true(profile->time_ns > 0 && profile->duration_ns > 0);
  assert_true(profile->mapping_count > 0);
  assert_true(profile->strings[profile->mappings[0].build_id].len > 0);
  sampled_release(&sampled);
}

static int compare_slowly(const void *a, const void *b) {
  burn_in_a_known_function();
  return *(const int *)a - *(const int *)b;
}

/* A library of the distribution in the middle, and one at the top. */
static void work_through_libraries(void) {
  int numbers[] = {3, 1, 2}, i;
  char *text;
  json_t *array = json_array();
  qsort(numbers, 3, sizeof(numbers[0]), compare_slowly);
  for (i = 0; i < 20000; i++)
    json_array_append_new(array, json_integer(i));
  text = json_dumps(array, 0);
  sink += strlen(text);
  free(text);
  json_decref(array);
}

static void sampler__names_code_only(void **state) {
  struct sampled sampled;
  struct pyr__profile *profile = &sampled.profile;
  uint32_t i;
  (void)state;
  sample(&sampled, work_through_libraries);
  assert_true(value_of(profile, "compare_slowly", 0, UINT32_MAX) > 0);
  for (i = 0; i < profile->location_count; i++) {
    assert_int_not_equal(profile->locations[i].mapping, PYR__NO_MAPPING);
    assert_int_equal(profile->locations[i].line_count, 1);
  }
  sampled_release(&sampled);
}

static void sampler__runs_once_at_a_time_and_restores_the_signal(void **state) {
  struct pyr__memory memory;
  struct pyr__clock clock = pyr__clock_system();
  struct pyr__cpu_sampler *first, *second;
  struct sigaction before;
  pyr_error_t err;
  int i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  signal(SIGPROF, SIG_IGN);
  for (i = 0; i < 3; i++) {
    assert_int_equal(pyr__cpu_sampler_start(&first, &memory, &clock, &err), 0);
    assert_int_equal(pyr__cpu_sampler_start(&second, &memory, &clock, &err),
                     -EBUSY);
    assert_string_equal(err.text, "cpu profiling already in use");
    raise(SIGPROF); /* not ours: no sample, no harm */
    pyr__cpu_sampler_free(first);
  }
  sigaction(SIGPROF, NULL, &before);
  assert_ptr_equal(before.sa_handler, SIG_IGN);
  signal(SIGPROF, SIG_DFL);
  assert_int_equal(memory.accounts[PYR__MEM_SELF].used_bytes, 0);
}

static void sampler__survives_each_failed_allocation(void **state) {
  struct pyr__clock clock = pyr__clock_system();
  size_t n;
  bool clean = false;
  (void)state;
  for (n = 1; !clean; n++) {
    struct failing_allocator allocator = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct pyr__cpu_sampler *sampler;
    struct pyr__memory memory;
    struct pyr__profile profile;
    struct pyr__arena arena;
    pyr_error_t err = {0};
    int rc;
    pyr__memory_init(&memory, &alloc);
    pyr__arena_init(&arena, &memory, PYR__MEM_SELF, 16 << 20);
    rc = pyr__cpu_sampler_start(&sampler, &memory, &clock, &err);
    if (rc == 0) {
      pyr__cpu_sampler_stop(sampler);
      rc = pyr__cpu_sampler_profile(sampler, &arena, &profile, &err);
      pyr__cpu_sampler_free(sampler);
    }
    clean = rc == 0;
    assert_true(clean || (rc == PYR__ENOMEM && err.text[0] != '\0'));
    pyr__arena_release(&arena);
    assert_int_equal(allocator.live, 0);
  }
  assert_true(n > 5);
}

/* What does not fit is dropped, and the profile says so. */
static void table__counts_what_does_not_fit(void **state) {
  struct pyr__memory memory;
  struct pyr__sample_table table;
  struct pyr__profile profile;
  struct pyr__arena arena;
  uintptr_t frames[3] = {0x1000, 0x2000, 0x3000};
  pyr_error_t err;
  int i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_SELF, 16 << 20);
  assert_int_equal(pyr__sample_table_init(&table, &memory, 4, 10), 0);
  for (i = 0; i < 10; i++) {
    frames[0] = 0x1000 + (uintptr_t)(i % 5);
    pyr__sample_table_add(&table, frames, 3, 1);
  }
  assert_int_equal(table.stack_count, 3); /* of ten frames */
  assert_int_equal(table.samples, 10);
  assert_int_equal(table.dropped, 4);
  pyr__sample_table_add(&table, frames, 1, 7);
  pyr__sample_table_add(&table, frames, 0, 1);
  assert_int_equal(table.stack_count, 4);
  assert_int_equal(pyr__cpu_profile_build(&table, &arena, &profile, &err), 0);
  assert_int_equal(total(&profile, 0), 13);
  assert_int_equal(profile.comment_count, 1);
  string_is(&profile, profile.comments[0],
            "5 samples did not fit into the sampler and were dropped");
  pyr__sample_table_release(&table, &memory);
  pyr__arena_release(&arena);
}

static void walk__stops_at_whatever_is_no_frame(void **state) {
  uintptr_t stack[64] = {0}, out[16];
  struct pyr__stack_bounds bounds = {.low = (uintptr_t)stack,
                                     .high = (uintptr_t)(stack + 64),
                                     .libraries = {{0x5000, 0x6001}},
                                     .library_count = 1};
  struct pyr__stack_registers registers = {0x1234, 0, (uintptr_t)stack};
  uintptr_t bad[] = {0,
                     1,
                     UINTPTR_MAX,
                     UINTPTR_MAX - 15,
                     (uintptr_t)stack - 16,
                     (uintptr_t)(stack + 1) + 1,
                     (uintptr_t)(stack + 63),
                     (uintptr_t)(stack + 64)};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    registers.fp = bad[i];
    assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 1);
    assert_int_equal(out[0], 0x1234);
  }
  /* two good frames, then one that leads back */
  stack[10] = (uintptr_t)(stack + 20);
  stack[11] = 0x5000;
  stack[20] = (uintptr_t)(stack + 10);
  stack[21] = 0x6000;
  registers.fp = (uintptr_t)(stack + 10);
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 3);
  assert_int_equal(out[2], 0x6000);
  stack[20] = (uintptr_t)(stack + 20); /* to itself */
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 3);
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 2), 2);
  registers.sp = (uintptr_t)(stack + 12); /* below the stack pointer */
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 1);
  stack[21] = 0; /* the bottom of the stack */
  registers.sp = (uintptr_t)stack;
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 2);
}

/* What a library keeps where we keep the frame pointer leads anywhere: text,
 * the stack itself, and code that is gone or behind no call are nobody's
 * callers. */
static void walk__names_no_caller_that_is_none(void **state) {
  static const uint8_t text[32] = {[10] = 0xe8}; /* call, returns to 15 */
  uintptr_t stack[64] = {0}, out[16];
  struct pyr__stack_bounds bounds = {
      .low = (uintptr_t)stack,
      .high = (uintptr_t)(stack + 64),
      .own = {(uintptr_t)text, (uintptr_t)(text + 32)},
      .libraries = {{0x5000, 0x6000}, {0x8000, 0x9000}},
      .library_count = 2};
  struct pyr__stack_registers registers = {
      (uintptr_t)text, (uintptr_t)(stack + 10), (uintptr_t)stack};
  uintptr_t good[] = {0x5000, 0x5fff, 0x8000, (uintptr_t)(text + 15)};
  uintptr_t bad[] = {0,
                     0x4fff,
                     0x6000,
                     0x9000,
                     (uintptr_t)0x7274733bffffffff,
                     UINTPTR_MAX,
                     (uintptr_t)stack,
                     (uintptr_t)text,
                     (uintptr_t)(text + 32)};
  size_t i;
  (void)state;
  stack[10] = (uintptr_t)(stack + 20);
  stack[20] = (uintptr_t)(stack + 30);
  stack[21] = 0x8123;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    stack[11] = good[i];
    assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 3);
    assert_int_equal(out[1], good[i]);
    assert_int_equal(out[2], 0x8123);
  }
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    stack[11] = bad[i];
    assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 1);
  }
}

/* memcpy called from our code: the caller is found on top of the stack. */
static void walk__finds_the_caller_of_a_leaf_without_a_frame(void **state) {
#if defined(__x86_64__)
  static const uint8_t text[32] = {[10] = 0xe8}; /* call, returns to 15 */
  uintptr_t stack[64] = {0}, out[16];
  struct pyr__stack_bounds bounds = {
      .low = (uintptr_t)stack,
      .high = (uintptr_t)(stack + 64),
      .own = {(uintptr_t)text, (uintptr_t)(text + 32)},
      .libraries = {{0x5000, 0x5001}},
      .library_count = 1};
  struct pyr__stack_registers registers = {0x1234, (uintptr_t)(stack + 10),
                                           (uintptr_t)stack};
  stack[11] = 0x5000;
  stack[0] = (uintptr_t)(text + 15);
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 3);
  assert_int_equal(out[1], (uintptr_t)(text + 15));
  assert_int_equal(out[2], 0x5000);
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 1), 1);
  stack[0] = (uintptr_t)(text + 16); /* no call in front of it */
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 2);
  stack[0] = (uintptr_t)(text + 2); /* nor so near to the edge */
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 2);
  registers.sp = UINTPTR_MAX - 7; /* not the stack */
  assert_int_equal(pyr__stack_walk(&registers, &bounds, out, 16), 1);
#endif
  (void)state;
}

static void heap__is_the_accounts(void **state) {
  struct pyr__account accounts[PYR__PURPOSE_COUNT] = {{0}};
  struct pyr__memory memory;
  struct pyr__profile profile;
  struct pyr__arena arena;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_SELF, 16 << 20);
  accounts[PYR__MEM_STORE_DICTIONARY] =
      (struct pyr__account){1000, 10, 5000, 50};
  accounts[PYR__MEM_STORE_BUFFER] = (struct pyr__account){1, 2, 3, 4};
  assert_int_equal(
      pyr__heap_profile_build(accounts, 77, &arena, &profile, &err), 0);
  assert_int_equal(value_of(&profile, "store: dictionary", 0, 1), 50);
  assert_int_equal(value_of(&profile, "store: dictionary", 1, 1), 5000);
  assert_int_equal(value_of(&profile, "pyrite.store", 2, 2), 12);
  assert_int_equal(value_of(&profile, "pyrite.store", 3, 2), 1001);
  string_is(&profile, profile.types[3].type, "inuse_space");
  string_is(&profile, profile.period_type.type, "space");
  assert_int_equal(profile.period, 1);
  assert_int_equal(profile.time_ns, 77);
  pyr__arena_release(&arena);
}

static void heap__survives_each_failed_allocation(void **state) {
  struct pyr__account accounts[PYR__PURPOSE_COUNT] = {{0}};
  size_t n;
  int rc = -1;
  (void)state;
  for (n = 1; rc != 0; n++) {
    struct failing_allocator allocator = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct pyr__memory memory;
    struct pyr__profile profile;
    struct pyr__arena arena;
    pyr_error_t err;
    pyr__memory_init(&memory, &alloc);
    pyr__arena_init(&arena, &memory, PYR__MEM_SELF, 16 << 20);
    rc = pyr__heap_profile_build(accounts, 1, &arena, &profile, &err);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    pyr__arena_release(&arena);
    assert_int_equal(allocator.live, 0);
  }
  assert_true(n > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sampler__finds_where_the_time_went),
      cmocka_unit_test(sampler__names_code_only),
      cmocka_unit_test(sampler__runs_once_at_a_time_and_restores_the_signal),
      cmocka_unit_test(sampler__survives_each_failed_allocation),
      cmocka_unit_test(table__counts_what_does_not_fit),
      cmocka_unit_test(walk__stops_at_whatever_is_no_frame),
      cmocka_unit_test(walk__names_no_caller_that_is_none),
      cmocka_unit_test(walk__finds_the_caller_of_a_leaf_without_a_frame),
      cmocka_unit_test(heap__is_the_accounts),
      cmocka_unit_test(heap__survives_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

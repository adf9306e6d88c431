/* One difference and one made-up profile, for tests. */
#ifndef TEST_DELTA_FIXTURE_H
#define TEST_DELTA_FIXTURE_H

#include "delta_support.h"
#include "pprof/delta.h"

enum { IN_USE_TOO = 1 }; /* of two columns, only the first is cumulative */

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__delta *delta;
  struct made made;
  struct pyr__delta_result result;
  pyr_error_t err;
};

static inline int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  pyr__arena_init(&f->arena, &f->memory, PYR__MEM_PPROF_PROFILE, 16 << 20);
  *state = f;
  return pyr__delta_new(&f->delta, &f->memory, 1 << 20);
}

static inline int teardown(void **state) {
  struct fixture *f = *state;
  pyr__delta_free(f->delta);
  pyr__arena_release(&f->arena);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

static inline int apply(struct fixture *f, uint64_t cumulative,
                        int64_t now_ns) {
  pyr__arena_reset(&f->arena, 0);
  return pyr__delta_apply(f->delta, &f->made.profile, cumulative, now_ns,
                          &f->arena, &f->result, &f->err);
}

static inline void must_apply(struct fixture *f, int64_t now_ns,
                              enum pyr__delta_outcome outcome,
                              int64_t since_ns) {
  if (apply(f, IN_USE_TOO, now_ns) != 0)
    fail_msg("%s", f->err.text);
  assert_int_equal(f->result.outcome, outcome);
  assert_int_equal(f->result.since_ns, since_ns);
}

static inline void must_commit(struct fixture *f) {
  assert_int_equal(pyr__delta_commit(f->delta, &f->err), 0);
}

/* A profile of two columns and one sample. */
static inline void one(struct fixture *f, uint32_t stack, int64_t total,
                       int64_t in_use) {
  made_begin(&f->made, 2, 0);
  made_add(&f->made, stack, (int64_t[]){total, in_use});
}

static inline void more(struct fixture *f, uint32_t stack, int64_t total,
                        int64_t in_use) {
  made_add(&f->made, stack, (int64_t[]){total, in_use});
}

/* The result has the sample with these values, or, without values, has it
 * not. */
static inline void expect_sample(struct fixture *f, uint32_t stack,
                                 const int64_t *values) {
  const struct pyr__profile *p = f->result.profile;
  uint32_t i, found = 0;
  for (i = 0; i < p->sample_count; i++) {
    if (made_stack(&f->made, p, i) != stack)
      continue;
    found++;
    if (values != NULL)
      assert_memory_equal(p->values + (size_t)i * p->type_count, values,
                          p->type_count * sizeof(*values));
  }
  assert_int_equal(found, values != NULL);
}

/* After a first scrape of stack 5 at time 100, which counted 1000. */
static inline void begin_at_thousand(struct fixture *f) {
  one(f, 5, 1000, 7);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
}

#endif

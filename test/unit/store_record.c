/* Records: what is encoded comes out, what is malformed does not. */
#include "support.h"

#include <string.h>

#include "store/record.h"

enum { MOST = 1 << 20 };

struct fixture {
  struct pyr__memory memory;
  struct pyr__record a, b, out;
  struct pyr__edits edits;
  struct pyr__buf bytes;
  uint64_t random;
};

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  pyr__record_init(&f->a, &f->memory, PYR__MEM_STORE_BUFFER);
  pyr__record_init(&f->b, &f->memory, PYR__MEM_STORE_BUFFER);
  pyr__record_init(&f->out, &f->memory, PYR__MEM_STORE_BUFFER);
  pyr__edits_init(&f->edits, &f->memory, PYR__MEM_STORE_BUFFER);
  pyr__buf_init(&f->bytes, &f->memory, PYR__MEM_STORE_BUFFER, MOST);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  pyr__record_release(&f->a);
  pyr__record_release(&f->b);
  pyr__record_release(&f->out);
  pyr__edits_release(&f->edits);
  pyr__buf_release(&f->bytes);
  assert_int_equal(f->memory.accounts[PYR__MEM_STORE_BUFFER].used_blocks, 0);
  free(f);
  return 0;
}

static uint32_t next_random(struct fixture *f, uint32_t below) {
  f->random = f->random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(f->random >> 33) % below;
}

static int64_t any_value(struct fixture *f) {
  switch (next_random(f, 8)) {
  case 0:
    return INT64_MIN;
  case 1:
    return INT64_MAX;
  case 2:
    return 0;
  default:
    return (int64_t)next_random(f, 100000) - 1000;
  }
}

/* Ascending stacks, a part of which is in the next one of them too. */
static void fill(struct fixture *f, struct pyr__record *record, uint32_t types,
                 int multiple) {
  uint32_t stack, type, i, count = 0, stacks[64];
  for (stack = 1; stack < 128 && count < 64; stack++)
    if (next_random(f, 3) == 0)
      stacks[count++] = stack * 300;
  assert_int_equal(pyr__record_resize(record, count, types), 0);
  for (i = 0; i < count; i++) {
    pyr__record_stacks(record)[i] = stacks[i];
    for (type = 0; type < types; type++)
      pyr__record_column(record, type)[i] =
          multiple && type > 0
              ? (int64_t)((uint64_t)pyr__record_column(record, type - 1)[i] *
                          10000000u)
              : any_value(f);
  }
}

static void assert_same(const struct pyr__record *a,
                        const struct pyr__record *b) {
  assert_int_equal(a->types, b->types);
  assert_int_equal(a->stacks.count, b->stacks.count);
  assert_memory_equal(a->stacks.items, b->stacks.items,
                      a->stacks.count * sizeof(uint32_t));
  assert_memory_equal(a->values.items, b->values.items,
                      a->values.count * sizeof(int64_t));
}

static struct pyr__reader reader(const struct fixture *f) {
  return pyr__reader_of(f->bytes.data, f->bytes.len);
}

static void whole__comes_out_as_it_went_in(void **state) {
  struct fixture *f = *state;
  uint32_t types, round;
  for (round = 0; round < 20; round++)
    for (types = 0; types < 5; types++) {
      fill(f, &f->a, types, round % 2);
      pyr__buf_clear(&f->bytes);
      assert_int_equal(pyr__record_encode(&f->a, &f->bytes), 0);
      assert_int_equal(pyr__record_decode(&f->out, reader(f), types, MOST), 0);
      assert_same(&f->a, &f->out);
    }
}

static void change__leads_from_one_to_the_other(void **state) {
  struct fixture *f = *state;
  uint32_t types, round;
  for (round = 0; round < 20; round++)
    for (types = 0; types < 5; types++) {
      fill(f, &f->a, types, round % 2);
      fill(f, &f->b, types, round % 2);
      pyr__buf_clear(&f->bytes);
      assert_int_equal(
          pyr__record_encode_change(&f->b, &f->a, &f->edits, &f->bytes), 0);
      assert_int_equal(
          pyr__record_decode_change(&f->out, &f->a, &f->edits, reader(f), MOST),
          0);
      assert_same(&f->b, &f->out);
    }
}

static void no_change__takes_no_bytes_to_speak_of(void **state) {
  struct fixture *f = *state;
  fill(f, &f->a, 4, 0);
  assert_int_equal(
      pyr__record_encode_change(&f->a, &f->a, &f->edits, &f->bytes), 0);
  assert_int_equal(f->bytes.len, 3 + 4);
}

static void a_multiple__takes_no_bytes_a_value(void **state) {
  struct fixture *f = *state;
  size_t one;
  uint32_t i;
  fill(f, &f->a, 2, 1);
  for (i = 0; i < f->a.stacks.count; i++) { /* 0 is a multiple of 0 */
    pyr__record_column(&f->a, 0)[i] = i;
    pyr__record_column(&f->a, 1)[i] = i * INT64_C(10000000);
  }
  assert_int_equal(pyr__record_encode(&f->a, &f->bytes), 0);
  one = f->bytes.len;
  pyr__record_column(&f->a, 1)[1]++;
  pyr__buf_clear(&f->bytes);
  assert_int_equal(pyr__record_encode(&f->a, &f->bytes), 0);
  assert_true(f->bytes.len > one + 2 * f->a.stacks.count);
}

static void cut_anywhere__is_malformed(void **state) {
  struct fixture *f = *state;
  size_t len, whole;
  fill(f, &f->a, 2, 0);
  fill(f, &f->b, 2, 0);
  assert_int_equal(pyr__record_encode(&f->a, &f->bytes), 0);
  whole = f->bytes.len;
  for (len = 0; len < whole; len++) {
    f->bytes.len = len;
    assert_int_equal(pyr__record_decode(&f->out, reader(f), 2, MOST),
                     PYR_ESTORE);
  }
  pyr__buf_clear(&f->bytes);
  assert_int_equal(
      pyr__record_encode_change(&f->b, &f->a, &f->edits, &f->bytes), 0);
  whole = f->bytes.len;
  for (len = 0; len < whole; len++) {
    f->bytes.len = len;
    assert_int_equal(
        pyr__record_decode_change(&f->out, &f->a, &f->edits, reader(f), MOST),
        PYR_ESTORE);
  }
}

static int decode_bytes(struct fixture *f, const char *bytes, size_t len,
                        uint32_t types) {
  return pyr__record_decode(&f->out, pyr__reader_of(bytes, len), types, MOST);
}

static int change_bytes(struct fixture *f, const char *bytes, size_t len) {
  return pyr__record_decode_change(&f->out, &f->a, &f->edits,
                                   pyr__reader_of(bytes, len), MOST);
}

static void malformed__is_refused(void **state) {
  struct fixture *f = *state;
  /* a byte is left over */
  assert_int_equal(decode_bytes(f, "\1\5\0\2", 4, 1), 0);
  assert_int_equal(decode_bytes(f, "\1\5\0\2\0", 5, 1), PYR_ESTORE);
  /* no such mode; a multiple of nothing */
  assert_int_equal(decode_bytes(f, "\1\5\2\2", 4, 1), PYR_ESTORE);
  assert_int_equal(decode_bytes(f, "\1\5\1\2", 4, 1), PYR_ESTORE);
  /* more stacks than bytes; ids past 32 bits */
  assert_int_equal(decode_bytes(f, "\x7f\5\0\2", 4, 1), PYR_ESTORE);
  assert_int_equal(decode_bytes(f, "\2\xfe\xff\xff\xff\x0f\5\0\2\2", 10, 1),
                   PYR_ESTORE);
  /* two samples, 300 and 600 */
  assert_int_equal(pyr__record_resize(&f->a, 2, 1), 0);
  memcpy(f->a.stacks.items, (uint32_t[]){300, 600}, 8);
  memcpy(f->a.values.items, (int64_t[]){1, 2}, 16);
  assert_int_equal(change_bytes(f, "\0\1\1\0\0\4", 6), 0);
  /* gone or changed are places that there are not */
  assert_int_equal(change_bytes(f, "\1\2\0\0\0", 5), PYR_ESTORE);
  assert_int_equal(change_bytes(f, "\0\1\2\0\0\4", 6), PYR_ESTORE);
  /* gone and changed at once; new and there already */
  assert_int_equal(change_bytes(f, "\1\1\1\1\0\0\4", 7), PYR_ESTORE);
  assert_int_equal(change_bytes(f, "\0\0\1\xac\2\0\4", 7), PYR_ESTORE);
}

static void more_values__than_may_be_are_refused(void **state) {
  struct fixture *f = *state;
  fill(f, &f->a, 3, 1);
  assert_int_equal(pyr__record_encode(&f->a, &f->bytes), 0);
  assert_int_equal(
      pyr__record_decode(&f->out, reader(f), 3, f->a.stacks.count * 3 - 1),
      PYR_ELIMIT);
  assert_int_equal(
      pyr__record_decode(&f->out, reader(f), 3, f->a.stacks.count * 3), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(whole__comes_out_as_it_went_in),
      T(change__leads_from_one_to_the_other),
      T(no_change__takes_no_bytes_to_speak_of),
      T(a_multiple__takes_no_bytes_a_value),
      T(cut_anywhere__is_malformed),
      T(malformed__is_refused),
      T(more_values__than_may_be_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

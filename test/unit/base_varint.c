#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static const struct {
  uint64_t value;
  size_t len;
} edges[] = {{0, 1},
             {127, 1},
             {128, 2},
             {16383, 2},
             {16384, 3},
             {(UINT64_C(1) << 21) - 1, 3},
             {UINT64_C(1) << 21, 4},
             {UINT64_C(1) << 28, 5},
             {UINT64_C(1) << 35, 6},
             {UINT64_C(1) << 42, 7},
             {UINT64_C(1) << 49, 8},
             {(UINT64_C(1) << 56) - 1, 8},
             {UINT64_C(1) << 56, 9},
             {(UINT64_C(1) << 63) - 1, 9},
             {UINT64_C(1) << 63, 10},
             {UINT64_MAX, 10}};
enum { EDGES = sizeof(edges) / sizeof(edges[0]) };

/* A copy of just these bytes, so that a sanitizer sees a read behind them. */
static uint8_t *copy(const uint8_t *bytes, size_t len) {
  uint8_t *own = malloc(len == 0 ? 1 : len);
  if (len > 0)
    memcpy(own, bytes, len);
  return own;
}

static void check(uint64_t value, size_t expected) {
  uint8_t bytes[PYR__VARINT_BYTES + 9];
  size_t len = (size_t)(pyr__varint_put(bytes, value) - bytes), cut, room;

  assert_int_equal(len, expected);
  memset(bytes + len, 0xff, sizeof(bytes) - len);
  for (room = 0; room < 9; room++) { /* what stands behind does not matter */
    uint8_t *own = copy(bytes, len + room);
    struct pyr__varint varint = pyr__varint_read(own, own + len + room);
    assert_ptr_equal(varint.after, own + len);
    assert_true(varint.value == value);
    free(own);
  }
  for (cut = 0; cut < len; cut++) {
    uint8_t *own = copy(bytes, cut);
    struct pyr__reader reader = pyr__reader_of(own, cut);
    uint64_t out;
    assert_null(pyr__varint_read(own, own + cut).after);
    assert_false(pyr__varint_is_overlong(own, own + cut));
    assert_int_equal(pyr__read_varint(&reader, &out), -1);
    assert_ptr_equal(reader.at, own);
    free(own);
  }
}

static void varints__come_back_however_they_end(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < EDGES; i++)
    check(edges[i].value, edges[i].len);
}

/* Zeros at the end are taken, as protobuf's readers do. */
static void varints__may_be_longer_than_need_be(void **state) {
  uint8_t bytes[PYR__VARINT_BYTES];
  size_t len;
  (void)state;
  for (len = 2; len <= sizeof(bytes); len++) {
    struct pyr__varint varint;
    memset(bytes, 0x80, len);
    bytes[0] |= 5;
    bytes[len - 1] = 0;
    varint = pyr__varint_read(bytes, bytes + len);
    assert_ptr_equal(varint.after, bytes + len);
    assert_int_equal(varint.value, 5);
  }
}

static void varints__of_more_than_64_bits_are_none(void **state) {
  uint8_t bytes[PYR__VARINT_BYTES + 1];
  unsigned last;
  (void)state;
  memset(bytes, 0xff, sizeof(bytes));
  for (last = 2; last <= 0xff; last++) {
    bytes[PYR__VARINT_BYTES - 1] = (uint8_t)last;
    assert_null(pyr__varint_read(bytes, bytes + PYR__VARINT_BYTES).after);
    assert_null(pyr__varint_read(bytes, bytes + sizeof(bytes)).after);
    assert_true(pyr__varint_is_overlong(bytes, bytes + PYR__VARINT_BYTES));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(varints__come_back_however_they_end),
      cmocka_unit_test(varints__may_be_longer_than_need_be),
      cmocka_unit_test(varints__of_more_than_64_bits_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

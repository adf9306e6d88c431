#include "support.h"

#include <string.h>

#include "base/hash.h"
#include "base/index.h"

/* The check value of CRC-32C, and the same cut at every position. */
static void crc32c__is_castagnoli_at_every_cut(void **state) {
  const char *text = "123456789";
  size_t cut;
  (void)state;
  for (cut = 0; cut <= 9; cut++)
    assert_int_equal(
        pyr__crc32c(pyr__crc32c(0, text, cut), text + cut, 9 - cut),
        0xe3069283u);
}

/* Schedules hold to these across versions: every length's hash, in one. */
static void hash__does_not_change(void **state) {
  uint8_t bytes[80];
  uint64_t all = 0;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bytes); i++)
    bytes[i] = (uint8_t)(i * 37 + 11);
  for (i = 0; i <= 72; i++)
    all = pyr__hash_mix(all, pyr__hash(i, bytes, i));
  assert_int_equal(all, UINT64_C(0x10db2fd2a09b5d67));
  assert_int_equal(pyr__hash(0, "pyrite", 6), UINT64_C(0xd596c9630a05a489));
  assert_true(pyr__hash(0, "", 0) != pyr__hash(1, "", 0));
  assert_true(pyr__hash(0, "a", 1) != pyr__hash(0, "a\0", 2));
}

static uint32_t find(const struct pyr__index *index, const uint64_t *keys,
                     uint64_t key) {
  size_t at;
  uint32_t id = pyr__index_first(index, pyr__hash_mix(0, key), &at);
  while (id != PYR__NONE && keys[id] != key)
    id = pyr__index_next(index, pyr__hash_mix(0, key), &at);
  return id;
}

static void index__finds_what_was_added_and_not_what_was_removed(void **state) {
  enum { COUNT = 5000 };
  static uint64_t keys[COUNT];
  struct pyr__memory memory;
  struct pyr__index index;
  uint32_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__index_init(&index, &memory, PYR__MEM_SCHEDULE);
  for (i = 0; i < COUNT; i++) {
    keys[i] = i * 7919u;
    assert_int_equal(find(&index, keys, keys[i]), PYR__NONE);
    assert_int_equal(pyr__index_add(&index, pyr__hash_mix(0, keys[i]), i), 0);
  }
  for (i = 0; i < COUNT; i += 2)
    pyr__index_remove(&index, pyr__hash_mix(0, keys[i]), i);
  for (i = 0; i < COUNT; i++)
    assert_int_equal(find(&index, keys, keys[i]), i % 2 == 0 ? PYR__NONE : i);
  pyr__index_release(&index);
  assert_int_equal(memory.accounts[PYR__MEM_SCHEDULE].used_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crc32c__is_castagnoli_at_every_cut),
      cmocka_unit_test(hash__does_not_change),
      cmocka_unit_test(index__finds_what_was_added_and_not_what_was_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

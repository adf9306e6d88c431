/* Dictionary frames: tables out of tables, and what is malformed. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/dictionary.h"

struct fixture {
  struct pyr__memory memory;
  struct failing_allocator allocator;
  struct pyr__dictionary dictionary;
  struct pyr__tables read;
  struct pyr__tables_mark start;
  struct pyr__buf bytes;
};

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  assert_int_equal(pyr__dictionary_init(&f->dictionary, &f->memory), 0);
  assert_int_equal(
      pyr__tables_init(&f->read, &f->memory, PYR__MEM_STORE_READER), 0);
  pyr__tables_mark(&f->dictionary.tables, &f->start);
  pyr__buf_init(&f->bytes, &f->memory, PYR__MEM_STORE_BUFFER, 1 << 20);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  pyr__dictionary_release(&f->dictionary);
  pyr__tables_release(&f->read);
  pyr__buf_release(&f->bytes);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

/* One of everything; every number is another one in each `round`. */
static int add_all(struct pyr__dictionary *dictionary, uint32_t round) {
  struct pyr__function function = {.start_line = -(int64_t)round};
  struct pyr__mapping mapping = {UINT64_MAX - round, 5, round, 0, 0, 3};
  struct pyr__location location = {.address = (uint64_t)round << 60,
                                   .mapping = PYR__NO_MAPPING,
                                   .line_count = 2};
  struct pyr__line lines[2] = {{INT64_MIN, INT64_MAX, 0}, {round, 0, 0}};
  struct pyr__label label = {.number = INT64_MIN + round};
  struct pyr__attributes attributes = {.period = INT64_MAX - round,
                                       .program = PYR__NO_MAPPING,
                                       .comment_count = 1};
  struct pyr__series_row series = {.label_count = 1, .type_count = 2};
  char text[32];
  uint32_t name, out, words[6], set;
  int rc;
  snprintf(text, sizeof(text), "name%u", round);
  rc = pyr__dictionary_string(dictionary, pyr__str(text), &name);
  function.name = function.system_name = mapping.filename = name;
  label.key = label.unit = attributes.doc_url = series.type_name = name;
  if (rc == 0)
    rc = pyr__dictionary_mapping(dictionary, &mapping, &out);
  if (rc == 0)
    rc = pyr__dictionary_function(dictionary, &function, &out);
  lines[0].function = out;
  if (rc == 0)
    rc = pyr__dictionary_location(dictionary, &location, lines, &out);
  if (rc == 0)
    rc = pyr__dictionary_step(dictionary, 0, out << 1, &out);
  if (rc == 0)
    rc = pyr__dictionary_label_set(dictionary, &label, 1, &set);
  if (rc == 0)
    rc = pyr__dictionary_step(dictionary, out, set << 1 | 1, &out);
  if (rc == 0)
    rc = pyr__dictionary_attributes(dictionary, &attributes, &name, &out);
  for (set = 0; set < 6; set++)
    words[set] = name;
  if (rc == 0)
    rc = pyr__dictionary_series(dictionary, &series, words, &out);
  return rc;
}

static int encode(struct fixture *f) {
  int rc = pyr__tables_encode(&f->dictionary.tables, &f->start, &f->bytes);
  assert_true(f->bytes.len <=
              pyr__tables_most_bytes(&f->dictionary.tables, &f->start));
  pyr__tables_mark(&f->dictionary.tables, &f->start);
  return rc;
}

static int decode(struct fixture *f, uint32_t lost, const char **what) {
  return pyr__tables_decode(&f->read, f->bytes.data, f->bytes.len, lost, what);
}

/* They would be written as the same bytes. */
static void assert_same(const struct pyr__tables *a,
                        const struct pyr__tables *b) {
  struct pyr__tables_mark nothing = {.counts = {[PYR__TABLE_strings] = 1,
                                                [PYR__TABLE_label_sets] = 1,
                                                [PYR__TABLE_stacks] = 1}};
  struct pyr__buf bytes[2];
  size_t i;
  for (i = 0; i < 2; i++) {
    pyr__buf_init(&bytes[i], a->rows[0].memory, PYR__MEM_STORE_BUFFER, 1 << 20);
    assert_int_equal(pyr__tables_encode(i == 0 ? a : b, &nothing, &bytes[i]),
                     0);
  }
  assert_int_equal(bytes[0].len, bytes[1].len);
  assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].len);
  pyr__buf_release(&bytes[0]);
  pyr__buf_release(&bytes[1]);
}

static void tables__come_out_as_they_went_in(void **state) {
  struct fixture *f = *state;
  const char *what;
  uint32_t round;
  for (round = 0; round < 20; round++) {
    assert_int_equal(add_all(&f->dictionary, round), 0);
    if (round % 3 == 0) { /* a frame of some rounds */
      pyr__buf_clear(&f->bytes);
      assert_int_equal(encode(f), 0);
      assert_int_equal(decode(f, 0, &what), 0);
    }
  }
  pyr__buf_clear(&f->bytes);
  assert_int_equal(encode(f), 0);
  assert_int_equal(decode(f, 0, &what), 0);
  assert_same(&f->dictionary.tables, &f->read);
}

static void what_is_there__is_found_and_not_added(void **state) {
  struct fixture *f = *state;
  struct pyr__tables_mark before, after;
  uint32_t round;
  for (round = 0; round < 100; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  pyr__tables_mark(&f->dictionary.tables, &before);
  for (round = 0; round < 100; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  pyr__tables_mark(&f->dictionary.tables, &after);
  assert_memory_equal(&before, &after, sizeof(before));
  assert_int_equal(before.counts[PYR__TABLE_functions], 100);
}

static void cutting__forgets_what_came_since(void **state) {
  struct fixture *f = *state;
  struct pyr__tables_mark mark, again;
  uint32_t round;
  for (round = 0; round < 50; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  pyr__tables_mark(&f->dictionary.tables, &mark);
  for (; round < 200; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  pyr__dictionary_cut(&f->dictionary, &mark);
  for (round = 0; round < 50; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  pyr__tables_mark(&f->dictionary.tables, &again);
  assert_memory_equal(&mark, &again, sizeof(mark));
  assert_int_equal(add_all(&f->dictionary, 60), 0); /* is new again */
  assert_int_equal(
      pyr__tables_count(&f->dictionary.tables, PYR__TABLE_functions), 51);
}

static void each_failing_allocation__leaves_whole_rows(void **state) {
  struct fixture *f = *state;
  const char *what;
  uint32_t round;
  size_t n;
  for (round = 0; round < 40; round++) {
    f->allocator.calls = 0;
    f->allocator.fail_at = 1;
    for (n = 2; add_all(&f->dictionary, round) != 0; n++) {
      f->allocator.calls = 0;
      f->allocator.fail_at = n;
    }
    f->allocator.fail_at = 0;
  }
  assert_int_equal(encode(f), 0);
  assert_int_equal(decode(f, 0, &what), 0);
  assert_same(&f->dictionary.tables, &f->read);
}

static void cut_anywhere__is_malformed_and_leaves_nothing(void **state) {
  struct fixture *f = *state;
  struct pyr__tables_mark before, after;
  const char *what;
  size_t whole;
  assert_int_equal(add_all(&f->dictionary, 1), 0);
  assert_int_equal(add_all(&f->dictionary, 2), 0);
  assert_int_equal(encode(f), 0);
  pyr__tables_mark(&f->read, &before);
  whole = f->bytes.len;
  for (f->bytes.len = 0; f->bytes.len < whole; f->bytes.len++) {
    what = NULL;
    assert_int_equal(decode(f, 0, &what), PYR_ESTORE);
    assert_non_null(what);
    pyr__tables_mark(&f->read, &after);
    assert_memory_equal(&before, &after, sizeof(before));
  }
  assert_int_equal(pyr__buf_add_byte(&f->bytes, 0), 0);
  assert_int_equal(decode(f, 0, &what), PYR_ESTORE); /* a byte left over */
}

static int decode_bytes(struct fixture *f, const char *bytes, size_t len,
                        uint32_t lost) {
  const char *what;
  return pyr__tables_decode(&f->read, bytes, len, lost, &what);
}

static void malformed__is_refused(void **state) {
  struct fixture *f = *state;
#define DECODE(bytes, lost) decode_bytes(f, bytes, sizeof(bytes) - 1, lost)
  assert_int_equal(DECODE("\1\1\1\3abc", 0), 0);
  assert_int_equal(DECODE("\1\1\1\3abc", 0), PYR_ESTORE);   /* that id again */
  assert_int_equal(DECODE("\1\5\1\3abc", 0), PYR_ESTORE);   /* ids missing */
  assert_int_equal(DECODE("\1\2\x7f\3abc", 0), PYR_ESTORE); /* count */
  assert_int_equal(DECODE("\1\2\1\x7f"
                          "abc",
                          0),
                   PYR_ESTORE);                              /* length */
  assert_int_equal(DECODE("\4\0\1\2\0\0\0", 0), 0);          /* name 1 */
  assert_int_equal(DECODE("\4\1\1\4\0\0\0", 0), PYR_ESTORE); /* name 2 */
  assert_int_equal(DECODE("\x20\1\1\1\0", 0), PYR_ESTORE);   /* location 0 */
  assert_int_equal(DECODE("\x08\0\1\0\0\0\0", 0), 0);        /* is there now */
  assert_int_equal(DECODE("\x20\1\1\1\0", 0), 0);
  assert_int_equal(DECODE("\x20\2\1\0\0", 0), PYR_ESTORE); /* its own parent */
  assert_int_equal(DECODE("\x20\2\1\3\0", 0), PYR_ESTORE); /* before the root */
  assert_int_equal(DECODE("\x20\2\1\1\6", 0), PYR_ESTORE); /* label set 1 */
  assert_int_equal(DECODE("", 0), PYR_ESTORE);
  assert_int_equal(DECODE("\0", 0), 0);
#undef DECODE
}

static void ids_of_a_lost_frame__say_so(void **state) {
  struct fixture *f = *state;
  const char *what;
  uint32_t round;
  for (round = 0; round < 5; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  assert_int_equal(encode(f), 0);
  pyr__buf_clear(&f->bytes); /* lost */
  for (; round < 8; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  assert_int_equal(encode(f), 0);
  assert_int_equal(decode(f, 4, &what), PYR_ESTORE); /* more than may be */
  assert_int_equal(decode(f, 100, &what), 0);
  assert_int_equal(pyr__tables_count(&f->read, PYR__TABLE_functions), 8);
  assert_true(pyr__str_is(pyr__tables_text(&f->read, 3), "[lost]"));
  assert_true(pyr__str_is(pyr__tables_text(&f->read, 6), "name5"));
  assert_int_equal(pyr__tables_functions(&f->read)[2].name, PYR__LOST);
  assert_int_equal(pyr__tables_stacks(&f->read)[2].step, PYR__LOST);
}

static void a_limit__bounds_what_is_read(void **state) {
  struct fixture *f = *state;
  const char *what;
  uint32_t round;
  for (round = 0; round < 1000; round++)
    assert_int_equal(add_all(&f->dictionary, round), 0);
  assert_int_equal(encode(f), 0);
  f->read.limit = 64 << 10;
  assert_int_equal(decode(f, 0, &what), PYR_ELIMIT);
  assert_true(pyr__tables_bytes_held(&f->read) <= 64 << 10);
  f->read.limit = 4 << 20;
  assert_int_equal(decode(f, 0, &what), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(tables__come_out_as_they_went_in),
      T(what_is_there__is_found_and_not_added),
      T(cutting__forgets_what_came_since),
      T(each_failing_allocation__leaves_whole_rows),
      T(cut_anywhere__is_malformed_and_leaves_nothing),
      T(malformed__is_refused),
      T(ids_of_a_lost_frame__say_so),
      T(a_limit__bounds_what_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include "pprof_support.h"

#include "pprof/encode.h"

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__decoder *decoder;
  struct pyr__buf body, part;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  body_init(&f->body, &f->memory);
  body_init(&f->part, &f->memory);
  *state = f;
  return pyr__decoder_new(&f->decoder, &f->memory);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__decoder_free(f->decoder);
  pyr__buf_release(&f->body);
  pyr__buf_release(&f->part);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

static const struct pyr__profile *must_decode(struct fixture *f) {
  const struct pyr__profile *profile = NULL;
  if (decode(f->decoder, &f->body, &profile, &f->err) != 0)
    fail_msg("%s", f->err.text);
  return profile;
}

static void small__has_every_field(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *p;

  put_small_profile(&f->body);
  p = must_decode(f);
  assert_int_equal(p->type_count, 2);
  assert_int_equal(p->types[1].type, 3);
  assert_int_equal(p->sample_count, 2);
  assert_int_equal(p->samples[0].frame_count, 2);
  assert_int_equal(p->frames[0], 0);
  assert_int_equal(p->frames[1], 1);
  assert_int_equal(p->frames[p->samples[1].first_frame], 0);
  assert_int_equal(p->values[2], 701);
  assert_int_equal(p->label_count, 2);
  assert_int_equal(p->labels[0].string, 10);
  assert_int_equal(p->labels[1].number, 512);
  assert_int_equal(p->labels[1].unit, 2);
  assert_int_equal(p->mapping_count, 1);
  assert_int_equal(p->mappings[0].flags, PYR__MAPPING_HAS_FUNCTIONS);
  assert_int_equal(p->mappings[0].limit, 0x500000);
  assert_int_equal(p->locations[1].line_count, 2);
  assert_int_equal(p->lines[p->locations[1].first_line].function, 1);
  assert_int_equal(p->lines[p->locations[1].first_line].line, 42);
  assert_int_equal(p->functions[1].name, 6);
  assert_true(pyr__str_is(p->strings[p->functions[1].name], "inner"));
  assert_int_equal(p->time_ns, 1700000000000000000);
  assert_int_equal(p->period, 524288);
  assert_int_equal(p->comments[0], 11);
  assert_int_equal(p->default_type, 3);
  assert_int_equal(pyr__decoder_body_bytes(f->decoder), f->body.len);
}

/* ---- the same, said otherwise ------------------------------------------- */

/* `other` decodes to what `body` does; both decoders are compared whole. */
static void must_be_same(struct fixture *f, const struct pyr__buf *other) {
  const struct pyr__profile *a = must_decode(f), *b = NULL;
  struct pyr__decoder *decoder = NULL;
  assert_int_equal(pyr__decoder_new(&decoder, &f->memory), 0);
  if (decode(decoder, other, &b, &f->err) != 0)
    fail_msg("%s", f->err.text);
  assert_true(same_profile(a, b));
  pyr__decoder_free(decoder);
}

/* Whatever the pieces, the profile is that of the whole. */
static void cut_everywhere(struct fixture *f, size_t step) {
  const struct pyr__profile *whole = must_decode(f), *profile = NULL;
  struct pyr__decoder *decoder = NULL;
  size_t cut;
  assert_int_equal(pyr__decoder_new(&decoder, &f->memory), 0);
  for (cut = 0; cut <= f->body.len; cut += step) {
    if (decode_cut(decoder, &wide_limits, f->body.data, f->body.len, cut,
                   &profile, &f->err) != 0)
      fail_msg("cut at %zu: %s", cut, f->err.text);
    assert_true(same_profile(profile, whole));
  }
  pyr__decoder_begin(decoder, &wide_limits);
  for (cut = 0; cut < f->body.len; cut++)
    assert_int_equal(
        pyr__decoder_write(decoder, f->body.data + cut, 1, &f->err), 0);
  assert_int_equal(pyr__decoder_finish(decoder, &profile, &f->err), 0);
  assert_true(same_profile(profile, whole));
  pyr__decoder_free(decoder);
}

static void plain__may_be_cut_anywhere(void **state) {
  struct fixture *f = *state;
  put_small_profile(&f->body);
  cut_everywhere(f, 1);
}

static void gzip__may_be_cut_anywhere(void **state) {
  struct fixture *f = *state;
  put_small_profile(&f->part);
  gzip_bytes(&f->body, f->part.data, f->part.len);
  cut_everywhere(f, 1);
}

static void gzip_in_gzip__may_be_cut_anywhere(void **state) {
  struct fixture *f = *state;
  struct pyr__buf inner;
  body_init(&inner, &f->memory);
  put_small_profile(&f->part);
  gzip_bytes(&inner, f->part.data, f->part.len);
  gzip_bytes(&f->body, inner.data, inner.len);
  pyr__buf_release(&inner);
  cut_everywhere(f, 1);
  must_be_same(f, &f->part);
}

static void real_body__may_be_cut_anywhere(void **state) {
  struct fixture *f = *state;
  put_corpus(&f->body, "small/block/0");
  cut_everywhere(f, 1);
}

static void real_bodies__may_be_cut(void **state) {
  struct fixture *f = *state;
  static const char *const names[] = {"small/cpu/0", "small/heap/1",
                                      "medium/mutex/2", "medium/goroutine/3"};
  size_t i;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    pyr__buf_clear(&f->body);
    put_corpus(&f->body, names[i]);
    cut_everywhere(f, 97);
  }
}

/* ---- in another order ---------------------------------------------------- */

enum { MOST_FIELDS = 64 };

struct pieces {
  const uint8_t *at[MOST_FIELDS];
  size_t len[MOST_FIELDS];
  uint32_t number[MOST_FIELDS];
  size_t count;
};

static void take_apart(const struct pyr__buf *body, struct pieces *pieces) {
  struct pyr__reader reader = pyr__reader_of(body->data, body->len);
  uint64_t tag, value;
  pyr_str_t bytes;
  pieces->count = 0;
  while (pyr__reader_left(&reader) > 0) {
    size_t i = pieces->count++;
    assert_in_range(i, 0, MOST_FIELDS - 1);
    pieces->at[i] = reader.at;
    assert_int_equal(pyr__read_varint(&reader, &tag), 0);
    assert_int_equal(pyr__read_varint(&reader, &value), 0);
    if ((tag & 7) == 2)
      assert_int_equal(pyr__read_bytes(&reader, (size_t)value, &bytes), 0);
    pieces->number[i] = (uint32_t)(tag >> 3);
    pieces->len[i] = (size_t)(reader.at - pieces->at[i]);
  }
}

/* Any order of kinds, as long as each kind's own stays. */
static void fields__may_come_in_any_order(void **state) {
  struct fixture *f = *state;
  struct pieces pieces;
  uint32_t random = 1, round, number;
  size_t i, at;
  put_small_profile(&f->body);
  take_apart(&f->body, &pieces);
  for (round = 0; round < 200; round++) {
    int done[MOST_FIELDS] = {0};
    pyr__buf_clear(&f->part);
    for (i = 0; i < pieces.count; i++) {
      random = random * 1664525 + 1013904223;
      at = random / 7919 % pieces.count;
      while (done[at])
        at = (at + 1) % pieces.count;
      number = pieces.number[at];
      for (at = 0; done[at] || pieces.number[at] != number; at++)
        continue;
      done[at] = 1;
      assert_int_equal(pyr__buf_add(&f->part, pieces.at[at], pieces.len[at]),
                       0);
    }
    must_be_same(f, &f->part);
  }
}

/* ---- repeated fields and unknown ones ----------------------------------- */

static void put_sample(struct pyr__buf *body, struct pyr__buf *part,
                       int is_packed) {
  static const uint64_t frames[] = {1, 2, 1}, values[] = {300, 7};
  size_t i;
  if (is_packed) {
    put_packed(part, 1, frames, 3);
    put_packed(part, 2, values, 2);
  } else {
    put_int(part, 2, values[0]); /* mixed with other fields */
    for (i = 0; i < 3; i++)
      put_int(part, 1, frames[i]);
    put_packed(part, 2, values + 1, 1);
    put_packed(part, 1, NULL, 0);
  }
  put_message(body, 2, part);
}

static void repeated_numbers__packed_or_not(void **state) {
  struct fixture *f = *state;
  struct pyr__buf other;
  body_init(&other, &f->memory);
  put_small_profile(&f->body);
  put_sample(&f->body, &f->part, 1);
  put_packed(&f->body, 13, (uint64_t[]){1, 2}, 2);
  put_small_profile(&other);
  put_sample(&other, &f->part, 0);
  put_int(&other, 13, 1);
  put_int(&other, 13, 2);
  must_be_same(f, &other);
  assert_int_equal(must_decode(f)->comment_count, 3);
  pyr__buf_release(&other);
}

/* One of each wire type, with numbers that no message has; or nothing. */
static void put_unknown(struct pyr__buf *body, int wanted) {
  static const uint8_t fixed[] = {0xa1, 6, 1,    2, 3, 4, 5, 6,
                                  7,    8, 0xa5, 6, 1, 2, 3, 4};
  if (!wanted)
    return;
  put_int(body, 99, UINT64_MAX);
  assert_int_equal(pyr__buf_add(body, fixed, sizeof(fixed)), 0);
  put_bytes(body, (1 << 29) - 1, "any bytes\xff", 10);
}

static void unknown_fields__are_skipped_everywhere(void **state) {
  struct fixture *f = *state;
  struct pyr__buf other, inner;
  int unknown;
  body_init(&other, &f->memory);
  body_init(&inner, &f->memory);
  for (unknown = 0; unknown < 2; unknown++) {
    struct pyr__buf *body = unknown ? &other : &f->body;
    put_unknown(body, unknown);
    put_small_profile(body);
    put_unknown(&f->part, unknown);
    put_int(&f->part, 1, 9);
    put_unknown(&f->part, unknown);
    put_message(body, 3, &f->part);
    put_int(&f->part, 1, 9);
    put_int(&inner, 1, 1);
    put_unknown(&inner, unknown);
    put_message(&f->part, 4, &inner);
    put_unknown(&f->part, unknown);
    put_message(body, 4, &f->part);
    put_unknown(&f->part, unknown);
    put_int(&f->part, 1, 9);
    put_message(body, 5, &f->part);
    put_unknown(&f->part, unknown);
    put_packed(&f->part, 2, (uint64_t[]){1, 2}, 2);
    put_int(&inner, 1, 9);
    put_unknown(&inner, unknown);
    put_int(&inner, 3, 9);
    put_message(&f->part, 3, &inner);
    put_message(body, 2, &f->part);
    put_unknown(&f->part, unknown);
    put_message(body, 11, &f->part);
    put_unknown(body, unknown);
  }
  must_be_same(f, &other);
  f->body.len = 0;
  assert_int_equal(pyr__buf_add(&f->body, other.data, other.len), 0);
  cut_everywhere(f, 1);
  pyr__buf_release(&other);
  pyr__buf_release(&inner);
}

/* The last of a field that is there more than once counts, as in protobuf; an
 * empty message has all of its defaults. */
static void last_of_a_field__counts(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *p;
  put_small_profile(&f->body);
  put_int(&f->body, 12, 1);
  put_int(&f->body, 12, 2);
  put_int(&f->part, 1, 9);
  put_int(&f->part, 7, 1);
  put_int(&f->part, 7, 0);
  put_int(&f->part, 10, 1);
  put_message(&f->body, 3, &f->part);
  put_message(&f->body, 11, &f->part);
  p = must_decode(f);
  assert_int_equal(p->period, 2);
  assert_int_equal(p->mappings[1].flags, PYR__MAPPING_HAS_INLINE_FRAMES);
}

static void label_that_says_nothing__is_dropped(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *p;
  struct pyr__buf label;
  body_init(&label, &f->memory);
  put_small_profile(&f->body);
  put_packed(&f->part, 2, (uint64_t[]){1, 2}, 2);
  put_int(&label, 1, 9);
  put_message(&f->part, 3, &label);
  put_int(&label, 1, 9);
  put_int(&label, 2, 10);
  put_int(&label, 3, 77); /* a text wins over a number */
  put_message(&f->part, 3, &label);
  put_int(&label, 4, 2); /* zero bytes */
  put_message(&f->part, 3, &label);
  put_message(&f->body, 2, &f->part);
  pyr__buf_release(&label);
  p = must_decode(f);
  assert_int_equal(p->samples[2].label_count, 2);
  assert_int_equal(p->labels[p->samples[2].first_label].string, 10);
  assert_int_equal(p->labels[p->samples[2].first_label].number, 0);
  assert_int_equal(p->labels[p->samples[2].first_label + 1].unit, 2);
}

static void flags__are_all_read(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *p;
  uint32_t flag;
  put_small_profile(&f->body);
  for (flag = 0; flag < 4; flag++) {
    put_int(&f->part, 1, 10 + flag);
    put_int(&f->part, 4, 0x1000);
    put_int(&f->part, 7 + flag, 1);
    put_message(&f->body, 3, &f->part);
  }
  put_int(&f->part, 1, 99);
  put_int(&f->part, 5, 2); /* is_folded, as bool and as anything not 0 */
  put_message(&f->body, 4, &f->part);
  put_int(&f->body, 7, 3);
  put_int(&f->body, 8, 4);
  put_int(&f->body, 15, 5);
  p = must_decode(f);
  for (flag = 0; flag < 4; flag++) {
    assert_int_equal(p->mappings[1 + flag].flags, 1 << flag);
    assert_int_equal(p->mappings[1 + flag].offset, 0x1000);
  }
  assert_int_equal(p->locations[2].is_folded, 1);
  assert_int_equal(p->locations[2].mapping, PYR__NO_MAPPING);
  assert_int_equal(p->drop_frames, 3);
  assert_int_equal(p->keep_frames, 4);
  assert_int_equal(p->doc_url, 5);
}

/* ---- ids ---------------------------------------------------------------- */

enum { MANY_IDS = 300 };

/* A location, its function and a sample of it for each id; the definitions in
 * the other order. */
static void put_ids(struct fixture *f, const uint64_t *ids) {
  struct pyr__buf line;
  size_t i;
  body_init(&line, &f->memory);
  put_text(&f->body, "");
  put_message(&f->body, 1, &f->part);
  for (i = 0; i < MANY_IDS; i++) {
    put_int(&f->part, 1, ids[i]);
    put_int(&f->part, 2, i);
    put_message(&f->body, 2, &f->part);
  }
  for (i = MANY_IDS; i-- > 0;) {
    put_int(&line, 1, ids[i]);
    put_int(&line, 2, i);
    put_int(&f->part, 1, ids[i]);
    put_int(&f->part, 2, ids[i]);
    put_message(&f->part, 4, &line);
    put_message(&f->body, 4, &f->part);
    put_int(&f->part, 1, ids[i]);
    put_message(&f->body, 5, &f->part);
    put_int(&f->part, 1, ids[i]);
    put_message(&f->body, 3, &f->part);
  }
  pyr__buf_release(&line);
}

static void ids__may_be_any_numbers(void **state) {
  struct fixture *f = *state;
  static const struct {
    uint64_t first, step;
  } cases[] = {{1, 1},
               {1000, 1},
               {1, 1000003},
               {UINT64_C(1) << 31, 1},
               {INT32_MAX - 100, 1},
               {1, UINT64_C(0x9e3779b97f4a7c15)}};
  uint64_t ids[MANY_IDS];
  size_t i, j;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const struct pyr__profile *p;
    for (j = 0; j < MANY_IDS; j++)
      ids[j] = cases[i].first + j * cases[i].step;
    pyr__buf_clear(&f->body);
    put_ids(f, ids);
    p = must_decode(f);
    for (j = 0; j < MANY_IDS; j++) {
      uint32_t location = p->frames[p->samples[j].first_frame];
      assert_int_equal(location, MANY_IDS - 1 - j);
      assert_int_equal(p->locations[location].mapping, location);
      assert_int_equal(p->lines[p->locations[location].first_line].line, j);
      assert_int_equal(p->lines[p->locations[location].first_line].function,
                       location);
    }
    put_int(&f->part, 1, ids[MANY_IDS / 2]); /* again */
    put_message(&f->body, 4, &f->part);
    assert_int_equal(decode(f->decoder, &f->body, &p, &f->err), PYR_EPPROF);
    assert_non_null(strstr(f->err.text, "is there twice"));
  }
}

static void mapping_that_is_not_there__is_none(void **state) {
  struct fixture *f = *state;
  put_small_profile(&f->body);
  put_int(&f->part, 1, 3);
  put_int(&f->part, 2, 77);
  put_message(&f->body, 4, &f->part);
  assert_int_equal(must_decode(f)->locations[2].mapping, PYR__NO_MAPPING);
}

/* ---- memory ------------------------------------------------------------- */

static void steady_load__allocates_nothing(void **state) {
  struct fixture *f = *state;
  size_t before, i;
  put_corpus(&f->body, "small/heap/0");
  for (i = 0; i < 3; i++)
    must_decode(f);
  before = f->allocator.calls;
  for (i = 0; i < 5; i++)
    must_decode(f);
  assert_int_equal(f->allocator.calls, before);
}

static void large_body__is_not_kept(void **state) {
  struct fixture *f = *state;
  const struct pyr__account *account =
      &f->memory.accounts[PYR__MEM_PPROF_PROFILE];
  struct pyr__buf large;
  size_t i;
  body_init(&large, &f->memory);
  put_small_profile(&large);
  for (i = 0; i < 100000; i++) {
    put_packed(&f->part, 1, (uint64_t[]){1, 2, 1, 2}, 4);
    put_packed(&f->part, 2, (uint64_t[]){i, i}, 2);
    put_message(&large, 2, &f->part);
  }
  assert_int_equal(pyr__buf_add(&f->body, large.data, large.len), 0);
  must_decode(f);
  assert_true(account->used_bytes > 3 << 20);
  pyr__buf_clear(&f->body);
  put_small_profile(&f->body);
  must_decode(f);
  assert_true(account->used_bytes < 1 << 20);
  /* Nor where it is idle, for as long as that may be. */
  pyr__buf_clear(&f->body);
  assert_int_equal(pyr__buf_add(&f->body, large.data, large.len), 0);
  must_decode(f);
  assert_true(account->used_bytes > 3 << 20);
  pyr__decoder_trim(f->decoder);
  assert_true(account->used_bytes < 1 << 20);
  pyr__buf_release(&large);
}

/* One item at a time would copy all there are for each. */
static void array_near_its_limit__grows_in_few_steps(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  size_t i, before = f->allocator.calls;
  limits.arena_bytes = 1 << 20;
  pyr__decoder_begin(f->decoder, &limits);
  for (i = 0; i < 100000; i++)
    if (pyr__decoder_write(f->decoder, "\x32", 2, &f->err) != 0)
      break;
  assert_int_equal(f->err.code, PYR_ELIMIT);
  assert_in_range(i, 40000, 1 << 16);
  assert_true(f->allocator.calls - before < 100);
}

static void nth_allocation__fails(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile = NULL;
  size_t n;
  put_corpus(&f->body, "small/cpu/0");
  for (n = 1;; n++) {
    struct pyr__decoder *decoder = NULL;
    int rc;
    f->allocator.calls = 0;
    f->allocator.fail_at = n;
    rc = pyr__decoder_new(&decoder, &f->memory);
    if (rc == 0)
      rc = decode(decoder, &f->body, &profile, &f->err);
    pyr__decoder_free(decoder);
    if (rc == 0)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
  }
  f->allocator.fail_at = 0;
  assert_in_range(n, 10, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(small__has_every_field),
      TEST(plain__may_be_cut_anywhere),
      TEST(gzip__may_be_cut_anywhere),
      TEST(gzip_in_gzip__may_be_cut_anywhere),
      TEST(real_body__may_be_cut_anywhere),
      TEST(real_bodies__may_be_cut),
      TEST(fields__may_come_in_any_order),
      TEST(repeated_numbers__packed_or_not),
      TEST(unknown_fields__are_skipped_everywhere),
      TEST(last_of_a_field__counts),
      TEST(label_that_says_nothing__is_dropped),
      TEST(flags__are_all_read),
      TEST(ids__may_be_any_numbers),
      TEST(mapping_that_is_not_there__is_none),
      TEST(steady_load__allocates_nothing),
      TEST(large_body__is_not_kept),
      TEST(array_near_its_limit__grows_in_few_steps),
      TEST(nth_allocation__fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

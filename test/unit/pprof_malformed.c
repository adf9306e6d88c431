/* What a body can have wrong: each is an error with a name and a place. */
#include "support.h"

#include "pprof_support.h"

#include "base/limits.h"

struct fixture {
  struct pyr__memory memory;
  struct pyr__decoder *decoder;
  struct pyr__buf body, part;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
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
  free(f);
  return 0;
}

/* Fails in the same way wherever it is cut. */
static void must_fail(struct fixture *f, int code, const char *error) {
  const struct pyr__profile *profile = NULL;
  size_t cut;
  for (cut = 0; cut <= f->body.len; cut++) {
    f->err.text[0] = '\0';
    assert_int_equal(decode_cut(f->decoder, &wide_limits, f->body.data,
                                f->body.len, cut, &profile, &f->err),
                     code);
    if (strcmp(f->err.text, error) != 0)
      fail_msg("cut at %zu: %s\nexpected: %s", cut, f->err.text, error);
    assert_null(profile);
  }
}

/* ---- one field that is bad, behind a good profile ------------------------ */

struct bad {
  const char *bytes; /* as they are, tag first */
  size_t len;
  const char *error; /* before ", at byte " */
  size_t at;         /* in `bytes`; AT_END: the error is found at the end */
};

#define AT_END      SIZE_MAX
#define BYTES(text) text, sizeof(text) - 1

static const struct bad bad_fields[] = {
    /* tags and sizes */
    {BYTES("\x00"), "field number 0 is impossible", 0},
    {BYTES("\x80\x80\x80\x80\x10\x01"), "field number 536870912 is impossible",
     0},
    {BYTES("\x0b"), "sample_type: wire type 3 is not known", 0},
    {BYTES("\x0c"), "sample_type: wire type 4 is not known", 0},
    {BYTES("\x0e"), "sample_type: wire type 6 is not known", 0},
    {BYTES("\xa7\x06"), "field 100: wire type 7 is not known", 0},
    {BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
     "field tag: varint longer than 10 bytes or 64 bits", 0},
    {BYTES("\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
     "time_nanos: varint longer than 10 bytes or 64 bits", 1},
    {BYTES("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
     "sample: varint longer than 10 bytes or 64 bits", 1},
    {BYTES("\x0a\x05\x08"), "the body ends inside a field", 3},
    {BYTES("\x0a\x02\x08\x80"),
     "sample_type[2].type: field runs past the end of its message", 2},
    {BYTES("\x0a\x02\x12\x05"),
     "sample_type[2].unit: 5 bytes where its message has 0 left", 2},
    {BYTES("\x0a\x03\x0d\x01\x02"),
     "sample_type[2].type: field runs past the end of its message", 2},
    /* wire types */
    {BYTES("\x08\x01"), "sample_type: wire type 0, expected 2", 1},
    {BYTES("\x11\1\1\1\1\1\1\1\1"), "sample: wire type 1, expected 2", 1},
    {BYTES("\x32\x01\xff"), "string_table[12]: is not valid UTF-8", 2},
    {BYTES("\x30\x00"), "string_table: wire type 0, expected 2", 1},
    {BYTES("\x4d\1\1\1\1"), "time_nanos: wire type 5, expected 0", 1},
    {BYTES("\x52\x00"), "duration_nanos: wire type 2, expected 0", 2},
    {BYTES("\x6d\1\1\1\1"), "comment: wire type 5, expected 0 or 2", 1},
    {BYTES("\x12\x05\x0d\1\1\1\1"),
     "sample[2].location_id: wire type 5, expected 0 or 2", 3},
    {BYTES("\x12\x05\x15\1\1\1\1"),
     "sample[2].value: wire type 5, expected 0 or 2", 3},
    {BYTES("\x12\x02\x18\x01"), "sample[2].label: wire type 0, expected 2", 3},
    {BYTES("\x12\x04\x1a\x02\x0a\x00"),
     "sample[2].label[0].key: wire type 2, expected 0", 6},
    {BYTES("\x1a\x02\x0a\x00"), "mapping[1].id: wire type 2, expected 0", 4},
    {BYTES("\x1a\x02\x3a\x00"),
     "mapping[1].has_functions: wire type 2, expected 0", 4},
    {BYTES("\x22\x02\x20\x00"), "location[2].line: wire type 0, expected 2", 3},
    {BYTES("\x22\x02\x2a\x00"),
     "location[2].is_folded: wire type 2, expected 0", 4},
    {BYTES("\x22\x06\x22\x04\x12\x02zz"),
     "location[2].line[0].line: wire type 2, expected 0", 6},
    {BYTES("\x2a\x02\x2a\x00"),
     "function[2].start_line: wire type 2, expected 0", 4},
    {BYTES("\x72\x00"), "default_sample_type: wire type 2, expected 0", 2},
    /* numbers */
    {BYTES("\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "duration_nanos: -1 cannot be negative", 1},
    {BYTES("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "period: -1 cannot be negative", 1},
    {BYTES("\x12\x0e\x12\x0c\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"),
     "sample[2].value: -1 cannot be negative", 5},
    {BYTES("\x12\x0d\x10\x05\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "sample[2].value: -1 cannot be negative", 5},
    /* values */
    {BYTES("\x12\x00"),
     "sample[2].value: 0 values where the first sample has 2", 2},
    {BYTES("\x12\x03\x12\x01\x05"),
     "sample[2].value: 1 values where the first sample has 2", 2},
    {BYTES("\x12\x05\x12\x03\x05\x05\x05"),
     "sample[2].value: 3 values where the first sample has 2", 2},
    {BYTES("\x12\x04\x12\x02\x05\x80"), "sample[2].value: varint is cut off",
     5},
    {BYTES("\x12\x0d\x0a\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
     "sample[2].location_id: varint longer than 10 bytes or 64 bits", 4},
    /* ids */
    {BYTES("\x1a\x02\x10\x01"), "mapping[1].id: is 0 or missing", 2},
    {BYTES("\x1a\x00"), "mapping[1].id: is 0 or missing", 2},
    {BYTES("\x22\x00"), "location[2].id: is 0 or missing", 2},
    {BYTES("\x2a\x00"), "function[2].id: is 0 or missing", 2},
    {BYTES("\x1a\x02\x08\x01"), "mapping[1].id: 1 is there twice", AT_END},
    {BYTES("\x22\x02\x08\x02"), "location[2].id: 2 is there twice", AT_END},
    {BYTES("\x2a\x02\x08\x01"), "function[2].id: 1 is there twice", AT_END},
    {BYTES("\x22\x04\x08\x09\x22\x00"),
     "location[2].line[0].function_id: is 0 or missing", 6},
    {BYTES("\x22\x06\x08\x09\x22\x02\x08\x00"),
     "location[2].line[0].function_id: is 0 or missing", 6},
    {BYTES("\x22\x06\x08\x09\x22\x02\x08\x07"),
     "location[2].line[0].function_id: there is no function 7", AT_END},
    {BYTES("\x12\x07\x0a\x01\x07\x12\x02\x01\x01"),
     "sample[2].location_id[0]: there is no location 7", AT_END},
    {BYTES("\x12\x07\x0a\x01\x00\x12\x02\x01\x01"),
     "sample[2].location_id[0]: there is no location 0", AT_END},
    {BYTES("\x12\x0f\x0a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x12\x02\x01"
           "\x01"),
     "sample[2].location_id[0]: there is no location 9223372036854775807",
     AT_END},
    /* types */
    {BYTES("\x0a\x02\x08\x01"),
     "sample[0].value: 2 values where there are 3 sample types", AT_END},
    /* strings */
    {BYTES("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "sample_type[2].type: string index -1 is out of range", 3},
    {BYTES("\x0a\x06\x08\xff\xff\xff\xff\x0f"),
     "sample_type[2].type: string index 4294967295 is out of range", 3},
    {BYTES("\x12\x08\x12\x02\x01\x01\x1a\x02\x08\x0c"),
     "label.key: string 12 is not in the table of 12", 9},
    {BYTES("\x12\x08\x12\x02\x01\x01\x1a\x02\x10\x0c"),
     "label.str: string 12 is not in the table of 12", 9},
    {BYTES("\x12\x08\x12\x02\x01\x01\x1a\x02\x20\x0c"),
     "label.num_unit: string 12 is not in the table of 12", 9},
    {BYTES("\x1a\x04\x08\x09\x28\x0c"),
     "mapping.filename: string 12 is not in the table of 12", 5},
    {BYTES("\x1a\x04\x08\x09\x30\x0c"),
     "mapping.build_id: string 12 is not in the table of 12", 5},
    {BYTES("\x2a\x04\x08\x09\x10\x0c"),
     "function.name: string 12 is not in the table of 12", 5},
    {BYTES("\x2a\x04\x08\x09\x18\x0c"),
     "function.system_name: string 12 is not in the table of 12", 5},
    {BYTES("\x2a\x04\x08\x09\x20\x0c"),
     "function.filename: string 12 is not in the table of 12", 5},
    {BYTES("\x38\x0c"), "drop_frames: string 12 is not in the table of 12", 1},
    {BYTES("\x40\x0c"), "keep_frames: string 12 is not in the table of 12", 1},
    {BYTES("\x5a\x02\x08\x0c"),
     "period_type.type: string 12 is not in the table of 12", 3},
    {BYTES("\x5a\x02\x10\x0c"),
     "period_type.unit: string 12 is not in the table of 12", 3},
    {BYTES("\x6a\x02\x01\x0c"), "comment: string 12 is not in the table of 12",
     3},
    {BYTES("\x68\x0c"), "comment: string 12 is not in the table of 12", 1},
    {BYTES("\x70\x0c"),
     "default_sample_type: string 12 is not in the table of 12", 1},
    {BYTES("\x78\x0c"), "doc_url: string 12 is not in the table of 12", 1},
    {BYTES("\x32\x02\xc3\x28"), "string_table[12]: is not valid UTF-8", 2},
    {BYTES("\x32\x03\xed\xa0\x80"), "string_table[12]: is not valid UTF-8", 2},
    /* ends */
    {BYTES("\x48\x01"),
     "time_nanos: is there twice: two profiles were concatenated", 1},
    {BYTES("\x48"), "the body ends inside a field", 1},
    {BYTES("\x12\x04\x0a"), "the body ends inside a field", 3},
    {BYTES("\xa2\x06\x04xx"), "the body ends inside a field", 5},
};

static void bad_field__has_a_name_and_a_place(void **state) {
  struct fixture *f = *state;
  char expected[256];
  size_t i;
  for (i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]); i++) {
    const struct bad *bad = &bad_fields[i];
    size_t base;
    pyr__buf_clear(&f->body);
    put_small_profile(&f->body);
    base = f->body.len;
    assert_int_equal(pyr__buf_add(&f->body, bad->bytes, bad->len), 0);
    if (bad->at != AT_END)
      snprintf(expected, sizeof(expected), "%s, at byte %zu", bad->error,
               base + bad->at);
    else
      snprintf(expected, sizeof(expected), "%s, seen at the end, byte %zu",
               bad->error, base + bad->len);
    must_fail(f, PYR_EPPROF, expected);
  }
}

/* The same fields in front: what comes first cannot make them good. */
static void bad_field_first__fails(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile = NULL;
  size_t i;
  for (i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]); i++) {
    const struct bad *bad = &bad_fields[i];
    if (strncmp(bad->error, "the body ends", 13) == 0)
      continue; /* it just takes in what is behind it */
    pyr__buf_clear(&f->body);
    assert_int_equal(pyr__buf_add(&f->body, bad->bytes, bad->len), 0);
    put_small_profile(&f->body);
    if (decode(f->decoder, &f->body, &profile, &f->err) == 0)
      fail_msg("%s: decoded", bad->error);
    assert_null(profile);
  }
}

/* ---- what is missing or too much ---------------------------------------- */

static void empty_body__fails(void **state) {
  must_fail(*state, PYR_EPPROF, "empty body: it has no bytes");
}

static void empty_gzip__fails(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->body, "", 0);
  must_fail(f, PYR_EPPROF, "empty body: it has no bytes");
}

static void no_types__fails(void **state) {
  struct fixture *f = *state;
  put_text(&f->body, "");
  must_fail(f, PYR_EPPROF,
            "empty profile: it has no sample_type, seen at the end, byte 2");
}

static void no_strings__fails(void **state) {
  struct fixture *f = *state;
  put_message(&f->body, 1, &f->part);
  must_fail(f, PYR_EPPROF, "string_table: is missing, seen at the end, byte 2");
}

static void first_string_not_empty__fails(void **state) {
  struct fixture *f = *state;
  put_text(&f->body, "x");
  must_fail(f, PYR_EPPROF,
            "string_table[0]: the first string must be empty, at byte 2");
}

static void negative_time__fails(void **state) {
  struct fixture *f = *state;
  put_int(&f->body, 9, UINT64_MAX);
  put_small_profile(&f->body);
  must_fail(f, PYR_EPPROF, "time_nanos: -1 cannot be negative, at byte 1");
}

static void html__fails(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__buf_add_text(&f->body, "<html>not a profile</html>"),
                   0);
  must_fail(f, PYR_EPPROF,
            "a page of HTML, not a profile: drop_frames: wire type 4 is not "
            "known, at byte 0");
}

static void json__fails(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile = NULL;
  assert_int_equal(pyr__buf_add_text(&f->body, "{\"error\": \"no\"}"), 0);
  assert_int_equal(decode(f->decoder, &f->body, &profile, &f->err), PYR_EPPROF);
  assert_non_null(strstr(f->err.text, "a page of JSON, not a profile: "));
}

/* What else targets answer: it is named, wherever it is cut. */
static void other_formats__are_named(void **state) {
  static const struct {
    const char *body;
    size_t len;
    const char *name;
  } formats[] = {
      {"heap profile:    259: 16783432 [   272: 27271291] @ heapprofile", 62,
       "a heap profile as text (Go's, leave out debug=1; gperftools', "},
      {"goroutine profile: total 7\n", 27, "text, not a profile (leave out "},
      {"threadcreate profile: total 7\n", 30,
       "text, not a profile (leave out "},
      {"--- contention:\ncycles/second=1\n", 33, "text, not a profile (leave "},
      {"\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x27", 26,
       "not a profile but, it seems, gperftools' own format (go tool pprof "}};
  struct fixture *f = *state;
  const struct pyr__profile *profile = NULL;
  size_t i, cut;
  for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
    for (cut = 0; cut <= formats[i].len; cut++) {
      assert_int_equal(decode_cut(f->decoder, &wide_limits,
                                  (const uint8_t *)formats[i].body,
                                  formats[i].len, cut, &profile, &f->err),
                       PYR_EPPROF);
      assert_memory_equal(f->err.text, formats[i].name,
                          strlen(formats[i].name));
    }
}

/* The comment's string is the last of all. */
static void cut_off_anywhere__fails(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile = NULL;
  size_t whole;
  put_small_profile(&f->body);
  whole = f->body.len;
  for (f->body.len = 0; f->body.len < whole; f->body.len++) {
    assert_int_equal(decode(f->decoder, &f->body, &profile, &f->err),
                     PYR_EPPROF);
    assert_true(f->body.len == 0 || strstr(f->err.text, " byte ") != NULL);
  }
  assert_int_equal(decode(f->decoder, &f->body, &profile, &f->err), 0);
}

static void two_bodies__fail(void **state) {
  struct fixture *f = *state;
  char expected[128];
  size_t one;
  put_small_profile(&f->body);
  one = f->body.len;
  put_small_profile(&f->body);
  /* Their strings do not matter: the second's time comes before. */
  snprintf(expected, sizeof(expected),
           "time_nanos: is there twice: two profiles were concatenated, at "
           "byte %zu",
           one + 127);
  must_fail(f, PYR_EPPROF, expected);
}

/* ---- limits ------------------------------------------------------------- */

static void expect_limit(struct fixture *f,
                         const struct pyr__decoder_limits *limits,
                         const char *error) {
  const struct pyr__profile *profile = NULL;
  assert_int_equal(decode_cut(f->decoder, limits, f->body.data, f->body.len,
                              f->body.len / 2, &profile, &f->err),
                   PYR_ELIMIT);
  if (strstr(f->err.text, error) == NULL)
    fail_msg("%s\nexpected: %s", f->err.text, error);
}

static void large_field__is_a_limit(void **state) {
  struct fixture *f = *state;
  const uint8_t huge[] = {0x12, 0x80, 0x80, 0x80, 0x80, 1};
  char expected[128];
  put_small_profile(&f->body);
  snprintf(expected, sizeof(expected),
           "sample: 268435456 bytes, at most %zu are taken, at byte %zu",
           PYR__LIMIT_FIELD_BYTES, f->body.len);
  assert_int_equal(pyr__buf_add(&f->body, huge, sizeof(huge)), 0);
  must_fail(f, PYR_ELIMIT, expected);
}

/* It need not be held, so it may be as long as the body. */
static void large_unknown_field__is_skipped(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile;
  char *bytes = calloc(1, 2 * PYR__LIMIT_FIELD_BYTES);
  put_bytes(&f->body, 100, bytes, 2 * PYR__LIMIT_FIELD_BYTES);
  free(bytes);
  put_small_profile(&f->body);
  assert_int_equal(decode_cut(f->decoder, &wide_limits, f->body.data,
                              f->body.len, 1000, &profile, &f->err),
                   0);
  assert_int_equal(profile->sample_count, 2);
}

static void many_types__are_a_limit(void **state) {
  struct fixture *f = *state;
  size_t i;
  for (i = 0; i <= PYR__LIMIT_SAMPLE_TYPES; i++)
    put_message(&f->body, 1, &f->part);
  expect_limit(f, &wide_limits, "sample_type: more than 64, at byte 130");
}

static void many_labels__are_a_limit(void **state) {
  struct fixture *f = *state;
  struct pyr__buf label;
  size_t i;
  body_init(&label, &f->memory);
  for (i = 0; i <= PYR__LIMIT_SAMPLE_LABELS; i++) {
    put_int(&label, 3, 1);
    put_message(&f->part, 3, &label);
  }
  pyr__buf_release(&label);
  put_message(&f->body, 2, &f->part);
  expect_limit(f, &wide_limits, "sample[0].label: more than 256");
}

static void deep_stack__is_a_limit(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  const struct pyr__profile *profile;
  put_small_profile(&f->body);
  limits.stack_frames = 2;
  assert_int_equal(decode_cut(f->decoder, &limits, f->body.data, f->body.len, 9,
                              &profile, &f->err),
                   0);
  limits.stack_frames = 1;
  expect_limit(f, &limits,
               "sample: 2 frames in one, more than limits: stack-frames (1)");
}

static void body_size__is_a_limit(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  put_small_profile(&f->body);
  limits.body_bytes = f->body.len - 1;
  expect_limit(f, &limits, "raise body-size-limit");
}

/* A bomb in a bomb: each layer is held to the limit. */
static void bomb_in_gzip__is_a_limit(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  char *zeros = calloc(1, 4 << 20);
  put_bytes(&f->body, 100, zeros, 4 << 20);
  free(zeros);
  gzip_bytes(&f->part, f->body.data, f->body.len);
  pyr__buf_clear(&f->body);
  gzip_bytes(&f->body, f->part.data, f->part.len);
  assert_true(f->body.len < 2000);
  limits.body_bytes = 1 << 20;
  expect_limit(f, &limits, "the body inflates to more than 1048576 bytes");
}

/* As little memory as there may be: each ends with the name of a limit. */
static void arena__is_a_limit(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  const struct pyr__profile *profile = NULL;
  put_small_profile(&f->body);
  for (limits.arena_bytes = 0;; limits.arena_bytes += 16) {
    int rc = decode_cut(f->decoder, &limits, f->body.data, f->body.len,
                        f->body.len, &profile, &f->err);
    if (rc == 0)
      break;
    assert_int_equal(rc, PYR_ELIMIT);
    assert_null(profile);
  }
  assert_in_range(limits.arena_bytes, 500, 20000);
}

static void negative_values__are_kept_if_wanted(void **state) {
  struct fixture *f = *state;
  struct pyr__decoder_limits limits = wide_limits;
  const struct pyr__profile *profile;
  put_small_profile(&f->body);
  put_packed(&f->part, 2, (uint64_t[]){UINT64_MAX, 5}, 2);
  put_message(&f->body, 2, &f->part);
  limits.keep_negative = 1;
  assert_int_equal(decode_cut(f->decoder, &limits, f->body.data, f->body.len, 0,
                              &profile, &f->err),
                   0);
  assert_int_equal(profile->values[4], -1);
}

static void failed_decoder__takes_nothing_more(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *profile;
  assert_int_equal(pyr__decoder_write(f->decoder, "x", 1, &f->err), PYR_EUSAGE);
  assert_int_equal(pyr__decoder_finish(f->decoder, &profile, &f->err),
                   PYR_EUSAGE);
  pyr__decoder_begin(f->decoder, &wide_limits);
  assert_int_equal(pyr__decoder_write(f->decoder, "\0", 1, &f->err),
                   PYR_EPPROF);
  assert_int_equal(pyr__decoder_write(f->decoder, "\0", 1, &f->err),
                   PYR_EUSAGE);
  put_small_profile(&f->body);
  assert_int_equal(decode(f->decoder, &f->body, &profile, &f->err), 0);
  assert_int_equal(pyr__decoder_finish(f->decoder, &profile, &f->err),
                   PYR_EUSAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(bad_field__has_a_name_and_a_place),
      TEST(bad_field_first__fails),
      TEST(empty_body__fails),
      TEST(empty_gzip__fails),
      TEST(no_types__fails),
      TEST(no_strings__fails),
      TEST(first_string_not_empty__fails),
      TEST(negative_time__fails),
      TEST(html__fails),
      TEST(json__fails),
      TEST(other_formats__are_named),
      TEST(cut_off_anywhere__fails),
      TEST(two_bodies__fail),
      TEST(large_field__is_a_limit),
      TEST(large_unknown_field__is_skipped),
      TEST(many_types__are_a_limit),
      TEST(many_labels__are_a_limit),
      TEST(deep_stack__is_a_limit),
      TEST(body_size__is_a_limit),
      TEST(bomb_in_gzip__is_a_limit),
      TEST(arena__is_a_limit),
      TEST(negative_values__are_kept_if_wanted),
      TEST(failed_decoder__takes_nothing_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

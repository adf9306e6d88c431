/* The decoder against protobuf-c: over the corpus, and over random profiles
 * that protobuf-c has written. */
#include "support.h"

#include "pprof_support.h"

#include <profile.pb-c.h>

#include "base/hash.h"

enum { PROFILES = 400 };

struct fixture {
  struct pyr__memory memory;
  struct pyr__decoder *decoder;
  struct pyr__buf body;
  uint64_t random;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  body_init(&f->body, &f->memory);
  *state = f;
  return pyr__decoder_new(&f->decoder, &f->memory);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__decoder_free(f->decoder);
  pyr__buf_release(&f->body);
  free(f);
  return 0;
}

/* ---- both are the same --------------------------------------------------- */

static uint32_t mapping_place(const PyrPprof__Profile *profile, uint64_t id) {
  uint32_t i;
  for (i = 0; i < profile->n_mapping; i++)
    if (profile->mapping[i]->id == id)
      return i;
  return PYR__NO_MAPPING;
}

static uint32_t function_place(const PyrPprof__Profile *profile, uint64_t id) {
  uint32_t i = 0;
  while (profile->function[i]->id != id)
    i++;
  return i;
}

static void same_strings(const PyrPprof__Profile *want,
                         const struct pyr__profile *got) {
  size_t i;
  assert_int_equal(got->string_count, want->n_string_table);
  for (i = 0; i < want->n_string_table; i++) {
    assert_int_equal(got->strings[i].len, want->string_table[i].len);
    if (want->string_table[i].len > 0)
      assert_memory_equal(got->strings[i].base, want->string_table[i].data,
                          want->string_table[i].len);
  }
}

static void same_value_type(const PyrPprof__ValueType *want,
                            struct pyr__value_type got) {
  assert_int_equal(got.type, want == NULL ? 0 : want->type);
  assert_int_equal(got.unit, want == NULL ? 0 : want->unit);
}

static void same_mappings(const PyrPprof__Profile *want,
                          const struct pyr__profile *got) {
  size_t i;
  assert_int_equal(got->mapping_count, want->n_mapping);
  for (i = 0; i < want->n_mapping; i++) {
    const PyrPprof__Mapping *a = want->mapping[i];
    const struct pyr__mapping *b = &got->mappings[i];
    assert_int_equal(b->start, a->memory_start);
    assert_int_equal(b->limit, a->memory_limit);
    assert_int_equal(b->offset, a->file_offset);
    assert_int_equal(b->filename, a->filename);
    assert_int_equal(b->build_id, a->build_id);
    assert_int_equal(
        b->flags,
        (a->has_functions ? PYR__MAPPING_HAS_FUNCTIONS : 0) |
            (a->has_filenames ? PYR__MAPPING_HAS_FILENAMES : 0) |
            (a->has_line_numbers ? PYR__MAPPING_HAS_LINE_NUMBERS : 0) |
            (a->has_inline_frames ? PYR__MAPPING_HAS_INLINE_FRAMES : 0));
  }
}

static void same_functions(const PyrPprof__Profile *want,
                           const struct pyr__profile *got) {
  size_t i;
  assert_int_equal(got->function_count, want->n_function);
  for (i = 0; i < want->n_function; i++) {
    assert_int_equal(got->functions[i].name, want->function[i]->name);
    assert_int_equal(got->functions[i].system_name,
                     want->function[i]->system_name);
    assert_int_equal(got->functions[i].filename, want->function[i]->filename);
    assert_int_equal(got->functions[i].start_line,
                     want->function[i]->start_line);
  }
}

static void same_locations(const PyrPprof__Profile *want,
                           const struct pyr__profile *got) {
  size_t i, j;
  assert_int_equal(got->location_count, want->n_location);
  for (i = 0; i < want->n_location; i++) {
    const PyrPprof__Location *a = want->location[i];
    const struct pyr__location *b = &got->locations[i];
    assert_int_equal(b->address, a->address);
    assert_int_equal(b->is_folded, a->is_folded);
    assert_int_equal(b->mapping, mapping_place(want, a->mapping_id));
    assert_int_equal(b->line_count, a->n_line);
    for (j = 0; j < a->n_line; j++) {
      const struct pyr__line *line = &got->lines[b->first_line + j];
      assert_int_equal(line->line, a->line[j]->line);
      assert_int_equal(line->column, a->line[j]->column);
      assert_int_equal(line->function,
                       function_place(want, a->line[j]->function_id));
    }
  }
}

static void same_labels(const PyrPprof__Sample *want,
                        const struct pyr__profile *got,
                        const struct pyr__sample *sample) {
  const struct pyr__label *label = got->labels + sample->first_label;
  uint32_t count = 0;
  size_t i;
  for (i = 0; i < want->n_label; i++) {
    const PyrPprof__Label *a = want->label[i];
    if (a->str == 0 && a->num == 0 && a->num_unit == 0)
      continue;
    assert_int_equal(label->key, a->key);
    assert_int_equal(label->string, a->str);
    assert_int_equal(label->number, a->str != 0 ? 0 : a->num);
    assert_int_equal(label->unit, a->str != 0 ? 0 : a->num_unit);
    label++;
    count++;
  }
  assert_int_equal(sample->label_count, count);
}

static void same_samples(const PyrPprof__Profile *want,
                         const struct pyr__profile *got) {
  size_t i, j;
  assert_int_equal(got->sample_count, want->n_sample);
  for (i = 0; i < want->n_sample; i++) {
    const PyrPprof__Sample *a = want->sample[i];
    const struct pyr__sample *b = &got->samples[i];
    assert_int_equal(b->frame_count, a->n_location_id);
    for (j = 0; j < a->n_location_id; j++)
      if (want->location[got->frames[b->first_frame + j]]->id !=
          a->location_id[j])
        fail_msg("sample %zu, frame %zu", i, j);
    assert_int_equal(a->n_value, got->type_count);
    assert_memory_equal(got->values + i * got->type_count, a->value,
                        a->n_value * sizeof(int64_t));
    same_labels(a, got, b);
  }
}

static void same_as_oracle(const PyrPprof__Profile *want,
                           const struct pyr__profile *got) {
  size_t i;
  same_strings(want, got);
  assert_int_equal(got->type_count, want->n_sample_type);
  for (i = 0; i < want->n_sample_type; i++)
    same_value_type(want->sample_type[i], got->types[i]);
  same_mappings(want, got);
  same_functions(want, got);
  same_locations(want, got);
  same_samples(want, got);
  assert_int_equal(got->comment_count, want->n_comment);
  for (i = 0; i < want->n_comment; i++)
    assert_int_equal(got->comments[i], want->comment[i]);
  same_value_type(want->period_type, got->period_type);
  assert_int_equal(got->period, want->period);
  assert_int_equal(got->time_ns, want->time_nanos);
  assert_int_equal(got->duration_ns, want->duration_nanos);
  assert_int_equal(got->default_type, want->default_sample_type);
  assert_int_equal(got->doc_url, want->doc_url);
  assert_int_equal(got->drop_frames, want->drop_frames);
  assert_int_equal(got->keep_frames, want->keep_frames);
}

static void compare(struct fixture *f, const struct pyr__buf *plain,
                    const struct pyr__buf *body, size_t cut) {
  PyrPprof__Profile *want =
      pyr_pprof__profile__unpack(NULL, plain->len, plain->data);
  const struct pyr__profile *got = NULL;
  assert_non_null(want);
  if (decode_cut(f->decoder, &wide_limits, body->data, body->len, cut, &got,
                 &f->err) != 0)
    fail_msg("%s", f->err.text);
  same_as_oracle(want, got);
  pyr_pprof__profile__free_unpacked(want, NULL);
}

/* ---- the corpus --------------------------------------------------------- */

static void one_body(void *ctx, const char *name) {
  struct fixture *f = ctx;
  struct pyr__buf plain;
  z_stream stream = {0};
  int rc;

  pyr__buf_clear(&f->body);
  put_corpus(&f->body, name);
  body_init(&plain, &f->memory);
  assert_int_equal(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  stream.next_in = f->body.data;
  stream.avail_in = (uInt)f->body.len;
  do {
    assert_int_equal(pyr__buf_reserve(&plain, 65536), 0);
    stream.next_out = plain.data + plain.len;
    stream.avail_out = 65536;
    rc = inflate(&stream, Z_NO_FLUSH);
    plain.len += 65536 - stream.avail_out;
  } while (rc == Z_OK);
  assert_int_equal(rc, Z_STREAM_END);
  inflateEnd(&stream);
  compare(f, &plain, &f->body, f->body.len / 2);
  pyr__buf_release(&plain);
}

static void corpus__is_read_alike(void **state) {
  each_corpus(one_body, *state);
}

/* ---- random profiles ---------------------------------------------------- */

enum { MOST = 40 };

/* All of a random profile, in fixed arrays. */
struct drawn {
  PyrPprof__Profile profile;
  ProtobufCBinaryData strings[MOST];
  char texts[MOST][8];
  int64_t comments[MOST];
  PyrPprof__ValueType types[4], *type_pointers[4], period_type;
  PyrPprof__Mapping mappings[MOST], *mapping_pointers[MOST];
  PyrPprof__Function functions[MOST], *function_pointers[MOST];
  PyrPprof__Location locations[MOST], *location_pointers[MOST];
  PyrPprof__Line lines[MOST][3], *line_pointers[MOST][3];
  PyrPprof__Sample samples[MOST], *sample_pointers[MOST];
  uint64_t frames[MOST][6];
  int64_t values[MOST][4];
  PyrPprof__Label labels[MOST][3], *label_pointers[MOST][3];
};

static uint64_t draw(struct fixture *f) {
  f->random = f->random * 6364136223846793005u + 1442695040888963407u;
  return pyr__hash_mix(f->random, 0);
}

static uint32_t below(struct fixture *f, uint32_t limit) {
  return (uint32_t)(draw(f) >> 32) % limit;
}

/* Of any magnitude; negative too. */
static int64_t number(struct fixture *f) {
  return below(f, 4) == 0 ? 0 : (int64_t)(draw(f) >> below(f, 64));
}

static int64_t count(struct fixture *f) {
  return (int64_t)((uint64_t)number(f) >> 1);
}

static int64_t text(struct fixture *f, const struct drawn *drawn) {
  return (int64_t)below(f, (uint32_t)drawn->profile.n_string_table);
}

static void draw_strings(struct fixture *f, struct drawn *drawn) {
  static const char *const letters[] = {"a", "Z", "\xc3\xa4", "\xe2\x82\xac",
                                        "\n"};
  size_t i, used = 1 + below(f, MOST - 1);
  drawn->profile.n_string_table = used;
  drawn->profile.string_table = drawn->strings;
  for (i = 0; i < used; i++) {
    uint32_t length = i == 0 ? 0 : below(f, 3);
    while (length-- > 0)
      strcat(drawn->texts[i], letters[below(f, 5)]);
    drawn->strings[i] = (ProtobufCBinaryData){strlen(drawn->texts[i]),
                                              (uint8_t *)drawn->texts[i]};
  }
  drawn->profile.n_comment = below(f, 3);
  drawn->profile.comment = drawn->comments;
  for (i = 0; i < drawn->profile.n_comment; i++)
    drawn->comments[i] = text(f, drawn);
}

static void draw_type(struct fixture *f, struct drawn *drawn,
                      PyrPprof__ValueType *type) {
  pyr_pprof__value_type__init(type);
  type->type = text(f, drawn);
  type->unit = text(f, drawn);
}

static void draw_head(struct fixture *f, struct drawn *drawn) {
  PyrPprof__Profile *profile = &drawn->profile;
  size_t i;
  profile->n_sample_type = 1 + below(f, 4);
  profile->sample_type = drawn->type_pointers;
  for (i = 0; i < profile->n_sample_type; i++) {
    draw_type(f, drawn, &drawn->types[i]);
    drawn->type_pointers[i] = &drawn->types[i];
  }
  if (below(f, 2) == 0) {
    draw_type(f, drawn, &drawn->period_type);
    profile->period_type = &drawn->period_type;
  }
  profile->period = count(f);
  profile->time_nanos = count(f);
  profile->duration_nanos = count(f);
  profile->default_sample_type = text(f, drawn);
  profile->doc_url = text(f, drawn);
  profile->drop_frames = text(f, drawn);
  profile->keep_frames = text(f, drawn);
}

/* Ids that are not equal: 1, 2 ..., or spread, or beyond 32 bits. */
static uint64_t id_of(uint32_t style, size_t i) {
  static const uint64_t steps[] = {1, 7, 1000003, UINT64_C(0x9e3779b97f4a7c15)};
  return (i + 1) * steps[style];
}

static void draw_mappings(struct fixture *f, struct drawn *drawn,
                          uint32_t style) {
  size_t i;
  drawn->profile.n_mapping = below(f, 4);
  drawn->profile.mapping = drawn->mapping_pointers;
  for (i = 0; i < drawn->profile.n_mapping; i++) {
    PyrPprof__Mapping *mapping = &drawn->mappings[i];
    pyr_pprof__mapping__init(mapping);
    drawn->mapping_pointers[i] = mapping;
    mapping->id = id_of(style, i);
    mapping->memory_start = draw(f);
    mapping->memory_limit = draw(f);
    mapping->file_offset = draw(f);
    mapping->filename = text(f, drawn);
    mapping->build_id = text(f, drawn);
    mapping->has_functions = below(f, 2) == 0;
    mapping->has_filenames = below(f, 2) == 0;
    mapping->has_line_numbers = below(f, 2) == 0;
    mapping->has_inline_frames = below(f, 2) == 0;
  }
}

static void draw_functions(struct fixture *f, struct drawn *drawn,
                           uint32_t style) {
  size_t i;
  drawn->profile.n_function = 1 + below(f, MOST);
  drawn->profile.function = drawn->function_pointers;
  for (i = 0; i < drawn->profile.n_function; i++) {
    PyrPprof__Function *function = &drawn->functions[i];
    pyr_pprof__function__init(function);
    drawn->function_pointers[i] = function;
    function->id = id_of(style, i);
    function->name = text(f, drawn);
    function->system_name = text(f, drawn);
    function->filename = text(f, drawn);
    function->start_line = number(f);
  }
}

static void draw_lines(struct fixture *f, struct drawn *drawn, uint32_t style,
                       size_t at) {
  PyrPprof__Location *location = &drawn->locations[at];
  size_t i;
  location->n_line = below(f, 4);
  location->line = drawn->line_pointers[at];
  for (i = 0; i < location->n_line; i++) {
    PyrPprof__Line *line = &drawn->lines[at][i];
    pyr_pprof__line__init(line);
    drawn->line_pointers[at][i] = line;
    line->function_id =
        id_of(style, below(f, (uint32_t)drawn->profile.n_function));
    line->line = number(f);
    line->column = number(f);
  }
}

static void draw_locations(struct fixture *f, struct drawn *drawn,
                           uint32_t style) {
  size_t i;
  drawn->profile.n_location = 1 + below(f, MOST);
  drawn->profile.location = drawn->location_pointers;
  for (i = 0; i < drawn->profile.n_location; i++) {
    PyrPprof__Location *location = &drawn->locations[i];
    pyr_pprof__location__init(location);
    drawn->location_pointers[i] = location;
    location->id = id_of(style, i);
    if (below(f, 3) > 0) /* one that is not there now and then */
      location->mapping_id = id_of(style, below(f, 5));
    location->address = draw(f);
    location->is_folded = below(f, 2) == 0;
    draw_lines(f, drawn, style, i);
  }
}

static void draw_labels(struct fixture *f, struct drawn *drawn, size_t at) {
  PyrPprof__Sample *sample = &drawn->samples[at];
  size_t i;
  sample->n_label = below(f, 4);
  sample->label = drawn->label_pointers[at];
  for (i = 0; i < sample->n_label; i++) {
    PyrPprof__Label *label = &drawn->labels[at][i];
    pyr_pprof__label__init(label);
    drawn->label_pointers[at][i] = label;
    label->key = text(f, drawn);
    label->str = below(f, 2) == 0 ? text(f, drawn) : 0;
    label->num = number(f);
    label->num_unit = below(f, 2) == 0 ? text(f, drawn) : 0;
  }
}

static void draw_samples(struct fixture *f, struct drawn *drawn,
                         uint32_t style) {
  PyrPprof__Profile *profile = &drawn->profile;
  size_t i, j;
  profile->n_sample = below(f, MOST + 1);
  profile->sample = drawn->sample_pointers;
  for (i = 0; i < profile->n_sample; i++) {
    PyrPprof__Sample *sample = &drawn->samples[i];
    pyr_pprof__sample__init(sample);
    drawn->sample_pointers[i] = sample;
    sample->n_location_id = below(f, 7);
    sample->location_id = drawn->frames[i];
    for (j = 0; j < sample->n_location_id; j++)
      drawn->frames[i][j] =
          id_of(style, below(f, (uint32_t)profile->n_location));
    sample->n_value = profile->n_sample_type;
    sample->value = drawn->values[i];
    for (j = 0; j < sample->n_value; j++)
      drawn->values[i][j] = count(f);
    draw_labels(f, drawn, i);
  }
}

static void random_profiles__are_read_alike(void **state) {
  static struct drawn drawn;
  struct fixture *f = *state;
  struct pyr__buf plain;
  uint64_t first = 1763942400, seed;

  body_init(&plain, &f->memory);
  print_message("seeds %llu and the %d after it\n", (unsigned long long)first,
                PROFILES - 1);
  for (seed = first; seed < first + PROFILES; seed++) {
    uint32_t style = (uint32_t)(seed % 4);
    f->random = pyr__hash_mix(seed, 0);
    memset(&drawn, 0, sizeof(drawn));
    pyr_pprof__profile__init(&drawn.profile);
    draw_strings(f, &drawn);
    draw_head(f, &drawn);
    draw_mappings(f, &drawn, style);
    draw_functions(f, &drawn, style);
    draw_locations(f, &drawn, style);
    draw_samples(f, &drawn, style);
    pyr__buf_clear(&plain);
    assert_int_equal(
        pyr__buf_reserve(&plain,
                         pyr_pprof__profile__get_packed_size(&drawn.profile)),
        0);
    plain.len = pyr_pprof__profile__pack(&drawn.profile, plain.data);
    compare(f, &plain, &plain, below(f, (uint32_t)plain.len));
  }
  pyr__buf_release(&plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(corpus__is_read_alike),
      TEST(random_profiles__are_read_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

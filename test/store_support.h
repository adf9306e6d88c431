/* Made-up profiles of a made-up program, stores to put them in, and reading
 * them back. */
#ifndef TEST_STORE_SUPPORT_H
#define TEST_STORE_SUPPORT_H

#include "profile_text.h"

#include "base/arena.h"
#include "base/limits.h"
#include "query/merge.h"
#include "store/reader.h"
#include "store/store.h"

/* ---- profiles ----------------------------------------------------------- */

enum {
  MADE_FUNCTIONS = 40,
  MADE_LOCATIONS = 60,
  MADE_SAMPLES = 30,
  MADE_FRAMES = 12,
  MADE_LABELS = 3,
  MADE_TYPES = 4
};

struct made_profile {
  struct pyr__profile profile;
  pyr_str_t strings[256];
  char texts[8192];
  size_t text_len;
  struct pyr__value_type types[MADE_TYPES];
  struct pyr__mapping mappings[2];
  struct pyr__function functions[MADE_FUNCTIONS];
  struct pyr__line lines[MADE_LOCATIONS * 2];
  struct pyr__location locations[MADE_LOCATIONS];
  struct pyr__label labels[MADE_SAMPLES * MADE_LABELS];
  uint32_t frames[MADE_SAMPLES * MADE_FRAMES];
  struct pyr__sample samples[MADE_SAMPLES];
  int64_t values[MADE_SAMPLES * MADE_TYPES];
  uint32_t comments[2];
};

/* The same numbers everywhere. */
static inline uint32_t made_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

/* Without looking whether it is there. */
static inline uint32_t made_text(struct made_profile *made, const char *format,
                                 unsigned number) {
  char *text = made->texts + made->text_len;
  int len =
      snprintf(text, sizeof(made->texts) - made->text_len, format, number);
  assert_true(made->profile.string_count < 256);
  made->strings[made->profile.string_count] = (pyr_str_t){text, (size_t)len};
  made->text_len += (size_t)len + 1;
  return made->profile.string_count++;
}

static inline uint32_t made_string(struct made_profile *made,
                                   const char *format, unsigned number) {
  uint32_t last = made_text(made, format, number), i;
  for (i = 0; i < last; i++)
    if (pyr__str_equal(made->strings[i], made->strings[last])) {
      made->profile.string_count--;
      return i;
    }
  return last;
}

static inline void made_tables(struct made_profile *made) {
  unsigned i;
  made->mappings[0] = (struct pyr__mapping){0x400000,
                                            0x500000,
                                            0x1000,
                                            made_string(made, "/bin/shop", 0),
                                            made_string(made, "b01d", 0),
                                            PYR__MAPPING_HAS_FUNCTIONS |
                                                PYR__MAPPING_HAS_INLINE_FRAMES};
  made->mappings[1] =
      (struct pyr__mapping){0x7f0000000000,
                            0xfffffffffffff000,
                            0,
                            made_string(made, "/lib/libc.so.6", 0),
                            0,
                            0};
  for (i = 0; i < MADE_FUNCTIONS; i++) {
    struct pyr__function *function = &made->functions[i];
    function->start_line = i % 3 == 0 ? 0 : (int64_t)i * 10;
    function->name = made_text(made, "main.function%u", i);
    function->system_name =
        i % 5 == 0 ? made_text(made, "_Z%u", i) : function->name;
    function->filename = i % 4 == 0 ? made_text(made, "/src/file%u.go", i)
                                    : function[-1].filename;
  }
  for (i = 0; i < MADE_LOCATIONS; i++) {
    made->lines[i * 2] =
        (struct pyr__line){i * 10 + 3, i % 7 == 0 ? 9 : 0, i % MADE_FUNCTIONS};
    made->lines[i * 2 + 1] =
        (struct pyr__line){-(int64_t)i, 0, (i * 7) % MADE_FUNCTIONS};
    made->locations[i] =
        (struct pyr__location){i % 11 == 0 ? 0 : 0x400000 + i * 16,
                               i % 13 == 0  ? PYR__NO_MAPPING
                               : i % 5 == 0 ? 1
                                            : 0,
                               i * 2, i % 9 == 0 ? 0 : 1 + i % 2, i % 17 == 0};
  }
}

static inline void made_head(struct made_profile *made, unsigned round,
                             unsigned types) {
  struct pyr__profile *profile = &made->profile;
  unsigned i;
  for (i = 0; i < types; i++)
    made->types[i] = (struct pyr__value_type){
        made_string(made, "type%u", i), made_string(made, "unit%u", i / 2)};
  profile->period_type = (struct pyr__value_type){
      made_string(made, "type%u", types - 1), made_string(made, "unit0", 0)};
  profile->period = 10000000;
  profile->time_ns = round % 4 == 3 ? 0 : 1700000000000000000 + round * 1000;
  profile->duration_ns = round % 3 == 1 ? 0 : 10000000000;
  profile->default_type = round % 2 ? made_string(made, "type0", 0) : 0;
  profile->doc_url = made_string(made, "http://doc", 0);
  profile->drop_frames = made_string(made, "drop.*", 0);
  profile->keep_frames = made_string(made, "keep.*", 0);
  made->comments[0] = made_string(made, "a comment", 0);
  made->comments[1] = made_string(made, "comment of round %u", round / 20);
  profile->comment_count = 2;
  profile->strings = made->strings;
  profile->types = made->types;
  profile->mappings = made->mappings;
  profile->functions = made->functions;
  profile->lines = made->lines;
  profile->locations = made->locations;
  profile->labels = made->labels;
  profile->frames = made->frames;
  profile->samples = made->samples;
  profile->values = made->values;
  profile->comments = made->comments;
  profile->type_count = types;
  profile->mapping_count = 2;
  profile->function_count = MADE_FUNCTIONS;
  profile->line_count = MADE_LOCATIONS * 2;
  profile->location_count = MADE_LOCATIONS;
}

static inline void made_labels(struct made_profile *made, unsigned number) {
  struct pyr__profile *profile = &made->profile;
  struct pyr__sample *sample = &made->samples[profile->sample_count];
  sample->first_label = profile->label_count;
  if (number % 3 == 0)
    made->labels[profile->label_count++] =
        (struct pyr__label){0, made_string(made, "route", 0),
                            made_string(made, "/path/%u", number % 4), 0};
  if (number % 4 == 0)
    made->labels[profile->label_count++] = (struct pyr__label){
        (int64_t)number * 512 - 1024, made_string(made, "bytes", 0), 0,
        number % 8 == 0 ? made_string(made, "bytes", 0) : 0};
  sample->label_count = profile->label_count - sample->first_label;
}

/* Some stacks are in every round, some come and go; some values stay. */
static inline void made_samples(struct made_profile *made, unsigned round,
                                uint64_t seed) {
  struct pyr__profile *profile = &made->profile;
  unsigned number, i, types = profile->type_count;
  for (number = 0; number < MADE_SAMPLES; number++) {
    struct pyr__sample *sample = &made->samples[profile->sample_count];
    int64_t *values = made->values + profile->sample_count * types;
    uint64_t state = seed + number;
    uint64_t change = (uint64_t)round * 1000 + number;
    unsigned depth = made_random(&state) % MADE_FRAMES;
    if ((number % 3 != 0 && made_random(&change) % 3 == 0) ||
        (number > 26 && round < 6))
      continue;
    sample->first_frame = profile->frame_count;
    sample->frame_count = depth;
    for (i = 0; i < depth; i++)
      made->frames[profile->frame_count++] =
          i + 3 >= depth ? i + 3 - depth : made_random(&state) % MADE_LOCATIONS;
    made_labels(made, number);
    for (i = 0; i < types; i++)
      values[i] = number % 2 ? 1 + made_random(&state) % 100
                             : (int64_t)(made_random(&change) % 1000) - 10;
    if (number == 7 && types > 1)
      values[1] = INT64_MAX - round;
    profile->sample_count++;
  }
}

/* The profile of a program (`seed`) in a round. */
static inline struct made_profile *
made_profile_new(unsigned round, unsigned types, uint64_t seed) {
  struct made_profile *made = calloc(1, sizeof(*made));
  made_string(made, "%.0u", 0); /* the empty string */
  made_tables(made);
  made_head(made, round, types);
  made_samples(made, round, seed);
  return made;
}

/* As a merge of it alone has it. */
static inline char *normal_text(struct pyr__memory *memory,
                                const struct pyr__profile *profile) {
  struct pyr__merge *merge;
  struct pyr__profile normal;
  char *text;
  assert_int_equal(pyr__merge_new(&merge, memory, 1 << 28, NULL), 0);
  assert_int_equal(pyr__merge_add(merge, profile, NULL), 0);
  assert_int_equal(pyr__merge_finish(merge, &normal, NULL), 0);
  text = profile_text(memory, &normal);
  pyr__merge_free(merge);
  return text;
}

/* ---- stores ------------------------------------------------------------- */

struct made_clock {
  int64_t monotonic_ns, wall_ns;
};

static inline int64_t made_monotonic(void *ctx) {
  return ((struct made_clock *)ctx)->monotonic_ns;
}

static inline int64_t made_wall(void *ctx) {
  return ((struct made_clock *)ctx)->wall_ns;
}

static inline void made_clock_init(struct made_clock *clock) {
  *clock = (struct made_clock){1000 * PYR__NS_PER_S,
                               INT64_C(1767323045) * PYR__NS_PER_S};
}

static inline void made_clock_step(struct made_clock *clock, int64_t ns) {
  clock->monotonic_ns += ns;
  clock->wall_ns += ns;
}

static inline struct pyr__store_options made_options(struct made_clock *clock) {
  return (struct pyr__store_options){
      .flush_interval_ns = PYR__NS_PER_S,
      .sync_interval_ns = 10 * PYR__NS_PER_S,
      .segment_max_bytes = PYR__DEFAULT_SEGMENT_BYTES,
      .segment_max_age_ns = 3600 * PYR__NS_PER_S,
      .dictionary_bytes = PYR__DEFAULT_DICTIONARY_BYTES,
      .buffer_bytes = PYR__DEFAULT_BUFFER_BYTES,
      .clock = {made_monotonic, made_wall, clock}};
}

/* Appends the profile under a series of its own name, at the clock's time. */
static inline int made_append(struct pyr__store *store,
                              const struct made_clock *clock, const char *name,
                              const struct pyr__profile *profile,
                              pyr_error_t *err) {
  const pyr_label_t labels[] = {{pyr__str("__name__"), pyr__str("shop")},
                                {pyr__str("env"), pyr__str("dev")},
                                {pyr__str("kind"), pyr__str(name)}};
  const struct pyr__store_profile meta = {.labels = labels,
                                          .label_count = 3,
                                          .profile_name = pyr__str(name),
                                          .type_name = pyr__str("process_cpu"),
                                          .time_ns = clock->wall_ns,
                                          .duration_ns = 10 * PYR__NS_PER_S};
  return pyr__store_append(store, &meta, profile, err);
}

/* ---- reading ------------------------------------------------------------ */

enum { MADE_MOST_READ = 256 };

struct made_read {
  size_t count;
  struct {
    int64_t time_ns;
    uint32_t series;
    int64_t totals[MADE_TYPES];
    uint32_t samples;
  } heads[MADE_MOST_READ];
  size_t bad;
  char first_bad[512];
};

static inline void made_note_bad(void *ctx, const char *text) {
  struct made_read *read = ctx;
  if (read->bad++ == 0)
    snprintf(read->first_bad, sizeof(read->first_bad), "%s", text);
}

struct made_each {
  struct made_read *read;
  struct pyr__segment *segment;
};

static inline int made_note_head(void *ctx,
                                 const struct pyr__stored_profile *profile) {
  struct made_each *each = ctx;
  struct made_read *read = each->read;
  size_t types =
      pyr__segment_series(each->segment, profile->series)->type_count;
  assert_true(read->count < MADE_MOST_READ);
  read->heads[read->count].time_ns = profile->time_ns;
  read->heads[read->count].series = profile->series;
  read->heads[read->count].samples = profile->sample_count;
  memset(read->heads[read->count].totals, 0, sizeof(int64_t) * MADE_TYPES);
  memcpy(read->heads[read->count].totals, profile->totals,
         (types < MADE_TYPES ? types : MADE_TYPES) * sizeof(int64_t));
  read->count++;
  return 0;
}

/* The heads of all profiles of a segment. */
static inline void made_read_heads(struct pyr__segment *segment,
                                   struct pyr__memory *memory,
                                   struct made_read *read) {
  struct made_each each = {read, segment};
  size_t series = pyr__segment_series_count(segment);
  uint8_t *wanted = pyr__alloc(memory, PYR__MEM_QUERY, series);
  memset(wanted, 1, series);
  read->count = 0;
  assert_int_equal(pyr__segment_each(segment, wanted, INT64_MIN, INT64_MAX,
                                     made_note_head, &each, NULL),
                   0);
  pyr__free(memory, wanted);
}

/* The samples of one profile in normal form, or NULL where it cannot be read.
 * The caller frees it. */
static inline char *made_read_text(struct pyr__segment *segment,
                                   struct pyr__memory *memory, uint32_t series,
                                   int64_t time_ns) {
  size_t count;
  uint8_t *wanted = pyr__calloc(memory, PYR__MEM_QUERY,
                                pyr__segment_series_count(segment), 1);
  const struct pyr__profile *profile;
  struct pyr__arena arena;
  char *text = NULL;
  pyr_error_t err;
  int rc;
  pyr__arena_init(&arena, memory, PYR__MEM_QUERY, 64 << 20);
  wanted[series] = 1;
  rc = pyr__segment_merge(segment, wanted, time_ns, time_ns + 1, &arena,
                          &profile, &count, &err);
  assert_int_equal(rc, 0);
  if (count > 0)
    text = normal_text(memory, profile);
  pyr__arena_release(&arena);
  pyr__free(memory, wanted);
  return text;
}

#endif

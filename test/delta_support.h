/* Made-up profiles for tests of differences: stacks out of a small universe,
 * with tables in any order. */
#ifndef TEST_DELTA_SUPPORT_H
#define TEST_DELTA_SUPPORT_H

#include <stdio.h>
#include <string.h>

#include "base/profile.h"
#include "base/str.h"

enum {
  MADE_FUNCTIONS = 7,
  MADE_FRAMES = 3, /* so there are 343 stacks */
  MADE_STACKS = MADE_FUNCTIONS * MADE_FUNCTIONS * MADE_FUNCTIONS,
  MADE_SAMPLES = 2 * MADE_STACKS,
  MADE_COLUMNS = 4,
  MADE_TEXTS = 8 /* strings before the functions' */
};

struct made {
  struct pyr__profile profile;
  char texts[MADE_FUNCTIONS][16];
  pyr_str_t strings[MADE_TEXTS + MADE_FUNCTIONS];
  struct pyr__value_type types[MADE_COLUMNS];
  struct pyr__mapping mappings[2];
  struct pyr__function functions[MADE_FUNCTIONS];
  struct pyr__line lines[MADE_FUNCTIONS];
  struct pyr__location locations[MADE_FUNCTIONS];
  struct pyr__label labels[2 * MADE_SAMPLES];
  uint32_t frames[MADE_FRAMES * MADE_SAMPLES];
  struct pyr__sample samples[MADE_SAMPLES];
  int64_t values[MADE_COLUMNS * MADE_SAMPLES];
  uint32_t turn; /* where the tables begin */
};

/* The place of function `id` in tables that begin at `turn`. */
static inline uint32_t made_at(const struct made *made, uint32_t id) {
  return (id + made->turn) % MADE_FUNCTIONS;
}

static inline void made_program(struct made *made, const char *build_id,
                                uint64_t start) {
  made->strings[5] = pyr__str(build_id);
  made->mappings[0].start = start;
  made->mappings[0].limit = start + 0x10000;
}

/* `columns` types, no samples; `turn` moves what is in the tables. */
static inline void made_begin(struct made *made, uint32_t columns,
                              uint32_t turn) {
  static const char *const texts[MADE_TEXTS] = {
      "", "alloc_space", "bytes", "bar", "/a.go", "", "foo", "/bin/program"};
  struct pyr__profile *p = &made->profile;
  uint32_t i, at;

  memset(p, 0, sizeof(*p));
  made->turn = turn;
  for (i = 0; i < MADE_TEXTS; i++)
    made->strings[i] = pyr__str(texts[i]);
  for (i = 0; i < MADE_COLUMNS; i++)
    made->types[i] = (struct pyr__value_type){i % 2 + 1, 2};
  made->mappings[0] = (struct pyr__mapping){.filename = 7, .build_id = 5};
  made_program(made, "first", 0x400000);
  for (i = 0; i < MADE_FUNCTIONS; i++) {
    at = made_at(made, i);
    snprintf(made->texts[i], sizeof(made->texts[i]), "function%u", i);
    made->strings[MADE_TEXTS + at] = pyr__str(made->texts[i]);
    made->functions[at] = (struct pyr__function){
        .name = MADE_TEXTS + at, .system_name = MADE_TEXTS + at, .filename = 4};
    made->lines[at] = (struct pyr__line){.line = i + 1, .function = at};
    made->locations[at] = (struct pyr__location){
        .address = 0x400000 + i, .first_line = at, .line_count = 1};
  }
  p->strings = made->strings;
  p->string_count = MADE_TEXTS + MADE_FUNCTIONS;
  p->types = made->types;
  p->type_count = columns;
  p->mappings = made->mappings;
  p->mapping_count = 1;
  p->functions = made->functions;
  p->lines = made->lines;
  p->locations = made->locations;
  p->function_count = p->line_count = p->location_count = MADE_FUNCTIONS;
  p->labels = made->labels;
  p->frames = made->frames;
  p->samples = made->samples;
  p->values = made->values;
}

/* A sample of the stack with that number. */
static inline void made_add(struct made *made, uint32_t stack,
                            const int64_t *values) {
  struct pyr__profile *p = &made->profile;
  uint32_t i, rest = stack;

  made->samples[p->sample_count] = (struct pyr__sample){
      p->frame_count, MADE_FRAMES, p->label_count, stack % 3};
  for (i = 0; i < MADE_FRAMES; i++, rest /= MADE_FUNCTIONS)
    made->frames[p->frame_count++] = made_at(made, rest % MADE_FUNCTIONS);
  for (i = 0; i < stack % 3; i++) /* in one order now, in the other then */
    made->labels[p->label_count++] =
        stack % 3 == 1 || (i + made->turn) % 2 == 0
            ? (struct pyr__label){.key = 6, .string = 3}
            : (struct pyr__label){.key = 6, .number = 512, .unit = 2};
  memcpy(made->values + (size_t)p->sample_count * p->type_count, values,
         p->type_count * sizeof(*values));
  p->sample_count++;
}

/* Which stack a sample of a result is of; its profile must share the tables. */
static inline uint32_t made_stack(const struct made *made,
                                  const struct pyr__profile *profile,
                                  uint32_t sample) {
  const uint32_t *frames =
      profile->frames + profile->samples[sample].first_frame;
  uint32_t stack = 0, i;
  for (i = MADE_FRAMES; i-- > 0;)
    stack = stack * MADE_FUNCTIONS +
            (frames[i] + MADE_FUNCTIONS - made->turn % MADE_FUNCTIONS) %
                MADE_FUNCTIONS;
  return stack;
}

#endif

/* Profiles to merge and to export, written by hand. */
#ifndef TEST_QUERY_SUPPORT_H
#define TEST_QUERY_SUPPORT_H

#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/profile.h"
#include "base/str.h"
#include "query/export.h"

enum { PROFILE_STRINGS = 32 };

/* Two types, a mapping at `start`, main -> (inlined) work -> an address in
 * libc, and main -> idle; the tables are in the order of `turned`, which must
 * not matter. */
struct hand_profile {
  struct pyr__profile profile;
  pyr_str_t strings[PROFILE_STRINGS];
  struct pyr__value_type types[2];
  struct pyr__mapping mappings[2];
  struct pyr__function functions[3];
  struct pyr__line lines[4];
  struct pyr__location locations[4];
  struct pyr__label labels[4];
  uint32_t frames[5];
  struct pyr__sample samples[3];
  int64_t values[6];
  uint32_t comments[2];
};

static inline uint32_t hand_string(struct hand_profile *hand,
                                   const char *text) {
  uint32_t i;
  for (i = 0; i < hand->profile.string_count; i++)
    if (pyr__str_is(hand->strings[i], text))
      return i;
  hand->strings[i] = pyr__str(text);
  hand->profile.string_count++;
  return i;
}

static inline void hand_tables(struct hand_profile *hand, uint64_t start,
                               int turned) {
  uint32_t main_f = turned ? 2 : 0, work_f = 1, idle_f = turned ? 0 : 2;
  uint32_t program = turned ? 1 : 0, libc = turned ? 0 : 1;
  uint32_t file = hand_string(hand, "/src/main.go");
  hand->mappings[program] =
      (struct pyr__mapping){start,
                            start + 0x2000,
                            0,
                            hand_string(hand, "/usr/bin/shop"),
                            hand_string(hand, "b01d"),
                            PYR__MAPPING_HAS_FUNCTIONS};
  hand->mappings[libc] =
      (struct pyr__mapping){0x7f0000000000,
                            0x7f0000001000,
                            0x1000,
                            hand_string(hand, "/lib/libc.so.6"),
                            0,
                            0};
  hand->functions[main_f] = (struct pyr__function){
      10, hand_string(hand, "main.main"), hand_string(hand, "main.main"), file};
  hand->functions[work_f] = (struct pyr__function){
      20, hand_string(hand, "main.work"), hand_string(hand, "main.work"), file};
  hand->functions[idle_f] =
      (struct pyr__function){30, hand_string(hand, "main;idle\n"),
                             hand_string(hand, "main;idle\n"), file};
  hand->lines[0] = (struct pyr__line){21, 0, work_f};
  hand->lines[1] = (struct pyr__line){11, 0, main_f};
  hand->lines[2] = (struct pyr__line){31, 0, idle_f};
  hand->lines[3] = (struct pyr__line){12, 0, main_f};
  hand->locations[0] = (struct pyr__location){0x7f0000000123, libc, 0, 0, 0};
  hand->locations[1] = (struct pyr__location){start + 0x100, program, 0, 2, 0};
  hand->locations[2] = (struct pyr__location){start + 0x200, program, 2, 1, 0};
  hand->locations[3] = (struct pyr__location){start + 0x300, program, 3, 1, 0};
}

/* Sample 0: libc <- work <- main, 1: idle <- main, 2: as 1 with labels. */
static inline void hand_samples(struct hand_profile *hand, int turned) {
  static const uint32_t frames[] = {0, 1, 2, 3, 2};
  uint32_t tenant = hand_string(hand, "tenant");
  struct pyr__label text = {0, tenant, hand_string(hand, "acme"), 0};
  struct pyr__label other = {0, hand_string(hand, "route"),
                             hand_string(hand, "/pay"), 0};
  struct pyr__label number = {512, hand_string(hand, "bytes"), 0,
                              hand_string(hand, "bytes")};
  memcpy(hand->frames, frames, sizeof(frames));
  hand->samples[0] = (struct pyr__sample){0, 2, 0, 0};
  hand->samples[1] = (struct pyr__sample){2, 2, 0, 0};
  hand->samples[2] = (struct pyr__sample){2, 2, 0, 3};
  hand->labels[turned ? 2 : 0] = other;
  hand->labels[1] = text;
  hand->labels[turned ? 0 : 2] = number;
}

static inline void hand_head(struct hand_profile *hand) {
  struct pyr__profile *profile = &hand->profile;
  hand->types[0] = (struct pyr__value_type){hand_string(hand, "samples"),
                                            hand_string(hand, "count")};
  hand->types[1] = (struct pyr__value_type){hand_string(hand, "cpu"),
                                            hand_string(hand, "nanoseconds")};
  profile->period_type = hand->types[1];
  profile->period = 10000000;
  profile->time_ns = INT64_C(1767323045000000000);
  profile->duration_ns = INT64_C(10000000000);
  profile->strings = hand->strings;
  profile->types = hand->types;
  profile->mappings = hand->mappings;
  profile->functions = hand->functions;
  profile->lines = hand->lines;
  profile->locations = hand->locations;
  profile->labels = hand->labels;
  profile->frames = hand->frames;
  profile->samples = hand->samples;
  profile->values = hand->values;
  profile->comments = hand->comments;
  profile->type_count = 2;
  profile->mapping_count = 2;
  profile->function_count = 3;
  profile->line_count = 4;
  profile->location_count = 4;
  profile->label_count = 3;
  profile->frame_count = 4;
  profile->sample_count = 3;
}

static inline struct hand_profile *hand_profile_new(uint64_t start,
                                                    int turned) {
  static const int64_t values[] = {3, 30000000, 1, 10000000, 2, 20000000};
  struct hand_profile *hand = calloc(1, sizeof(*hand));
  hand_string(hand, "");
  if (turned)
    hand_string(hand, "unused");
  hand_tables(hand, start, turned);
  hand_samples(hand, turned);
  hand_head(hand);
  memcpy(hand->values, values, sizeof(values));
  return hand;
}

/* An output that keeps everything. */
struct kept_text {
  char text[65536];
  size_t len;
  size_t fail_at; /* the n-th write fails, from 1; 0: none */
  size_t writes;
};

static inline int keep_text(void *ctx, const void *data, size_t len,
                            pyr_error_t *err) {
  struct kept_text *kept = ctx;
  if (++kept->writes == kept->fail_at)
    return pyr__error_errno(err, ENOSPC, "out");
  assert_true(kept->len + len < sizeof(kept->text));
  memcpy(kept->text + kept->len, data, len);
  kept->len += len;
  kept->text[kept->len] = '\0';
  return 0;
}

#endif

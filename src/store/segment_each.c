/* Profiles by their heads alone. */
#include "store/segment.h"

#include <string.h>

int pyr__segment_read_heads(struct pyr__segment *segment, uint32_t number,
                            pyr_error_t *err) {
  struct pyr__segment_frame *frame =
      (struct pyr__segment_frame *)segment->frames.items + number;
  pyr_str_t payload;
  int rc;

  segment->heads.heads.count = segment->heads.totals.count = 0;
  if (frame->is_bad)
    return 0;
  rc =
      pyr__segment_read(segment, frame->at, PYR__FRAME_PROFILES, &payload, err);
  if (rc == 0) {
    rc = pyr__heads_decode(&segment->heads, payload.base, payload.len,
                           frame->at);
    if (rc == PYR_ESTORE)
      pyr__segment_bad(segment, frame->at, "malformed heads");
    else if (rc != 0)
      return pyr__error_nomem(err);
  }
  if (rc == PYR_ESTORE) {
    frame->is_bad = 1;
    rc = 0;
  }
  return rc;
}

int pyr__segment_frames_of(struct pyr__segment *segment, const uint8_t *wanted,
                           uint8_t **out, pyr_error_t *err) {
  const uint32_t *places = segment->places.items;
  uint32_t series, i;
  uint8_t *frames = pyr__calloc(segment->memory, PYR__MEM_STORE_READER,
                                segment->frames.count, 1);
  if (frames == NULL) {
    pyr__error_nomem(err);
    return PYR__ENOMEM;
  }
  if (!segment->has_places && segment->frames.count > 0)
    memset(frames, 1, segment->frames.count);
  for (series = 0; segment->has_places && series < segment->series_count;
       series++)
    for (i = places[series]; wanted[series] && i < places[series + 1]; i++)
      frames[places[i]] = 1;
  *out = frames;
  return 0;
}

int pyr__segment_is_wanted(const struct pyr__segment *segment,
                           const struct pyr__head *head,
                           const uint8_t *wanted) {
  return head->series < segment->series_count && wanted[head->series] &&
         head->type_count == segment->series[head->series].type_count;
}

static int visit_frame(struct pyr__segment *segment, const uint8_t *wanted,
                       int64_t from_ns, int64_t to_ns, uint32_t number,
                       int (*each)(void *ctx,
                                   const struct pyr__stored_profile *profile),
                       void *ctx) {
  uint32_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < segment->heads.heads.count; i++) {
    const struct pyr__head *head = pyr__heads_at(&segment->heads, i);
    struct pyr__stored_profile profile = {
        .series = head->series,
        .time_ns = head->time_ns,
        .duration_ns = head->duration_ns,
        .sample_count = head->sample_count,
        .totals = pyr__heads_totals(&segment->heads, head),
        .position = (uint64_t)number << 32 | i};
    if (pyr__segment_is_wanted(segment, head, wanted) &&
        head->time_ns >= from_ns && head->time_ns < to_ns)
      rc = each(ctx, &profile);
  }
  return rc;
}

int pyr__segment_each(struct pyr__segment *segment, const uint8_t *wanted,
                      int64_t from_ns, int64_t to_ns,
                      int (*each)(void *ctx,
                                  const struct pyr__stored_profile *profile),
                      void *ctx, pyr_error_t *err) {
  const struct pyr__segment_frame *frames = segment->frames.items;
  uint8_t *chosen;
  uint32_t i;
  int rc = pyr__segment_frames_of(segment, wanted, &chosen, err);

  if (rc != 0)
    return rc;
  for (i = 0; rc == 0 && i < segment->frames.count; i++) {
    if (!chosen[i] || frames[i].from_ns >= to_ns || frames[i].to_ns < from_ns)
      continue;
    rc = pyr__segment_read_heads(segment, i, err);
    if (rc == 0)
      rc = visit_frame(segment, wanted, from_ns, to_ns, i, each, ctx);
  }
  pyr__free(segment->memory, chosen);
  return rc;
}

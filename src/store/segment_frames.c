/* Reading frames, and finding them where nothing says where they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "store/pack.h"
#include "store/segment.h"

enum { WINDOW = 64 * 1024, MOST_REPORTED = 256 };

void pyr__segment_report(const struct pyr__segment *segment, const char *format,
                         ...) {
  char what[128], text[PYR_ERROR_TEXT];
  va_list args;
  if (segment->on_bad == NULL)
    return;
  va_start(args, format);
  vsnprintf(what, sizeof(what), format, args);
  va_end(args);
  snprintf(text, sizeof(text), "%.*s: %s", (int)sizeof(text) / 2, segment->path,
           what);
  segment->on_bad(segment->ctx, text);
}

static int fail(const struct pyr__segment *segment, int rc, pyr_error_t *err) {
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "%s: the frame does not fit into memory",
                      segment->path);
  return pyr__error_errno(err, -rc, segment->path);
}

/* All of `len` bytes, or an error: the file was longer before. */
static int read_all(struct pyr__segment *segment, void *out, size_t len,
                    uint64_t at) {
  uint8_t *to = out;
  while (len > 0) {
    ssize_t count =
        segment->io.read_at(segment->io.ctx, segment->fd, to, len, at);
    if (count <= 0)
      return count == 0 ? -EIO : (int)count;
    to += count;
    at += (uint64_t)count;
    len -= (size_t)count;
  }
  return 0;
}

/* `len` bytes at `at`, which are in the file, or NULL and an error. */
static const uint8_t *view(struct pyr__segment *segment, uint64_t at,
                           size_t len, int *rc) {
  uint64_t left = segment->size - at;
  if (at >= segment->window_at &&
      at + len <= segment->window_at + segment->window_len)
    return segment->window + (at - segment->window_at);
  segment->window_len = 0;
  *rc = read_all(segment, segment->window, left < WINDOW ? left : WINDOW, at);
  if (*rc != 0)
    return NULL;
  segment->window_at = at;
  segment->window_len = left < WINDOW ? left : WINDOW;
  return segment->window;
}

/* 1: a header is there, and its frame ends within the file; 0: none; -errno. */
static int header_at(struct pyr__segment *segment, uint64_t at,
                     struct pyr__frame *out) {
  const uint8_t *header;
  int rc = 0;
  if (at > segment->size || segment->size - at < PYR__FRAME_HEADER)
    return 0;
  header = view(segment, at, PYR__FRAME_HEADER, &rc);
  if (header == NULL)
    return rc < 0 ? rc : -EIO;
  return pyr__frame_header_read(header, segment->salt, at, out) == 0;
}

static uint64_t end_of(const struct pyr__frame *frame) {
  return frame->at + PYR__FRAME_HEADER + frame->length;
}

int pyr__segment_peek(struct pyr__segment *segment, uint64_t at,
                      struct pyr__frame *out) {
  int rc = header_at(segment, at, out);
  return rc == 1 ? end_of(out) <= segment->size : rc;
}

/* From the window where it is short, as the next frame's then is there too. */
static int read_payload(struct pyr__segment *segment,
                        const struct pyr__frame *frame, uint8_t *out) {
  uint64_t at = frame->at + PYR__FRAME_HEADER;
  const uint8_t *bytes;
  int rc = 0;
  if (frame->length > WINDOW / 4)
    return read_all(segment, out, frame->length, at);
  bytes = view(segment, at, frame->length, &rc);
  if (bytes != NULL && frame->length > 0)
    memcpy(out, bytes, frame->length);
  return rc;
}

/* 1: the payload is in `stored`; 0: its checksum differs; or an error. */
static int load(struct pyr__segment *segment, const struct pyr__frame *frame) {
  struct pyr__buf *stored = &segment->stored;
  uint32_t crc = pyr__frame_crc_begin(segment->salt, frame);
  int rc;

  pyr__buf_clear(stored);
  rc = pyr__buf_reserve(stored, (size_t)frame->length + 1);
  if (rc == 0)
    rc = read_payload(segment, frame, stored->data);
  if (rc != 0)
    return rc;
  stored->len = frame->length;
  return pyr__crc32c(crc, stored->data, stored->len) == frame->crc;
}

int pyr__segment_bad(struct pyr__segment *segment, uint64_t at,
                     const char *what) {
  uint64_t *reported = segment->reported.items;
  uint32_t i;
  for (i = 0; i < segment->reported.count; i++)
    if (reported[i] == at)
      return PYR_ESTORE;
  pyr__segment_report(segment, "frame at %" PRIu64 ": %s, skipped", at, what);
  /* Without memory, or past many, one may be reported again. */
  if (segment->reported.count < MOST_REPORTED &&
      pyr__rows_reserve(&segment->reported, 1) == 0)
    ((uint64_t *)segment->reported.items)[segment->reported.count++] = at;
  return PYR_ESTORE;
}

int pyr__segment_read(struct pyr__segment *segment, uint64_t at,
                      enum pyr__frame_type type, pyr_str_t *out,
                      pyr_error_t *err) {
  struct pyr__frame frame;
  const struct pyr__buf *payload = &segment->stored;
  int rc = header_at(segment, at, &frame);

  if (rc < 0)
    return fail(segment, rc, err);
  if (rc == 0 || frame.type != type || end_of(&frame) > segment->size)
    return pyr__segment_bad(segment, at, "damaged header");
  rc = load(segment, &frame);
  if (rc < 0)
    return fail(segment, rc, err);
  if (rc == 0)
    return pyr__segment_bad(segment, at, "checksum differs");
  if (frame.is_deflated) {
    rc = pyr__pack_inflate(segment->memory, segment->stored.data,
                           segment->stored.len, &segment->inflated);
    if (rc == PYR__ENOMEM)
      return fail(segment, rc, err);
    if (rc != 0)
      return pyr__segment_bad(segment, at, "corrupt compressed data");
    payload = &segment->inflated;
  }
  *out = (pyr_str_t){(const char *)payload->data, payload->len};
  return 0;
}

int pyr__segment_read_dictionary(struct pyr__segment *segment, uint64_t at,
                                 pyr_error_t *err) {
  const char *what = NULL;
  pyr_str_t payload = {NULL, 0};
  uint32_t most = segment->lost_bytes > PYR__LIMIT_FRAME_BYTES
                      ? PYR__LIMIT_FRAME_BYTES
                      : (uint32_t)segment->lost_bytes;
  int rc = pyr__segment_read(segment, at, PYR__FRAME_DICTIONARY, &payload, err);

  if (rc != 0)
    return rc;
  rc = pyr__tables_decode(&segment->tables, payload.base, payload.len, most,
                          &what);
  if (rc == PYR_ESTORE)
    return pyr__segment_bad(segment, at, what);
  if (rc == 0 &&
      pyr__tables_bytes_held(&segment->tables) > PYR__LIMIT_SEGMENT_TABLES)
    rc = PYR_ELIMIT;
  return rc != 0 ? fail(segment, rc, err) : 0;
}

/* ---- without a footer --------------------------------------------------- */

/* The next frame behind `at` that is whole, or the file's end.  What is read
 * for that is bounded, whatever the file holds. */
static int find_next(struct pyr__segment *segment, uint64_t at, uint64_t *out) {
  uint64_t budget = 4 * segment->size + PYR__MIB;
  struct pyr__frame frame;
  int rc = 0;

  for (at++; at + PYR__FRAME_HEADER <= segment->size; at++) {
    rc = header_at(segment, at, &frame);
    if (rc < 0)
      return rc;
    if (rc == 0 || end_of(&frame) > segment->size)
      continue;
    if (frame.length > budget)
      break;
    budget -= frame.length;
    rc = load(segment, &frame);
    if (rc < 0)
      return rc;
    if (rc == 1) {
      *out = at;
      return 0;
    }
  }
  *out = segment->size;
  return 0;
}

static int note_profiles(struct pyr__segment *segment, uint64_t at,
                         pyr_error_t *err) {
  struct pyr__segment_frame *frame;
  uint32_t i;
  int rc = pyr__rows_reserve(&segment->frames, 1);
  if (rc != 0)
    return fail(segment, rc, err);
  frame = (struct pyr__segment_frame *)segment->frames.items +
          segment->frames.count++;
  *frame = (struct pyr__segment_frame){at, INT64_MAX, INT64_MIN, 0};
  rc = pyr__segment_read_heads(segment, segment->frames.count - 1, err);
  for (i = 0; rc == 0 && i < segment->heads.heads.count; i++) {
    int64_t time = pyr__heads_at(&segment->heads, i)->time_ns;
    frame->from_ns = time < frame->from_ns ? time : frame->from_ns;
    frame->to_ns = time > frame->to_ns ? time : frame->to_ns;
  }
  if (frame->is_bad)
    segment->frames.count--;
  return rc;
}

static int visit(struct pyr__segment *segment, const struct pyr__frame *frame,
                 pyr_error_t *err) {
  int rc = 0;
  if (frame->type == PYR__FRAME_DICTIONARY)
    rc = pyr__segment_read_dictionary(segment, frame->at, err);
  else if (frame->type == PYR__FRAME_PROFILES)
    rc = note_profiles(segment, frame->at, err);
  if (rc == PYR_ESTORE) {
    segment->lost_bytes += frame->length * (uint64_t)PYR__LIMIT_LOST_RATIO;
    rc = 0;
  }
  return rc;
}

/* What is at `at` is no frame: goes on with the next one. */
static int skip(struct pyr__segment *segment, uint64_t *at, pyr_error_t *err) {
  uint64_t next;
  int rc = find_next(segment, *at, &next);
  if (rc != 0)
    return fail(segment, rc, err);
  pyr__segment_report(segment,
                      "no frame at %" PRIu64 ", %" PRIu64 " bytes skipped", *at,
                      next - *at);
  segment->lost_bytes += (next - *at) * PYR__LIMIT_LOST_RATIO;
  *at = next;
  return 0;
}

int pyr__segment_walk(struct pyr__segment *segment, pyr_error_t *err) {
  uint64_t at = PYR__SEGMENT_HEADER;
  struct pyr__frame frame;
  int rc = 0;

  /* Less than a header, or less than its frame, is the torn end of a write. */
  while (rc == 0 && at + PYR__FRAME_HEADER <= segment->size) {
    rc = header_at(segment, at, &frame);
    if (rc < 0)
      return fail(segment, rc, err);
    if (rc == 0) {
      rc = skip(segment, &at, err);
      continue;
    }
    if (end_of(&frame) > segment->size)
      break;
    rc = visit(segment, &frame, err);
    at = end_of(&frame);
  }
  segment->has_tables = 1;
  return rc;
}

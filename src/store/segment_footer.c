/* What a footer says of its segment. */
#include "store/segment.h"

struct footer {
  struct pyr__segment *segment;
  struct pyr__reader in;
};

static int get(struct footer *footer, uint64_t *out) {
  return pyr__read_varint(&footer->in, out) == 0 ? 0 : PYR_ESTORE;
}

/* A count of things that take a byte each at least. */
static int get_count(struct footer *footer, uint32_t *out) {
  uint64_t count;
  if (get(footer, &count) != 0 || count > pyr__reader_left(&footer->in))
    return PYR_ESTORE;
  *out = (uint32_t)count;
  return 0;
}

static int take_series(struct footer *footer) {
  struct pyr__tables *tables = &footer->segment->footer;
  const char *what;
  uint64_t len;
  pyr_str_t bytes;
  if (get(footer, &len) != 0 || len > pyr__reader_left(&footer->in) ||
      pyr__read_bytes(&footer->in, (size_t)len, &bytes) != 0)
    return PYR_ESTORE;
  return pyr__tables_decode(tables, bytes.base, bytes.len, 0, &what);
}

static int take_dictionaries(struct footer *footer) {
  struct pyr__rows *rows = &footer->segment->dictionaries;
  uint64_t at = 0, gap;
  uint32_t count, i;
  int rc = get_count(footer, &count);
  if (rc == 0)
    rc = pyr__rows_reserve(rows, (size_t)count + 1);
  for (i = 0; rc == 0 && i < count; i++) {
    rc = get(footer, &gap);
    at += gap;
    ((uint64_t *)rows->items)[rows->count++] = at;
  }
  return rc;
}

static int take_frames(struct footer *footer) {
  struct pyr__rows *rows = &footer->segment->frames;
  struct pyr__segment_frame frame = {0};
  uint32_t count, i;
  int rc = get_count(footer, &count);
  if (rc == 0)
    rc = pyr__rows_reserve(rows, (size_t)count + 1);
  for (i = 0; rc == 0 && i < count; i++) {
    uint64_t gap = 0, from = 0, length = 0;
    rc = get(footer, &gap);
    if (rc == 0)
      rc = get(footer, &from);
    if (rc == 0)
      rc = get(footer, &length);
    frame.at += gap;
    frame.from_ns =
        (int64_t)((uint64_t)frame.from_ns + (uint64_t)pyr__unzigzag(from));
    frame.to_ns = (int64_t)((uint64_t)frame.from_ns + length);
    ((struct pyr__segment_frame *)rows->items)[rows->count++] = frame;
  }
  return rc;
}

static int take_places(struct footer *footer) {
  struct pyr__segment *segment = footer->segment;
  struct pyr__rows *rows = &segment->places;
  uint32_t series = pyr__tables_count(&segment->footer, PYR__TABLE_series);
  uint32_t count, i, j;
  uint64_t profiles;
  int rc = pyr__rows_reserve(rows, (size_t)series + 1 +
                                       pyr__reader_left(&footer->in));
  if (rc != 0)
    return rc;
  rows->count = series + 1;
  for (i = 0; i < series; i++) {
    uint64_t next = 0, gap;
    ((uint32_t *)rows->items)[i] = rows->count;
    rc = get(footer, &profiles);
    if (rc == 0)
      rc = get_count(footer, &count);
    for (j = 0; rc == 0 && j < count; j++) {
      rc = get(footer, &gap);
      if (rc == 0 &&
          (gap >= segment->frames.count || next + gap >= segment->frames.count))
        rc = PYR_ESTORE;
      next += gap;
      ((uint32_t *)rows->items)[rows->count++] = (uint32_t)next++;
    }
    if (rc != 0)
      return rc;
  }
  ((uint32_t *)rows->items)[series] = rows->count;
  return 0;
}

static void forget(struct pyr__segment *segment) {
  const struct pyr__tables_mark mark = {.counts = {[PYR__TABLE_strings] = 1,
                                                   [PYR__TABLE_label_sets] = 1,
                                                   [PYR__TABLE_stacks] = 1}};
  pyr__tables_cut(&segment->footer, &mark);
  segment->dictionaries.count = segment->frames.count = 0;
  segment->places.count = 0;
}

static int take(struct pyr__segment *segment, pyr_str_t payload) {
  struct footer footer = {segment, pyr__reader_of(payload.base, payload.len)};
  int rc = take_series(&footer);
  if (rc == 0)
    rc = take_dictionaries(&footer);
  if (rc == 0)
    rc = take_frames(&footer);
  if (rc == 0)
    rc = take_places(&footer);
  if (rc == 0 && pyr__reader_left(&footer.in) > 0)
    rc = PYR_ESTORE;
  if (rc != 0)
    forget(segment);
  return rc;
}

int pyr__segment_read_footer(struct pyr__segment *segment, pyr_error_t *err) {
  const uint64_t tail = PYR__FRAME_HEADER + PYR__END_PAYLOAD;
  struct pyr__reader in;
  struct pyr__frame end;
  pyr_str_t payload;
  uint64_t at;
  int rc;

  if (segment->size < PYR__SEGMENT_HEADER + tail)
    return 0;
  rc = pyr__segment_peek(segment, segment->size - tail, &end);
  if (rc < 0)
    return pyr__error_errno(err, -rc, segment->path);
  if (rc == 0 || end.type != PYR__FRAME_END)
    return 0;
  rc = pyr__segment_read(segment, end.at, PYR__FRAME_END, &payload, err);
  in = pyr__reader_of(payload.base, rc == 0 ? payload.len : 0);
  if (rc == 0 && pyr__read_le64(&in, &at) == 0)
    rc = pyr__segment_read(segment, at, PYR__FRAME_FOOTER, &payload, err);
  if (rc == PYR_ESTORE)
    return 0;
  if (rc != 0)
    return rc;
  rc = take(segment, payload);
  if (rc == PYR_ESTORE) {
    pyr__segment_bad(segment, at, "malformed footer");
    return 0;
  }
  if (rc != 0)
    return pyr__error_nomem(err);
  segment->has_places = 1;
  segment->series_from = &segment->footer;
  return 1;
}

#include "store/segment.h"

#include <string.h>

#include "base/limits.h"
#include "base/type_id.h"

enum { WINDOW = 64 * 1024 };

static void init(struct pyr__segment *segment) {
  struct pyr__memory *memory = segment->memory;
  enum pyr__purpose purpose = PYR__MEM_STORE_READER;
  pyr__arena_init(&segment->arena, memory, purpose, PYR__LIMIT_SEGMENT_TABLES);
  pyr__rows_init(&segment->frames, memory, purpose,
                 sizeof(struct pyr__segment_frame));
  pyr__rows_init(&segment->dictionaries, memory, purpose, sizeof(uint64_t));
  pyr__rows_init(&segment->places, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&segment->reported, memory, purpose, sizeof(uint64_t));
  pyr__heads_init(&segment->heads, memory, purpose);
  pyr__buf_init(&segment->stored, memory, purpose, SIZE_MAX);
  pyr__buf_init(&segment->inflated, memory, purpose, SIZE_MAX);
}

void pyr__segment_close(struct pyr__segment *segment) {
  if (segment == NULL)
    return;
  if (segment->fd >= 0)
    segment->io.close(segment->io.ctx, segment->fd);
  pyr__tables_release(&segment->tables);
  pyr__tables_release(&segment->footer);
  pyr__arena_release(&segment->arena);
  pyr__rows_release(&segment->frames);
  pyr__rows_release(&segment->dictionaries);
  pyr__rows_release(&segment->places);
  pyr__rows_release(&segment->reported);
  pyr__heads_release(&segment->heads);
  pyr__buf_release(&segment->stored);
  pyr__buf_release(&segment->inflated);
  pyr__free(segment->memory, segment->window);
  pyr__free(segment->memory, segment->path);
  pyr__free(segment->memory, segment);
}

/* ---- series ------------------------------------------------------------- */

static int type_id(struct pyr__segment *segment, pyr_str_t type_name,
                   const struct pyr__value_type_text *type,
                   const struct pyr__value_type_text *period, pyr_str_t *out) {
  const pyr_str_t parts[PYR__TYPE_ID_PARTS] = {
      type_name, type->type, type->unit, period->type, period->unit};
  return pyr__type_id_make(&segment->arena, parts, out) == 0 ? 0 : PYR__ENOMEM;
}

static int view_labels(struct pyr__segment *segment,
                       const struct pyr__series_row *row,
                       struct pyr__series *out) {
  const struct pyr__tables *tables = segment->series_from;
  const uint32_t *words = pyr__tables_words(tables) + row->first_word;
  pyr_label_t *labels =
      pyr__arena_alloc(&segment->arena, row->label_count, sizeof(*labels));
  uint32_t i;
  if (labels == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < row->label_count; i++) {
    labels[i].name = pyr__tables_text(tables, *words++);
    labels[i].value = pyr__tables_text(tables, *words++);
  }
  out->labels = labels;
  out->label_count = row->label_count;
  return 0;
}

static int view_types(struct pyr__segment *segment,
                      const struct pyr__series_row *row,
                      struct pyr__series *out) {
  const struct pyr__tables *tables = segment->series_from;
  const uint32_t *words = pyr__tables_words(tables) + row->first_word +
                          (size_t)row->label_count * 2;
  struct pyr__value_type_text *types =
      pyr__arena_alloc(&segment->arena, row->type_count, sizeof(*types));
  pyr_str_t *ids =
      pyr__arena_alloc(&segment->arena, row->type_count, sizeof(*ids));
  uint32_t i;
  int rc = types == NULL || ids == NULL ? PYR__ENOMEM : 0;
  for (i = 0; rc == 0 && i < row->type_count; i++) {
    types[i].type = pyr__tables_text(tables, *words++);
    types[i].unit = pyr__tables_text(tables, *words++);
    rc =
        type_id(segment, out->type_name, &types[i], &out->period_type, &ids[i]);
  }
  out->value_types = types;
  out->types = ids;
  out->type_count = row->type_count;
  return rc;
}

static int view_series(struct pyr__segment *segment, uint32_t id) {
  const struct pyr__tables *tables = segment->series_from;
  const struct pyr__series_row *row = pyr__tables_series(tables) + id;
  struct pyr__series *out = &segment->series[id];
  int rc;
  *out = (struct pyr__series){
      .profile_name = pyr__tables_text(tables, row->profile_name),
      .type_name = pyr__tables_text(tables, row->type_name),
      .period_type = {pyr__tables_text(tables, row->period_type.type),
                      pyr__tables_text(tables, row->period_type.unit)}};
  rc = view_labels(segment, row, out);
  return rc != 0 ? rc : view_types(segment, row, out);
}

/* The texts stay where they are: no series is added after this. */
static int view_all_series(struct pyr__segment *segment, pyr_error_t *err) {
  uint32_t id,
      count = pyr__tables_count(segment->series_from, PYR__TABLE_series);
  int rc = 0;
  segment->series =
      pyr__arena_alloc(&segment->arena, count, sizeof(*segment->series));
  if (segment->series == NULL)
    rc = PYR__ENOMEM;
  for (id = 0; rc == 0 && id < count; id++)
    rc = view_series(segment, id);
  if (rc != 0)
    return pyr__arena_error(&segment->arena, 4096, "the series of a segment",
                            err);
  segment->series_count = count;
  return 0;
}

/* ---- opening ------------------------------------------------------------ */

static int wrong_version(struct pyr__segment *segment, int version,
                         pyr_error_t *err) {
  return pyr__error(err, PYR_ESTORE,
                    "%s: segment version %d; this Pyrite reads version %d",
                    segment->path, version, PYR__SEGMENT_VERSION);
}

/* Where the two salts differ, that one is right with which a frame is at the
 * beginning or at the end. */
static int choose_salt(struct pyr__segment *segment,
                       const struct pyr__segment_header *header) {
  const uint64_t tail = PYR__FRAME_HEADER + PYR__END_PAYLOAD;
  struct pyr__frame frame;
  size_t i;
  for (i = 0; i < 2; i++) {
    segment->salt = header->salts[i];
    if (pyr__segment_peek(segment, PYR__SEGMENT_HEADER, &frame) == 1 ||
        (segment->size >= PYR__SEGMENT_HEADER + tail &&
         pyr__segment_peek(segment, segment->size - tail, &frame) == 1))
      return 1;
  }
  return 0;
}

static int read_header(struct pyr__segment *segment, pyr_error_t *err) {
  uint8_t bytes[PYR__SEGMENT_HEADER];
  struct pyr__segment_header header;
  ssize_t count = segment->io.read_at(segment->io.ctx, segment->fd, bytes,
                                      sizeof(bytes), 0);
  if (count < 0)
    return pyr__error_errno(err, (int)-count, segment->path);
  if (count < (ssize_t)sizeof(bytes)) {
    segment->size = 0; /* its first write is still to come */
    return 0;
  }
  if (pyr__segment_header_read(bytes, &header) != 0)
    return pyr__error(err, PYR_ESTORE, "%s: not a segment", segment->path);
  if (header.version != 0 && header.version != PYR__SEGMENT_VERSION)
    return wrong_version(segment, header.version, err);
  segment->salt = header.salts[0];
  if (header.is_whole)
    return 0;
  if (!choose_salt(segment, &header))
    return pyr__error(err, PYR_ESTORE, "%s: damaged header", segment->path);
  pyr__segment_report(segment, "damaged file header, read nevertheless");
  return 0;
}

static int open_file(struct pyr__segment *segment, pyr_error_t *err) {
  const struct pyr__io *io = &segment->io;
  int rc = io->open(io->ctx, segment->path, &segment->fd);
  if (rc != 0)
    segment->fd = -1;
  if (rc == 0)
    rc = io->size(io->ctx, segment->fd, &segment->size);
  return rc == 0 ? 0 : pyr__error_errno(err, -rc, segment->path);
}

static int open_segment(struct pyr__segment *segment, const char *path,
                        pyr_error_t *err) {
  int rc = pyr__tables_init(&segment->tables, segment->memory,
                            PYR__MEM_STORE_READER);
  if (rc == 0)
    rc = pyr__tables_init(&segment->footer, segment->memory,
                          PYR__MEM_STORE_READER);
  segment->path =
      pyr__copy_text(segment->memory, PYR__MEM_STORE_READER, pyr__str(path));
  segment->window = pyr__alloc(segment->memory, PYR__MEM_STORE_READER, WINDOW);
  if (rc != 0 || segment->path == NULL || segment->window == NULL)
    return pyr__error_nomem(err);
  segment->tables.limit = segment->footer.limit = PYR__LIMIT_SEGMENT_TABLES;
  segment->series_from = &segment->tables;
  rc = open_file(segment, err);
  if (rc == 0)
    rc = read_header(segment, err);
  if (rc == 0)
    rc = pyr__segment_read_footer(segment, err);
  if (rc == 0)
    rc = pyr__segment_walk(segment, err);
  return rc < 0 ? rc : view_all_series(segment, err);
}

int pyr__segment_open(struct pyr__segment **out, struct pyr__memory *memory,
                      const struct pyr__io *io, const char *path,
                      pyr__bad_frame_cb on_bad, void *ctx, pyr_error_t *err) {
  struct pyr__segment *segment =
      pyr__calloc(memory, PYR__MEM_STORE_READER, 1, sizeof(*segment));
  int rc;
  if (segment == NULL)
    return pyr__error_nomem(err);
  segment->memory = memory;
  segment->io = *io;
  segment->on_bad = on_bad;
  segment->ctx = ctx;
  segment->fd = -1;
  init(segment);
  rc = open_segment(segment, path, err);
  if (rc != 0) {
    pyr__segment_close(segment);
    return rc;
  }
  *out = segment;
  return 0;
}

int pyr__segment_need_tables(struct pyr__segment *segment, pyr_error_t *err) {
  const uint64_t *at = segment->dictionaries.items;
  uint32_t i;
  if (segment->has_tables)
    return 0;
  for (i = 0; i < segment->dictionaries.count; i++) {
    int rc = pyr__segment_read_dictionary(segment, at[i], err);
    if (rc == PYR_ESTORE)
      segment->lost_bytes += segment->size * PYR__LIMIT_LOST_RATIO;
    else if (rc != 0)
      return rc;
  }
  segment->has_tables = 1;
  return 0;
}

/* ---- what it holds ------------------------------------------------------ */

void pyr__segment_range(const struct pyr__segment *segment, int64_t *from_ns,
                        int64_t *to_ns) {
  const struct pyr__segment_frame *frames = segment->frames.items;
  uint32_t i;
  *from_ns = *to_ns = 0;
  for (i = 0; i < segment->frames.count; i++) {
    if (i == 0 || frames[i].from_ns < *from_ns)
      *from_ns = frames[i].from_ns;
    if (i == 0 || frames[i].to_ns > *to_ns)
      *to_ns = frames[i].to_ns;
  }
}

size_t pyr__segment_series_count(const struct pyr__segment *segment) {
  return segment->series_count;
}

const struct pyr__series *
pyr__segment_series(const struct pyr__segment *segment, size_t series) {
  return &segment->series[series];
}

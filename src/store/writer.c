#include "store/writer.h"

#include "base/hash.h"
#include "base/limits.h"

#define KEEP_BYTES PYR__MIB /* of each array, from one flush to the next */

static void init_scratch(struct pyr__writer *writer) {
  struct pyr__memory *memory = writer->memory;
  enum pyr__purpose purpose = PYR__MEM_STORE_BUFFER;
  pyr__intern_init(&writer->intern, memory, &writer->dictionary);
  pyr__samples_init(&writer->samples, memory);
  pyr__record_init(&writer->before, memory, purpose);
  pyr__edits_init(&writer->edits, memory, purpose);
  pyr__buf_init(&writer->whole, memory, purpose, SIZE_MAX);
  pyr__buf_init(&writer->change, memory, purpose, SIZE_MAX);
  pyr__pack_init(&writer->pack, memory);
  pyr__buf_init(&writer->records, memory, purpose, PYR__LIMIT_FRAME_BYTES);
  pyr__heads_init(&writer->heads, memory, purpose);
  pyr__buf_init(&writer->payload, memory, purpose, SIZE_MAX);
  pyr__buf_init(&writer->queue, memory, purpose, SIZE_MAX);
}

static void init_index(struct pyr__writer *writer) {
  struct pyr__memory *memory = writer->memory;
  enum pyr__purpose purpose = PYR__MEM_STORE_DICTIONARY;
  pyr__rows_init(&writer->series, memory, purpose,
                 sizeof(struct pyr__writer_series));
  pyr__rows_init(&writer->frames, memory, purpose,
                 sizeof(struct pyr__writer_frame));
  pyr__rows_init(&writer->dictionaries, memory, purpose, sizeof(uint64_t));
  pyr__rows_init(&writer->appearances, memory, purpose,
                 sizeof(struct pyr__appearance));
}

int pyr__writer_init(struct pyr__writer *writer, struct pyr__memory *memory,
                     const struct pyr__io *io, uint64_t max_state_bytes) {
  int rc;
  *writer = (struct pyr__writer){
      .memory = memory, .io = io, .max_state_bytes = max_state_bytes, .fd = -1};
  rc = pyr__dictionary_init(&writer->dictionary, memory);
  if (rc != 0)
    return rc;
  init_scratch(writer);
  init_index(writer);
  rc = pyr__writer_begin(writer);
  if (rc != 0)
    pyr__writer_release(writer);
  return rc;
}

static void forget_series(struct pyr__writer *writer) {
  struct pyr__writer_series *series = writer->series.items;
  uint32_t i;
  for (i = 0; i < writer->series.count; i++)
    pyr__free(writer->memory, series[i].whole);
  writer->series.count = 0;
  writer->state_bytes = 0;
}

void pyr__writer_release(struct pyr__writer *writer) {
  if (writer->fd >= 0)
    writer->io->close(writer->io->ctx, writer->fd);
  forget_series(writer);
  pyr__dictionary_release(&writer->dictionary);
  pyr__intern_release(&writer->intern);
  pyr__samples_release(&writer->samples);
  pyr__record_release(&writer->before);
  pyr__edits_release(&writer->edits);
  pyr__buf_release(&writer->whole);
  pyr__buf_release(&writer->change);
  pyr__pack_release(&writer->pack);
  pyr__buf_release(&writer->records);
  pyr__heads_release(&writer->heads);
  pyr__buf_release(&writer->payload);
  pyr__buf_release(&writer->queue);
  pyr__rows_release(&writer->series);
  pyr__rows_release(&writer->frames);
  pyr__rows_release(&writer->dictionaries);
  pyr__rows_release(&writer->appearances);
}

int pyr__writer_begin(struct pyr__writer *writer) {
  uint8_t header[PYR__SEGMENT_HEADER];
  int rc = pyr__buf_reserve(&writer->queue, sizeof(header));
  if (rc == 0)
    rc = pyr__dictionary_clear(&writer->dictionary);
  if (rc != 0)
    return rc;
  if (writer->fd >= 0)
    writer->io->close(writer->io->ctx, writer->fd);
  writer->fd = -1;
  writer->is_unknown = 0;
  forget_series(writer);
  pyr__rows_release(&writer->samples.places);
  pyr__rows_release(&writer->series);
  pyr__rows_release(&writer->frames);
  pyr__rows_release(&writer->dictionaries);
  pyr__rows_release(&writer->appearances);
  pyr__tables_mark(&writer->dictionary.tables, &writer->framed);
  pyr__buf_clear(&writer->records);
  writer->heads.heads.count = writer->heads.totals.count = 0;
  writer->salt = (uint32_t)pyr__hash_random_seed();
  pyr__segment_header_write(header, writer->salt);
  pyr__buf_clear(&writer->queue);
  writer->sent = 0;
  writer->written = 0;
  writer->end = sizeof(header);
  return pyr__buf_add(&writer->queue, header, sizeof(header));
}

/* ---- appending ---------------------------------------------------------- */

/* Chooses the record: the change since the last profile, where that is known,
 * alike, not too far from a whole one, and smaller. */
static int make_record(struct pyr__writer *writer,
                       const struct pyr__writer_series *series,
                       const struct pyr__buf **out) {
  const struct pyr__record *record = &writer->samples.record;
  int rc;

  pyr__buf_clear(&writer->whole);
  pyr__buf_clear(&writer->change);
  rc = pyr__record_encode(record, &writer->whole);
  *out = &writer->whole;
  if (rc != 0 || series->whole == NULL || series->changes >= PYR__LIMIT_CHAIN)
    return rc;
  rc = pyr__record_decode(&writer->before,
                          pyr__reader_of(series->whole, series->whole_len),
                          record->types, SIZE_MAX);
  if (rc == 0)
    rc = pyr__record_encode_change(record, &writer->before, &writer->edits,
                                   &writer->change);
  if (rc == 0 && writer->change.len < writer->whole.len)
    *out = &writer->change;
  return rc;
}

/* Room for the whole record that the series keeps. */
static int reserve_state(struct pyr__writer *writer,
                         struct pyr__writer_series *series) {
  size_t len = writer->whole.len, capacity = len + len / 4;
  uint8_t *whole;
  if (len <= series->whole_capacity)
    return 0;
  if (writer->state_bytes - series->whole_capacity + capacity >
          writer->max_state_bytes ||
      capacity > UINT32_MAX) {
    /* Not kept: the next record is whole too. */
    pyr__free(writer->memory, series->whole);
    writer->state_bytes -= series->whole_capacity;
    series->whole = NULL;
    series->whole_capacity = series->whole_len = 0;
    return 0;
  }
  whole = pyr__realloc(writer->memory, PYR__MEM_STORE_DICTIONARY, series->whole,
                       capacity, 1);
  if (whole == NULL)
    return PYR__ENOMEM;
  writer->state_bytes += capacity - series->whole_capacity;
  series->whole = whole;
  series->whole_capacity = (uint32_t)capacity;
  return 0;
}

/* Everything that can fail, before anything that shows. */
static int reserve(struct pyr__writer *writer, const struct pyr__buf *record,
                   uint32_t types) {
  int rc = pyr__buf_reserve(&writer->records, record->len);
  if (rc == 0)
    rc = pyr__rows_reserve(&writer->heads.heads, 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&writer->heads.totals, types);
  if (rc == 0)
    rc = pyr__rows_reserve(&writer->appearances, 1);
  return rc;
}

static void keep_state(struct pyr__writer *writer,
                       struct pyr__writer_series *series, int is_change) {
  series->changes = is_change ? series->changes + 1 : 0;
  series->number++;
  if (series->whole == NULL)
    return;
  memcpy(series->whole, writer->whole.data, writer->whole.len);
  series->whole_len = (uint32_t)writer->whole.len;
}

static void note_appearance(struct pyr__writer *writer,
                            struct pyr__writer_series *series, uint32_t id) {
  struct pyr__appearance *appearances = writer->appearances.items;
  if (series->frame == writer->frames.count + 1)
    return;
  series->frame = writer->frames.count + 1;
  appearances[writer->appearances.count++] =
      (struct pyr__appearance){id, writer->frames.count};
}

static void put(struct pyr__writer *writer,
                const struct pyr__store_profile *meta,
                const struct pyr__profile *profile, uint32_t series_id,
                uint32_t attributes, const struct pyr__buf *record) {
  struct pyr__writer_series *series =
      (struct pyr__writer_series *)writer->series.items + series_id;
  struct pyr__heads *heads = &writer->heads;
  struct pyr__head *head = pyr__heads_at(heads, heads->heads.count);
  int is_change = record == &writer->change;

  *head =
      (struct pyr__head){.time_ns = meta->time_ns,
                         .duration_ns = meta->duration_ns,
                         .body_time_ns = profile->time_ns,
                         .body_duration_ns = profile->duration_ns,
                         .series = series_id,
                         .attributes = attributes,
                         .number = series->number,
                         .is_change = (uint32_t)is_change,
                         .sample_count = writer->samples.record.stacks.count,
                         .type_count = profile->type_count,
                         .record_len = (uint32_t)record->len,
                         .first_total = heads->totals.count};
  memcpy(pyr__heads_totals(heads, head), writer->samples.totals.items,
         profile->type_count * sizeof(int64_t));
  memcpy(writer->records.data + writer->records.len, record->data, record->len);
  heads->heads.count++;
  heads->totals.count += profile->type_count;
  writer->records.len += record->len;
  note_appearance(writer, series, series_id);
  keep_state(writer, series, is_change);
}

/* A row for a series that is new. */
static int reserve_series(struct pyr__writer *writer, uint32_t id) {
  int rc;
  if (id < writer->series.count)
    return 0;
  rc = pyr__rows_reserve(&writer->series, 1);
  if (rc == 0)
    memset((struct pyr__writer_series *)writer->series.items + id, 0,
           sizeof(struct pyr__writer_series));
  return rc;
}

static int append(struct pyr__writer *writer,
                  const struct pyr__store_profile *meta,
                  const struct pyr__profile *profile) {
  uint32_t series_id, attributes;
  struct pyr__writer_series *series;
  const struct pyr__buf *record = NULL;
  int rc = pyr__intern_begin(&writer->intern, profile);

  if (rc == 0)
    rc = pyr__intern_series(&writer->intern, meta->labels, meta->label_count,
                            meta->profile_name, meta->type_name, &series_id);
  if (rc == 0)
    rc = reserve_series(writer, series_id);
  if (rc == 0)
    rc = pyr__intern_attributes(&writer->intern, &attributes);
  if (rc == 0)
    rc = pyr__samples_collect(&writer->samples, &writer->intern);
  if (rc != 0)
    return rc;
  series = (struct pyr__writer_series *)writer->series.items + series_id;
  rc = make_record(writer, series, &record);
  if (rc == 0 &&
      pyr__tables_most_bytes(&writer->dictionary.tables, &writer->framed) >
          PYR__LIMIT_FRAME_BYTES)
    rc = PYR_ELIMIT;
  if (rc == 0)
    rc = reserve(writer, record, profile->type_count);
  if (rc == 0)
    rc = reserve_state(writer, series);
  if (rc != 0)
    return rc;
  if (series_id == writer->series.count)
    writer->series.count++;
  put(writer, meta, profile, series_id, attributes, record);
  return 0;
}

int pyr__writer_append(struct pyr__writer *writer,
                       const struct pyr__store_profile *meta,
                       const struct pyr__profile *profile) {
  struct pyr__tables_mark mark;
  int rc;
  if (profile->type_count > PYR__LIMIT_SAMPLE_TYPES ||
      meta->label_count > PYR__LIMIT_SERIES_LABELS ||
      (size_t)profile->sample_count * profile->type_count >
          PYR__LIMIT_RECORD_VALUES)
    return PYR_ELIMIT;
  pyr__tables_mark(&writer->dictionary.tables, &mark);
  rc = append(writer, meta, profile);
  if (rc != 0)
    pyr__dictionary_cut(&writer->dictionary, &mark);
  return rc;
}

static void trim_buf(struct pyr__buf *buf) {
  if (buf->len == 0 && buf->capacity > KEEP_BYTES)
    pyr__buf_release(buf);
}

void pyr__writer_trim(struct pyr__writer *writer) {
  pyr__buf_clear(&writer->whole);
  pyr__buf_clear(&writer->change);
  pyr__buf_clear(&writer->payload);
  trim_buf(&writer->whole);
  trim_buf(&writer->change);
  trim_buf(&writer->payload);
  trim_buf(&writer->records);
  trim_buf(&writer->queue);
  pyr__samples_trim(&writer->samples, KEEP_BYTES);
  pyr__intern_trim(&writer->intern, KEEP_BYTES);
  pyr__record_trim(&writer->before, KEEP_BYTES);
  pyr__edits_trim(&writer->edits, KEEP_BYTES);
}

size_t pyr__writer_waiting(const struct pyr__writer *writer) {
  const struct pyr__tables *tables = &writer->dictionary.tables;
  size_t waiting = writer->queue.len - writer->sent + writer->records.len, i;
  waiting += writer->heads.heads.count * sizeof(struct pyr__head);
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    waiting += (size_t)(tables->rows[i].count - writer->framed.counts[i]) *
               tables->rows[i].item_size;
  return waiting;
}

size_t pyr__writer_held(const struct pyr__writer *writer) {
  return pyr__dictionary_bytes(&writer->dictionary) + writer->state_bytes +
         pyr__rows_bytes(&writer->samples.places) +
         pyr__rows_bytes(&writer->series) + pyr__rows_bytes(&writer->frames) +
         pyr__rows_bytes(&writer->dictionaries) +
         pyr__rows_bytes(&writer->appearances);
}

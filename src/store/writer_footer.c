/* The footer: where everything is, by series and time. */
#include "store/writer.h"

/* The series with their strings alone, so that they can be known without the
 * dictionaries. */
static int copy_string(struct pyr__dictionary *to,
                       const struct pyr__tables *from, uint32_t *id) {
  return pyr__dictionary_string(to, pyr__tables_text(from, *id), id);
}

static int copy_series(struct pyr__dictionary *to,
                       const struct pyr__tables *from, uint32_t id,
                       struct pyr__rows *words) {
  struct pyr__series_row row = pyr__tables_series(from)[id];
  uint32_t count = 2 * (row.label_count + row.type_count), i, *copy, added;
  int rc = pyr__rows_reserve(words, count);

  if (rc == 0)
    rc = copy_string(to, from, &row.profile_name);
  if (rc == 0)
    rc = copy_string(to, from, &row.type_name);
  if (rc == 0)
    rc = copy_string(to, from, &row.period_type.type);
  if (rc == 0)
    rc = copy_string(to, from, &row.period_type.unit);
  copy = words->items;
  for (i = 0; rc == 0 && i < count; i++) {
    copy[i] = pyr__tables_words(from)[row.first_word + i];
    rc = copy_string(to, from, &copy[i]);
  }
  return rc != 0 ? rc : pyr__dictionary_series(to, &row, copy, &added);
}

static int add_series(struct pyr__writer *writer, struct pyr__buf *out) {
  const struct pyr__tables *from = &writer->dictionary.tables;
  struct pyr__dictionary series;
  struct pyr__tables_mark nothing;
  struct pyr__buf tables;
  uint32_t id;
  int rc = pyr__dictionary_init(&series, writer->memory);

  if (rc != 0)
    return rc;
  pyr__tables_mark(&series.tables, &nothing);
  for (id = 0; rc == 0 && id < writer->series.count; id++)
    rc = copy_series(&series, from, id, &writer->intern.words);
  pyr__buf_init(&tables, writer->memory, PYR__MEM_STORE_BUFFER, SIZE_MAX);
  if (rc == 0)
    rc = pyr__tables_encode(&series.tables, &nothing, &tables);
  if (rc == 0)
    rc = pyr__buf_add_varint(out, tables.len);
  if (rc == 0)
    rc = pyr__buf_add(out, tables.data, tables.len);
  pyr__buf_release(&tables);
  pyr__dictionary_release(&series);
  return rc;
}

static int add_places(struct pyr__writer *writer, struct pyr__buf *out) {
  const uint64_t *dictionaries = writer->dictionaries.items;
  const struct pyr__writer_frame *frames = writer->frames.items;
  uint32_t i, count = writer->dictionaries.count;
  uint64_t before = 0;
  int64_t from = 0;
  int rc = pyr__buf_add_varint(out, count);

  for (i = 0; rc == 0 && i < count; i++) {
    rc = pyr__buf_add_varint(out, dictionaries[i] - before);
    before = dictionaries[i];
  }
  count = writer->frames.count;
  if (rc == 0)
    rc = pyr__buf_add_varint(out, count);
  for (i = 0, before = 0; rc == 0 && i < count; i++) {
    rc = pyr__buf_add_varint(out, frames[i].at - before);
    if (rc == 0)
      rc = pyr__buf_add_varint(
          out,
          pyr__zigzag((int64_t)((uint64_t)frames[i].from_ns - (uint64_t)from)));
    if (rc == 0)
      rc = pyr__buf_add_varint(out, (uint64_t)frames[i].to_ns -
                                        (uint64_t)frames[i].from_ns);
    before = frames[i].at;
    from = frames[i].from_ns;
  }
  return rc;
}

/* The frames that hold a series: what was noted in the order of time, sorted by
 * series.  `ends` has a place for each series and one more. */
static void sort_appearances(const struct pyr__writer *writer, uint32_t *ends,
                             uint32_t *frames) {
  const struct pyr__appearance *all = writer->appearances.items;
  uint32_t i, count = writer->appearances.count;
  for (i = 0; i < count; i++)
    ends[all[i].series + 1]++;
  for (i = 0; i < writer->series.count; i++)
    ends[i + 1] += ends[i];
  for (i = 0; i < count; i++)
    frames[ends[all[i].series]++] = all[i].frame;
}

static int add_appearances(struct pyr__writer *writer, struct pyr__buf *out) {
  const struct pyr__writer_series *series = writer->series.items;
  uint32_t count = writer->series.count, i, at = 0;
  uint32_t *ends =
      pyr__calloc(writer->memory, PYR__MEM_STORE_BUFFER,
                  (size_t)count + 1 + writer->appearances.count, sizeof(*ends));
  uint32_t *frames;
  int rc = 0;

  if (ends == NULL)
    return PYR__ENOMEM;
  frames = ends + count + 1;
  sort_appearances(writer, ends, frames);
  for (i = 0; rc == 0 && i < count; i++) {
    uint32_t next = 0;
    rc = pyr__buf_add_varint(out, series[i].number);
    if (rc == 0)
      rc = pyr__buf_add_varint(out, ends[i] - at);
    for (; rc == 0 && at < ends[i]; at++) {
      rc = pyr__buf_add_varint(out, frames[at] - next);
      next = frames[at] + 1;
    }
  }
  pyr__free(writer->memory, ends);
  return rc;
}

static int add_end(struct pyr__writer *writer, uint64_t footer_at) {
  pyr__buf_clear(&writer->payload);
  int rc = pyr__buf_add_le64(&writer->payload, footer_at);
  return rc != 0 ? rc
                 : pyr__writer_add_frame(writer, PYR__FRAME_END,
                                         &writer->payload, 0);
}

int pyr__writer_footer(struct pyr__writer *writer) {
  size_t len = writer->queue.len;
  uint64_t end = writer->end;
  int rc;

  pyr__buf_clear(&writer->payload);
  rc = add_series(writer, &writer->payload);
  if (rc == 0)
    rc = add_places(writer, &writer->payload);
  if (rc == 0)
    rc = add_appearances(writer, &writer->payload);
  if (rc == 0)
    rc = pyr__writer_add_frame(writer, PYR__FRAME_FOOTER, &writer->payload, 1);
  if (rc == 0)
    rc = add_end(writer, end);
  if (rc != 0) {
    writer->queue.len = len;
    writer->end = end;
  }
  return rc;
}

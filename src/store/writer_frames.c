/* From memory to frames, and from frames to the file. */
#include <errno.h>
#include <sys/uio.h>

#include "store/writer.h"

int pyr__writer_add_frame(struct pyr__writer *writer, enum pyr__frame_type type,
                          const struct pyr__buf *payload, int may_deflate) {
  struct pyr__buf *queue = &writer->queue;
  size_t start = queue->len, body;
  struct pyr__frame frame = {.at = writer->end, .type = type};
  int rc = pyr__buf_reserve(queue, PYR__FRAME_HEADER);

  if (rc != 0)
    return rc;
  queue->len += PYR__FRAME_HEADER;
  body = queue->len;
  if (may_deflate &&
      pyr__pack_deflate(&writer->pack, payload->data, payload->len, queue))
    frame.is_deflated = 1;
  else
    rc = pyr__buf_add(queue, payload->data, payload->len);
  if (rc != 0) {
    queue->len = start;
    return rc;
  }
  frame.length = (uint32_t)(queue->len - body);
  pyr__frame_header_write(queue->data + start, writer->salt, &frame,
                          queue->data + body);
  writer->end += queue->len - start;
  return 0;
}

static int frame_dictionary(struct pyr__writer *writer) {
  const struct pyr__tables *tables = &writer->dictionary.tables;
  uint64_t at = writer->end;
  size_t i;
  int rc;

  for (i = 0; i < PYR__TABLE_IDS; i++)
    if (tables->rows[i].count > writer->framed.counts[i])
      break;
  if (i == PYR__TABLE_IDS)
    return 0;
  pyr__buf_clear(&writer->payload);
  rc = pyr__rows_reserve(&writer->dictionaries, 1);
  if (rc == 0)
    rc = pyr__tables_encode(tables, &writer->framed, &writer->payload);
  if (rc == 0)
    rc = pyr__writer_add_frame(writer, PYR__FRAME_DICTIONARY, &writer->payload,
                               1);
  if (rc != 0)
    return rc;
  ((uint64_t *)writer->dictionaries.items)[writer->dictionaries.count++] = at;
  pyr__tables_mark(tables, &writer->framed);
  return 0;
}

static void note_frame(struct pyr__writer *writer, uint64_t at) {
  const struct pyr__heads *heads = &writer->heads;
  struct pyr__writer_frame *frame =
      (struct pyr__writer_frame *)writer->frames.items + writer->frames.count++;
  uint32_t i;
  *frame = (struct pyr__writer_frame){at, INT64_MAX, INT64_MIN};
  for (i = 0; i < heads->heads.count; i++) {
    int64_t time = pyr__heads_at(heads, i)->time_ns;
    frame->from_ns = time < frame->from_ns ? time : frame->from_ns;
    frame->to_ns = time > frame->to_ns ? time : frame->to_ns;
  }
}

/* Samples go before the heads that tell of them: a reader that sees a head has
 * its samples. */
static int frame_profiles(struct pyr__writer *writer) {
  uint64_t samples_at = writer->end, at;
  int rc = pyr__rows_reserve(&writer->frames, 1);
  if (rc == 0)
    rc = pyr__writer_add_frame(writer, PYR__FRAME_SAMPLES, &writer->records, 1);
  pyr__buf_clear(&writer->payload);
  at = writer->end;
  if (rc == 0)
    rc = pyr__heads_encode(&writer->heads, at - samples_at, &writer->payload);
  if (rc == 0)
    rc =
        pyr__writer_add_frame(writer, PYR__FRAME_PROFILES, &writer->payload, 1);
  if (rc != 0)
    return rc;
  note_frame(writer, at);
  pyr__buf_clear(&writer->records);
  writer->heads.heads.count = writer->heads.totals.count = 0;
  return 0;
}

int pyr__writer_frame(struct pyr__writer *writer) {
  struct pyr__tables_mark framed = writer->framed;
  uint32_t dictionaries = writer->dictionaries.count;
  size_t len = writer->queue.len;
  uint64_t end = writer->end;
  int rc;

  if (writer->heads.heads.count == 0)
    return 0;
  rc = frame_dictionary(writer);
  if (rc == 0)
    rc = frame_profiles(writer);
  if (rc != 0) {
    writer->framed = framed;
    writer->dictionaries.count = dictionaries;
    writer->queue.len = len;
    writer->end = end;
  }
  return rc;
}

/* A failed write may have written something: the file is brought back to the
 * size it is known to have. */
static void check_size(struct pyr__writer *writer) {
  const struct pyr__io *io = writer->io;
  uint64_t size;
  if (io->size(io->ctx, writer->fd, &size) == 0 && size == writer->written)
    return;
  writer->is_unknown = io->truncate(io->ctx, writer->fd, writer->written) != 0;
}

int pyr__writer_send(struct pyr__writer *writer) {
  const struct pyr__io *io = writer->io;
  struct pyr__buf *queue = &writer->queue;

  if (writer->fd < 0) {
    int fd, rc = io->create(io->ctx, writer->path, &fd);
    if (rc < 0)
      return rc;
    writer->fd = fd;
  }
  while (writer->sent < queue->len) {
    struct iovec part = {queue->data + writer->sent, queue->len - writer->sent};
    ssize_t count = io->append(io->ctx, writer->fd, &part, 1);
    if (count <= 0) {
      check_size(writer);
      return count == 0 ? -EIO : (int)count;
    }
    writer->sent += (size_t)count;
    writer->written += (size_t)count;
  }
  pyr__buf_clear(queue);
  writer->sent = 0;
  return 0;
}

/* A segment file, as it is (first byte 0), or made of frames with the checksums
 * that they need, so that what is behind them is reached too: type, length (two
 * bytes), payload, as often as there are bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory_io.h"
#include "store/format.h"
#include "store/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SALT = 7, MERGE_BYTES = 4 << 20 };

static void put_frame(struct memory_io *disk, struct memory_file *file,
                      uint8_t type, const uint8_t *payload, size_t len) {
  uint8_t header[PYR__FRAME_HEADER];
  struct pyr__frame frame = {.at = file->size,
                             .type = type & 7,
                             .is_deflated = type & PYR__FRAME_DEFLATED,
                             .length = (uint32_t)len};
  pyr__frame_header_write(header, SALT, &frame, payload);
  memory_put(disk, file, header, sizeof(header));
  memory_put(disk, file, payload, len);
}

static void put_frames(struct memory_io *disk, struct memory_file *file,
                       const uint8_t *data, size_t size) {
  uint8_t header[PYR__SEGMENT_HEADER];
  pyr__segment_header_write(header, SALT);
  memory_put(disk, file, header, sizeof(header));
  while (size >= 3) {
    size_t len = data[1] | (size_t)data[2] << 8;
    if (len > size - 3)
      len = size - 3;
    put_frame(disk, file, data[0], data + 3, len);
    data += 3 + len;
    size -= 3 + len;
  }
}

/* Looks at all that a profile refers to. */
static uint64_t touch(const struct pyr__profile *profile) {
  uint64_t sum = profile->period_type.type;
  uint32_t i, j;
  for (i = 0; i < profile->string_count; i++)
    for (j = 0; j < profile->strings[i].len; j++)
      sum += (uint8_t)profile->strings[i].base[j];
  for (i = 0; i < profile->sample_count; i++)
    for (j = 0; j < profile->samples[i].frame_count; j++) {
      uint32_t frame = profile->frames[profile->samples[i].first_frame + j];
      const struct pyr__location *location = &profile->locations[frame];
      if (location->mapping != PYR__NO_MAPPING)
        sum +=
            profile->strings[profile->mappings[location->mapping].filename].len;
      if (location->line_count > 0)
        sum += profile->functions[profile->lines[location->first_line].function]
                   .name;
    }
  for (i = 0; i < profile->label_count; i++)
    sum += profile->strings[profile->labels[i].key].len;
  return sum;
}

static int count_profile(void *ctx, const struct pyr__stored_profile *profile) {
  (void)profile;
  *(size_t *)ctx += 1;
  return 0;
}

static void merge_series(struct pyr__segment *segment,
                         struct pyr__memory *memory, uint8_t *wanted) {
  const struct pyr__profile *profile;
  struct pyr__arena arena;
  size_t count;
  pyr_error_t err;
  int rc;
  pyr__arena_init(&arena, memory, PYR__MEM_QUERY, MERGE_BYTES);
  rc = pyr__segment_merge(segment, wanted, INT64_MIN, INT64_MAX, &arena,
                          &profile, &count, &err);
  if (rc == 0 && touch(profile) == UINT64_MAX)
    abort();
  if (rc != 0 && rc != PYR_ELIMIT)
    abort();
  pyr__arena_release(&arena);
}

static void read_segment(struct pyr__segment *segment,
                         struct pyr__memory *memory) {
  size_t series = pyr__segment_series_count(segment), i, count = 0;
  uint8_t *wanted = pyr__calloc(memory, PYR__MEM_QUERY, series, 1);
  memset(wanted, 1, series);
  if (pyr__segment_each(segment, wanted, INT64_MIN, INT64_MAX, count_profile,
                        &count, NULL) != 0)
    abort();
  for (i = 0; i < series && i < 8; i++) {
    memset(wanted, 0, series);
    wanted[i] = 1;
    merge_series(segment, memory, wanted);
  }
  pyr__free(memory, wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct memory_io disk;
  struct pyr__io io = memory_io(&disk);
  struct pyr__memory memory;
  struct pyr__segment *segment = NULL;
  pyr_error_t err;
  int fd, rc;

  if (size == 0)
    return 0;
  memory_init(&disk);
  pyr__memory_init(&memory, NULL);
  if (io.create(io.ctx, "/s/f.pyr", &fd) != 0)
    abort();
  if (data[0] == 0)
    memory_put(&disk, memory_file(&disk, fd), data + 1, size - 1);
  else
    put_frames(&disk, memory_file(&disk, fd), data + 1, size - 1);
  io.close(io.ctx, fd);
  rc = pyr__segment_open(&segment, &memory, &io, "/s/f.pyr", NULL, NULL, &err);
  if (rc == 0)
    read_segment(segment, &memory);
  else if (rc != PYR_ESTORE && rc != PYR_ELIMIT)
    abort();
  pyr__segment_close(segment);
  memory_release(&disk);
  if (memory.accounts[PYR__MEM_STORE_READER].used_blocks != 0)
    abort();
  return 0;
}

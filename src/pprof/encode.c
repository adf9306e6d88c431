#include "pprof/encode.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include <profile.pb-c.h>

#include "base/arena.h"

enum { GZIP = 16 + MAX_WBITS, ZLIB_MEMORY = 8, DEFLATE_STEP = 16 * 1024 };

/* protobuf-c wants an array of pointers for each repeated message; everything
 * lives in one arena for the time of a call. */
struct encoder {
  const struct pyr__profile *in;
  struct pyr__arena arena;
  PyrPprof__Profile out;
};

/* `count` zeroed items of `size`, and in *pointers one to each. */
static void *make_items(struct encoder *encoder, size_t count, size_t size,
                        void *pointers) {
  char *items = pyr__arena_calloc(&encoder->arena, count, size);
  void **to = pyr__arena_alloc(&encoder->arena, count, sizeof(*to));
  size_t i;

  if (items == NULL || to == NULL)
    return NULL;
  for (i = 0; i < count; i++)
    to[i] = items + i * size;
  memcpy(pointers, &to, sizeof(to));
  return items;
}

static int encode_strings(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  ProtobufCBinaryData *strings =
      pyr__arena_alloc(&encoder->arena, in->string_count, sizeof(*strings));
  uint32_t i;

  if (strings == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->string_count; i++)
    strings[i] = (ProtobufCBinaryData){in->strings[i].len,
                                       (uint8_t *)in->strings[i].base};
  encoder->out.n_string_table = in->string_count;
  encoder->out.string_table = strings;
  return 0;
}

static int encode_comments(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  int64_t *comments =
      pyr__arena_alloc(&encoder->arena, in->comment_count, sizeof(*comments));
  uint32_t i;

  if (comments == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->comment_count; i++)
    comments[i] = in->comments[i];
  encoder->out.n_comment = in->comment_count;
  encoder->out.comment = comments;
  return 0;
}

static PyrPprof__ValueType value_type(struct pyr__value_type in) {
  PyrPprof__ValueType out = PYR_PPROF__VALUE_TYPE__INIT;
  out.type = in.type;
  out.unit = in.unit;
  return out;
}

static int encode_types(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  PyrPprof__ValueType *types = make_items(
      encoder, in->type_count, sizeof(*types), &encoder->out.sample_type);
  uint32_t i;

  if (types == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->type_count; i++)
    types[i] = value_type(in->types[i]);
  encoder->out.n_sample_type = in->type_count;
  return 0;
}

static int encode_mappings(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  PyrPprof__Mapping *mappings = make_items(
      encoder, in->mapping_count, sizeof(*mappings), &encoder->out.mapping);
  uint32_t i;

  if (mappings == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->mapping_count; i++) {
    const struct pyr__mapping *from = &in->mappings[i];
    PyrPprof__Mapping *to = &mappings[i];
    pyr_pprof__mapping__init(to);
    to->id = (uint64_t)i + 1;
    to->memory_start = from->start;
    to->memory_limit = from->limit;
    to->file_offset = from->offset;
    to->filename = from->filename;
    to->build_id = from->build_id;
    to->has_functions = (from->flags & PYR__MAPPING_HAS_FUNCTIONS) != 0;
    to->has_filenames = (from->flags & PYR__MAPPING_HAS_FILENAMES) != 0;
    to->has_line_numbers = (from->flags & PYR__MAPPING_HAS_LINE_NUMBERS) != 0;
    to->has_inline_frames = (from->flags & PYR__MAPPING_HAS_INLINE_FRAMES) != 0;
  }
  encoder->out.n_mapping = in->mapping_count;
  return 0;
}

static int encode_functions(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  PyrPprof__Function *functions = make_items(
      encoder, in->function_count, sizeof(*functions), &encoder->out.function);
  uint32_t i;

  if (functions == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->function_count; i++) {
    const struct pyr__function *from = &in->functions[i];
    PyrPprof__Function *to = &functions[i];
    pyr_pprof__function__init(to);
    to->id = (uint64_t)i + 1;
    to->name = from->name;
    to->system_name = from->system_name;
    to->filename = from->filename;
    to->start_line = from->start_line;
  }
  encoder->out.n_function = in->function_count;
  return 0;
}

static int encode_lines(struct encoder *encoder,
                        const struct pyr__location *from,
                        PyrPprof__Location *to) {
  PyrPprof__Line *lines =
      make_items(encoder, from->line_count, sizeof(*lines), &to->line);
  uint32_t i;

  if (lines == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < from->line_count; i++) {
    const struct pyr__line *line = &encoder->in->lines[from->first_line + i];
    pyr_pprof__line__init(&lines[i]);
    lines[i].function_id = (uint64_t)line->function + 1;
    lines[i].line = line->line;
    lines[i].column = line->column;
  }
  to->n_line = from->line_count;
  return 0;
}

static int encode_locations(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  PyrPprof__Location *locations = make_items(
      encoder, in->location_count, sizeof(*locations), &encoder->out.location);
  uint32_t i;

  if (locations == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->location_count; i++) {
    const struct pyr__location *from = &in->locations[i];
    PyrPprof__Location *to = &locations[i];
    pyr_pprof__location__init(to);
    to->id = (uint64_t)i + 1;
    to->mapping_id =
        from->mapping == PYR__NO_MAPPING ? 0 : (uint64_t)from->mapping + 1;
    to->address = from->address;
    to->is_folded = from->is_folded != 0;
    if (encode_lines(encoder, from, to) != 0)
      return PYR__ENOMEM;
  }
  encoder->out.n_location = in->location_count;
  return 0;
}

static int encode_labels(struct encoder *encoder,
                         const struct pyr__sample *from, PyrPprof__Sample *to) {
  PyrPprof__Label *labels =
      make_items(encoder, from->label_count, sizeof(*labels), &to->label);
  uint32_t i;

  if (labels == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < from->label_count; i++) {
    const struct pyr__label *label =
        &encoder->in->labels[from->first_label + i];
    pyr_pprof__label__init(&labels[i]);
    labels[i].key = label->key;
    labels[i].str = label->string;
    labels[i].num = label->number;
    labels[i].num_unit = label->unit;
  }
  to->n_label = from->label_count;
  return 0;
}

static int encode_sample(struct encoder *encoder, uint32_t index,
                         PyrPprof__Sample *to) {
  const struct pyr__profile *in = encoder->in;
  const struct pyr__sample *from = &in->samples[index];
  uint32_t i;

  pyr_pprof__sample__init(to);
  to->location_id = pyr__arena_alloc(&encoder->arena, from->frame_count,
                                     sizeof(*to->location_id));
  to->value =
      pyr__arena_alloc(&encoder->arena, in->type_count, sizeof(*to->value));
  if (to->location_id == NULL || to->value == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < from->frame_count; i++)
    to->location_id[i] = (uint64_t)in->frames[from->first_frame + i] + 1;
  for (i = 0; i < in->type_count; i++)
    to->value[i] = in->values[(size_t)index * in->type_count + i];
  to->n_location_id = from->frame_count;
  to->n_value = in->type_count;
  return encode_labels(encoder, from, to);
}

static int encode_samples(struct encoder *encoder) {
  const struct pyr__profile *in = encoder->in;
  PyrPprof__Sample *samples = make_items(
      encoder, in->sample_count, sizeof(*samples), &encoder->out.sample);
  uint32_t i;

  if (samples == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < in->sample_count; i++)
    if (encode_sample(encoder, i, &samples[i]) != 0)
      return PYR__ENOMEM;
  encoder->out.n_sample = in->sample_count;
  return 0;
}

static int fill(struct encoder *encoder, PyrPprof__ValueType *period_type) {
  static int (*const parts[])(struct encoder *) = {
      encode_strings,   encode_comments,  encode_types,  encode_mappings,
      encode_functions, encode_locations, encode_samples};
  const struct pyr__profile *in = encoder->in;
  size_t i;

  *period_type = value_type(in->period_type);
  encoder->out.period_type = period_type;
  encoder->out.period = in->period;
  encoder->out.time_nanos = in->time_ns;
  encoder->out.duration_nanos = in->duration_ns;
  encoder->out.default_sample_type = in->default_type;
  encoder->out.doc_url = in->doc_url;
  encoder->out.drop_frames = in->drop_frames;
  encoder->out.keep_frames = in->keep_frames;
  for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    if (parts[i](encoder) != 0)
      return PYR__ENOMEM;
  return 0;
}

static int full(const struct pyr__buf *out, int rc, pyr_error_t *err) {
  if (rc == PYR_ELIMIT)
    return pyr__error(err, PYR_ELIMIT,
                      "the encoded profile takes more than %zu "
                      "bytes",
                      out->limit);
  return pyr__error_nomem(err);
}

int pyr__pprof_encode(const struct pyr__profile *profile, struct pyr__buf *out,
                      pyr_error_t *err) {
  struct encoder encoder = {.in = profile, .out = PYR_PPROF__PROFILE__INIT};
  PyrPprof__ValueType period_type;
  size_t size;
  int rc;

  pyr__arena_init(&encoder.arena, out->memory, PYR__MEM_PPROF_ENCODE, SIZE_MAX);
  rc = fill(&encoder, &period_type);
  if (rc == 0) {
    size = pyr_pprof__profile__get_packed_size(&encoder.out);
    rc = pyr__buf_reserve(out, size);
  }
  if (rc == 0) {
    pyr_pprof__profile__pack(&encoder.out, out->data + out->len);
    out->len += size;
  }
  pyr__arena_release(&encoder.arena);
  return rc == 0 ? 0 : full(out, rc, err);
}

/* ---- gzip --------------------------------------------------------------- */

static voidpf zlib_alloc(voidpf ctx, uInt count, uInt size) {
  return pyr__calloc(ctx, PYR__MEM_PPROF_ENCODE, count, size);
}

static void zlib_free(voidpf ctx, voidpf block) {
  pyr__free(ctx, block);
}

static int deflate_all(z_stream *stream, const struct pyr__buf *in,
                       struct pyr__buf *out) {
  size_t at = 0;
  uInt offered, room;
  int rc, result;

  do {
    result = pyr__buf_reserve(out, DEFLATE_STEP);
    if (result != 0)
      return result;
    offered = in->len - at > UINT_MAX ? UINT_MAX : (uInt)(in->len - at);
    room = DEFLATE_STEP;
    stream->next_in = in->data + at;
    stream->avail_in = offered;
    stream->next_out = out->data + out->len;
    stream->avail_out = room;
    rc = deflate(stream, at + offered == in->len ? Z_FINISH : Z_NO_FLUSH);
    at += offered - stream->avail_in;
    out->len += room - stream->avail_out;
  } while (rc == Z_OK || rc == Z_BUF_ERROR);
  return rc == Z_STREAM_END ? 0 : PYR__ENOMEM;
}

int pyr__pprof_encode_gzip(const struct pyr__profile *profile,
                           struct pyr__buf *out, pyr_error_t *err) {
  z_stream stream = {
      .zalloc = zlib_alloc, .zfree = zlib_free, .opaque = out->memory};
  struct pyr__buf plain;
  size_t before = out->len;
  int rc;

  pyr__buf_init(&plain, out->memory, PYR__MEM_PPROF_ENCODE, SIZE_MAX / 2);
  rc = pyr__pprof_encode(profile, &plain, err);
  if (rc != 0)
    goto out;
  rc = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP,
                    ZLIB_MEMORY, Z_DEFAULT_STRATEGY);
  if (rc != Z_OK) {
    rc = pyr__error_nomem(err);
    goto out;
  }
  rc = deflate_all(&stream, &plain, out);
  deflateEnd(&stream);
  if (rc != 0) {
    out->len = before;
    rc = full(out, rc, err);
  }
out:
  pyr__buf_release(&plain);
  return rc;
}

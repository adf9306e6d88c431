/* The chain: two optional layers of gzip, the wire, the model. */
#include "pprof/decoder.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "pprof/inflate.h"
#include "pprof/model.h"

enum { HEAD_BYTES = 3 };

struct pyr__decoder {
  struct pyr__memory *memory;
  struct pyr__gunzip outer; /* Content-Encoding, or the body's own */
  struct pyr__gunzip inner; /* the body's own inside Content-Encoding */
  struct pyr__wire wire;
  struct pyr__model model;
  uint8_t head[HEAD_BYTES]; /* what the inflated body begins with */
  size_t head_len;
  int failed;
};

/* What a body is that is no profile, as far as its begin tells, or NULL.  None
 * of these begins is that of a field that can be, so wherever the body is cut,
 * they are known when it fails. */
static const char *foreign_format(const uint8_t head[HEAD_BYTES]) {
  if (head[0] == '<')
    return "a page of HTML, not a profile";
  if (head[0] == '{')
    return "a page of JSON, not a profile";
  if (head[0] == 0)
    return "not a profile but, it seems, gperftools' own format (go tool pprof "
           "-proto PROGRAM FILE makes it one)";
  if (memcmp(head, "hea", 3) == 0)
    return "a heap profile as text (Go's, leave out debug=1; gperftools', go "
           "tool pprof -proto PROGRAM FILE makes it a profile)";
  if (head[0] == 'g' || head[0] == 't' || head[0] == '-')
    return "text, not a profile (leave out debug=1)";
  return NULL;
}

static int write_wire(void *ctx, const uint8_t *data, size_t len,
                      pyr_error_t *err) {
  struct pyr__decoder *decoder = ctx;
  const char *foreign;
  size_t i;
  int rc;
  for (i = 0; i < len && decoder->head_len < HEAD_BYTES; i++)
    decoder->head[decoder->head_len++] = data[i];
  rc = pyr__wire_write(&decoder->wire, data, len, err);
  foreign = rc == PYR_EPPROF ? foreign_format(decoder->head) : NULL;
  if (foreign != NULL)
    pyr__error_prefix(err, "%s: ", foreign);
  return rc;
}

static int write_inner(void *ctx, const uint8_t *data, size_t len,
                       pyr_error_t *err) {
  return pyr__gunzip_write(ctx, data, len, err);
}

int pyr__decoder_new(struct pyr__decoder **out, struct pyr__memory *memory) {
  struct pyr__decoder *decoder =
      pyr__calloc(memory, PYR__MEM_PPROF_INFLATE, 1, sizeof(*decoder));
  if (decoder == NULL)
    return PYR__ENOMEM;
  decoder->memory = memory;
  pyr__gunzip_init(&decoder->outer, memory, write_inner, &decoder->inner);
  pyr__gunzip_init(&decoder->inner, memory, write_wire, decoder);
  pyr__wire_init(&decoder->wire, memory, PYR__LIMIT_FIELD_BYTES,
                 &pyr__model_names, pyr__model_field, &decoder->model);
  pyr__model_init(&decoder->model, memory);
  decoder->failed = 1; /* until begin */
  *out = decoder;
  return 0;
}

void pyr__decoder_free(struct pyr__decoder *decoder) {
  if (decoder == NULL)
    return;
  pyr__gunzip_release(&decoder->outer);
  pyr__gunzip_release(&decoder->inner);
  pyr__wire_release(&decoder->wire);
  pyr__model_release(&decoder->model);
  pyr__free(decoder->memory, decoder);
}

void pyr__decoder_begin(struct pyr__decoder *decoder,
                        const struct pyr__decoder_limits *limits) {
  /* Two layers are rare: their second state is not kept. */
  pyr__gunzip_release(&decoder->inner);
  pyr__gunzip_begin(&decoder->outer, limits->body_bytes);
  pyr__gunzip_begin(&decoder->inner, limits->body_bytes);
  pyr__wire_begin(&decoder->wire);
  pyr__model_begin(&decoder->model, limits);
  memset(decoder->head, 0xff, HEAD_BYTES);
  decoder->head_len = 0;
  decoder->failed = 0;
}

void pyr__decoder_trim(struct pyr__decoder *decoder) {
  pyr__gunzip_release(&decoder->inner);
  pyr__model_trim(&decoder->model);
}

void pyr__decoder_allow(struct pyr__decoder *decoder, uint64_t arena_bytes) {
  pyr__model_allow(&decoder->model, arena_bytes);
}

uint64_t pyr__decoder_bytes(const struct pyr__decoder *decoder) {
  return pyr__model_bytes(&decoder->model) + decoder->wire.carry.capacity;
}

static int used_wrongly(pyr_error_t *err) {
  return pyr__error(err, PYR_EUSAGE, "the decoder has failed or was not begun");
}

int pyr__decoder_write(struct pyr__decoder *decoder, const void *data,
                       size_t len, pyr_error_t *err) {
  int rc;
  if (decoder->failed)
    return used_wrongly(err);
  rc = pyr__gunzip_write(&decoder->outer, data, len, err);
  decoder->failed = rc != 0;
  return rc;
}

static int finish(struct pyr__decoder *decoder, pyr_error_t *err) {
  uint64_t bytes;
  int rc = pyr__gunzip_finish(&decoder->outer, err);
  if (rc == 0)
    rc = pyr__gunzip_finish(&decoder->inner, err);
  if (rc == 0)
    rc = pyr__wire_finish(&decoder->wire, err);
  if (rc != 0)
    return rc;
  bytes = pyr__decoder_body_bytes(decoder);
  if (bytes == 0)
    return pyr__error(err, PYR_EPPROF, "empty body: it has no bytes");
  return pyr__model_resolve(&decoder->model, bytes, err);
}

int pyr__decoder_finish(struct pyr__decoder *decoder,
                        const struct pyr__profile **out, pyr_error_t *err) {
  int rc;
  if (decoder->failed)
    return used_wrongly(err);
  rc = finish(decoder, err);
  decoder->failed = 1; /* nothing may be written behind the end */
  if (rc == 0)
    *out = &decoder->model.profile;
  return rc;
}

struct pyr__arena *pyr__decoder_arena(struct pyr__decoder *decoder) {
  return &decoder->model.arena;
}

uint64_t pyr__decoder_body_bytes(const struct pyr__decoder *decoder) {
  return decoder->inner.given;
}

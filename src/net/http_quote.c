#define ZLIB_CONST /* next_in is only read from */
#include "net/http_quote.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/str.h"

/* So much of a compressed body holds more than the bytes that are shown. */
enum { REASON_MAX = 64, GZIP_MAX = 1024, GZIP_ONLY = 16 + MAX_WBITS };

void pyr__http_quote_init(struct pyr__http_quote *quote,
                          struct pyr__memory *memory) {
  memset(quote, 0, sizeof(*quote));
  pyr__buf_init(&quote->text, memory, PYR__MEM_NET_CLIENT,
                REASON_MAX + GZIP_MAX);
}

void pyr__http_quote_release(struct pyr__http_quote *quote) {
  pyr__buf_release(&quote->text);
}

static bool is_gzip(pyr_str_t encoding) {
  return pyr__str_is_nocase(encoding, "gzip") ||
         pyr__str_is_nocase(encoding, "x-gzip");
}

void pyr__http_quote_begin(struct pyr__http_quote *quote,
                           const struct pyr__http_head *head) {
  pyr_str_t reason = head->reason;

  pyr__buf_clear(&quote->text);
  quote->reason_len = 0;
  quote->is_gzip = is_gzip(head->content_encoding);
  if (reason.len > REASON_MAX)
    reason.len = REASON_MAX;
  if (pyr__buf_add(&quote->text, reason.base, reason.len) == 0)
    quote->reason_len = reason.len;
  quote->limit =
      quote->reason_len + (quote->is_gzip ? GZIP_MAX : PYR__LIMIT_ERROR_BODY);
}

void pyr__http_quote_add(struct pyr__http_quote *quote, const uint8_t *data,
                         size_t len) {
  size_t room = quote->limit - quote->text.len;
  (void)pyr__buf_add(&quote->text, data, len < room ? len : room);
}

static voidpf zlib_alloc(voidpf ctx, uInt count, uInt size) {
  struct pyr__memory *memory = ctx;
  return pyr__calloc(memory, PYR__MEM_NET_CLIENT, count, size);
}

static void zlib_free(voidpf ctx, voidpf block) {
  struct pyr__memory *memory = ctx;
  pyr__free(memory, block);
}

/* As much as there is and has room; 0 where it is not gzip after all. */
static size_t inflate_start(const struct pyr__http_quote *quote,
                            pyr_str_t packed,
                            uint8_t out[PYR__LIMIT_ERROR_BODY]) {
  z_stream stream = {.next_in = (const uint8_t *)packed.base,
                     .avail_in = (uInt)packed.len,
                     .next_out = out,
                     .avail_out = PYR__LIMIT_ERROR_BODY,
                     .zalloc = zlib_alloc,
                     .zfree = zlib_free,
                     .opaque = quote->text.memory};
  if (inflateInit2(&stream, GZIP_ONLY) != Z_OK)
    return 0;
  inflate(&stream, Z_SYNC_FLUSH);
  inflateEnd(&stream);
  return PYR__LIMIT_ERROR_BODY - stream.avail_out;
}

int pyr__http_quote_error(const struct pyr__http_quote *quote, int status,
                          pyr_error_t *err) {
  char reason[REASON_MAX + 1], body[PYR_ERROR_TEXT];
  uint8_t plain[PYR__LIMIT_ERROR_BODY];
  const char *start =
      quote->text.len == 0 ? "" : (const char *)quote->text.data;
  pyr_str_t said = {start + quote->reason_len,
                    quote->text.len - quote->reason_len};
  size_t plain_len = quote->is_gzip ? inflate_start(quote, said, plain) : 0;

  pyr__str_escape(reason, sizeof(reason),
                  pyr__str_trim((pyr_str_t){start, quote->reason_len}));
  if (plain_len > 0)
    said = (pyr_str_t){(const char *)plain, plain_len};
  else if (said.len > PYR__LIMIT_ERROR_BODY)
    said.len = PYR__LIMIT_ERROR_BODY;
  pyr__str_escape(body, sizeof(body), pyr__str_trim(said));
  return pyr__error(err, PYR_ESTATUS, "%d%s%s%s%s", status,
                    reason[0] != '\0' ? " " : "", reason,
                    body[0] != '\0' ? ": " : "", body);
}

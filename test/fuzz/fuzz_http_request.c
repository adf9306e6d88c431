/* A client's bytes, first in pieces of the size that the first byte says, then
 * at once: the server must understand the same requests both times, and let in
 * by the same rule whoever names it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "net/http_server_request.h"
#include "serve/guard.h"

enum { HEADER_LIMIT = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t fold(uint64_t hash, pyr_str_t text) {
  return pyr__hash(hash, text.base, text.len);
}

/* A stranger's name, or a post from somewhere else, has its text. */
static uint64_t fold_guard(uint64_t hash,
                           const struct pyr__http_server_request *request) {
  static const pyr_str_t hosts[] = {{"edge1.example", 13}};
  const struct pyr__serve_guard guards[] = {
      {.is_local = true},
      {.is_local = false},
      {.is_local = true, .hosts = hosts, .host_count = 1}};
  size_t i;
  for (i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
    const char *refusal = pyr__serve_refusal(&guards[i], request);
    if (refusal != NULL && refusal[0] == '\0')
      abort();
    hash = pyr__hash_mix(hash, refusal != NULL);
  }
  return hash;
}

static uint64_t fold_request(uint64_t hash,
                             const struct pyr__http_request_parser *parser) {
  const struct pyr__http_server_request *request = &parser->request;
  size_t i;
  if (request->path.len == 0 || request->path.base[0] != '/' ||
      request->query_count > PYR__HTTP_QUERY_MAX ||
      parser->taken > HEADER_LIMIT)
    abort();
  hash = fold(fold(hash, request->path), request->host);
  hash = fold(fold(hash, request->origin), request->authorization);
  hash = fold_guard(hash, request);
  for (i = 0; i < request->query_count; i++)
    hash = fold(fold(hash, request->query[i].key), request->query[i].value);
  return pyr__hash_mix(hash, (uint64_t)request->is_head * 4 +
                                 (uint64_t)parser->keep_alive * 2 +
                                 (uint64_t)parser->is_old);
}

static uint64_t run(const char *data, size_t size, size_t piece) {
  struct pyr__http_request_parser parser;
  struct pyr__memory memory;
  uint64_t hash = 0;
  size_t at = 0, used;
  enum pyr__http_parsed parsed = PYR__HTTP_MORE;

  pyr__memory_init(&memory, NULL);
  pyr__http_request_parser_init(&parser, &memory, HEADER_LIMIT);
  while (at < size && parsed != PYR__HTTP_BAD) {
    size_t len = size - at < piece ? size - at : piece;
    parsed = pyr__http_request_parse(&parser, data + at, len, &used);
    if (used > len || (parsed == PYR__HTTP_MORE && used != len))
      abort();
    at += used;
    if (parsed == PYR__HTTP_WHOLE) {
      hash = fold_request(hash, &parser);
      pyr__http_request_parser_restart(&parser);
    } else if (parsed == PYR__HTTP_BAD) {
      if (parser.status < 400)
        abort();
      hash = pyr__hash_mix(hash, (uint64_t)parser.status);
    }
  }
  pyr__http_request_parser_release(&parser);
  if (memory.accounts[PYR__MEM_NET_SERVER].used_blocks != 0 ||
      memory.accounts[PYR__MEM_NET_SECRETS].used_blocks != 0)
    abort();
  return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data + 1;
  if (size < 1)
    return 0;
  if (run(text, size - 1, (size_t)data[0] % 17 + 1) !=
      run(text, size - 1, size))
    abort();
  return 0;
}

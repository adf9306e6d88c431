/* A DNS message of a server that lies, of the type that its first byte says:
 * records or what is wrong, and nothing that a message of its size cannot
 * hold. */
#include <ares.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_answer.h"

enum { MESSAGE_MAX = 65535, HOST_MAX = 4 * 255, ARENA_MAX = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static void check_record(const struct pyr__dns_record *record,
                         enum pyr__dns_type type) {
  check(record->host != NULL && strlen(record->host) <= HOST_MAX);
  check(type == PYR__DNS_SRV || record->port == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum pyr__dns_type types[] = {
      PYR__DNS_A, PYR__DNS_NS, PYR__DNS_MX, PYR__DNS_AAAA, PYR__DNS_SRV};
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__dns_records records;
  enum pyr__dns_type type;
  size_t i;

  if (size < 1 || size > MESSAGE_MAX)
    return 0;
  type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_NET_DNS, ARENA_MAX);
  if (pyr__dns_answer_read(type, data + 1, (int)size - 1, &arena, &records) ==
      ARES_SUCCESS) {
    check(records.count <= size);
    for (i = 0; i < records.count; i++)
      check_record(&records.items[i], type);
  }
  pyr__arena_release(&arena);
  check(memory.accounts[PYR__MEM_NET_DNS].used_blocks == 0);
  return 0;
}

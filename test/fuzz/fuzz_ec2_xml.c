/* An answer of EC2, in pieces: the first byte says how long they are.  Whole or
 * an error, whose text is there, and nothing is left. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "discovery/aws/ec2_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct pyr__ec2_answer *answer) {
  const struct pyr__ec2_instance *at = answer->first;
  size_t i, count = 0;
  for (; at != NULL; at = at->next, count++)
    for (i = 0; i < PYR__EC2_FIELDS; i++)
      if (at->fields[i].base == NULL ||
          at->fields[i].base[at->fields[i].len] != '\0')
        abort();
  if (count != answer->count)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pyr__ec2_answer answer = {.end = &answer.first};
  struct pyr__ec2_xml xml;
  struct pyr__memory memory;
  struct pyr__arena arena;
  pyr_error_t err = {0};
  size_t at = 1, piece = size == 0 ? 1 : (size_t)data[0] + 1;
  unsigned i;
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_DISCOVERY_GROUPS, PYR__MIB);
  rc = pyr__ec2_xml_init(&xml, &arena, &answer, "DescribeInstancesResponse",
                         &err);
  for (; rc == 0 && at < size; at += piece)
    rc = pyr__ec2_xml_feed(&xml, data + at,
                           size - at < piece ? size - at : piece, &err);
  if (rc == 0)
    rc = pyr__ec2_xml_finish(&xml, &err);
  if (rc != 0 && ((rc != PYR_EHTTP && rc != PYR_ELIMIT) || err.text[0] == '\0'))
    abort();
  if (rc == 0)
    check_answer(&answer);
  pyr__ec2_xml_release(&xml);
  pyr__arena_release(&arena);
  for (i = 0; i < PYR__PURPOSE_COUNT; i++)
    if (memory.accounts[i].used_blocks != 0)
      abort();
  return 0;
}

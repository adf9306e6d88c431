/* What a Consul agent sends: the first byte says what it was asked, the second
 * where the rest is cut in two.  However it is cut, it must come to the same,
 * and every instance must have well-formed labels. */
#include <stdint.h>

#include "base/limits.h"
#include "discovery/consul/answer.h"
#include "discovery/consul/labels.h"
#include "fuzz/json_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_instances(struct reading *reading) {
  static const struct pyr__consul_sd_config config = {
      .tag_separator = {",", 1}};
  struct pyr__reader reader = pyr__json_answer_reader(&reading->answer);
  struct pyr__discovered target;
  struct pyr__arena arena;
  pyr_str_t record;

  pyr__arena_init(&arena, &reading->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_GROUP_BYTES);
  while (pyr__json_records_next(&reader, &record)) {
    if (pyr__consul_labels(&arena, &config, pyr__str("dc"), pyr__str("web"),
                           record, &target, NULL) == 0)
      check_target(&target);
    pyr__arena_reset(&arena, PYR__KIB);
  }
  pyr__arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct reading whole, cut;
  enum pyr__consul_kind kind;
  bool is_list;
  int rc;

  if (size < 2)
    return 0;
  kind = (enum pyr__consul_kind)(data[0] % 3);
  is_list = kind == PYR__CONSUL_HEALTH;
  rc = take(&whole, is_list, &pyr__consul_roots[kind], data + 2, size - 2, 0);
  compare(rc, &whole,
          take(&cut, is_list, &pyr__consul_roots[kind], data + 2, size - 2,
               (size_t)data[1] % (size - 1)),
          &cut);
  if (is_list)
    check_instances(&whole);
  release(&whole);
  release(&cut);
  return 0;
}

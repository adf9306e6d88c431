/* What a Consul agent sends: the first byte says what it was asked, the second
 * where the rest is cut in two.  However it is cut, it must come to the same,
 * and every instance must have well-formed labels. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/str.h"
#include "discovery/consul_answer.h"
#include "discovery/consul_labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
  struct pyr__memory memory;
  struct pyr__consul_answer answer;
  size_t held;
  pyr_error_t err;
};

static int take(struct reading *reading, enum pyr__consul_kind kind,
                const uint8_t *data, size_t size, size_t cut) {
  int rc;
  memset(reading, 0, sizeof(*reading));
  pyr__memory_init(&reading->memory, NULL);
  pyr__consul_answer_init(&reading->answer, kind, &reading->memory,
                          &reading->held);
  rc = pyr__consul_answer_feed(&reading->answer, data, cut, &reading->err);
  if (rc == 0)
    rc = pyr__consul_answer_feed(&reading->answer, data + cut, size - cut,
                                 &reading->err);
  return rc != 0 ? rc
                 : pyr__consul_answer_finish(&reading->answer, &reading->err);
}

static void release(struct reading *reading) {
  pyr__consul_answer_release(&reading->answer);
  if (reading->held != 0 ||
      reading->memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks != 0)
    abort();
}

static void check_target(const struct pyr__discovered *target) {
  size_t i;
  for (i = 0; i < target->label_count; i++) {
    const pyr_label_t *label = &target->labels[i];
    if (!pyr__label_name_is_plain(label->name) ||
        !pyr__str_is_utf8(label->value))
      abort();
    if (i > 0 && pyr__str_compare(label[-1].name, label->name) >= 0)
      abort();
  }
}

static void check_instances(struct reading *reading) {
  static const struct pyr__consul_sd_config config = {
      .tag_separator = {",", 1}};
  struct pyr__reader reader =
      pyr__reader_of(reading->answer.records.data, reading->answer.records.len);
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
  int rc;

  if (size < 2)
    return 0;
  kind = (enum pyr__consul_kind)(data[0] % 3);
  rc = take(&whole, kind, data + 2, size - 2, 0);
  if (rc != take(&cut, kind, data + 2, size - 2, (size_t)data[1] % (size - 1)))
    abort();
  if (rc != 0 &&
      (whole.err.text[0] == '\0' || strcmp(whole.err.text, cut.err.text) != 0))
    abort();
  if (whole.answer.records.len != cut.answer.records.len ||
      (whole.answer.records.len != 0 &&
       memcmp(whole.answer.records.data, cut.answer.records.data,
              whole.answer.records.len) != 0))
    abort();
  if (kind == PYR__CONSUL_HEALTH)
    check_instances(&whole);
  release(&whole);
  release(&cut);
  return 0;
}

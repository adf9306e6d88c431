/* A list of targets as YAML and as JSON, from a file or a server: it is read or
 * refused with a place, and what was read goes through the emitter whole. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "discovery/list_emit.h"

enum { INPUT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
  size_t targets;
};

static int on_group(void *ctx, struct pyr__discoverer *from,
                    const struct pyr__target_group *group, pyr_error_t *err) {
  struct seen *seen = ctx;
  size_t i, k;
  (void)from;
  (void)err;
  if (group->target_count > PYR__SLICE_TARGETS)
    abort();
  seen->targets += group->target_count;
  for (i = 0; i < group->target_count; i++) {
    const struct pyr__discovered *target = &group->targets[i];
    for (k = 1; k < target->label_count; k++)
      if (pyr__str_compare(target->labels[k - 1].name,
                           target->labels[k].name) >= 0)
        abort(); /* sorted, each name once */
  }
  return 0;
}

static void check_whole(const struct pyr__list_emit *emit,
                        const struct seen *seen) {
  const struct pyr__target_list *list = &emit->reading.list;
  size_t i, wanted = 0;
  for (i = 0; i < list->group_count; i++)
    wanted += list->groups[i].targets.count;
  if (seen->targets != wanted)
    abort();
}

static void run(const uint8_t *data, size_t size,
                enum pyr__list_format format) {
  static const struct pyr__discoverer_type type = {"fuzz", NULL};
  struct pyr__memory memory;
  struct pyr__buf text;
  struct pyr__discovery_env env = {.memory = &memory,
                                   .clock = pyr__clock_system()};
  struct seen seen = {0};
  struct pyr__discovery_sink sink = {on_group, NULL, &seen};
  struct pyr__list_source from = {.origin = pyr__str("x.yml"),
                                  .meta_label = "__meta_filepath",
                                  .slices = 3,
                                  .format = format,
                                  .text = &text};
  struct pyr__discoverer discoverer;
  struct pyr__list_emit emit;
  pyr_error_t err;
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&text, &memory, PYR__MEM_DISCOVERY_GROUPS, INPUT_MAX);
  if (pyr__buf_add(&text, data, size) != 0)
    abort();
  pyr__discoverer_init(&discoverer, &type, &env, &sink);
  pyr__list_emit_begin(&emit, &discoverer, &from);
  while ((rc = pyr__list_emit_step(&emit, &err)) > 0)
    continue;
  if (rc == 0)
    check_whole(&emit, &seen);
  else if (emit.is_read || seen.targets > 0 ||
           strncmp(err.text, "x.yml:", 6) != 0)
    abort();
  pyr__list_emit_end(&emit);
  pyr__buf_release(&text);
  if (memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks != 0 ||
      memory.accounts[PYR__MEM_CONFIG_TREE].used_blocks != 0)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > INPUT_MAX)
    return 0;
  run(data, size, PYR__LIST_YAML);
  run(data, size, PYR__LIST_JSON);
  return 0;
}

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

static void emit(struct pyr__memory *memory,
                 const struct pyr__target_list *list) {
  static const struct pyr__discoverer_type type = {"fuzz", NULL};
  struct pyr__discovery_env env = {.memory = memory,
                                   .clock = pyr__clock_system()};
  struct seen seen = {0};
  struct pyr__discovery_sink sink = {on_group, NULL, &seen};
  struct pyr__discoverer discoverer;
  struct pyr__list_emit emitter;
  pyr_error_t err;
  size_t i, wanted = 0;
  int rc;

  for (i = 0; i < list->group_count; i++)
    wanted += list->groups[i].targets.count;
  pyr__discoverer_init(&discoverer, &type, &env, &sink);
  pyr__list_emit_begin(&emitter, &discoverer, pyr__str("x.yml"),
                       "__meta_filepath", 3, list);
  while ((rc = pyr__list_emit_step(&emitter, &err)) > 0)
    continue;
  if (rc != 0 || seen.targets != wanted)
    abort();
  pyr__list_emit_end(&emitter);
}

static void run(const uint8_t *data, size_t size,
                enum pyr__list_format format) {
  struct pyr__target_list list;
  struct pyr__memory memory;
  pyr_error_t err = {0};
  char *text = malloc(size == 0 ? 1 : size);
  int rc;

  memcpy(text, data, size);
  pyr__memory_init(&memory, NULL);
  rc =
      pyr__target_list_parse(&list, &memory, text, size, format, "x.yml", &err);
  if (rc == 0)
    emit(&memory, &list);
  else if (strncmp(err.text, "x.yml:", 6) != 0)
    abort();
  free(text);
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

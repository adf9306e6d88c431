#include "self/sample_table.h"

#include <string.h>

#include "base/hash.h"

int pyr__sample_table_init(struct pyr__sample_table *table,
                           struct pyr__memory *memory, uint32_t stacks,
                           uint32_t frames) {
  memset(table, 0, sizeof(*table));
  table->slot_count = 2;
  while (table->slot_count < stacks * 2)
    table->slot_count *= 2;
  table->stack_capacity = stacks;
  table->frame_capacity = frames;
  table->slots = pyr__calloc(memory, PYR__MEM_SELF, table->slot_count,
                             sizeof(*table->slots));
  /* not zeroed: pages that no sample touches are never resident */
  table->stacks =
      pyr__alloc(memory, PYR__MEM_SELF, stacks * sizeof(*table->stacks));
  table->frames =
      pyr__alloc(memory, PYR__MEM_SELF, frames * sizeof(*table->frames));
  if (table->slots != NULL && table->stacks != NULL && table->frames != NULL)
    return 0;
  pyr__sample_table_release(table, memory);
  return PYR__ENOMEM;
}

void pyr__sample_table_release(struct pyr__sample_table *table,
                               struct pyr__memory *memory) {
  pyr__free(memory, table->slots);
  pyr__free(memory, table->stacks);
  pyr__free(memory, table->frames);
  memset(table, 0, sizeof(*table));
}

/* The stack's place: its slot, or the free one where it would be. */
static uint32_t *find_slot(const struct pyr__sample_table *table, uint64_t hash,
                           const uintptr_t *frames, size_t count) {
  uint32_t at = (uint32_t)hash & (table->slot_count - 1);
  while (table->slots[at] != 0) {
    const struct pyr__sample_stack *stack =
        &table->stacks[table->slots[at] - 1];
    if (stack->hash == hash && stack->frame_count == count &&
        memcmp(table->frames + stack->first_frame, frames,
               count * sizeof(*frames)) == 0)
      break;
    at = (at + 1) & (table->slot_count - 1);
  }
  return &table->slots[at];
}

void pyr__sample_table_add(struct pyr__sample_table *table,
                           const uintptr_t *frames, size_t count,
                           uint64_t samples) {
  uint64_t hash = count;
  uint32_t *slot;
  size_t i;

  table->samples += samples;
  for (i = 0; i < count; i++)
    hash = pyr__hash_mix(hash, frames[i]);
  slot = find_slot(table, hash, frames, count);
  if (*slot == 0) {
    struct pyr__sample_stack *stack = &table->stacks[table->stack_count];
    if (table->stack_count == table->stack_capacity ||
        count > table->frame_capacity - table->frame_count) {
      table->dropped += samples;
      return;
    }
    *stack = (struct pyr__sample_stack){hash, 0, table->frame_count,
                                        (uint32_t)count};
    memcpy(table->frames + table->frame_count, frames, count * sizeof(*frames));
    table->frame_count += (uint32_t)count;
    *slot = ++table->stack_count;
  }
  table->stacks[*slot - 1].samples += samples;
}

/* Folded stacks: "main;work;sort 120", one a line. */
#include "query/export.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/index.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/values.h"
#include "query/lines.h"
#include "query/nodes.h"

/* Nodes are renumbered by name first, so that stacks compare as numbers. */
struct stack {
  int64_t value;
  uint32_t *nodes;
  uint32_t depth;
};

struct folded {
  const struct pyr__profile *profile;
  uint32_t type;
  struct pyr__arena arena;
  struct pyr__nodes nodes;
  uint32_t *rank, *by_rank;
  struct pyr__index index;
  struct stack *stacks;
  uint32_t count;
};

static int compare_names(const void *a, const void *b, void *ctx) {
  const pyr_str_t *names = ctx;
  return pyr__str_compare(names[*(const uint32_t *)a],
                          names[*(const uint32_t *)b]);
}

static int compare_stacks(const void *a, const void *b) {
  const struct stack *left = a, *right = b;
  uint32_t i;
  for (i = 0; i < left->depth && i < right->depth; i++)
    if (left->nodes[i] != right->nodes[i])
      return left->nodes[i] < right->nodes[i] ? -1 : 1;
  return (left->depth > right->depth) - (left->depth < right->depth);
}

/* Names that are equal (two mappings of one file) get one rank. */
static int rank_nodes(struct folded *folded, pyr_error_t *err) {
  const pyr_str_t *names = folded->nodes.names;
  uint32_t count = folded->nodes.count, i, rank = 0;

  folded->rank = pyr__arena_alloc(&folded->arena, count, sizeof(uint32_t));
  folded->by_rank = pyr__arena_alloc(&folded->arena, count, sizeof(uint32_t));
  if (folded->rank == NULL || folded->by_rank == NULL)
    return pyr__arena_error(&folded->arena, count * sizeof(uint32_t),
                            "the table of names", err);
  for (i = 0; i < count; i++)
    folded->by_rank[i] = i;
  if (count > 1)
    qsort_r(folded->by_rank, count, sizeof(uint32_t), compare_names,
            folded->nodes.names);
  for (i = 0; i < count; i++) {
    uint32_t node = folded->by_rank[i];
    if (i == 0 ||
        !pyr__str_equal(names[folded->by_rank[rank - 1]], names[node]))
      folded->by_rank[rank++] = node;
    folded->rank[node] = rank - 1;
  }
  return 0;
}

static int keep(struct folded *folded, const uint32_t *nodes, uint32_t depth,
                uint64_t hash, uint32_t *out, pyr_error_t *err) {
  uint32_t *copy = pyr__arena_alloc(&folded->arena, depth, sizeof(uint32_t));
  if (copy == NULL)
    return pyr__arena_error(&folded->arena, depth * sizeof(uint32_t),
                            "the table of stacks", err);
  if (depth > 0)
    memcpy(copy, nodes, depth * sizeof(uint32_t));
  *out = folded->count++;
  folded->stacks[*out] = (struct stack){0, copy, depth};
  return pyr__index_add(&folded->index, hash, *out) == 0
             ? 0
             : pyr__error_nomem(err);
}

static int add(struct folded *folded, uint32_t sample, uint32_t *scratch,
               pyr_error_t *err) {
  int64_t value =
      folded->profile
          ->values[(size_t)sample * folded->profile->type_count + folded->type];
  struct stack one = {value, scratch, 0};
  uint32_t i, id;
  uint64_t hash;
  size_t at;
  int rc;

  if (value == 0)
    return 0;
  one.depth = pyr__nodes_of_sample(&folded->nodes, sample, scratch, NULL);
  for (i = 0; i < one.depth; i++)
    scratch[i] = folded->rank[scratch[i]];
  hash = pyr__hash(0, scratch, one.depth * sizeof(*scratch));
  id = pyr__index_first(&folded->index, hash, &at);
  while (id != PYR__NONE && compare_stacks(&folded->stacks[id], &one) != 0)
    id = pyr__index_next(&folded->index, hash, &at);
  if (id == PYR__NONE) {
    rc = keep(folded, scratch, one.depth, hash, &id, err);
    if (rc != 0)
      return rc;
  }
  folded->stacks[id].value = pyr__value_sum(folded->stacks[id].value, value);
  return 0;
}

static int gather(struct folded *folded, pyr_error_t *err) {
  uint32_t i, deepest = pyr__nodes_deepest(&folded->nodes);
  uint32_t *scratch =
      pyr__arena_alloc(&folded->arena, deepest, sizeof(*scratch));
  int rc = 0;

  folded->stacks = pyr__arena_alloc(
      &folded->arena, folded->profile->sample_count, sizeof(*folded->stacks));
  if (scratch == NULL || folded->stacks == NULL)
    return pyr__arena_error(
        &folded->arena, folded->profile->sample_count * sizeof(struct stack),
        "the table of stacks", err);
  for (i = 0; rc == 0 && i < folded->profile->sample_count; i++)
    rc = add(folded, i, scratch, err);
  if (rc == 0 && folded->count > 1)
    qsort(folded->stacks, folded->count, sizeof(*folded->stacks),
          compare_stacks);
  return rc;
}

static int write_stack(const struct folded *folded, const struct stack *stack,
                       struct pyr__lines *lines, pyr_error_t *err) {
  uint32_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < stack->depth; i++) {
    pyr_str_t name = folded->nodes.names[folded->by_rank[stack->nodes[i]]];
    if (i > 0)
      rc = pyr__lines_add(lines, err, ";");
    if (rc == 0)
      rc = pyr__lines_add_name(lines, name, ';', err);
  }
  return rc != 0
             ? rc
             : pyr__lines_add(lines, err, " %lld\n", (long long)stack->value);
}

static int write_all(const struct folded *folded, struct pyr__memory *memory,
                     const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__lines lines;
  uint32_t i;
  int rc = 0;
  pyr__lines_init(&lines, memory, output);
  for (i = 0; rc == 0 && i < folded->count; i++)
    if (folded->stacks[i].value != 0)
      rc = write_stack(folded, &folded->stacks[i], &lines, err);
  if (rc == 0)
    rc = pyr__lines_flush(&lines, err);
  pyr__lines_release(&lines);
  return rc;
}

int pyr__export_folded(const struct pyr__profile *profile, uint32_t type,
                       struct pyr__memory *memory,
                       const struct pyr__output *output, pyr_error_t *err) {
  struct folded folded = {.profile = profile, .type = type};
  int rc;

  pyr__arena_init(&folded.arena, memory, PYR__MEM_QUERY,
                  PYR__LIMIT_EXPORT_BYTES);
  pyr__index_init(&folded.index, memory, PYR__MEM_QUERY);
  rc = pyr__nodes_build(&folded.nodes, profile, &folded.arena, err);
  if (rc == 0)
    rc = rank_nodes(&folded, err);
  if (rc == 0)
    rc = gather(&folded, err);
  if (rc == 0)
    rc = write_all(&folded, memory, output, err);
  pyr__index_release(&folded.index);
  pyr__arena_release(&folded.arena);
  return rc;
}

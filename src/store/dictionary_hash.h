/* Hashes of what is in a dictionary.  A thing that comes in and its row have
 * the same one. */
#ifndef PYR__STORE_DICTIONARY_HASH_H
#define PYR__STORE_DICTIONARY_HASH_H

#include "base/hash.h"
#include "store/tables.h"

static inline uint64_t pyr__hash_mapping(uint64_t seed,
                                         const struct pyr__mapping *row) {
  uint64_t hash = pyr__hash_mix(seed, row->start);
  hash = pyr__hash_mix(hash, row->limit);
  hash = pyr__hash_mix(hash, row->offset);
  hash = pyr__hash_mix(hash, (uint64_t)row->filename << 32 | row->build_id);
  return pyr__hash_mix(hash, row->flags);
}

static inline uint64_t pyr__hash_function(uint64_t seed,
                                          const struct pyr__function *row) {
  uint64_t hash =
      pyr__hash_mix(seed, (uint64_t)row->name << 32 | row->system_name);
  hash = pyr__hash_mix(hash, row->filename);
  return pyr__hash_mix(hash, (uint64_t)row->start_line);
}

static inline uint64_t pyr__hash_location(uint64_t seed,
                                          const struct pyr__location *row,
                                          const struct pyr__line *lines) {
  uint64_t hash = pyr__hash_mix(seed, row->address);
  uint32_t i;
  hash = pyr__hash_mix(hash, (uint64_t)row->mapping << 1 | row->is_folded);
  for (i = 0; i < row->line_count; i++) {
    hash = pyr__hash_mix(hash, lines[i].function);
    hash = pyr__hash_mix(hash, (uint64_t)lines[i].line);
    hash = pyr__hash_mix(hash, (uint64_t)lines[i].column);
  }
  return hash;
}

static inline uint64_t pyr__hash_labels(uint64_t seed,
                                        const struct pyr__label *labels,
                                        uint32_t count) {
  uint64_t hash = pyr__hash_mix(seed, count);
  uint32_t i;
  for (i = 0; i < count; i++) {
    hash = pyr__hash_mix(hash, (uint64_t)labels[i].key << 32 |
                                   (labels[i].string ^ labels[i].unit));
    hash = pyr__hash_mix(hash, (uint64_t)labels[i].number);
  }
  return hash;
}

static inline uint64_t pyr__hash_node(uint64_t seed, struct pyr__node node) {
  return pyr__hash_mix(seed, (uint64_t)node.parent << 32 | node.step);
}

static inline uint64_t pyr__hash_attributes(uint64_t seed,
                                            const struct pyr__attributes *row,
                                            const uint32_t *comments) {
  uint64_t hash = pyr__hash_mix(seed, (uint64_t)row->period);
  uint32_t i;
  hash = pyr__hash_mix(hash, (uint64_t)row->default_type << 32 | row->doc_url);
  hash =
      pyr__hash_mix(hash, (uint64_t)row->drop_frames << 32 | row->keep_frames);
  hash = pyr__hash_mix(hash, row->program);
  for (i = 0; i < row->comment_count; i++)
    hash = pyr__hash_mix(hash, comments[i]);
  return hash;
}

static inline uint32_t pyr__word_count(const struct pyr__series_row *row) {
  return 2 * (row->label_count + row->type_count);
}

static inline uint64_t pyr__hash_series(uint64_t seed,
                                        const struct pyr__series_row *row,
                                        const uint32_t *words) {
  uint64_t hash =
      pyr__hash_mix(seed, (uint64_t)row->profile_name << 32 | row->type_name);
  uint32_t i;
  hash = pyr__hash_mix(hash, (uint64_t)row->period_type.type << 32 |
                                 row->period_type.unit);
  hash = pyr__hash_mix(hash, row->label_count);
  for (i = 0; i < pyr__word_count(row); i++)
    hash = pyr__hash_mix(hash, words[i]);
  return hash;
}

#endif

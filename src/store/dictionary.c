#include "store/dictionary.h"

#include "store/dictionary_hash.h"

int pyr__dictionary_init(struct pyr__dictionary *dictionary,
                         struct pyr__memory *memory) {
  size_t i;
  int rc =
      pyr__tables_init(&dictionary->tables, memory, PYR__MEM_STORE_DICTIONARY);
  if (rc != 0)
    return rc;
  for (i = 0; i < PYR__TABLE_IDS; i++)
    pyr__index_init(&dictionary->indexes[i], memory, PYR__MEM_STORE_DICTIONARY);
  pyr__index_init(&dictionary->paths, memory, PYR__MEM_STORE_DICTIONARY);
  pyr__rows_init(&dictionary->walks, memory, PYR__MEM_STORE_DICTIONARY,
                 sizeof(struct pyr__walk));
  pyr__rows_init(&dictionary->guesses, memory, PYR__MEM_STORE_DICTIONARY,
                 sizeof(uint32_t));
  dictionary->profile = 0;
  dictionary->seed = pyr__hash_random_seed();
  rc = pyr__rows_reserve(&dictionary->walks, 1);
  if (rc != 0) {
    pyr__dictionary_release(dictionary);
    return rc;
  }
  *pyr__dictionary_walks(dictionary) = (struct pyr__walk){0};
  dictionary->walks.count = 1;
  return 0;
}

void pyr__dictionary_release(struct pyr__dictionary *dictionary) {
  size_t i;
  pyr__tables_release(&dictionary->tables);
  for (i = 0; i < PYR__TABLE_IDS; i++)
    pyr__index_release(&dictionary->indexes[i]);
  pyr__index_release(&dictionary->paths);
  pyr__rows_release(&dictionary->walks);
  pyr__rows_release(&dictionary->guesses);
}

int pyr__dictionary_clear(struct pyr__dictionary *dictionary) {
  struct pyr__memory *memory = dictionary->walks.memory;
  struct pyr__dictionary fresh;
  int rc = pyr__dictionary_init(&fresh, memory);
  if (rc != 0)
    return rc;
  pyr__dictionary_release(dictionary);
  *dictionary = fresh;
  return 0;
}

size_t pyr__dictionary_bytes(const struct pyr__dictionary *dictionary) {
  size_t i, held = pyr__tables_bytes_held(&dictionary->tables) +
                   pyr__rows_bytes(&dictionary->walks) +
                   pyr__rows_bytes(&dictionary->guesses) +
                   dictionary->paths.size * sizeof(uint64_t);
  for (i = 0; i < PYR__TABLE_IDS; i++)
    held += dictionary->indexes[i].size * sizeof(uint64_t);
  return held;
}

static uint64_t hash_row(const struct pyr__dictionary *dictionary,
                         enum pyr__table_id table, uint32_t id) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t seed = dictionary->seed;
  pyr_str_t text;
  switch (table) {
  case PYR__TABLE_strings:
    text = pyr__tables_text(tables, id);
    return pyr__hash(seed, text.base, text.len);
  case PYR__TABLE_mappings:
    return pyr__hash_mapping(seed, pyr__tables_mappings(tables) + id);
  case PYR__TABLE_functions:
    return pyr__hash_function(seed, pyr__tables_functions(tables) + id);
  case PYR__TABLE_locations: {
    const struct pyr__location *row = pyr__tables_locations(tables) + id;
    return pyr__hash_location(seed, row,
                              pyr__tables_lines(tables) + row->first_line);
  }
  case PYR__TABLE_label_sets: {
    const struct pyr__label_set *row = pyr__tables_label_sets(tables) + id;
    return pyr__hash_labels(seed, pyr__tables_labels(tables) + row->first,
                            row->count);
  }
  case PYR__TABLE_attributes: {
    const struct pyr__attributes *row = pyr__tables_attributes(tables) + id;
    return pyr__hash_attributes(
        seed, row, pyr__tables_comments(tables) + row->first_comment);
  }
  case PYR__TABLE_series: {
    const struct pyr__series_row *row = pyr__tables_series(tables) + id;
    return pyr__hash_series(seed, row,
                            pyr__tables_words(tables) + row->first_word);
  }
  default:
    return pyr__hash_node(seed, pyr__tables_stacks(tables)[id]);
  }
}

void pyr__dictionary_cut(struct pyr__dictionary *dictionary,
                         const struct pyr__tables_mark *mark) {
  struct pyr__walk *walks = pyr__dictionary_walks(dictionary);
  uint32_t id, i;
  for (i = 0; i < PYR__TABLE_IDS; i++)
    for (id = dictionary->tables.rows[i].count; id > mark->counts[i]; id--)
      pyr__index_remove(&dictionary->indexes[i],
                        hash_row(dictionary, i, id - 1), id - 1);
  pyr__tables_cut(&dictionary->tables, mark);
  /* These are there to be quick: without them all is found the same. */
  pyr__index_clear(&dictionary->paths);
  dictionary->guesses.count = 0;
  dictionary->walks.count = mark->counts[PYR__TABLE_stacks];
  for (id = 0; id < dictionary->walks.count; id++)
    if (walks[id].below >= dictionary->walks.count)
      walks[id].below = 0;
}

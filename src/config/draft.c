/* What the readers of all sections share: notes, lists of maps, paths. */
#include "config/draft.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/str.h"

void pyr__draft_note(struct pyr__reading *reading, const char *format, ...) {
  struct pyr__draft *draft = reading->ctx;
  char text[PYR_ERROR_TEXT];
  pyr_str_t *notes;
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  notes =
      pyr__read_grow(reading, draft->notes, draft->note_count, sizeof(*notes));
  if (notes == NULL)
    return;
  draft->notes = notes;
  notes[draft->note_count++] = pyr__read_copy(reading, pyr__str(text));
}

/* ---- lists of maps ------------------------------------------------------- */

static bool are_maps(struct pyr__reading *reading,
                     const struct pyr__item *item) {
  size_t i;
  if (!pyr__expect(reading, item, PYR__NODE_LIST, "a list of maps"))
    return false;
  for (i = 0; i < item->node->as.list.count; i++) {
    const struct pyr__node *element = item->node->as.list.items[i];
    if (element->kind == PYR__NODE_MAP)
      continue;
    pyr__problem(reading->problems, element, item->key,
                 "empty or null section, expected a map of keys");
    return false;
  }
  return true;
}

void *pyr__read_elements(struct pyr__reading *reading,
                         const struct pyr__item *item, size_t size,
                         pyr__read_element_cb read, size_t *out_count) {
  size_t i, count;
  char *array;

  *out_count = 0;
  if (!are_maps(reading, item))
    return NULL;
  count = item->node->as.list.count;
  array = pyr__read_alloc(reading, count, size);
  for (i = 0; array != NULL && i < count; i++) {
    struct pyr__item element = {item->key, item->node->as.list.items[i], NULL,
                                NULL};
    read(reading, &element, array + i * size);
  }
  *out_count = array == NULL ? 0 : count;
  return array;
}

uint64_t pyr__sd_fingerprint(const struct pyr__reading *reading,
                             const struct pyr__node *node) {
  const struct pyr__draft *draft = reading->ctx;
  return pyr__node_hash(
      pyr__hash(0, draft->directory.base, draft->directory.len), node);
}

/* ---- paths --------------------------------------------------------------- */

bool pyr__is_pattern(pyr_str_t path) {
  const char *slash = memrchr(path.base, '/', path.len);
  const char *star = memchr(path.base, '*', path.len);
  return star == NULL || slash == NULL || star > slash;
}

/* The path as it is opened. */
static pyr_str_t locate(struct pyr__reading *reading, pyr_str_t path) {
  const struct pyr__draft *draft = reading->ctx;
  pyr_str_t directory = draft->directory;
  char *text;

  if (directory.len == 0 || path.base == NULL || path.base[0] == '/')
    return path;
  text = pyr__read_alloc(reading, directory.len + path.len + 1, 1);
  if (text == NULL)
    return path;
  memcpy(text, directory.base, directory.len);
  memcpy(text + directory.len, path.base, path.len);
  return (pyr_str_t){text, directory.len + path.len};
}

pyr_str_t pyr__read_locate(struct pyr__reading *reading, pyr_str_t path) {
  struct pyr__draft *draft = reading->ctx;
  pyr_str_t located = locate(reading, path);
  struct pyr__config_path *link = pyr__read_alloc(reading, 1, sizeof(*link));
  if (link == NULL || located.base == NULL)
    return located;
  *link = (struct pyr__config_path){located.base, draft->paths};
  draft->paths = link;
  return located;
}

const char *pyr__text_or_none(pyr_str_t text) {
  return text.len == 0 ? NULL : text.base;
}

const char *pyr__read_path(struct pyr__reading *reading, pyr_str_t path) {
  return path.len == 0 ? NULL : pyr__read_locate(reading, path).base;
}

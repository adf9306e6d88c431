#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "config/tree.h"

enum { FIRST_CAPACITY = 4, KEY_SHOWN = 80 };

void pyr__problems_init(struct pyr__problems *problems,
                        struct pyr__memory *memory, const char *file) {
  *problems = (struct pyr__problems){.memory = memory, .file = file};
}

void pyr__problems_release(struct pyr__problems *problems) {
  pyr__free(problems->memory, problems->items);
  problems->items = NULL;
  problems->count = problems->capacity = 0;
}

/* Room for one more, or NULL. */
static pyr_error_t *add(struct pyr__problems *problems) {
  size_t capacity =
      problems->capacity == 0 ? FIRST_CAPACITY : problems->capacity * 2;
  struct pyr__problem_item *items;

  if (problems->count == PYR__LIMIT_YAML_ERRORS) {
    problems->dropped++;
    return NULL;
  }
  if (problems->count == problems->capacity) {
    items = pyr__realloc(problems->memory, PYR__MEM_CONFIG_TREE,
                         problems->items, capacity, sizeof(*items));
    if (items == NULL) {
      problems->rc = PYR__ENOMEM;
      return NULL;
    }
    problems->items = items;
    problems->capacity = capacity;
  }
  problems->items[problems->count].file = problems->file_number;
  return &problems->items[problems->count++].error;
}

static void note(struct pyr__problems *problems, unsigned line, unsigned column,
                 pyr_str_t key, const char *format, va_list args) {
  char text[PYR_ERROR_TEXT], shown[KEY_SHOWN];
  pyr_error_t *item = add(problems);

  if (item == NULL)
    return;
  vsnprintf(text, sizeof(text), format, args);
  pyr__str_escape(shown, sizeof(shown), key);
  pyr__error_at(item, PYR_ECONFIG, line, column, "%s:%u:%u: %s: %s",
                problems->file, line, column, key.len == 0 ? "\"\"" : shown,
                text);
}

void pyr__problem_at(struct pyr__problems *problems, unsigned line,
                     unsigned column, pyr_str_t key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  note(problems, line, column, key, format, args);
  va_end(args);
}

void pyr__problem(struct pyr__problems *problems, const struct pyr__node *node,
                  pyr_str_t key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  note(problems, node->line, node->column, key, format, args);
  va_end(args);
}

/* Those at one place in the order in which they were found: addresses tell. */
static int compare(const void *a, const void *b) {
  const struct pyr__problem_item *const *left = a, *const *right = b;
  const struct pyr__problem_item *x = *left, *y = *right;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  if (x->error.line != y->error.line)
    return x->error.line < y->error.line ? -1 : 1;
  if (x->error.column != y->error.column)
    return x->error.column < y->error.column ? -1 : 1;
  return (x > y) - (x < y);
}

int pyr__problems_tell(struct pyr__problems *problems,
                       pyr_config_error_cb on_error, void *ctx,
                       pyr_error_t *err) {
  const struct pyr__problem_item *sorted[PYR__LIMIT_YAML_ERRORS];
  pyr_error_t more;
  size_t i;

  if (problems->rc != 0)
    return pyr__error_nomem(err);
  if (problems->count == 0)
    return 0;
  for (i = 0; i < problems->count; i++)
    sorted[i] = &problems->items[i];
  qsort(sorted, problems->count, sizeof(struct pyr__problem_item *), compare);
  for (i = 0; on_error != NULL && i < problems->count; i++)
    on_error(ctx, &sorted[i]->error);
  if (on_error != NULL && problems->dropped > 0) {
    pyr__error(&more, PYR_ECONFIG, "%s: and %zu errors more", problems->file,
               problems->dropped);
    on_error(ctx, &more);
  }
  if (err != NULL)
    *err = sorted[0]->error;
  return PYR_ECONFIG;
}

/* ${NAME} in values is what the environment has. */
#include "config/tree_builder.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

enum { NAME_MAX_BYTES = 255 };

/* The bytes of "${NAME}" at `at`, or 0. */
static size_t reference_len(pyr_str_t text, size_t at) {
  size_t end = at + 2;
  if (text.len - at < 4 || text.base[at] != '$' || text.base[at + 1] != '{')
    return 0;
  for (; end < text.len && text.base[end] != '}'; end++) {
    char c = text.base[end];
    int is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!is_letter && (end == at + 2 || c < '0' || c > '9'))
      return 0;
  }
  return end == text.len || end == at + 2 ? 0 : end + 1 - at;
}

/* Appends the value of the variable that "${NAME}" names. */
static int add_value(struct pyr__tree_builder *builder, struct pyr__buf *out,
                     const struct pyr__node *node, pyr_str_t reference) {
  char name[NAME_MAX_BYTES + 1];
  pyr_str_t view = {reference.base + 2, reference.len - 3};
  const char *value = NULL;

  if (view.len <= NAME_MAX_BYTES) {
    memcpy(name, view.base, view.len);
    name[view.len] = '\0';
    value = getenv(name);
  }
  if (value == NULL)
    pyr__problem(
        builder->problems, node, reference,
        "is not set in the environment; set it, or write $${...} where "
        "the text itself is meant");
  else if (!pyr__str_is_utf8(pyr__str(value)))
    pyr__problem(builder->problems, node, reference,
                 "is not UTF-8, expected text in UTF-8");
  else
    return pyr__buf_add_text(out, value);
  return 0;
}

static int expand(struct pyr__tree_builder *builder, struct pyr__buf *out,
                  const struct pyr__node *node) {
  pyr_str_t text = node->as.text;
  size_t at = 0, len;
  int rc = 0;

  while (at < text.len && rc == 0) {
    len = reference_len(text, at);
    if (len > 0) {
      rc = add_value(builder, out, node, (pyr_str_t){text.base + at, len});
      at += len;
      continue;
    }
    if (text.base[at] == '$' && at + 1 < text.len)
      len = reference_len(text, at + 1); /* what $$ keeps */
    if (len > 0)
      at++;
    rc = pyr__buf_add(out, text.base + at, len > 0 ? len : 1);
    at += len > 0 ? len : 1;
  }
  return rc;
}

int pyr__tree_expand(struct pyr__tree_builder *builder,
                     struct pyr__node *node) {
  struct pyr__arena *arena = &builder->tree->arena;
  struct pyr__buf out;
  char *copy = NULL;
  int rc;

  if (memchr(node->as.text.base, '$', node->as.text.len) == NULL)
    return 0;
  pyr__buf_init(&out, arena->memory, PYR__MEM_CONFIG_TREE,
                PYR__LIMIT_CONFIG_BYTES);
  rc = expand(builder, &out, node);
  if (rc == PYR_ELIMIT) {
    pyr__problem(builder->problems, node, pyr__str("YAML"),
                 "what the environment makes of this is too long");
    rc = PYR_ECONFIG;
  }
  if (rc == 0) {
    copy = pyr__arena_text(arena, (pyr_str_t){(const char *)out.data, out.len});
    node->as.text = (pyr_str_t){copy, out.len};
    node->is_plain = false; /* a value is text, whatever it looks like */
  }
  pyr__buf_release(&out);
  if (rc == 0 && copy == NULL)
    return pyr__tree_no_room(builder, node, out.len + 1);
  return rc;
}

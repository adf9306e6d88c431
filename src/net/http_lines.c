#include "net/http_lines.h"

#include "base/str.h"

struct pyr__http_line {
  const char *name;
  struct pyr__secret value;
};

static int init_line(struct pyr__http_line *line, struct pyr__arena *arena,
                     const struct pyr__http_header *header) {
  line->name = pyr__arena_text(arena, pyr__str(header->name));
  return line->name == NULL ? PYR__ENOMEM
                            : pyr__secret_init(&line->value, arena,
                                               header->value, header->file);
}

int pyr__http_lines_init(struct pyr__http_lines *lines,
                         struct pyr__arena *arena,
                         const struct pyr__http_headers *headers) {
  size_t i;
  int rc = 0;

  lines->count = 0;
  lines->items =
      pyr__arena_calloc(arena, headers->count + 1, sizeof(*lines->items));
  if (lines->items == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < headers->count && rc == 0; i++)
    rc = init_line(&lines->items[i], arena, &headers->items[i]);
  if (rc == 0)
    lines->count = headers->count;
  return rc;
}

void pyr__http_lines_release(struct pyr__http_lines *lines,
                             struct pyr__memory *memory) {
  size_t i;
  for (i = 0; i < lines->count; i++)
    pyr__secret_release(&lines->items[i].value, memory);
}

int pyr__http_lines_write(struct pyr__http_lines *lines,
                          struct pyr__buf *headers, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < lines->count && rc == 0; i++)
    rc =
        pyr__secret_write(&lines->items[i].value, headers, lines->items[i].name,
                          "", "the value of a header", err);
  return rc != 0 && i > 0
             ? pyr__error_prefix(err, "header %s: ", lines->items[i - 1].name)
             : rc;
}

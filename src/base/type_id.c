#include "base/type_id.h"

#include <string.h>

int pyr__type_id_make(struct pyr__arena *arena,
                      const pyr_str_t parts[PYR__TYPE_ID_PARTS],
                      pyr_str_t *out) {
  size_t len = PYR__TYPE_ID_PARTS - 1, i; /* the colons */
  char *text;

  for (i = 0; i < PYR__TYPE_ID_PARTS; i++)
    len += parts[i].len;
  text = pyr__arena_alloc(arena, len, 1);
  if (text == NULL)
    return -1;
  *out = (pyr_str_t){text, len};
  for (i = 0; i < PYR__TYPE_ID_PARTS; i++) {
    if (i > 0)
      *text++ = ':';
    if (parts[i].len > 0)
      memcpy(text, parts[i].base, parts[i].len);
    text += parts[i].len;
  }
  return 0;
}

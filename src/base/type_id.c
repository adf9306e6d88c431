#include "base/type_id.h"

#include <string.h>

int pyr__type_id_make(struct pyr__arena *arena, pyr_str_t type_name,
                      const struct pyr__profile *profile, uint32_t column,
                      pyr_str_t *out) {
  const pyr_str_t parts[] = {type_name,
                             profile->strings[profile->types[column].type],
                             profile->strings[profile->types[column].unit],
                             profile->strings[profile->period_type.type],
                             profile->strings[profile->period_type.unit]};
  size_t len = sizeof(parts) / sizeof(parts[0]) - 1, i; /* the colons */
  char *text;

  for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    len += parts[i].len;
  text = pyr__arena_alloc(arena, len, 1);
  if (text == NULL)
    return -1;
  *out = (pyr_str_t){text, len};
  for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (i > 0)
      *text++ = ':';
    memcpy(text, parts[i].base, parts[i].len);
    text += parts[i].len;
  }
  return 0;
}

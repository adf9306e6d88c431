#include "base/http_options.h"

#include <string.h>

bool pyr__is_header_name(pyr_str_t text) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  size_t i;
  for (i = 0; i < text.len; i++) {
    char c = text.base[i];
    bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9');
    if (!is_alphanumeric && (c == '\0' || strchr(others, c) == NULL))
      return false;
  }
  return text.len != 0;
}

bool pyr__is_header_text(pyr_str_t text) {
  size_t i;
  for (i = 0; i < text.len; i++)
    if (((unsigned char)text.base[i] < 0x20 && text.base[i] != '\t') ||
        text.base[i] == 0x7f)
      return false;
  return text.len != 0;
}

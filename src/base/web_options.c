#include "base/web_options.h"

enum {
  PREFIX = 7, /* "$2y$10$" */
  HASH = 60   /* that, 22 letters of salt, 31 of the hash */
};

static bool is_letter(char c) {
  return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z');
}

/* They differ in what programs of old did wrong, and are checked alike. */
static bool is_version(char c) {
  return c == 'a' || c == 'b' || c == 'y';
}

static bool is_bcrypt(pyr_str_t hash) {
  size_t i;
  if (hash.len != HASH || hash.base[0] != '$' || hash.base[1] != '2' ||
      !is_version(hash.base[2]) || hash.base[3] != '$' || hash.base[6] != '$')
    return false;
  for (i = PREFIX; i < HASH; i++)
    if (!is_letter(hash.base[i]))
      return false;
  return hash.base[4] >= '0' && hash.base[4] <= '3' && hash.base[5] >= '0' &&
         hash.base[5] <= '9';
}

const char *pyr__bcrypt_problem(pyr_str_t hash) {
  int cost;
  if (!is_bcrypt(hash))
    return "is no hash of bcrypt's, expected one as htpasswd -nBC 10 makes it";
  cost = (hash.base[4] - '0') * 10 + hash.base[5] - '0';
  if (cost < 4 || cost > PYR__BCRYPT_COST_MAX)
    return "has a cost that is not in 4 to 12, and scrapes would wait for it; "
           "expected a hash as htpasswd -nBC 10 makes it";
  return NULL;
}

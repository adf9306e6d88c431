/* How the stats endpoint may be asked, and by whom: what a web configuration
 * file comes to.  config/read_web.c reads it, net does what it says.  Texts are
 * terminated; NULL: not given. */
#ifndef PYR__BASE_WEB_OPTIONS_H
#define PYR__BASE_WEB_OPTIONS_H

#include "base/tls_options.h"

struct pyr__web_user {
  const char *name, *hash; /* bcrypt's */
};

struct pyr__web_options {
  const struct pyr__tls_options *tls; /* NULL: plain HTTP */
  const struct pyr__web_user *users;
  size_t user_count;
  const char *bearer_token, *bearer_token_file;
};

/* 2 to the power of that many rounds: 12 are about a quarter of a second, in
 * which nothing else is done. */
enum { PYR__BCRYPT_COST_MAX = 12 };

/* NULL where it is a hash of bcrypt's that can be checked, or what is wrong. */
const char *pyr__bcrypt_problem(pyr_str_t hash);

#endif

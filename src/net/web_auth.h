/* Who may ask the stats endpoint: users with passwords, of which there are only
 * bcrypt's hashes, or whoever has a token.
 *
 * To check a password takes long (that is what bcrypt is for), and would keep
 * the loop from everything else: so one that was right is remembered, and of
 * the others only so many are checked that a tenth of the time goes into it. */
#ifndef PYR__NET_WEB_AUTH_H
#define PYR__NET_WEB_AUTH_H

#include "base/clock.h"
#include "base/memory.h"
#include "base/web_options.h"

struct pyr__web_auth; /* opaque */

enum pyr__web_verdict {
  PYR__WEB_KNOWN,
  PYR__WEB_STRANGER, /* or nobody at all */
  PYR__WEB_BUSY      /* not checked: too many were */
};

/* NULL, and 0, where nobody is asked who they are.  Copies what is given. */
int pyr__web_auth_new(struct pyr__web_auth **out, struct pyr__memory *memory,
                      const struct pyr__web_options *options,
                      const struct pyr__clock *clock, pyr_error_t *err);
void pyr__web_auth_free(struct pyr__web_auth *auth); /* NULL is allowed */
/* By the value of an Authorization header; base NULL: there is none. */
enum pyr__web_verdict pyr__web_auth_check(struct pyr__web_auth *auth,
                                          pyr_str_t authorization);
/* What WWW-Authenticate asks for: "Basic realm=\"Pyrite\"". */
const char *pyr__web_auth_challenge(const struct pyr__web_auth *auth);

#endif

/* Keys of AWS that were found or given out: kept in memory that is wiped, with
 * the time that they are good for. */
#ifndef PYR__DISCOVERY_AWS_KEYS_H
#define PYR__DISCOVERY_AWS_KEYS_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/aws_sign.h"

struct pyr__aws_kept_keys {
  struct pyr__buf text;      /* owns the below */
  struct pyr__aws_keys keys; /* id NULL: there are none */
  int64_t expire_s;          /* since 1970 */
  int64_t renew_s;           /* others are to be asked for from then on */
};

/* Renewed so long before their end; AWS has new ones by then. */
enum { PYR__AWS_RENEW_S = 5 * 60, PYR__AWS_RETRY_S = 60 };

void pyr__aws_keys_init(struct pyr__aws_kept_keys *kept,
                        struct pyr__memory *memory);
void pyr__aws_keys_release(struct pyr__aws_kept_keys *kept);
/* Keeps copies; a token of "" is none.  `expiration` is as AWS writes it,
 * "2026-01-02T03:04:05Z"; "": these never expire.  Where it fails there are
 * none: PYR__ENOMEM, PYR_ELIMIT, or PYR_EHTTP for what is no time. */
int pyr__aws_keys_set(struct pyr__aws_kept_keys *kept, pyr_str_t id,
                      pyr_str_t secret, pyr_str_t token, pyr_str_t expiration,
                      pyr_error_t *err);
/* Whether none need to be asked for. */
static inline bool
pyr__aws_keys_are_fresh(const struct pyr__aws_kept_keys *kept, int64_t now_s) {
  return kept->keys.id != NULL && now_s < kept->renew_s;
}
/* Others cannot be had: whether these do for a while. */
static inline bool pyr__aws_keys_extend(struct pyr__aws_kept_keys *kept,
                                        int64_t now_s) {
  if (kept->keys.id == NULL || now_s >= kept->expire_s)
    return false;
  kept->renew_s = now_s + PYR__AWS_RETRY_S;
  return true;
}

#endif

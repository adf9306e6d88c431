/* Records of any of a few types for a name, with the search domains of
 * resolv.conf tried in turn as Prometheus' DNS discovery does: the first that
 * is there is the answer, be it empty; and only where all of them say that
 * there is no such name is it known that there is none. */
#ifndef PYR__NET_DNS_LOOKUP_H
#define PYR__NET_DNS_LOOKUP_H

#include "base/memory.h"

struct pyr__dns;
struct pyr__dns_lookup; /* alive until `done` has returned */

enum pyr__dns_type { /* as in the messages */
                     PYR__DNS_A = 1,
                     PYR__DNS_NS = 2,
                     PYR__DNS_MX = 15,
                     PYR__DNS_AAAA = 28,
                     PYR__DNS_SRV = 33
};

struct pyr__dns_record {
  const char *host; /* of A and AAAA the address; no dot at the end */
  uint16_t port;    /* of SRV */
};

struct pyr__dns_lookup_handler {
  /* Once, never inside pyr__dns_lookup_start; `err` is NULL where `records`
   * are the answer, which may be none. */
  void (*done)(void *ctx, const struct pyr__dns_record *records, size_t count,
               const pyr_error_t *err);
  void *ctx;
};

/* Every lookup must have ended or been cancelled before `dns` is closed. */
int pyr__dns_lookup_start(struct pyr__dns_lookup **out, struct pyr__dns *dns,
                          pyr_str_t name, enum pyr__dns_type type,
                          const struct pyr__dns_lookup_handler *handler,
                          pyr_error_t *err);
/* `done` is not called any more; NULL is allowed. */
void pyr__dns_lookup_cancel(struct pyr__dns_lookup *lookup);

#endif

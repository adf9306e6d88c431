/* Names to addresses, with a cache.  Literal addresses and localhost need no
 * DNS; questions for one name that come while it is being asked for share the
 * answer. */
#ifndef PYR__NET_RESOLVER_H
#define PYR__NET_RESOLVER_H

#include "base/index.h"
#include "net/dns.h"

struct pyr__resolver {
  struct pyr__dns dns;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  uint64_t seed;
  struct pyr__index index; /* names to entries */
  struct pyr__dns_entry **entries;
  uint32_t entry_count;
  struct pyr__list oldest;   /* entries that are not being asked for */
  struct pyr__list answered; /* entries whose users have yet to hear */
};

/* One user's question; a member of the user. */
struct pyr__lookup {
  struct pyr__list link;
  /* Never inside pyr__resolver_get; `addresses` is NULL on failure. */
  void (*done)(struct pyr__lookup *lookup,
               const struct pyr__addresses *addresses, const pyr_error_t *err);
};

int pyr__resolver_init(struct pyr__resolver *resolver, struct pyr__net *net,
                       const struct pyr__dns_options *options,
                       pyr_error_t *err);
/* Every lookup must have been cancelled. */
void pyr__resolver_close(struct pyr__resolver *resolver);

void pyr__lookup_init(struct pyr__lookup *lookup);
void pyr__lookup_cancel(struct pyr__lookup *lookup);
/* 1: `*out` has the addresses; 0: `done` will be called; or an error. */
int pyr__resolver_get(struct pyr__resolver *resolver,
                      struct pyr__lookup *lookup, pyr_str_t host,
                      struct pyr__addresses *out, pyr_error_t *err);

#endif

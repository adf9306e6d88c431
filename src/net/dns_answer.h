/* The records in one DNS message, read by c-ares. */
#ifndef PYR__NET_DNS_ANSWER_H
#define PYR__NET_DNS_ANSWER_H

#include "base/arena.h"
#include "net/dns_lookup.h"

struct pyr__dns_records {
  struct pyr__dns_record *items;
  size_t count;
};

/* ARES_SUCCESS, also where there are none, or what is wrong; the records are in
 * `arena`.  Records of other types, as those of an alias, are passed over. */
int pyr__dns_answer_read(enum pyr__dns_type type, const uint8_t *data, int len,
                         struct pyr__arena *arena,
                         struct pyr__dns_records *out);

#endif

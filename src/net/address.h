/* Internet addresses in 24 bytes, and lists of them. */
#ifndef PYR__NET_ADDRESS_H
#define PYR__NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/un.h>

#include "base/limits.h"
#include "base/str.h"

struct pyr__address {
  uint16_t family; /* AF_INET, AF_INET6; of a connection, AF_UNIX too */
  uint16_t port;   /* in host order */
  uint32_t scope;
  uint8_t bytes[16];
};

struct pyr__addresses {
  unsigned count;
  struct pyr__address at[PYR__LIMIT_DNS_ADDRESSES];
};

enum {
  PYR__ADDRESS_TEXT = INET6_ADDRSTRLEN + 8,
  PYR__SOCKET_PATH = sizeof(((struct sockaddr_un *)NULL)->sun_path)
};

/* False where `host` is no literal address (brackets are not part of it). */
bool pyr__address_parse(struct pyr__address *address, pyr_str_t host);
/* "localhost", or an address by which this host reaches itself. */
bool pyr__is_loopback(pyr_str_t host);
/* False for other families than the two. */
bool pyr__address_from(struct pyr__address *address,
                       const struct sockaddr *from);
void pyr__address_to(const struct pyr__address *address,
                     struct sockaddr_storage *to);
/* "127.0.0.1:80", "[::1]:80" */
void pyr__address_format(const struct pyr__address *address,
                         char out[PYR__ADDRESS_TEXT]);
/* IPv6 and IPv4 in turn, starting with the family of the first one; each kept
 * in its order (RFC 8305, section 4). */
void pyr__addresses_interleave(struct pyr__addresses *addresses);
/* Adds one where there is room and it is not there yet. */
void pyr__addresses_add(struct pyr__addresses *addresses,
                        const struct pyr__address *address);

#endif

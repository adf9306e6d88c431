#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool pyr__address_parse(struct pyr__address *address, pyr_str_t host) {
  char text[INET6_ADDRSTRLEN];

  memset(address, 0, sizeof(*address));
  if (host.len == 0 || host.len >= sizeof(text))
    return false;
  memcpy(text, host.base, host.len);
  text[host.len] = '\0';
  address->family = AF_INET;
  if (inet_pton(AF_INET, text, address->bytes) == 1)
    return true;
  address->family = AF_INET6;
  return inet_pton(AF_INET6, text, address->bytes) == 1;
}

bool pyr__is_loopback(pyr_str_t host) {
  static const uint8_t ipv6[16] = {[15] = 1};
  static const uint8_t ipv4_in_ipv6[12] = {[10] = 0xff, [11] = 0xff};
  struct pyr__address address;

  if (pyr__str_is(host, "localhost"))
    return true;
  if (!pyr__address_parse(&address, host))
    return false;
  if (address.family == AF_INET)
    return address.bytes[0] == 127;
  return memcmp(address.bytes, ipv6, sizeof(ipv6)) == 0 ||
         (memcmp(address.bytes, ipv4_in_ipv6, sizeof(ipv4_in_ipv6)) == 0 &&
          address.bytes[12] == 127);
}

bool pyr__address_from(struct pyr__address *address,
                       const struct sockaddr *from) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;

  memset(address, 0, sizeof(*address));
  address->family = from->sa_family;
  if (from->sa_family == AF_INET) {
    memcpy(&in, from, sizeof(in));
    address->port = ntohs(in.sin_port);
    memcpy(address->bytes, &in.sin_addr, sizeof(in.sin_addr));
    return true;
  }
  if (from->sa_family != AF_INET6)
    return false;
  memcpy(&in6, from, sizeof(in6));
  address->port = ntohs(in6.sin6_port);
  address->scope = in6.sin6_scope_id;
  memcpy(address->bytes, &in6.sin6_addr, sizeof(in6.sin6_addr));
  return true;
}

void pyr__address_to(const struct pyr__address *address,
                     struct sockaddr_storage *to) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

  memset(to, 0, sizeof(*to));
  if (address->family == AF_INET) {
    in.sin_port = htons(address->port);
    memcpy(&in.sin_addr, address->bytes, sizeof(in.sin_addr));
    memcpy(to, &in, sizeof(in));
    return;
  }
  in6.sin6_port = htons(address->port);
  in6.sin6_scope_id = address->scope;
  memcpy(&in6.sin6_addr, address->bytes, sizeof(in6.sin6_addr));
  memcpy(to, &in6, sizeof(in6));
}

void pyr__address_format(const struct pyr__address *address,
                         char out[PYR__ADDRESS_TEXT]) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(address->family, address->bytes, text, sizeof(text)) == NULL)
    snprintf(text, sizeof(text), "?");
  snprintf(out, PYR__ADDRESS_TEXT,
           address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
           address->port);
}

void pyr__addresses_interleave(struct pyr__addresses *addresses) {
  struct pyr__addresses out = {.count = 0};
  uint16_t families[2] = {addresses->at[0].family, 0};
  unsigned next[2] = {0, 0}, turn;

  families[1] = families[0] == AF_INET ? AF_INET6 : AF_INET;
  for (turn = 0; out.count < addresses->count; turn ^= 1) {
    unsigned *at = &next[turn];
    while (*at < addresses->count &&
           addresses->at[*at].family != families[turn])
      (*at)++;
    if (*at < addresses->count)
      out.at[out.count++] = addresses->at[(*at)++];
  }
  *addresses = out;
}

void pyr__addresses_add(struct pyr__addresses *addresses,
                        const struct pyr__address *address) {
  unsigned i;
  for (i = 0; i < addresses->count; i++)
    if (memcmp(&addresses->at[i], address, sizeof(*address)) == 0)
      return;
  if (addresses->count < PYR__LIMIT_DNS_ADDRESSES)
    addresses->at[addresses->count++] = *address;
}

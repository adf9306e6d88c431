#include "config/listen.h"

#include <arpa/inet.h>

static bool is_port(pyr_str_t text) {
  unsigned port = 0;
  size_t i;
  for (i = 0; i < text.len && i < 6; i++) {
    if (text.base[i] < '0' || text.base[i] > '9')
      return false;
    port = port * 10 + (unsigned)(text.base[i] - '0');
  }
  return text.len > 0 && port <= 65535;
}

static bool is_host(pyr_str_t host) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  int family = AF_INET;

  if (host.len == 0 || pyr__str_is(host, "localhost"))
    return true;
  if (host.len > 2 && host.base[0] == '[' && host.base[host.len - 1] == ']') {
    family = AF_INET6;
    host = (pyr_str_t){host.base + 1, host.len - 2};
  }
  if (host.len >= sizeof(text))
    return false;
  memcpy(text, host.base, host.len);
  text[host.len] = '\0';
  return strlen(text) == host.len && inet_pton(family, text, &address) == 1;
}

bool pyr__is_listen_address(pyr_str_t text) {
  size_t colon = text.len;
  if (text.len == 0)
    return true;
  while (colon > 0 && text.base[colon - 1] != ':')
    colon--;
  return colon > 0 &&
         is_port((pyr_str_t){text.base + colon, text.len - colon}) &&
         is_host((pyr_str_t){text.base, colon - 1});
}

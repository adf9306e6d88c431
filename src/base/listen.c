#include "base/listen.h"

#include <arpa/inet.h>

static bool parse_port(pyr_str_t text, in_port_t *out) {
  unsigned port = 0;
  size_t i;
  for (i = 0; i < text.len && i < 6; i++) {
    if (text.base[i] < '0' || text.base[i] > '9')
      return false;
    port = port * 10 + (unsigned)(text.base[i] - '0');
  }
  *out = htons((in_port_t)port);
  return text.len > 0 && text.len < 6 && port <= 65535;
}

static bool parse_ip(int family, pyr_str_t host, void *out) {
  char text[INET6_ADDRSTRLEN];
  if (host.len >= sizeof(text))
    return false;
  memcpy(text, host.base, host.len);
  text[host.len] = '\0';
  return strlen(text) == host.len && inet_pton(family, text, out) == 1;
}

static bool parse_host(struct pyr__listen_address *out, pyr_str_t host,
                       in_port_t port) {
  bool is_v6 =
      host.len > 2 && host.base[0] == '[' && host.base[host.len - 1] == ']';

  if (is_v6 || host.len == 0) {
    out->is_wildcard = host.len == 0;
    out->to.v6.sin6_family = AF_INET6;
    out->to.v6.sin6_port = port;
    return host.len == 0 ||
           parse_ip(AF_INET6, (pyr_str_t){host.base + 1, host.len - 2},
                    &out->to.v6.sin6_addr);
  }
  if (pyr__str_is(host, "localhost"))
    host = pyr__str("127.0.0.1");
  out->to.v4.sin_family = AF_INET;
  out->to.v4.sin_port = port;
  return parse_ip(AF_INET, host, &out->to.v4.sin_addr);
}

bool pyr__listen_address_parse(struct pyr__listen_address *out,
                               pyr_str_t text) {
  size_t colon = text.len;
  in_port_t port;

  memset(out, 0, sizeof(*out));
  while (colon > 0 && text.base[colon - 1] != ':')
    colon--;
  return colon > 0 &&
         parse_port((pyr_str_t){text.base + colon, text.len - colon}, &port) &&
         parse_host(out, (pyr_str_t){text.base, colon - 1}, port);
}

bool pyr__is_listen_address(pyr_str_t text) {
  struct pyr__listen_address address;
  return text.len == 0 || pyr__listen_address_parse(&address, text);
}

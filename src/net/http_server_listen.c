#include "net/http_server_listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { BACKLOG = 511 };

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static int parse_port(pyr_str_t text, in_port_t *out) {
  unsigned port = 0;
  size_t i;
  for (i = 0; i < text.len; i++) {
    if (text.base[i] < '0' || text.base[i] > '9' || i == 5)
      return -1;
    port = port * 10 + (unsigned)(text.base[i] - '0');
  }
  if (text.len == 0 || port > 65535)
    return -1;
  *out = htons((in_port_t)port);
  return 0;
}

/* An empty host is every address: of both families where IPv6 is there. */
static int parse_host(pyr_str_t host, in_port_t port, union address *out) {
  char text[INET6_ADDRSTRLEN];
  int is_v6 =
      host.len >= 2 && host.base[0] == '[' && host.base[host.len - 1] == ']';

  memset(out, 0, sizeof(*out));
  if (pyr__str_is(host, "localhost"))
    host = pyr__str("127.0.0.1");
  if (is_v6)
    host = (pyr_str_t){host.base + 1, host.len - 2};
  if (host.len >= sizeof(text))
    return -1;
  memcpy(text, host.base, host.len);
  text[host.len] = '\0';
  if (is_v6 || host.len == 0) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = port;
    return host.len == 0 && !is_v6                              ? 0
           : inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1 ? 0
                                                                : -1;
  }
  out->v4.sin_family = AF_INET;
  out->v4.sin_port = port;
  return inet_pton(AF_INET, text, &out->v4.sin_addr) == 1 ? 0 : -1;
}

static int parse_address(const char *address, union address *out,
                         int *is_wildcard) {
  const char *colon = strrchr(address, ':');
  in_port_t port;
  if (colon == NULL || parse_port(pyr__str(colon + 1), &port) != 0)
    return -1;
  *is_wildcard = colon == address;
  return parse_host((pyr_str_t){address, (size_t)(colon - address)}, port, out);
}

static int open_listener(const union address *address, int is_wildcard) {
  int yes = 1, only_v6 = !is_wildcard, number;
  socklen_t len = address->any.sa_family == AF_INET6 ? sizeof(address->v6)
                                                     : sizeof(address->v4);
  int fd = socket(address->any.sa_family,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (address->any.sa_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
  if (bind(fd, &address->any, len) == 0 && listen(fd, BACKLOG) == 0)
    return fd;
  number = errno;
  close(fd);
  return -number;
}

static void write_name(int fd, char *name, size_t size) {
  union address real;
  socklen_t len = sizeof(real);
  char host[INET6_ADDRSTRLEN] = "?";
  memset(&real, 0, sizeof(real));
  getsockname(fd, &real.any, &len);
  if (real.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &real.v6.sin6_addr, host, sizeof(host));
    snprintf(name, size, "[%s]:%u", host, ntohs(real.v6.sin6_port));
  } else {
    inet_ntop(AF_INET, &real.v4.sin_addr, host, sizeof(host));
    snprintf(name, size, "%s:%u", host, ntohs(real.v4.sin_port));
  }
}

/* "address already in use": as the C library says it, but in our case. */
static int listen_error(pyr_error_t *err, int number, const char *address) {
  const char *text = number == EADDRINUSE      ? "address already in use"
                     : number == EACCES        ? "permission denied"
                     : number == EADDRNOTAVAIL ? "the host has no such address"
                                               : strerror(number);
  return pyr__error(err, -number, "listen on %s: %s", address, text);
}

int pyr__http_listen(const char *address, int *fd, char *name, size_t name_size,
                     pyr_error_t *err) {
  union address where;
  int is_wildcard, rc;

  if (parse_address(address, &where, &is_wildcard) != 0)
    return pyr__error(err, PYR_EUSAGE,
                      "listen on %s: not an address, expected one as "
                      "127.0.0.1:4041, [::1]:4041 or :4041",
                      address);
  rc = open_listener(&where, is_wildcard);
  if (rc == -EAFNOSUPPORT && is_wildcard) {
    in_port_t port = where.v6.sin6_port;
    memset(&where, 0, sizeof(where));
    where.v4.sin_family = AF_INET;
    where.v4.sin_port = port;
    rc = open_listener(&where, 0);
  }
  if (rc < 0)
    return listen_error(err, -rc, address);
  *fd = rc;
  write_name(rc, name, name_size);
  return 0;
}

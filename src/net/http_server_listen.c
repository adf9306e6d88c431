#include "net/http_server_listen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/listen.h"

enum { BACKLOG = 511 };

static int open_listener(const struct pyr__listen_address *address) {
  int yes = 1, only_v6 = !address->is_wildcard, number;
  int family = address->to.any.sa_family;
  socklen_t len =
      family == AF_INET6 ? sizeof(address->to.v6) : sizeof(address->to.v4);
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
  if (bind(fd, &address->to.any, len) == 0 && listen(fd, BACKLOG) == 0)
    return fd;
  number = errno;
  close(fd);
  return -number;
}

/* Every address, on a host without IPv6. */
static int open_wildcard_v4(in_port_t port) {
  struct pyr__listen_address any = {.is_wildcard = true};
  any.to.v4.sin_family = AF_INET;
  any.to.v4.sin_port = port;
  return open_listener(&any);
}

static void write_name(int fd, char *name, size_t size) {
  struct pyr__listen_address real = {0};
  socklen_t len = sizeof(real.to);
  char host[INET6_ADDRSTRLEN] = "?";
  getsockname(fd, &real.to.any, &len);
  if (real.to.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &real.to.v6.sin6_addr, host, sizeof(host));
    snprintf(name, size, "[%s]:%u", host, ntohs(real.to.v6.sin6_port));
  } else {
    inet_ntop(AF_INET, &real.to.v4.sin_addr, host, sizeof(host));
    snprintf(name, size, "%s:%u", host, ntohs(real.to.v4.sin_port));
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
  struct pyr__listen_address where;
  int rc;

  if (!pyr__listen_address_parse(&where, pyr__str(address)))
    return pyr__error(err, PYR_EUSAGE,
                      "listen on %s: not an address, expected one such "
                      "as " PYR__LISTEN_SUCH,
                      address);
  rc = open_listener(&where);
  if (rc == -EAFNOSUPPORT && where.is_wildcard)
    rc = open_wildcard_v4(where.to.v6.sin6_port);
  if (rc < 0)
    return listen_error(err, -rc, address);
  *fd = rc;
  write_name(rc, name, name_size);
  return 0;
}

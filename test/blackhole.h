/* An address where a connection attempt is never answered, on loopback: a
 * listener whose backlog is full drops what comes. */
#ifndef TEST_BLACKHOLE_H
#define TEST_BLACKHOLE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct blackhole {
  int listener, filler;
  unsigned port;
};

static inline void blackhole_close(struct blackhole *hole) {
  close(hole->filler);
  close(hole->listener);
}

/* False where the address cannot be had.  Port 0 chooses one. */
static inline bool blackhole_open(struct blackhole *hole, const char *host,
                                  unsigned port) {
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                             .sin6_port = htons((uint16_t)port)};
  int is_six = strchr(host, ':') != NULL;
  struct sockaddr_storage at = {0};
  socklen_t len = is_six ? sizeof(in6) : sizeof(in);

  if (is_six) {
    inet_pton(AF_INET6, host, &in6.sin6_addr);
    memcpy(&at, &in6, sizeof(in6));
  } else {
    inet_pton(AF_INET, host, &in.sin_addr);
    memcpy(&at, &in, sizeof(in));
  }
  hole->listener = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  hole->filler = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(hole->listener, (struct sockaddr *)&at, len) == 0 &&
      listen(hole->listener, 0) == 0 &&
      getsockname(hole->listener, (struct sockaddr *)&at, &len) == 0 &&
      connect(hole->filler, (struct sockaddr *)&at, len) == 0) {
    memcpy(&in, &at, sizeof(in)); /* the port is at the same place */
    hole->port = ntohs(in.sin_port);
    return true;
  }
  blackhole_close(hole);
  return false;
}

#endif

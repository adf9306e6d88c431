/* A client's part of SOCKS5 (RFC 1928, with passwords by RFC 1929), without a
 * socket: what the proxy sent goes in, what it is to be sent comes out.  As
 * golang.org/x/net/internal/socks has it, which is Go's. */
#ifndef PYR__NET_SOCKS5_H
#define PYR__NET_SOCKS5_H

#include "base/buf.h"

enum pyr__socks5_step {
  PYR__SOCKS5_METHOD,
  PYR__SOCKS5_LOGIN,
  PYR__SOCKS5_REPLY,
  PYR__SOCKS5_NAME_LEN, /* of the address that the proxy connected from, */
  PYR__SOCKS5_ADDRESS   /* which nobody needs */
};

struct pyr__socks5 {
  pyr_str_t host; /* a name, which the proxy resolves, or an address */
  uint16_t port;
  pyr_str_t login; /* "": nobody's */
  enum pyr__socks5_step step;
  uint8_t head[4];
  size_t len, needed; /* of the message that comes */
};

/* Appends what says who we are, for `login`.  PYR_ECONFIG where it cannot be
 * said. */
int pyr__socks5_write_login(struct pyr__buf *out, pyr_str_t user,
                            pyr_str_t password, pyr_error_t *err);

/* Appends the greeting.  The texts must live as long. */
int pyr__socks5_begin(struct pyr__socks5 *socks, pyr_str_t host, uint16_t port,
                      pyr_str_t login, struct pyr__buf *out, pyr_error_t *err);
/* 1: connected, by `*used` of the bytes; 0: all were used, and what is in `out`
 * is to be sent; PYR_EPROXY with what the proxy refuses, or does wrong. */
int pyr__socks5_feed(struct pyr__socks5 *socks, const uint8_t *data, size_t len,
                     size_t *used, struct pyr__buf *out, pyr_error_t *err);

#endif

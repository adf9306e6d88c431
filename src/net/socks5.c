#include "net/socks5.h"

#include <string.h>

#include "net/address.h"

enum {
  VERSION = 5,
  LOGIN_VERSION = 1,
  NOBODY = 0, /* methods */
  PASSWORD = 2,
  NO_METHOD = 0xff,
  CONNECT = 1,
  IPV4 = 1, /* kinds of addresses */
  NAME = 3,
  IPV6 = 4,
  TEXT_MAX = 255,
  PORT_LEN = 2
};

static int out_of_room(int rc, pyr_error_t *err) {
  return rc == PYR__ENOMEM
             ? pyr__error_nomem(err)
             : pyr__error(err, rc, "what the proxy is told is too long");
}

/* ---- what is sent ------------------------------------------------------- */

static int add_text(struct pyr__buf *out, pyr_str_t text) {
  int rc = pyr__buf_add_byte(out, (uint8_t)text.len);
  return rc != 0 || text.len == 0 ? rc : pyr__buf_add(out, text.base, text.len);
}

int pyr__socks5_write_login(struct pyr__buf *out, pyr_str_t user,
                            pyr_str_t password, pyr_error_t *err) {
  int rc;
  if (user.len == 0 || user.len > TEXT_MAX || password.len > TEXT_MAX)
    return pyr__error(err, PYR_ECONFIG,
                      "user and password: SOCKS5 has a user of 1 to %d bytes "
                      "and a password of %d at most",
                      TEXT_MAX, TEXT_MAX);
  rc = pyr__buf_add_byte(out, LOGIN_VERSION);
  if (rc == 0)
    rc = add_text(out, user);
  if (rc == 0)
    rc = add_text(out, password);
  return rc == 0 ? 0 : out_of_room(rc, err);
}

static int write_greeting(const struct pyr__socks5 *socks,
                          struct pyr__buf *out) {
  static const uint8_t nobody[] = {VERSION, 1, NOBODY};
  static const uint8_t either[] = {VERSION, 2, NOBODY, PASSWORD};
  return socks->login.len == 0 ? pyr__buf_add(out, nobody, sizeof(nobody))
                               : pyr__buf_add(out, either, sizeof(either));
}

static int write_request(const struct pyr__socks5 *socks,
                         struct pyr__buf *out) {
  const uint8_t port[PORT_LEN] = {(uint8_t)(socks->port >> 8),
                                  (uint8_t)socks->port};
  struct pyr__address address;
  bool is_address = pyr__address_parse(&address, socks->host);
  bool is_ipv4 = is_address && address.family == AF_INET;
  uint8_t kind = !is_address ? NAME : is_ipv4 ? IPV4 : IPV6;
  const uint8_t head[] = {VERSION, CONNECT, 0, kind};
  int rc = pyr__buf_add(out, head, sizeof(head));

  if (rc == 0)
    rc = is_address ? pyr__buf_add(out, address.bytes, is_ipv4 ? 4 : 16)
                    : add_text(out, socks->host);
  return rc == 0 ? pyr__buf_add(out, port, sizeof(port)) : rc;
}

/* ---- what comes --------------------------------------------------------- */

static void expect(struct pyr__socks5 *socks, enum pyr__socks5_step step,
                   size_t needed) {
  socks->step = step;
  socks->needed = needed;
  socks->len = 0;
}

static int ask(struct pyr__socks5 *socks, struct pyr__buf *out,
               pyr_error_t *err) {
  int rc = write_request(socks, out);
  expect(socks, PYR__SOCKS5_REPLY, 4);
  return rc == 0 ? 0 : out_of_room(rc, err);
}

static int check_version(uint8_t version, pyr_error_t *err) {
  return version == VERSION ? 0
                            : pyr__error(err, PYR_EPROXY,
                                         "it speaks no SOCKS5: expected a "
                                         "first byte of 5, got %u",
                                         version);
}

static int take_method(struct pyr__socks5 *socks, struct pyr__buf *out,
                       pyr_error_t *err) {
  uint8_t method = socks->head[1];
  int rc = check_version(socks->head[0], err);

  if (rc != 0)
    return rc;
  if (method == NOBODY)
    return ask(socks, out, err);
  if (method == PASSWORD && socks->login.len > 0) {
    expect(socks, PYR__SOCKS5_LOGIN, 2);
    rc = pyr__buf_add(out, socks->login.base, socks->login.len);
    return rc == 0 ? 0 : out_of_room(rc, err);
  }
  if (method == NO_METHOD)
    return pyr__error(err, PYR_EPROXY, "%s",
                      socks->login.len == 0
                          ? "it wants to know who asks: put USER:PASSWORD@ "
                            "before its host"
                          : "it takes no user and password, nor goes without");
  return pyr__error(err, PYR_EPROXY,
                    "it wants method %u of authentication, which was not "
                    "offered",
                    method);
}

static int take_login(struct pyr__socks5 *socks, struct pyr__buf *out,
                      pyr_error_t *err) {
  if (socks->head[0] != LOGIN_VERSION)
    return pyr__error(err, PYR_EPROXY,
                      "malformed answer to user and password: its version is "
                      "%u",
                      socks->head[0]);
  if (socks->head[1] != 0)
    return pyr__error(err, PYR_EPROXY, "it refused user and password");
  return ask(socks, out, err);
}

static int refuse(uint8_t code, pyr_error_t *err) {
  static const char *const reasons[] = {"success",
                                        "general failure",
                                        "not allowed by its rules",
                                        "network unreachable",
                                        "host unreachable",
                                        "connection refused",
                                        "TTL expired",
                                        "command not supported",
                                        "kind of address not supported"};
  bool is_known = code < sizeof(reasons) / sizeof(reasons[0]);
  return pyr__error(err, PYR_EPROXY, "it answered %u%s%s", code,
                    is_known ? " " : "", is_known ? reasons[code] : "");
}

static int take_reply(struct pyr__socks5 *socks, pyr_error_t *err) {
  int rc = check_version(socks->head[0], err);

  if (rc != 0)
    return rc;
  if (socks->head[1] != 0)
    return refuse(socks->head[1], err);
  if (socks->head[2] != 0)
    return pyr__error(err, PYR_EPROXY,
                      "malformed answer: its third byte must be 0, not %u",
                      socks->head[2]);
  if (socks->head[3] == NAME)
    expect(socks, PYR__SOCKS5_NAME_LEN, 1);
  else if (socks->head[3] == IPV4 || socks->head[3] == IPV6)
    expect(socks, PYR__SOCKS5_ADDRESS,
           (socks->head[3] == IPV4 ? 4 : 16) + PORT_LEN);
  else
    return pyr__error(err, PYR_EPROXY,
                      "malformed answer: unknown kind %u of address",
                      socks->head[3]);
  return 0;
}

/* A message is there: 1 where it was the last. */
static int take(struct pyr__socks5 *socks, struct pyr__buf *out,
                pyr_error_t *err) {
  switch (socks->step) {
  case PYR__SOCKS5_METHOD:
    return take_method(socks, out, err);
  case PYR__SOCKS5_LOGIN:
    return take_login(socks, out, err);
  case PYR__SOCKS5_REPLY:
    return take_reply(socks, err);
  case PYR__SOCKS5_NAME_LEN:
    expect(socks, PYR__SOCKS5_ADDRESS, (size_t)socks->head[0] + PORT_LEN);
    return 0;
  default:
    return 1;
  }
}

int pyr__socks5_begin(struct pyr__socks5 *socks, pyr_str_t host, uint16_t port,
                      pyr_str_t login, struct pyr__buf *out, pyr_error_t *err) {
  int rc;
  if (host.len > TEXT_MAX)
    return pyr__error(err, PYR_EPROXY, "the host is longer than %d bytes",
                      TEXT_MAX);
  *socks = (struct pyr__socks5){.host = host, .port = port, .login = login};
  expect(socks, PYR__SOCKS5_METHOD, 2);
  rc = write_greeting(socks, out);
  return rc == 0 ? 0 : out_of_room(rc, err);
}

int pyr__socks5_feed(struct pyr__socks5 *socks, const uint8_t *data, size_t len,
                     size_t *used, struct pyr__buf *out, pyr_error_t *err) {
  int rc = 0;

  for (*used = 0; *used < len && rc == 0; (*used)++) {
    if (socks->len < sizeof(socks->head))
      socks->head[socks->len] = data[*used];
    if (++socks->len == socks->needed)
      rc = take(socks, out, err);
  }
  return rc;
}

#include "net/proxy.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/address.h"
#include "net/http_auth.h"
#include "net/socks5.h"

/* "http://user:password@host": both parts as they are written. */
struct parts {
  pyr_str_t user; /* base NULL: none */
  pyr_str_t scheme, rest;
};

/* Names are the proxy's to resolve in both, as in Go. */
static bool is_socks5(pyr_str_t scheme) {
  return pyr__str_is_nocase(scheme, "socks5://") ||
         pyr__str_is_nocase(scheme, "socks5h://");
}

static void split(struct parts *parts, pyr_str_t text) {
  static const char mark[] = "://";
  const char *at = memmem(text.base, text.len, mark, sizeof(mark) - 1);
  size_t len = at == NULL ? 0 : (size_t)(at - text.base) + sizeof(mark) - 1;
  size_t end = len;

  parts->scheme = (pyr_str_t){text.base, len};
  while (end < text.len && strchr("/?#", text.base[end]) == NULL)
    end++;
  at = memrchr(text.base + len, '@', end - len);
  parts->user = (pyr_str_t){NULL, 0};
  if (at != NULL)
    parts->user = (pyr_str_t){text.base + len, (size_t)(at - text.base) - len};
  len = at == NULL ? len : (size_t)(at + 1 - text.base);
  /* A path says nothing to a proxy. */
  parts->rest = (pyr_str_t){text.base + len, end - len};
}

/* ---- who we are --------------------------------------------------------- */

/* Takes %XX for what it means, in place. */
static int unescape(char *text, pyr_error_t *err) {
  const char *from = text;
  char *to = text;
  while (*from != '\0') {
    int high, low;
    if (*from != '%') {
      *to++ = *from++;
      continue;
    }
    high = pyr__hex_digit(from[1]);
    low = high < 0 ? -1 : pyr__hex_digit(from[2]);
    if (low < 0 || (high == 0 && low == 0))
      return pyr__error(err, PYR_ECONFIG,
                        "user and password: expected two hexadecimal digits "
                        "behind each %%, and %%25 for a %% itself");
    *to++ = (char)(high * 16 + low);
    from += 3;
  }
  *to = '\0';
  return 0;
}

static int no_room(const struct pyr__arena *arena, pyr_error_t *err) {
  return pyr__arena_error(arena, PYR__LIMIT_SECRET_BYTES, "a proxy", err);
}

static int write_authorization(const struct pyr__proxy *proxy,
                               struct pyr__buf *out, pyr_str_t name,
                               pyr_str_t password, pyr_error_t *err) {
  return proxy->kind == PYR__PROXY_SOCKS5
             ? pyr__socks5_write_login(out, name, password, err)
             : pyr__http_basic_write(out, "Proxy-Authorization: Basic ", name,
                                     password, err);
}

static int authorize(struct pyr__proxy *proxy, struct pyr__arena *arena,
                     pyr_str_t name, pyr_str_t password, pyr_error_t *err) {
  struct pyr__buf text;
  int rc;

  pyr__buf_init(&text, arena->memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_HEADER_BYTES);
  rc = write_authorization(proxy, &text, name, password, err);
  if (rc == 0) {
    pyr_str_t whole = {(char *)text.data, text.len};
    proxy->authorization =
        (pyr_str_t){pyr__arena_text(arena, whole), whole.len};
    if (proxy->authorization.base == NULL)
      rc = no_room(arena, err);
  }
  pyr__buf_release(&text);
  return rc;
}

static int take_user(struct pyr__proxy *proxy, struct pyr__arena *arena,
                     pyr_str_t user, pyr_error_t *err) {
  const char *colon = memchr(user.base, ':', user.len);
  size_t len = colon == NULL ? user.len : (size_t)(colon - user.base);
  size_t skip = colon == NULL ? len : len + 1;
  char *name = pyr__arena_text(arena, (pyr_str_t){user.base, len});
  char *password =
      pyr__arena_text(arena, (pyr_str_t){user.base + skip, user.len - skip});
  int rc;

  if (name == NULL || password == NULL)
    return no_room(arena, err);
  rc = unescape(name, err);
  if (rc == 0)
    rc = unescape(password, err);
  return rc != 0
             ? rc
             : authorize(proxy, arena, pyr__str(name), pyr__str(password), err);
}

/* ---- one proxy ---------------------------------------------------------- */

enum { SOCKS5_PORT = 1080 };

static int check_scheme(pyr_str_t scheme, pyr_error_t *err) {
  if (scheme.len == 0 || is_socks5(scheme) ||
      pyr__str_is_nocase(scheme, "http://") ||
      pyr__str_is_nocase(scheme, "https://"))
    return 0;
  return pyr__error(err, PYR_ECONFIG,
                    "the scheme must be http, https, socks5 or socks5h");
}

/* "host", "host:", "[::1]" */
static bool lacks_port(pyr_str_t rest) {
  size_t end = rest.len;
  while (end > 0 && rest.base[end - 1] >= '0' && rest.base[end - 1] <= '9')
    end--;
  return end == rest.len || rest.base[end - 1] != ':';
}

/* A URL of SOCKS is kept as one of http, which is as plain. */
static int write_url(struct pyr__buf *text, const struct parts *parts) {
  bool is_plain = parts->scheme.len == 0 || is_socks5(parts->scheme);
  int rc = is_plain ? pyr__buf_add_text(text, "http://")
                    : pyr__buf_add(text, parts->scheme.base, parts->scheme.len);
  if (rc == 0)
    rc = pyr__buf_add(text, parts->rest.base, parts->rest.len);
  if (rc == 0 && is_socks5(parts->scheme) && lacks_port(parts->rest))
    rc = pyr__buf_add_format(
        text, "%s%d",
        parts->rest.len > 0 && parts->rest.base[parts->rest.len - 1] == ':'
            ? ""
            : ":",
        SOCKS5_PORT);
  return rc;
}

static int parse_url(struct pyr__proxy *proxy, struct pyr__memory *memory,
                     const struct parts *parts, pyr_error_t *err) {
  struct pyr__buf text;
  int rc;

  pyr__buf_init(&text, memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_URL_BYTES);
  rc = write_url(&text, parts);
  if (rc == PYR__ENOMEM)
    rc = pyr__error_nomem(err);
  else if (rc != 0)
    rc = pyr__error(err, PYR_ECONFIG, "the URL is too long");
  else
    rc = pyr__url_parse(&proxy->url, memory,
                        (pyr_str_t){(char *)text.data, text.len}, err);
  pyr__buf_release(&text);
  return rc;
}

/* `key` is where the text comes from. */
static int take_proxy(struct pyr__proxy *proxy, struct pyr__arena *arena,
                      const char *key, pyr_str_t text, pyr_error_t *err) {
  struct parts parts;
  int rc;

  if (text.len == 0)
    return 0;
  split(&parts, text);
  proxy->kind = is_socks5(parts.scheme) ? PYR__PROXY_SOCKS5 : PYR__PROXY_HTTP;
  proxy->authorization = (pyr_str_t){"", 0};
  rc = check_scheme(parts.scheme, err);
  if (rc == 0)
    rc = parse_url(proxy, arena->memory, &parts, err);
  if (rc == 0 && parts.user.base != NULL)
    rc = take_user(proxy, arena, parts.user, err);
  if (rc == 0)
    pyr__url_format_address(&proxy->url, proxy->name);
  if (rc == 0 || rc == PYR__ENOMEM)
    return rc;
  if (err != NULL)
    err->code = PYR_ECONFIG;
  (void)pyr__error_prefix(err, "%s: ", key);
  return PYR_ECONFIG;
}

int pyr__proxy_write_authorization(struct pyr__buf *headers,
                                   const struct pyr__proxy *proxy) {
  pyr_str_t text = proxy->authorization;
  return text.len == 0 ? 0 : pyr__buf_add(headers, text.base, text.len);
}

/* ---- all of them -------------------------------------------------------- */

/* As Go has it, of two names the first that is not empty. */
static pyr_str_t variable(const char *upper, const char *lower) {
  const char *value = getenv(upper);
  if (value == NULL || value[0] == '\0')
    value = getenv(lower);
  return pyr__str(value == NULL ? "" : value);
}

static int take_environment(struct pyr__proxies *proxies,
                            struct pyr__arena *arena, pyr_error_t *err) {
  int rc = take_proxy(&proxies->of_http, arena, "HTTP_PROXY",
                      variable("HTTP_PROXY", "http_proxy"), err);
  if (rc == 0)
    rc = take_proxy(&proxies->of_https, arena, "HTTPS_PROXY",
                    variable("HTTPS_PROXY", "https_proxy"), err);
  proxies->is_loopback_direct = true;
  return rc;
}

static int take_options(struct pyr__proxies *proxies, struct pyr__arena *arena,
                        const struct pyr__proxy_options *options,
                        pyr_error_t *err) {
  int rc = take_proxy(&proxies->of_http, arena, "proxy-url", options->url, err);
  return rc != 0 ? rc
                 : take_proxy(&proxies->of_https, arena, "proxy-url",
                              options->url, err);
}

int pyr__proxies_init(struct pyr__proxies *proxies, struct pyr__arena *arena,
                      const struct pyr__proxy_options *options,
                      pyr_error_t *err) {
  bool is_environment = options->from_environment;
  pyr_str_t direct =
      is_environment ? variable("NO_PROXY", "no_proxy") : options->no_proxy;
  int rc = is_environment ? take_environment(proxies, arena, err)
                          : take_options(proxies, arena, options, err);
  if (rc == 0 && (pyr__no_proxy_init(&proxies->direct, arena, direct) != 0 ||
                  pyr__http_lines_init(&proxies->connect_lines, arena,
                                       &options->connect_headers) != 0))
    rc = no_room(arena, err);
  return rc;
}

void pyr__proxies_release(struct pyr__proxies *proxies,
                          struct pyr__memory *memory) {
  pyr__url_release(&proxies->of_http.url);
  pyr__url_release(&proxies->of_https.url);
  pyr__http_lines_release(&proxies->connect_lines, memory);
}

const struct pyr__proxy *pyr__proxies_find(const struct pyr__proxies *proxies,
                                           const struct pyr__url *url) {
  const struct pyr__proxy *proxy =
      url->is_https ? &proxies->of_https : &proxies->of_http;
  if (proxy->url.text == NULL ||
      (proxies->is_loopback_direct && pyr__is_loopback(url->host)) ||
      pyr__no_proxy_has(&proxies->direct, url->host, url->port))
    return NULL;
  return proxy;
}

#include "net/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"

enum {
  PORT_HTTP = 80,
  PORT_HTTPS = 443,
  PORT_MAX = 65535,
  HOST_MAX = 253,
  QUOTED = 96 /* bytes of a bad URL that an error shows */
};

/* A reference in its parts; those that are absent have base NULL. */
struct parts {
  pyr_str_t scheme, authority, path, query;
};

static bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int bad(pyr_error_t *err, pyr_str_t text, const char *why) {
  char quoted[QUOTED];
  pyr__str_escape_place(quoted, sizeof(quoted), text);
  pyr__error(err, -EINVAL, "bad URL \"%s\": %s", quoted, why);
  return -EINVAL;
}

static pyr_str_t slice(pyr_str_t text, size_t from, size_t to) {
  return (pyr_str_t){text.base + from, to - from};
}

/* The first place of one of `stops` at or after `from`, or the end. */
static size_t find_any(pyr_str_t text, size_t from, const char *stops) {
  while (from < text.len && strchr(stops, text.base[from]) == NULL)
    from++;
  return from;
}

/* A NUL is no stop, though strchr finds it: callers refuse it before. */
static void split(struct parts *parts, pyr_str_t text) {
  size_t at = 0, end = find_any(text, 0, ":/?#");

  memset(parts, 0, sizeof(*parts));
  if (end < text.len && text.base[end] == ':' && end > 0 &&
      is_alpha(text.base[0])) {
    parts->scheme = slice(text, 0, end);
    at = end + 1;
  }
  if (text.len - at >= 2 && memcmp(text.base + at, "//", 2) == 0) {
    end = find_any(text, at + 2, "/?#");
    parts->authority = slice(text, at + 2, end);
    at = end;
  }
  end = find_any(text, at, "?#");
  parts->path = slice(text, at, end);
  if (end < text.len && text.base[end] == '?')
    parts->query = slice(text, end + 1, find_any(text, end, "#"));
}

/* ---- the scheme and the authority --------------------------------------- */

static bool is_scheme(pyr_str_t scheme, const char *name) {
  size_t i;
  if (scheme.len != strlen(name))
    return false;
  for (i = 0; i < scheme.len; i++)
    if (to_lower(scheme.base[i]) != name[i])
      return false;
  return true;
}

static int read_scheme(struct pyr__url *url, pyr_str_t text,
                       const struct parts *parts, pyr_error_t *err) {
  if (parts->scheme.base == NULL)
    return bad(err, text, "it must start with http:// or https://");
  url->is_https = is_scheme(parts->scheme, "https");
  if (!url->is_https && !is_scheme(parts->scheme, "http"))
    return bad(err, text, "the scheme must be http or https");
  if (parts->authority.base == NULL)
    return bad(err, text, "the scheme must be followed by //");
  return 0;
}

static int read_port(struct pyr__url *url, pyr_str_t text, pyr_str_t digits,
                     pyr_error_t *err) {
  unsigned port = 0;
  size_t i;

  url->port = url->is_https ? PORT_HTTPS : PORT_HTTP;
  if (digits.len == 0)
    return 0;
  for (i = 0; i < digits.len; i++) {
    if (!is_digit(digits.base[i]))
      return bad(err, text, "the port must be a number");
    port = port * 10 + (unsigned)(digits.base[i] - '0');
    if (port > PORT_MAX)
      return bad(err, text, "the port must be from 1 to 65535");
  }
  if (port == 0)
    return bad(err, text, "the port must be from 1 to 65535");
  url->port = (uint16_t)port;
  return 0;
}

static bool is_ip(int family, pyr_str_t host) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  if (host.len == 0 || host.len >= sizeof(text))
    return false;
  memcpy(text, host.base, host.len);
  text[host.len] = '\0';
  return inet_pton(family, text, &address) == 1;
}

/* What resolvers take for a number but is not a whole address (127.1, 0x7f.1)
 * reaches places that nobody meant.  No top-level domain looks like this. */
static bool is_odd_number(pyr_str_t host) {
  size_t end = host.len, from, at;
  if (end > 0 && host.base[end - 1] == '.')
    end--;
  for (from = end; from > 0 && host.base[from - 1] != '.';)
    from--;
  for (at = from; at < end && is_digit(host.base[at]);)
    at++;
  if (at == end)
    return end > from;
  if (end - from < 2 || host.base[from] != '0' ||
      to_lower(host.base[from + 1]) != 'x')
    return false;
  for (at = from + 2; at < end && is_hex(host.base[at]);)
    at++;
  return at == end;
}

static int check_name(pyr_str_t text, pyr_str_t host, pyr_error_t *err) {
  size_t i, label = 0;

  if (host.len == 0)
    return bad(err, text, "the host is missing");
  if (host.len > HOST_MAX)
    return bad(err, text, "the host is longer than 253 bytes");
  for (i = 0; i < host.len; i++) {
    char c = host.base[i];
    if ((unsigned char)c >= 0x80)
      return bad(err, text, "write the host in ASCII (punycode)");
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_' && c != '.')
      return bad(err, text, "the host may hold letters, digits, - _ and dots");
    label = c == '.' ? 0 : label + 1;
    if (label > 63 || (c == '.' && (i == 0 || host.base[i - 1] == '.')))
      return bad(err, text, "a label of the host must have 1 to 63 bytes");
  }
  if (!is_ip(AF_INET, host) && is_odd_number(host))
    return bad(err, text, "the host is neither a name nor a whole address");
  return 0;
}

static int read_authority(struct pyr__url *url, pyr_str_t text,
                          pyr_str_t authority, pyr_error_t *err) {
  size_t end = 0;

  if (authority.len > 0 && memchr(authority.base, '@', authority.len) != NULL)
    return bad(err, text, "user and password may not stand in a URL");
  if (authority.len > 0 && authority.base[0] == '[') {
    end = find_any(authority, 0, "]");
    url->host = slice(authority, 1, end);
    url->is_ipv6 = true;
    if (end == authority.len || !is_ip(AF_INET6, url->host))
      return bad(err, text, "[] must hold an IPv6 address, without a zone");
    end++;
  } else {
    end = find_any(authority, 0, ":");
    url->host = slice(authority, 0, end);
    if (check_name(text, url->host, err) != 0)
      return -EINVAL;
  }
  if (end < authority.len && authority.base[end] != ':')
    return bad(err, text, "the host must be followed by a port or a path");
  return read_port(url, text,
                   end < authority.len
                       ? slice(authority, end + 1, authority.len)
                       : slice(authority, end, end),
                   err);
}

/* ---- the text ----------------------------------------------------------- */

/* How much of `text` from `at` on may stand in a request line. */
static size_t safe_len(pyr_str_t text, size_t at) {
  static const char safe[] = "-._~!$&'()*+,;=:@/?";
  size_t start = at;

  for (; at < text.len; at++) {
    char c = text.base[at];
    bool is_escape = c == '%' && text.len - at > 2 &&
                     is_hex(text.base[at + 1]) && is_hex(text.base[at + 2]);
    if (!is_escape && !is_alpha(c) && !is_digit(c) &&
        (c == '\0' || strchr(safe, c) == NULL))
      break;
  }
  return at - start;
}

/* Copies what may stand in a request line, percent-encodes the rest. */
static int add_encoded(struct pyr__buf *out, pyr_str_t text) {
  static const char digits[] = "0123456789ABCDEF";
  size_t at = 0;
  int rc = 0;

  while (at < text.len && rc == 0) {
    size_t len = safe_len(text, at);
    rc = pyr__buf_add(out, text.base + at, len);
    at += len;
    if (rc == 0 && at < text.len) {
      unsigned char c = (unsigned char)text.base[at++];
      char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
      rc = pyr__buf_add(out, escape, sizeof(escape));
    }
  }
  return rc;
}

static int add_authority(struct pyr__buf *out, const struct pyr__url *url) {
  size_t start, i;
  int rc = url->is_ipv6 ? pyr__buf_add_byte(out, '[') : 0;
  if (rc == 0) {
    start = out->len;
    rc = pyr__buf_add(out, url->host.base, url->host.len);
    for (i = start; i < out->len; i++)
      out->data[i] = (uint8_t)to_lower((char)out->data[i]);
  }
  if (rc == 0 && url->is_ipv6)
    rc = pyr__buf_add_byte(out, ']');
  if (rc == 0 && url->port != (url->is_https ? PORT_HTTPS : PORT_HTTP))
    rc = pyr__buf_add_format(out, ":%u", url->port);
  return rc;
}

/* Writes the normal text and points the parts, which pointed into the caller's
 * text, into it. */
static int write_text(struct pyr__url *url, const struct parts *parts,
                      pyr_error_t *err) {
  struct pyr__buf out;
  size_t start, target;
  int rc;

  pyr__buf_init(&out, url->memory, PYR__MEM_NET_CLIENT,
                PYR__LIMIT_URL_BYTES + 1);
  rc = pyr__buf_add_text(&out, url->is_https ? "https://" : "http://");
  start = out.len;
  if (rc == 0)
    rc = add_authority(&out, url);
  target = out.len;
  if (rc == 0 && (parts->path.len == 0 || parts->path.base[0] != '/'))
    rc = pyr__buf_add_byte(&out, '/');
  if (rc == 0)
    rc = add_encoded(&out, parts->path);
  if (rc == 0 && parts->query.base != NULL)
    rc = pyr__buf_add_byte(&out, '?');
  if (rc == 0 && parts->query.base != NULL)
    rc = add_encoded(&out, parts->query);
  if (rc == 0)
    rc = pyr__buf_add_byte(&out, '\0');
  if (rc != 0) {
    pyr__buf_release(&out);
    return rc == PYR_ELIMIT
               ? pyr__error(err, PYR_ELIMIT, "URL is longer than %zu bytes",
                            (size_t)PYR__LIMIT_URL_BYTES)
               : pyr__error_nomem(err);
  }
  url->text = (char *)out.data;
  url->origin = (pyr_str_t){url->text, target};
  url->authority = (pyr_str_t){url->text + start, target - start};
  url->host = (pyr_str_t){url->text + start + url->is_ipv6, url->host.len};
  url->target = (pyr_str_t){url->text + target, out.len - 1 - target};
  return 0;
}

/* ---- parsing ------------------------------------------------------------ */

static int parse_parts(struct pyr__url *url, struct pyr__memory *memory,
                       pyr_str_t text, const struct parts *parts,
                       pyr_error_t *err) {
  int rc;
  memset(url, 0, sizeof(*url));
  url->memory = memory;
  rc = read_scheme(url, text, parts, err);
  if (rc == 0)
    rc = read_authority(url, text, parts->authority, err);
  if (rc == 0)
    rc = write_text(url, parts, err);
  if (rc != 0)
    memset(url, 0, sizeof(*url));
  return rc;
}

static int check_text(pyr_str_t text, pyr_error_t *err) {
  if (text.len > PYR__LIMIT_URL_BYTES)
    return pyr__error(err, PYR_ELIMIT, "URL is longer than %zu bytes",
                      (size_t)PYR__LIMIT_URL_BYTES);
  if (text.len > 0 && memchr(text.base, '\0', text.len) != NULL)
    return bad(err, text, "it holds a NUL byte");
  return 0;
}

int pyr__url_parse(struct pyr__url *url, struct pyr__memory *memory,
                   pyr_str_t text, pyr_error_t *err) {
  struct parts parts;
  int rc = check_text(text, err);
  memset(url, 0, sizeof(*url));
  if (rc != 0)
    return rc;
  split(&parts, text);
  return parse_parts(url, memory, text, &parts, err);
}

/* ---- references --------------------------------------------------------- */

/* Takes "." and ".." out of an absolute path, in place (RFC 3986, 5.2.4); a
 * dot segment at the end leaves its slash. */
static size_t remove_dots(char *path, size_t len) {
  size_t from = 0, to = 0;

  while (from < len) {
    size_t end = from + 1;
    pyr_str_t segment;
    bool is_up, is_dot;
    while (end < len && path[end] != '/')
      end++;
    segment = (pyr_str_t){path + from + 1, end - from - 1};
    is_up = pyr__str_is(segment, "..");
    is_dot = is_up || pyr__str_is(segment, ".");
    if (is_up)
      while (to > 0 && path[--to] != '/')
        continue;
    if (!is_dot) {
      memmove(path + to, path + from, end - from);
      to += end - from;
    } else if (end == len) {
      path[to++] = '/';
    }
    from = end;
  }
  return to;
}

/* The path of the base up to its last slash, and the reference's behind it. */
static int merge_path(struct pyr__buf *out, pyr_str_t base, pyr_str_t path) {
  size_t keep = base.len;
  int rc = 0;
  if (path.len == 0 || path.base[0] != '/') {
    while (keep > 0 && base.base[keep - 1] != '/')
      keep--;
    rc = pyr__buf_add(out, base.base, keep);
  }
  if (rc == 0)
    rc = pyr__buf_add(out, path.base, path.len);
  if (rc == 0 && out->len > 0)
    out->len = remove_dots((char *)out->data, out->len);
  return rc;
}

int pyr__url_resolve(struct pyr__url *url, const struct pyr__url *base,
                     pyr_str_t reference, pyr_error_t *err) {
  pyr_str_t whole = {base->text, strlen(base->text)};
  struct parts parts, base_parts;
  struct pyr__buf path;
  bool is_absolute;
  int rc = check_text(reference, err);

  memset(url, 0, sizeof(*url));
  if (rc != 0)
    return rc;
  split(&parts, reference);
  split(&base_parts, whole);
  pyr__buf_init(&path, base->memory, PYR__MEM_NET_CLIENT,
                2 * PYR__LIMIT_URL_BYTES + 1);
  is_absolute = parts.scheme.base != NULL;
  if (!is_absolute)
    parts.scheme = base_parts.scheme;
  if (is_absolute || parts.authority.base != NULL) {
    base_parts.path = (pyr_str_t){"/", 1};
  } else {
    parts.authority = base_parts.authority;
    if (parts.path.len == 0 && parts.query.base == NULL)
      parts.query = base_parts.query;
    if (parts.path.len == 0)
      parts.path = base_parts.path;
  }
  rc = merge_path(&path, base_parts.path, parts.path);
  if (rc == 0) {
    parts.path = (pyr_str_t){(const char *)path.data, path.len};
    rc = parse_parts(url, base->memory, reference, &parts, err);
  } else {
    rc = pyr__error_nomem(err);
  }
  pyr__buf_release(&path);
  return rc;
}

void pyr__url_release(struct pyr__url *url) {
  if (url->text != NULL)
    pyr__free(url->memory, url->text);
  memset(url, 0, sizeof(*url));
}

bool pyr__url_same_origin(const struct pyr__url *a, const struct pyr__url *b) {
  return pyr__str_equal(a->origin, b->origin);
}

void pyr__url_format_address(const struct pyr__url *url,
                             char out[PYR__URL_ADDRESS_TEXT]) {
  snprintf(out, PYR__URL_ADDRESS_TEXT, url->is_ipv6 ? "[%.*s]:%u" : "%.*s:%u",
           PYR__STR_ARG(url->host), url->port);
}

/* ---- escaping ----------------------------------------------------------- */

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

int pyr__url_escape(struct pyr__buf *out, pyr_str_t text) {
  int rc = 0;
  size_t i;
  for (i = 0; i < text.len && rc == 0; i++)
    rc = is_unreserved(text.base[i])
             ? pyr__buf_add_byte(out, (uint8_t)text.base[i])
             : pyr__buf_add_format(out, "%%%02X", (uint8_t)text.base[i]);
  return rc;
}

/* host:port and unix:/path: where a target is. */
#include "targets/making.h"

#include "net/address.h"

static int wrong(pyr_error_t *err, pyr_str_t address, const char *why) {
  char shown[128];
  pyr__str_escape_place(shown, sizeof(shown), address);
  return pyr__error(err, PYR_ECONFIG, "\"%s\" %s", shown, why);
}

/* What would make of the rest a user, a path or a query of the URL. */
static bool has_url_parts(pyr_str_t text) {
  size_t i;
  for (i = 0; i < text.len; i++)
    if (strchr("/?#@\\", text.base[i]) != NULL)
      return true;
  return false;
}

/* Where the host ends, or why it cannot be told. */
static const char *split(pyr_str_t address, size_t *host_len) {
  const char *end = address.base + address.len, *colon;

  if (has_url_parts(address))
    return "is not a valid hostname, expected HOST or HOST:PORT without a "
           "scheme, a user, a path and a query";
  if (address.base[0] == '[') {
    colon = memchr(address.base, ']', address.len);
    if (colon == NULL)
      return "has no \"]\" after its \"[\"";
    colon++;
    if (colon != end && *colon != ':')
      return "has something between \"]\" and the port";
  } else {
    colon = memchr(address.base, ':', address.len);
    if (colon == NULL)
      colon = end;
    else if (memchr(colon + 1, ':', (size_t)(end - colon - 1)) != NULL)
      return "has several colons, expected brackets around an IPv6 address, as "
             "in [::1]:6060";
  }
  *host_len = (size_t)(colon - address.base);
  return NULL;
}

static const char *check_path(pyr_str_t path) {
  if (path.len == 0 || path.base[0] != '/')
    return "is no path of a unix socket, expected one that begins with \"/\", "
           "as in unix:/run/app.sock";
  if (path.len >= PYR__SOCKET_PATH)
    return "is too long for the path of a unix socket, expected at most 107 "
           "bytes";
  return memchr(path.base, '\0', path.len) == NULL ? NULL : "holds a NUL byte";
}

/* "unix:/path" and, as in a URL, "unix:///path". */
static pyr_str_t behind_scheme(pyr_str_t address) {
  size_t skip = strlen(PYR__UNIX_SCHEME);
  if (pyr__str_starts(address, PYR__UNIX_SCHEME "//"))
    skip += 2;
  return (pyr_str_t){address.base + skip, address.len - skip};
}

int pyr__target_socket(pyr_str_t address, pyr_str_t socket,
                       struct pyr__arena *arena, const char **path,
                       pyr_error_t *err) {
  const char *why;

  *path = NULL;
  if (pyr__str_starts(address, PYR__UNIX_SCHEME))
    socket = behind_scheme(address);
  else if (socket.len == 0)
    return 0;
  why = check_path(socket);
  if (why != NULL)
    return wrong(err, socket, why);
  *path = pyr__arena_text(arena, socket);
  return *path != NULL ? 0 : pyr__making_no_room(arena, socket.len + 1, err);
}

int pyr__target_address(pyr_str_t address, pyr_str_t port, pyr_str_t scheme,
                        struct pyr__arena *arena, pyr_str_t *out,
                        pyr_error_t *err) {
  size_t host_len = 0, size;
  const char *why = split(address, &host_len);
  char *text;

  if (why != NULL)
    return wrong(err, address, why);
  if (has_url_parts(port))
    return wrong(err, port, "is no port, expected a number in __port__");
  if (port.len == 0 && host_len + 1 < address.len)
    port = (pyr_str_t){address.base + host_len + 1, address.len - host_len - 1};
  if (port.len == 0)
    port = pyr__str(pyr__str_is(scheme, "https") ? "443" : "80");
  size = host_len + 1 + port.len + 1;
  text = pyr__arena_alloc(arena, size, 1);
  if (text == NULL)
    return pyr__making_no_room(arena, size, err);
  memcpy(text, address.base, host_len);
  text[host_len] = ':';
  memcpy(text + host_len + 1, port.base, port.len);
  text[size - 1] = '\0';
  *out = (pyr_str_t){text, size - 1};
  return 0;
}

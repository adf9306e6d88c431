#include "discovery/http_origin.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

/* ---- its address -------------------------------------------------------- */

/* Takes "word://" off. */
static bool takes_scheme(pyr_str_t *address, const char *word) {
  size_t len = strlen(word);
  if (!pyr__str_starts(*address, word) || address->len < len + 3 ||
      memcmp(address->base + len, "://", 3) != 0)
    return false;
  address->base += len + 3;
  address->len -= len + 3;
  return true;
}

static pyr_str_t without_slashes(pyr_str_t text) {
  while (text.len > 0 && text.base[text.len - 1] == '/')
    text.len--;
  return text;
}

static int write_base(struct pyr__buf *out, const char *scheme,
                      pyr_str_t address, pyr_str_t prefix) {
  int rc = pyr__buf_add_format(out, "%s://", scheme);
  address = without_slashes(address);
  prefix = without_slashes(prefix);
  if (rc == 0)
    rc = pyr__buf_add(out, address.base, address.len);
  if (rc == 0 && prefix.len > 0 && prefix.base[0] != '/')
    rc = pyr__buf_add_byte(out, '/');
  if (rc == 0 && prefix.len > 0)
    rc = pyr__buf_add(out, prefix.base, prefix.len);
  return rc == 0 ? pyr__buf_add_byte(out, 0) : rc;
}

static int set_address(struct pyr__http_origin *origin, pyr_str_t address,
                       const char *scheme, pyr_str_t prefix, pyr_error_t *err) {
  struct pyr__memory *memory = origin->env->memory;
  struct pyr__buf base;
  int rc;

  if (takes_scheme(&address, "unix")) {
    origin->unix_socket =
        pyr__copy_text(memory, PYR__MEM_DISCOVERY_GROUPS, address);
    if (origin->unix_socket == NULL)
      return pyr__error_nomem(err);
    address = pyr__str("localhost");
  } else if (takes_scheme(&address, "https")) {
    scheme = "https";
  } else if (!takes_scheme(&address, "http")) {
    takes_scheme(&address, "tcp");
  }
  pyr__buf_init(&base, memory, PYR__MEM_DISCOVERY_GROUPS, PYR__LIMIT_URL_BYTES);
  rc = write_base(&base, scheme, address, prefix);
  origin->base = (char *)base.data;
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the server's address is too long");
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

/* ---- life --------------------------------------------------------------- */

void pyr__http_origin_release(struct pyr__http_origin *origin) {
  if (origin->env == NULL)
    return;
  pyr__free(origin->env->memory, origin->base);
  pyr__free(origin->env->memory, origin->unix_socket);
  pyr__http_access_unref(origin->access);
  *origin = (struct pyr__http_origin){.env = NULL};
}

int pyr__http_origin_init(struct pyr__http_origin *origin,
                          const struct pyr__discovery_env *env,
                          pyr_str_t address, const char *scheme,
                          pyr_str_t path_prefix,
                          const struct pyr__http_access_options *access,
                          pyr_error_t *err) {
  int rc;

  *origin = (struct pyr__http_origin){
      .env = env, .follow_redirects = access->follow_redirects};
  rc = set_address(origin, address, scheme, path_prefix, err);
  if (rc == 0)
    rc = pyr__http_access_new(&origin->access, env->client, access, env->job,
                              err);
  if (rc != 0)
    pyr__http_origin_release(origin);
  return rc;
}

const char *pyr__http_origin_name(const struct pyr__http_origin *origin) {
  return origin->unix_socket != NULL ? origin->unix_socket : origin->base;
}

/* ---- asking ------------------------------------------------------------- */

static int write_headers(struct pyr__buf *out, const char *more,
                         pyr_error_t *err) {
  int rc = pyr__buf_add_text(out, "Accept: application/json\r\n");
  if (rc == 0)
    rc = pyr__buf_add_text(out, more);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the headers are longer than %zu bytes",
                      out->limit);
  if (rc != 0)
    return pyr__error_nomem(err);
  return pyr__buf_add_byte(out, 0) == 0 ? 0 : pyr__error_nomem(err);
}

static int write_url(const struct pyr__http_origin *origin,
                     struct pyr__buf *out, const char *path, pyr_error_t *err) {
  int rc = pyr__buf_add_text(out, origin->base);
  if (rc == 0)
    rc = pyr__buf_add(out, path, strlen(path) + 1);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the URL is longer than %zu bytes", out->limit);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

int pyr__http_origin_get(struct pyr__http_origin *origin, const char *path,
                         const char *headers,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err) {
  struct pyr__memory *memory = origin->env->memory;
  struct pyr__http_options options = {.access = origin->access,
                                      .follow_other_hosts =
                                          origin->follow_redirects,
                                      .unix_socket = origin->unix_socket};
  struct pyr__buf url, text;
  int rc;

  pyr__buf_init(&url, memory, PYR__MEM_DISCOVERY_GROUPS, PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&text, memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_HEADER_BYTES);
  rc = write_url(origin, &url, path, err);
  if (rc == 0)
    rc = write_headers(&text, headers, err);
  options.headers = (const char *)text.data;
  if (rc == 0)
    rc = pyr__http_get_with(origin->env->client, (const char *)url.data,
                            &options, handler, out, err);
  pyr__buf_release(&url);
  pyr__buf_release(&text);
  return rc;
}

/* ---- paths -------------------------------------------------------------- */

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

int pyr__http_escape(struct pyr__buf *path, pyr_str_t text) {
  int rc = 0;
  size_t i;
  for (i = 0; i < text.len && rc == 0; i++)
    rc = is_unreserved(text.base[i])
             ? pyr__buf_add_byte(path, (uint8_t)text.base[i])
             : pyr__buf_add_format(path, "%%%02X", (uint8_t)text.base[i]);
  return rc;
}

int pyr__http_query_add(struct pyr__buf *path, const char *key,
                        pyr_str_t value) {
  bool is_first = path->len == 0 || memchr(path->data, '?', path->len) == NULL;
  int rc;
  if (value.len == 0)
    return 0;
  rc = pyr__buf_add_format(path, "%c%s=", is_first ? '?' : '&', key);
  return rc == 0 ? pyr__http_escape(path, value) : rc;
}

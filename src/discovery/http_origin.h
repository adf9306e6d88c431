/* The server that a discovery asks: its address as a configuration has it, and
 * what every request to it has in common. */
#ifndef PYR__DISCOVERY_HTTP_ORIGIN_H
#define PYR__DISCOVERY_HTTP_ORIGIN_H

#include "discovery/discoverer.h"
#include "net/http_access.h"

struct pyr__http_origin {
  const struct pyr__discovery_env *env;
  char *base;        /* "http://localhost:8500/prefix", no / at its end */
  char *unix_socket; /* NULL: none */
  struct pyr__http_access *access;
  bool follow_redirects;
};

/* `address` may be "host:port", "unix:///path", or begin with http://, https://
 * or tcp://; `scheme` is of those that say none.  On failure there is nothing
 * to release. */
int pyr__http_origin_init(struct pyr__http_origin *origin,
                          const struct pyr__discovery_env *env,
                          pyr_str_t address, const char *scheme,
                          pyr_str_t path_prefix,
                          const struct pyr__http_access_options *access,
                          pyr_error_t *err);
void pyr__http_origin_release(struct pyr__http_origin *origin);
/* Asks for a path, terminated; `headers` are more of them, "" for none. */
int pyr__http_origin_get(struct pyr__http_origin *origin, const char *path,
                         const char *headers,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err);
/* Where it is, for texts. */
const char *pyr__http_origin_name(const struct pyr__http_origin *origin);

/* Appends "?key=value", or "&key=value" behind another, and nothing where there
 * is no value. */
int pyr__http_query_add(struct pyr__buf *path, const char *key,
                        pyr_str_t value);
/* Appends text as a part of a path or query: %XX for all that may mean
 * something there. */
int pyr__http_escape(struct pyr__buf *path, pyr_str_t text);

#endif

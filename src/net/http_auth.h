/* The Authorization header of a request. */
#ifndef PYR__NET_HTTP_AUTH_H
#define PYR__NET_HTTP_AUTH_H

#include "base/auth_options.h"
#include "base/buf.h"
#include "net/secret.h"

struct pyr__http_auth {
  enum { PYR__HTTP_NO_AUTH, PYR__HTTP_BASIC, PYR__HTTP_CREDENTIALS } kind;
  const char *type;            /* of the credentials */
  struct pyr__secret username; /* of basic-auth, as is */
  struct pyr__secret secret;   /* the password, or the credentials */
};

/* Copies the texts into `arena`.  No file is read yet.  PYR__ENOMEM. */
int pyr__http_auth_init(struct pyr__http_auth *auth, struct pyr__arena *arena,
                        const struct pyr__auth_options *options);
void pyr__http_auth_release(struct pyr__http_auth *auth,
                            struct pyr__memory *memory);
/* Appends "Authorization: ...\r\n", or nothing where nothing is given.  A file
 * that cannot be read, or whose text cannot stand in a header, is an error. */
int pyr__http_auth_write(struct pyr__http_auth *auth, struct pyr__buf *headers,
                         pyr_error_t *err);
/* "name:password" in base64, behind `prefix`, with the line's end. */
int pyr__http_basic_write(struct pyr__buf *headers, const char *prefix,
                          pyr_str_t name, pyr_str_t password, pyr_error_t *err);

#endif

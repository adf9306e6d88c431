/* Who we say we are to AWS: the signature of a GET request, version 4. */
#ifndef PYR__NET_AWS_SIGN_H
#define PYR__NET_AWS_SIGN_H

#include "base/buf.h"

struct pyr__aws_keys {
  const char *id, *secret;
  const char *token; /* of temporary ones; NULL: none */
};

/* What is asked.  The query is as AWS wants it: sorted by keys, and everything
 * but letters, digits, "-", "_", "." and "~" as %XX. */
struct pyr__aws_request {
  const char *region, *service;
  pyr_str_t host; /* as the Host header has it */
  pyr_str_t path, query;
  int64_t time_s; /* since 1970 */
};

/* Appends the headers of the date, the token and the signature.  PYR__ENOMEM,
 * PYR_ELIMIT, or PYR_EUSAGE where a key may not stand in a header. */
int pyr__aws_sign(struct pyr__buf *headers, const struct pyr__aws_keys *keys,
                  const struct pyr__aws_request *request, pyr_error_t *err);
/* The same of the URL's host, path and query, which must be there. */
int pyr__aws_sign_url(struct pyr__buf *headers,
                      const struct pyr__aws_keys *keys, const char *region,
                      const char *service, const char *url, int64_t time_s,
                      pyr_error_t *err);

#endif

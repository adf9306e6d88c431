/* The start of the body of an error response, kept for the error's text: "500
 * Internal Server Error: what the target says about it". */
#ifndef PYR__NET_HTTP_QUOTE_H
#define PYR__NET_HTTP_QUOTE_H

#include "base/buf.h"
#include "net/http_client.h"

struct pyr__http_quote {
  struct pyr__buf text; /* the reason phrase, then the body as it came */
  size_t reason_len;
  size_t limit; /* of the text */
  bool is_gzip;
};

void pyr__http_quote_init(struct pyr__http_quote *quote,
                          struct pyr__memory *memory);
void pyr__http_quote_release(struct pyr__http_quote *quote);
/* Without memory the text is shorter, so none of these fails. */
void pyr__http_quote_begin(struct pyr__http_quote *quote,
                           const struct pyr__http_head *head);
void pyr__http_quote_add(struct pyr__http_quote *quote, const uint8_t *data,
                         size_t len);
/* Writes the error and returns its code, PYR_ESTATUS. */
int pyr__http_quote_error(const struct pyr__http_quote *quote, int status,
                          pyr_error_t *err);

#endif

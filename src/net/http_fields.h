/* Those headers of a message that somebody wants to know, while it is parsed:
 * names and values come in pieces, and what nobody wants is not kept. */
#ifndef PYR__NET_HTTP_FIELDS_H
#define PYR__NET_HTTP_FIELDS_H

#include <stdbool.h>

#include "base/buf.h"

enum { PYR__HTTP_FIELDS_MAX = 8, PYR__HTTP_FIELD_NAME = 18 };

struct pyr__http_fields {
  const char *const *names; /* in lower case; NULL: not a header's */
  unsigned count;
  unsigned joined;      /* bits of those whose repetitions count */
  struct pyr__buf text; /* values; taken when the first arrives */
  uint32_t at[PYR__HTTP_FIELDS_MAX], len[PYR__HTTP_FIELDS_MAX];
  unsigned times[PYR__HTTP_FIELDS_MAX]; /* that it was there */
  unsigned current; /* whose value comes; `count`: nobody's */
  unsigned seen;    /* headers so far */
  bool is_value;
  uint8_t name_len;
  char name[PYR__HTTP_FIELD_NAME];
};

/* `limit` bytes of values at the most. */
void pyr__http_fields_init(struct pyr__http_fields *fields,
                           const char *const *names, unsigned count,
                           unsigned joined, struct pyr__memory *memory,
                           enum pyr__purpose purpose, size_t limit);
/* Forgets the message; what is kept next begins anew. */
void pyr__http_fields_clear(struct pyr__http_fields *fields);
void pyr__http_fields_release(struct pyr__http_fields *fields);

/* Where llhttp calls.  0, PYR__ENOMEM or PYR_ELIMIT.  A header that is repeated
 * counts as it was there first; those of `joined` add to it behind a comma, as
 * the standard has it for lists. */
void pyr__http_fields_name(struct pyr__http_fields *fields, const char *text,
                           size_t len);
int pyr__http_fields_named(struct pyr__http_fields *fields);
int pyr__http_fields_value(struct pyr__http_fields *fields, const char *text,
                           size_t len);
/* A piece of one that is not a header. */
int pyr__http_fields_add(struct pyr__http_fields *fields, unsigned field,
                         const char *text, size_t len);

/* Without blanks around it; base NULL: it was not there.  Good until something
 * is added. */
pyr_str_t pyr__http_fields_get(const struct pyr__http_fields *fields,
                               unsigned field);

#endif

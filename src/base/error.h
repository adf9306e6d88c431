/* Errors: a negative code travels, the text is written once where the failure
 * happens, and outer callers put their context before it.  Nothing here
 * allocates, so it works when memory is gone.  Every `err` may be NULL. */
#ifndef PYR__BASE_ERROR_H
#define PYR__BASE_ERROR_H

#include <errno.h>

#include "pyrite.h"

#define PYR__ENOMEM (-ENOMEM) /* the same value as UV_ENOMEM */

/* Writes the text and returns `code`. */
__attribute__((format(printf, 3, 4))) int pyr__error(pyr_error_t *err, int code,
                                                     const char *format, ...);
/* The same with a place, which is kept in the struct and not in the text. */
__attribute__((format(printf, 5, 6))) int
pyr__error_at(pyr_error_t *err, int code, unsigned line, unsigned column,
              const char *format, ...);
/* Puts context before the text that is there; returns the error's code. */
__attribute__((format(printf, 2, 3))) int
pyr__error_prefix(pyr_error_t *err, const char *format, ...);
/* "out of memory", and the code for it. */
int pyr__error_nomem(pyr_error_t *err);
/* "WHAT: text of errno", and -errno.  `number` is errno, positive. */
int pyr__error_errno(pyr_error_t *err, int number, const char *what);

#endif

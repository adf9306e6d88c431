/* A profile as pprof bytes, through protobuf-c. */
#ifndef PYR__PPROF_ENCODE_H
#define PYR__PPROF_ENCODE_H

#include "base/buf.h"
#include "base/profile.h"

/* Appends the protobuf message. */
int pyr__pprof_encode(const struct pyr__profile *profile, struct pyr__buf *out,
                      pyr_error_t *err);
/* Appends it gzip-compressed, as pprof files are. */
int pyr__pprof_encode_gzip(const struct pyr__profile *profile,
                           struct pyr__buf *out, pyr_error_t *err);

#endif

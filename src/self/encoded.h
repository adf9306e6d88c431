/* The profiles of this process as they are served: gzip-compressed pprof,
 * appended to `out`. */
#ifndef PYR__SELF_ENCODED_H
#define PYR__SELF_ENCODED_H

#include "base/buf.h"
#include "self/cpu_sampler.h"

/* Stops the sampler. */
int pyr__self_encode_cpu(struct pyr__cpu_sampler *sampler,
                         struct pyr__memory *memory, struct pyr__buf *out,
                         pyr_error_t *err);
int pyr__self_encode_heap(
    const struct pyr__account accounts[PYR__PURPOSE_COUNT], int64_t wall_ns,
    struct pyr__memory *memory, struct pyr__buf *out, pyr_error_t *err);

#endif

/* pprof, gzip-compressed. */
#include "query/export.h"

#include "base/limits.h"
#include "base/str.h"
#include "pprof/encode.h"

uint32_t pyr__export_default_type(const struct pyr__profile *profile) {
  uint32_t i;
  for (i = 0; profile->default_type != 0 && i < profile->type_count; i++)
    if (pyr__str_equal(profile->strings[profile->types[i].type],
                       profile->strings[profile->default_type]))
      return i;
  return profile->type_count - 1;
}

int pyr__export_pprof(const struct pyr__profile *profile,
                      struct pyr__memory *memory,
                      const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__buf buf;
  int rc;
  pyr__buf_init(&buf, memory, PYR__MEM_QUERY, PYR__LIMIT_EXPORT_BYTES);
  rc = pyr__pprof_encode_gzip(profile, &buf, err);
  if (rc == 0)
    rc = output->write(output->ctx, buf.data, buf.len, err);
  pyr__buf_release(&buf);
  return rc;
}

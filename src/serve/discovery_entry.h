/* One entry of /service-discovery: what was found, what each rule of the job
 * makes of it, and what came of that. */
#ifndef PYR__SERVE_DISCOVERY_ENTRY_H
#define PYR__SERVE_DISCOVERY_ENTRY_H

#include "serve/html.h"
#include "serve/status.h"

void pyr__discovery_entry_write(struct pyr__html *w,
                                const struct pyr__status_source *source,
                                const pyr_found_t *found);

#endif

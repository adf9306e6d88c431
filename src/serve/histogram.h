/* The bounds of the histograms in serve/status.h; a bucket counts what lies
 * between the bound before and its own. */
#ifndef PYR__SERVE_HISTOGRAM_H
#define PYR__SERVE_HISTOGRAM_H

enum pyr__histogram_kind { PYR__HISTOGRAM_SECONDS, PYR__HISTOGRAM_BYTES };

const double *pyr__histogram_bounds(enum pyr__histogram_kind kind);

#endif

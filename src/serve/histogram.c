#include "serve/histogram.h"

#include "serve/status.h"

static const double seconds_bounds[PYR__HISTOGRAM_BUCKETS] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
    0.5,   1,      2.5,   5,    10,    15,   30,  60};

static const double bytes_bounds[PYR__HISTOGRAM_BUCKETS] = {
    256,   512,    1024,   2048,    4096,    8192,     16384,    32768,
    65536, 131072, 262144, 1048576, 4194304, 16777216, 67108864, 268435456};

const double *pyr__histogram_bounds(enum pyr__histogram_kind kind) {
  return kind == PYR__HISTOGRAM_SECONDS ? seconds_bounds : bytes_bounds;
}

static void add(struct pyr__histogram *histogram, const double *bounds,
                double value) {
  size_t i = 0;
  while (i < PYR__HISTOGRAM_BUCKETS && value > bounds[i])
    i++;
  histogram->buckets[i]++;
  histogram->count++;
  histogram->sum += value;
}

void pyr__histogram_add_seconds(struct pyr__histogram *histogram,
                                double value) {
  add(histogram, seconds_bounds, value);
}

void pyr__histogram_add_bytes(struct pyr__histogram *histogram, double value) {
  add(histogram, bytes_bounds, value);
}

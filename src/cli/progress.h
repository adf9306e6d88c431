/* A line on stderr that says how far a long query is, where that is a
 * terminal; and bad frames, wherever it goes. */
#ifndef PYR__CLI_PROGRESS_H
#define PYR__CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

enum { PYR__PROGRESS_BAD_FRAMES = 64 };

struct pyr__progress {
  const char *command;
  struct pyr__clock clock;
  int64_t next_ns; /* when to say something */
  bool enabled, shown;
  uint64_t reported[PYR__PROGRESS_BAD_FRAMES]; /* hashes: a query reads twice */
  size_t reported_count;
};

void pyr__progress_init(struct pyr__progress *progress, const char *command);
/* These two have the shapes of struct pyr__query; `ctx` is the progress. */
void pyr__progress_report(void *ctx, size_t segment, size_t segments,
                          size_t profiles);
void pyr__progress_bad_frame(void *ctx, const char *text);
/* Takes the line away. */
void pyr__progress_end(struct pyr__progress *progress);

#endif

#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

void pyr__progress_init(struct pyr__progress *progress, const char *command) {
  *progress = (struct pyr__progress){.command = command,
                                     .clock = pyr__clock_system(),
                                     .enabled = isatty(STDERR_FILENO) != 0};
  progress->next_ns = pyr__now(&progress->clock) + PYR__NS_PER_S;
}

void pyr__progress_report(void *ctx, size_t segment, size_t segments,
                          size_t profiles) {
  struct pyr__progress *progress = ctx;
  int64_t now;
  if (!progress->enabled)
    return;
  now = pyr__now(&progress->clock);
  if (now < progress->next_ns)
    return;
  progress->next_ns = now + PYR__NS_PER_S / 5;
  progress->shown = true;
  fprintf(stderr, "\rpyrite %s: segment %zu of %zu, %zu profiles\033[K",
          progress->command, segment + 1, segments, profiles);
}

void pyr__progress_end(struct pyr__progress *progress) {
  if (progress->shown)
    fputs("\r\033[K", stderr);
  progress->shown = false;
}

void pyr__progress_bad_frame(void *ctx, const char *text) {
  struct pyr__progress *progress = ctx;
  uint64_t hash = pyr__hash(0, text, strlen(text));
  size_t i;
  for (i = 0; i < progress->reported_count; i++)
    if (progress->reported[i] == hash)
      return;
  pyr__progress_end(progress);
  if (progress->reported_count == PYR__PROGRESS_BAD_FRAMES)
    return;
  progress->reported[progress->reported_count++] = hash;
  fprintf(stderr, "pyrite %s: %s\n", progress->command, text);
  if (progress->reported_count == PYR__PROGRESS_BAD_FRAMES)
    fprintf(stderr, "pyrite %s: more damage is not shown\n", progress->command);
}

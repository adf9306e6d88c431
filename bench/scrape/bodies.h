/* The bodies of bench/corpus, with the heads of the responses they are. */
#ifndef BENCH_SCRAPE_BODIES_H
#define BENCH_SCRAPE_BODIES_H

#include <stddef.h>

enum { KINDS = 5, BODIES = 256 };

struct body {
  char *head; /* status line and headers */
  char *data;
  size_t head_len, len;
};

struct kind {
  const char *path, *folder; /* in the corpus */
  struct body bodies[BODIES];
  size_t count;
};

extern struct kind kinds[KINDS];

/* Fills `kinds`; -1 where the folder cannot be read. */
int load_corpus(const char *folder);

#endif

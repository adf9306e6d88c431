/* One look after another at all files of a file discovery, in slices. */
#ifndef PYR__DISCOVERY_FILE_LOOK_H
#define PYR__DISCOVERY_FILE_LOOK_H

#include <dirent.h>

#include "config/sd.h"
#include "discovery/known_files.h"
#include "discovery/list_emit.h"

enum { PYR__PATH_BYTES = 4096 };

struct pyr__file_look {
  struct pyr__discoverer *discoverer;
  const struct pyr__file_sd_config *config;
  struct pyr__known_files known;
  struct pyr__buf text; /* of one file */
  uint32_t round;
  size_t pattern; /* the one that is looked at; past the last: clearing up */
  DIR *dir;       /* NULL: not open yet */
  uint32_t next;  /* the file to clear up, from the end */
  struct pyr__file_reading reading;
  struct pyr__known_file *emitting; /* NULL: none */
  struct pyr__list_emit emit;
  bool *pattern_failed; /* so that its files are not taken for gone */
  bool has_failed;      /* some of this look */
  bool must_retry;      /* by itself, for lack of memory */
};

/* 0 or PYR__ENOMEM, and then there is nothing to release. */
int pyr__file_look_init(struct pyr__file_look *look,
                        struct pyr__discoverer *discoverer,
                        const struct pyr__file_sd_config *config);
void pyr__file_look_release(struct pyr__file_look *look);
void pyr__file_look_begin(struct pyr__file_look *look);
/* Works for a few milliseconds; false: the look has ended. */
bool pyr__file_look_go_on(struct pyr__file_look *look);

/* The directory part of a path; false: it is too long. */
bool pyr__file_dir(const char *path, char out[PYR__PATH_BYTES]);

#endif

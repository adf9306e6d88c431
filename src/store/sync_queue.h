/* Syncs that nobody waits for, by Linux' native AIO: the kernel does them in
 * workers of its own, so that the process stays one thread.  (An fdatasync
 * takes as long as all that others write to the same disk.) */
#ifndef PYR__STORE_SYNC_QUEUE_H
#define PYR__STORE_SYNC_QUEUE_H

#include <stdint.h>

/* Of what is in the file, or the directory, by now; it may be closed at once.
 * `*queue` is 0 before the first.  0, or -errno: not begun. */
int pyr__sync_queue_begin(uint64_t *queue, int fd);
/* 1 and how one ended (0 or -errno); 0 where none has.  `wait`: until one has,
 * and there must be one. */
int pyr__sync_queue_ended(uint64_t queue, int wait, int *result);
void pyr__sync_queue_close(uint64_t queue);

#endif

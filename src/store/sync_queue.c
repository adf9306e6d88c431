#include "store/sync_queue.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MAX = 16 };

/* glibc has no functions for these, and libaio is nothing more than them. */
int pyr__sync_queue_begin(uint64_t *queue, int fd) {
  struct iocb sync = {.aio_lio_opcode = IOCB_CMD_FDSYNC,
                      .aio_fildes = (uint32_t)fd};
  struct iocb *syncs[] = {&sync};
  aio_context_t context = (aio_context_t)*queue;

  if (context == 0 && syscall(SYS_io_setup, QUEUE_MAX, &context) != 0)
    return -errno;
  *queue = context;
  return syscall(SYS_io_submit, context, 1, syncs) == 1 ? 0 : -errno;
}

int pyr__sync_queue_ended(uint64_t queue, int wait, int *result) {
  struct timespec nothing = {0, 0};
  struct io_event event;
  long count;
  do
    count = syscall(SYS_io_getevents, (aio_context_t)queue, wait ? 1 : 0, 1,
                    &event, wait ? NULL : &nothing);
  while (count == -1 && errno == EINTR);
  if (count != 1)
    return 0;
  *result = (int)event.res;
  return 1;
}

void pyr__sync_queue_close(uint64_t queue) {
  if (queue != 0)
    (void)syscall(SYS_io_destroy, (aio_context_t)queue);
}

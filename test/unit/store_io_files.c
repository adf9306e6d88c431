/* The real file system, and names of segments. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/directory.h"
#include "store/io.h"

struct fixture {
  struct pyr__memory memory;
  struct pyr__io io;
  char folder[64], path[128];
};

static int remove_one(void *ctx, const char *name) {
  struct fixture *f = ctx;
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", f->folder, name);
  if (unlink(path) != 0)
    rmdir(path);
  return 0;
}

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  f->io = pyr__io_files();
  strcpy(f->folder, "/tmp/pyrite-io-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->path, sizeof(f->path), "%s/file", f->folder);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  f->io.list(f->io.ctx, f->folder, remove_one, f);
  assert_int_equal(rmdir(f->folder), 0);
  free(f);
  return 0;
}

static void a_file__keeps_what_is_appended(void **state) {
  struct fixture *f = *state;
  struct pyr__io *io = &f->io;
  struct iovec parts[2] = {{"hello ", 6}, {"world", 5}};
  char text[32] = "";
  uint64_t size;
  int fd, again;
  assert_int_equal(io->create(io->ctx, f->path, &fd), 0);
  assert_int_equal(io->create(io->ctx, f->path, &again), -EEXIST);
  assert_int_equal(io->append(io->ctx, fd, parts, 2), 11);
  assert_int_equal(io->start_sync(io->ctx, fd), 0);
  assert_int_equal(io->sync(io->ctx, fd), 0);
  assert_int_equal(io->truncate(io->ctx, fd, 5), 0);
  assert_int_equal(io->append(io->ctx, fd, parts + 1, 1), 5); /* at the end */
  io->close(io->ctx, fd);
  assert_int_equal(io->sync_dir(io->ctx, f->folder), 0);
  assert_int_equal(io->open(io->ctx, f->path, &fd), 0);
  assert_int_equal(io->size(io->ctx, fd, &size), 0);
  assert_int_equal(size, 10);
  assert_int_equal(io->read_at(io->ctx, fd, text, 31, 3), 7);
  assert_string_equal(text, "loworld");
  assert_int_equal(io->read_at(io->ctx, fd, text, 31, 10), 0);
  io->close(io->ctx, fd);
  assert_int_equal(io->remove(io->ctx, f->path), 0);
  assert_int_equal(io->remove(io->ctx, f->path), -ENOENT);
  assert_int_equal(io->open(io->ctx, f->path, &fd), -ENOENT);
}

static int count_tasks(void *ctx, const char *name) {
  (void)name;
  ++*(int *)ctx;
  return 0;
}

/* A kernel may lack them, or forbid them to a container; then they say so. */
static void syncs__go_on_while_the_process_stays_one_thread(void **state) {
  struct fixture *f = *state;
  struct pyr__io *io = &f->io;
  struct iovec part = {"hello", 5};
  uint64_t queue = 0;
  int fd, i, rc, result = 1, tasks = 0;
  assert_int_equal(io->create(io->ctx, f->path, &fd), 0);
  assert_int_equal(io->append(io->ctx, fd, &part, 1), 5);
  rc = io->begin_sync(io->ctx, &queue, fd);
  if (rc != 0) {
    assert_true(rc == -ENOSYS || rc == -EPERM || rc == -EAGAIN);
    io->close(io->ctx, fd);
    skip();
  }
  assert_int_equal(io->begin_sync_dir(io->ctx, &queue, f->folder), 0);
  io->close(io->ctx, fd); /* which they do not mind */
  assert_int_equal(io->list(io->ctx, "/proc/self/task", count_tasks, &tasks),
                   0);
  assert_int_equal(tasks, 1);
  for (i = 0; i < 2; i++) {
    assert_int_equal(io->ended_sync(io->ctx, queue, 1, &result), 1);
    assert_int_equal(result, 0);
  }
  assert_int_equal(io->ended_sync(io->ctx, queue, 0, &result), 0);
  assert_true(io->begin_sync(io->ctx, &queue, -1) < 0);
  assert_int_equal(io->begin_sync_dir(io->ctx, &queue, f->path), -ENOTDIR);
  io->end_syncs(io->ctx, queue);
  io->end_syncs(io->ctx, 0);
}

static void folders__are_made_with_their_parents(void **state) {
  struct fixture *f = *state;
  char deep[256];
  int fd;
  snprintf(deep, sizeof(deep), "%s/a//b/", f->folder);
  assert_int_equal(f->io.make_dir(f->io.ctx, deep), 0);
  assert_int_equal(f->io.make_dir(f->io.ctx, deep), 0);
  assert_int_equal(rmdir(deep), 0);
  assert_int_equal(f->io.create(f->io.ctx, f->path, &fd), 0);
  f->io.close(f->io.ctx, fd);
  snprintf(deep, sizeof(deep), "%s/c", f->path);
  assert_int_equal(f->io.make_dir(f->io.ctx, deep), -ENOTDIR);
  assert_int_equal(f->io.make_dir(f->io.ctx, f->path), -ENOTDIR);
}

static void a_lock__has_one_holder_and_names_it(void **state) {
  struct fixture *f = *state;
  long pid = 0;
  int fd, other = -1;
  assert_int_equal(f->io.lock(f->io.ctx, f->path, &fd, &pid), 0);
  assert_int_equal(f->io.lock(f->io.ctx, f->path, &other, &pid), -EWOULDBLOCK);
  assert_int_equal(pid, getpid());
  f->io.unlock(f->io.ctx, f->path, fd);
  assert_int_equal(f->io.lock(f->io.ctx, f->path, &fd, &pid), 0);
  f->io.unlock(f->io.ctx, f->path, fd);
}

static void a_lock__goes_with_its_process(void **state) {
  struct fixture *f = *state;
  int fd, status, ready[2];
  long pid = 0;
  char byte;
  pid_t child;
  assert_int_equal(pipe(ready), 0);
  child = fork();
  if (child == 0) {
    int rc = f->io.lock(f->io.ctx, f->path, &fd, &pid);
    byte = (char)(rc == 0);
    if (write(ready[1], &byte, 1) != 1)
      _exit(1);
    pause();
    _exit(1);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(byte, 1);
  assert_int_equal(f->io.lock(f->io.ctx, f->path, &fd, &pid), -EWOULDBLOCK);
  assert_int_equal(pid, child);
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(f->io.lock(f->io.ctx, f->path, &fd, &pid), 0);
  f->io.unlock(f->io.ctx, f->path, fd);
  close(ready[0]);
  close(ready[1]);
}

static int count_names(void *ctx, const char *name) {
  (void)name;
  *(int *)ctx += 1;
  return *(int *)ctx == 3 ? 42 : 0;
}

static void a_list__ends_where_it_is_told_to(void **state) {
  struct fixture *f = *state;
  int fd, i, count = 0;
  for (i = 0; i < 5; i++) {
    snprintf(f->path, sizeof(f->path), "%s/%d", f->folder, i);
    assert_int_equal(f->io.create(f->io.ctx, f->path, &fd), 0);
    f->io.close(f->io.ctx, fd);
  }
  assert_int_equal(f->io.list(f->io.ctx, f->folder, count_names, &count), 42);
  assert_int_equal(count, 3);
  assert_int_equal(
      f->io.list(f->io.ctx, "/nowhere/at all", count_names, &count), -ENOENT);
}

static void segment_names__say_when_they_began(void **state) {
  static const char *const others[] = {"",
                                       "lock",
                                       "20260102T030405.678901234Z.pyr.tmp",
                                       "20260102T030405.678901234Z",
                                       "20260102T030405Z.pyr",
                                       "20260102T030405.6Z.pyr",
                                       "20261302T030405.678901234Z.pyr",
                                       "20260231T030405.678901234Z.pyr",
                                       "20260102T030405.678901234z.pyr",
                                       " 20260102T030405.678901234Z.pyr"};
  const int64_t time = INT64_C(1767323045678901234);
  char name[PYR__SEGMENT_NAME];
  int64_t parsed;
  size_t i;
  (void)state;
  pyr__segment_name(name, time);
  assert_string_equal(name, "20260102T030405.678901234Z.pyr");
  assert_int_equal(pyr__segment_name_parse(name, &parsed), 0);
  assert_true(parsed == time);
  for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
    assert_int_equal(pyr__segment_name_parse(others[i], &parsed), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(a_file__keeps_what_is_appended),
      T(syncs__go_on_while_the_process_stays_one_thread),
      T(folders__are_made_with_their_parents),
      T(a_lock__has_one_holder_and_names_it),
      T(a_lock__goes_with_its_process),
      T(a_list__ends_where_it_is_told_to),
      T(segment_names__say_when_they_began),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "self/cpu_sampler.h"

#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "self/cpu_profile.h"
#include "self/stack_walk.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { STACKS = 4096, FRAMES = 96 * 1024 };

struct pyr__cpu_sampler {
  struct pyr__memory *memory;
  struct pyr__clock clock;
  struct pyr__stack_bounds bounds;
  struct pyr__sample_table table;
  int64_t start_wall_ns, start_ns, duration_ns;
  timer_t timer;
  struct sigaction before;
  sigset_t mask_before;
  int is_running;
};

/* The one state of the process in this library: a signal handler has no other
 * way to find what it works for. */
static _Atomic(struct pyr__cpu_sampler *) active;

static struct pyr__stack_registers read_registers(const ucontext_t *context) {
  const mcontext_t *machine = &context->uc_mcontext;
#if defined(__x86_64__)
  return (struct pyr__stack_registers){(uintptr_t)machine->gregs[REG_RIP],
                                       (uintptr_t)machine->gregs[REG_RBP],
                                       (uintptr_t)machine->gregs[REG_RSP]};
#elif defined(__i386__)
  return (struct pyr__stack_registers){(uintptr_t)machine->gregs[REG_EIP],
                                       (uintptr_t)machine->gregs[REG_EBP],
                                       (uintptr_t)machine->gregs[REG_ESP]};
#elif defined(__aarch64__)
  return (struct pyr__stack_registers){machine->pc, machine->regs[29],
                                       machine->sp};
#elif defined(__arm__)
  return (struct pyr__stack_registers){machine->arm_pc, machine->arm_fp,
                                       machine->arm_sp};
#elif defined(__riscv)
  return (struct pyr__stack_registers){
      machine->__gregs[REG_PC], machine->__gregs[8], machine->__gregs[REG_SP]};
#else
  (void)machine; /* one frame that says where the program is not known */
  return (struct pyr__stack_registers){0, 0, 0};
#endif
}

static void on_signal(int number, siginfo_t *info, void *context) {
  struct pyr__cpu_sampler *sampler = atomic_load(&active);
  uintptr_t frames[PYR__SAMPLE_DEPTH];
  struct pyr__stack_registers registers;
  int saved_errno = errno;
  size_t count;
  (void)number;
  /* SIGPROF from elsewhere may come on any thread */
  if (sampler == NULL || info->si_code != SI_TIMER ||
      info->si_value.sival_ptr != sampler)
    return;
  registers = read_registers(context);
  count =
      pyr__stack_walk(&registers, &sampler->bounds, frames, PYR__SAMPLE_DEPTH);
  pyr__sample_table_add(
      &sampler->table, frames, count,
      1 + (uint64_t)(info->si_overrun > 0 ? info->si_overrun : 0));
  errno = saved_errno;
}

/* Keeps the code of all that is loaded; ours is what this very function is
 * in. */
static int add_code(struct dl_phdr_info *info, size_t size, void *ctx) {
  struct pyr__stack_bounds *bounds = ctx;
  uintptr_t here = (uintptr_t)&add_code;
  int i;
  (void)size;
  for (i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    uintptr_t low = info->dlpi_addr + segment->p_vaddr;
    struct pyr__code code = {low, low + segment->p_memsz};
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
      continue;
    if (here >= code.low && here < code.high)
      bounds->own = code;
    else if (bounds->library_count < PYR__STACK_LIBRARIES)
      bounds->libraries[bounds->library_count++] = code;
  }
  return 0;
}

static int find_stack(struct pyr__stack_bounds *out) {
  pthread_attr_t attributes;
  void *base;
  size_t size;
  int rc = pthread_getattr_np(pthread_self(), &attributes);
  if (rc != 0)
    return rc;
  rc = pthread_attr_getstack(&attributes, &base, &size);
  pthread_attr_destroy(&attributes);
  if (rc != 0)
    return rc;
  out->low = (uintptr_t)base;
  out->high = (uintptr_t)base + size;
  dl_iterate_phdr(add_code, out);
  return 0;
}

static void take_signal(struct pyr__cpu_sampler *sampler) {
  struct sigaction action = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
  sigset_t profiling;
  sigemptyset(&action.sa_mask);
  sigaction(SIGPROF, &action, &sampler->before);
  sigemptyset(&profiling);
  sigaddset(&profiling, SIGPROF);
  pthread_sigmask(SIG_UNBLOCK, &profiling, &sampler->mask_before);
}

/* A signal that is still under way must not meet the default action, which is
 * death: ignoring it throws it away first. */
static void give_signal_back(struct pyr__cpu_sampler *sampler) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigset_t profiling;
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPROF, &ignore, NULL);
  sigaction(SIGPROF, &sampler->before, NULL);
  sigemptyset(&profiling);
  sigaddset(&profiling, SIGPROF);
  if (sigismember(&sampler->mask_before, SIGPROF) == 1)
    pthread_sigmask(SIG_BLOCK, &profiling, NULL);
}

static int start_timer(struct pyr__cpu_sampler *sampler) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                           .sigev_signo = SIGPROF};
  struct timespec period = {0, PYR__CPU_PERIOD_NS};
  struct itimerspec spec = {period, period};
  event.sigev_value.sival_ptr = sampler;
  event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &sampler->timer) != 0)
    return -errno;
  if (timer_settime(sampler->timer, 0, &spec, NULL) == 0)
    return 0;
  timer_delete(sampler->timer);
  return -errno;
}

static int begin(struct pyr__cpu_sampler *sampler, pyr_error_t *err) {
  struct pyr__cpu_sampler *none = NULL;
  int rc;
  if (!atomic_compare_exchange_strong(&active, &none, sampler))
    return pyr__error(err, -EBUSY, "cpu profiling already in use");
  take_signal(sampler);
  rc = start_timer(sampler);
  if (rc == 0)
    return 0;
  atomic_store(&active, NULL);
  give_signal_back(sampler);
  return pyr__error_errno(err, -rc, "CPU profiling timer");
}

int pyr__cpu_sampler_start(struct pyr__cpu_sampler **out,
                           struct pyr__memory *memory,
                           const struct pyr__clock *clock, pyr_error_t *err) {
  struct pyr__cpu_sampler *sampler;
  int rc;

  if (atomic_load(&active) != NULL)
    return pyr__error(err, -EBUSY, "cpu profiling already in use");
  sampler = pyr__calloc(memory, PYR__MEM_SELF, 1, sizeof(*sampler));
  if (sampler == NULL)
    return pyr__error_nomem(err);
  sampler->memory = memory;
  sampler->clock = *clock;
  if (pyr__sample_table_init(&sampler->table, memory, STACKS, FRAMES) != 0) {
    rc = pyr__error_nomem(err);
    goto fail;
  }
  rc = find_stack(&sampler->bounds);
  if (rc != 0) {
    rc = pyr__error_errno(err, rc, "bounds of the stack");
    goto fail;
  }
  sampler->start_wall_ns = pyr__wall(clock);
  sampler->start_ns = pyr__now(clock);
  rc = begin(sampler, err);
  if (rc != 0)
    goto fail;
  sampler->is_running = 1;
  *out = sampler;
  return 0;
fail:
  pyr__sample_table_release(&sampler->table, memory);
  pyr__free(memory, sampler);
  return rc;
}

uint64_t pyr__cpu_sampler_samples(const struct pyr__cpu_sampler *sampler) {
  /* the handler writes it behind the compiler's back */
  return *(const volatile uint64_t *)&sampler->table.samples;
}

void pyr__cpu_sampler_stop(struct pyr__cpu_sampler *sampler) {
  if (!sampler->is_running)
    return;
  sampler->is_running = 0;
  sampler->duration_ns = pyr__now(&sampler->clock) - sampler->start_ns;
  timer_delete(sampler->timer);
  atomic_store(&active, NULL);
  give_signal_back(sampler);
}

int pyr__cpu_sampler_profile(const struct pyr__cpu_sampler *sampler,
                             struct pyr__arena *arena, struct pyr__profile *out,
                             pyr_error_t *err) {
  int rc = pyr__cpu_profile_build(&sampler->table, arena, out, err);
  out->time_ns = sampler->start_wall_ns;
  out->duration_ns = sampler->duration_ns;
  return rc;
}

void pyr__cpu_sampler_free(struct pyr__cpu_sampler *sampler) {
  struct pyr__memory *memory;
  if (sampler == NULL)
    return;
  pyr__cpu_sampler_stop(sampler);
  memory = sampler->memory;
  pyr__sample_table_release(&sampler->table, memory);
  pyr__free(memory, sampler);
}

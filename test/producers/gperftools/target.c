/* A program that spins and holds memory, profiled by gperftools as it is told
 * on standard input, a command a line; each is answered with "done".
 *
 *   start FILE   CPU time from now
 *   stop         to here
 *   heap FILE    what is held, and what was allocated */
#include <gperftools/heap-profiler.h>
#include <gperftools/profiler.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 256, BLOCK_BYTES = 64 << 10 };

static volatile unsigned long sink;
static void *volatile held[BLOCKS];

__attribute__((noinline)) static void gperftools_spins(void) {
  unsigned long number;
  for (number = 0; number < 1000000; number++)
    sink = sink * 31 + number;
}

__attribute__((noinline)) static void gperftools_holds(void) {
  size_t i;
  for (i = 0; i < BLOCKS; i++)
    held[i] = malloc(BLOCK_BYTES);
  /* Where nothing was ever given back, pprof has no columns of allocations. */
  free(held[0]);
  held[0] = malloc(BLOCK_BYTES);
}

static void *spin(void *unused) {
  ProfilerRegisterThread();
  for (;;)
    gperftools_spins();
  return unused;
}

static void write_heap(const char *path) {
  char *profile = GetHeapProfile();
  FILE *file = fopen(path, "w");
  if (file != NULL) {
    fputs(profile, file);
    fclose(file);
  }
  free(profile);
}

static void obey(char *line) {
  const char *command = strtok(line, " \n");
  const char *path = strtok(NULL, "\n");
  if (strcmp(command, "start") == 0)
    ProfilerStart(path);
  else if (strcmp(command, "stop") == 0)
    ProfilerStop();
  else
    write_heap(path);
}

int main(void) {
  char line[4096];
  pthread_t spinner;
  HeapProfilerStart("/nowhere/heap");
  gperftools_holds();
  pthread_create(&spinner, NULL, spin, NULL);
  while (fgets(line, sizeof(line), stdin) != NULL) {
    obey(line);
    puts("done");
    fflush(stdout);
  }
  return 0;
}

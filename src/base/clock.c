#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * PYR__NS_PER_S + now.tv_nsec;
}

static int64_t system_monotonic(void *ctx) {
  (void)ctx;
  return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall(void *ctx) {
  (void)ctx;
  return read_clock(CLOCK_REALTIME);
}

struct pyr__clock pyr__clock_system(void) {
  return (struct pyr__clock){system_monotonic, system_wall, NULL};
}

int64_t pyr__cpu_ns(void) {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Up to the whole second; returns the nanoseconds that are left. */
static int format_seconds(char out[PYR__TIME_TEXT], int64_t wall_ns) {
  int64_t fraction = wall_ns % PYR__NS_PER_S;
  time_t seconds = (time_t)(wall_ns / PYR__NS_PER_S);
  struct tm parts;

  if (fraction < 0) {
    fraction += PYR__NS_PER_S;
    seconds--;
  }
  gmtime_r(&seconds, &parts);
  strftime(out, PYR__TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
  return (int)fraction;
}

void pyr__time_format(char out[PYR__TIME_TEXT], int64_t wall_ns) {
  int fraction = format_seconds(out, wall_ns);
  size_t len = strlen(out);
  if (fraction != 0) {
    len += (size_t)snprintf(out + len, PYR__TIME_TEXT - len, ".%09d", fraction);
    while (out[len - 1] == '0')
      len--;
  }
  snprintf(out + len, PYR__TIME_TEXT - len, "Z");
}

void pyr__time_format_ms(char out[PYR__TIME_TEXT], int64_t wall_ns) {
  int fraction = format_seconds(out, wall_ns);
  size_t len = strlen(out);
  snprintf(out + len, PYR__TIME_TEXT - len, ".%03dZ",
           fraction / (int)PYR__NS_PER_MS);
}

/* One line an event, in logfmt or JSON.  The line goes to a function of the
 * caller's; values are escaped here and nowhere else. */
#ifndef PYR__BASE_LOG_H
#define PYR__BASE_LOG_H

#include "base/clock.h"
#include "base/str.h"

enum pyr__log_format { PYR__LOG_LOGFMT, PYR__LOG_JSON };

struct pyr__log {
  int level; /* events below it are dropped: PYR_LOG_* */
  enum pyr__log_format format;
  void (*write)(void *ctx, int level, const char *line); /* NULL: silence */
  void *ctx;
  struct pyr__clock clock;
};

struct pyr__field {
  const char *key;
  pyr_str_t value;
};

/* Of "debug", "info", "warn", "error": PYR_LOG_*, or -1. */
int pyr__log_level_parse(pyr_str_t name);

/* Every line is whole: a value that is too long is cut between two characters
 * and ends in "...", and fields that a line has no room for are left out.  Keys
 * are names that need no escape. */
void pyr__log_event(const struct pyr__log *log, int level, const char *message,
                    const struct pyr__field *fields, size_t count);

#define pyr__log(log, level, message, ...)                                     \
  pyr__log_event(log, level, message, (struct pyr__field[]){__VA_ARGS__},      \
                 sizeof((struct pyr__field[]){__VA_ARGS__}) /                  \
                     sizeof(struct pyr__field))

/* A number as text, for a field: pyr__number(n).text lives to the end of the
 * full expression. */
struct pyr__number_text {
  char text[32];
};
struct pyr__number_text pyr__number(int64_t value);

#endif

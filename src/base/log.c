#include "base/log.h"

#include <stdio.h>

#include "base/printable.h"

enum {
  LINE = 2048,
  VALUE = 1024, /* at most, as it is written */
  TAIL = 3      /* what ends a line: a quote, a brace, a NUL */
};

static const char cut_mark[] = "...";

struct line {
  char text[LINE];
  size_t len;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

int pyr__log_level_parse(pyr_str_t name) {
  int level;
  for (level = PYR_LOG_DEBUG; level <= PYR_LOG_ERROR; level++)
    if (pyr__str_is(name, level_names[level]))
      return level;
  return -1;
}

/* Whoever calls it has seen that there is room. */
static void add(struct line *line, const char *text) {
  size_t len = strlen(text);
  memcpy(line->text + line->len, text, len + 1);
  line->len += len;
}

static int needs_quotes(pyr_str_t value) {
  size_t i;
  for (i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.base[i];
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f)
      return 1;
  }
  return value.len == 0;
}

/* The first character of a value as JSON writes it, which logfmt readers take
 * too.  Returns how many bytes of the value that was. */
static size_t escape(char out[PYR__PRINTABLE_TEXT], pyr_str_t value) {
  char c = value.base[0];

  if (c != '"' && c != '\\' && c != '\n')
    return pyr__printable_write(out, value);
  snprintf(out, PYR__PRINTABLE_TEXT, "\\%c", c == '\n' ? 'n' : c);
  return 1;
}

/* A value that is too long is cut between two characters, and marked. */
static void add_escaped(struct line *line, pyr_str_t value) {
  size_t limit = LINE - TAIL;
  if (limit > line->len + VALUE)
    limit = line->len + VALUE;
  limit -= strlen(cut_mark);
  while (value.len > 0) {
    char piece[PYR__PRINTABLE_TEXT];
    size_t taken = escape(piece, value);
    if (line->len + strlen(piece) > limit) {
      add(line, cut_mark);
      return;
    }
    add(line, piece);
    value.base += taken;
    value.len -= taken;
  }
}

/* Left out where there is no room for it. */
static void add_field(struct line *line, enum pyr__log_format format,
                      const char *key, pyr_str_t value) {
  int is_json = format == PYR__LOG_JSON;
  const char *quote = is_json || needs_quotes(value) ? "\"" : "";
  const char *separator = is_json ? "," : " ";

  if (line->len + strlen(",\"\":\"") + strlen(key) + strlen(cut_mark) + TAIL >
      LINE)
    return;
  if (line->len == 0)
    separator = is_json ? "{" : "";
  add(line, separator);
  add(line, is_json ? "\"" : "");
  add(line, key);
  add(line, is_json ? "\":" : "=");
  add(line, quote);
  add_escaped(line, value);
  add(line, quote);
}

void pyr__log_event(const struct pyr__log *log, int level, const char *message,
                    const struct pyr__field *fields, size_t count) {
  char time[PYR__TIME_TEXT];
  struct line line = {.len = 0};
  size_t i;

  if (level < log->level || log->write == NULL)
    return;
  pyr__time_format_ms(time, pyr__wall(&log->clock));
  add_field(&line, log->format, "time", pyr__str(time));
  add_field(&line, log->format, "level", pyr__str(level_names[level]));
  add_field(&line, log->format, "msg", pyr__str(message));
  for (i = 0; i < count; i++)
    add_field(&line, log->format, fields[i].key, fields[i].value);
  if (log->format == PYR__LOG_JSON)
    add(&line, "}");
  log->write(log->ctx, level, line.text);
}

struct pyr__number_text pyr__number(int64_t value) {
  struct pyr__number_text number;
  snprintf(number.text, sizeof(number.text), "%lld", (long long)value);
  return number;
}

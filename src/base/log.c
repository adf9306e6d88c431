#include "base/log.h"

#include <stdio.h>

enum { LINE = 2048, VALUE = 1024 };

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

static void add(struct line *line, const char *text) {
  size_t len = strlen(text);
  if (len > LINE - 1 - line->len)
    len = LINE - 1 - line->len;
  memcpy(line->text + line->len, text, len);
  line->len += len;
  line->text[line->len] = '\0';
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

/* JSON's string form, which logfmt readers take too. */
static void add_quoted(struct line *line, pyr_str_t value) {
  char out[VALUE];
  size_t used = 0, i;
  int whole_utf8 = pyr__str_is_utf8(value);

  add(line, "\"");
  for (i = 0; i < value.len && used + 8 < sizeof(out); i++) {
    unsigned char c = (unsigned char)value.base[i];
    if (c == '"' || c == '\\')
      used += (size_t)snprintf(out + used, sizeof(out) - used, "\\%c", c);
    else if (c == '\n')
      used += (size_t)snprintf(out + used, sizeof(out) - used, "\\n");
    else if (c < ' ' || c == 0x7f || (c >= 0x80 && !whole_utf8))
      used += (size_t)snprintf(out + used, sizeof(out) - used, "\\u%04x", c);
    else
      out[used++] = (char)c;
  }
  out[used] = '\0';
  add(line, out);
  add(line, "\"");
}

static void add_field(struct line *line, enum pyr__log_format format,
                      const char *key, pyr_str_t value) {
  if (format == PYR__LOG_JSON) {
    add(line, line->len == 0 ? "{" : ",");
    add_quoted(line, pyr__str(key));
    add(line, ":");
    add_quoted(line, value);
    return;
  }
  add(line, line->len == 0 ? "" : " ");
  add(line, key);
  add(line, "=");
  if (needs_quotes(value)) {
    add_quoted(line, value);
    return;
  }
  if (value.len > LINE - 1 - line->len)
    value.len = LINE - 1 - line->len;
  memcpy(line->text + line->len, value.base, value.len);
  line->len += value.len;
  line->text[line->len] = '\0';
}

void pyr__log_event(const struct pyr__log *log, int level, const char *message,
                    const struct pyr__field *fields, size_t count) {
  char time[PYR__TIME_TEXT];
  struct line line = {.len = 0};
  size_t i;

  if (level < log->level || log->write == NULL)
    return;
  pyr__time_format(time,
                   pyr__wall(&log->clock) / PYR__NS_PER_MS * PYR__NS_PER_MS);
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

#include "cli/found_print.h"

#include <stdbool.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/rule.h"

enum { LINE_BYTES = 64 << 20 };

struct print {
  FILE *out;
  struct pyr__buf line;
  int rc;                    /* of the line */
  const pyr_label_t *before; /* of the next rule */
  size_t before_count;
};

static void text(struct print *print, const char *value) {
  if (print->rc == 0)
    print->rc = pyr__buf_add_text(&print->line, value);
}

static void plain(struct print *print, pyr_str_t value) {
  if (print->rc == 0)
    print->rc = pyr__buf_add(&print->line, value.base, value.len);
}

static void quoted(struct print *print, pyr_str_t value) {
  if (print->rc == 0)
    print->rc = pyr__quoted_write(&print->line, value);
}

static void labels(struct print *print, const pyr_label_t *items,
                   size_t count) {
  if (print->rc == 0)
    print->rc = pyr__labels_write(&print->line, items, count);
}

static void end_line(struct print *print) {
  pyr_str_t rest = {(const char *)print->line.data, print->line.len};

  while (rest.len > 0) {
    char piece[PYR__PRINTABLE_TEXT];
    size_t taken = pyr__printable_write(piece, rest);
    fputs(piece, print->out);
    rest.base += taken;
    rest.len -= taken;
  }
  putc('\n', print->out);
  pyr__buf_clear(&print->line);
}

static void where(struct print *print, const pyr_rule_t *rule) {
  if (print->rc == 0)
    print->rc = pyr__buf_add_format(&print->line, "%s:%u:%u: ", rule->file,
                                    rule->line, rule->column);
}

/* ---- rules -------------------------------------------------------------- */

static void change(struct print *print, const struct pyr__label_change *what) {
  text(print, what->before == NULL ? " +" : what->after == NULL ? " -" : " ");
  if (pyr__label_name_is_plain(what->name))
    plain(print, what->name);
  else
    quoted(print, what->name);
  if (what->after == NULL)
    return;
  text(print, "=");
  quoted(print, *what->after);
  if (what->before != NULL) {
    text(print, " (was ");
    quoted(print, *what->before);
    text(print, ")");
  }
}

static void effect(struct print *print, const pyr_relabel_step_t *step) {
  struct pyr__label_walk walk = {0, 0};
  struct pyr__label_change what;
  bool has_change = false;

  if (step->error != NULL) {
    text(print, " failed: ");
    text(print, step->error);
  }
  while (step->kept &&
         pyr__labels_next_change(&walk, print->before, print->before_count,
                                 step->labels, step->label_count, &what)) {
    change(print, &what);
    has_change = true;
  }
  if (step->kept && !has_change)
    text(print, " nothing");
  else if (!step->kept && step->error == NULL)
    text(print, " dropped");
}

/* Nothing is said of rules behind the one that ended it. */
static void on_step(void *ctx, const pyr_relabel_step_t *step) {
  struct print *print = ctx;
  const pyr_rule_t *rule = step->rule;

  if (print->before == NULL)
    return;
  text(print, "    ");
  where(print, rule);
  if (print->rc == 0)
    print->rc = pyr__rule_write(&print->line, rule);
  text(print, " ->");
  effect(print, step);
  end_line(print);
  print->before = step->kept ? step->labels : NULL;
  print->before_count = step->label_count;
}

/* ---- an entry ----------------------------------------------------------- */

static void target(struct print *print, pyr_str_t place, pyr_str_t application,
                   const pyr_label_t *items, size_t count) {
  text(print, "  target ");
  plain(print, place);
  text(print, " as ");
  plain(print, application);
  text(print, " ");
  labels(print, items, count);
}

static void head(struct print *print, const pyr_found_t *found) {
  if (found->outcome == PYR_FOUND_TARGET) {
    target(print, found->address, found->application, found->labels,
           found->label_count);
  } else if (found->outcome == PYR_FOUND_DROPPED) {
    text(print, "  dropped by ");
    where(print, found->rule);
    plain(print, found->rule->action);
  } else {
    text(print, "  no target: ");
    text(print, found->error);
  }
  end_line(print);
}

static void discovered(struct print *print, const pyr_found_t *found) {
  text(print, "    discovered ");
  if (found->mechanism[0] != '\0') {
    text(print, "by ");
    text(print, found->mechanism);
    text(print, ", group ");
    quoted(print, found->group);
    text(print, ": ");
  }
  labels(print, found->discovered, found->discovered_count);
  end_line(print);
}

void pyr__request_print(FILE *out, const pyr_request_t *request) {
  char interval[PYR__DURATION_TEXT], timeout[PYR__DURATION_TEXT];
  pyr__duration_format(interval, request->interval_ns);
  pyr__duration_format(timeout, request->timeout_ns);
  fprintf(out, "    %-10.*s every %s, timeout %s: %s\n",
          PYR__STR_ARG(request->profile), interval, timeout, request->url);
}

static void begin(struct print *print, struct pyr__memory *memory) {
  pyr__memory_init(memory, NULL);
  pyr__buf_init(&print->line, memory, PYR__MEM_BASE_TEXT, LINE_BYTES);
}

static int end(struct print *print, int rc, pyr_error_t *err) {
  pyr__buf_release(&print->line);
  if (rc != 0)
    return rc;
  return print->rc == 0 ? 0 : pyr__error_nomem(err);
}

int pyr__target_print(FILE *out, pyr_str_t place, const pyr_request_t *request,
                      pyr_error_t *err) {
  struct print print = {.out = out};
  struct pyr__memory memory;
  begin(&print, &memory);
  target(&print, place, request->application, request->labels,
         request->label_count);
  end_line(&print);
  return end(&print, 0, err);
}

int pyr__found_print(FILE *out, const pyr_config_t *config,
                     const pyr_found_t *found, pyr_error_t *err) {
  struct print print = {.out = out,
                        .before = found->discovered,
                        .before_count = found->discovered_count};
  struct pyr__memory memory;
  size_t i;
  int rc;

  begin(&print, &memory);
  head(&print, found);
  discovered(&print, found);
  rc = pyr_config_relabel(config, found->job, found->discovered,
                          found->discovered_count, on_step, &print, err);
  for (i = 0; i < found->request_count; i++)
    pyr__request_print(out, &found->requests[i]);
  return end(&print, rc, err);
}

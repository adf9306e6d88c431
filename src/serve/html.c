#include "serve/html.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/rule.h"

void pyr__html_head(struct pyr__html *w, const char *title) {
  pyr__html_raw(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
                   "charset=\"utf-8\">\n<meta name=\"viewport\" "
                   "content=\"width=device-width\">\n<title>");
  pyr__html_raw(w, title);
  pyr__html_raw(w, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
                   "</head>\n<body><main>\n");
}

void pyr__html_raw(struct pyr__html *w, const char *text) {
  if (w->rc == 0)
    w->rc = pyr__buf_add_text(w->out, text);
}

void pyr__html_text(struct pyr__html *w, pyr_str_t value) {
  if (w->rc == 0)
    w->rc = pyr__serve_html(w->out, value);
}

void pyr__html_number(struct pyr__html *w, uint64_t value) {
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out, "%llu", (unsigned long long)value);
}

void pyr__html_bytes(struct pyr__html *w, uint64_t value) {
  if (w->rc == 0)
    w->rc = pyr__serve_bytes(w->out, value);
}

void pyr__html_duration(struct pyr__html *w, int64_t ns) {
  int64_t hours = ns / PYR__NS_PER_S / 3600;
  int64_t step = ns >= 100 * PYR__NS_PER_S ? PYR__NS_PER_S : PYR__NS_PER_MS;
  if (w->rc == 0 && ns > 0 && ns < PYR__NS_PER_MS)
    pyr__html_raw(w, "&lt;1ms");
  else if (w->rc == 0 && hours >= 48)
    w->rc = pyr__buf_add_format(w->out, "%lldd%lldh", (long long)(hours / 24),
                                (long long)(hours % 24));
  else if (w->rc == 0)
    w->rc = pyr__serve_go_duration(w->out, ns / step * step);
}

void pyr__html_ago(struct pyr__html *w, int64_t then_ns, int64_t now_ns) {
  if (then_ns == 0) {
    pyr__html_raw(w, "never");
    return;
  }
  pyr__html_duration(w, now_ns > then_ns ? now_ns - then_ns : 0);
  pyr__html_raw(w, " ago");
}

void pyr__html_query_text(struct pyr__html *w, pyr_str_t value) {
  size_t i;
  for (i = 0; i < value.len && w->rc == 0; i++) {
    unsigned char c = (unsigned char)value.base[i];
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    w->rc = pyr__buf_add_format(w->out, is_plain ? "%c" : "%%%02X", c);
  }
}

void pyr__html_query_value(struct pyr__html *w, const char *value) {
  pyr__html_query_text(w, pyr__str(value == NULL ? "" : value));
}

void pyr__html_rule(struct pyr__html *w, const pyr_rule_t *rule) {
  struct pyr__buf text;
  pyr__buf_init(&text, w->out->memory, PYR__MEM_SERVE, PYR__MIB);
  if (w->rc == 0)
    w->rc = pyr__rule_write(&text, rule);
  if (w->rc == 0)
    pyr__html_text(w, (pyr_str_t){(const char *)text.data, text.len});
  pyr__buf_release(&text);
}

void pyr__html_number_cell(struct pyr__html *w, uint64_t value) {
  pyr__html_raw(w, "<td class=\"n\">");
  pyr__html_number(w, value);
  pyr__html_raw(w, "</td>");
}

/* Isolated: what is written from right to left turns nothing else around. */
void pyr__html_quoted(struct pyr__html *w, pyr_str_t value) {
  pyr__html_raw(w, "&quot;<bdi>");
  pyr__html_text(w, value);
  pyr__html_raw(w, "</bdi>&quot;");
}

void pyr__html_label(struct pyr__html *w, pyr_str_t name, pyr_str_t value) {
  pyr__html_text(w, name);
  pyr__html_raw(w, "=");
  pyr__html_quoted(w, value);
}

void pyr__html_labels(struct pyr__html *w, const pyr_label_t *labels,
                      size_t count) {
  size_t i;
  pyr__html_raw(w, "<div class=\"labels\">");
  for (i = 0; i < count; i++) {
    pyr__html_raw(w, i == 0 ? "" : " ");
    pyr__html_label(w, labels[i].name, labels[i].value);
  }
  pyr__html_raw(w, "</div>");
}

int pyr__html_keep(struct pyr__memory *memory, pyr_str_t value, char **out) {
  *out =
      value.base == NULL ? NULL : pyr__copy_text(memory, PYR__MEM_SERVE, value);
  return value.base != NULL && *out == NULL ? PYR__ENOMEM : 0;
}

/* Pages, piece by piece.  The first failure sticks, so that long runs of pieces
 * stay readable. */
#ifndef PYR__SERVE_HTML_H
#define PYR__SERVE_HTML_H

#include "serve/text.h"

struct pyr__html {
  struct pyr__buf *out;
  int rc;
};

/* To the beginning of what is in the page. */
void pyr__html_head(struct pyr__html *w, const char *title);
void pyr__html_raw(struct pyr__html *w, const char *text);
/* Escaped, as all that comes from outside. */
void pyr__html_text(struct pyr__html *w, pyr_str_t value);
void pyr__html_number(struct pyr__html *w, uint64_t value);
void pyr__html_number_cell(struct pyr__html *w, uint64_t value);
void pyr__html_bytes(struct pyr__html *w, uint64_t value);
/* To the millisecond, the second where it is long, the hour after two days. */
void pyr__html_duration(struct pyr__html *w, int64_t ns);
/* How long before now that was: "3s ago"; 0: "never". */
void pyr__html_ago(struct pyr__html *w, int64_t then_ns, int64_t now_ns);
/* Of a link's query; NULL is "". */
void pyr__html_query_value(struct pyr__html *w, const char *value);
void pyr__html_query_text(struct pyr__html *w, pyr_str_t value);
/* As pyr__rule_write has it. */
void pyr__html_rule(struct pyr__html *w, const pyr_rule_t *rule);
/* "value" */
void pyr__html_quoted(struct pyr__html *w, pyr_str_t value);
/* name="value", and several of them. */
void pyr__html_label(struct pyr__html *w, pyr_str_t name, pyr_str_t value);
void pyr__html_labels(struct pyr__html *w, const pyr_label_t *labels,
                      size_t count);
/* A copy of what a page was asked for: NULL in, NULL out; 0 or PYR__ENOMEM. */
int pyr__html_keep(struct pyr__memory *memory, pyr_str_t value, char **out);

#endif

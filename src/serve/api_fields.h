/* What the answers of /api/v1 are written with.  Writers of fields end them
 * with a comma and do nothing where `rc`, the code of what came before, is not
 * 0. */
#ifndef PYR__SERVE_API_FIELDS_H
#define PYR__SERVE_API_FIELDS_H

#include "net/http_server.h"
#include "serve/text.h"

/* "key": */
int pyr__api_key(struct pyr__buf *out, const char *key, int rc);
int pyr__api_text(struct pyr__buf *out, const char *key, pyr_str_t value,
                  int rc);
int pyr__api_labels(struct pyr__buf *out, const char *key,
                    const pyr_label_t *labels, size_t count, int rc);
/* {"source_labels": ...}, as Prometheus writes a rule. */
int pyr__api_rule(struct pyr__buf *out, const pyr_rule_t *rule);

/* 400, with what is wrong with a parameter, as Prometheus says it. */
void pyr__api_refuse(struct pyr__http_exchange *exchange,
                     struct pyr__memory *memory, const char *text);

#endif

#include "serve/api_fields.h"

int pyr__api_key(struct pyr__buf *out, const char *key, int rc) {
  return rc == 0 ? pyr__buf_add_format(out, "\"%s\":", key) : rc;
}

int pyr__api_text(struct pyr__buf *out, const char *key, pyr_str_t value,
                  int rc) {
  rc = pyr__api_key(out, key, rc);
  if (rc == 0)
    rc = pyr__serve_json(out, value);
  return rc == 0 ? pyr__buf_add_byte(out, ',') : rc;
}

int pyr__api_labels(struct pyr__buf *out, const char *key,
                    const pyr_label_t *labels, size_t count, int rc) {
  rc = pyr__api_key(out, key, rc);
  if (rc == 0)
    rc = pyr__serve_json_labels(out, labels, count);
  return rc == 0 ? pyr__buf_add_byte(out, ',') : rc;
}

static int add_sources(struct pyr__buf *out, const pyr_rule_t *rule) {
  size_t i;
  int rc = 0;
  for (i = 0; i < rule->source_count && rc == 0; i++) {
    rc = pyr__buf_add_text(out, i == 0 ? "\"source_labels\":[" : ",");
    if (rc == 0)
      rc = pyr__serve_json(out, rule->source_labels[i]);
  }
  return rc == 0 && rule->source_count > 0 ? pyr__buf_add_text(out, "],") : rc;
}

int pyr__api_rule(struct pyr__buf *out, const pyr_rule_t *rule) {
  int rc = pyr__buf_add_byte(out, '{');
  if (rc == 0)
    rc = add_sources(out, rule);
  rc = pyr__api_text(out, "separator", rule->separator, rc);
  rc = pyr__api_text(out, "regex", rule->regex, rc);
  if (rc == 0 && rule->modulus > 0)
    rc = pyr__buf_add_format(out, "\"modulus\":%llu,",
                             (unsigned long long)rule->modulus);
  if (rule->target_label.len > 0)
    rc = pyr__api_text(out, "target_label", rule->target_label, rc);
  rc = pyr__api_text(out, "replacement", rule->replacement, rc);
  rc = pyr__api_key(out, "action", rc);
  if (rc == 0)
    rc = pyr__serve_json(out, rule->action);
  return rc == 0 ? pyr__buf_add_byte(out, '}') : rc;
}

void pyr__api_refuse(struct pyr__http_exchange *exchange,
                     struct pyr__memory *memory, const char *text) {
  struct pyr__buf body;
  int rc;
  pyr__buf_init(&body, memory, PYR__MEM_SERVE, PYR__MIB);
  rc = pyr__buf_add_text(
      &body, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":");
  if (rc == 0)
    rc = pyr__serve_json(&body, pyr__str(text));
  if (rc == 0)
    rc = pyr__buf_add_text(&body, "}\n");
  if (rc == 0)
    pyr__http_respond(exchange, 400, "application/json", body.data, body.len);
  else
    pyr__http_respond_text(exchange, 400, "%s\n", text);
  pyr__buf_release(&body);
}

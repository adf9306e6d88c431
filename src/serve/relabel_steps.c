/* /api/v1/targets/relabel_steps: what each rule of a job makes of labels, in
 * the shape that Prometheus has for it, and where the rule stands. */
#include <jansson.h>

#include "serve/api_fields.h"
#include "serve/routes.h"

enum { BODY_BYTES = 64 << 20 };

struct steps {
  struct pyr__buf body;
  bool has_step;
  int rc; /* of the body */
};

static void add_step(void *ctx, const pyr_relabel_step_t *step) {
  struct steps *steps = ctx;
  const pyr_rule_t *rule = step->rule;
  struct pyr__buf *out = &steps->body;
  int rc = steps->rc;

  if (rc == 0)
    rc = pyr__buf_add_text(out, steps->has_step ? ",\n{" : "\n{");
  steps->has_step = true;
  rc = pyr__api_key(out, "rule", rc);
  if (rc == 0)
    rc = pyr__api_rule(out, rule);
  if (rc == 0)
    rc = pyr__buf_add_byte(out, ',');
  rc = pyr__api_labels(out, "output", step->labels, step->label_count, rc);
  rc = pyr__api_text(out, "file", pyr__str(rule->file), rc);
  if (step->error != NULL)
    rc = pyr__api_text(out, "error", pyr__str(step->error), rc);
  if (rc == 0)
    rc = pyr__buf_add_format(out, "\"line\":%u,\"column\":%u,\"keep\":%s}",
                             rule->line, rule->column,
                             step->kept ? "true" : "false");
  steps->rc = rc;
}

static void answer(struct pyr__serve *serve, pyr_str_t pool,
                   const pyr_label_t *labels, size_t count,
                   struct pyr__http_exchange *exchange) {
  const struct pyr__status_source *source = &serve->source;
  struct steps steps = {.has_step = false};
  pyr_error_t err;
  int rc;

  pyr__buf_init(&steps.body, serve->view.memory, PYR__MEM_SERVE, BODY_BYTES);
  steps.rc = pyr__buf_add_text(&steps.body,
                               "{\"status\":\"success\",\"data\":{\"steps\":[");
  rc =
      source->relabel(source->ctx, pool, labels, count, add_step, &steps, &err);
  if (rc == 0 && steps.rc == 0)
    steps.rc = pyr__buf_add_text(&steps.body, "]}}\n");
  if (rc == PYR_ENOMATCH) {
    pyr__error_prefix(&err, "error retrieving scrape config: ");
    pyr__api_refuse(exchange, serve->view.memory, err.text);
  } else if (rc != 0 || steps.rc != 0) {
    pyr__http_respond_text(exchange, 503, "Out of memory, try again later.\n");
  } else {
    pyr__http_respond(exchange, 200, "application/json", steps.body.data,
                      steps.body.len);
  }
  pyr__buf_release(&steps.body);
}

/* Points into `object`; null is "", as in Go.  False where a value is no text,
 * with the name. */
static bool read_labels(json_t *object, pyr_label_t *out, const char **wrong) {
  const char *name;
  json_t *value;

  json_object_foreach(object, name, value) {
    if (!json_is_string(value) && !json_is_null(value)) {
      *wrong = name;
      return false;
    }
    *out++ = (pyr_label_t){
        pyr__str(name),
        pyr__str(json_is_null(value) ? "" : json_string_value(value))};
  }
  return true;
}

static void refuse_json(struct pyr__serve *serve, const json_error_t *error,
                        struct pyr__http_exchange *exchange) {
  char text[PYR_ERROR_TEXT];
  snprintf(text, sizeof(text),
           "error parsing labels: %s at character %d, expected an object as "
           "{\"name\":\"value\"}",
           error->text, error->position);
  pyr__api_refuse(exchange, serve->view.memory, text);
}

static void with_object(struct pyr__serve *serve, pyr_str_t pool,
                        json_t *object, struct pyr__http_exchange *exchange) {
  struct pyr__memory *memory = serve->view.memory;
  size_t count = json_object_size(object);
  pyr_label_t *labels =
      pyr__calloc(memory, PYR__MEM_SERVE, count + 1, sizeof(*labels));
  char text[PYR_ERROR_TEXT];
  const char *wrong;

  if (labels == NULL) {
    pyr__http_respond_text(exchange, 503, "Out of memory, try again later.\n");
  } else if (!read_labels(object, labels, &wrong)) {
    snprintf(text, sizeof(text),
             "error parsing labels: the value of \"%.100s\" is no text", wrong);
    pyr__api_refuse(exchange, memory, text);
  } else {
    answer(serve, pool, labels, count, exchange);
  }
  pyr__free(memory, labels);
}

void pyr__serve_relabel_steps(struct pyr__serve *serve,
                              const struct pyr__http_server_request *request,
                              struct pyr__http_exchange *exchange) {
  const pyr_str_t *pool = pyr__serve_param(request, "scrapePool");
  const pyr_str_t *labels = pyr__serve_param(request, "labels");
  json_error_t error;
  json_t *object;

  if (pool == NULL || pool->len == 0) {
    pyr__api_refuse(exchange, serve->view.memory,
                    "no scrapePool parameter provided");
    return;
  }
  if (labels == NULL || labels->len == 0) {
    pyr__api_refuse(exchange, serve->view.memory,
                    "no labels parameter provided");
    return;
  }
  object = json_loadb(labels->base, labels->len, 0, &error);
  if (object == NULL) {
    refuse_json(serve, &error, exchange);
  } else if (!json_is_object(object)) {
    snprintf(error.text, sizeof(error.text), "it is no object");
    error.position = 1;
    refuse_json(serve, &error, exchange);
  } else {
    with_object(serve, *pool, object, exchange);
  }
  json_decref(object);
}

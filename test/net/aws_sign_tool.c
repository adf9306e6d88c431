/* Signs requests to AWS: a line of JSON each, of which it makes the query and
 * the headers, as one line of JSON. */
#include <jansson.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/str.h"
#include "discovery/aws/ec2_query.h"
#include "net/aws_sign.h"

enum { FILTERS = 8, VALUES = 16 };

static pyr_str_t text(const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  return pyr__str(value == NULL ? "" : value);
}

static size_t read_filters(const json_t *request,
                           struct pyr__sd_filter filters[FILTERS],
                           pyr_str_t values[FILTERS][VALUES]) {
  const json_t *list = json_object_get(request, "filters");
  size_t i, j, count = json_array_size(list);
  for (i = 0; i < count && i < FILTERS; i++) {
    const json_t *filter = json_array_get(list, i);
    const json_t *given = json_object_get(filter, "values");
    size_t value_count = json_array_size(given);
    for (j = 0; j < value_count && j < VALUES; j++)
      values[i][j] = pyr__str(json_string_value(json_array_get(given, j)));
    filters[i] = (struct pyr__sd_filter){text(filter, "name"), values[i], j};
  }
  return i;
}

static int sign(struct pyr__memory *memory, const json_t *request) {
  struct pyr__sd_filter filters[FILTERS];
  pyr_str_t values[FILTERS][VALUES];
  struct pyr__ec2_sd_config config = {.filters = filters};
  const char *token = json_string_value(json_object_get(request, "token"));
  const struct pyr__aws_keys keys = {text(request, "id").base,
                                     text(request, "secret").base, token};
  struct pyr__arena arena;
  struct pyr__buf url, headers;
  json_t *answer;
  pyr_error_t err = {.text = ""};
  int rc;

  pyr__arena_init(&arena, memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  pyr__buf_init(&url, memory, PYR__MEM_BASE_TEXT, PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&headers, memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  config.filter_count = read_filters(request, filters, values);
  rc = pyr__buf_add_format(&url, "%s/?", text(request, "endpoint").base);
  if (rc == 0)
    rc = pyr__ec2_query(&url, &arena, &config, "DescribeInstances", true,
                        text(request, "next"), &err);
  if (rc == 0)
    rc = pyr__buf_add_byte(&url, 0);
  if (rc == 0)
    rc = pyr__aws_sign_url(&headers, &keys, text(request, "region").base,
                           text(request, "service").base, (char *)url.data,
                           json_integer_value(json_object_get(request, "time")),
                           &err);
  if (rc == 0)
    rc = pyr__buf_add_byte(&headers, 0);
  if (rc == 0) {
    answer = json_pack("{s:s, s:s}", "url", (char *)url.data, "headers",
                       (char *)headers.data);
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
  } else {
    fprintf(stderr, "error %d: %s\n", rc, err.text);
  }
  pyr__arena_release(&arena);
  pyr__buf_release(&url);
  pyr__buf_release(&headers);
  return rc;
}

int main(void) {
  struct pyr__memory memory;
  json_t *request;
  int rc = 0;

  pyr__memory_init(&memory, NULL);
  while (rc == 0 &&
         (request = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
    rc = sign(&memory, request);
    json_decref(request);
  }
  return rc == 0 ? 0 : 1;
}

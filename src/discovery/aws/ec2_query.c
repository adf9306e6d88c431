#include "discovery/aws/ec2_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "net/url.h"

enum { FIXED = 3, KEY_TEXT = 64 };

struct parameter {
  char key[KEY_TEXT];
  pyr_str_t value;
};

static int compare(const void *a, const void *b) {
  const struct parameter *left = a, *right = b;
  return strcmp(left->key, right->key);
}

static size_t count_of(const struct pyr__ec2_sd_config *config) {
  size_t i, count = FIXED;
  for (i = 0; i < config->filter_count; i++)
    count += 1 + config->filters[i].value_count;
  return count;
}

static size_t add_filters(struct parameter *to, size_t count,
                          const struct pyr__ec2_sd_config *config) {
  size_t i, j;
  for (i = 0; i < config->filter_count; i++) {
    const struct pyr__sd_filter *filter = &config->filters[i];
    snprintf(to[count].key, KEY_TEXT, "Filter.%zu.Name", i + 1);
    to[count++].value = filter->name;
    for (j = 0; j < filter->value_count; j++) {
      snprintf(to[count].key, KEY_TEXT, "Filter.%zu.Value.%zu", i + 1, j + 1);
      to[count++].value = filter->values[j];
    }
  }
  return count;
}

int pyr__ec2_query(struct pyr__buf *out, struct pyr__arena *scratch,
                   const struct pyr__ec2_sd_config *config, const char *action,
                   bool is_of_instances, pyr_str_t next_token,
                   pyr_error_t *err) {
  struct parameter *parameters =
      pyr__arena_alloc(scratch, count_of(config), sizeof(*parameters));
  size_t i, count = 0;
  int rc = 0;

  if (parameters == NULL)
    return pyr__arena_error(scratch, sizeof(*parameters), "the query", err);
  parameters[count++] = (struct parameter){"Action", pyr__str(action)};
  parameters[count++] = (struct parameter){"Version", pyr__str("2016-11-15")};
  if (is_of_instances && next_token.len > 0)
    parameters[count++] = (struct parameter){"NextToken", next_token};
  if (is_of_instances)
    count = add_filters(parameters, count, config);
  qsort(parameters, count, sizeof(*parameters), compare);
  for (i = 0; i < count && rc == 0; i++) {
    rc = pyr__buf_add_format(out, "%s%s=", i > 0 ? "&" : "", parameters[i].key);
    if (rc == 0)
      rc = pyr__url_escape(out, parameters[i].value);
  }
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the query is longer than %zu bytes",
                      out->limit);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

#include "discovery/ec2_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/aws_sign.h"
#include "net/url.h"

enum { FIXED = 3, KEY_TEXT = 64 };

/* ---- the query ---------------------------------------------------------- */

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
    const struct pyr__ec2_filter *filter = &config->filters[i];
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

/* ---- who asks ----------------------------------------------------------- */

static const char *environment(const char *name) {
  const char *text = getenv(name);
  return text == NULL || text[0] == '\0' ? NULL : text;
}

/* Keys of the configuration have no token, and no need of one. */
static int find_keys(struct pyr__aws_keys *keys,
                     const struct pyr__ec2_sd_config *config,
                     pyr_error_t *err) {
  if (config->access_key.len > 0) {
    *keys = (struct pyr__aws_keys){config->access_key.base,
                                   config->secret_key.base, NULL};
    return 0;
  }
  *keys = (struct pyr__aws_keys){environment("AWS_ACCESS_KEY_ID"),
                                 environment("AWS_SECRET_ACCESS_KEY"),
                                 environment("AWS_SESSION_TOKEN")};
  if (keys->id != NULL && keys->secret != NULL)
    return 0;
  return pyr__error(err, PYR_EUSAGE,
                    "there are no credentials, expected access-key and "
                    "secret-key, or AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY in the environment");
}

int pyr__ec2_headers(struct pyr__buf *out,
                     const struct pyr__ec2_sd_config *config, const char *url,
                     int64_t time_s, pyr_error_t *err) {
  struct pyr__aws_request request = {
      .region = config->region.base, .service = "ec2", .time_s = time_s};
  struct pyr__aws_keys keys;
  struct pyr__url parsed;
  const char *question;
  int rc = find_keys(&keys, config, err);

  if (rc == 0)
    rc = pyr__url_parse(&parsed, out->memory, pyr__str(url), err);
  if (rc != 0)
    return rc;
  question = memchr(parsed.target.base, '?', parsed.target.len);
  request.host = parsed.authority;
  request.path =
      (pyr_str_t){parsed.target.base, (size_t)(question - parsed.target.base)};
  request.query =
      (pyr_str_t){question + 1, parsed.target.len - request.path.len - 1};
  rc = pyr__aws_sign(out, &keys, &request, err);
  pyr__url_release(&parsed);
  return rc;
}

#include "discovery/docker/query.h"

#include "base/str.h"
#include "net/url.h"

/* As a string of JSON. */
static int add_string(struct pyr__buf *json, pyr_str_t text) {
  size_t i;
  int rc = pyr__buf_add_byte(json, '"');
  for (i = 0; rc == 0 && i < text.len; i++) {
    unsigned char c = (unsigned char)text.base[i];
    if (c < 0x20)
      rc = pyr__buf_add_format(json, "\\u%04x", c);
    else
      rc = pyr__buf_add_format(json, c == '"' || c == '\\' ? "\\%c" : "%c", c);
  }
  return rc != 0 ? rc : pyr__buf_add_byte(json, '"');
}

static int add_values(struct pyr__buf *json, bool *is_first,
                      const struct pyr__sd_filter *filter) {
  size_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < filter->value_count; i++) {
    if (!*is_first)
      rc = pyr__buf_add_byte(json, ',');
    *is_first = false;
    if (rc == 0)
      rc = add_string(json, filter->values[i]);
    if (rc == 0)
      rc = pyr__buf_add_text(json, ":true");
  }
  return rc;
}

static bool is_named_before(const struct pyr__docker_sd_config *config,
                            size_t number) {
  size_t i;
  for (i = 0; i < number; i++)
    if (pyr__str_equal(config->filters[i].name, config->filters[number].name))
      return true;
  return false;
}

/* "name":{"a":true,"b":true}, with the values of all that have the name. */
static int add_filter(struct pyr__buf *json,
                      const struct pyr__docker_sd_config *config,
                      size_t number) {
  pyr_str_t name = config->filters[number].name;
  bool is_first = true;
  size_t i;
  int rc = add_string(json, name);

  if (rc == 0)
    rc = pyr__buf_add_text(json, ":{");
  for (i = number; rc == 0 && i < config->filter_count; i++)
    if (pyr__str_equal(config->filters[i].name, name))
      rc = add_values(json, &is_first, &config->filters[i]);
  return rc != 0 ? rc : pyr__buf_add_byte(json, '}');
}

static int write_filters(struct pyr__buf *json,
                         const struct pyr__docker_sd_config *config) {
  size_t i;
  int rc = pyr__buf_add_byte(json, '{');
  for (i = 0; rc == 0 && i < config->filter_count; i++) {
    if (is_named_before(config, i))
      continue;
    if (i > 0)
      rc = pyr__buf_add_byte(json, ',');
    if (rc == 0)
      rc = add_filter(json, config, i);
  }
  return rc != 0 ? rc : pyr__buf_add_byte(json, '}');
}

static int add_filters(struct pyr__buf *url,
                       const struct pyr__docker_sd_config *config) {
  struct pyr__buf json;
  int rc;

  if (config->filter_count == 0)
    return 0;
  pyr__buf_init(&json, url->memory, url->purpose, url->limit);
  rc = write_filters(&json, config);
  if (rc == 0)
    rc = pyr__buf_add_text(url, "?filters=");
  if (rc == 0)
    rc = pyr__url_escape(url, (pyr_str_t){(char *)json.data, json.len});
  pyr__buf_release(&json);
  return rc;
}

int pyr__docker_write_url(struct pyr__buf *out,
                          const struct pyr__docker_sd_config *config,
                          bool is_of_networks, pyr_error_t *err) {
  int rc = pyr__buf_add(out, config->base.base, config->base.len);

  if (rc == 0)
    rc = pyr__buf_add_text(out,
                           is_of_networks ? "/networks" : "/containers/json");
  if (rc == 0 && !is_of_networks)
    rc = add_filters(out, config);
  if (rc == 0)
    rc = pyr__buf_add_byte(out, 0);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the URL is longer than %zu bytes", out->limit);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

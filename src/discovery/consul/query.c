#include "discovery/consul/query.h"

#include "net/url.h"

/* "?name=value" or "&name=value", where there is a value. */
static int add(struct pyr__buf *url, char *separator, const char *name,
               pyr_str_t value) {
  int rc;
  if (value.len == 0)
    return 0;
  rc = pyr__buf_add_format(url, "%c%s=", *separator, name);
  *separator = '&';
  return rc != 0 ? rc : pyr__url_escape(url, value);
}

static int add_node_meta(struct pyr__buf *url, char *separator,
                         const struct pyr__consul_sd_config *config) {
  size_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < config->node_meta_count; i++) {
    rc = add(url, separator, "node-meta", config->node_meta[i].name);
    if (rc == 0)
      rc = pyr__buf_add_text(url, "%3A");
    if (rc == 0)
      rc = pyr__url_escape(url, config->node_meta[i].value);
  }
  return rc;
}

static int add_tags(struct pyr__buf *url, char *separator,
                    const struct pyr__consul_sd_config *config) {
  size_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < config->tag_count; i++)
    rc = add(url, separator, "tag", config->tags[i]);
  return rc;
}

/* What is asked of the catalog and of the health of a service. */
static int add_query(struct pyr__buf *url,
                     const struct pyr__consul_sd_config *config,
                     const struct pyr__consul_question *question) {
  bool is_of_service = question->kind == PYR__CONSUL_HEALTH;
  char separator = '?';
  int rc = add(url, &separator, "dc", config->datacenter);

  if (rc == 0)
    rc = add(url, &separator, "filter",
             is_of_service ? config->health_filter : config->filter);
  if (rc == 0 && question->index != 0) {
    rc = pyr__buf_add_format(url, "%cindex=%llu", separator,
                             (unsigned long long)question->index);
    separator = '&';
  }
  if (rc == 0)
    rc = add_node_meta(url, &separator, config);
  if (rc == 0)
    rc = add(url, &separator, "ns", config->namespace_name);
  if (rc == 0)
    rc = add(url, &separator, "partition", config->partition);
  if (rc == 0 && config->allow_stale) {
    rc = pyr__buf_add_format(url, "%cstale=", separator);
    separator = '&';
  }
  if (rc == 0 && is_of_service)
    rc = add_tags(url, &separator, config);
  return rc != 0 ? rc
                 : pyr__buf_add_format(url, "%cwait=%llums", separator,
                                       (unsigned long long)question->wait_ms);
}

static int add_agent_query(struct pyr__buf *url,
                           const struct pyr__consul_sd_config *config) {
  char separator = '?';
  int rc = add(url, &separator, "ns", config->namespace_name);
  return rc != 0 ? rc : add(url, &separator, "partition", config->partition);
}

static int write_url(struct pyr__buf *url,
                     const struct pyr__consul_sd_config *config,
                     const struct pyr__consul_question *question) {
  static const char *const paths[] = {"/v1/agent/self", "/v1/catalog/services",
                                      "/v1/health/service/"};
  int rc = pyr__buf_add(url, config->base.base, config->base.len);

  if (rc == 0)
    rc = pyr__buf_add_text(url, paths[question->kind]);
  if (rc == 0 && question->kind == PYR__CONSUL_HEALTH)
    rc = pyr__url_escape(url, question->service);
  if (rc == 0)
    rc = question->kind == PYR__CONSUL_AGENT ? add_agent_query(url, config)
                                             : add_query(url, config, question);
  return rc != 0 ? rc : pyr__buf_add_byte(url, 0);
}

int pyr__consul_write_url(struct pyr__buf *out,
                          const struct pyr__consul_sd_config *config,
                          const struct pyr__consul_question *question,
                          pyr_error_t *err) {
  int rc = write_url(out, config, question);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the URL is longer than %zu bytes", out->limit);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

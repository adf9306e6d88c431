/* The path and query of the next request of a watch. */
#include "discovery/kubernetes/watch.h"

#include "net/url.h"

enum { PAGE = 500 };

static int add_query(struct pyr__buf *url, const char *key, pyr_str_t value) {
  int rc;
  if (value.len == 0)
    return 0;
  rc = pyr__buf_add_text(url, key);
  return rc != 0 ? rc : pyr__url_escape(url, value);
}

static pyr_str_t text_of(const struct pyr__buf *buf) {
  return (pyr_str_t){buf->len == 0 ? "" : (const char *)buf->data, buf->len};
}

/* A limit and a version other than 0 together would ask for that very state,
 * which the server may have forgotten. */
static int add_list_query(struct pyr__kube_watch *watch) {
  struct pyr__buf *url = &watch->url;
  int rc;

  if (watch->next_page.len != 0) {
    rc = pyr__buf_add_format(url, "&limit=%d", PAGE);
    return rc != 0 ? rc
                   : add_query(url, "&continue=", text_of(&watch->next_page));
  }
  if (watch->freshness == PYR__KUBE_NOT_OLDER)
    return add_query(url, "&resourceVersion=", text_of(&watch->version));
  rc = pyr__buf_add_format(url, "&limit=%d", PAGE);
  if (rc == 0 && watch->freshness == PYR__KUBE_ANY)
    rc = pyr__buf_add_text(url, "&resourceVersion=0");
  return rc;
}

static int add_watch_query(struct pyr__kube_watch *watch) {
  uint64_t ms = watch->env->timing->watch, seconds;
  int rc;
  /* Between once and twice as long, so that not all end together. */
  seconds = (ms + watch->random % (ms + 1)) / 1000;
  rc = pyr__buf_add_format(
      &watch->url, "&watch=true&allowWatchBookmarks=true&timeoutSeconds=%llu",
      (unsigned long long)(seconds == 0 ? 1 : seconds));
  return rc != 0 ? rc
                 : add_query(&watch->url,
                             "&resourceVersion=", text_of(&watch->version));
}

static int write_path(struct pyr__kube_watch *watch) {
  const struct pyr__kube_watch_options *options = &watch->options;
  struct pyr__buf *url = &watch->url;
  int rc = pyr__buf_add_text(url, watch->resource->path);

  if (rc == 0 && watch->resource->is_namespaced)
    rc = add_query(url, "/namespaces/", options->namespace_name);
  if (rc == 0)
    rc = pyr__buf_add_format(url, "/%s?pretty=false", watch->resource->name);
  if (rc == 0)
    rc = add_query(url, "&labelSelector=", options->label_selector);
  if (rc == 0)
    rc = add_query(url, "&fieldSelector=", options->field_selector);
  if (rc == 0)
    rc = watch->phase == PYR__KUBE_WATCHING ? add_watch_query(watch)
                                            : add_list_query(watch);
  return rc != 0 ? rc : pyr__buf_add_byte(url, 0);
}

int pyr__kube_watch_write_path(struct pyr__kube_watch *watch,
                               pyr_error_t *err) {
  int rc;
  pyr__buf_clear(&watch->url);
  rc = write_path(watch);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0
                 : pyr__error(err, rc, "the request is longer than %zu bytes",
                              watch->url.limit);
}

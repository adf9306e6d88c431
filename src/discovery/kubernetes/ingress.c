/* The role ingress. */
#include "base/limits.h"
#include "base/str.h"
#include "discovery/kubernetes/roles.h"

/* A host of the TLS section: the same, or "*.example.com" for one label more.
 * Prometheus compares label by label, so only the first may differ. */
static bool host_matches(pyr_str_t pattern, pyr_str_t host) {
  const char *dot;
  if (pyr__str_equal(pattern, host))
    return true;
  if (!pyr__str_starts(pattern, "*."))
    return pyr__str_is(pattern, "*") &&
           memchr(host.base, '.', host.len) == NULL;
  dot = memchr(host.base, '.', host.len);
  if (dot == NULL)
    return false;
  return pyr__str_equal((pyr_str_t){pattern.base + 1, pattern.len - 1},
                        (pyr_str_t){dot, host.len - (size_t)(dot - host.base)});
}

struct ingress {
  struct pyr__kube_build *build;
  pyr_str_t record;
  pyr_str_t *tls_hosts;
  size_t tls_host_count;
};

static int read_tls(struct ingress *ingress, pyr_error_t *err) {
  pyr_str_t record = ingress->record;
  struct pyr__reader reader = pyr__json_record_reader(record);
  size_t hosts = pyr__json_record_count(record, PYR__KUBE_TLS_HOST);
  size_t rules = pyr__json_record_count(record, PYR__KUBE_RULE);
  struct pyr__json_entry entry;

  if (hosts * rules > PYR__LIMIT_KUBERNETES_HOSTS)
    return pyr__error(err, PYR_ELIMIT,
                      "%zu rules and %zu hosts with TLS are too many", rules,
                      hosts);
  ingress->tls_hosts = pyr__arena_alloc(&ingress->build->arena, hosts,
                                        sizeof(*ingress->tls_hosts));
  if (ingress->tls_hosts == NULL)
    return pyr__arena_error(&ingress->build->arena, PYR__MIB, "one group", err);
  while (pyr__json_record_next(&reader, &entry))
    if (entry.field == PYR__KUBE_TLS_HOST)
      ingress->tls_hosts[ingress->tls_host_count++] = entry.text;
  return 0;
}

static bool has_tls(const struct ingress *ingress, pyr_str_t host) {
  size_t i;
  for (i = 0; i < ingress->tls_host_count; i++)
    if (host_matches(ingress->tls_hosts[i], host))
      return true;
  return false;
}

static int add_path(struct pyr__kube_build *build, pyr_str_t host,
                    const char *scheme, pyr_str_t path, pyr_error_t *err) {
  struct pyr__meta_labels labels;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, "__address__", host);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "ingress_scheme",
                       pyr__str(scheme));
  pyr__meta_labels_set(&labels, PYR__KUBE_META "ingress_host", host);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "ingress_path",
                       path.len != 0 ? path : pyr__str("/"));
  return pyr__kube_add_target(build, &build->common, &labels, err);
}

/* One rule: what is in the record from its begin to the next one's. */
static int add_rule(const struct ingress *ingress, const char *begin,
                    const char *end, pyr_error_t *err) {
  struct pyr__kube_build *build = ingress->build;
  pyr_str_t rule = {begin, (size_t)(end - begin)};
  pyr_str_t host = pyr__json_record_find(rule, PYR__KUBE_RULE_HOST);
  const char *scheme = has_tls(ingress, host) ? "https" : "http";
  struct pyr__kube_pairs paths;
  size_t i;
  int rc = pyr__kube_pairs_read(&paths, &build->arena, rule, PYR__KUBE_PATH,
                                PYR__KUBE_PATH_TEXT, PYR__KUBE_NONE, err);

  if (rc == 0 && paths.count == 0)
    return add_path(build, host, scheme, pyr__str("/"), err);
  for (i = 0; i < paths.count && rc == 0; i++)
    rc = add_path(build, host, scheme, paths.at[i].first, err);
  return rc;
}

static int add_rules(const struct ingress *ingress, pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_record_reader(ingress->record);
  const char *rule = NULL, *at = ingress->record.base;
  struct pyr__json_entry entry;
  int rc = 0;

  while (rc == 0 && pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__KUBE_RULE) {
      if (rule != NULL)
        rc = add_rule(ingress, rule, at, err);
      rule = at;
    }
    at = (const char *)reader.at;
  }
  return rc == 0 && rule != NULL ? add_rule(ingress, rule, at, err) : rc;
}

int pyr__kube_build_ingress(struct pyr__kube_build *build,
                            const struct pyr__kube_object *object,
                            pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object);
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  struct ingress ingress = {.build = build, .record = record};
  struct pyr__meta_labels labels;
  int rc = read_tls(&ingress, err);

  if (rc != 0)
    return rc;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "namespace", namespace_name);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "ingress_class_name",
                       pyr__json_record_find(record, PYR__KUBE_INGRESS_CLASS));
  pyr__kube_add_meta(&labels, "ingress", record, true);
  pyr__kube_add_namespace(build, &labels, namespace_name);
  rc = pyr__meta_labels_finish(&labels, &build->common, err);
  return rc != 0 ? rc : add_rules(&ingress, err);
}

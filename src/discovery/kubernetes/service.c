/* The role service. */
#include "base/str.h"
#include "discovery/kubernetes/roles.h"

/* The addresses of the load balancer with commas between them, or the one that
 * was wished for. */
static pyr_str_t balancer_ips(struct pyr__arena *arena, pyr_str_t record) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;
  char *text = pyr__arena_alloc(arena, record.len + 1, 1);
  size_t len = 0;

  if (text == NULL)
    return (pyr_str_t){NULL, 0};
  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field != PYR__KUBE_INGRESS_IP || entry.text.len == 0)
      continue;
    if (len != 0)
      text[len++] = ',';
    memcpy(text + len, entry.text.base, entry.text.len);
    len += entry.text.len;
  }
  return len != 0 ? (pyr_str_t){text, len}
                  : pyr__json_record_find(record, PYR__KUBE_LOAD_BALANCER_IP);
}

/* What does not depend on the port. */
static void add_service(struct pyr__kube_build *build,
                        struct pyr__meta_labels *labels, pyr_str_t record) {
  pyr_str_t type = pyr__json_record_find(record, PYR__KUBE_TYPE);
  bool is_external = pyr__str_is(type, "ExternalName");

  pyr__meta_labels_set(labels, PYR__KUBE_META "service_type", type);
  pyr__meta_labels_set(
      labels,
      is_external ? PYR__KUBE_META "service_external_name"
                  : PYR__KUBE_META "service_cluster_ip",
      pyr__json_record_find(record, is_external ? PYR__KUBE_EXTERNAL_NAME
                                                : PYR__KUBE_CLUSTER_IP));
  if (pyr__str_is(type, "LoadBalancer"))
    pyr__meta_labels_set(labels, PYR__KUBE_META "service_loadbalancer_ip",
                         balancer_ips(&build->arena, record));
}

static int add_service_target(struct pyr__kube_build *build, pyr_str_t host,
                              const struct pyr__kube_port *port,
                              pyr_error_t *err) {
  struct pyr__meta_labels labels;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, "__address__",
                       pyr__meta_host_port(&build->arena, host, port->number));
  pyr__meta_labels_set(&labels, PYR__KUBE_META "service_port_name", port->name);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "service_port_number",
                       port->number);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "service_port_protocol",
                       port->protocol);
  return pyr__kube_add_target(build, &build->common, &labels, err);
}

int pyr__kube_build_service(struct pyr__kube_build *build,
                            const struct pyr__kube_object *object,
                            pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object);
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  pyr_str_t host[] = {pyr__json_record_find(record, PYR__KUBE_NAME),
                      pyr__str("."), namespace_name, pyr__str(".svc")};
  pyr_str_t name = pyr__meta_concat(&build->arena, host, 4);
  struct pyr__meta_labels labels;
  struct pyr__kube_ports ports;
  size_t i;
  int rc = pyr__kube_ports_read(&ports, &build->arena, record, err);

  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "namespace", namespace_name);
  pyr__kube_add_meta(&labels, "service", record, true);
  pyr__kube_add_namespace(build, &labels, namespace_name);
  add_service(build, &labels, record);
  if (name.base == NULL)
    labels.has_failed = true;
  if (rc == 0)
    rc = pyr__meta_labels_finish(&labels, &build->common, err);
  for (i = 0; i < ports.count && rc == 0; i++)
    rc = add_service_target(build, name, &ports.at[i], err);
  return rc;
}

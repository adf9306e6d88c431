/* The roles endpoints and endpointslice. */
#include "base/str.h"
#include "discovery/kubernetes/join.h"

/* Name, labels and annotations of the service; its object, or NULL. */
static const struct pyr__kube_object *
add_service(struct pyr__kube_build *build, struct pyr__meta_labels *labels,
            pyr_str_t namespace_name, pyr_str_t name) {
  const struct pyr__kube_object *service =
      pyr__kube_find(build, PYR__KUBE_SERVICES, namespace_name, name);
  if (service != NULL)
    pyr__kube_add_meta(labels, "service", pyr__kube_object_record(service),
                       true);
  return service;
}

static void set(struct pyr__meta_labels *labels, const char *name,
                pyr_str_t value) {
  if (value.len != 0)
    pyr__meta_labels_set(labels, name, value);
}

/* ---- endpoints ---------------------------------------------------------- */

static int add_endpoint(struct pyr__kube_join *join,
                        const struct pyr__kube_endpoint *endpoint,
                        const struct pyr__kube_port *port, pyr_error_t *err) {
  struct pyr__arena *arena = &join->build->arena;
  pyr_str_t ip = endpoint->address_count != 0 ? endpoint->addresses[0]
                                              : (pyr_str_t){"", 0};
  struct pyr__meta_labels own;

  pyr__meta_labels_init(&own, arena);
  pyr__meta_labels_set(&own, "__address__",
                       pyr__meta_host_port(arena, ip, port->number));
  set(&own, PYR__KUBE_META "endpoint_port_name", port->name);
  set(&own, PYR__KUBE_META "endpoint_port_protocol", port->protocol);
  set(&own, PYR__KUBE_META "endpoint_ready",
      pyr__str(endpoint->is_not_ready ? "false" : "true"));
  set(&own, PYR__KUBE_META "endpoint_address_target_kind", endpoint->ref_kind);
  set(&own, PYR__KUBE_META "endpoint_address_target_name", endpoint->ref_name);
  set(&own, PYR__KUBE_META "endpoint_node_name", endpoint->node_name);
  set(&own, PYR__KUBE_META "endpoint_hostname", endpoint->hostname);
  if (endpoint->node_name.len != 0)
    pyr__kube_add_node(join->build, &own, endpoint->node_name);
  else if (pyr__str_is(endpoint->ref_kind, "Node"))
    pyr__kube_add_node(join->build, &own, endpoint->ref_name);
  return pyr__kube_join_add(join, endpoint, port, &own, err);
}

static int add_port(struct pyr__kube_join *join,
                    const struct pyr__kube_subset *subset,
                    const struct pyr__kube_port *port, bool is_not_ready,
                    pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < subset->endpoint_count && rc == 0; i++)
    if (subset->endpoints[i].is_not_ready == is_not_ready)
      rc = add_endpoint(join, &subset->endpoints[i], port, err);
  return rc;
}

static int add_subset(struct pyr__kube_join *join,
                      const struct pyr__kube_subset *subset, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < subset->port_count && rc == 0; i++) {
    rc = add_port(join, subset, &subset->ports[i], false, err);
    if (rc == 0)
      rc = add_port(join, subset, &subset->ports[i], true, err);
  }
  return rc;
}

static int add_subsets(struct pyr__kube_build *build, pyr_str_t record,
                       pyr_error_t *err) {
  struct pyr__kube_subsets subsets;
  struct pyr__kube_join join;
  size_t i;
  int rc = pyr__kube_subsets_read(&subsets, &build->arena, record, err);

  pyr__kube_join_init(&join, build);
  join.has_endpoint_protocol = true;
  for (i = 0; i < subsets.count && rc == 0; i++)
    rc = add_subset(&join, &subsets.at[i], err);
  if (rc == 0)
    rc = pyr__kube_join_add_rest(&join, err);
  pyr__kube_join_release(&join);
  return rc;
}

int pyr__kube_build_endpoints(struct pyr__kube_build *build,
                              const struct pyr__kube_object *object,
                              pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object);
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  struct pyr__meta_labels labels;
  int rc;

  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "namespace", namespace_name);
  add_service(build, &labels, namespace_name,
              pyr__json_record_find(record, PYR__KUBE_NAME));
  pyr__kube_add_meta(&labels, "endpoints", record, true);
  pyr__kube_add_namespace(build, &labels, namespace_name);
  rc = pyr__meta_labels_finish(&labels, &build->common, err);
  return rc != 0 ? rc : add_subsets(build, record, err);
}

/* ---- endpoint slices ---------------------------------------------------- */

static void add_topology(struct pyr__meta_labels *own,
                         const struct pyr__kube_endpoint *endpoint) {
  size_t i;
  for (i = 0; i < endpoint->topology_count; i++) {
    pyr_str_t key = endpoint->topology[i].first;
    pyr__kube_labels_set_key(own, "endpointslice", "_endpoint_topology_", key,
                             endpoint->topology[i].second);
    pyr__kube_labels_set_key(own, "endpointslice",
                             "_endpoint_topology_present_", key,
                             pyr__str("true"));
  }
}

static void add_slice_labels(struct pyr__meta_labels *own,
                             const struct pyr__kube_endpoint *endpoint,
                             const struct pyr__kube_port *port) {
  const struct {
    const char *name;
    pyr_str_t value;
  } labels[] = {
      {PYR__KUBE_META "endpointslice_port_name", port->name},
      {PYR__KUBE_META "endpointslice_port_protocol", port->protocol},
      {PYR__KUBE_META "endpointslice_port", port->number},
      {PYR__KUBE_META "endpointslice_port_app_protocol", port->app_protocol},
      {PYR__KUBE_META "endpointslice_endpoint_conditions_ready",
       endpoint->ready},
      {PYR__KUBE_META "endpointslice_endpoint_conditions_serving",
       endpoint->serving},
      {PYR__KUBE_META "endpointslice_endpoint_conditions_terminating",
       endpoint->terminating},
      {PYR__KUBE_META "endpointslice_endpoint_hostname", endpoint->hostname},
      {PYR__KUBE_META "endpointslice_endpoint_node_name", endpoint->node_name},
      {PYR__KUBE_META "endpointslice_endpoint_zone", endpoint->zone},
      {PYR__KUBE_META "endpointslice_address_target_kind", endpoint->ref_kind},
      {PYR__KUBE_META "endpointslice_address_target_name", endpoint->ref_name},
  };
  size_t i;
  for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
    set(own, labels[i].name, labels[i].value);
  add_topology(own, endpoint);
}

static int add_slice_address(struct pyr__kube_join *join,
                             const struct pyr__kube_endpoint *endpoint,
                             pyr_str_t address,
                             const struct pyr__kube_port *port,
                             pyr_error_t *err) {
  struct pyr__arena *arena = &join->build->arena;
  struct pyr__meta_labels own;

  pyr__meta_labels_init(&own, arena);
  pyr__meta_labels_set(&own, "__address__",
                       port->number.len == 0
                           ? address
                           : pyr__meta_host_port(arena, address, port->number));
  add_slice_labels(&own, endpoint, port);
  pyr__kube_add_node(join->build, &own,
                     pyr__str_is(endpoint->ref_kind, "Node")
                         ? endpoint->ref_name
                         : endpoint->node_name);
  return pyr__kube_join_add(join, endpoint, port, &own, err);
}

static int add_slice_endpoint(struct pyr__kube_join *join,
                              const struct pyr__kube_endpoint *endpoint,
                              const struct pyr__kube_subset *slice,
                              pyr_error_t *err) {
  size_t i, j;
  int rc = 0;
  for (i = 0; i < slice->port_count && endpoint->address_count != 0; i++)
    for (j = 0; j < endpoint->address_count && rc == 0; j++)
      rc = add_slice_address(join, endpoint, endpoint->addresses[j],
                             &slice->ports[i], err);
  return rc;
}

static int add_slice(struct pyr__kube_build *build, pyr_str_t record,
                     pyr_error_t *err) {
  struct pyr__kube_subsets slice;
  struct pyr__kube_join join;
  size_t i;
  int rc = pyr__kube_subsets_read(&slice, &build->arena, record, err);

  pyr__kube_join_init(&join, build);
  for (i = 0; rc == 0 && i < slice.at->endpoint_count; i++)
    rc = add_slice_endpoint(&join, &slice.at->endpoints[i], slice.at, err);
  if (rc == 0)
    rc = pyr__kube_join_add_rest(&join, err);
  pyr__kube_join_release(&join);
  return rc;
}

/* The second slice of a service that has addresses of both families: its
 * targets are those of the first once more. */
static bool is_secondary(const struct pyr__kube_object *service,
                         pyr_str_t record) {
  pyr_str_t policy, family;

  if (service == NULL)
    return false;
  policy = pyr__json_record_find(pyr__kube_object_record(service),
                                 PYR__KUBE_IP_FAMILY_POLICY);
  family = pyr__json_record_find(pyr__kube_object_record(service),
                                 PYR__KUBE_IP_FAMILY);
  if (!pyr__str_is(policy, "PreferDualStack") &&
      !pyr__str_is(policy, "RequireDualStack"))
    return false;
  return family.len != 0 &&
         !pyr__str_equal(family,
                         pyr__json_record_find(record, PYR__KUBE_ADDRESS_TYPE));
}

/* Of the label that says which service a slice belongs to. */
static pyr_str_t service_name(pyr_str_t record) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry, last = {PYR__KUBE_NONE, {"", 0}};
  while (pyr__json_record_next(&reader, &entry)) {
    if (last.field == PYR__KUBE_LABEL && entry.field == PYR__KUBE_VALUE &&
        pyr__str_is(last.text, "kubernetes.io/service-name"))
      return entry.text;
    last = entry;
  }
  return (pyr_str_t){"", 0};
}

int pyr__kube_build_endpoint_slice(struct pyr__kube_build *build,
                                   const struct pyr__kube_object *object,
                                   pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object);
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  const struct pyr__kube_object *service;
  struct pyr__meta_labels labels;
  int rc;

  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "namespace", namespace_name);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "endpointslice_address_type",
                       pyr__json_record_find(record, PYR__KUBE_ADDRESS_TYPE));
  pyr__kube_add_meta(&labels, "endpointslice", record, true);
  service = add_service(build, &labels, namespace_name, service_name(record));
  pyr__kube_add_namespace(build, &labels, namespace_name);
  rc = pyr__meta_labels_finish(&labels, &build->common, err);
  if (rc != 0 || is_secondary(service, record))
    return rc;
  return add_slice(build, record, err);
}

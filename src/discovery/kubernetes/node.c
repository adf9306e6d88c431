/* The role node. */
#include "base/str.h"
#include "discovery/kubernetes/roles.h"

/* What others reach a node by: the first address of the best type that it has;
 * "" where it has none. */
static pyr_str_t best_address(const struct pyr__kube_pairs *addresses) {
  static const char *const types[] = {"InternalIP",   "InternalDNS",
                                      "ExternalIP",   "ExternalDNS",
                                      "LegacyHostIP", "Hostname"};
  size_t i, j;
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    for (j = 0; j < addresses->count; j++)
      if (pyr__str_is(addresses->at[j].first, types[i]) &&
          addresses->at[j].second.len != 0)
        return addresses->at[j].second;
  return (pyr_str_t){"", 0};
}

static int add_conditions(struct pyr__kube_build *build,
                          struct pyr__meta_labels *labels, pyr_str_t record,
                          pyr_error_t *err) {
  struct pyr__kube_pairs conditions;
  size_t i;
  int rc = pyr__kube_pairs_read(&conditions, &build->arena, record,
                                PYR__KUBE_CONDITION, PYR__KUBE_CONDITION_TYPE,
                                PYR__KUBE_CONDITION_STATUS, err);

  for (i = 0; i < conditions.count; i++) {
    pyr_str_t type = pyr__meta_lower(&build->arena, conditions.at[i].first);
    pyr__kube_labels_set_key(
        labels, "node", "_condition_", type,
        pyr__meta_lower(&build->arena, conditions.at[i].second));
  }
  return rc;
}

static int add_node_target(struct pyr__kube_build *build, pyr_str_t record,
                           const struct pyr__kube_pairs *addresses,
                           pyr_str_t host, pyr_error_t *err) {
  struct pyr__meta_labels labels;
  pyr_str_t port = pyr__json_record_find(record, PYR__KUBE_KUBELET_PORT);
  size_t i;

  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(
      &labels, "__address__",
      pyr__meta_host_port(&build->arena, host,
                          port.len != 0 ? port : pyr__str("0")));
  pyr__meta_labels_set(&labels, "instance",
                       pyr__json_record_find(record, PYR__KUBE_NAME));
  /* Of several of one type the first counts, so it is set last. */
  for (i = addresses->count; i-- > 0;)
    pyr__kube_labels_set_key(&labels, "node", "_address_",
                             addresses->at[i].first, addresses->at[i].second);
  return pyr__kube_add_target(build, &build->common, &labels, err);
}

int pyr__kube_build_node(struct pyr__kube_build *build,
                         const struct pyr__kube_object *object,
                         pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object), host;
  struct pyr__kube_pairs addresses;
  struct pyr__meta_labels labels;
  int rc = pyr__kube_pairs_read(
      &addresses, &build->arena, record, PYR__KUBE_NODE_ADDRESS,
      PYR__KUBE_NODE_ADDRESS_TYPE, PYR__KUBE_ADDRESS, err);

  if (rc != 0)
    return rc;
  host = best_address(&addresses);
  if (host.len == 0)
    return PYR__KUBE_NO_GROUP;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "node_provider_id",
                       pyr__json_record_find(record, PYR__KUBE_PROVIDER_ID));
  rc = add_conditions(build, &labels, record, err);
  pyr__kube_add_meta(&labels, "node", record, true);
  if (rc == 0)
    rc = pyr__meta_labels_finish(&labels, &build->common, err);
  return rc != 0 ? rc : add_node_target(build, record, &addresses, host, err);
}

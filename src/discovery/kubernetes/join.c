#include "discovery/kubernetes/join.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"

struct pyr__kube_join_pod {
  struct pyr__kube_pod pod;
  struct pyr__discovered under; /* the group's labels and the pod's */
};

/* A port number that containers of a pod declare.  Where several do, the last
 * container counts, and of it the first port. */
struct pyr__kube_join_port {
  const struct pyr__kube_join_pod *pod;
  const struct pyr__kube_container *container;
  const struct pyr__kube_port *port;
  bool is_covered;
};

enum { FIRST_ENTRIES = 8 };

void pyr__kube_join_init(struct pyr__kube_join *join,
                         struct pyr__kube_build *build) {
  *join = (struct pyr__kube_join){.build = build};
  pyr__index_init(&join->port_index, build->memory,
                  PYR__MEM_DISCOVERY_KUBERNETES);
}

void pyr__kube_join_release(struct pyr__kube_join *join) {
  pyr__index_release(&join->port_index);
}

static int no_room(struct pyr__kube_join *join, pyr_error_t *err) {
  return pyr__arena_error(&join->build->arena, PYR__MIB, "one group", err);
}

static uint64_t hash_of(const struct pyr__kube_join_pod *pod,
                        pyr_str_t number) {
  return pyr__hash((uint64_t)(uintptr_t)pod, number.base, number.len);
}

static struct pyr__kube_join_port *
find_port(const struct pyr__kube_join *join,
          const struct pyr__kube_join_pod *pod, pyr_str_t number) {
  uint64_t hash = hash_of(pod, number);
  size_t at;
  uint32_t id = pyr__index_first(&join->port_index, hash, &at);
  while (id != PYR__NONE &&
         (join->ports[id].pod != pod ||
          !pyr__str_equal(join->ports[id].port->number, number)))
    id = pyr__index_next(&join->port_index, hash, &at);
  return id == PYR__NONE ? NULL : &join->ports[id];
}

static int add_port(struct pyr__kube_join *join,
                    const struct pyr__kube_join_pod *pod,
                    const struct pyr__kube_container *container,
                    const struct pyr__kube_port *port, pyr_error_t *err) {
  struct pyr__kube_join_port *found = find_port(join, pod, port->number);
  size_t capacity = join->port_capacity * 2 + FIRST_ENTRIES;

  if (found != NULL) {
    if (found->container != container) {
      found->container = container;
      found->port = port;
    }
    return 0;
  }
  if (join->port_count == join->port_capacity) {
    struct pyr__kube_join_port *ports = pyr__arena_grow(
        &join->build->arena, join->ports, join->port_count * sizeof(*ports),
        capacity * sizeof(*ports));
    if (ports == NULL)
      return no_room(join, err);
    join->ports = ports;
    join->port_capacity = capacity;
  }
  if (pyr__index_add(&join->port_index, hash_of(pod, port->number),
                     join->port_count) != 0)
    return pyr__error_nomem(err);
  join->ports[join->port_count++] = (struct pyr__kube_join_port){
      .pod = pod, .container = container, .port = port};
  return 0;
}

/* ---- pods --------------------------------------------------------------- */

static int read_pod(struct pyr__kube_join *join, struct pyr__kube_join_pod *pod,
                    pyr_str_t record, pyr_error_t *err) {
  struct pyr__kube_build *build = join->build;
  struct pyr__meta_labels labels;
  struct pyr__discovered own;
  size_t i, j;
  int rc = pyr__kube_pod_read(&pod->pod, &build->arena, record, err);

  pyr__meta_labels_init(&labels, &build->arena);
  pyr__kube_add_pod(build, &labels, record);
  if (rc == 0)
    rc = pyr__meta_labels_finish(&labels, &own, err);
  if (rc == 0)
    rc = pyr__meta_labels_merge(&build->arena, &build->common, &own, false,
                                &pod->under, err);
  for (i = 0; i < pod->pod.container_count && rc == 0; i++)
    for (j = 0; j < pod->pod.containers[i].port_count && rc == 0; j++)
      rc = add_port(join, pod, &pod->pod.containers[i],
                    &pod->pod.containers[i].ports[j], err);
  return rc;
}

/* The pod of an object, read when it is seen first in this group. */
static int see_pod(struct pyr__kube_join *join, struct pyr__kube_object *object,
                   struct pyr__kube_join_pod **out, pyr_error_t *err) {
  struct pyr__arena *arena = &join->build->arena;
  size_t capacity = join->pod_capacity * 2 + FIRST_ENTRIES;
  struct pyr__kube_join_pod *pod;

  if (object->build == join->build->number) {
    *out = join->pods[object->mark];
    return 0;
  }
  if (join->pod_count == join->pod_capacity) {
    struct pyr__kube_join_pod **pods =
        pyr__arena_grow(arena, join->pods,
                        join->pod_count * sizeof(struct pyr__kube_join_pod *),
                        capacity * sizeof(struct pyr__kube_join_pod *));
    if (pods == NULL)
      return no_room(join, err);
    join->pods = pods;
    join->pod_capacity = capacity;
  }
  pod = pyr__arena_calloc(arena, 1, sizeof(*pod));
  if (pod == NULL)
    return no_room(join, err);
  object->build = join->build->number;
  object->mark = (uint32_t)join->pod_count;
  join->pods[join->pod_count++] = pod;
  *out = pod;
  return read_pod(join, pod, pyr__kube_object_record(object), err);
}

int pyr__kube_join_add(struct pyr__kube_join *join,
                       const struct pyr__kube_endpoint *endpoint,
                       const struct pyr__kube_port *port,
                       struct pyr__meta_labels *own, pyr_error_t *err) {
  struct pyr__kube_build *build = join->build;
  struct pyr__kube_object *object = NULL;
  struct pyr__kube_join_pod *pod = NULL;
  struct pyr__kube_join_port *declared;
  int rc;

  if (pyr__str_is(endpoint->ref_kind, "Pod"))
    object = pyr__kube_find(build, PYR__KUBE_PODS, endpoint->ref_namespace,
                            endpoint->ref_name);
  if (object == NULL)
    return pyr__kube_add_target(build, &build->common, own, err);
  rc = see_pod(join, object, &pod, err);
  if (rc != 0)
    return rc;
  declared = find_port(join, pod, port->number);
  if (declared != NULL) {
    declared->is_covered = true;
    pyr__kube_add_container(own, declared->container, declared->port);
    if (join->has_endpoint_protocol)
      pyr__meta_labels_set(own, PYR__KUBE_META "pod_container_port_protocol",
                           port->protocol);
  }
  return pyr__kube_add_target(build, &pod->under, own, err);
}

static int add_rest_of(struct pyr__kube_join *join,
                       const struct pyr__kube_join_pod *pod,
                       const struct pyr__kube_container *container,
                       pyr_error_t *err) {
  struct pyr__kube_build *build = join->build;
  struct pyr__meta_labels own;
  size_t i;
  int rc = 0;

  for (i = 0; i < container->port_count && rc == 0; i++) {
    const struct pyr__kube_port *port = &container->ports[i];
    const struct pyr__kube_join_port *declared =
        find_port(join, pod, port->number);
    if (declared != NULL && declared->is_covered)
      continue;
    pyr__meta_labels_init(&own, &build->arena);
    pyr__meta_labels_set(
        &own, "__address__",
        pyr__meta_host_port(&build->arena, pod->pod.ip, port->number));
    pyr__kube_add_container(&own, container, port);
    rc = pyr__kube_add_target(build, &pod->under, &own, err);
  }
  return rc;
}

int pyr__kube_join_add_rest(struct pyr__kube_join *join, pyr_error_t *err) {
  size_t i, j;
  int rc = 0;
  for (i = 0; i < join->pod_count; i++) {
    const struct pyr__kube_pod *pod = &join->pods[i]->pod;
    for (j = 0; j < pod->container_count && pod->ip.len != 0 && rc == 0; j++)
      rc = add_rest_of(join, join->pods[i], &pod->containers[j], err);
  }
  return rc;
}

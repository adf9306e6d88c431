/* The role pod. */
#include "base/limits.h"
#include "base/str.h"
#include "discovery/kubernetes/roles.h"

/* ---- reading ------------------------------------------------------------ */

struct pod_reading {
  struct pyr__kube_pod *pod;
  struct pyr__kube_container *normal, *init, *container; /* next, next, this */
  struct pyr__kube_port *next_port, *port;
};

static void begin_container(struct pod_reading *reading, bool is_init) {
  reading->container = is_init ? reading->init++ : reading->normal++;
  reading->container->is_init = is_init;
  reading->port = NULL;
}

static void begin_port(struct pod_reading *reading) {
  struct pyr__kube_container *container = reading->container;
  reading->port = reading->next_port++;
  if (container == NULL)
    return;
  if (container->port_count++ == 0)
    container->ports = reading->port;
}

static void read_spec(struct pod_reading *reading,
                      const struct pyr__json_entry *entry) {
  switch (entry->field) {
  case PYR__KUBE_POD_IP:
    reading->pod->ip = entry->text;
    break;
  case PYR__KUBE_NODE_NAME:
    reading->pod->node_name = entry->text;
    break;
  case PYR__KUBE_CONTAINER:
  case PYR__KUBE_INIT_CONTAINER:
    begin_container(reading, entry->field == PYR__KUBE_INIT_CONTAINER);
    break;
  case PYR__KUBE_CONTAINER_NAME:
    if (reading->container != NULL)
      reading->container->name = entry->text;
    break;
  case PYR__KUBE_CONTAINER_IMAGE:
    if (reading->container != NULL)
      reading->container->image = entry->text;
    break;
  case PYR__KUBE_PORT:
    begin_port(reading);
    break;
  default:
    if (reading->port != NULL)
      pyr__kube_port_read(reading->port, entry);
  }
}

/* The ids are with the statuses, which go by the containers' names. */
static int read_ids(struct pyr__kube_pod *pod, bool is_init,
                    struct pyr__arena *arena, pyr_error_t *err) {
  struct pyr__kube_pairs pairs;
  size_t i, j, count;
  int rc = pyr__kube_pairs_read(
      &pairs, arena, pod->record,
      is_init ? PYR__KUBE_INIT_CONTAINER_STATUS : PYR__KUBE_CONTAINER_STATUS,
      is_init ? PYR__KUBE_INIT_STATUS_NAME : PYR__KUBE_STATUS_NAME,
      is_init ? PYR__KUBE_INIT_STATUS_ID : PYR__KUBE_STATUS_ID, err);

  count = pairs.count < PYR__LIMIT_KUBERNETES_CONTAINERS
              ? pairs.count
              : PYR__LIMIT_KUBERNETES_CONTAINERS;
  for (i = 0; i < pod->container_count && rc == 0; i++) {
    struct pyr__kube_container *container = &pod->containers[i];
    for (j = 0; j < count && container->is_init == is_init; j++)
      if (pyr__str_equal(container->name, pairs.at[j].first)) {
        container->id = pairs.at[j].second;
        break;
      }
  }
  return rc;
}

static int alloc_parts(struct pyr__kube_pod *pod, struct pod_reading *reading,
                       struct pyr__arena *arena, pyr_error_t *err) {
  size_t normal = pyr__json_record_count(pod->record, PYR__KUBE_CONTAINER);
  size_t init = pyr__json_record_count(pod->record, PYR__KUBE_INIT_CONTAINER);
  struct pyr__kube_ports ports;
  size_t i;
  int rc = pyr__kube_ports_alloc(&ports, arena, pod->record, err);

  if (rc != 0)
    return rc;
  if (normal + init > PYR__LIMIT_KUBERNETES_CONTAINERS)
    return pyr__error(err, PYR_ELIMIT, "more than %d containers",
                      PYR__LIMIT_KUBERNETES_CONTAINERS);
  pod->containers =
      pyr__arena_calloc(arena, normal + init, sizeof(*pod->containers));
  if (pod->containers == NULL)
    return pyr__arena_error(arena, PYR__MIB, "one group", err);
  pod->container_count = normal + init;
  for (i = 0; i < normal + init; i++)
    pod->containers[i].name = pod->containers[i].image = pod->containers[i].id =
        pod->ip;
  reading->normal = pod->containers;
  reading->init = pod->containers + normal;
  reading->next_port = ports.at;
  return 0;
}

int pyr__kube_pod_read(struct pyr__kube_pod *pod, struct pyr__arena *arena,
                       pyr_str_t record, pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pod_reading reading = {.pod = pod};
  struct pyr__json_entry entry;
  int rc;

  *pod = (struct pyr__kube_pod){
      .record = record, .ip = {"", 0}, .node_name = {"", 0}};
  rc = alloc_parts(pod, &reading, arena, err);
  while (rc == 0 && pod->containers != NULL &&
         pyr__json_record_next(&reader, &entry))
    read_spec(&reading, &entry);
  if (rc == 0)
    rc = read_ids(pod, false, arena, err);
  return rc != 0 ? rc : read_ids(pod, true, arena, err);
}

/* ---- labels ------------------------------------------------------------- */

/* "true", "false" or "unknown", from the condition. */
static void add_readiness(struct pyr__meta_labels *labels, pyr_str_t record) {
  struct pyr__kube_pairs pairs;
  pyr_str_t status = pyr__str("unknown");
  size_t i;

  if (pyr__kube_pairs_read(&pairs, labels->arena, record, PYR__KUBE_CONDITION,
                           PYR__KUBE_CONDITION_TYPE, PYR__KUBE_CONDITION_STATUS,
                           NULL) != 0)
    labels->has_failed = true;
  for (i = 0; i < pairs.count; i++)
    if (pyr__str_is(pairs.at[i].first, "Ready")) {
      status = pyr__meta_lower(labels->arena, pairs.at[i].second);
      break;
    }
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_ready", status);
}

struct owner {
  pyr_str_t kind, name;
};

/* The owner that is the controller; "" where there is none. */
static struct owner controller_of(pyr_str_t record) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct owner owner = {{"", 0}, {"", 0}}, none = owner;
  struct pyr__json_entry entry;
  bool is_controller = false;

  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__KUBE_OWNER && is_controller)
      return owner;
    if (entry.field == PYR__KUBE_OWNER)
      owner = none;
    else if (entry.field == PYR__KUBE_OWNER_KIND)
      owner.kind = entry.text;
    else if (entry.field == PYR__KUBE_OWNER_NAME)
      owner.name = entry.text;
    else if (entry.field == PYR__KUBE_OWNER_CONTROLLER)
      is_controller = pyr__str_is(entry.text, "true");
  }
  return is_controller ? owner : none;
}

/* The name of who owns the owner, where that is a `kind`. */
static void add_owner_of(struct pyr__kube_build *build,
                         struct pyr__meta_labels *labels, pyr_str_t record,
                         enum pyr__kube_kind through, pyr_str_t name,
                         const char *kind, const char *label) {
  const struct pyr__kube_object *object = pyr__kube_find(
      build, through, pyr__json_record_find(record, PYR__KUBE_NAMESPACE), name);
  struct owner owner;

  if (object == NULL)
    return;
  owner = controller_of(pyr__kube_object_record(object));
  if (pyr__str_is(owner.kind, kind))
    pyr__meta_labels_set(labels, label, owner.name);
}

static void add_controller(struct pyr__kube_build *build,
                           struct pyr__meta_labels *labels, pyr_str_t record) {
  struct owner owner = controller_of(record);

  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_controller_kind",
                       owner.kind);
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_controller_name",
                       owner.name);
  if (pyr__str_is(owner.kind, "ReplicaSet") &&
      (build->attach & PYR__KUBERNETES_ATTACH_DEPLOYMENT) != 0)
    add_owner_of(build, labels, record, PYR__KUBE_REPLICA_SETS, owner.name,
                 "Deployment", PYR__KUBE_META "pod_deployment_name");
  if (!pyr__str_is(owner.kind, "Job"))
    return;
  if ((build->attach & PYR__KUBERNETES_ATTACH_JOB) != 0)
    pyr__meta_labels_set(labels, PYR__KUBE_META "pod_job_name", owner.name);
  if ((build->attach & PYR__KUBERNETES_ATTACH_CRON_JOB) != 0)
    add_owner_of(build, labels, record, PYR__KUBE_JOBS, owner.name, "CronJob",
                 PYR__KUBE_META "pod_cronjob_name");
}

void pyr__kube_add_pod(struct pyr__kube_build *build,
                       struct pyr__meta_labels *labels, pyr_str_t record) {
  static const struct {
    const char *name;
    uint8_t field;
  } plain[] = {
      {PYR__KUBE_META "pod_ip", PYR__KUBE_POD_IP},
      {PYR__KUBE_META "pod_phase", PYR__KUBE_PHASE},
      {PYR__KUBE_META "pod_node_name", PYR__KUBE_NODE_NAME},
      {PYR__KUBE_META "pod_host_ip", PYR__KUBE_HOST_IP},
      {PYR__KUBE_META "pod_uid", PYR__KUBE_UID},
  };
  size_t i;

  for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
    pyr__meta_labels_set(labels, plain[i].name,
                         pyr__json_record_find(record, plain[i].field));
  add_readiness(labels, record);
  pyr__kube_add_meta(labels, "pod", record, true);
  add_controller(build, labels, record);
}

void pyr__kube_add_container(struct pyr__meta_labels *labels,
                             const struct pyr__kube_container *container,
                             const struct pyr__kube_port *port) {
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_name",
                       container->name);
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_image",
                       container->image);
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_init",
                       pyr__str(container->is_init ? "true" : "false"));
  if (port == NULL)
    return;
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_port_name",
                       port->name);
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_port_number",
                       port->number);
  pyr__meta_labels_set(labels, PYR__KUBE_META "pod_container_port_protocol",
                       port->protocol);
}

/* ---- role pod ----------------------------------------------------------- */

/* port NULL: the address is the bare one, and relabelling adds a port. */
static int add_pod_target(struct pyr__kube_build *build,
                          const struct pyr__kube_pod *pod,
                          const struct pyr__kube_container *container,
                          const struct pyr__kube_port *port, pyr_error_t *err) {
  struct pyr__meta_labels labels;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__meta_labels_set(
      &labels, "__address__",
      port == NULL ? pod->ip
                   : pyr__meta_host_port(&build->arena, pod->ip, port->number));
  pyr__meta_labels_set(&labels, PYR__KUBE_META "pod_container_id",
                       container->id);
  pyr__kube_add_container(&labels, container, port);
  return pyr__kube_add_target(build, &build->common, &labels, err);
}

static int add_pod_targets(struct pyr__kube_build *build,
                           const struct pyr__kube_pod *pod, pyr_error_t *err) {
  size_t i, j;
  int rc = 0;
  for (i = 0; i < pod->container_count && rc == 0; i++) {
    const struct pyr__kube_container *container = &pod->containers[i];
    if (container->port_count == 0)
      rc = add_pod_target(build, pod, container, NULL, err);
    for (j = 0; j < container->port_count && rc == 0; j++)
      rc = add_pod_target(build, pod, container, &container->ports[j], err);
  }
  return rc;
}

int pyr__kube_build_pod(struct pyr__kube_build *build,
                        const struct pyr__kube_object *object,
                        pyr_error_t *err) {
  pyr_str_t record = pyr__kube_object_record(object);
  struct pyr__meta_labels labels;
  struct pyr__kube_pod pod;
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  int rc = pyr__kube_pod_read(&pod, &build->arena, record, err);

  if (rc != 0)
    return rc;
  /* A pod on a node that the selectors leave out is left out, too. */
  if ((build->attach & PYR__KUBERNETES_ATTACH_NODE) != 0 &&
      pyr__kube_find(build, PYR__KUBE_NODES, (pyr_str_t){"", 0},
                     pod.node_name) == NULL)
    return 0;
  if (pod.ip.len == 0)
    return 0;
  pyr__meta_labels_init(&labels, &build->arena);
  pyr__kube_add_pod(build, &labels, record);
  pyr__meta_labels_set(&labels, PYR__KUBE_META "namespace", namespace_name);
  pyr__kube_add_node(build, &labels, pod.node_name);
  pyr__kube_add_namespace(build, &labels, namespace_name);
  rc = pyr__meta_labels_finish(&labels, &build->common, err);
  return rc != 0 ? rc : add_pod_targets(build, &pod, err);
}

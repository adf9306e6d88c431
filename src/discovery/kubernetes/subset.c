/* The addresses and ports of endpoints or of a slice. */
#include "base/limits.h"
#include "discovery/kubernetes/join.h"

static const pyr_str_t EMPTY = {"", 0};

struct subset_reading {
  struct pyr__kube_subset *subset, *next_subset;
  struct pyr__kube_endpoint *endpoint, *next_endpoint;
  struct pyr__kube_port *port, *next_port;
  pyr_str_t *next_address;
  struct pyr__kube_pair *topology, *next_topology;
};

static void begin_endpoint(struct subset_reading *reading, bool is_not_ready) {
  struct pyr__kube_endpoint *endpoint = reading->next_endpoint++;

  *endpoint = (struct pyr__kube_endpoint){.hostname = EMPTY,
                                          .node_name = EMPTY,
                                          .zone = EMPTY,
                                          .ref_kind = EMPTY,
                                          .ref_name = EMPTY,
                                          .ref_namespace = EMPTY,
                                          .ready = EMPTY,
                                          .serving = EMPTY,
                                          .terminating = EMPTY,
                                          .is_not_ready = is_not_ready};
  reading->endpoint = endpoint;
  reading->topology = NULL;
  if (reading->subset->endpoint_count++ == 0)
    reading->subset->endpoints = endpoint;
}

static void begin_port(struct subset_reading *reading) {
  reading->port = reading->next_port++;
  if (reading->subset->port_count++ == 0)
    reading->subset->ports = reading->port;
}

/* An endpoint's addresses and topology are in a row, as they are one array and
 * one object of it. */
static void add_address(struct subset_reading *reading, pyr_str_t text) {
  struct pyr__kube_endpoint *endpoint = reading->endpoint;
  *reading->next_address = text;
  if (endpoint->address_count++ == 0)
    endpoint->addresses = reading->next_address;
  reading->next_address++;
}

static void add_topology(struct subset_reading *reading, pyr_str_t key) {
  struct pyr__kube_endpoint *endpoint = reading->endpoint;
  reading->topology = reading->next_topology++;
  *reading->topology = (struct pyr__kube_pair){key, EMPTY};
  if (endpoint->topology_count++ == 0)
    endpoint->topology = reading->topology;
}

static pyr_str_t *text_of(struct pyr__kube_endpoint *endpoint,
                          enum pyr__kube_field field) {
  switch (field) {
  case PYR__KUBE_HOSTNAME:
    return &endpoint->hostname;
  case PYR__KUBE_NODE_NAME:
    return &endpoint->node_name;
  case PYR__KUBE_ZONE:
    return &endpoint->zone;
  case PYR__KUBE_REF_KIND:
    return &endpoint->ref_kind;
  case PYR__KUBE_REF_NAME:
    return &endpoint->ref_name;
  case PYR__KUBE_REF_NAMESPACE:
    return &endpoint->ref_namespace;
  case PYR__KUBE_READY:
    return &endpoint->ready;
  case PYR__KUBE_SERVING:
    return &endpoint->serving;
  case PYR__KUBE_TERMINATING:
    return &endpoint->terminating;
  default:
    return NULL;
  }
}

static void read_endpoint(struct subset_reading *reading,
                          const struct pyr__json_entry *entry) {
  pyr_str_t *text;

  if (reading->endpoint == NULL)
    return;
  text = text_of(reading->endpoint, entry->field);
  if (text != NULL)
    *text = entry->text;
  else if (entry->field == PYR__KUBE_ADDRESS)
    add_address(reading, entry->text);
  else if (entry->field == PYR__KUBE_TOPOLOGY)
    add_topology(reading, entry->text);
  else if (entry->field == PYR__KUBE_VALUE && reading->topology != NULL)
    reading->topology->second = entry->text;
}

static void read_entry(struct subset_reading *reading,
                       const struct pyr__json_entry *entry) {
  switch (entry->field) {
  case PYR__KUBE_SUBSET:
    reading->subset = reading->next_subset++;
    reading->endpoint = NULL;
    reading->port = NULL;
    break;
  case PYR__KUBE_ENDPOINT:
  case PYR__KUBE_NOT_READY:
    begin_endpoint(reading, entry->field == PYR__KUBE_NOT_READY);
    break;
  case PYR__KUBE_PORT:
    begin_port(reading);
    break;
  default:
    if (reading->port != NULL)
      pyr__kube_port_read(reading->port, entry);
    read_endpoint(reading, entry);
  }
}

static int alloc_parts(struct subset_reading *reading,
                       struct pyr__kube_subsets *out, struct pyr__arena *arena,
                       pyr_str_t record, pyr_error_t *err) {
  size_t endpoints = pyr__json_record_count(record, PYR__KUBE_ENDPOINT) +
                     pyr__json_record_count(record, PYR__KUBE_NOT_READY);
  size_t addresses = pyr__json_record_count(record, PYR__KUBE_ADDRESS);
  size_t topologies = pyr__json_record_count(record, PYR__KUBE_TOPOLOGY);
  struct pyr__kube_ports ports;
  int rc = pyr__kube_ports_alloc(&ports, arena, record, err);

  if (rc != 0)
    return rc;
  /* What is in no subset goes to one in front of them: a slice is in none. */
  out->count = pyr__json_record_count(record, PYR__KUBE_SUBSET) + 1;
  out->at = pyr__arena_calloc(arena, out->count, sizeof(*out->at));
  reading->next_endpoint =
      pyr__arena_alloc(arena, endpoints, sizeof(*reading->endpoint));
  reading->next_address =
      pyr__arena_alloc(arena, addresses, sizeof(*reading->next_address));
  reading->next_topology =
      pyr__arena_alloc(arena, topologies, sizeof(*reading->topology));
  if (out->at == NULL || reading->next_endpoint == NULL ||
      reading->next_address == NULL || reading->next_topology == NULL)
    return pyr__arena_error(arena, PYR__MIB, "one group", err);
  reading->next_port = ports.at;
  reading->subset = out->at;
  reading->next_subset = out->at + 1;
  return 0;
}

int pyr__kube_subsets_read(struct pyr__kube_subsets *out,
                           struct pyr__arena *arena, pyr_str_t record,
                           pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct subset_reading reading = {0};
  struct pyr__json_entry entry;
  int rc;

  *out = (struct pyr__kube_subsets){NULL, 0};
  rc = alloc_parts(&reading, out, arena, record, err);
  while (rc == 0 && reading.subset != NULL &&
         pyr__json_record_next(&reader, &entry))
    read_entry(&reading, &entry);
  return rc;
}

#include "discovery/docker/container.h"

#include <stdlib.h>

#include "base/str.h"

enum { HOPS = 32 }; /* from a container to the one whose network it shares */

/* ---- records by id ------------------------------------------------------ */

static int compare(const void *a, const void *b) {
  const struct pyr__docker_item *left = a, *right = b;
  return pyr__str_compare(left->id, right->id);
}

int pyr__docker_items_make(struct pyr__docker_items *items,
                           struct pyr__arena *arena,
                           const struct pyr__json_answer *answer,
                           pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_answer_reader(answer);
  pyr_str_t record;
  size_t count = 0;

  while (pyr__json_records_next(&reader, &record))
    count++;
  items->count = 0;
  items->at = pyr__arena_alloc(arena, count, sizeof(*items->at));
  if (items->at == NULL)
    return pyr__arena_error(arena, count * sizeof(*items->at),
                            "what Docker has", err);
  reader = pyr__json_answer_reader(answer);
  while (pyr__json_records_next(&reader, &record))
    items->at[items->count++] = (struct pyr__docker_item){
        pyr__json_record_find(record, PYR__DOCKER_ID), record};
  if (count > 1)
    qsort(items->at, count, sizeof(*items->at), compare);
  return 0;
}

pyr_str_t pyr__docker_find(const struct pyr__docker_items *items,
                           pyr_str_t id) {
  const struct pyr__docker_item key = {id, {"", 0}}, *found = NULL;
  if (items->count > 0)
    found = bsearch(&key, items->at, items->count, sizeof(key), compare);
  return found == NULL ? key.record : found->record;
}

/* ---- networks ----------------------------------------------------------- */

/* Into an array with room for all that the record has; how many. */
static size_t read_endpoints(pyr_str_t record,
                             struct pyr__docker_endpoint *endpoints) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__docker_endpoint *at = endpoints;
  struct pyr__json_entry entry;
  size_t count = 0;

  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__DOCKER_ENDPOINT) {
      at = &endpoints[count++];
      *at = (struct pyr__docker_endpoint){
          entry.text, {"", 0}, {"", 0}, {"", 0}, false};
    } else if (count > 0 && entry.field >= PYR__DOCKER_ENDPOINT_NETWORK &&
               entry.field <= PYR__DOCKER_ENDPOINT_IPV6) {
      *(entry.field == PYR__DOCKER_ENDPOINT_NETWORK ? &at->network
        : entry.field == PYR__DOCKER_ENDPOINT_IP    ? &at->ip
                                                    : &at->ipv6) = entry.text;
      at->is_any = true;
    }
  }
  return count;
}

/* Without those that are null; of several maybe only the first by name. */
static size_t choose_endpoints(struct pyr__docker_endpoint *endpoints,
                               size_t count, bool match_first) {
  size_t i, kept = 0, first = 0;

  for (i = 0; i < count; i++)
    if (endpoints[i].is_any)
      endpoints[kept++] = endpoints[i];
  if (!match_first || kept < 2)
    return kept;
  for (i = 1; i < kept; i++)
    if (pyr__str_compare(endpoints[i].name, endpoints[first].name) < 0)
      first = i;
  endpoints[0] = endpoints[first];
  return 1;
}

/* The record whose networks are a container's. */
static pyr_str_t find_networks(const struct pyr__docker_items *containers,
                               pyr_str_t record) {
  static const char shared[] = "container:";
  const size_t len = sizeof(shared) - 1;
  pyr_str_t found = record;
  unsigned hops;

  for (hops = 0; hops < HOPS; hops++) {
    pyr_str_t mode = pyr__json_record_find(found, PYR__DOCKER_NETWORK_MODE);
    pyr_str_t other;
    if (pyr__json_record_count(found, PYR__DOCKER_ENDPOINT) > 0 ||
        !pyr__str_starts(mode, shared))
      return found;
    other = pyr__docker_find(containers,
                             (pyr_str_t){mode.base + len, mode.len - len});
    if (other.len == 0)
      return found;
    found = other;
  }
  return record;
}

static int take_endpoints(struct pyr__docker_container *container,
                          struct pyr__arena *arena,
                          const struct pyr__docker_items *containers,
                          bool match_first, pyr_error_t *err) {
  pyr_str_t record = find_networks(containers, container->record);
  size_t count = pyr__json_record_count(record, PYR__DOCKER_ENDPOINT);

  container->endpoints =
      pyr__arena_alloc(arena, count, sizeof(*container->endpoints));
  if (container->endpoints == NULL)
    return pyr__arena_error(arena, count * sizeof(*container->endpoints),
                            "a container's networks", err);
  count = read_endpoints(record, container->endpoints);
  container->endpoint_count =
      choose_endpoints(container->endpoints, count, match_first);
  return 0;
}

/* ---- ports -------------------------------------------------------------- */

static pyr_str_t *field_of(struct pyr__docker_port *port, uint8_t field) {
  switch (field) {
  case PYR__DOCKER_PORT_IP:
    return &port->ip;
  case PYR__DOCKER_PORT_PRIVATE:
    return &port->private_port;
  case PYR__DOCKER_PORT_PUBLIC:
    return &port->public_port;
  case PYR__DOCKER_PORT_TYPE:
    return &port->type;
  default:
    return NULL;
  }
}

static size_t read_ports(pyr_str_t record, struct pyr__docker_port *ports) {
  static const struct pyr__docker_port none = {
      {"", 0}, {"0", 1}, {"", 0}, {"", 0}};
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;
  size_t i, count = 0, kept = 0;

  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__DOCKER_PORT)
      ports[count++] = none;
    else if (count > 0 && field_of(&ports[count - 1], entry.field) != NULL)
      *field_of(&ports[count - 1], entry.field) = entry.text;
  }
  for (i = 0; i < count; i++)
    if (pyr__str_is(ports[i].type, "tcp"))
      ports[kept++] = ports[i];
  return kept;
}

int pyr__docker_container_read(struct pyr__docker_container *container,
                               struct pyr__arena *arena,
                               const struct pyr__docker_items *containers,
                               const struct pyr__docker_item *item,
                               bool match_first_network, pyr_error_t *err) {
  pyr_str_t record = item->record;
  size_t count = pyr__json_record_count(record, PYR__DOCKER_PORT);

  *container = (struct pyr__docker_container){
      .record = record,
      .id = item->id,
      .name = pyr__json_record_find(record, PYR__DOCKER_NAME),
      .mode = pyr__json_record_find(record, PYR__DOCKER_NETWORK_MODE)};
  if (container->name.len == 0)
    return 0; /* being made */
  container->ports = pyr__arena_alloc(arena, count, sizeof(*container->ports));
  if (container->ports == NULL)
    return pyr__arena_error(arena, count * sizeof(*container->ports),
                            "a container's ports", err);
  container->port_count = read_ports(record, container->ports);
  return take_endpoints(container, arena, containers, match_first_network, err);
}

/* The labels of a container, as Prometheus has them. */
#include <stdio.h>

#include "base/str.h"
#include "discovery/docker/container.h"
#include "discovery/meta_labels.h"

#define LABEL(name) "__meta_docker_" name

/* ---- of records --------------------------------------------------------- */

static void set(struct pyr__meta_labels *labels, const char *name,
                pyr_str_t record, uint8_t field) {
  pyr__meta_labels_set(labels, name, pyr__json_record_find(record, field));
}

/* The labels of a container or a network. */
static void set_labels(struct pyr__meta_labels *labels, const char *part,
                       pyr_str_t record) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry, key = {PYR__JSON_NONE, {"", 0}};

  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__JSON_VALUE && key.field == PYR__DOCKER_LABEL)
      pyr__meta_labels_set_key(labels, LABEL(""), part, "", key.text,
                               entry.text);
    key = entry;
  }
}

static void set_container(struct pyr__meta_labels *labels,
                          const struct pyr__docker_container *container) {
  pyr_str_t record = container->record;
  pyr__meta_labels_set(labels, LABEL("container_id"), container->id);
  pyr__meta_labels_set(labels, LABEL("container_name"), container->name);
  pyr__meta_labels_set(labels, LABEL("container_network_mode"),
                       container->mode);
  set(labels, LABEL("container_image"), record, PYR__DOCKER_IMAGE);
  set(labels, LABEL("container_image_id"), record, PYR__DOCKER_IMAGE_ID);
  set_labels(labels, "container_label_", record);
}

static void set_word(struct pyr__meta_labels *labels, const char *name,
                     pyr_str_t record, uint8_t field) {
  bool is = pyr__str_is(pyr__json_record_find(record, field), "true");
  pyr__meta_labels_set(labels, name, pyr__str(is ? "true" : "false"));
}

static void set_network(struct pyr__meta_labels *labels, pyr_str_t record) {
  if (record.len == 0)
    return; /* not told of */
  set(labels, LABEL("network_id"), record, PYR__DOCKER_ID);
  set(labels, LABEL("network_name"), record, PYR__DOCKER_NAME);
  set(labels, LABEL("network_scope"), record, PYR__DOCKER_SCOPE);
  set_word(labels, LABEL("network_internal"), record, PYR__DOCKER_INTERNAL);
  set_word(labels, LABEL("network_ingress"), record, PYR__DOCKER_INGRESS);
  set_labels(labels, "network_label_", record);
}

/* ---- of what is in them ------------------------------------------------- */

static void set_port(struct pyr__meta_labels *labels,
                     const struct pyr__docker_port *port) {
  pyr__meta_labels_set(labels, LABEL("port_private"), port->private_port);
  if (port->public_port.len == 0 || pyr__str_is(port->public_port, "0"))
    return;
  pyr__meta_labels_set(labels, LABEL("port_public"), port->public_port);
  pyr__meta_labels_set(labels, LABEL("port_public_ip"), port->ip);
}

/* Where it exposes no port it is the configuration's; a container in the host's
 * network has none, and its host is in the configuration too. */
static void set_address(struct pyr__meta_labels *labels,
                        const struct pyr__docker_sd_config *config,
                        const struct pyr__docker_container *container,
                        pyr_str_t ip, const struct pyr__docker_port *port) {
  char text[8];

  snprintf(text, sizeof(text), "%u", config->port);
  if (port != NULL)
    pyr__meta_labels_set(
        labels, "__address__",
        pyr__meta_host_port(labels->arena, ip, port->private_port));
  else if (pyr__str_is(container->mode, "host"))
    pyr__meta_labels_set(labels, "__address__", config->host_networking_host);
  else
    pyr__meta_labels_set(
        labels, "__address__",
        pyr__meta_host_port(labels->arena, ip, pyr__str(text)));
}

int pyr__docker_labels(struct pyr__arena *arena,
                       const struct pyr__docker_sd_config *config,
                       const struct pyr__docker_items *networks,
                       const struct pyr__docker_container *container,
                       size_t number, struct pyr__discovered *out,
                       pyr_error_t *err) {
  size_t ports = container->port_count == 0 ? 1 : container->port_count;
  const struct pyr__docker_endpoint *endpoint =
      &container->endpoints[number / ports];
  const struct pyr__docker_port *port =
      container->port_count == 0 ? NULL : &container->ports[number % ports];
  pyr_str_t ip = endpoint->ip.len > 0 ? endpoint->ip : endpoint->ipv6;
  struct pyr__meta_labels labels;

  pyr__meta_labels_init(&labels, arena);
  set_address(&labels, config, container, ip, port);
  pyr__meta_labels_set(&labels, LABEL("network_ip"), ip);
  if (port != NULL)
    set_port(&labels, port);
  set_container(&labels, container);
  set_network(&labels, pyr__docker_find(networks, endpoint->network));
  return pyr__meta_labels_finish(&labels, out, err);
}

/* A container of Docker, with the networks that it is in: its own, or those of
 * the container whose network it shares. */
#ifndef PYR__DISCOVERY_DOCKER_CONTAINER_H
#define PYR__DISCOVERY_DOCKER_CONTAINER_H

#include "base/arena.h"
#include "config/sd.h"
#include "discovery/docker/answer.h"
#include "discovery/group.h"

/* Records by id, sorted, so that those that stay keep their place. */
struct pyr__docker_item {
  pyr_str_t id, record;
};

struct pyr__docker_items {
  struct pyr__docker_item *at;
  size_t count;
};

struct pyr__docker_endpoint {
  pyr_str_t name, network, ip, ipv6;
  bool is_any; /* not null */
};

struct pyr__docker_port {
  pyr_str_t ip, private_port, public_port, type;
};

struct pyr__docker_container {
  pyr_str_t record, id, name, mode;
  struct pyr__docker_endpoint *endpoints; /* those that targets are made of */
  size_t endpoint_count;
  struct pyr__docker_port *ports; /* of TCP */
  size_t port_count;
};

/* Texts are those of the answer. */
int pyr__docker_items_make(struct pyr__docker_items *items,
                           struct pyr__arena *arena,
                           const struct pyr__json_answer *answer,
                           pyr_error_t *err);
int pyr__docker_container_read(struct pyr__docker_container *container,
                               struct pyr__arena *arena,
                               const struct pyr__docker_items *containers,
                               const struct pyr__docker_item *item,
                               bool match_first_network, pyr_error_t *err);

static inline size_t
pyr__docker_target_count(const struct pyr__docker_container *container) {
  size_t ports = container->port_count == 0 ? 1 : container->port_count;
  return container->endpoint_count * ports;
}

/* labels.c: of the `number`th target, as Prometheus has them. */
int pyr__docker_labels(struct pyr__arena *arena,
                       const struct pyr__docker_sd_config *config,
                       const struct pyr__docker_items *networks,
                       const struct pyr__docker_container *container,
                       size_t number, struct pyr__discovered *out,
                       pyr_error_t *err);
/* The record of that id; "" where there is none. */
pyr_str_t pyr__docker_find(const struct pyr__docker_items *items, pyr_str_t id);

#endif

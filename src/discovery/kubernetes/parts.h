/* The parts that a record has several of, as arrays in an arena. */
#ifndef PYR__DISCOVERY_KUBERNETES_PARTS_H
#define PYR__DISCOVERY_KUBERNETES_PARTS_H

#include "base/arena.h"
#include "discovery/kubernetes/record.h"

struct pyr__kube_pair { /* "" where a part lacks it */
  pyr_str_t first, second;
};

struct pyr__kube_pairs {
  struct pyr__kube_pair *at;
  size_t count;
};

/* One for each `begin`, with the texts of two fields of it. */
int pyr__kube_pairs_read(struct pyr__kube_pairs *out, struct pyr__arena *arena,
                         pyr_str_t record, enum pyr__kube_field begin,
                         enum pyr__kube_field first,
                         enum pyr__kube_field second, pyr_error_t *err);

struct pyr__kube_port {
  pyr_str_t number, name, protocol, app_protocol;
};

struct pyr__kube_ports {
  struct pyr__kube_port *at;
  size_t count;
};

/* Room for all ports of a record, which are "" all over. */
int pyr__kube_ports_alloc(struct pyr__kube_ports *out, struct pyr__arena *arena,
                          pyr_str_t record, pyr_error_t *err);
/* Takes the text where it is of a port. */
void pyr__kube_port_read(struct pyr__kube_port *port,
                         const struct pyr__json_entry *entry);
int pyr__kube_ports_read(struct pyr__kube_ports *out, struct pyr__arena *arena,
                         pyr_str_t record, pyr_error_t *err);

#endif

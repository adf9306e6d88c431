#include "discovery/kubernetes/parts.h"

static const pyr_str_t EMPTY = {"", 0};

int pyr__kube_pairs_read(struct pyr__kube_pairs *out, struct pyr__arena *arena,
                         pyr_str_t record, enum pyr__kube_field begin,
                         enum pyr__kube_field first,
                         enum pyr__kube_field second, pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  size_t count = pyr__json_record_count(record, (uint8_t)begin);
  struct pyr__kube_pair *pair = NULL;
  struct pyr__json_entry entry;

  *out = (struct pyr__kube_pairs){NULL, 0};
  out->at = pyr__arena_alloc(arena, count, sizeof(*out->at));
  if (out->at == NULL)
    return pyr__arena_error(arena, PYR__MIB, "one group", err);
  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == begin) {
      pair = &out->at[out->count++];
      *pair = (struct pyr__kube_pair){EMPTY, EMPTY};
    } else if (pair != NULL && entry.field == first) {
      pair->first = entry.text;
    } else if (pair != NULL && entry.field == second) {
      pair->second = entry.text;
    }
  }
  return 0;
}

int pyr__kube_ports_alloc(struct pyr__kube_ports *out, struct pyr__arena *arena,
                          pyr_str_t record, pyr_error_t *err) {
  size_t i, count = pyr__json_record_count(record, PYR__KUBE_PORT);

  *out = (struct pyr__kube_ports){NULL, 0};
  out->at = pyr__arena_alloc(arena, count, sizeof(*out->at));
  if (out->at == NULL)
    return pyr__arena_error(arena, PYR__MIB, "one group", err);
  for (i = 0; i < count; i++)
    out->at[i] = (struct pyr__kube_port){EMPTY, EMPTY, EMPTY, EMPTY};
  out->count = count;
  return 0;
}

void pyr__kube_port_read(struct pyr__kube_port *port,
                         const struct pyr__json_entry *entry) {
  switch (entry->field) {
  case PYR__KUBE_PORT_NUMBER:
    port->number = entry->text;
    break;
  case PYR__KUBE_PORT_NAME:
    port->name = entry->text;
    break;
  case PYR__KUBE_PORT_PROTOCOL:
    port->protocol = entry->text;
    break;
  case PYR__KUBE_PORT_APP_PROTOCOL:
    port->app_protocol = entry->text;
    break;
  default:
    break;
  }
}

int pyr__kube_ports_read(struct pyr__kube_ports *out, struct pyr__arena *arena,
                         pyr_str_t record, pyr_error_t *err) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  int rc = pyr__kube_ports_alloc(out, arena, record, err);
  struct pyr__kube_port *next = out->at, *port = NULL;
  struct pyr__json_entry entry;

  while (rc == 0 && pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__KUBE_PORT)
      port = next++;
    else if (port != NULL)
      pyr__kube_port_read(port, &entry);
  }
  return rc;
}

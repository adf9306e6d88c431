/* The services that are watched, found by name.  One that is gone stays here
 * until all of its targets were taken away, and may come back meanwhile. */
#ifndef PYR__DISCOVERY_CONSUL_SERVICES_H
#define PYR__DISCOVERY_CONSUL_SERVICES_H

#include "base/index.h"
#include "discovery/consul/watch.h"
#include "discovery/slices.h"

struct pyr__consul_service {
  struct pyr__consul_watch watch;
  struct pyr__slices slices; /* what was told of it */
  uint64_t content;          /* a hash of the records that were told */
  uint64_t hash;             /* of the name */
  uint32_t id, generation;   /* of the catalog that had it last */
  bool is_told;              /* `content` is what the sink knows */
  bool is_answered;          /* once */
  bool is_gone;
  char name[]; /* terminated */
};

struct pyr__consul_services {
  struct pyr__memory *memory;
  struct pyr__consul_service **items;
  uint32_t count, capacity;
  struct pyr__index index;
  uint64_t seed;
};

void pyr__consul_services_init(struct pyr__consul_services *services,
                               struct pyr__memory *memory);
/* The services themselves are the caller's to free. */
void pyr__consul_services_release(struct pyr__consul_services *services);
struct pyr__consul_service *
pyr__consul_services_find(const struct pyr__consul_services *services,
                          pyr_str_t name);
/* A new one, zeroed but for its name; NULL without memory. */
struct pyr__consul_service *
pyr__consul_services_add(struct pyr__consul_services *services, pyr_str_t name);
void pyr__consul_services_take(struct pyr__consul_services *services,
                               struct pyr__consul_service *service);

static inline struct pyr__consul_service *
pyr__consul_service_of(struct pyr__consul_watch *watch) {
  return pyr__container_of(watch, struct pyr__consul_service, watch);
}

#endif

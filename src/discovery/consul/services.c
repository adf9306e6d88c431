#include "discovery/consul/services.h"

#include "base/hash.h"
#include "base/str.h"

enum { FIRST_SERVICES = 16 };

void pyr__consul_services_init(struct pyr__consul_services *services,
                               struct pyr__memory *memory) {
  *services = (struct pyr__consul_services){.memory = memory,
                                            .seed = pyr__hash_random_seed()};
  pyr__index_init(&services->index, memory, PYR__MEM_DISCOVERY_GROUPS);
}

void pyr__consul_services_release(struct pyr__consul_services *services) {
  pyr__free(services->memory, services->items);
  pyr__index_release(&services->index);
}

struct pyr__consul_service *
pyr__consul_services_find(const struct pyr__consul_services *services,
                          pyr_str_t name) {
  uint64_t hash = pyr__hash(services->seed, name.base, name.len);
  size_t at;
  uint32_t id = pyr__index_first(&services->index, hash, &at);
  while (id != PYR__NONE &&
         !pyr__str_equal(services->items[id]->watch.service, name))
    id = pyr__index_next(&services->index, hash, &at);
  return id == PYR__NONE ? NULL : services->items[id];
}

static int reserve(struct pyr__consul_services *services) {
  uint32_t capacity =
      services->capacity == 0 ? FIRST_SERVICES : services->capacity * 2;
  struct pyr__consul_service **items;

  if (services->count < services->capacity)
    return 0;
  items =
      pyr__realloc(services->memory, PYR__MEM_DISCOVERY_GROUPS, services->items,
                   capacity, sizeof(struct pyr__consul_service *));
  if (items == NULL)
    return PYR__ENOMEM;
  services->items = items;
  services->capacity = capacity;
  return 0;
}

struct pyr__consul_service *
pyr__consul_services_add(struct pyr__consul_services *services,
                         pyr_str_t name) {
  struct pyr__consul_service *service =
      pyr__calloc(services->memory, PYR__MEM_DISCOVERY_GROUPS, 1,
                  sizeof(*service) + name.len + 1);

  if (service == NULL)
    return NULL;
  memcpy(service->name, name.base, name.len);
  service->hash = pyr__hash(services->seed, name.base, name.len);
  service->id = services->count;
  if (reserve(services) != 0 ||
      pyr__index_add(&services->index, service->hash, service->id) != 0) {
    pyr__free(services->memory, service);
    return NULL;
  }
  services->items[services->count++] = service;
  return service;
}

/* Ids are dense: the last one takes the place of the one that goes. */
void pyr__consul_services_take(struct pyr__consul_services *services,
                               struct pyr__consul_service *service) {
  struct pyr__consul_service *last = services->items[--services->count];

  pyr__index_remove(&services->index, service->hash, service->id);
  if (last == service)
    return;
  pyr__index_remove(&services->index, last->hash, last->id);
  last->id = service->id;
  services->items[last->id] = last;
  /* Two were taken out: there is room for one without memory. */
  pyr__index_add(&services->index, last->hash, last->id);
}

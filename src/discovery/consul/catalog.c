/* From the catalog to the services that are watched. */
#include "base/limits.h"
#include "base/str.h"
#include "discovery/consul/state.h"

bool pyr__consul_needs_catalog(const struct pyr__consul_sd_config *config) {
  return config->service_count == 0 || config->tag_count > 0 ||
         config->filter.len > 0;
}

/* ---- one service -------------------------------------------------------- */

static int add(struct pyr__consul *self, pyr_str_t name, pyr_error_t *err) {
  struct pyr__consul_service *service;

  if (self->services.count == PYR__LIMIT_CONSUL_SERVICES)
    return pyr__error(err, PYR_ELIMIT,
                      "there are more than %d services, expected services, "
                      "tags or filter to choose some",
                      PYR__LIMIT_CONSUL_SERVICES);
  service = pyr__consul_services_add(&self->services, name);
  if (service == NULL)
    return pyr__error_nomem(err);
  pyr__consul_watch_init(&service->watch, &self->env, PYR__CONSUL_HEALTH,
                         (pyr_str_t){service->name, name.len});
  service->slices = (struct pyr__slices){.discoverer = &self->base,
                                         .origin = service->watch.service};
  service->generation = self->generation;
  self->handles++;
  self->unanswered++;
  pyr__consul_ready(self, service);
  return 0;
}

/* What was not taken away of it yet is told of again. */
static void revive(struct pyr__consul *self,
                   struct pyr__consul_service *service) {
  service->is_gone = service->is_told = false;
  pyr__consul_unqueue(self, service);
  pyr__consul_watch_stop(&service->watch);
  pyr__consul_watch_forget(&service->watch);
  pyr__consul_ready(self, service);
}

static int want(struct pyr__consul *self, pyr_str_t name, pyr_error_t *err) {
  struct pyr__consul_service *service =
      pyr__consul_services_find(&self->services, name);

  if (service == NULL)
    return add(self, name, err);
  service->generation = self->generation;
  if (service->is_gone)
    revive(self, service);
  return 0;
}

static void let_go(struct pyr__consul *self,
                   struct pyr__consul_service *service) {
  service->is_gone = true;
  pyr__consul_unqueue(self, service);
  pyr__consul_watch_stop(&service->watch);
  pyr__consul_emit(self, service);
}

/* ---- all of them -------------------------------------------------------- */

static bool is_named(const struct pyr__consul_sd_config *config,
                     pyr_str_t name) {
  size_t i;
  for (i = 0; i < config->service_count; i++)
    if (pyr__str_equal(config->services[i], name))
      return true;
  return config->service_count == 0;
}

/* Of the tags at `reader`, which is not moved. */
static bool has_tag(struct pyr__reader reader, pyr_str_t tag) {
  struct pyr__json_entry entry;
  while (pyr__json_record_next(&reader, &entry) &&
         entry.field == PYR__JSON_VALUE)
    if (pyr__str_equal(entry.text, tag))
      return true;
  return false;
}

static bool is_wanted(const struct pyr__consul_sd_config *config,
                      pyr_str_t name, const struct pyr__reader *tags) {
  size_t i;
  if (name.len == 0 || !is_named(config, name))
    return false;
  for (i = 0; i < config->tag_count; i++)
    if (!has_tag(*tags, config->tags[i]))
      return false;
  return true;
}

int pyr__consul_take_catalog(struct pyr__consul *self, pyr_error_t *err) {
  struct pyr__reader reader =
      pyr__json_record_reader(pyr__json_answer_record(self->catalog.answer));
  struct pyr__json_entry entry;
  uint32_t i;
  int rc = 0;

  self->generation++;
  while (rc == 0 && pyr__json_record_next(&reader, &entry))
    if (entry.field == PYR__CONSUL_SERVICE &&
        is_wanted(self->env.config, entry.text, &reader))
      rc = want(self, entry.text, err);
  if (rc != 0)
    return rc;
  for (i = 0; i < self->services.count; i++)
    if (self->services.items[i]->generation != self->generation &&
        !self->services.items[i]->is_gone)
      let_go(self, self->services.items[i]);
  return 0;
}

int pyr__consul_take_list(struct pyr__consul *self, pyr_error_t *err) {
  const struct pyr__consul_sd_config *config = self->env.config;
  size_t i;
  int rc = 0;
  for (i = 0; i < config->service_count && rc == 0; i++)
    rc = want(self, config->services[i], err);
  return rc;
}

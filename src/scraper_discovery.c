/* The mechanisms of a job: made from its *-sd-configs, telling its target set.
 *
 * Groups are kept under a number of their mechanism, which no other gets. */
#include "scraper.h"

#include "discovery/dns_discoverer.h"
#include "discovery/file_discoverer.h"
#include "discovery/http_discoverer.h"

/* An update that takes several turns may move targets from one group to
 * another, so nothing is gone before its end. */
#define LOOK_AGAIN_NS (50 * PYR__NS_PER_MS)

struct pyr__job_mechanism {
  struct pyr__job_discovery *discovery;
  struct pyr__discoverer *discoverer;
  uintptr_t number;
  bool is_synced;
};

struct pyr__job_discovery {
  struct pyr__job_state *job;
  struct pyr__scraper *scraper;
  pyr_config_t *config; /* has what the mechanisms point to */
  struct pyr__discovery_env env;
  char *job_name;
  struct pyr__job_mechanism *mechanisms;
  size_t count;
  uintptr_t first_number;
  /* Of the mechanisms before these: their groups stay until these know. */
  uintptr_t replaced_from, replaced_to;
  size_t open; /* mechanisms that are not closed yet */
};

static const void *key_of(uintptr_t number) {
  return (const void *)number; /* NOLINT(performance-no-int-to-ptr) */
}

static bool is_updating(const struct pyr__job_discovery *discovery) {
  size_t i;
  for (i = 0; discovery != NULL && i < discovery->count; i++)
    if (discovery->mechanisms[i].discoverer->is_updating)
      return true;
  return false;
}

static void on_settle_timer(struct pyr__timer *timer) {
  struct pyr__scraper *scraper =
      pyr__container_of(timer, struct pyr__scraper, settle_timer);
  bool again = false;
  size_t i;

  for (i = 0; i < scraper->job_count; i++) {
    struct pyr__job_state *job = scraper->jobs[i];
    if (is_updating(job->discovery))
      again = true;
    else
      pyr__target_set_settle(&job->set);
  }
  if (again)
    pyr__timer_set(&scraper->heap, timer,
                   pyr__now(&scraper->clock) + LOOK_AGAIN_NS);
}

void pyr__scraper_settle_soon(struct pyr__scraper *scraper) {
  scraper->settle_timer.fire = on_settle_timer;
  if (scraper->state == PYR__SCRAPER_RUNNING &&
      scraper->settle_timer.position == 0)
    pyr__timer_set(&scraper->heap, &scraper->settle_timer,
                   pyr__now(&scraper->clock));
}

/* ---- what mechanisms tell ----------------------------------------------- */

static int on_group(void *ctx, struct pyr__discoverer *from,
                    const struct pyr__target_group *group, pyr_error_t *err) {
  struct pyr__job_mechanism *mechanism = ctx;
  struct pyr__job_discovery *discovery = mechanism->discovery;
  (void)from;
  pyr__scraper_settle_soon(discovery->scraper);
  return pyr__target_set_update(&discovery->job->set, key_of(mechanism->number),
                                group, err);
}

static bool is_synced(const struct pyr__job_discovery *discovery) {
  size_t i;
  for (i = 0; i < discovery->count; i++)
    if (!discovery->mechanisms[i].is_synced)
      return false;
  return true;
}

static void forget_replaced(struct pyr__job_discovery *discovery) {
  for (; discovery->replaced_from < discovery->replaced_to;
       discovery->replaced_from++)
    pyr__target_set_forget(&discovery->job->set,
                           key_of(discovery->replaced_from));
  pyr__scraper_settle_soon(discovery->scraper);
}

static void on_synced(void *ctx, struct pyr__discoverer *from) {
  struct pyr__job_mechanism *mechanism = ctx;
  (void)from;
  mechanism->is_synced = true;
  if (is_synced(mechanism->discovery))
    forget_replaced(mechanism->discovery);
}

/* ---- the beginning ------------------------------------------------------ */

enum kind { FILES, HTTP, DNS, KINDS };

static size_t count_of(const struct pyr__sd_configs *sd, enum kind kind) {
  const size_t counts[KINDS] = {
      [FILES] = sd->file_count, [HTTP] = sd->http_count, [DNS] = sd->dns_count};
  return counts[kind];
}

static int make(const struct pyr__sd_configs *sd, enum kind kind, size_t number,
                struct pyr__job_mechanism *out,
                const struct pyr__discovery_env *env, pyr_error_t *err) {
  const struct pyr__discovery_sink sink = {on_group, on_synced, out};
  struct pyr__discoverer **to = &out->discoverer;
  if (kind == FILES)
    return pyr__file_discoverer_new(to, &sd->file[number], env, &sink, err);
  if (kind == HTTP)
    return pyr__http_discoverer_new(to, &sd->http[number], env, &sink, err);
  return pyr__dns_discoverer_new(to, &sd->dns[number], env, &sink, err);
}

/* One that cannot even begin is said, and the others go on. */
static int add_all(struct pyr__job_discovery *discovery,
                   const struct pyr__sd_configs *sd, pyr_error_t *err) {
  enum kind kind;
  size_t i;
  for (kind = 0; kind < KINDS; kind++) {
    for (i = 0; i < count_of(sd, kind); i++) {
      struct pyr__job_mechanism *mechanism =
          &discovery->mechanisms[discovery->count];
      int rc;
      mechanism->discovery = discovery;
      mechanism->number = ++discovery->scraper->mechanism_number;
      rc = make(sd, kind, i, mechanism, &discovery->env, err);
      if (rc == PYR__ENOMEM)
        return rc;
      if (rc == 0)
        discovery->count++;
      else
        pyr__log(&discovery->scraper->log, PYR_LOG_ERROR,
                 "discovery cannot start",
                 {"job", pyr__str(discovery->job_name)},
                 {"error", pyr__str(err->text)});
    }
  }
  return 0;
}

static void free_discovery(struct pyr__job_discovery *discovery) {
  struct pyr__memory *memory = &discovery->scraper->memory;
  pyr_config_unref(discovery->config);
  pyr__free(memory, discovery->mechanisms);
  pyr__free(memory, discovery->job_name);
  pyr__free(memory, discovery);
}

static struct pyr__job_discovery *
new_discovery(struct pyr__job_state *job, pyr_config_t *config,
              const struct pyr__job_config *job_config) {
  const struct pyr__sd_configs *sd = &job_config->sd;
  struct pyr__scraper *scraper = job->scraper;
  struct pyr__memory *memory = &scraper->memory;
  struct pyr__job_discovery *discovery =
      pyr__calloc(memory, PYR__MEM_SCRAPER, 1, sizeof(*discovery));

  if (discovery == NULL)
    return NULL;
  discovery->job = job;
  discovery->scraper = scraper;
  discovery->config = pyr_config_ref(config);
  discovery->mechanisms =
      pyr__calloc(memory, PYR__MEM_SCRAPER,
                  count_of(sd, FILES) + count_of(sd, HTTP) + count_of(sd, DNS),
                  sizeof(*discovery->mechanisms));
  discovery->job_name =
      pyr__copy_text(memory, PYR__MEM_SCRAPER, job_config->name);
  if (discovery->mechanisms == NULL || discovery->job_name == NULL) {
    free_discovery(discovery);
    return NULL;
  }
  discovery->env = (struct pyr__discovery_env){.loop = scraper->loop,
                                               .memory = memory,
                                               .clock = scraper->clock,
                                               .log = &scraper->log,
                                               .client = scraper->client,
                                               .job = discovery->job_name};
  discovery->first_number = scraper->mechanism_number + 1;
  return discovery;
}

int pyr__job_discovery_new(struct pyr__job_discovery **out,
                           struct pyr__job_state *job, pyr_config_t *config,
                           const struct pyr__job_config *job_config,
                           pyr_error_t *err) {
  int rc;

  *out = NULL;
  if (!pyr__sd_is_any(&job_config->sd))
    return 0;
  *out = new_discovery(job, config, job_config);
  if (*out == NULL)
    return pyr__error_nomem(err);
  rc = add_all(*out, &job_config->sd, err);
  if (rc == 0)
    return 0;
  pyr__job_discovery_close(*out);
  *out = NULL;
  return rc;
}

void pyr__job_discovery_replace(struct pyr__job_state *job,
                                struct pyr__job_discovery *next) {
  struct pyr__job_discovery *old = job->discovery;

  job->discovery = next;
  if (old == NULL)
    return;
  if (next != NULL) {
    next->replaced_from = old->replaced_from < old->replaced_to
                              ? old->replaced_from
                              : old->first_number;
    next->replaced_to = next->first_number;
    if (is_synced(next))
      forget_replaced(next);
  } else {
    old->replaced_to = old->first_number + old->count;
    if (old->replaced_from == 0)
      old->replaced_from = old->first_number;
    forget_replaced(old);
  }
  pyr__job_discovery_close(old);
}

/* ---- the end ------------------------------------------------------------ */

static void on_closed(void *ctx) {
  struct pyr__job_discovery *discovery = ctx;
  struct pyr__scraper *scraper = discovery->scraper;

  if (--discovery->open > 0)
    return;
  free_discovery(discovery);
  pyr__scraper_room_closed(scraper);
}

void pyr__job_discovery_close(struct pyr__job_discovery *discovery) {
  size_t i;

  if (discovery == NULL)
    return;
  discovery->scraper->open_handles++;
  discovery->open = discovery->count;
  if (discovery->open == 0) {
    discovery->open = 1;
    on_closed(discovery);
    return;
  }
  for (i = discovery->count; i-- > 0;) {
    struct pyr__discoverer *discoverer = discovery->mechanisms[i].discoverer;
    discoverer->type->close(discoverer, on_closed, discovery);
  }
}

/* ---- what is shown ------------------------------------------------------ */

size_t pyr__job_discovery_count(const struct pyr__job_state *job) {
  return job->discovery == NULL ? 0 : job->discovery->count;
}

const struct pyr__discoverer *
pyr__job_discoverer(const struct pyr__job_state *job, size_t number) {
  return job->discovery->mechanisms[number].discoverer;
}

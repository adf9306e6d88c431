#include "targets/job_sources.h"

#include "base/str.h"
#include "discovery/aws/ec2_discoverer.h"
#include "discovery/consul/discoverer.h"
#include "discovery/dns_discoverer.h"
#include "discovery/docker/discoverer.h"
#include "discovery/file_discoverer.h"
#include "discovery/http_discoverer.h"
#include "discovery/kubernetes/discoverer.h"

/* One element of a job's *-sd-configs. */
struct part {
  enum pyr__source_kind kind;
  uint64_t fingerprint;
  const void *config;
};

static struct pyr__job_source *source_at(struct pyr__list *link) {
  return pyr__container_of(link, struct pyr__job_source, link);
}

/* The next of the list may go while one is looked at. */
static void for_each(struct pyr__job_sources *sources,
                     void (*visit)(struct pyr__job_source *source)) {
  struct pyr__list *at = sources->list.next, *next;
  for (; at != &sources->list; at = next) {
    next = at->next;
    visit(source_at(at));
  }
}

static void free_if_done(struct pyr__job_source *source) {
  if (!source->is_forgotten || source->is_closing)
    return;
  pyr__list_remove(&source->link);
  pyr_config_unref(source->config);
  pyr__free(source->sources->env->memory, source);
}

/* ---- the life of one ---------------------------------------------------- */

static int on_group(void *ctx, struct pyr__discoverer *from,
                    const struct pyr__target_group *group, pyr_error_t *err) {
  struct pyr__job_source *source = ctx;
  return source->sources->on_group(source->sources, source, from, group, err);
}

static void on_synced(void *ctx, struct pyr__discoverer *from) {
  struct pyr__job_source *source = ctx;
  struct pyr__job_sources *sources = source->sources;
  (void)from;
  source->is_synced = true;
  if (!pyr__job_sources_are_synced(sources))
    return;
  pyr__job_sources_forget_former(sources);
  sources->on_synced(sources);
}

static int start(struct pyr__job_source *source, const struct part *part,
                 pyr_error_t *err) {
  const struct pyr__discovery_env *env = source->sources->env;
  const struct pyr__discovery_sink sink = {on_group, on_synced, source};
  switch (part->kind) {
  case PYR__SOURCE_FILE:
    return pyr__file_discoverer_new(&source->discoverer, part->config, env,
                                    &sink, err);
  case PYR__SOURCE_HTTP:
    return pyr__http_discoverer_new(&source->discoverer, part->config, env,
                                    &sink, err);
  case PYR__SOURCE_DNS:
    return pyr__dns_discoverer_new(&source->discoverer, part->config, env,
                                   &sink, err);
  case PYR__SOURCE_EC2:
    return pyr__ec2_discoverer_new(&source->discoverer, part->config, env,
                                   &sink, err);
  case PYR__SOURCE_CONSUL:
    return pyr__consul_discoverer_new(&source->discoverer, part->config, env,
                                      &sink, NULL, err);
  case PYR__SOURCE_DOCKER:
    return pyr__docker_discoverer_new(&source->discoverer, part->config, env,
                                      &sink, err);
  case PYR__SOURCE_KUBERNETES:
    return pyr__kubernetes_discoverer_new(&source->discoverer, part->config,
                                          env, &sink, NULL, err);
  }
  return PYR_EUSAGE;
}

static int add(struct pyr__job_sources *sources, pyr_config_t *config,
               const struct part *part, pyr_error_t *err) {
  struct pyr__job_source *source = pyr__calloc(
      sources->env->memory, PYR__MEM_DISCOVERY_GROUPS, 1, sizeof(*source));
  int rc;

  if (source == NULL)
    return pyr__error_nomem(err);
  source->sources = sources;
  source->kind = part->kind;
  source->fingerprint = part->fingerprint;
  source->is_wanted = source->is_fresh = true;
  rc = start(source, part, err);
  if (rc != 0) {
    pyr__free(sources->env->memory, source);
    return rc;
  }
  source->mechanism = source->discoverer->type->name;
  source->config = pyr_config_ref(config);
  pyr__list_init(&source->link);
  pyr__list_add_before(&sources->list, &source->link);
  return 0;
}

static void on_closed(void *ctx) {
  struct pyr__job_source *source = ctx;
  struct pyr__job_sources *sources = source->sources;
  source->is_closing = false;
  free_if_done(source);
  if (--sources->closing == 0)
    sources->on_closed(sources);
}

static void close_one(struct pyr__job_source *source) {
  struct pyr__discoverer *discoverer = source->discoverer;
  if (discoverer == NULL)
    return;
  source->discoverer = NULL;
  source->is_closing = source->is_former = true;
  source->sources->closing++;
  discoverer->type->close(discoverer, on_closed, source);
}

/* ---- one configuration after another ------------------------------------ */

static bool keep(struct pyr__job_sources *sources, const struct part *part) {
  struct pyr__list *at = sources->list.next;
  for (; at != &sources->list; at = at->next) {
    struct pyr__job_source *source = source_at(at);
    if (source->is_former || source->is_wanted || source->kind != part->kind ||
        source->fingerprint != part->fingerprint)
      continue;
    source->is_wanted = true;
    return true;
  }
  return false;
}

static int want(struct pyr__job_sources *sources, pyr_config_t *config,
                enum pyr__source_kind kind, uint64_t fingerprint,
                const void *part_config, bool is_lenient, pyr_error_t *err) {
  struct part part = {kind, fingerprint, part_config};
  pyr_error_t why;
  int rc = keep(sources, &part) ? 0 : add(sources, config, &part, &why);

  if (rc == 0)
    return 0;
  if (is_lenient && rc != PYR__ENOMEM) {
    pyr__log(sources->env->log, PYR_LOG_ERROR, "cannot create a discovery",
             {"job", pyr__str(sources->env->job)}, {"err", pyr__str(why.text)});
    return 0;
  }
  if (err != NULL)
    *err = why;
  return rc;
}

int pyr__job_sources_stage(struct pyr__job_sources *sources,
                           pyr_config_t *config,
                           const struct pyr__job_config *job, bool is_lenient,
                           pyr_error_t *err) {
  const struct pyr__sd_configs *sd = &job->sd;
  size_t i;
  int rc = 0;

  for (i = 0; rc == 0 && i < sd->file_count; i++)
    rc = want(sources, config, PYR__SOURCE_FILE, sd->file[i].fingerprint,
              &sd->file[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->http_count; i++)
    rc = want(sources, config, PYR__SOURCE_HTTP, sd->http[i].fingerprint,
              &sd->http[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->dns_count; i++)
    rc = want(sources, config, PYR__SOURCE_DNS, sd->dns[i].fingerprint,
              &sd->dns[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->ec2_count; i++)
    rc = want(sources, config, PYR__SOURCE_EC2, sd->ec2[i].fingerprint,
              &sd->ec2[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->consul_count; i++)
    rc = want(sources, config, PYR__SOURCE_CONSUL, sd->consul[i].fingerprint,
              &sd->consul[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->docker_count; i++)
    rc = want(sources, config, PYR__SOURCE_DOCKER, sd->docker[i].fingerprint,
              &sd->docker[i], is_lenient, err);
  for (i = 0; rc == 0 && i < sd->kubernetes_count; i++)
    rc = want(sources, config, PYR__SOURCE_KUBERNETES,
              sd->kubernetes[i].fingerprint, &sd->kubernetes[i], is_lenient,
              err);
  if (rc != 0)
    pyr__job_sources_discard(sources);
  return rc;
}

static void commit_one(struct pyr__job_source *source) {
  if (!source->is_wanted)
    close_one(source);
  source->is_wanted = source->is_fresh = false;
}

void pyr__job_sources_commit(struct pyr__job_sources *sources) {
  for_each(sources, commit_one);
  if (pyr__job_sources_are_synced(sources))
    pyr__job_sources_forget_former(sources);
}

/* What was started just now has found nothing yet. */
static void discard_one(struct pyr__job_source *source) {
  source->is_wanted = false;
  if (!source->is_fresh)
    return;
  source->is_forgotten = true;
  close_one(source);
}

void pyr__job_sources_discard(struct pyr__job_sources *sources) {
  for_each(sources, discard_one);
}

static void forget_one(struct pyr__job_source *source) {
  if (!source->is_former || source->is_forgotten)
    return;
  source->is_forgotten = true;
  source->sources->forget(source->sources, source);
  free_if_done(source);
}

void pyr__job_sources_forget_former(struct pyr__job_sources *sources) {
  for_each(sources, forget_one);
}

static void end_one(struct pyr__job_source *source) {
  close_one(source);
  source->is_forgotten = true;
  free_if_done(source);
}

bool pyr__job_sources_close(struct pyr__job_sources *sources) {
  for_each(sources, end_one);
  return sources->closing > 0;
}

bool pyr__job_sources_are_synced(const struct pyr__job_sources *sources) {
  struct pyr__list *at = sources->list.next;
  for (; at != &sources->list; at = at->next)
    if (!source_at(at)->is_former && !source_at(at)->is_synced)
      return false;
  return true;
}

bool pyr__job_sources_are_updating(const struct pyr__job_sources *sources) {
  struct pyr__list *at = sources->list.next;
  for (; at != &sources->list; at = at->next)
    if (source_at(at)->discoverer != NULL &&
        source_at(at)->discoverer->is_updating)
      return true;
  return false;
}

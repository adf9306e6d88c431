/* A configuration on trial, between scraper_reload.c and scraper_take_over.c.
 */
#ifndef PYR__SCRAPER_PLAN_H
#define PYR__SCRAPER_PLAN_H

#include "scraper.h"

struct pyr__reload_plan {
  struct pyr__scraper *scraper;
  pyr_config_t *config;             /* held */
  struct pyr__job_state **jobs;     /* what scraper->jobs will be */
  bool *are_new;                    /* else they are on trial */
  struct pyr__http_access **access; /* of those on trial */
  size_t count;
  size_t next;                    /* of the jobs: its targets are made now */
  struct pyr__serve_guard *guard; /* NULL: nobody serves */
  uint64_t number;
  pyr_reloaded_cb cb;
};

/* Cannot fail.  What is left of the plan is to be freed. */
void pyr__reload_take_over(struct pyr__reload_plan *plan);

#endif

/* The store on the scraper's timer heap. */
#include <string.h>

#include "scraper.h"

/* Tells once that writing fails, and once that it works again. */
static void note_health(struct pyr__scraper *scraper) {
  const struct pyr__store_stats *stats = pyr__store_stats(scraper->store);
  bool is_failing = stats->last_error[0] != '\0';

  if (is_failing == scraper->store_is_failing)
    return;
  scraper->store_is_failing = is_failing;
  if (is_failing)
    pyr__log(&scraper->log, PYR_LOG_ERROR,
             "storing fails; scraping goes on, profiles are dropped when the "
             "buffer is full",
             {"error", pyr__str(stats->last_error)});
  else
    pyr__log(&scraper->log, PYR_LOG_INFO, "storing works again",
             {"dropped-profiles",
              pyr__str(pyr__number((int64_t)stats->dropped_profiles).text)});
}

static void wake(struct pyr__scraper *scraper) {
  int64_t next = pyr__store_tick(scraper->store);
  note_health(scraper);
  pyr__timer_set(&scraper->heap, &scraper->store_timer, next);
}

void pyr__scraper_store_later(struct pyr__scraper *scraper) {
  pyr__timer_set(&scraper->heap, &scraper->store_timer,
                 pyr__store_due(scraper->store));
}

static void on_timer(struct pyr__timer *timer) {
  wake(pyr__container_of(timer, struct pyr__scraper, store_timer));
}

const char *pyr__scraper_storage_path(const struct pyr__scraper *scraper) {
  return scraper->storage_path != NULL ? scraper->storage_path
                                       : scraper->config->storage.path.base;
}

/* Most often it is the first thing that does not work on a new host. */
static int say_what_to_do(int rc, pyr_error_t *err) {
  pyr_error_t cause;
  if (err == NULL || rc == PYR__ENOMEM)
    return rc;
  cause = *err;
  return pyr__error(err, rc, "storage %s%s", cause.text,
                    rc == PYR_ELOCKED
                        ? ": end that process, or choose another directory"
                        : "; storage: path, or --storage, must be a directory "
                          "that pyrite may make or write to");
}

int pyr__scraper_store_open(struct pyr__scraper *scraper, pyr_error_t *err) {
  const struct pyr__storage_config *storage = &scraper->config->storage;
  const struct pyr__store_options options = {
      .flush_interval_ns = storage->flush_interval_ns,
      .sync_interval_ns = storage->sync_interval_ns,
      .segment_max_bytes = storage->segment_max_bytes,
      .segment_max_age_ns = storage->segment_max_age_ns,
      .retention_age_ns = storage->retention_age_ns,
      .retention_bytes = storage->retention_bytes,
      .dictionary_bytes = scraper->config->limits.dictionary_bytes,
      .buffer_bytes = scraper->config->limits.buffer_bytes,
      .clock = scraper->clock};
  struct pyr__io io = pyr__io_files();
  const char *path = pyr__scraper_storage_path(scraper);
  int rc;

  if (path[0] == '\0')
    return 0;
  rc = pyr__store_open(&scraper->store, &scraper->memory, &io, path, &options,
                       err);
  if (rc != 0)
    return say_what_to_do(rc, err);
  scraper->store_timer.fire = on_timer;
  wake(scraper);
  return 0;
}

void pyr__scraper_store_close(struct pyr__scraper *scraper) {
  pyr_error_t err;
  pyr__timer_clear(&scraper->heap, &scraper->store_timer);
  if (scraper->store != NULL && pyr__store_close(scraper->store, &err) != 0)
    pyr__log(&scraper->log, PYR_LOG_ERROR,
             "the last profiles could not be stored",
             {"error", pyr__str(err.text)});
  scraper->store = NULL;
}

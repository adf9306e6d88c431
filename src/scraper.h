/* The owner of all rooms, private to scraper*.c and scrape*.c.
 *
 * A scrape loop is one (target, profile) for as long as the target lives: it
 * waits on its timer, asks the gate, runs one request, and waits again.  A
 * request that waits for its response holds a connection and nothing else; the
 * decoder is borrowed when the body begins. */
#ifndef PYR__SCRAPER_H
#define PYR__SCRAPER_H

#include <uv.h>

#include "config/config.h"
#include "discovery/target.h"
#include "net/http_client.h"
#include "pprof/decoder.h"
#include "pprof/delta.h"
#include "schedule/gate.h"
#include "schedule/phase.h"
#include "schedule/timer_heap.h"
#include "serve/serve.h"
#include "store/store.h"

enum { PYR__IDLE_DECODERS = 4 };

struct pyr__job_state {
  const struct pyr__job_config *config;
  struct pyr__job_counters counters;
  size_t target_count, request_count;
};

struct pyr__scrape_loop {
  struct pyr__timer timer; /* idle: the next start; running: the deadline */
  struct pyr__pass pass;
  struct pyr__scraper *scraper;
  struct pyr__job_state *job;
  const struct pyr__target *target;
  const struct pyr__target_request *request;
  struct pyr__phase phase;

  struct pyr__http_request *http; /* while it runs */
  struct pyr__decoder *decoder;   /* while its body is read */
  bool failed_at_once;            /* could not even start; ends at its timer */
  int64_t due_ns, started_ns;     /* monotonic */
  int64_t started_wall_ns;

  struct pyr__delta *delta; /* made by the first cumulative profile */
  int64_t last_profile_ns;  /* wall time of the last good one; 0: none */
  int64_t covered_until_ns; /* CPU: monotonic end of what counts as expected */

  enum pyr__health health;
  char *last_error; /* NULL: none */
  int last_code;    /* of the last failure */
  uint64_t failures_in_a_row;
  int64_t last_scrape_ns; /* wall; 0: never */
  int64_t last_duration_ns;
  uint64_t scrapes, failures, missed;
};

struct pyr__scraper {
  pyr_scraper_t *handle;
  uv_loop_t *loop;
  struct pyr__memory memory;
  pyr_options_t options; /* strings copied */
  char *storage_path, *listen;
  struct pyr__log log;
  struct pyr__clock clock;

  enum {
    PYR__SCRAPER_NEW,
    PYR__SCRAPER_RUNNING,
    PYR__SCRAPER_STOPPING, /* scrapes end */
    PYR__SCRAPER_STOPPED   /* rooms are shut */
  } state;
  pyr_config_t *config;
  struct pyr__arena arena; /* jobs, targets and loops */
  struct pyr__job_state *jobs;
  const struct pyr__target **targets;
  struct pyr__scrape_loop **target_loops; /* the first of each target */
  struct pyr__scrape_loop *loops;
  size_t job_count, target_count, loop_count;

  struct pyr__timer_heap heap;
  struct pyr__gate gate;
  uv_timer_t timer;
  uv_prepare_t prepare;
  uv_check_t check;
  int64_t turn_started_ns;
  struct pyr__loop_status lag;
  struct pyr__timer store_timer, grace_timer;

  struct pyr__http_client *client;
  struct pyr__store *store; /* NULL: nothing is stored */
  struct pyr__serve *serve; /* NULL: listens nowhere */
  char address[128];
  struct pyr__decoder *decoders[PYR__IDLE_DECODERS];
  size_t decoder_count;

  unsigned open_rooms; /* being shut, and handles being closed */
  bool closing;
  pyr_close_cb on_stopped, on_closed;
  int64_t start_wall_ns;
};

/* scraper_timer.c */
void pyr__scraper_arm(struct pyr__scraper *scraper);
void pyr__scraper_timer_start(struct pyr__scraper *scraper);
void pyr__scraper_timer_stop(struct pyr__scraper *scraper);
struct pyr__instant pyr__scraper_now(const struct pyr__scraper *scraper);

/* scraper.c */
/* One scrape has ended: goes on with a stop that waits for it. */
void pyr__scraper_idle(struct pyr__scraper *scraper);

/* scrape.c */
void pyr__scrape_loop_start(struct pyr__scrape_loop *loop);
void pyr__scrape_admit(void *ctx, struct pyr__pass *pass);
void pyr__scrape_cancel(struct pyr__scrape_loop *loop, int code,
                        const char *text);
void pyr__scrape_loop_release(struct pyr__scrape_loop *loop);

/* scrape_keep.c: a decoded profile to the delta, the callback, the store. */
int pyr__scrape_keep(struct pyr__scrape_loop *loop,
                     const struct pyr__profile *profile, pyr_error_t *err);

/* scrape_report.c: counters, health, log lines, the callback. */
void pyr__scrape_report(struct pyr__scrape_loop *loop,
                        const struct pyr__http_done *done, uint64_t body_bytes,
                        const pyr_error_t *err);

/* scraper_status.c */
struct pyr__status_source
pyr__scraper_status_source(struct pyr__scraper *scraper);

#endif

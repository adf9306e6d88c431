/* The owner of all rooms, private to scraper*.c and scrape*.c.
 *
 * A scrape loop is one (target, profile) for as long as the target lives: it
 * waits on its timer, asks the gate, runs one request, and waits again.  A
 * request that waits for its response holds a connection and nothing else; the
 * decoder is borrowed when the body begins.
 *
 * All that ends happens in a turn of its own, from `end_timer`: so every call
 * of the public interface is legal inside every callback. */
#ifndef PYR__SCRAPER_H
#define PYR__SCRAPER_H

#include <uv.h>

#include "config/config.h"
#include "net/http_access.h"
#include "pprof/decoder.h"
#include "pprof/delta.h"
#include "schedule/budget.h"
#include "schedule/gate.h"
#include "schedule/pace.h"
#include "schedule/timer_heap.h"
#include "serve/serve.h"
#include "store/store.h"
#include "targets/job_targets.h"

enum {
  PYR__IDLE_DECODERS = 4,
  PYR__OWN_TIMERS = 4 /* start_timer, store_timer, end_timer, reload.timer */
};

/* One (target, profile). */
struct pyr__scrape_loop {
  struct pyr__timer timer; /* idle: the next start; running: the deadline */
  struct pyr__pass pass;
  struct pyr__scraper *scraper;
  struct pyr__scrape_target *owner;
  const struct pyr__target_request *request;
  struct pyr__pace pace;

  struct pyr__http_request *http; /* while it runs */
  struct pyr__decoder *decoder;   /* while its body is read */
  struct pyr__share memory;       /* that the decoder takes */
  int early_code;                 /* could not even start; ends at its timer */
  int64_t due_ns, started_ns;     /* monotonic */
  int64_t started_wall_ns;
  int64_t retry_after_ns; /* the target wants so much peace; 0: it does not */

  struct {
    int64_t seconds_ns; /* lowered to what the server allows; 0: not */
    unsigned cuts;      /* early ends in a row */
  } fit;
  struct pyr__delta *delta; /* made by the first cumulative profile */
  int64_t covered_until_ns; /* CPU: monotonic end of the last; 0: none yet */

  enum pyr__health health;
  char *last_error; /* NULL: none */
  int last_code;    /* of the last failure */
  uint64_t failures_in_a_row;
  int64_t last_scrape_ns; /* wall; 0: never */
  int64_t last_duration_ns;
  uint64_t scrapes, failures, missed;
};

/* One target, and a loop for each of its requests. */
struct pyr__scrape_target {
  struct pyr__job_state *job;
  struct pyr__live_target *live;
  const struct pyr__target *target; /* the live one's */
  struct pyr__list link;            /* of the scraper's starting */
  bool has_begun;                   /* and may be asked */
  bool is_gone; /* from its set; the last scrape that ends frees it */
  size_t loop_count;
  struct pyr__scrape_loop loops[];
};

struct pyr__job_state {
  struct pyr__scraper *scraper;
  const struct pyr__job_config *config;
  struct pyr__job_counters counters;
  struct pyr__http_access *access;
  struct pyr__job_targets *targets;
  size_t request_count;
};

struct pyr__scraper {
  pyr_scraper_t *handle;
  uv_loop_t *loop;
  struct pyr__memory memory;
  pyr_options_t options;       /* its strings are the next two */
  char *storage_path, *listen; /* NULL: the configuration's */
  char *sandbox;               /* NULL: nobody knows */
  struct pyr__log log;
  struct pyr__clock clock;

  enum {
    PYR__SCRAPER_NEW,
    PYR__SCRAPER_RUNNING,
    PYR__SCRAPER_STOPPING, /* scrapes end */
    PYR__SCRAPER_STOPPED   /* rooms are shut */
  } state;
  pyr_config_t *config;
  struct pyr__job_state **jobs; /* by name */
  size_t job_count, loop_count;
  size_t leaving; /* targets that are gone, but for a scrape that runs */
  struct pyr__arena view; /* of what the status was asked for last */

  struct pyr__timer_heap heap;
  struct pyr__gate gate;
  struct pyr__budget budget; /* of all decoders */
  uv_timer_t timer;
  uv_prepare_t prepare;
  uv_check_t check;
  uint64_t turn_woke_ms;
  int64_t turn_started_ns;
  uint64_t turn_idle_ns; /* the loop's idle time when the turn started */
  struct pyr__loop_status lag;
  struct pyr__list starting; /* targets that have just begun */
  struct pyr__timer start_timer, store_timer, end_timer;

  struct pyr__http_client *client;
  struct pyr__store *store; /* NULL: nothing is stored */
  bool store_is_failing;    /* and the log says so */
  struct pyr__serve *serve; /* NULL: listens nowhere */
  char address[128];
  struct pyr__decoder *decoders[PYR__IDLE_DECODERS];
  size_t decoder_count;

  unsigned open_handles; /* rooms and handles that are being closed */
  bool closing;
  bool in_callback; /* the user's, for a scrape */
  struct {
    struct pyr__reload_plan *plan; /* NULL: none is being tried */
    struct pyr__timer timer;       /* of its next turn */
    bool is_busy;                  /* what it logs is no place for another */
    uint64_t number;
    bool has_failed;    /* the last one */
    int64_t success_ns; /* wall, of the last good one or the start */
  } reload;
  pyr_close_cb on_stopped, on_closed;
  int64_t start_wall_ns;
};

/* scraper_timer.c: the heap on one uv_timer_t, and how long turns take. */
void pyr__scraper_timer_init(struct pyr__scraper *scraper);
void pyr__scraper_timer_start(struct pyr__scraper *scraper);
void pyr__scraper_timer_stop(struct pyr__scraper *scraper);
struct pyr__instant pyr__scraper_now(const struct pyr__scraper *scraper);

/* scraper_targets.c: jobs, their targets, their loops. */
int pyr__job_new(struct pyr__job_state **out, struct pyr__scraper *scraper,
                 const struct pyr__job_config *job_config, pyr_error_t *err);
/* How it gets at its targets. */
int pyr__job_access_new(struct pyr__http_access **out,
                        struct pyr__scraper *scraper,
                        const struct pyr__job_config *config, pyr_error_t *err);
/* Its targets go at once; `open_handles` counts the rest. */
void pyr__job_close(struct pyr__job_state *job);
struct pyr__target_set *pyr__job_set(const struct pyr__job_state *job);
/* Frees a target that is gone, when nothing of it runs any more. */
void pyr__scrape_target_end(struct pyr__scrape_target *target);
size_t pyr__scraper_target_count(const struct pyr__scraper *scraper);
void pyr__scraper_start_turn(struct pyr__timer *timer);
/* By name, as Prometheus shows them, and so all views of ours. */
void pyr__scraper_sort_jobs(struct pyr__scraper *scraper);
/* How many scrapes may run at once; says so where that is not what `config`
 * asks for. */
size_t pyr__scraper_in_flight(const struct pyr__scraper *scraper,
                              const pyr_config_t *config);
int pyr__scraper_targets_build(struct pyr__scraper *scraper, pyr_error_t *err);
void pyr__scraper_targets_start(struct pyr__scraper *scraper);
/* No loop starts a scrape any more; those running go on. */
void pyr__scraper_targets_stop(struct pyr__scraper *scraper);
void pyr__scraper_targets_cancel(struct pyr__scraper *scraper);
void pyr__scraper_targets_close(struct pyr__scraper *scraper);

/* scraper_reload.c */
void pyr__scraper_reload_turn(struct pyr__timer *timer);
/* Nothing has changed, and whoever asked for it is told why. */
void pyr__scraper_reload_cancel(struct pyr__scraper *scraper, const char *why);

/* scraper_store.c */
const char *pyr__scraper_storage_path(const struct pyr__scraper *scraper);
int pyr__scraper_store_open(struct pyr__scraper *scraper, pyr_error_t *err);
/* There may be something to write: in a turn of its own, when it is due. */
void pyr__scraper_store_later(struct pyr__scraper *scraper);
void pyr__scraper_store_close(struct pyr__scraper *scraper);

/* scraper.c */
/* One scrape has ended: goes on with a stop that waits for it. */
void pyr__scraper_idle(struct pyr__scraper *scraper);
/* One of open_handles is closed. */
void pyr__scraper_room_closed(struct pyr__scraper *scraper);

/* scrape.c */
void pyr__scrape_loop_init(struct pyr__scrape_loop *loop,
                           struct pyr__scraper *scraper,
                           struct pyr__scrape_target *owner,
                           const struct pyr__target_request *request);
void pyr__scrape_loop_start(struct pyr__scrape_loop *loop);
/* No new scrape; one that runs goes on. */
void pyr__scrape_loop_stop(struct pyr__scrape_loop *loop);
/* The target is there again, or another: what was absent may not be. */
void pyr__scrape_target_returned(struct pyr__scrape_target *target);
/* Ends the scrape that runs, if one does. */
void pyr__scrape_cancel(struct pyr__scrape_loop *loop);
void pyr__scrape_loop_release(struct pyr__scrape_loop *loop);
/* For the gate, and for the budget: `ctx` is the scraper. */
void pyr__scrape_admit(void *ctx, struct pyr__pass *pass);
void pyr__scrape_go_on(void *ctx, struct pyr__share *share);
void pyr__scraper_decoders_release(struct pyr__scraper *scraper);

/* scrape_keep.c: a decoded profile to the delta, the callback, the store. */
int pyr__scrape_keep(struct pyr__scrape_loop *loop,
                     const struct pyr__profile *profile, pyr_error_t *err);
/* Whether the target makes the difference of cumulative columns itself. */
bool pyr__scrape_is_difference(const struct pyr__target_request *request);

struct pyr__scrape_outcome {
  const pyr_error_t *error; /* NULL: success */
  int status;
  bool redirect_refused;
  unsigned other_hosts; /* that redirects led to */
  uint64_t wire_bytes, body_bytes;
  int64_t took_ns;
};

/* scrape_fit.c: durations that the target's server allows. */
void pyr__scrape_fit_failed(struct pyr__scrape_loop *loop,
                            const struct pyr__scrape_outcome *outcome);
void pyr__scrape_fit_forget(struct pyr__scrape_loop *loop);
/* What is asked of the target now; 0: a snapshot. */
int64_t pyr__scrape_seconds_ns(const struct pyr__scrape_loop *loop);
/* The URL that asks it; it may be put into `buffer`. */
const char *pyr__scrape_url(const struct pyr__scrape_loop *loop, char *buffer,
                            size_t size);

/* scrape_report.c: counters, health, log lines, the callback. */
/* Returns what the outcome means for the next one. */
enum pyr__pace_outcome
pyr__scrape_report(struct pyr__scrape_loop *loop,
                   const struct pyr__scrape_outcome *outcome);

/* scraper_found.c: for the status source; `ctx` is the scraper. */
enum pyr__found_step
pyr__scraper_found_next(void *ctx, const struct pyr__found_filter *filter,
                        struct pyr__found_cursor *cursor, pyr_found_t *out);
int pyr__scraper_relabel(void *ctx, pyr_str_t job, const pyr_label_t *labels,
                         size_t count,
                         void (*cb)(void *cb_ctx,
                                    const pyr_relabel_step_t *step),
                         void *cb_ctx, pyr_error_t *err);

/* scraper_status.c */
struct pyr__status_source
pyr__scraper_status_source(struct pyr__scraper *scraper);
/* scraper.c: where the endpoint listens, which a reload may change. */
void pyr__scraper_note_address(struct pyr__scraper *scraper);
/* scraper.c: who may ask the endpoint, as the configuration has it. */
int pyr__scraper_guard_new(struct pyr__serve_guard **out,
                           struct pyr__scraper *scraper,
                           const pyr_config_t *config, pyr_error_t *err);

#endif

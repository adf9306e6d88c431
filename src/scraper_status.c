/* The scraper as its stats endpoint sees it. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "targets/making.h"
#include "net/tls_shared.h"
#include "scraper.h"

enum { VIEW_KEPT = 16 * 1024 };

/* 0 where it cannot be known. */
static uint64_t resident_bytes(void) {
  unsigned long long total, resident = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL)
    return 0;
  if (fscanf(file, "%llu %llu", &total, &resident) != 2)
    resident = 0;
  fclose(file);
  return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static size_t open_files(void) {
  DIR *dir = opendir("/proc/self/fd");
  size_t count = 0;
  if (dir == NULL)
    return 0;
  while (readdir(dir) != NULL)
    count++;
  closedir(dir);
  return count < 3 ? 0 : count - 3; /* ".", ".." and the directory itself */
}

static void count_handle(uv_handle_t *handle, void *count) {
  (void)handle;
  ++*(size_t *)count;
}

static size_t loop_handles(uv_loop_t *loop) {
  size_t count = 0;
  uv_walk(loop, count_handle, &count);
  return count;
}

static size_t most_files(void) {
  struct rlimit limit = {.rlim_cur = 0};
  getrlimit(RLIMIT_NOFILE, &limit);
  return (size_t)limit.rlim_cur;
}

static void get_process(void *ctx, struct pyr__process_status *out) {
  struct pyr__scraper *scraper = ctx;
  const struct pyr__http_client_stats *net =
      pyr__http_client_stats(scraper->client);
  struct pyr__tls_shared *tls = pyr__http_client_tls(scraper->client);
  *out = (struct pyr__process_status){
      .start_ns = scraper->start_wall_ns,
      .cpu_ns = pyr__cpu_ns(),
      .resident_bytes = resident_bytes(),
      .open_files = open_files(),
      .timers = scraper->heap.count,
      .loop_handles = loop_handles(scraper->loop),
      .most_files = most_files(),
      .in_flight = scraper->gate.in_flight,
      .sandbox = scraper->sandbox,
      .last_reload_good = !scraper->reload.has_failed,
      .last_reload_ns = scraper->reload.success_ns,
      .queued = scraper->gate.queued,
      .held = scraper->budget.waiting,
      .loop = &scraper->lag,
      .connections_opened = net->connections_opened,
      .connections_reused = net->connections_reused,
      .dns_queries = net->dns_queries,
      .dns_failures = net->dns_failures,
      .tls = *pyr__tls_stats(tls, false),
      .web_tls = *pyr__tls_stats(tls, true)};
}

static void get_store(void *ctx, struct pyr__store_status *out) {
  struct pyr__scraper *scraper = ctx;
  const struct pyr__store_stats *stats;
  memset(out, 0, sizeof(*out));
  out->path = out->last_error = "";
  if (scraper->store == NULL)
    return;
  stats = pyr__store_stats(scraper->store);
  *out = (struct pyr__store_status){.enabled = true,
                                    .path = pyr__scraper_storage_path(scraper),
                                    .store_bytes = stats->store_bytes,
                                    .segments = stats->segments,
                                    .profiles = stats->profiles,
                                    .frames = stats->frames,
                                    .dropped_profiles = stats->dropped_profiles,
                                    .write_errors = stats->write_errors,
                                    .written_bytes = stats->written_bytes,
                                    .buffered_bytes = stats->buffered_bytes,
                                    .dictionary_bytes = stats->dictionary_bytes,
                                    .syncs = stats->syncs,
                                    .segments_sealed = stats->segments_sealed,
                                    .segments_retired = stats->segments_retired,
                                    .longest_write_ns = stats->longest_write_ns,
                                    .longest_sync_ns = stats->longest_sync_ns,
                                    .last_error = stats->last_error};
}

static size_t get_job_count(void *ctx) {
  return ((struct pyr__scraper *)ctx)->job_count;
}

static void get_job(void *ctx, size_t job, struct pyr__job_status *out) {
  const struct pyr__job_state *state = ((struct pyr__scraper *)ctx)->jobs[job];
  const struct pyr__target_set *set = pyr__job_set(state);
  *out = (struct pyr__job_status){.name = state->config->name,
                                  .target_count = set->count,
                                  .request_count = state->request_count,
                                  .dropped_count = set->dropped,
                                  .bad_count = set->bad,
                                  .counters = &state->counters};
}

static size_t get_target_count(void *ctx) {
  return pyr__scraper_target_count(ctx);
}

/* Targets count through the jobs. */
static struct pyr__scrape_target *target_at(const struct pyr__scraper *scraper,
                                            size_t target) {
  struct pyr__job_state *const *job = scraper->jobs;
  for (; target >= pyr__job_set(*job)->count; job++)
    target -= pyr__job_set(*job)->count;
  return pyr__job_set(*job)->targets[target]->owner;
}

/* As relabelling saw it; without memory, as nothing. */
static struct pyr__label_set discovered_of(struct pyr__scraper *scraper,
                                           struct pyr__scrape_target *owner) {
  struct pyr__label_set labels = {NULL, 0};
  struct pyr__discovered entry;
  pyr__arena_reset(&scraper->view, VIEW_KEPT);
  if (pyr__target_set_discovered(pyr__job_set(owner->job), owner->live,
                                 &scraper->view, &entry) != 0 ||
      pyr__discovered_labels(owner->job->config, &entry, &scraper->view,
                             &labels, NULL) != 0)
    return (struct pyr__label_set){NULL, 0};
  return labels;
}

static void get_target(void *ctx, size_t index,
                       struct pyr__target_status *out) {
  struct pyr__scrape_target *owner = target_at(ctx, index);
  const struct pyr__target *target = owner->target;
  struct pyr__label_set discovered = discovered_of(ctx, owner);
  *out = (struct pyr__target_status){.job = owner->job->config->name,
                                     .address = target->address,
                                     .application = target->application,
                                     .discovered = discovered.items,
                                     .labels = target->labels,
                                     .discovered_count = discovered.count,
                                     .label_count = target->label_count,
                                     .request_count = owner->loop_count};
}

/* On the wall clock: the next scrape is due on the other one. */
static int64_t next_scrape(const struct pyr__scrape_loop *loop) {
  struct pyr__instant now = pyr__scraper_now(loop->scraper);
  int64_t due = loop->timer.due_ns;
  if (loop->pass.state != PYR__PASS_NONE)
    due = loop->due_ns + loop->request->interval_ns;
  return now.wall_ns + due - now.monotonic_ns;
}

static void get_request(void *ctx, size_t target, size_t request,
                        struct pyr__request_status *out) {
  const struct pyr__scrape_loop *loop = &target_at(ctx, target)->loops[request];
  *out = (struct pyr__request_status){
      .profile = loop->request->profile->name,
      .url = loop->request->url,
      .health = loop->health,
      .last_error = loop->last_error != NULL ? loop->last_error : "",
      .last_scrape_ns = loop->last_scrape_ns,
      .last_duration_ns = loop->last_duration_ns,
      .next_scrape_ns = next_scrape(loop),
      .interval_ns = loop->request->interval_ns,
      .timeout_ns = loop->request->timeout_ns,
      .scrapes = loop->scrapes,
      .failures = loop->failures,
      .missed = loop->missed,
      .delta_stacks = loop->delta != NULL ? pyr__delta_stacks(loop->delta) : 0};
}

static bool is_ready(void *ctx) {
  return ((struct pyr__scraper *)ctx)->state == PYR__SCRAPER_RUNNING;
}

/* The mechanism with a number, or how many there are. */
struct search {
  size_t wanted, count;
  struct pyr__discovery_status *out; /* NULL: only count */
};

static void on_mechanism(void *ctx, const char *mechanism,
                         const struct pyr__discovery_stats *stats) {
  struct search *search = ctx;
  if (search->count++ == search->wanted && search->out != NULL)
    *search->out = (struct pyr__discovery_status){
        .mechanism = mechanism,
        .updates = stats->updates,
        .failures = stats->failures,
        .watch_restarts = stats->watch_restarts,
        .target_count = stats->targets,
        .last_success_ns = stats->last_success_ns,
        .last_error = stats->last_error};
}

static size_t get_discovery_count(void *ctx, size_t job) {
  struct search search = {0};
  pyr__job_targets_each(((struct pyr__scraper *)ctx)->jobs[job]->targets,
                        on_mechanism, &search);
  return search.count;
}

static void get_discovery(void *ctx, size_t job, size_t number,
                          struct pyr__discovery_status *out) {
  struct search search = {number, 0, out};
  pyr__job_targets_each(((struct pyr__scraper *)ctx)->jobs[job]->targets,
                        on_mechanism, &search);
}

static int reload(void *ctx, pyr_error_t *err) {
  struct pyr__scraper *scraper = ctx;
  int rc = scraper->options.on_reload(scraper->handle, err);
  return rc != 0 ? rc : scraper->reload.plan != NULL;
}

static void get_memory(void *ctx, struct pyr__account out[PYR__PURPOSE_COUNT]) {
  const struct pyr__scraper *scraper = ctx;
  size_t i;
  for (i = 0; i < PYR__PURPOSE_COUNT; i++) {
    const struct pyr__account *config = &scraper->config->memory.accounts[i];
    out[i] = scraper->memory.accounts[i];
    out[i].used_bytes += config->used_bytes;
    out[i].used_blocks += config->used_blocks;
    out[i].allocated_bytes += config->allocated_bytes;
    out[i].allocated_blocks += config->allocated_blocks;
  }
}

struct pyr__status_source
pyr__scraper_status_source(struct pyr__scraper *scraper) {
  return (struct pyr__status_source){
      .ctx = scraper,
      .process = get_process,
      .store = get_store,
      .job_count = get_job_count,
      .job = get_job,
      .target_count = get_target_count,
      .target = get_target,
      .request = get_request,
      .ready = is_ready,
      .reload = scraper->options.on_reload != NULL ? reload : NULL,
      .discovery_count = get_discovery_count,
      .discovery = get_discovery,
      .found = pyr__scraper_found_next,
      .relabel = pyr__scraper_relabel,
      .memory = get_memory};
}

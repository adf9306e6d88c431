/* The page of the stats endpoint: what is scraped, how it goes, and what is
 * stored.  A page shows a hundred targets; finding them among ten thousand is
 * sliced like everything else. */
#include "base/list.h"
#include "serve/list_page.h"

enum { TARGETS_A_PAGE = 100 };

struct page {
  struct pyr__list_page list;
  char *health; /* NULL: all */
};

static const struct page *self_of(const struct pyr__list_page *page) {
  return pyr__container_of(page, const struct page, list);
}

/* ---- facts -------------------------------------------------------------- */

static void fact(struct pyr__html *w, const char *name) {
  pyr__html_raw(w, "</b></div><div>");
  pyr__html_raw(w, name);
  pyr__html_raw(w, "<b>");
}

static void write_status(const struct pyr__list_page *page,
                         struct pyr__html *w) {
  struct pyr__process_status process;
  memset(&process, 0, sizeof(process));
  page->source->process(page->source->ctx, &process);
  pyr__html_head(w, "Pyrite");
  pyr__html_raw(w, "<header><h1>Pyrite</h1><span class=\"dim\">");
  pyr__html_raw(w, pyr_version());
  pyr__html_raw(w, ", up ");
  pyr__html_duration(w, page->now_ns - process.start_ns);
  pyr__html_raw(
      w, "</span><nav><a href=\"/metrics\">metrics</a><a href=\"/targets\">"
         "targets</a><a href=\"/service-discovery\">service discovery</a>"
         "<a href=\"/api/v1/targets\">API</a><a "
         "href=\"/debug/pprof/\">profiles of Pyrite</a></nav></header>\n"
         "<div class=\"facts\"><div>Running scrapes<b>");
  pyr__html_number(w, process.in_flight);
  if (process.queued > 0) {
    pyr__html_raw(w, ", ");
    pyr__html_number(w, process.queued);
    pyr__html_raw(w, " waiting");
  }
  fact(w, "Memory");
  pyr__html_bytes(w, process.resident_bytes);
  fact(w, "CPU time");
  pyr__html_duration(w, process.cpu_ns);
  if (process.loop != NULL) {
    fact(w, "Worst lag of the loop");
    pyr__html_duration(w, (int64_t)(process.loop->lag_max_seconds * 1e9));
  }
}

static void write_store(const struct pyr__list_page *page,
                        struct pyr__html *w) {
  struct pyr__store_status store;
  memset(&store, 0, sizeof(store));
  page->source->store(page->source->ctx, &store);
  fact(w, "Store");
  if (!store.enabled) {
    pyr__html_raw(w, "none</b></div></div>\n");
    return;
  }
  pyr__html_bytes(w, store.store_bytes);
  fact(w, "Segments");
  pyr__html_number(w, store.segments);
  fact(w, "Profiles stored");
  pyr__html_number(w, store.profiles);
  if (store.dropped_profiles > 0) {
    fact(w, "Profiles dropped");
    pyr__html_number(w, store.dropped_profiles);
  }
  pyr__html_raw(w, "</b></div></div>\n<p class=\"dim\">Stored in <code>");
  pyr__html_text(w, pyr__str(store.path == NULL ? "" : store.path));
  pyr__html_raw(w, "</code></p>\n");
  if (store.last_error != NULL && store.last_error[0] != '\0') {
    pyr__html_raw(w, "<p class=\"error\">");
    pyr__html_text(w, pyr__str(store.last_error));
    pyr__html_raw(w, "</p>\n");
  }
}

/* ---- jobs --------------------------------------------------------------- */

static void write_head(struct pyr__list_page *page, struct pyr__html *w) {
  write_status(page, w);
  write_store(page, w);
  pyr__html_raw(
      w, "<h2>Jobs</h2>\n<div class=\"scroll\"><table>\n<tr><th>Job</th><th "
         "class=\"n\">Targets</th><th class=\"n\">Profiles a "
         "round</th><th class=\"n\">Scrapes</th><th class=\"n\">Failed</th>"
         "<th class=\"n\">Missed</th><th class=\"n\">Received</th><th "
         "class=\"n\">CPU covered</th></tr>\n");
}

static void write_coverage(struct pyr__html *w,
                           const struct pyr__job_counters *counters) {
  uint64_t tenths;
  pyr__html_raw(w, "<td class=\"n\">");
  if (counters->expected_ns > 0) {
    tenths = (uint64_t)((double)counters->covered_ns /
                            (double)counters->expected_ns * 1000 +
                        0.5);
    if (w->rc == 0)
      w->rc = pyr__buf_add_format(w->out, "%llu.%llu %%",
                                  (unsigned long long)(tenths / 10),
                                  (unsigned long long)(tenths % 10));
  }
  pyr__html_raw(w, "</td></tr>\n");
}

static void write_job(struct pyr__list_page *page, struct pyr__html *w) {
  struct pyr__job_status job;
  uint64_t failures = 0;
  int i;
  page->source->job(page->source->ctx, page->item, &job);
  for (i = 0; i < PYR__FAILURE_COUNT; i++)
    failures += job.counters->failures[i];
  pyr__html_raw(w, "<tr><td>");
  pyr__html_text(w, job.name);
  pyr__html_raw(w, "</td>");
  pyr__html_number_cell(w, job.target_count);
  pyr__html_number_cell(w, job.request_count);
  pyr__html_number_cell(w, job.counters->scrapes);
  pyr__html_number_cell(w, failures);
  pyr__html_number_cell(w, job.counters->missed);
  pyr__html_raw(w, "<td class=\"n\">");
  pyr__html_bytes(w, job.counters->wire_bytes);
  pyr__html_raw(w, "</td>");
  write_coverage(w, job.counters);
}

/* ---- targets ------------------------------------------------------------ */

static enum pyr__health target_health(const struct pyr__list_page *page,
                                      size_t target, size_t count) {
  enum pyr__health health = count > 0 ? PYR__HEALTH_UP : PYR__HEALTH_UNKNOWN;
  size_t i;
  for (i = 0; i < count; i++) {
    struct pyr__request_status request;
    page->source->request(page->source->ctx, target, i, &request);
    health = pyr__serve_worst_health(health, request.health);
  }
  return health;
}

static bool is_wanted(const struct pyr__list_page *page, size_t index,
                      const struct pyr__target_status *target) {
  if (page->job != NULL && !pyr__str_is(target->job, page->job))
    return false;
  return self_of(page)->health == NULL ||
         strcmp(self_of(page)->health,
                pyr__serve_health_name(
                    target_health(page, index, target->request_count))) == 0;
}

static void write_url(struct pyr__html *w,
                      const struct pyr__request_status *r) {
  pyr_str_t url = pyr__str(r->url);
  bool is_link =
      pyr__str_starts(url, "http://") || pyr__str_starts(url, "https://");
  if (is_link) {
    pyr__html_raw(w, "<a rel=\"noreferrer\" href=\"");
    pyr__html_text(w, url);
    pyr__html_raw(w, "\">");
  }
  pyr__html_text(w, r->profile);
  pyr__html_raw(w, is_link ? "</a>" : "");
}

static void write_when(const struct pyr__list_page *page, struct pyr__html *w,
                       const struct pyr__request_status *request) {
  pyr__html_raw(w, "<td class=\"t\">");
  pyr__html_ago(w, request->last_scrape_ns, page->now_ns);
  pyr__html_raw(w, "</td><td class=\"n\">");
  pyr__html_duration(w, request->last_duration_ns);
  pyr__html_raw(w, "</td><td class=\"t\">");
  if (request->next_scrape_ns > page->now_ns) {
    pyr__html_raw(w, "in ");
    pyr__html_duration(w, request->next_scrape_ns - page->now_ns);
  } else {
    pyr__html_raw(w, request->next_scrape_ns == 0 ? "" : "now");
  }
  pyr__html_raw(w, "</td>");
}

static void write_request(const struct pyr__list_page *page,
                          struct pyr__html *w, size_t index) {
  struct pyr__request_status request;
  const char *health;
  page->source->request(page->source->ctx, page->item, index, &request);
  health = pyr__serve_health_name(request.health);
  pyr__html_raw(w, "<td>");
  write_url(w, &request);
  pyr__html_raw(w, "</td><td class=\"");
  pyr__html_raw(w, health);
  pyr__html_raw(w, "\">");
  pyr__html_raw(w, health);
  pyr__html_raw(w, "</td>");
  write_when(page, w, &request);
  pyr__html_raw(w, "<td class=\"n\">");
  pyr__html_duration(w, request.interval_ns);
  pyr__html_raw(w, "</td>");
  pyr__html_number_cell(w, request.scrapes);
  pyr__html_number_cell(w, request.failures);
  pyr__html_number_cell(w, request.missed);
  pyr__html_raw(w, "<td class=\"error\">");
  pyr__html_text(w, pyr__str(request.last_error));
  pyr__html_raw(w, "</td></tr>\n");
}

static void write_target(const struct pyr__list_page *page, struct pyr__html *w,
                         const struct pyr__target_status *target) {
  size_t rows = target->request_count == 0 ? 1 : target->request_count, i;
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out, "<tr><td rowspan=\"%zu\">", rows);
  pyr__html_raw(w, "<b>");
  pyr__html_text(w, target->application);
  pyr__html_raw(w, "</b> <span class=\"dim\">");
  pyr__html_text(w, target->job);
  pyr__html_raw(w, "</span><br>");
  pyr__html_text(w, target->address);
  pyr__html_labels(w, target->labels, target->label_count);
  pyr__html_raw(w, "</td>");
  if (target->request_count == 0)
    pyr__html_raw(w,
                  "<td class=\"dim\" colspan=\"10\">no profiles</td></tr>\n");
  for (i = 0; i < target->request_count; i++) {
    pyr__html_raw(w, i > 0 ? "<tr>" : "");
    write_request(page, w, i);
  }
}

static void filter_link(const struct pyr__list_page *page, struct pyr__html *w,
                        const char *health, size_t target_page) {
  pyr__html_raw(w, "<a href=\"/?job=");
  pyr__html_query_value(w, page->job == NULL ? "" : page->job);
  pyr__html_raw(w, "&amp;health=");
  pyr__html_query_value(w, health == NULL ? "" : health);
  pyr__html_raw(w, "&amp;page=");
  pyr__html_number(w, target_page);
  pyr__html_raw(w, "\">");
}

static void write_targets_head(struct pyr__list_page *page,
                               struct pyr__html *w) {
  static const char *const filters[] = {"", "down", "unknown", "up"};
  size_t i;
  pyr__html_raw(w, "</table></div>\n<h2>Targets");
  if (page->job != NULL) {
    pyr__html_raw(w, " of ");
    pyr__html_text(w, pyr__str(page->job));
  }
  pyr__html_raw(w, "</h2>\n<nav class=\"pages\">");
  for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
    filter_link(page, w, filters[i], 1);
    pyr__html_raw(w, i == 0 ? "all" : filters[i]);
    pyr__html_raw(w, "</a>");
  }
  pyr__html_raw(
      w, "</nav>\n<div class=\"scroll\"><table>\n<tr><th>Target</th><th>Profile"
         "</th><th>Health</th><th>Last scrape</th><th class=\"n\">Took</th><th>"
         "Next</th><th class=\"n\">Every</th><th class=\"n\">Scrapes</th><th "
         "class=\"n\">Failed</th><th class=\"n\">Missed</th><th>Last error"
         "</th></tr>\n");
}

static void step_target(struct pyr__list_page *page, struct pyr__html *w) {
  const struct pyr__status_source *source = page->source;
  struct pyr__target_status target;
  if (page->item >= source->target_count(source->ctx)) {
    pyr__list_page_end(page);
    return;
  }
  source->target(source->ctx, page->item, &target);
  if (is_wanted(page, page->item, &target) && pyr__list_page_takes(page))
    write_target(page, w, &target);
  page->item++;
}

static void write_foot(struct pyr__html *w, bool is_empty) {
  if (is_empty)
    pyr__html_raw(
        w, "<tr><td class=\"dim\" colspan=\"11\">No targets here.</td></tr>\n");
  pyr__html_raw(w, "</table></div>\n");
}

static void page_link(struct pyr__list_page *page, struct pyr__html *w,
                      size_t number) {
  filter_link(page, w, self_of(page)->health, number);
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__list_page *page) {
  pyr__free(page->memory, self_of(page)->health);
}

static const struct pyr__list_page_steps steps = {
    .items_a_page = TARGETS_A_PAGE,
    .head = write_head,
    .job = write_job,
    .list_head = write_targets_head,
    .list = step_target,
    .foot = write_foot,
    .link = page_link,
    .release = release};

int pyr__serve_page(const struct pyr__serve_view *view,
                    const struct pyr__serve_page_filter *filter,
                    struct pyr__http_producer *out) {
  struct page *page =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*page));
  if (page == NULL)
    return PYR__ENOMEM;
  if (pyr__list_page_init(&page->list, &steps, view, filter->job,
                          filter->page) != 0 ||
      pyr__html_keep(view->memory, filter->health, &page->health) != 0) {
    pyr__list_page_release(&page->list);
    return PYR__ENOMEM;
  }
  *out = pyr__list_page_producer(&page->list);
  return 0;
}

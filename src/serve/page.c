/* The page of the stats endpoint: what is scraped, how it goes, and what is
 * stored.  A page shows a hundred targets; finding them among ten thousand is
 * sliced like everything else. */
#include "serve/text.h"
#include "serve/views.h"

enum { TARGETS_A_PAGE = 100 };

enum part { HEAD, FACTS, JOBS, TARGETS_HEAD, TARGETS, FOOT, DONE };

struct page {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  int64_t now_ns; /* wall time of the page */
  char *job, *health;
  size_t number;
  enum part part;
  size_t item;    /* of the part */
  size_t matched; /* targets so far that the filter takes */
  bool has_more;
};

/* The first failure sticks, so that long runs of text stay readable. */
struct writer {
  struct pyr__buf *out;
  int rc;
};

static void raw(struct writer *w, const char *text) {
  if (w->rc == 0)
    w->rc = pyr__buf_add_text(w->out, text);
}

static void text(struct writer *w, pyr_str_t value) {
  if (w->rc == 0)
    w->rc = pyr__serve_html(w->out, value);
}

static void number(struct writer *w, uint64_t value) {
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out, "%llu", (unsigned long long)value);
}

static void bytes(struct writer *w, uint64_t value) {
  if (w->rc == 0)
    w->rc = pyr__serve_bytes(w->out, value);
}

/* To the millisecond, the second where it is long, the hour after two days. */
static void duration(struct writer *w, int64_t ns) {
  int64_t hours = ns / PYR__NS_PER_S / 3600;
  int64_t step = ns >= 100 * PYR__NS_PER_S ? PYR__NS_PER_S : PYR__NS_PER_MS;
  if (w->rc == 0 && ns > 0 && ns < PYR__NS_PER_MS)
    raw(w, "&lt;1ms");
  else if (w->rc == 0 && hours >= 48)
    w->rc = pyr__buf_add_format(w->out, "%lldd%lldh", (long long)(hours / 24),
                                (long long)(hours % 24));
  else if (w->rc == 0)
    w->rc = pyr__serve_go_duration(w->out, ns / step * step);
}

static void query_value(struct writer *w, const char *value) {
  for (; *value != '\0' && w->rc == 0; value++) {
    unsigned char c = (unsigned char)*value;
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    w->rc = pyr__buf_add_format(w->out, is_plain ? "%c" : "%%%02X", c);
  }
}

/* ---- facts -------------------------------------------------------------- */

static void fact(struct writer *w, const char *name) {
  raw(w, "</b></div><div>");
  raw(w, name);
  raw(w, "<b>");
}

static void write_head(const struct page *page, struct writer *w) {
  struct pyr__process_status process;
  memset(&process, 0, sizeof(process));
  page->source->process(page->source->ctx, &process);
  raw(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
         "charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width\">\n<title>Pyrite</title>\n<link "
         "rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body><main>\n"
         "<header><h1>Pyrite</h1><span class=\"dim\">");
  raw(w, pyr_version());
  raw(w, ", up ");
  duration(w, page->now_ns - process.start_ns);
  raw(w, "</span><nav><a href=\"/metrics\">metrics</a><a href=\"/targets\">"
         "targets</a><a href=\"/api/v1/targets\">API</a><a "
         "href=\"/debug/pprof/\">profiles of Pyrite</a></nav></header>\n"
         "<div class=\"facts\"><div>Running scrapes<b>");
  number(w, process.in_flight);
  if (process.queued > 0) {
    raw(w, ", ");
    number(w, process.queued);
    raw(w, " waiting");
  }
  fact(w, "Memory");
  bytes(w, process.resident_bytes);
  fact(w, "CPU time");
  duration(w, process.cpu_ns);
  if (process.loop != NULL) {
    fact(w, "Worst lag of the loop");
    duration(w, (int64_t)(process.loop->lag_max_seconds * 1e9));
  }
}

static void write_store(const struct page *page, struct writer *w) {
  struct pyr__store_status store;
  memset(&store, 0, sizeof(store));
  page->source->store(page->source->ctx, &store);
  fact(w, "Store");
  if (!store.enabled) {
    raw(w, "none</b></div></div>\n");
    return;
  }
  bytes(w, store.store_bytes);
  fact(w, "Segments");
  number(w, store.segments);
  fact(w, "Profiles stored");
  number(w, store.profiles);
  if (store.dropped_profiles > 0) {
    fact(w, "Profiles dropped");
    number(w, store.dropped_profiles);
  }
  raw(w, "</b></div></div>\n<p class=\"dim\">Stored in <code>");
  text(w, pyr__str(store.path == NULL ? "" : store.path));
  raw(w, "</code></p>\n");
  if (store.last_error != NULL && store.last_error[0] != '\0') {
    raw(w, "<p class=\"error\">");
    text(w, pyr__str(store.last_error));
    raw(w, "</p>\n");
  }
}

/* ---- jobs --------------------------------------------------------------- */

static void number_cell(struct writer *w, uint64_t value) {
  raw(w, "<td class=\"n\">");
  number(w, value);
  raw(w, "</td>");
}

static void write_jobs_head(struct writer *w) {
  raw(w, "<h2>Jobs</h2>\n<div class=\"scroll\"><table>\n<tr><th>Job</th><th "
         "class=\"n\">Targets</th><th class=\"n\">Profiles a "
         "round</th><th class=\"n\">Scrapes</th><th class=\"n\">Failed</th>"
         "<th class=\"n\">Missed</th><th class=\"n\">Received</th><th "
         "class=\"n\">CPU covered</th></tr>\n");
}

static void write_coverage(struct writer *w,
                           const struct pyr__job_counters *counters) {
  uint64_t tenths;
  raw(w, "<td class=\"n\">");
  if (counters->expected_ns > 0) {
    tenths = (uint64_t)((double)counters->covered_ns /
                            (double)counters->expected_ns * 1000 +
                        0.5);
    if (w->rc == 0)
      w->rc = pyr__buf_add_format(w->out, "%llu.%llu %%",
                                  (unsigned long long)(tenths / 10),
                                  (unsigned long long)(tenths % 10));
  }
  raw(w, "</td></tr>\n");
}

static void write_job(const struct page *page, struct writer *w) {
  struct pyr__job_status job;
  uint64_t failures = 0;
  int i;
  page->source->job(page->source->ctx, page->item, &job);
  for (i = 0; i < PYR__FAILURE_COUNT; i++)
    failures += job.counters->failures[i];
  raw(w, "<tr><td>");
  text(w, job.name);
  raw(w, "</td>");
  number_cell(w, job.target_count);
  number_cell(w, job.request_count);
  number_cell(w, job.counters->scrapes);
  number_cell(w, failures);
  number_cell(w, job.counters->missed);
  raw(w, "<td class=\"n\">");
  bytes(w, job.counters->wire_bytes);
  raw(w, "</td>");
  write_coverage(w, job.counters);
}

/* ---- targets ------------------------------------------------------------ */

static enum pyr__health target_health(const struct page *page, size_t target,
                                      size_t count) {
  enum pyr__health health = count > 0 ? PYR__HEALTH_UP : PYR__HEALTH_UNKNOWN;
  size_t i;
  for (i = 0; i < count; i++) {
    struct pyr__request_status request;
    page->source->request(page->source->ctx, target, i, &request);
    health = pyr__serve_worst_health(health, request.health);
  }
  return health;
}

static bool is_wanted(const struct page *page, size_t index,
                      const struct pyr__target_status *target) {
  if (page->job != NULL && !pyr__str_is(target->job, page->job))
    return false;
  return page->health == NULL ||
         strcmp(page->health, pyr__serve_health_name(target_health(
                                  page, index, target->request_count))) == 0;
}

static void write_url(struct writer *w, const struct pyr__request_status *r) {
  pyr_str_t url = pyr__str(r->url);
  bool is_link =
      pyr__str_starts(url, "http://") || pyr__str_starts(url, "https://");
  if (is_link) {
    raw(w, "<a rel=\"noreferrer\" href=\"");
    text(w, url);
    raw(w, "\">");
  }
  text(w, r->profile);
  raw(w, is_link ? "</a>" : "");
}

static void write_when(const struct page *page, struct writer *w,
                       const struct pyr__request_status *request) {
  raw(w, "<td class=\"t\">");
  if (request->last_scrape_ns == 0) {
    raw(w, "never");
  } else {
    duration(w, page->now_ns > request->last_scrape_ns
                    ? page->now_ns - request->last_scrape_ns
                    : 0);
    raw(w, " ago");
  }
  raw(w, "</td><td class=\"n\">");
  duration(w, request->last_duration_ns);
  raw(w, "</td><td class=\"t\">");
  if (request->next_scrape_ns > page->now_ns) {
    raw(w, "in ");
    duration(w, request->next_scrape_ns - page->now_ns);
  } else {
    raw(w, request->next_scrape_ns == 0 ? "" : "now");
  }
  raw(w, "</td>");
}

static void write_request(const struct page *page, struct writer *w,
                          size_t index) {
  struct pyr__request_status request;
  const char *health;
  page->source->request(page->source->ctx, page->item, index, &request);
  health = pyr__serve_health_name(request.health);
  raw(w, "<td>");
  write_url(w, &request);
  raw(w, "</td><td class=\"");
  raw(w, health);
  raw(w, "\">");
  raw(w, health);
  raw(w, "</td>");
  write_when(page, w, &request);
  raw(w, "<td class=\"n\">");
  duration(w, request.interval_ns);
  raw(w, "</td>");
  number_cell(w, request.scrapes);
  number_cell(w, request.failures);
  number_cell(w, request.missed);
  raw(w, "<td class=\"error\">");
  text(w, pyr__str(request.last_error));
  raw(w, "</td></tr>\n");
}

static void write_labels(struct writer *w,
                         const struct pyr__target_status *target) {
  size_t i;
  raw(w, "<div class=\"labels\">");
  for (i = 0; i < target->label_count; i++) {
    text(w, target->labels[i].name);
    raw(w, "=&quot;");
    text(w, target->labels[i].value);
    raw(w, i + 1 < target->label_count ? "&quot; " : "&quot;");
  }
  raw(w, "</div>");
}

static void write_target(const struct page *page, struct writer *w,
                         const struct pyr__target_status *target) {
  size_t rows = target->request_count == 0 ? 1 : target->request_count, i;
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out, "<tr><td rowspan=\"%zu\">", rows);
  raw(w, "<b>");
  text(w, target->application);
  raw(w, "</b> <span class=\"dim\">");
  text(w, target->job);
  raw(w, "</span><br>");
  text(w, target->address);
  write_labels(w, target);
  raw(w, "</td>");
  if (target->request_count == 0)
    raw(w, "<td class=\"dim\" colspan=\"10\">no profiles</td></tr>\n");
  for (i = 0; i < target->request_count; i++) {
    raw(w, i > 0 ? "<tr>" : "");
    write_request(page, w, i);
  }
}

static void filter_link(const struct page *page, struct writer *w,
                        const char *health, size_t target_page) {
  raw(w, "<a href=\"/?job=");
  query_value(w, page->job == NULL ? "" : page->job);
  raw(w, "&amp;health=");
  query_value(w, health == NULL ? "" : health);
  raw(w, "&amp;page=");
  number(w, target_page);
  raw(w, "\">");
}

static void write_targets_head(const struct page *page, struct writer *w) {
  static const char *const filters[] = {"", "down", "unknown", "up"};
  size_t i;
  raw(w, "</table></div>\n<h2>Targets");
  if (page->job != NULL) {
    raw(w, " of ");
    text(w, pyr__str(page->job));
  }
  raw(w, "</h2>\n<nav class=\"pages\">");
  for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
    filter_link(page, w, filters[i], 1);
    raw(w, i == 0 ? "all" : filters[i]);
    raw(w, "</a>");
  }
  raw(w, "</nav>\n<div class=\"scroll\"><table>\n<tr><th>Target</th><th>Profile"
         "</th><th>Health</th><th>Last scrape</th><th class=\"n\">Took</th><th>"
         "Next</th><th class=\"n\">Every</th><th class=\"n\">Scrapes</th><th "
         "class=\"n\">Failed</th><th class=\"n\">Missed</th><th>Last error"
         "</th></tr>\n");
}

/* Looks at one target; ends the part behind the last one of this page. */
static void step_target(struct page *page, struct writer *w) {
  const struct pyr__status_source *source = page->source;
  struct pyr__target_status target;
  size_t first = (page->number - 1) * TARGETS_A_PAGE;
  if (page->item >= source->target_count(source->ctx)) {
    page->part = FOOT;
    return;
  }
  source->target(source->ctx, page->item, &target);
  if (is_wanted(page, page->item, &target)) {
    page->has_more = page->matched >= first + TARGETS_A_PAGE;
    if (page->has_more) {
      page->part = FOOT;
      return;
    }
    if (page->matched >= first)
      write_target(page, w, &target);
    page->matched++;
  }
  page->item++;
}

static void write_foot(const struct page *page, struct writer *w) {
  if (page->matched <= (page->number - 1) * TARGETS_A_PAGE)
    raw(w, "<tr><td class=\"dim\" colspan=\"11\">No targets here.</td></tr>\n");
  raw(w, "</table></div>\n<nav class=\"pages\">");
  if (page->number > 1) {
    filter_link(page, w, page->health, page->number - 1);
    raw(w, "previous page</a>");
  }
  if (page->has_more) {
    filter_link(page, w, page->health, page->number + 1);
    raw(w, "next page</a>");
  }
  raw(w, "</nav>\n</main></body>\n</html>\n");
}

/* ---- slices ------------------------------------------------------------- */

static void step(struct page *page, struct writer *w) {
  switch (page->part) {
  case HEAD:
    write_head(page, w);
    page->part = FACTS;
    break;
  case FACTS:
    write_store(page, w);
    write_jobs_head(w);
    page->part = JOBS;
    break;
  case JOBS:
    if (page->item < page->source->job_count(page->source->ctx)) {
      write_job(page, w);
      page->item++;
    } else {
      page->part = TARGETS_HEAD;
    }
    break;
  case TARGETS_HEAD:
    write_targets_head(page, w);
    page->item = 0;
    page->part = TARGETS;
    break;
  case TARGETS:
    step_target(page, w);
    break;
  default:
    write_foot(page, w);
    page->part = DONE;
  }
}

static int next(void *ctx, struct pyr__buf *out) {
  struct page *page = ctx;
  struct writer w = {out, 0};
  size_t start = out->len, items;
  for (items = 0;
       w.rc == 0 && page->part != DONE && items < PYR__SERVE_SLICE_ITEMS &&
       out->len - start < PYR__SERVE_SLICE_BYTES;
       items++)
    step(page, &w);
  if (out->len == start)
    raw(&w, "\n");
  return w.rc != 0 ? w.rc : page->part != DONE;
}

static void release(void *ctx) {
  struct page *page = ctx;
  pyr__free(page->memory, page->job);
  pyr__free(page->memory, page->health);
  pyr__free(page->memory, page);
}

/* NULL in, NULL out; 0 or PYR__ENOMEM. */
static int copy(struct pyr__memory *memory, pyr_str_t value, char **out) {
  *out =
      value.base == NULL ? NULL : pyr__copy_text(memory, PYR__MEM_SERVE, value);
  return value.base != NULL && *out == NULL ? PYR__ENOMEM : 0;
}

int pyr__serve_page(const struct pyr__serve_view *view,
                    const struct pyr__serve_page_filter *filter,
                    struct pyr__http_producer *out) {
  struct page *page =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*page));
  if (page == NULL)
    return PYR__ENOMEM;
  page->memory = view->memory;
  page->source = view->source;
  page->now_ns = pyr__wall(view->clock);
  page->number = filter->page;
  if (copy(view->memory, filter->job, &page->job) != 0 ||
      copy(view->memory, filter->health, &page->health) != 0) {
    release(page);
    return PYR__ENOMEM;
  }
  *out = (struct pyr__http_producer){next, release, page};
  return 0;
}

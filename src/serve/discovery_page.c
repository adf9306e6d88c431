/* /service-discovery: what the discovery of each job found, what each rule made
 * of it, and why what is no target is none.  Some entries a page; finding them
 * among ten thousand is sliced like everything else. */
#include "base/clock.h"
#include "base/rule.h"
#include "serve/html.h"
#include "serve/views.h"

enum { ENTRIES_A_PAGE = 50 };

enum part { HEAD, JOBS, ENTRIES_HEAD, ENTRIES, FOOT, DONE };

struct page {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  int64_t now_ns;
  char *job, *state, *text; /* NULL: all */
  unsigned outcomes;
  size_t number;
  enum part part;
  size_t item; /* of the jobs */
  struct pyr__found_cursor cursor;
  size_t matched; /* entries so far that the filter takes */
  bool has_more;
};

static const struct state {
  const char *name, *title;
  unsigned outcomes;
} states[] = {{"", "all", ~0u},
              {"active", "targets", 1u << PYR_FOUND_TARGET},
              {"dropped", "dropped", 1u << PYR_FOUND_DROPPED},
              {"bad", "no targets", 1u << PYR_FOUND_BAD}};
enum { STATES = sizeof(states) / sizeof(states[0]) };

bool pyr__serve_is_found_state(pyr_str_t name) {
  size_t i;
  for (i = 0; i < STATES; i++)
    if (pyr__str_is(name, states[i].name))
      return true;
  return false;
}

static unsigned outcomes_of(const char *name) {
  size_t i;
  for (i = 0; name != NULL && i < STATES; i++)
    if (strcmp(name, states[i].name) == 0)
      return states[i].outcomes;
  return ~0u;
}

/* ---- jobs --------------------------------------------------------------- */

static void write_head(struct pyr__html *w) {
  pyr__html_head(w, "Pyrite: service discovery");
  pyr__html_raw(
      w, "<header><h1>Service discovery</h1><nav><a href=\"/\">Pyrite</a>"
         "<a href=\"/api/v1/targets\">API</a></nav></header>\n"
         "<h2>Jobs</h2>\n<div class=\"scroll\"><table>\n<tr><th>Job</th>"
         "<th class=\"n\">Targets</th><th class=\"n\">Dropped</th><th "
         "class=\"n\">No targets</th><th>Found by</th><th class=\"n\">Entries"
         "</th><th class=\"n\">Updates</th><th class=\"n\">Failures</th>"
         "<th>Last success</th><th>Last error</th></tr>\n");
}

static void write_mechanism(const struct page *page, struct pyr__html *w,
                            size_t number) {
  struct pyr__discovery_status found;
  page->source->discovery(page->source->ctx, page->item, number, &found);
  pyr__html_raw(w, "<td>");
  pyr__html_raw(w, found.mechanism);
  pyr__html_raw(w, "</td>");
  pyr__html_number_cell(w, found.target_count);
  pyr__html_number_cell(w, found.updates);
  pyr__html_number_cell(w, found.failures);
  pyr__html_raw(w, "<td class=\"t\">");
  if (found.last_success_ns == 0) {
    pyr__html_raw(w, "never");
  } else {
    pyr__html_duration(w, page->now_ns > found.last_success_ns
                              ? page->now_ns - found.last_success_ns
                              : 0);
    pyr__html_raw(w, " ago");
  }
  pyr__html_raw(w, "</td><td class=\"error\">");
  pyr__html_text(w, pyr__str(found.last_error));
  pyr__html_raw(w, "</td></tr>\n");
}

static void job_link(struct pyr__html *w, pyr_str_t name) {
  pyr__html_raw(w, "<a href=\"/service-discovery?job=");
  pyr__html_query_text(w, name);
  pyr__html_raw(w, "\">");
  pyr__html_text(w, name);
  pyr__html_raw(w, "</a>");
}

static void write_job(const struct page *page, struct pyr__html *w) {
  const struct pyr__status_source *source = page->source;
  size_t i, count = source->discovery_count(source->ctx, page->item);
  struct pyr__job_status job;

  source->job(source->ctx, page->item, &job);
  if (page->job != NULL && !pyr__str_is(job.name, page->job))
    return;
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out, "<tr><td rowspan=\"%zu\">",
                                count == 0 ? 1 : count);
  job_link(w, job.name);
  pyr__html_raw(w, "</td>");
  pyr__html_number_cell(w, job.target_count);
  pyr__html_number_cell(w, job.dropped_count);
  pyr__html_number_cell(w, job.bad_count);
  if (count == 0)
    pyr__html_raw(w, "<td class=\"dim\" colspan=\"6\">nothing</td></tr>\n");
  for (i = 0; i < count; i++) {
    pyr__html_raw(w, i > 0 ? "<tr><td colspan=\"3\"></td>" : "");
    write_mechanism(page, w, i);
  }
}

/* ---- the filter --------------------------------------------------------- */

static void page_link(const struct page *page, struct pyr__html *w,
                      const char *state, size_t number) {
  pyr__html_raw(w, "<a href=\"/service-discovery?job=");
  pyr__html_query_value(w, page->job);
  pyr__html_raw(w, "&amp;state=");
  pyr__html_query_value(w, state);
  pyr__html_raw(w, "&amp;q=");
  pyr__html_query_value(w, page->text);
  pyr__html_raw(w, "&amp;page=");
  pyr__html_number(w, number);
  pyr__html_raw(w, "\">");
}

static void write_input(struct pyr__html *w, const char *start,
                        const char *value) {
  pyr__html_raw(w, start);
  pyr__html_text(w, pyr__str(value == NULL ? "" : value));
  pyr__html_raw(w, "\">");
}

static void write_entries_head(const struct page *page, struct pyr__html *w) {
  size_t i;
  pyr__html_raw(w, "</table></div>\n<h2>Found");
  if (page->job != NULL) {
    pyr__html_raw(w, " by ");
    pyr__html_text(w, pyr__str(page->job));
  }
  pyr__html_raw(w, "</h2>\n<nav class=\"pages\">");
  for (i = 0; i < STATES; i++) {
    page_link(page, w, states[i].name, 1);
    pyr__html_raw(w, states[i].title);
    pyr__html_raw(w, "</a>");
  }
  pyr__html_raw(w, "</nav>\n<form action=\"/service-discovery\">");
  write_input(w, "<input type=\"hidden\" name=\"job\" value=\"", page->job);
  write_input(w, "<input type=\"hidden\" name=\"state\" value=\"", page->state);
  write_input(w,
              "<label>A label with <input type=\"search\" name=\"q\" value=\"",
              page->text);
  pyr__html_raw(w, "</label> <button>Find</button></form>\n");
}

/* ---- rules -------------------------------------------------------------- */

struct rules { /* while they are written */
  struct pyr__html *w;
  const pyr_label_t *before; /* NULL: it has ended */
  size_t count;
};

static void write_place(struct pyr__html *w, const pyr_rule_t *rule) {
  pyr__html_raw(w, "<code>");
  pyr__html_text(w, pyr__str(rule->file));
  if (w->rc == 0)
    w->rc =
        pyr__buf_add_format(w->out, ":%u:%u</code> ", rule->line, rule->column);
}

static void write_change(struct pyr__html *w,
                         const struct pyr__label_change *change) {
  pyr__html_raw(w, "<li>");
  pyr__html_raw(w, change->before == NULL  ? "+ "
                   : change->after == NULL ? "- "
                                           : "");
  if (change->after == NULL)
    pyr__html_text(w, change->name);
  else
    pyr__html_label(w, change->name, *change->after);
  if (change->after != NULL && change->before != NULL) {
    pyr__html_raw(w, " (was ");
    pyr__html_quoted(w, *change->before);
    pyr__html_raw(w, ")");
  }
  pyr__html_raw(w, "</li>");
}

static void write_effect(struct rules *rules, const pyr_relabel_step_t *step) {
  struct pyr__label_walk walk = {0, 0};
  struct pyr__label_change change;
  struct pyr__html *w = rules->w;
  bool has_change = false;

  if (step->error != NULL) {
    pyr__html_raw(w, "<div class=\"error\">");
    pyr__html_text(w, pyr__str(step->error));
    pyr__html_raw(w, "</div>");
  } else if (!step->kept) {
    pyr__html_raw(w, "<div class=\"down\">dropped</div>");
  }
  while (step->kept &&
         pyr__labels_next_change(&walk, rules->before, rules->count,
                                 step->labels, step->label_count, &change)) {
    pyr__html_raw(w, has_change ? "" : "<ul class=\"labels\">");
    write_change(w, &change);
    has_change = true;
  }
  if (step->kept)
    pyr__html_raw(w, has_change ? "</ul>" : "<div class=\"dim\">nothing</div>");
}

static void on_step(void *ctx, const pyr_relabel_step_t *step) {
  struct rules *rules = ctx;
  if (rules->before == NULL)
    return;
  pyr__html_raw(rules->w, "<li>");
  write_place(rules->w, step->rule);
  pyr__html_rule(rules->w, step->rule);
  write_effect(rules, step);
  pyr__html_raw(rules->w, "</li>\n");
  rules->before = step->kept ? step->labels : NULL;
  rules->count = step->label_count;
}

/* ---- entries ------------------------------------------------------------ */

static void write_outcome(struct pyr__html *w, const pyr_found_t *found) {
  if (found->outcome == PYR_FOUND_TARGET) {
    pyr__html_raw(w, "<b>");
    pyr__html_text(w, found->application);
    pyr__html_raw(w, "</b> ");
    pyr__html_text(w, found->address);
  } else if (found->outcome == PYR_FOUND_DROPPED) {
    pyr__html_raw(w, "<span class=\"unknown\">dropped</span> by ");
    write_place(w, found->rule);
    pyr__html_text(w, found->rule->action);
  } else {
    pyr__html_raw(w, "<span class=\"error\">");
    pyr__html_text(w, pyr__str(found->error));
    pyr__html_raw(w, "</span>");
  }
}

static void write_labels_of(struct pyr__html *w, const char *title,
                            const pyr_label_t *labels, size_t count) {
  pyr__html_raw(w, "<h3>");
  pyr__html_raw(w, title);
  pyr__html_raw(w, "</h3>");
  pyr__html_labels(w, labels, count);
}

static void write_found(const struct page *page, struct pyr__html *w,
                        const pyr_found_t *found) {
  struct rules rules = {w, found->discovered, found->discovered_count};
  int rc;

  pyr__html_raw(w, "<details class=\"found\"><summary>");
  write_outcome(w, found);
  pyr__html_raw(w, " <span class=\"dim\">");
  pyr__html_text(w, found->job);
  pyr__html_raw(w, ", ");
  pyr__html_raw(w, found->mechanism);
  pyr__html_raw(w, " ");
  pyr__html_text(w, found->group);
  pyr__html_raw(w, "</span></summary>\n");
  write_labels_of(w, "Discovered labels", found->discovered,
                  found->discovered_count);
  pyr__html_raw(w, "\n<h3>Rules</h3><ol>\n");
  rc = page->source->relabel(page->source->ctx, found->job, found->discovered,
                             found->discovered_count, on_step, &rules, NULL);
  if (w->rc == 0 && rc == PYR__ENOMEM)
    w->rc = rc;
  pyr__html_raw(w, "</ol>\n");
  if (found->outcome == PYR_FOUND_TARGET)
    write_labels_of(w, "Labels of the target", found->labels,
                    found->label_count);
  pyr__html_raw(w, "</details>\n");
}

static bool has_text(const pyr_found_t *found, const char *text) {
  size_t i, len = strlen(text);
  for (i = 0; i < found->discovered_count; i++) {
    const pyr_label_t *label = &found->discovered[i];
    if (memmem(label->name.base, label->name.len, text, len) != NULL ||
        memmem(label->value.base, label->value.len, text, len) != NULL)
      return true;
  }
  return false;
}

/* One of those that the filter takes; ends the part behind this page's. */
static void take(struct page *page, struct pyr__html *w,
                 const pyr_found_t *found) {
  size_t first = (page->number - 1) * ENTRIES_A_PAGE;
  page->has_more = page->matched >= first + ENTRIES_A_PAGE;
  if (page->has_more)
    page->part = FOOT;
  else if (page->matched >= first)
    write_found(page, w, found);
  page->matched++;
}

static void step_entry(struct page *page, struct pyr__html *w) {
  const struct pyr__found_filter filter = {
      page->job == NULL ? (pyr_str_t){NULL, 0} : pyr__str(page->job),
      page->outcomes};
  pyr_found_t found;

  switch (
      page->source->found(page->source->ctx, &filter, &page->cursor, &found)) {
  case PYR__FOUND_END:
    page->part = FOOT;
    break;
  case PYR__FOUND_PASSED:
    break;
  case PYR__FOUND_ONE:
    if (page->text == NULL || has_text(&found, page->text))
      take(page, w, &found);
    break;
  default:
    w->rc = PYR__ENOMEM;
  }
}

static void write_foot(const struct page *page, struct pyr__html *w) {
  if (page->matched <= (page->number - 1) * ENTRIES_A_PAGE)
    pyr__html_raw(w, "<p class=\"dim\">Nothing here.</p>\n");
  pyr__html_raw(w, "<nav class=\"pages\">");
  if (page->number > 1) {
    page_link(page, w, page->state, page->number - 1);
    pyr__html_raw(w, "previous page</a>");
  }
  if (page->has_more) {
    page_link(page, w, page->state, page->number + 1);
    pyr__html_raw(w, "next page</a>");
  }
  pyr__html_raw(w, "</nav>\n</main></body>\n</html>\n");
}

/* ---- slices ------------------------------------------------------------- */

static void step(struct page *page, struct pyr__html *w) {
  switch (page->part) {
  case HEAD:
    write_head(w);
    page->part = JOBS;
    break;
  case JOBS:
    if (page->item < page->source->job_count(page->source->ctx)) {
      write_job(page, w);
      page->item++;
    } else {
      page->part = ENTRIES_HEAD;
    }
    break;
  case ENTRIES_HEAD:
    write_entries_head(page, w);
    page->part = ENTRIES;
    break;
  case ENTRIES:
    step_entry(page, w);
    break;
  default:
    write_foot(page, w);
    page->part = DONE;
  }
}

static int next(void *ctx, struct pyr__buf *out) {
  struct page *page = ctx;
  struct pyr__html w = {out, 0};
  size_t start = out->len, items;
  for (items = 0;
       w.rc == 0 && page->part != DONE && items < PYR__SERVE_SLICE_ITEMS &&
       out->len - start < PYR__SERVE_SLICE_BYTES;
       items++)
    step(page, &w);
  if (out->len == start)
    pyr__html_raw(&w, "\n");
  return w.rc != 0 ? w.rc : page->part != DONE;
}

static void release(void *ctx) {
  struct page *page = ctx;
  pyr__free(page->memory, page->job);
  pyr__free(page->memory, page->state);
  pyr__free(page->memory, page->text);
  pyr__free(page->memory, page);
}

int pyr__serve_discovery_page(const struct pyr__serve_view *view,
                              const struct pyr__serve_found_filter *filter,
                              struct pyr__http_producer *out) {
  struct page *page =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*page));
  if (page == NULL)
    return PYR__ENOMEM;
  page->memory = view->memory;
  page->source = view->source;
  page->now_ns = pyr__wall(view->clock);
  page->number = filter->page;
  if (pyr__html_keep(view->memory, filter->job, &page->job) != 0 ||
      pyr__html_keep(view->memory, filter->state, &page->state) != 0 ||
      pyr__html_keep(view->memory, filter->text, &page->text) != 0) {
    release(page);
    return PYR__ENOMEM;
  }
  page->outcomes = outcomes_of(page->state);
  *out = (struct pyr__http_producer){next, release, page};
  return 0;
}

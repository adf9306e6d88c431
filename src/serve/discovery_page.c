/* /service-discovery: what the discovery of each job found, what each rule made
 * of it, and why what is no target is none.  Some entries a page; finding them
 * among ten thousand is sliced like everything else. */
#include "base/list.h"
#include "serve/discovery_entry.h"
#include "serve/list_page.h"

enum { ENTRIES_A_PAGE = 50 };

struct page {
  struct pyr__list_page list;
  char *state, *text; /* NULL: all */
  unsigned outcomes;
  struct pyr__found_cursor cursor;
};

static struct page *self_of(struct pyr__list_page *page) {
  return pyr__container_of(page, struct page, list);
}

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

static void write_head(struct pyr__list_page *page, struct pyr__html *w) {
  (void)page;
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

static void write_mechanism(const struct pyr__list_page *page,
                            struct pyr__html *w, size_t number) {
  struct pyr__discovery_status found;
  page->source->discovery(page->source->ctx, page->item, number, &found);
  pyr__html_raw(w, "<td>");
  pyr__html_raw(w, found.mechanism);
  pyr__html_raw(w, "</td>");
  pyr__html_number_cell(w, found.target_count);
  pyr__html_number_cell(w, found.updates);
  pyr__html_number_cell(w, found.failures);
  pyr__html_raw(w, "<td class=\"t\">");
  pyr__html_ago(w, found.last_success_ns, page->now_ns);
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

static void write_job(struct pyr__list_page *page, struct pyr__html *w) {
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

static void filter_link(struct pyr__list_page *page, struct pyr__html *w,
                        const char *state, size_t number) {
  pyr__html_raw(w, "<a href=\"/service-discovery?job=");
  pyr__html_query_value(w, page->job);
  pyr__html_raw(w, "&amp;state=");
  pyr__html_query_value(w, state);
  pyr__html_raw(w, "&amp;q=");
  pyr__html_query_value(w, self_of(page)->text);
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

static void write_entries_head(struct pyr__list_page *page,
                               struct pyr__html *w) {
  const struct page *self = self_of(page);
  size_t i;
  pyr__html_raw(w, "</table></div>\n<h2>Found");
  if (page->job != NULL) {
    pyr__html_raw(w, " by ");
    pyr__html_text(w, pyr__str(page->job));
  }
  pyr__html_raw(w, "</h2>\n<nav class=\"pages\">");
  for (i = 0; i < STATES; i++) {
    filter_link(page, w, states[i].name, 1);
    pyr__html_raw(w, states[i].title);
    pyr__html_raw(w, "</a>");
  }
  pyr__html_raw(w, "</nav>\n<form action=\"/service-discovery\">");
  write_input(w, "<input type=\"hidden\" name=\"job\" value=\"", page->job);
  write_input(w, "<input type=\"hidden\" name=\"state\" value=\"", self->state);
  write_input(w,
              "<label>A label with <input type=\"search\" name=\"q\" value=\"",
              self->text);
  pyr__html_raw(w, "</label> <button>Find</button></form>\n");
}

/* ---- entries ------------------------------------------------------------ */

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

static void step_entry(struct pyr__list_page *page, struct pyr__html *w) {
  struct page *self = self_of(page);
  const struct pyr__found_filter filter = {
      page->job == NULL ? (pyr_str_t){NULL, 0} : pyr__str(page->job),
      self->outcomes};
  pyr_found_t found;

  switch (
      page->source->found(page->source->ctx, &filter, &self->cursor, &found)) {
  case PYR__FOUND_END:
    pyr__list_page_end(page);
    break;
  case PYR__FOUND_PASSED:
    break;
  case PYR__FOUND_ONE:
    if ((self->text == NULL || has_text(&found, self->text)) &&
        pyr__list_page_takes(page))
      pyr__discovery_entry_write(w, page->source, &found);
    break;
  default:
    w->rc = PYR__ENOMEM;
  }
}

static void write_foot(struct pyr__html *w, bool is_empty) {
  if (is_empty)
    pyr__html_raw(w, "<p class=\"dim\">Nothing here.</p>\n");
}

static void page_link(struct pyr__list_page *page, struct pyr__html *w,
                      size_t number) {
  filter_link(page, w, self_of(page)->state, number);
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__list_page *page) {
  struct page *self = self_of(page);
  pyr__free(page->memory, self->state);
  pyr__free(page->memory, self->text);
}

static const struct pyr__list_page_steps steps = {
    .items_a_page = ENTRIES_A_PAGE,
    .head = write_head,
    .job = write_job,
    .list_head = write_entries_head,
    .list = step_entry,
    .foot = write_foot,
    .link = page_link,
    .release = release};

int pyr__serve_discovery_page(const struct pyr__serve_view *view,
                              const struct pyr__serve_found_filter *filter,
                              struct pyr__http_producer *out) {
  struct page *page =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*page));
  if (page == NULL)
    return PYR__ENOMEM;
  if (pyr__list_page_init(&page->list, &steps, view, filter->job,
                          filter->page) != 0 ||
      pyr__html_keep(view->memory, filter->state, &page->state) != 0 ||
      pyr__html_keep(view->memory, filter->text, &page->text) != 0) {
    pyr__list_page_release(&page->list);
    return PYR__ENOMEM;
  }
  page->outcomes = outcomes_of(page->state);
  *out = pyr__list_page_producer(&page->list);
  return 0;
}

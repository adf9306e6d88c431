#include "serve/list_page.h"

#include "base/clock.h"

bool pyr__list_page_takes(struct pyr__list_page *page) {
  size_t first = (page->number - 1) * page->steps->items_a_page;
  page->has_more = page->matched >= first + page->steps->items_a_page;
  if (page->has_more)
    pyr__list_page_end(page);
  return !page->has_more && page->matched++ >= first;
}

void pyr__list_page_end(struct pyr__list_page *page) {
  page->part = PYR__LIST_PAGE_FOOT;
}

static void write_foot(struct pyr__list_page *page, struct pyr__html *w) {
  size_t first = (page->number - 1) * page->steps->items_a_page;
  page->steps->foot(w, page->matched <= first);
  pyr__html_raw(w, "<nav class=\"pages\">");
  if (page->number > 1) {
    page->steps->link(page, w, page->number - 1);
    pyr__html_raw(w, "previous page</a>");
  }
  if (page->has_more) {
    page->steps->link(page, w, page->number + 1);
    pyr__html_raw(w, "next page</a>");
  }
  pyr__html_raw(w, "</nav>\n</main></body>\n</html>\n");
}

static void step(struct pyr__list_page *page, struct pyr__html *w) {
  switch (page->part) {
  case PYR__LIST_PAGE_HEAD:
    page->steps->head(page, w);
    page->part = PYR__LIST_PAGE_JOBS;
    break;
  case PYR__LIST_PAGE_JOBS:
    if (page->item < page->source->job_count(page->source->ctx)) {
      page->steps->job(page, w);
      page->item++;
    } else {
      page->part = PYR__LIST_PAGE_LIST_HEAD;
    }
    break;
  case PYR__LIST_PAGE_LIST_HEAD:
    page->steps->list_head(page, w);
    page->item = 0;
    page->part = PYR__LIST_PAGE_LIST;
    break;
  case PYR__LIST_PAGE_LIST:
    page->steps->list(page, w);
    break;
  default:
    write_foot(page, w);
    page->part = PYR__LIST_PAGE_DONE;
  }
}

static int next(void *ctx, struct pyr__buf *out) {
  struct pyr__list_page *page = ctx;
  struct pyr__html w = {out, 0};
  size_t start = out->len, items;
  for (items = 0; w.rc == 0 && page->part != PYR__LIST_PAGE_DONE &&
                  items < PYR__SERVE_SLICE_ITEMS &&
                  out->len - start < PYR__SERVE_SLICE_BYTES;
       items++)
    step(page, &w);
  if (out->len == start)
    pyr__html_raw(&w, "\n");
  return w.rc != 0 ? w.rc : page->part != PYR__LIST_PAGE_DONE;
}

int pyr__list_page_init(struct pyr__list_page *page,
                        const struct pyr__list_page_steps *steps,
                        const struct pyr__serve_view *view, pyr_str_t job,
                        size_t number) {
  *page = (struct pyr__list_page){.memory = view->memory,
                                  .source = view->source,
                                  .steps = steps,
                                  .now_ns = pyr__wall(view->clock),
                                  .number = number};
  return pyr__html_keep(view->memory, job, &page->job);
}

void pyr__list_page_release(void *ctx) {
  struct pyr__list_page *page = ctx;
  page->steps->release(page);
  pyr__free(page->memory, page->job);
  pyr__free(page->memory, page);
}

struct pyr__http_producer pyr__list_page_producer(struct pyr__list_page *page) {
  return (struct pyr__http_producer){next, pyr__list_page_release, page};
}

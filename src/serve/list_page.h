/* A page of HTML whose end is a list: its jobs, those of the list that a filter
 * takes, some a page, and links to the pages before and behind.  It is written
 * in slices, since finding them among ten thousand takes a while. */
#ifndef PYR__SERVE_LIST_PAGE_H
#define PYR__SERVE_LIST_PAGE_H

#include "serve/html.h"
#include "serve/views.h"

enum pyr__list_page_part {
  PYR__LIST_PAGE_HEAD,
  PYR__LIST_PAGE_JOBS,
  PYR__LIST_PAGE_LIST_HEAD,
  PYR__LIST_PAGE_LIST,
  PYR__LIST_PAGE_FOOT,
  PYR__LIST_PAGE_DONE
};

struct pyr__list_page;

struct pyr__list_page_steps {
  size_t items_a_page;
  void (*head)(struct pyr__list_page *page, struct pyr__html *w);
  void (*job)(struct pyr__list_page *page,
              struct pyr__html *w); /* page->item */
  void (*list_head)(struct pyr__list_page *page, struct pyr__html *w);
  /* Looks at the next of the list, see below. */
  void (*list)(struct pyr__list_page *page, struct pyr__html *w);
  /* Ends the list; `is_empty`: no item is on this page. */
  void (*foot)(struct pyr__html *w, bool is_empty);
  /* The beginning of a link to that page of the same list. */
  void (*link)(struct pyr__list_page *page, struct pyr__html *w, size_t number);
  void (*release)(struct pyr__list_page *page); /* what it holds itself */
};

struct pyr__list_page { /* the first member of such a page, in pyr__calloc */
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  const struct pyr__list_page_steps *steps;
  int64_t now_ns; /* wall time of the page */
  char *job;      /* NULL: all */
  size_t number;  /* from 1 */
  enum pyr__list_page_part part;
  size_t item;    /* of the jobs, then 0 */
  size_t matched; /* items so far that the filter takes */
  bool has_more;
};

/* 0 or PYR__ENOMEM; whatever it is, the page is released by its producer or by
 * pyr__list_page_release. */
int pyr__list_page_init(struct pyr__list_page *page,
                        const struct pyr__list_page_steps *steps,
                        const struct pyr__serve_view *view, pyr_str_t job,
                        size_t number);
void pyr__list_page_release(void *page); /* itself, too */
/* Owns the page. */
struct pyr__http_producer pyr__list_page_producer(struct pyr__list_page *page);

/* For `list`.  An item that the filter takes: is it to be written?  One behind
 * the last of this page ends the list. */
bool pyr__list_page_takes(struct pyr__list_page *page);
/* There are no more items. */
void pyr__list_page_end(struct pyr__list_page *page);

#endif

/* A circular list whose links are in its members.  The head is a link too, so
 * taking a member out needs no head, and a link that is in no list points to
 * itself: removing it twice does no harm. */
#ifndef PYR__BASE_LIST_H
#define PYR__BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct pyr__list {
  struct pyr__list *next, *prev;
};

/* The struct that holds a link. */
#define pyr__container_of(link, type, member)                                  \
  ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void pyr__list_init(struct pyr__list *link) {
  link->next = link->prev = link;
}
static inline bool pyr__list_is_empty(const struct pyr__list *link) {
  return link->next == link;
}
static inline void pyr__list_remove(struct pyr__list *link) {
  link->prev->next = link->next;
  link->next->prev = link->prev;
  pyr__list_init(link);
}
/* Puts `link`, which must be in no list, in front of `at`; where that is the
 * head, it becomes the last. */
static inline void pyr__list_add_before(struct pyr__list *at,
                                        struct pyr__list *link) {
  link->next = at;
  link->prev = at->prev;
  at->prev->next = link;
  at->prev = link;
}
/* Moves all of `from` into `to`, which must be empty. */
static inline void pyr__list_move(struct pyr__list *to,
                                  struct pyr__list *from) {
  if (pyr__list_is_empty(from))
    return;
  *to = *from;
  to->next->prev = to;
  to->prev->next = to;
  pyr__list_init(from);
}

#endif

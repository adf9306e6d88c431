#include "schedule/budget.h"

void pyr__budget_init(struct pyr__budget *budget, uint64_t limit,
                      uint64_t small,
                      void (*go_on)(void *ctx, struct pyr__share *share),
                      void *ctx) {
  *budget = (struct pyr__budget){
      .limit = limit, .small = small, .go_on = go_on, .ctx = ctx};
  pyr__list_init(&budget->queue);
}

uint64_t pyr__budget_allows(const struct pyr__budget *budget,
                            const struct pyr__share *share) {
  uint64_t left =
      budget->used < budget->limit ? budget->limit - budget->used : 0;
  return budget->small + share->bytes + left;
}

static bool is_scarce(const struct pyr__budget *budget) {
  return budget->used > budget->limit / 2;
}

static void grow(struct pyr__budget *budget, struct pyr__share *share) {
  share->state = PYR__SHARE_GROWING;
  budget->growing++;
}

static void wait(struct pyr__budget *budget, struct pyr__share *share) {
  share->state = PYR__SHARE_WAITING;
  budget->growing--;
  budget->waiting++;
  pyr__list_add_before(&budget->queue, &share->link);
}

bool pyr__budget_note(struct pyr__budget *budget, struct pyr__share *share,
                      uint64_t held) {
  uint64_t bytes = held > budget->small ? held - budget->small : 0;

  budget->used += bytes - share->bytes;
  share->bytes = bytes;
  if (bytes > 0 && share->state == PYR__SHARE_SMALL)
    grow(budget, share);
  if (share->state == PYR__SHARE_GROWING && budget->growing > 1 &&
      is_scarce(budget))
    wait(budget, share);
  return share->state == PYR__SHARE_WAITING;
}

static void leave_queue(struct pyr__budget *budget, struct pyr__share *share) {
  pyr__list_remove(&share->link);
  budget->waiting--;
}

static void admit(struct pyr__budget *budget) {
  while (budget->waiting > 0 && (budget->growing == 0 || !is_scarce(budget))) {
    struct pyr__share *share =
        pyr__container_of(budget->queue.next, struct pyr__share, link);
    leave_queue(budget, share);
    grow(budget, share);
    budget->go_on(budget->ctx, share);
  }
}

void pyr__budget_leave(struct pyr__budget *budget, struct pyr__share *share) {
  budget->used -= share->bytes;
  if (share->state == PYR__SHARE_GROWING)
    budget->growing--;
  else if (share->state == PYR__SHARE_WAITING)
    leave_queue(budget, share);
  *share = (struct pyr__share){.state = PYR__SHARE_SMALL};
  admit(budget);
}

#include "schedule/gate.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

enum { FIRST_LOCKS = 16 };

struct pyr__cpu_lock {
  struct pyr__pass *holder; /* admitted, or next in the gate's queue */
  struct pyr__list waiting;
  uint64_t hash;
  size_t references;
  uint32_t id; /* in gate->locks */
  pyr_str_t address;
};

void pyr__gate_init(struct pyr__gate *gate, struct pyr__memory *memory,
                    size_t limit,
                    void (*admit)(void *ctx, struct pyr__pass *pass),
                    void *ctx) {
  *gate = (struct pyr__gate){
      .memory = memory, .limit = limit, .admit = admit, .ctx = ctx};
  pyr__list_init(&gate->waiting);
  pyr__index_init(&gate->lock_index, memory, PYR__MEM_SCHEDULE);
}

void pyr__gate_release(struct pyr__gate *gate) {
  size_t i;
  for (i = 0; i < gate->lock_count; i++)
    pyr__free(gate->memory, gate->locks[i]);
  pyr__free(gate->memory, gate->locks);
  pyr__index_release(&gate->lock_index);
  gate->locks = NULL;
  gate->lock_count = gate->lock_capacity = 0;
}

static struct pyr__cpu_lock *find_lock(const struct pyr__gate *gate,
                                       pyr_str_t address, uint64_t hash) {
  size_t at;
  uint32_t id = pyr__index_first(&gate->lock_index, hash, &at);
  while (id != PYR__NONE && !pyr__str_equal(gate->locks[id]->address, address))
    id = pyr__index_next(&gate->lock_index, hash, &at);
  return id == PYR__NONE ? NULL : gate->locks[id];
}

static int reserve_lock(struct pyr__gate *gate) {
  size_t capacity =
      gate->lock_capacity == 0 ? FIRST_LOCKS : gate->lock_capacity * 2;
  struct pyr__cpu_lock **locks;
  if (gate->lock_count < gate->lock_capacity)
    return 0;
  locks = pyr__realloc(gate->memory, PYR__MEM_SCHEDULE, gate->locks, capacity,
                       sizeof(struct pyr__cpu_lock *));
  if (locks == NULL)
    return PYR__ENOMEM;
  gate->locks = locks;
  gate->lock_capacity = capacity;
  return 0;
}

/* The address is kept behind the struct. */
static struct pyr__cpu_lock *make_lock(struct pyr__gate *gate,
                                       pyr_str_t address, uint64_t hash) {
  struct pyr__cpu_lock *lock = pyr__calloc(gate->memory, PYR__MEM_SCHEDULE, 1,
                                           sizeof(*lock) + address.len);
  if (lock == NULL)
    return NULL;
  memcpy(lock + 1, address.base, address.len);
  lock->address = (pyr_str_t){(char *)(lock + 1), address.len};
  lock->hash = hash;
  pyr__list_init(&lock->waiting);
  return lock;
}

struct pyr__cpu_lock *pyr__gate_lock(struct pyr__gate *gate,
                                     pyr_str_t address) {
  uint64_t hash = pyr__hash(0, address.base, address.len);
  struct pyr__cpu_lock *lock = find_lock(gate, address, hash);

  if (lock == NULL) {
    if (reserve_lock(gate) != 0)
      return NULL;
    lock = make_lock(gate, address, hash);
    if (lock == NULL)
      return NULL;
    lock->id = (uint32_t)gate->lock_count;
    if (pyr__index_add(&gate->lock_index, hash, lock->id) != 0) {
      pyr__free(gate->memory, lock);
      return NULL;
    }
    gate->locks[gate->lock_count++] = lock;
  }
  lock->references++;
  return lock;
}

void pyr__gate_unlock(struct pyr__gate *gate, struct pyr__cpu_lock *lock) {
  struct pyr__cpu_lock *last;

  if (lock == NULL || --lock->references > 0)
    return;
  last = gate->locks[--gate->lock_count];
  pyr__index_remove(&gate->lock_index, lock->hash, lock->id);
  if (last != lock) {
    pyr__index_remove(&gate->lock_index, last->hash, last->id);
    last->id = lock->id;
    gate->locks[last->id] = last;
    /* Two were taken out, so that there is room for one. */
    (void)pyr__index_add(&gate->lock_index, last->hash, last->id);
  }
  pyr__free(gate->memory, lock);
}

static struct pyr__pass *take_first(struct pyr__list *queue) {
  struct pyr__pass *pass;
  if (pyr__list_is_empty(queue))
    return NULL;
  pass = pyr__container_of(queue->next, struct pyr__pass, link);
  pyr__list_remove(&pass->link);
  return pass;
}

static void admit_waiting(struct pyr__gate *gate) {
  while (gate->in_flight < gate->limit && !pyr__list_is_empty(&gate->waiting)) {
    struct pyr__pass *pass = take_first(&gate->waiting);
    gate->queued--;
    gate->in_flight++;
    pass->state = PYR__PASS_HELD;
    gate->admit(gate->ctx, pass);
  }
}

void pyr__gate_enter(struct pyr__gate *gate, struct pyr__pass *pass) {
  struct pyr__cpu_lock *lock = pass->lock;

  pass->state = PYR__PASS_WAITING;
  pyr__list_init(&pass->link);
  gate->queued++;
  if (lock != NULL && lock->holder != NULL) {
    pyr__list_add_before(&lock->waiting, &pass->link);
    return;
  }
  if (lock != NULL)
    lock->holder = pass;
  pyr__list_add_before(&gate->waiting, &pass->link);
  admit_waiting(gate);
}

/* The next one of the address goes to the end of the gate's queue. */
static void hand_on(struct pyr__gate *gate, struct pyr__cpu_lock *lock) {
  lock->holder = take_first(&lock->waiting);
  if (lock->holder != NULL)
    pyr__list_add_before(&gate->waiting, &lock->holder->link);
}

void pyr__gate_leave(struct pyr__gate *gate, struct pyr__pass *pass) {
  pass->state = PYR__PASS_NONE;
  gate->in_flight--;
  if (pass->lock != NULL)
    hand_on(gate, pass->lock);
  admit_waiting(gate);
}

void pyr__gate_abandon(struct pyr__gate *gate, struct pyr__pass *pass) {
  if (pass->state != PYR__PASS_WAITING)
    return;
  pass->state = PYR__PASS_NONE;
  pyr__list_remove(&pass->link);
  gate->queued--;
  if (pass->lock != NULL && pass->lock->holder == pass) {
    hand_on(gate, pass->lock);
    admit_waiting(gate);
  }
}

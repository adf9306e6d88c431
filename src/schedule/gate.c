#include "schedule/gate.h"

#include "base/hash.h"
#include "base/str.h"

enum { FIRST_LOCKS = 16 };

void pyr__gate_init(struct pyr__gate *gate, struct pyr__memory *memory,
                    size_t limit,
                    void (*admit)(void *ctx, struct pyr__pass *pass),
                    void *ctx) {
  *gate = (struct pyr__gate){
      .memory = memory, .limit = limit, .admit = admit, .ctx = ctx};
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

struct pyr__cpu_lock *pyr__gate_lock(struct pyr__gate *gate,
                                     pyr_str_t address) {
  uint64_t hash = pyr__hash(0, address.base, address.len);
  struct pyr__cpu_lock *lock = find_lock(gate, address, hash);

  if (lock != NULL)
    return lock;
  if (reserve_lock(gate) != 0)
    return NULL;
  lock = pyr__calloc(gate->memory, PYR__MEM_SCHEDULE, 1, sizeof(*lock));
  if (lock == NULL)
    return NULL;
  if (pyr__index_add(&gate->lock_index, hash, (uint32_t)gate->lock_count)) {
    pyr__free(gate->memory, lock);
    return NULL;
  }
  lock->address = address;
  gate->locks[gate->lock_count++] = lock;
  return lock;
}

static void queue_add(struct pyr__pass_queue *queue, struct pyr__pass *pass) {
  pass->next = NULL;
  if (queue->last == NULL)
    queue->first = pass;
  else
    queue->last->next = pass;
  queue->last = pass;
}

static struct pyr__pass *queue_take(struct pyr__pass_queue *queue) {
  struct pyr__pass *pass = queue->first;
  if (pass == NULL)
    return NULL;
  queue->first = pass->next;
  if (queue->first == NULL)
    queue->last = NULL;
  return pass;
}

static void admit_waiting(struct pyr__gate *gate) {
  while (gate->in_flight < gate->limit && gate->waiting.first != NULL) {
    struct pyr__pass *pass = queue_take(&gate->waiting);
    gate->queued--;
    gate->in_flight++;
    pass->state = PYR__PASS_HELD;
    gate->admit(gate->ctx, pass);
  }
}

void pyr__gate_enter(struct pyr__gate *gate, struct pyr__pass *pass) {
  pass->state = PYR__PASS_WAITING;
  gate->queued++;
  if (pass->lock != NULL && pass->lock->holder != NULL) {
    queue_add(&pass->lock->waiting, pass);
    return;
  }
  if (pass->lock != NULL)
    pass->lock->holder = pass;
  queue_add(&gate->waiting, pass);
  admit_waiting(gate);
}

void pyr__gate_leave(struct pyr__gate *gate, struct pyr__pass *pass) {
  struct pyr__cpu_lock *lock = pass->lock;

  pass->state = PYR__PASS_NONE;
  gate->in_flight--;
  if (lock != NULL) {
    lock->holder = queue_take(&lock->waiting);
    if (lock->holder != NULL)
      queue_add(&gate->waiting, lock->holder);
  }
  admit_waiting(gate);
}

static void forget(struct pyr__pass_queue *queue) {
  struct pyr__pass *pass = queue_take(queue);
  for (; pass != NULL; pass = queue_take(queue))
    pass->state = PYR__PASS_NONE;
}

void pyr__gate_empty(struct pyr__gate *gate) {
  size_t i;
  forget(&gate->waiting);
  for (i = 0; i < gate->lock_count; i++) {
    struct pyr__cpu_lock *lock = gate->locks[i];
    forget(&lock->waiting);
    if (lock->holder != NULL && lock->holder->state == PYR__PASS_NONE)
      lock->holder = NULL;
  }
  gate->queued = 0;
}

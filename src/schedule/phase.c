#include "schedule/phase.h"

#include "base/hash.h"

struct pyr__phase pyr__phase_of(uint64_t target_hash, pyr_str_t profile,
                                int64_t interval_ns, bool back_to_back) {
  uint64_t hash = pyr__hash(target_hash, profile.base, profile.len);
  return (struct pyr__phase){
      .interval_ns = interval_ns,
      .offset_ns = (int64_t)(hash % (uint64_t)interval_ns),
      .back_to_back = back_to_back,
  };
}

/* How long until the wall clock shows the phase: more than 0, at most one
 * interval. */
static int64_t until_phase(const struct pyr__phase *phase, int64_t wall_ns) {
  int64_t into = (wall_ns - phase->offset_ns) % phase->interval_ns;
  if (into < 0)
    into += phase->interval_ns;
  return phase->interval_ns - into;
}

int64_t pyr__phase_first(const struct pyr__phase *phase,
                         struct pyr__instant now) {
  return now.monotonic_ns + until_phase(phase, now.wall_ns);
}

int64_t pyr__phase_next(const struct pyr__phase *phase, int64_t due_ns,
                        int64_t started_ns, bool succeeded,
                        struct pyr__instant now, uint64_t *missed) {
  int64_t next;

  *missed = 0;
  if (phase->back_to_back && succeeded) {
    /* A target that answers too soon must not be asked in a tight loop. */
    next = started_ns + phase->interval_ns;
    return next < now.monotonic_ns ? now.monotonic_ns : next;
  }
  if (now.monotonic_ns > due_ns)
    *missed = (uint64_t)((now.monotonic_ns - due_ns) / phase->interval_ns);
  next = pyr__phase_first(phase, now);
  /* The clocks differ by a little: what was due just now is not due again. */
  if (next - due_ns < phase->interval_ns / 2)
    next += phase->interval_ns;
  return next;
}

/* Sessions that servers may resume, one for each origin, the one used longest
 * ago given up first. */
#ifndef PYR__NET_TLS_SESSIONS_H
#define PYR__NET_TLS_SESSIONS_H

#include <stdbool.h>

#include "base/index.h"
#include "base/list.h"

struct pyr__tls_session {
  struct pyr__list age;
  uint32_t id;
  uint64_t hash;
  int64_t until_ns; /* by the wall clock */
  size_t key_len, len;
  uint8_t bytes[]; /* the key, then the session: a secret */
};

struct pyr__tls_sessions {
  struct pyr__memory *memory;
  uint64_t seed;
  struct pyr__index index;
  struct pyr__tls_session **entries;
  uint32_t count, limit;
  struct pyr__list oldest;
};

void pyr__tls_sessions_init(struct pyr__tls_sessions *sessions,
                            struct pyr__memory *memory, uint32_t limit);
void pyr__tls_sessions_release(struct pyr__tls_sessions *sessions);
/* Replaces what there is for `key`.  Without memory there is none afterwards:
 * that costs a full handshake and nothing else. */
void pyr__tls_sessions_put(struct pyr__tls_sessions *sessions, pyr_str_t key,
                           const uint8_t *session, size_t len,
                           int64_t until_ns);
/* Base NULL: there is none that is good at `now_ns`; else it is good until
 * `*until_ns`.  Valid until the next call. */
pyr_str_t pyr__tls_sessions_get(struct pyr__tls_sessions *sessions,
                                pyr_str_t key, int64_t now_ns,
                                int64_t *until_ns);
void pyr__tls_sessions_drop(struct pyr__tls_sessions *sessions, pyr_str_t key);

#endif

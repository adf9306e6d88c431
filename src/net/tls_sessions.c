#include "net/tls_sessions.h"

#include <string.h>

#include "base/hash.h"

void pyr__tls_sessions_init(struct pyr__tls_sessions *sessions,
                            struct pyr__memory *memory, uint32_t limit) {
  memset(sessions, 0, sizeof(*sessions));
  sessions->memory = memory;
  sessions->limit = limit;
  sessions->seed = pyr__hash_random_seed();
  pyr__index_init(&sessions->index, memory, PYR__MEM_NET_TLS);
  pyr__list_init(&sessions->oldest);
}

static struct pyr__tls_session *find(struct pyr__tls_sessions *sessions,
                                     pyr_str_t key) {
  uint64_t hash = pyr__hash(sessions->seed, key.base, key.len);
  size_t at;
  uint32_t id = pyr__index_first(&sessions->index, hash, &at);

  for (; id != PYR__NONE; id = pyr__index_next(&sessions->index, hash, &at)) {
    struct pyr__tls_session *session = sessions->entries[id];
    if (session->key_len == key.len &&
        memcmp(session->bytes, key.base, key.len) == 0)
      return session;
  }
  return NULL;
}

/* The last entry takes the place of the one that goes. */
static void drop(struct pyr__tls_sessions *sessions,
                 struct pyr__tls_session *session) {
  struct pyr__tls_session *last = sessions->entries[sessions->count - 1];

  pyr__index_remove(&sessions->index, session->hash, session->id);
  if (last != session) {
    pyr__index_remove(&sessions->index, last->hash, last->id);
    last->id = session->id;
    sessions->entries[last->id] = last;
    /* It has just left a slot, so this allocates nothing. */
    (void)pyr__index_add(&sessions->index, last->hash, last->id);
  }
  sessions->count--;
  pyr__list_remove(&session->age);
  explicit_bzero(session->bytes, session->key_len + session->len);
  pyr__free(sessions->memory, session);
}

void pyr__tls_sessions_drop(struct pyr__tls_sessions *sessions, pyr_str_t key) {
  struct pyr__tls_session *session = find(sessions, key);
  if (session != NULL)
    drop(sessions, session);
}

static void drop_oldest(struct pyr__tls_sessions *sessions) {
  drop(sessions,
       pyr__container_of(sessions->oldest.next, struct pyr__tls_session, age));
}

void pyr__tls_sessions_release(struct pyr__tls_sessions *sessions) {
  while (sessions->count > 0)
    drop_oldest(sessions);
  pyr__index_release(&sessions->index);
  pyr__free(sessions->memory, sessions->entries);
  sessions->entries = NULL;
}

/* Room for one more among `entries`, which grow by powers of two. */
static bool make_room(struct pyr__tls_sessions *sessions) {
  uint32_t count = sessions->count;
  struct pyr__tls_session **entries;

  if (count == sessions->limit) {
    drop_oldest(sessions);
    return true;
  }
  if ((count & (count - 1)) != 0)
    return true;
  entries = pyr__realloc(sessions->memory, PYR__MEM_NET_TLS, sessions->entries,
                         count == 0 ? 1 : (size_t)count * 2,
                         sizeof(struct pyr__tls_session *));
  if (entries == NULL)
    return false;
  sessions->entries = entries;
  return true;
}

void pyr__tls_sessions_put(struct pyr__tls_sessions *sessions, pyr_str_t key,
                           const uint8_t *session, size_t len,
                           int64_t until_ns) {
  struct pyr__tls_session *entry;

  pyr__tls_sessions_drop(sessions, key);
  if (!make_room(sessions))
    return;
  entry = pyr__alloc(sessions->memory, PYR__MEM_NET_TLS,
                     sizeof(*entry) + key.len + len);
  if (entry == NULL)
    return;
  entry->id = sessions->count;
  entry->hash = pyr__hash(sessions->seed, key.base, key.len);
  entry->until_ns = until_ns;
  entry->key_len = key.len;
  entry->len = len;
  memcpy(entry->bytes, key.base, key.len);
  memcpy(entry->bytes + key.len, session, len);
  if (pyr__index_add(&sessions->index, entry->hash, entry->id) != 0) {
    explicit_bzero(entry->bytes, key.len + len);
    pyr__free(sessions->memory, entry);
    return;
  }
  sessions->entries[sessions->count++] = entry;
  pyr__list_add_before(&sessions->oldest, &entry->age);
}

pyr_str_t pyr__tls_sessions_get(struct pyr__tls_sessions *sessions,
                                pyr_str_t key, int64_t now_ns,
                                int64_t *until_ns) {
  struct pyr__tls_session *session = find(sessions, key);

  if (session == NULL)
    return (pyr_str_t){NULL, 0};
  if (now_ns >= session->until_ns) {
    drop(sessions, session);
    return (pyr_str_t){NULL, 0};
  }
  pyr__list_remove(&session->age);
  pyr__list_add_before(&sessions->oldest, &session->age);
  *until_ns = session->until_ns;
  return (pyr_str_t){(const char *)session->bytes + session->key_len,
                     session->len};
}

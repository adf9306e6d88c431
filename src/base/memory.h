/* The allocator of one instance, with an account for each purpose, so that
 * /metrics and /debug/pprof/heap can say where memory is.  A block carries its
 * size and purpose in front of it. */
#ifndef PYR__BASE_MEMORY_H
#define PYR__BASE_MEMORY_H

#include "base/error.h"

/* name, room, purpose.  Blocks that may hold secrets are wiped: all of net's
 * secrets, and what a configuration is read from and comes to. */
#define PYR__PURPOSES(X)                                                       \
  X(BASE_TEXT, "base", "text")                                                 \
  X(CONFIG_TREE, "config", "tree")                                             \
  X(CONFIG_VALUES, "config", "values")                                         \
  X(DISCOVERY_GROUPS, "discovery", "groups")                                   \
  X(DISCOVERY_TARGETS, "discovery", "targets")                                 \
  X(DISCOVERY_KUBERNETES, "discovery", "kubernetes")                           \
  X(SCHEDULE, "schedule", "entries")                                           \
  X(NET_CLIENT, "net", "client")                                               \
  X(NET_DNS, "net", "dns")                                                     \
  X(NET_SERVER, "net", "server")                                               \
  X(NET_TLS, "net", "tls")                                                     \
  X(NET_SECRETS, "net", "secrets")                                             \
  X(PPROF_INFLATE, "pprof", "inflate")                                         \
  X(PPROF_PROFILE, "pprof", "profile")                                         \
  X(PPROF_DELTA, "pprof", "delta")                                             \
  X(PPROF_ENCODE, "pprof", "encode")                                           \
  X(STORE_DICTIONARY, "store", "dictionary")                                   \
  X(STORE_BUFFER, "store", "buffer")                                           \
  X(STORE_READER, "store", "reader")                                           \
  X(QUERY, "query", "merge")                                                   \
  X(SERVE, "serve", "page")                                                    \
  X(SELF, "self", "sampler")                                                   \
  X(SCRAPER, "scraper", "targets")

enum pyr__purpose {
#define X(name, room, purpose) PYR__MEM_##name,
  PYR__PURPOSES(X)
#undef X
      PYR__PURPOSE_COUNT
};

struct pyr__account {
  uint64_t used_bytes, used_blocks;           /* now */
  uint64_t allocated_bytes, allocated_blocks; /* ever */
};

struct pyr__memory {
  pyr_alloc_t alloc;
  struct pyr__account accounts[PYR__PURPOSE_COUNT];
};

/* `alloc` may be NULL (the C library's) and is copied. */
void pyr__memory_init(struct pyr__memory *memory, const pyr_alloc_t *alloc);
const char *pyr__purpose_room(enum pyr__purpose purpose);
const char *pyr__purpose_name(enum pyr__purpose purpose);

/* All return NULL when there is no memory; a size of 0 is a valid block. */
void *pyr__alloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                 size_t size);
/* Zeroed; checks the multiplication. */
void *pyr__calloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                  size_t count, size_t size);
/* `ptr` may be NULL; on failure it stays valid.  Checks the multiplication. */
void *pyr__realloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                   void *ptr, size_t count, size_t size);
void pyr__free(struct pyr__memory *memory, void *ptr); /* NULL is allowed */
/* A terminated copy of `text`. */
char *pyr__copy_text(struct pyr__memory *memory, enum pyr__purpose purpose,
                     pyr_str_t text);

#endif

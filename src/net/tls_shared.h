/* What all TLS configurations of one client have in common: clock, random
 * numbers, counters, and the trust store of the system, which is read once. */
#ifndef PYR__NET_TLS_SHARED_H
#define PYR__NET_TLS_SHARED_H

#include "base/clock.h"
#include "net/tls_trust.h"
#include "net/watched_file.h"

/* Why a connection failed, as far as a code says it. */
#define PYR__TLS_REASONS(X)                                                    \
  X(NO_TLS, "no_tls")           /* the first bytes are none of it */           \
  X(VERSION, "version")         /* none in common */                           \
  X(CIPHER, "cipher")           /* the same of suites and curves */            \
  X(CERTIFICATE, "certificate") /* the peer's is missing, or not trusted */    \
  X(ALERT, "alert")             /* the peer breaks off, and says why */        \
  X(CLOSED, "closed")           /* it does not say it */                       \
  X(TIMEOUT, "timeout")         /* the handshake took too long */              \
  X(MALFORMED, "malformed")                                                    \
  X(OTHER, "other")
enum pyr__tls_reason {
#define PYR__X(name, text) PYR__TLS_##name,
  PYR__TLS_REASONS(PYR__X)
#undef PYR__X
      PYR__TLS_REASON_COUNT
};

struct pyr__tls_stats {
  uint64_t handshakes, resumed, failures[PYR__TLS_REASON_COUNT];
  uint64_t reloads, failed_reloads; /* of files that changed */
  int64_t longest_step_ns;          /* the most that one callback computed */
};

struct pyr__tls_shared_options {
  struct pyr__clock clock; /* monotonic_ns NULL: the system's */
  /* NULL: the kernel's, getrandom(2). */
  int (*random)(void *ctx, unsigned char *out, size_t len);
  void *random_ctx;
  /* The system's CA file; NULL: $SSL_CERT_FILE, or where distributions have it.
   */
  const char *trust_path;
};

/* Told of what is nobody's error: a file was read again, or could not be. */
typedef void (*pyr__tls_note_cb)(void *ctx, int level, const char *text);

struct pyr__tls_shared {
  unsigned refs;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  int (*random)(void *ctx, unsigned char *out, size_t len);
  void *random_ctx;
  pyr__tls_note_cb note;
  void *note_ctx;
  struct pyr__tls_stats stats[2]; /* as a client, and as a server */
  struct pyr__watched_file trust_file;
  struct pyr__tls_trust *trust; /* NULL: not read yet */
  bool is_stale; /* its file has become unusable, and it is told */
  char trust_path[];
};

static inline struct pyr__tls_stats *
pyr__tls_stats(struct pyr__tls_shared *shared, bool is_server) {
  return &shared->stats[is_server];
}

/* `options` may be NULL; its path is copied. */
int pyr__tls_shared_new(struct pyr__tls_shared **out,
                        struct pyr__memory *memory,
                        const struct pyr__tls_shared_options *options,
                        pyr_error_t *err);
struct pyr__tls_shared *pyr__tls_shared_ref(struct pyr__tls_shared *shared);
void pyr__tls_shared_unref(struct pyr__tls_shared *shared);
void pyr__tls_shared_on_note(struct pyr__tls_shared *shared,
                             pyr__tls_note_cb note, void *ctx);
__attribute__((format(printf, 3, 4))) void
pyr__tls_note(struct pyr__tls_shared *shared, int level, const char *format,
              ...);

/* The system's store, with a reference for the caller; one whose file has
 * become unusable is used on, with a note. */
int pyr__tls_shared_trust(struct pyr__tls_shared *shared,
                          struct pyr__tls_trust **out, pyr_error_t *err);

#endif

/* TLS of one connection, as a stage: what the peer sent goes in, plaintext and
 * bytes for the peer come out.  No socket, no libuv; the bytes may be cut
 * anywhere.
 *
 * mbedTLS allocates through calloc, process-wide, so the buffers of a
 * connection (two records of 16 KiB and what the handshake needs) are in no
 * account of `struct pyr__memory`; all of this stage's own is. */
#ifndef PYR__NET_TLS_H
#define PYR__NET_TLS_H

#include "base/buf.h"
#include "net/tls_setup.h"

struct pyr__tls; /* opaque */

enum pyr__tls_step {
  PYR__TLS_HUNGRY, /* all was taken, and more is needed */
  PYR__TLS_PLAIN,  /* there is plaintext; call again at once */
  PYR__TLS_BUSY,   /* much was computed: call again in the next turn */
  PYR__TLS_END     /* the peer ended it in order */
};

/* Whom a client speaks to; a server says nothing here. */
struct pyr__tls_peer {
  pyr_str_t origin; /* what sessions are kept by */
  pyr_str_t host;   /* the name to verify, where the setup has none */
  bool is_proxy;    /* the setup's name is not its */
  /* A connection that is ready, to carry this one: what is given to the upper
   * one, and comes out of it, is the lower one's.  Owned once pyr__tls_new went
   * well.  NULL: none. */
  struct pyr__tls *below;
};

/* Begins a handshake, whose first bytes are in pyr__tls_output where it is a
 * client's.  Takes a reference on `setup`. */
int pyr__tls_new(struct pyr__tls **out, struct pyr__tls_setup *setup,
                 const struct pyr__tls_peer *peer, pyr_error_t *err);
void pyr__tls_free(struct pyr__tls *tls); /* NULL is allowed */

/* Bytes of the peer, which must live until pyr__tls_step has returned something
 * else than PYR__TLS_PLAIN; all given before must have been taken. */
void pyr__tls_give(struct pyr__tls *tls, const uint8_t *data, size_t len);
/* One of the steps, or a negative code, which is final.  `*len` bytes of
 * plaintext are in `out`. */
int pyr__tls_step(struct pyr__tls *tls, uint8_t *out, size_t size, size_t *len);
/* Keeps what was given and computes nothing: in place of a step, for a turn in
 * which others have computed enough.  PYR__TLS_BUSY, or a negative code. */
int pyr__tls_postpone(struct pyr__tls *tls);
/* The peer's bytes have ended.  0: at a place where they may; else the code of
 * what that means. */
int pyr__tls_eof(struct pyr__tls *tls);
/* Nobody waits for the handshake any longer: a failure, where it is not over.
 */
void pyr__tls_time_out(struct pyr__tls *tls);
/* Takes all, or fails; before the handshake is over, keeps it. */
int pyr__tls_write(struct pyr__tls *tls, const void *data, size_t len);
/* What belongs to the negative code of the last call that failed. */
const pyr_error_t *pyr__tls_error(const struct pyr__tls *tls);
/* Says goodbye: after it, only the output is of interest. */
void pyr__tls_end(struct pyr__tls *tls);

/* Bytes for the peer; the caller takes them and clears. */
struct pyr__buf *pyr__tls_output(struct pyr__tls *tls);
bool pyr__tls_is_ready(const struct pyr__tls *tls); /* handshake is over */
bool pyr__tls_is_resumed(const struct pyr__tls *tls);
/* What all steps took so far. */
int64_t pyr__tls_spent_ns(const struct pyr__tls *tls);

#endif

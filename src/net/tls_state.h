/* The inside of a TLS connection: tls.c moves bytes, tls_handshake.c comes to
 * an agreement. */
#ifndef PYR__NET_TLS_STATE_H
#define PYR__NET_TLS_STATE_H

#include "net/tls.h"

enum { PYR__TLS_RECORD_HEADER = 5, PYR__TLS_START_BYTES = 12 };

struct pyr__tls {
  struct pyr__tls_setup *setup;
  mbedtls_ssl_context ssl;
  struct pyr__tls *below; /* what carries its bytes; NULL: a socket, and */
  const uint8_t *given;   /* what came of it and has not been taken yet */
  size_t given_len;
  uint64_t taken;         /* bytes of the peer, ever */
  bool is_dry;            /* more was wanted than there was */
  bool is_cut_off;        /* what is below has ended */
  struct pyr__buf held;   /* where `given` is between two turns */
  struct pyr__buf unsaid; /* plaintext, written before the handshake is over */
  struct pyr__buf out;
  bool is_verified, offers_session, is_ready, is_resumed, is_unheard,
      has_failed;
  bool has_presented; /* the server its certificate: nothing is resumed */
  /* Where in the peer's records the bytes taken end. */
  uint8_t header[PYR__TLS_RECORD_HEADER];
  size_t header_len, body_left;
  struct pyr__buf client; /* the record with a client's certificates */
  uint8_t start[PYR__TLS_START_BYTES]; /* the very first bytes */
  size_t start_len;
  int64_t until_ns; /* when what was verified is to be verified again */
  int64_t spent_ns;
  unsigned tickets;
  pyr_error_t error;
  size_t origin_len, name_len;
  char text[]; /* the origin, the name, a byte 0 */
};

/* The way of a code of mbedTLS to one of Pyrite: notes the failure, writes
 * `tls->error`, and returns its code. */
int pyr__tls_fail(struct pyr__tls *tls, int code);
/* The same for one that has its text. */
void pyr__tls_note_failure(struct pyr__tls *tls, enum pyr__tls_reason reason);
/* The peer's bytes have ended: 0 where they may, else a failure. */
int pyr__tls_end_of_bytes(struct pyr__tls *tls);
/* Looks for a session of this origin before the handshake. */
void pyr__tls_offer_session(struct pyr__tls *tls);
void pyr__tls_keep_session(struct pyr__tls *tls);
/* Verifies what a peer has presented. */
int pyr__tls_verify_peer(struct pyr__tls *tls, mbedtls_x509_crt *chain);
/* tls_client.c: whether the certificates of a client come next. */
bool pyr__tls_awaits_client(const struct pyr__tls *tls);
/* The next bytes of a record's body, on their way to mbedTLS: it would compute
 * with keys of any size as soon as it has them all, so they are verified
 * before. 0, or an error of mbedTLS's. */
int pyr__tls_take_client(struct pyr__tls *tls, const uint8_t *data, size_t len);
/* HUNGRY where the handshake waits for the peer, PLAIN where it is over, BUSY
 * where it has taken long since `began_ns`. */
int pyr__tls_shake_hands(struct pyr__tls *tls, int64_t began_ns);

#endif

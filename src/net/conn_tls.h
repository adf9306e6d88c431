/* TLS between the socket of a connection and its user. */
#ifndef PYR__NET_CONN_TLS_H
#define PYR__NET_CONN_TLS_H

#include "net/conn.h"
#include "net/tls.h"

/* Begins the handshake on a connection whose peer is to hear of TLS next; from
 * here on its user writes and gets plaintext.  A second time, when the first
 * has come to an agreement: TLS inside of TLS. */
int pyr__conn_secure(struct pyr__conn *conn, struct pyr__tls_setup *setup,
                     struct pyr__tls_peer peer, pyr_error_t *err);

/* For conn.c: bytes came; the socket's end came, as a code (0: in order). */
void pyr__conn_tls_bytes(struct pyr__conn *conn, const uint8_t *data,
                         size_t len);
int pyr__conn_tls_eof(struct pyr__conn *conn);
int pyr__conn_tls_write(struct pyr__conn *conn, const void *data, size_t len);
/* Sends what is there to be sent, unless sending is under way. */
int pyr__conn_tls_flush(struct pyr__conn *conn);
/* What was under way has been sent, or not: the code of what that means. */
int pyr__conn_tls_written(struct pyr__conn *conn, int status);
void pyr__conn_tls_end(struct pyr__conn *conn);

#endif

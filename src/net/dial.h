/* One connection to the first of several addresses that answers (RFC 8305,
 * simplified): the next attempt starts 250 ms after the one before, or at once
 * when that failed; the first to connect wins and the others are closed. */
#ifndef PYR__NET_DIAL_H
#define PYR__NET_DIAL_H

#include "net/conn.h"

struct pyr__dial;

/* Never called inside pyr__dial_start; the dial is gone then.  `conn` is NULL
 * on failure, and `err` says what became of each address. */
typedef void (*pyr__dial_cb)(void *ctx, struct pyr__conn *conn,
                             const pyr_error_t *err);

/* Fails at once without memory, or where every address does. */
int pyr__dial_start(struct pyr__dial **out, struct pyr__net *net,
                    pyr_str_t origin, uint16_t port,
                    const struct pyr__addresses *addresses, pyr__dial_cb cb,
                    void *ctx, pyr_error_t *err);
/* The same to the socket at `path`; it may not exist, or be too long. */
int pyr__dial_start_unix(struct pyr__dial **out, struct pyr__net *net,
                         pyr_str_t origin, const char *path, pyr__dial_cb cb,
                         void *ctx, pyr_error_t *err);
void pyr__dial_cancel(struct pyr__dial *dial);
/* "connecting to 127.0.0.1:80", "... to unix:/run/docker.sock" */
const char *pyr__dial_phase(const struct pyr__dial *dial);

#endif

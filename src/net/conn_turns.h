/* Reading of many connections, a turn of the loop at a time. */
#ifndef PYR__NET_CONN_TURNS_H
#define PYR__NET_CONN_TURNS_H

#include "net/conn.h"

/* Its two handles are counted, and closed by pyr__net_close. */
void pyr__turns_init(struct pyr__net *net);
/* Reads from now on, whenever there is something and others had their turn. 0,
 * or UV_E*. */
int pyr__conn_read(struct pyr__conn *conn);
/* Whether there is time left in this turn for what handshakes compute. */
bool pyr__turns_may_compute(const struct pyr__net *net);

#endif

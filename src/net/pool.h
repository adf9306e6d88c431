/* Connections between two requests: a few for each origin, found by it, given
 * up after a while or when the peer closes or speaks. */
#ifndef PYR__NET_POOL_H
#define PYR__NET_POOL_H

#include "base/hash.h"
#include "net/conn.h"

void pyr__pool_init(struct pyr__pool *pool);
void pyr__pool_release(struct pyr__net *net);
/* A new connection's part for the pool. */
void pyr__pool_prepare(struct pyr__conn *conn);
/* The connection of this origin that was used last, or NULL. */
struct pyr__conn *pyr__pool_take(struct pyr__net *net, pyr_str_t origin);
/* Takes a connection over from its user; closes it where there is no room. */
void pyr__pool_put(struct pyr__conn *conn);
/* Closes one that is in the pool. */
void pyr__pool_drop(struct pyr__conn *conn);
/* Closes the one that is idle longest; false where there is none. */
bool pyr__pool_drop_oldest(struct pyr__net *net);
void pyr__pool_clear(struct pyr__net *net);

#endif

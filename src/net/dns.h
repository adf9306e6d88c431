/* c-ares on uv_poll handles: one channel, its sockets, one alarm for its
 * timeouts.  Its callbacks are never the place where users run: answers are
 * recorded there and told of by `on_progress`, so that a user may close
 * everything. */
#ifndef PYR__NET_DNS_H
#define PYR__NET_DNS_H

#include <ares.h>
#include <sys/stat.h>

#include "net/conn.h"

struct pyr__dns_options {
  const char *servers; /* NULL: those of resolv.conf; copied */
  bool only_servers;   /* no hosts file, no search domains */
  char *resolv_conf;   /* NULL: /etc/resolv.conf; only read, not copied */
  int try_ms;          /* how long the first try waits; 0: 2000 */
  struct pyr__clock clock;
};

struct pyr__dns {
  struct pyr__net *net;
  struct pyr__dns_options options;
  char *servers;
  ares_channel channel; /* NULL until the first question */
  bool out_of_memory;   /* inside a callback of c-ares */
  struct pyr__list polls;
  struct pyr__alarm alarm;
  struct timespec conf_time; /* of resolv.conf when it was read */
  int64_t conf_checked_ns;
  void (*on_progress)(struct pyr__dns *dns);
};

/* `status` is one of ARES_*; `ttl_s` is the shortest of the records'. */
typedef void (*pyr__dns_cb)(void *ctx, int status,
                            const struct pyr__addresses *addresses,
                            unsigned ttl_s);

int pyr__dns_init(struct pyr__dns *dns, struct pyr__net *net,
                  const struct pyr__dns_options *options,
                  void (*on_progress)(struct pyr__dns *dns), pyr_error_t *err);
/* `cb` may be called before this returns, and is always called once.  Where
 * resolv.conf has changed, all other open questions are answered with
 * ARES_EDESTRUCTION, to be asked again. */
int pyr__dns_ask(struct pyr__dns *dns, const char *name, pyr__dns_cb cb,
                 void *ctx, pyr_error_t *err);
/* A question as it is, without search domains; `cb` runs inside c-ares, may be
 * called before this returns, and is always called once. */
int pyr__dns_query(struct pyr__dns *dns, const char *name, int type,
                   ares_callback cb, void *ctx, pyr_error_t *err);
/* The search domains of resolv.conf, and how many dots a name must have to be
 * asked for without one first. */
int pyr__dns_search(struct pyr__dns *dns,
                    void (*each)(void *ctx, const char *domain), void *ctx,
                    unsigned *ndots, pyr_error_t *err);
/* What a status of c-ares says. */
const char *pyr__dns_reason(int status);
/* Has `on_progress` called soon. */
void pyr__dns_wake(struct pyr__dns *dns);
/* Open questions are answered with ARES_EDESTRUCTION. */
void pyr__dns_close(struct pyr__dns *dns);

#endif

/* A server that ends its responses after a while (Go's WriteTimeout) cannot
 * give a profile that takes longer.  Where that shows, less is asked of it, so
 * that there is a profile at all; what is lost is said once. */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "scraper.h"

/* One early end may be a restart; two at the same time after the start are
 * not. */
enum { CUTS_TO_BELIEVE = 2 };

static int64_t asked_ns(const struct pyr__scrape_loop *loop) {
  return loop->fit.seconds_ns != 0 ? loop->fit.seconds_ns
                                   : loop->request->seconds_ns;
}

static bool is_cut(const struct pyr__scrape_loop *loop,
                   const struct pyr__scrape_outcome *outcome) {
  return outcome->error->code == PYR_ENET && outcome->status == 0 &&
         outcome->took_ns >= PYR__NS_PER_S &&
         outcome->took_ns < asked_ns(loop) + PYR__NS_PER_S;
}

/* How long a profile may take, by this failure; 0: it says nothing of that. */
static int64_t fitting_ns(struct pyr__scrape_loop *loop,
                          const struct pyr__scrape_outcome *outcome) {
  /* Go refuses at once what it would have to cut. */
  if (outcome->error->code == PYR_ESTATUS &&
      strstr(outcome->error->text, "exceeds server's WriteTimeout") != NULL)
    return asked_ns(loop) / 2;
  if (!is_cut(loop, outcome)) {
    loop->fit.cuts = 0;
    return 0;
  }
  if (++loop->fit.cuts < CUTS_TO_BELIEVE)
    return 0;
  /* The response needs some of the time, too. */
  return outcome->took_ns * 4 / 5;
}

static void log_fit(const struct pyr__scrape_loop *loop) {
  char asked[PYR__DURATION_TEXT], fit[PYR__DURATION_TEXT];
  pyr__duration_format(asked, loop->request->seconds_ns);
  pyr__duration_format(fit, loop->fit.seconds_ns);
  pyr__log(&loop->scraper->log, PYR_LOG_WARN,
           "profile duration lowered to what the target's server allows; raise "
           "its write timeout above seconds, or lower seconds",
           {"job", loop->owner->job->config->name},
           {"target", loop->owner->target->address},
           {"profile", loop->request->profile->name},
           {"seconds", pyr__str(asked)}, {"lowered-to", pyr__str(fit)});
}

void pyr__scrape_fit_failed(struct pyr__scrape_loop *loop,
                            const struct pyr__scrape_outcome *outcome) {
  bool is_first = loop->fit.seconds_ns == 0;
  int64_t fitting;

  if (loop->request->seconds_ns == 0)
    return;
  fitting = fitting_ns(loop, outcome) / PYR__NS_PER_S * PYR__NS_PER_S;
  if (fitting < PYR__NS_PER_S || fitting >= asked_ns(loop))
    return;
  loop->fit.seconds_ns = fitting;
  loop->fit.cuts = 0;
  if (is_first)
    log_fit(loop);
}

void pyr__scrape_fit_forget(struct pyr__scrape_loop *loop) {
  memset(&loop->fit, 0, sizeof(loop->fit));
}

int64_t pyr__scrape_seconds_ns(const struct pyr__scrape_loop *loop) {
  return asked_ns(loop);
}

/* The value of `seconds`, which there is where the request has a duration. */
static const char *find_seconds(const char *url) {
  static const char key[] = "seconds=";
  const char *at = strchr(url, '?');
  while (at != NULL && strncmp(at + 1, key, sizeof(key) - 1) != 0)
    at = strchr(at + 1, '&');
  return at == NULL ? NULL : at + sizeof(key);
}

const char *pyr__scrape_url(const struct pyr__scrape_loop *loop, char *buffer,
                            size_t size) {
  const char *url = loop->request->url;
  const char *value = find_seconds(url);

  if (loop->fit.seconds_ns == 0 || value == NULL)
    return url;
  snprintf(buffer, size, "%.*s%lld%s", (int)(value - url), url,
           (long long)(loop->fit.seconds_ns / PYR__NS_PER_S),
           value + strcspn(value, "&"));
  return buffer;
}

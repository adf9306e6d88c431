/* Who asks AWS, and of which region: found where Prometheus' library finds it,
 * in its order.  The keys of the configuration, the profile that it names, the
 * environment: keys, or a token that is good for a role (AWS_ROLE_ARN,
 * AWS_WEB_IDENTITY_TOKEN_FILE), the profile that this names (AWS_PROFILE) or
 * the default one, the service beside a container, and the role of the instance
 * that this runs on.  With any of these keys the keys of a role may be asked
 * for.  Files are read each time, as what is in
 * them is replaced while the process runs. */
#ifndef PYR__DISCOVERY_AWS_SESSION_H
#define PYR__DISCOVERY_AWS_SESSION_H

#include "base/clock.h"
#include "config/sd.h"
#include "discovery/aws/container.h"
#include "discovery/aws/instance.h"
#include "discovery/aws/role.h"

/* Where the keys are from. */
enum pyr__aws_source {
  PYR__AWS_FOUND, /* nobody was asked */
  PYR__AWS_WEB,
  PYR__AWS_CONTAINER,
  PYR__AWS_INSTANCE
};

struct pyr__aws_session {
  const struct pyr__aws_options *options;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  enum pyr__aws_source source;
  struct pyr__aws_kept_keys found;
  struct pyr__aws_role web;
  struct pyr__aws_container container;
  struct pyr__aws_instance instance;
  struct pyr__aws_role role; /* that is asked for with keys of the others */
  char region[PYR__AWS_REGION_TEXT]; /* "": not known yet */
  /* Once for each time that it had to ask; `err` is NULL where all is there. */
  void (*ready)(struct pyr__aws_session *session, const pyr_error_t *err);
};

struct pyr__aws_session_setup {
  const struct pyr__aws_options *options; /* outlive it, as does `access` */
  struct pyr__memory *memory;
  struct pyr__clock clock;
  struct pyr__http_client *client;
  struct pyr__http_access *access;    /* for AWS, not for the instance */
  struct pyr__http_request **request; /* the owner's: what runs */
  void (*ready)(struct pyr__aws_session *session, const pyr_error_t *err);
};

void pyr__aws_session_init(struct pyr__aws_session *session,
                           const struct pyr__aws_session_setup *setup);
void pyr__aws_session_release(struct pyr__aws_session *session);
/* Makes the region and keys be there, good for some minutes.  0: they are; 1:
 * `ready` will be called. */
int pyr__aws_session_prepare(struct pyr__aws_session *session,
                             pyr_error_t *err);
const struct pyr__aws_keys *
pyr__aws_session_keys(const struct pyr__aws_session *session);
/* AWS did not take the keys: those that were given out are not used again. */
void pyr__aws_session_doubt(struct pyr__aws_session *session);

#endif

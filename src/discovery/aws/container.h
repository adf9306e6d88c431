/* Keys that a service beside a container gives to it: the agent of ECS, or that
 * of EKS for the identity of a pod.  The environment says where it is
 * (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or ..._FULL_URI) and what it is to
 * be told (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, or ..._TOKEN). */
#ifndef PYR__DISCOVERY_AWS_CONTAINER_H
#define PYR__DISCOVERY_AWS_CONTAINER_H

#include "discovery/aws/keys.h"
#include "net/http_fetch.h"

struct pyr__aws_container {
  struct pyr__http_client *client;
  struct pyr__http_fetch fetch;
  struct pyr__aws_kept_keys keys;
  /* Once for each question. */
  void (*done)(struct pyr__aws_container *container, const pyr_error_t *err);
};

/* `request` is the owner's, as of a fetch. */
void pyr__aws_container_init(
    struct pyr__aws_container *container, struct pyr__memory *memory,
    struct pyr__http_client *client, struct pyr__http_request **request,
    void (*done)(struct pyr__aws_container *container, const pyr_error_t *err));
void pyr__aws_container_release(struct pyr__aws_container *container);
/* Whether the environment names such a service. */
bool pyr__aws_container_is_there(void);
int pyr__aws_container_ask(struct pyr__aws_container *container,
                           pyr_error_t *err);

/* Appends where the environment says it is; PYR_EUSAGE where keys must not be
 * asked for: at a host that is neither this one nor such a service's, in
 * plain. */
int pyr__aws_container_url(struct pyr__buf *out, pyr_error_t *err);

#endif

/* What the machine that this runs on says of itself, where it is one of EC2:
 * its region, and keys of the role that it has.  Version 2 of the instance
 * metadata service only: with a token, which no redirected request can have. */
#ifndef PYR__DISCOVERY_AWS_INSTANCE_H
#define PYR__DISCOVERY_AWS_INSTANCE_H

#include "discovery/aws/keys.h"
#include "net/http_fetch.h"

enum { PYR__AWS_REGION_TEXT = 64, PYR__AWS_ROLE_TEXT = 128 };

struct pyr__aws_instance {
  struct pyr__http_client *client;
  struct pyr__http_fetch fetch;
  int (*answered)(struct pyr__aws_instance *instance, pyr_error_t *err);
  bool wants_region, wants_keys;
  struct pyr__buf header; /* with the token */
  char role[PYR__AWS_ROLE_TEXT];
  char region[PYR__AWS_REGION_TEXT]; /* "": not known */
  struct pyr__aws_kept_keys keys;
  /* Once for each question. */
  void (*done)(struct pyr__aws_instance *instance, const pyr_error_t *err);
};

/* `request` is the owner's, as of a fetch. */
void pyr__aws_instance_init(
    struct pyr__aws_instance *instance, struct pyr__memory *memory,
    struct pyr__http_client *client, struct pyr__http_request **request,
    void (*done)(struct pyr__aws_instance *instance, const pyr_error_t *err));
void pyr__aws_instance_release(struct pyr__aws_instance *instance);
/* Asks for one or both.  Fails at once where it must not be asked
 * (AWS_EC2_METADATA_DISABLED). */
int pyr__aws_instance_ask(struct pyr__aws_instance *instance, bool region,
                          bool keys, pyr_error_t *err);
#endif

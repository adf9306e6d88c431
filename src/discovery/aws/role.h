/* Keys of a role, which AWS's security token service gives to whom may have
 * them: who signs with other keys, or has a token of an identity provider that
 * it trusts, as pods of Kubernetes have. */
#ifndef PYR__DISCOVERY_AWS_ROLE_H
#define PYR__DISCOVERY_AWS_ROLE_H

#include "discovery/aws/keys.h"
#include "net/http_fetch.h"

struct pyr__aws_role {
  struct pyr__http_client *client;
  struct pyr__http_access *access; /* NULL: the client's usual one */
  struct pyr__http_fetch fetch;
  struct pyr__aws_kept_keys keys;
  bool is_by_token; /* the question that runs */
  /* Once for each question. */
  void (*done)(struct pyr__aws_role *role, const pyr_error_t *err);
};

struct pyr__aws_role_question {
  pyr_str_t arn, external_id; /* the latter may be "" */
  const char *region;
  const struct pyr__aws_keys *keys; /* of who asks; NULL: the token says it */
  pyr_str_t token, session;         /* the name, of who asks by token */
  int64_t time_s;                   /* since 1970 */
};

/* `request` is the owner's, as of a fetch; `access` too. */
void pyr__aws_role_init(struct pyr__aws_role *role, struct pyr__memory *memory,
                        struct pyr__http_client *client,
                        struct pyr__http_access *access,
                        struct pyr__http_request **request,
                        void (*done)(struct pyr__aws_role *role,
                                     const pyr_error_t *err));
void pyr__aws_role_release(struct pyr__aws_role *role);
int pyr__aws_role_ask(struct pyr__aws_role *role,
                      const struct pyr__aws_role_question *question,
                      pyr_error_t *err);

/* Appends where a service of AWS is: what is given, what the environment says
 * (AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL), or its host in the region.  No "/"
 * at its end.  `service` is "sts"; as of pyr__buf_add. */
int pyr__aws_endpoint(struct pyr__buf *out, pyr_str_t given,
                      const char *service, const char *region);

#endif

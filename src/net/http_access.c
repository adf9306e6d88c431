#include "net/http_access.h"

#include "base/limits.h"
#include "net/http_auth.h"
#include "net/http_lines.h"
#include "net/http_request.h"
#include "net/oauth2.h"
#include "net/tls_config.h"

struct pyr__http_access {
  unsigned refs;
  struct pyr__memory *memory;
  struct pyr__arena arena; /* of the texts */
  struct pyr__http_auth auth;
  struct pyr__http_lines lines;
  struct pyr__oauth2 *oauth2; /* NULL: auth says who we are */
  struct pyr__proxies proxies;
  uint64_t number;
  struct pyr__tls_config *tls; /* NULL: the client's usual one */
};

static int take_tls(struct pyr__http_access *access,
                    struct pyr__http_client *client,
                    const struct pyr__tls_options *given, const char *name,
                    pyr_error_t *err) {
  struct pyr__tls_options options;
  int rc;

  if (given == NULL)
    return 0;
  options = *given;
  options.name = name;
  rc = pyr__tls_config_new(&access->tls, client->tls, &options, err);
  return rc == 0 || rc == PYR__ENOMEM ? rc
                                      : pyr__error_prefix(err, "tls-config: ");
}

static int take_auth(struct pyr__http_access *access,
                     const struct pyr__http_access_options *options,
                     pyr_error_t *err) {
  int rc = 0;
  if (options->auth != NULL)
    rc = pyr__http_auth_init(&access->auth, &access->arena, options->auth);
  if (rc == 0)
    rc =
        pyr__http_lines_init(&access->lines, &access->arena, &options->headers);
  if (rc == 0)
    return 0;
  return pyr__arena_error(&access->arena, PYR__LIMIT_SECRET_BYTES,
                          "the credentials", err);
}

int pyr__http_access_new(struct pyr__http_access **out,
                         struct pyr__http_client *client,
                         const struct pyr__http_access_options *options,
                         const char *name, pyr_error_t *err) {
  struct pyr__memory *memory = client->net.memory;
  struct pyr__http_access *access =
      pyr__calloc(memory, PYR__MEM_NET_SECRETS, 1, sizeof(*access));
  int rc;

  if (access == NULL)
    return pyr__error_nomem(err);
  access->refs = 1;
  access->memory = memory;
  access->number = ++client->accesses;
  pyr__arena_init(&access->arena, memory, PYR__MEM_NET_SECRETS,
                  PYR__LIMIT_ACCESS_BYTES);
  rc = take_tls(access, client, options->tls, name, err);
  if (rc == 0)
    rc = take_auth(access, options, err);
  if (rc == 0 && options->oauth2 != NULL)
    rc = pyr__oauth2_new(&access->oauth2, client, options->oauth2, name, err);
  if (rc == 0)
    rc = pyr__proxies_init(&access->proxies, &access->arena, &options->proxy,
                           err);
  if (rc != 0) {
    pyr__http_access_unref(access);
    return rc;
  }
  *out = access;
  return 0;
}

struct pyr__http_access *pyr__http_access_ref(struct pyr__http_access *access) {
  access->refs++;
  return access;
}

void pyr__http_access_unref(struct pyr__http_access *access) {
  if (access == NULL || --access->refs > 0)
    return;
  pyr__tls_config_unref(access->tls);
  pyr__oauth2_free(access->oauth2);
  pyr__http_auth_release(&access->auth, access->memory);
  pyr__http_lines_release(&access->lines, access->memory);
  pyr__proxies_release(&access->proxies, access->memory);
  pyr__arena_release(&access->arena);
  pyr__free(access->memory, access);
}

struct pyr__tls_config *
pyr__http_access_tls(const struct pyr__http_access *access) {
  return access->tls;
}

struct pyr__oauth2 *
pyr__http_access_oauth2(const struct pyr__http_access *access) {
  return access->oauth2;
}

int pyr__http_access_write(struct pyr__http_access *access,
                           struct pyr__buf *headers, pyr_error_t *err) {
  int rc = access->oauth2 != NULL
               ? pyr__oauth2_write(access->oauth2, headers, err)
               : pyr__http_auth_write(&access->auth, headers, err);
  return rc == 0 ? pyr__http_lines_write(&access->lines, headers, err) : rc;
}

const struct pyr__proxy *
pyr__http_access_proxy(const struct pyr__http_access *access,
                       const struct pyr__url *url) {
  return pyr__proxies_find(&access->proxies, url);
}

uint64_t pyr__http_access_number(const struct pyr__http_access *access) {
  return access->number;
}

int pyr__http_access_write_connect(struct pyr__http_access *access,
                                   struct pyr__buf *headers, pyr_error_t *err) {
  return pyr__http_lines_write(&access->proxies.connect_lines, headers, err);
}

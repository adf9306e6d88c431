#include "serve/guard.h"

#include "net/address.h"
#include "net/tls_config.h"
#include "net/tls_shared.h"
#include "net/web_auth.h"

/* "localhost:4041" without the port, "[::1]:4041" without that and brackets. */
static pyr_str_t without_port(pyr_str_t host) {
  const char *colon = memrchr(host.base, ':', host.len);
  const char *bracket = memchr(host.base, ']', host.len);
  if (host.len > 1 && host.base[0] == '[' && bracket != NULL)
    return (pyr_str_t){host.base + 1, (size_t)(bracket - host.base) - 1};
  if (colon != NULL)
    host.len = (size_t)(colon - host.base);
  return host;
}

bool pyr__serve_is_loopback(pyr_str_t address) {
  return pyr__is_loopback(without_port(address));
}

static bool is_ours(const struct pyr__serve_guard *guard, pyr_str_t host) {
  struct pyr__address address;
  size_t i;

  host = without_port(host);
  if (host.len > 0 && host.base[host.len - 1] == '.')
    host.len--;
  if (pyr__address_parse(&address, host) ||
      pyr__str_is_nocase(host, "localhost"))
    return true;
  for (i = 0; i < guard->host_count; i++)
    if (pyr__str_equal_nocase(host, guard->hosts[i]))
      return true;
  return guard->host_count == 0 && !guard->is_local;
}

/* "http://HOST" or "https://HOST", as the request names it; behind a proxy the
 * scheme may differ. */
static bool is_same_origin(pyr_str_t origin, pyr_str_t host) {
  static const char *const schemes[] = {"http://", "https://"};
  size_t i;
  for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
    size_t len = strlen(schemes[i]);
    if (pyr__str_starts(origin, schemes[i]) &&
        pyr__str_equal_nocase((pyr_str_t){origin.base + len, origin.len - len},
                              host))
      return true;
  }
  return false;
}

const char *pyr__serve_refusal(const struct pyr__serve_guard *guard,
                               const struct pyr__http_server_request *request) {
  if (request->host.base != NULL && !is_ours(guard, request->host))
    return "This host is not asked under that name. If it should be, put the "
           "name into server: hosts: of the configuration.\n";
  if (request->is_post && request->origin.base != NULL &&
      (request->host.base == NULL ||
       !is_same_origin(request->origin, request->host)))
    return "That page is not one of this server's.\n";
  return NULL;
}

bool pyr__serve_admit(struct pyr__serve_guard *guard,
                      const struct pyr__http_server_request *request,
                      struct pyr__http_exchange *exchange) {
  const char *refusal = pyr__serve_refusal(guard, request);
  if (refusal != NULL) {
    pyr__http_respond_text(exchange, 403, "%s", refusal);
    return false;
  }
  if (guard->auth == NULL)
    return true;
  switch (pyr__web_auth_check(guard->auth, request->authorization)) {
  case PYR__WEB_KNOWN:
    return true;
  case PYR__WEB_BUSY:
    pyr__http_respond_text(exchange, 429,
                           "Too many passwords were tried, wait a second.\n");
    return false;
  default:
    pyr__http_respond_challenge(exchange, pyr__web_auth_challenge(guard->auth));
    return false;
  }
}

/* Their files are read now, so that what is wrong with one is told. */
static int set_tls(struct pyr__serve_guard *guard, struct pyr__tls_shared *tls,
                   const struct pyr__tls_options *options, pyr_error_t *err) {
  struct pyr__tls_setup *setup;
  int rc = pyr__tls_config_new(&guard->tls, tls, options, err);
  if (rc == 0)
    rc = pyr__tls_config_setup(guard->tls, &setup, err);
  guard->asks_clients = options->client_certs == PYR__CLIENT_CERTS_REQUIRED;
  return rc == 0 ? 0 : pyr__error_prefix(err, "tls-server-config: ");
}

int pyr__serve_guard_new(struct pyr__serve_guard **out,
                         struct pyr__tls_shared *tls, const pyr_str_t *hosts,
                         size_t host_count, const struct pyr__web_options *web,
                         pyr_error_t *err) {
  struct pyr__serve_guard *guard =
      pyr__calloc(tls->memory, PYR__MEM_SERVE, 1, sizeof(*guard));
  int rc;

  if (guard == NULL)
    return pyr__error_nomem(err);
  *guard = (struct pyr__serve_guard){
      .memory = tls->memory, .hosts = hosts, .host_count = host_count};
  rc = pyr__web_auth_new(&guard->auth, tls->memory, web, &tls->clock, err);
  if (rc == 0 && web->tls != NULL)
    rc = set_tls(guard, tls, web->tls, err);
  if (rc != 0)
    pyr__serve_guard_free(guard);
  else
    *out = guard;
  return rc;
}

void pyr__serve_guard_free(struct pyr__serve_guard *guard) {
  if (guard == NULL)
    return;
  pyr__web_auth_free(guard->auth);
  pyr__tls_config_unref(guard->tls);
  pyr__free(guard->memory, guard);
}

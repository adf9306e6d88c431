/* web-config-file: how the stats endpoint may be asked, and by whom, in the
 * shape of Prometheus' file of that name. */
#include "config/draft.h"

#include "base/str.h"

struct web_draft {
  const struct pyr__entry *tls, *users;
  pyr_str_t bearer_token, bearer_token_file;
};

#define AT(member) offsetof(struct web_draft, member)
static const struct pyr__key web_rows[] = {
    {.name = "tls-server-config", .read = pyr__read_later, .offset = AT(tls)},
    {.name = "basic-auth-users", .read = pyr__read_later, .offset = AT(users)},
    {.name = "bearer-token",
     .read = pyr__read_some_text,
     .offset = AT(bearer_token),
     .arg = "a token"},
    {.name = "bearer-token-file",
     .read = pyr__read_some_text,
     .offset = AT(bearer_token_file),
     .arg = "the path of a file"},
    {.name = "http-server-config",
     .refused = "is not for this server: it speaks HTTP/1.1 and sets its own "
                "headers"},
    {.name = "rate-limit",
     .refused = "is not for this server: limits: server-connections is"}};
#undef AT
static const struct pyr__keys web_keys = {.rows = web_rows,
                                          .count = sizeof(web_rows) /
                                                   sizeof(web_rows[0]),
                                          .what = "a web configuration",
                                          .has_extras = true};

/* ---- TLS ---------------------------------------------------------------- */

struct tls_draft {
  pyr_str_t cert, cert_file, key, key_file, client_ca, client_ca_file;
  pyr_str_t min_version, max_version;
  int client_certs;
  bool prefers_own_suites;
};

#define UNVERIFIED "would take any certificate, expected one that verifies them"
static const struct pyr__choice client_auth_types[] = {
    {"NoClientCert", PYR__CLIENT_CERTS_NONE, NULL},
    {"VerifyClientCertIfGiven", PYR__CLIENT_CERTS_IF_GIVEN, NULL},
    {"RequireAndVerifyClientCert", PYR__CLIENT_CERTS_REQUIRED, NULL},
    {"RequestClientCert", 0, UNVERIFIED},
    {"RequireClientCert", 0, UNVERIFIED},
    {"RequireAnyClientCert", 0, UNVERIFIED},
    {NULL, 0, NULL}};

#define AT(member) offsetof(struct tls_draft, member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key tls_rows[] = {
    TEXT("cert", cert),
    TEXT("cert-file", cert_file),
    TEXT("key", key),
    TEXT("key-file", key_file),
    TEXT("client-ca", client_ca),
    TEXT("client-ca-file", client_ca_file),
    TEXT("min-version", min_version),
    TEXT("max-version", max_version),
    {.name = "client-auth-type",
     .read = pyr__read_choice,
     .offset = AT(client_certs),
     .arg = client_auth_types},
    {.name = "prefer-server-cipher-suites",
     .read = pyr__read_bool,
     .offset = AT(prefers_own_suites)},
    {.name = "cipher-suites",
     .refused = "is not for this server, which has good ones only"},
    {.name = "curve-preferences",
     .refused = "is not for this server, which has good ones only"},
    {.name = "client-allowed-sans",
     .refused = "is not supported, expected a client-ca of its own"}};
#undef TEXT
#undef AT
static const struct pyr__keys tls_keys =
    PYR__KEYS(tls_rows, "tls-server-config");

/* NULL where nothing is. */
static const char *wrong_tls(const struct tls_draft *draft) {
  bool has_ca = draft->client_ca.len + draft->client_ca_file.len > 0;
  if (draft->cert.len > 0 && draft->cert_file.len > 0)
    return "at most one of cert and cert-file must be configured";
  if (draft->key.len > 0 && draft->key_file.len > 0)
    return "at most one of key and key-file must be configured";
  if (draft->client_ca.len > 0 && draft->client_ca_file.len > 0)
    return "at most one of client-ca and client-ca-file must be configured";
  if (draft->cert.len + draft->cert_file.len == 0)
    return "has no certificate, expected cert or cert-file";
  if (draft->key.len + draft->key_file.len == 0)
    return "has no key, expected key or key-file";
  if (has_ca && draft->client_certs == PYR__CLIENT_CERTS_NONE)
    return "has client CAs for which nobody asks, expected client-auth-type";
  if (!has_ca && draft->client_certs != PYR__CLIENT_CERTS_NONE)
    return "has nothing to verify clients with, expected client-ca or "
           "client-ca-file";
  return NULL;
}

static void read_tls(struct pyr__reading *reading,
                     const struct pyr__entry *entry,
                     struct pyr__web_options *out) {
  struct pyr__item item = {entry->key->as.text, entry->value, entry, NULL};
  struct tls_draft draft = {.client_certs = PYR__CLIENT_CERTS_NONE};
  struct pyr__tls_options *tls = pyr__read_alloc(reading, 1, sizeof(*tls));
  const char *wrong;
  bool least_is_13, most_is_12;
  pyr_error_t err;

  pyr__read_map(reading, &item, &tls_keys, &draft);
  if (tls == NULL)
    return;
  *tls = (struct pyr__tls_options){
      .name = "tls-server-config",
      .cert = pyr__text_or_none(draft.cert),
      .cert_file = pyr__read_path(reading, draft.cert_file),
      .key = pyr__text_or_none(draft.key),
      .key_file = pyr__read_path(reading, draft.key_file),
      .ca = pyr__text_or_none(draft.client_ca),
      .ca_file = pyr__read_path(reading, draft.client_ca_file),
      .is_server = true,
      .client_certs = (enum pyr__client_certs)draft.client_certs,
      .min_version = pyr__text_or_none(draft.min_version),
      .max_version = pyr__text_or_none(draft.max_version)};
  wrong = wrong_tls(&draft);
  if (wrong == NULL &&
      pyr__tls_options_check(tls, &least_is_13, &most_is_12, &err) != 0)
    wrong = err.text;
  if (wrong != NULL)
    pyr__problem(reading->problems, item.node, item.key, "%s", wrong);
  out->tls = tls;
}

/* ---- users -------------------------------------------------------------- */

static void read_user(struct pyr__reading *reading,
                      const struct pyr__entry *entry,
                      struct pyr__web_user *out) {
  struct pyr__item item = {entry->key->as.text, entry->value, entry, NULL};
  pyr_str_t hash = {"", 0};
  const char *problem;

  pyr__read_text(reading, &item, &hash);
  problem = pyr__bcrypt_problem(hash);
  if (entry->value->kind == PYR__NODE_TEXT && problem != NULL)
    pyr__problem(reading->problems, item.node, item.key, "%s", problem);
  if (memchr(item.key.base, ':', item.key.len) != NULL)
    pyr__problem(reading->problems, entry->key, item.key,
                 "no name of a user may hold a colon");
  out->name = pyr__read_copy(reading, item.key).base;
  out->hash = pyr__read_copy(reading, hash).base;
}

static void read_users(struct pyr__reading *reading,
                       const struct pyr__entry *entry,
                       struct pyr__web_options *out) {
  const struct pyr__node *map = entry->value;
  struct pyr__item item = {entry->key->as.text, map, entry, NULL};
  struct pyr__web_user *users;
  size_t i;

  if (!pyr__expect(reading, &item, PYR__NODE_MAP, "users and their hashes"))
    return;
  users = pyr__read_alloc(reading, map->as.map.count, sizeof(*users));
  if (users == NULL)
    return;
  for (i = 0; i < map->as.map.count; i++)
    read_user(reading, &map->as.map.entries[i], &users[i]);
  out->users = users;
  out->user_count = map->as.map.count;
}

/* ---- the file ----------------------------------------------------------- */

static void read_web(struct pyr__reading *reading,
                     const struct pyr__node *root) {
  struct pyr__draft *draft = reading->ctx;
  struct pyr__web_options *out = &draft->web;
  struct pyr__item item = {pyr__str("YAML"), root, NULL, NULL};
  struct web_draft web = {.tls = NULL};

  if (root->kind == PYR__NODE_NULL)
    return;
  pyr__read_map(reading, &item, &web_keys, &web);
  if (web.tls != NULL)
    read_tls(reading, web.tls, out);
  if (web.users != NULL)
    read_users(reading, web.users, out);
  if (web.bearer_token.len > 0 && web.bearer_token_file.len > 0)
    pyr__problem(reading->problems, root, pyr__str("bearer-token-file"),
                 "at most one of bearer-token & bearer-token-file must be "
                 "configured");
  out->bearer_token = pyr__text_or_none(web.bearer_token);
  out->bearer_token_file = pyr__read_path(reading, web.bearer_token_file);
}

static void read_file(struct pyr__reading *reading,
                      const struct pyr__item *item, const char *path,
                      struct pyr__server_config *out) {
  struct pyr__draft *draft = reading->ctx;
  draft->web = (struct pyr__web_options){.tls = NULL};
  pyr__read_file(reading, item, path, read_web);
  out->web = draft->web;
}

void pyr__read_web_file(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  pyr_str_t path = {"", 0};
  pyr__read_text(reading, item, &path);
  if (path.len > 0)
    read_file(reading, item, pyr__read_locate(reading, path).base, out);
}

void pyr__read_given_web(struct pyr__reading *reading,
                         const struct pyr__node *root, const char *path,
                         struct pyr__server_config *out) {
  const struct pyr__item item = {pyr__str("web.config.file"), root, NULL, NULL};
  struct pyr__draft *draft = reading->ctx;
  const pyr_str_t directory = draft->directory;

  draft->directory = pyr__str(""); /* it is no word of the configuration's */
  read_file(reading, &item, pyr__read_locate(reading, pyr__str(path)).base,
            out);
  draft->directory = directory;
}

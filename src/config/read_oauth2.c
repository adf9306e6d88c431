/* oauth2: of a job, and of what asks a server for targets. */
#include "config/draft.h"

#include "base/http_options.h"
#include "base/str.h"

struct oauth2_draft {
  pyr_str_t client_id, secret, secret_file, token_url;
  struct pyr__texts scopes;
  struct pyr__label_list params;
  struct pyr__http_access_options access;
};

#define AT(member) offsetof(struct oauth2_draft, member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key oauth2_rows[] = {
    TEXT("client-id", client_id),
    TEXT("client-secret", secret),
    TEXT("client-secret-file", secret_file),
    {.name = "scopes", .read = pyr__read_texts, .offset = AT(scopes)},
    TEXT("token-url", token_url),
    {.name = "endpoint-params", .read = pyr__read_labels, .offset = AT(params)},
    PYR__HTTP_KEY("tls-config", pyr__read_tls, AT(access), tls),
    PYR__PROXY_KEYS(AT(access))};
#undef TEXT
#undef AT
static const struct pyr__keys oauth2_keys = PYR__KEYS(oauth2_rows, "oauth2");

/* In Prometheus' words. */
static const char *wrong(const struct oauth2_draft *draft) {
  if (draft->client_id.len == 0)
    return "oauth2 client-id must be configured";
  if (draft->token_url.len == 0)
    return "oauth2 token-url must be configured";
  if (draft->secret.len > 0 && draft->secret_file.len > 0)
    return "at most one of oauth2 client-secret & client-secret-file must be "
           "configured";
  if (!pyr__str_starts(draft->token_url, "http://") &&
      !pyr__str_starts(draft->token_url, "https://"))
    return "token-url is no URL, expected http:// or https:// at its start";
  return NULL;
}

/* What the grant says itself; which grant may be said. */
static void check_params(struct pyr__reading *reading,
                         const struct pyr__item *item,
                         const struct oauth2_draft *draft) {
  size_t i;
  for (i = 0; draft->scopes.count > 0 && i < draft->params.count; i++)
    if (pyr__str_is(draft->params.items[i].name, "scope"))
      pyr__problem(reading->problems, item->node, item->key,
                   "the parameter scope is what scopes says, expected one of "
                   "them");
}

void pyr__read_oauth2(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__oauth2_options *options =
      pyr__read_alloc(reading, 1, sizeof(*options));
  struct oauth2_draft draft = {
      .client_id = {"", 0},
      .access.proxy = {.url = {"", 0}, .no_proxy = {"", 0}}};
  const char *text;

  pyr__read_map(reading, item, &oauth2_keys, &draft);
  if (item->node->kind != PYR__NODE_MAP || options == NULL)
    return;
  text = wrong(&draft);
  if (text != NULL)
    pyr__problem(reading->problems, item->node, item->key, "%s", text);
  check_params(reading, item, &draft);
  pyr__check_proxy(reading, item->node, draft.access.proxy.from_environment);
  *options = (struct pyr__oauth2_options){
      .client_id = draft.client_id.base,
      .token_url = draft.token_url.len == 0 ? "" : draft.token_url.base,
      .scopes = draft.scopes.items,
      .scope_count = draft.scopes.count,
      .params = draft.params.items,
      .param_count = draft.params.count,
      .access = draft.access};
  if (draft.secret.len > 0)
    options->client_secret = draft.secret.base;
  if (draft.secret_file.len > 0)
    options->client_secret_file =
        pyr__read_locate(reading, draft.secret_file).base;
  *(const struct pyr__oauth2_options **)out = options;
}

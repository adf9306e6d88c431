/* basic-auth, authorization, bearer-token: who we say we are. */
#include "config/draft.h"

#include "base/auth_options.h"
#include "base/str.h"

static bool has(const struct pyr__node *map, const char *name) {
  const struct pyr__entry *entry = pyr__map_find(map, name);
  return entry != NULL && entry->value->kind != PYR__NODE_NULL;
}

/* In Prometheus' words. */
static const char *wrong(const struct pyr__node *map) {
  bool basic = has(map, "basic-auth"), oauth2 = has(map, "oauth2");
  bool token = has(map, "bearer-token"), file = has(map, "bearer-token-file");
  bool authorization = has(map, "authorization");

  if (token && file)
    return "at most one of bearer-token & bearer-token-file must be configured";
  if ((token || file) && (basic || oauth2))
    return "at most one of basic-auth, oauth2, bearer-token & "
           "bearer-token-file must be configured";
  if (authorization && (token || file))
    return "authorization is not compatible with bearer-token & "
           "bearer-token-file";
  if (basic + oauth2 + authorization > 1)
    return "at most one of basic-auth, oauth2 & authorization must be "
           "configured";
  return NULL;
}

void pyr__check_auth(struct pyr__reading *reading,
                     const struct pyr__node *map) {
  static const char *const names[] = {"basic-auth", "oauth2", "authorization",
                                      "bearer-token", "bearer-token-file"};
  const char *text = wrong(map);
  const struct pyr__entry *entry, *last = NULL;
  size_t i;

  if (text == NULL)
    return;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    entry = pyr__map_find(map, names[i]);
    if (entry != NULL && (last == NULL || entry > last))
      last = entry;
  }
  pyr__problem(reading->problems, last->key, last->key->as.text, "%s", text);
}

/* ---- the keys ----------------------------------------------------------- */

struct auth_draft {
  pyr_str_t type, text, file, username, username_file;
};

#define AT(member) offsetof(struct auth_draft, member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key basic_rows[] = {
    TEXT("username", username), TEXT("username-file", username_file),
    TEXT("password", text), TEXT("password-file", file)};
static const struct pyr__key authorization_rows[] = {
    TEXT("type", type), TEXT("credentials", text),
    TEXT("credentials-file", file)};
#undef TEXT
#undef AT
static const struct pyr__keys basic_keys = PYR__KEYS(basic_rows, "basic-auth");
static const struct pyr__keys authorization_keys =
    PYR__KEYS(authorization_rows, "authorization");

/* Those of the map, all in one; NULL where there is no room. */
static struct pyr__auth_options *options_at(struct pyr__reading *reading,
                                            void *out) {
  struct pyr__auth_options **options = out;
  if (*options == NULL)
    *options = pyr__read_alloc(reading, 1, sizeof(**options));
  return *options;
}

/* In the words of the classic server. */
static void check_pair(struct pyr__reading *reading,
                       const struct pyr__item *item, pyr_str_t text,
                       pyr_str_t file, const char *what) {
  if (text.len != 0 && file.len != 0)
    pyr__problem(reading->problems, item->node, item->key,
                 "at most one of %s & %s-file must be configured", what,
                 strchr(what, ' ') + 1);
}

void pyr__read_basic_auth(struct pyr__reading *reading,
                          const struct pyr__item *item, void *out) {
  struct pyr__auth_options *options = options_at(reading, out);
  struct auth_draft draft = {.type = {"", 0}};

  pyr__read_map(reading, item, &basic_keys, &draft);
  check_pair(reading, item, draft.username, draft.username_file,
             "basic-auth username");
  check_pair(reading, item, draft.text, draft.file, "basic-auth password");
  if (options == NULL)
    return;
  if (draft.username_file.len == 0)
    options->username = draft.username.len == 0 ? "" : draft.username.base;
  options->username_file = pyr__read_path(reading, draft.username_file);
  options->password = pyr__text_or_none(draft.text);
  options->password_file = pyr__read_path(reading, draft.file);
}

void pyr__read_authorization(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out) {
  struct pyr__auth_options *options = options_at(reading, out);
  struct auth_draft draft = {.type = {"", 0}};

  pyr__read_map(reading, item, &authorization_keys, &draft);
  check_pair(reading, item, draft.text, draft.file,
             "authorization credentials");
  if (pyr__str_is_nocase(draft.type, "basic"))
    pyr__problem(reading->problems, item->node, item->key,
                 "authorization type cannot be set to \"basic\", use "
                 "\"basic-auth\" instead");
  if (options == NULL)
    return;
  options->type = pyr__text_or_none(draft.type);
  options->credentials = pyr__text_or_none(draft.text);
  options->credentials_file = pyr__read_path(reading, draft.file);
}

void pyr__read_bearer_token(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out) {
  struct pyr__auth_options *options = options_at(reading, out);
  pyr_str_t text = {"", 0};
  pyr__read_text(reading, item, &text);
  if (options != NULL)
    options->credentials = pyr__text_or_none(text);
}

void pyr__read_bearer_token_file(struct pyr__reading *reading,
                                 const struct pyr__item *item, void *out) {
  struct pyr__auth_options *options = options_at(reading, out);
  pyr_str_t text = {"", 0};
  pyr__read_text(reading, item, &text);
  if (options != NULL)
    options->credentials_file = pyr__read_path(reading, text);
}

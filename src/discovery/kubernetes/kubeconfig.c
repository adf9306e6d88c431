#include "discovery/kubernetes/kubeconfig.h"

#include <mbedtls/base64.h>

#include "base/str.h"
#include "config/read.h"

#define NO_PROGRAM                                                             \
  "has another program give the credentials, which Pyrite does not run; take " \
  "a token (kubectl create token), a tokenFile or a client certificate"

struct place { /* ctx of the reading */
  const char *path;
};

/* ---- values ------------------------------------------------------------- */

static void read_text(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  const char **text = out;
  if (pyr__expect(reading, item, PYR__NODE_TEXT, "text") &&
      item->node->as.text.len != 0)
    *text = pyr__read_copy(reading, item->node->as.text).base;
}

/* A path, from the folder of the file that it stands in. */
static void read_path(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  const struct place *place = reading->ctx;
  const char *slash = strrchr(place->path, '/');
  pyr_str_t text, folder = {place->path, 0};
  const char **joined = out;
  char *copy;

  read_text(reading, item, out);
  if (*joined == NULL || (*joined)[0] == '/' || slash == NULL)
    return;
  folder.len = (size_t)(slash - place->path) + 1;
  text = item->node->as.text;
  copy = pyr__read_alloc(reading, folder.len + text.len + 1, 1);
  if (copy == NULL)
    return;
  memcpy(copy, folder.base, folder.len);
  memcpy(copy + folder.len, text.base, text.len);
  *joined = copy;
}

static void read_base64(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  const char **text = out;
  pyr_str_t from;
  unsigned char *to;
  size_t len;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "base64"))
    return;
  from = item->node->as.text;
  to = pyr__read_alloc(reading, from.len + 1, 1);
  if (to == NULL)
    return;
  if (mbedtls_base64_decode(to, from.len + 1, &len,
                            (const unsigned char *)from.base, from.len) != 0)
    pyr__problem(reading->problems, item->node, item->key, "is no base64");
  else if (memchr(to, 0, len) != NULL)
    pyr__problem(reading->problems, item->node, item->key,
                 "is no text in base64, expected PEM");
  else
    *text = (const char *)to;
}

/* ---- sections ----------------------------------------------------------- */

#define AT(member) offsetof(struct pyr__kubeconfig, member)
static const struct pyr__key cluster_rows[] = {
    {.name = "server",
     .read = read_text,
     .offset = AT(server),
     .flags = PYR__KEY_REQUIRED},
    {.name = "certificate-authority", .read = read_path, .offset = AT(ca_file)},
    {.name = "certificate-authority-data",
     .read = read_base64,
     .offset = AT(ca)},
    {.name = "tls-server-name", .read = read_text, .offset = AT(server_name)},
    {.name = "insecure-skip-tls-verify",
     .read = pyr__read_bool,
     .offset = AT(insecure_skip_verify)},
    {.name = "proxy-url",
     .refused = "is not supported, expected a server that can be reached "
                "without a proxy"}};

static const struct pyr__key user_rows[] = {
    {.name = "token", .read = read_text, .offset = AT(token)},
    {.name = "tokenFile", .read = read_path, .offset = AT(token_file)},
    {.name = "client-certificate", .read = read_path, .offset = AT(cert_file)},
    {.name = "client-certificate-data",
     .read = read_base64,
     .offset = AT(cert)},
    {.name = "client-key", .read = read_path, .offset = AT(key_file)},
    {.name = "client-key-data", .read = read_base64, .offset = AT(key)},
    {.name = "username", .read = read_text, .offset = AT(username)},
    {.name = "password", .read = read_text, .offset = AT(password)},
    {.name = "exec", .refused = NO_PROGRAM},
    {.name = "auth-provider", .refused = NO_PROGRAM},
    {.name = "as",
     .refused =
         "asks to impersonate somebody, which is not supported; expected "
         "the credentials of who is to be asked as"}};
#undef AT

/* Other keys are other programs' business. */
static const struct pyr__keys cluster_keys = {
    cluster_rows, sizeof(cluster_rows) / sizeof(cluster_rows[0]), "a cluster",
    true, false};
static const struct pyr__keys user_keys = {
    user_rows, sizeof(user_rows) / sizeof(user_rows[0]), "a user", true, false};

struct context {
  pyr_str_t cluster, user;
};

static const struct pyr__key context_rows[] = {
    {.name = "cluster",
     .read = pyr__read_text,
     .offset = offsetof(struct context, cluster),
     .flags = PYR__KEY_REQUIRED},
    {.name = "user",
     .read = pyr__read_text,
     .offset = offsetof(struct context, user)}};
static const struct pyr__keys context_keys = {
    context_rows, sizeof(context_rows) / sizeof(context_rows[0]), "a context",
    true, false};

/* ---- finding them ------------------------------------------------------- */

/* Whether the element of a list of named things has this name. */
static bool has_name(const struct pyr__node *element, pyr_str_t name) {
  const struct pyr__entry *entry = pyr__map_find(element, "name");
  return entry != NULL && entry->value->kind == PYR__NODE_TEXT &&
         pyr__str_equal(entry->value->as.text, name);
}

/* What is under `inner` of the element of `outer` that has the name; NULL and a
 * problem where there is none. */
static const struct pyr__node *find_named(struct pyr__reading *reading,
                                          const struct pyr__node *root,
                                          const char *outer, const char *inner,
                                          pyr_str_t name) {
  const struct pyr__entry *list = pyr__map_find(root, outer), *entry;
  size_t i;

  for (i = 0; list != NULL && list->value->kind == PYR__NODE_LIST &&
              i < list->value->as.list.count;
       i++) {
    const struct pyr__node *element = list->value->as.list.items[i];
    if (!has_name(element, name))
      continue;
    entry = pyr__map_find(element, inner);
    if (entry != NULL)
      return entry->value;
  }
  pyr__problem(reading->problems, list == NULL ? root : list->value,
               pyr__str(outer), "has no %s with the name \"%.*s\"", inner,
               PYR__STR_ARG(name));
  return NULL;
}

static void read_named(struct pyr__reading *reading,
                       const struct pyr__node *root, const char *outer,
                       const char *inner, pyr_str_t name,
                       const struct pyr__keys *keys, void *out) {
  struct pyr__item item = {.key = pyr__str(inner)};
  item.node = find_named(reading, root, outer, inner, name);
  if (item.node != NULL)
    pyr__read_map(reading, &item, keys, out);
}

static void read_root(struct pyr__reading *reading,
                      const struct pyr__node *root,
                      struct pyr__kubeconfig *out) {
  const struct pyr__entry *current = pyr__map_find(root, "current-context");
  struct context context = {pyr__str(""), pyr__str("")};

  if (current == NULL || current->value->kind != PYR__NODE_TEXT ||
      current->value->as.text.len == 0) {
    pyr__problem(reading->problems, root, pyr__str("current-context"),
                 "is missing, expected the name of one of contexts");
    return;
  }
  read_named(reading, root, "contexts", "context", current->value->as.text,
             &context_keys, &context);
  if (context.cluster.len != 0)
    read_named(reading, root, "clusters", "cluster", context.cluster,
               &cluster_keys, out);
  if (context.user.len != 0)
    read_named(reading, root, "users", "user", context.user, &user_keys, out);
}

int pyr__kubeconfig_parse(struct pyr__kubeconfig *out, struct pyr__arena *arena,
                          pyr_str_t text, const char *path, pyr_error_t *err) {
  const struct pyr__tree_options options = {.expand_env = false};
  struct pyr__reading reading = {.arena = arena};
  struct place place = {path};
  struct pyr__problems problems;
  struct pyr__tree tree;
  int rc;

  *out = (struct pyr__kubeconfig){.server = NULL};
  pyr__problems_init(&problems, arena->memory, path);
  rc = pyr__tree_parse(&tree, arena->memory, text, &options, &problems);
  if (rc == 0) {
    reading.problems = &problems;
    reading.ctx = &place;
    read_root(&reading, tree.root, out);
    pyr__tree_release(&tree);
    rc = reading.rc;
  }
  if (rc == PYR__ENOMEM)
    pyr__error_nomem(err);
  else if (rc == PYR_ELIMIT)
    pyr__error(err, rc, "%s: its texts take more than %zu bytes", path,
               arena->limit);
  else
    rc = pyr__problems_tell(&problems, NULL, NULL, err);
  pyr__problems_release(&problems);
  return rc;
}

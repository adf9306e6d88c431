/* http-headers and proxy-connect-header: maps by the names of headers. */
#include "config/draft.h"

#include <stdio.h>

#include "base/str.h"

enum { NAME_SHOWN = 64 };

/* What Prometheus reserves, and what says where a message ends. */
static const char *const reserved[] = {"Authorization",
                                       "Host",
                                       "Content-Encoding",
                                       "Content-Length",
                                       "Content-Type",
                                       "User-Agent",
                                       "Connection",
                                       "Keep-Alive",
                                       "Proxy-Authenticate",
                                       "Proxy-Authorization",
                                       "Www-Authenticate",
                                       "Accept-Encoding",
                                       "X-Prometheus-Remote-Write-Version",
                                       "X-Prometheus-Remote-Read-Version",
                                       "X-Prometheus-Scrape-Timeout-Seconds",
                                       "X-Amz-Date",
                                       "X-Amz-Security-Token",
                                       "X-Amz-Content-Sha256",
                                       "Transfer-Encoding",
                                       "TE",
                                       "Trailer",
                                       "Upgrade",
                                       "Expect",
                                       NULL};
/* A proxy may be told of the rest in other words than a server. */
static const char *const reserved_of_connect[] = {
    "Host", "Content-Length", "Transfer-Encoding", "TE", "Trailer", NULL};

static bool is_one_of(pyr_str_t name, const char *const *names) {
  for (; *names != NULL; names++)
    if (pyr__str_is_nocase(name, *names))
      return true;
  return false;
}

static bool is_usable(struct pyr__reading *reading, pyr_str_t key,
                      const struct pyr__node *name,
                      const char *const *reserved_names) {
  char shown[NAME_SHOWN];
  pyr__str_escape(shown, sizeof(shown), name->as.text);
  if (!pyr__is_header_name(name->as.text))
    pyr__problem(reading->problems, name, key, "\"%s\" is no name of a header",
                 shown);
  else if (is_one_of(name->as.text, reserved_names))
    pyr__problem(reading->problems, name, key,
                 "setting header \"%s\" is not allowed", shown);
  else
    return true;
  return false;
}

struct lines {
  struct pyr__http_header *items;
  size_t count;
};

static void add(struct pyr__reading *reading, struct lines *lines,
                struct pyr__http_header header) {
  struct pyr__http_header *items =
      pyr__read_grow(reading, lines->items, lines->count, sizeof(*items));
  if (items == NULL)
    return;
  items[lines->count++] = header;
  lines->items = items;
}

static void add_values(struct pyr__reading *reading, struct lines *lines,
                       const char *name, const struct pyr__texts *values) {
  size_t i;
  for (i = 0; i < values->count; i++)
    add(reading, lines,
        (struct pyr__http_header){.name = name,
                                  .value = values->items[i].base});
}

static void add_files(struct pyr__reading *reading, struct lines *lines,
                      const char *name, const struct pyr__texts *files) {
  size_t i;
  for (i = 0; i < files->count; i++)
    add(reading, lines,
        (struct pyr__http_header){
            .name = name,
            .file = pyr__read_locate(reading, files->items[i]).base});
}

/* A secret is not shown, also where it is wrong. */
static void check_values(struct pyr__reading *reading,
                         const struct pyr__item *item,
                         const struct pyr__texts *values) {
  size_t i;
  for (i = 0; i < values->count; i++)
    if (values->items[i].base != NULL && !pyr__is_header_text(values->items[i]))
      pyr__problem(reading->problems,
                   item->node->kind == PYR__NODE_LIST
                       ? item->node->as.list.items[i]
                       : item->node,
                   item->key, "is no value of a header, expected one line");
}

static void read_values(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  pyr__read_texts(reading, item, out);
  check_values(reading, item, out);
}

struct header_draft {
  struct pyr__texts values, secrets, files;
};

#define AT(member) offsetof(struct header_draft, member)
static const struct pyr__key header_rows[] = {
    {.name = "values", .read = read_values, .offset = AT(values)},
    {.name = "secrets", .read = read_values, .offset = AT(secrets)},
    {.name = "files", .read = pyr__read_texts, .offset = AT(files)}};
#undef AT
static const struct pyr__keys header_keys =
    PYR__KEYS(header_rows, "a header of http-headers");

static void read_header(struct pyr__reading *reading,
                        const struct pyr__item *item, struct lines *lines) {
  struct header_draft draft = {.values = {NULL, 0}};
  const char *name;

  pyr__read_map(reading, item, &header_keys, &draft);
  name = pyr__read_copy(reading, item->key).base;
  add_values(reading, lines, name, &draft.values);
  add_values(reading, lines, name, &draft.secrets);
  add_files(reading, lines, name, &draft.files);
}

static void read_connect(struct pyr__reading *reading,
                         const struct pyr__item *item, struct lines *lines) {
  struct pyr__texts values = {NULL, 0};
  read_values(reading, item, &values);
  add_values(reading, lines, pyr__read_copy(reading, item->key).base, &values);
}

typedef void (*read_one_cb)(struct pyr__reading *reading,
                            const struct pyr__item *item, struct lines *lines);

static void read_all(struct pyr__reading *reading, const struct pyr__item *item,
                     const char *const *reserved_names, read_one_cb read_one,
                     struct pyr__http_headers *out) {
  struct lines lines = {NULL, 0};
  size_t i;

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "a map of headers"))
    return;
  for (i = 0; i < item->node->as.map.count; i++) {
    const struct pyr__entry *entry = &item->node->as.map.entries[i];
    struct pyr__item one = {entry->key->as.text, entry->value, entry, NULL};
    if (is_usable(reading, item->key, entry->key, reserved_names))
      read_one(reading, &one, &lines);
  }
  *out = (struct pyr__http_headers){lines.items, lines.count};
}

void pyr__read_http_headers(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out) {
  read_all(reading, item, reserved, read_header, out);
}

void pyr__read_connect_header(struct pyr__reading *reading,
                              const struct pyr__item *item, void *out) {
  read_all(reading, item, reserved_of_connect, read_connect, out);
}

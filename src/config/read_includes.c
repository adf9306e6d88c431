/* scrape-config-files: jobs that stand in files of their own. */
#include "config/draft.h"

#include <glob.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

struct included {
  const struct pyr__entry *jobs;
};

static const struct pyr__key included_rows[] = {
    {.name = "scrape-configs",
     .read = pyr__read_later,
     .offset = offsetof(struct included, jobs)}};
static const struct pyr__keys included_keys = {
    .rows = included_rows,
    .count = 1,
    .what = "a file of scrape-config-files",
    .has_extras = true};

/* ---- one file ----------------------------------------------------------- */

static void read_jobs(struct pyr__reading *reading,
                      const struct pyr__node *root) {
  struct included included = {.jobs = NULL};
  struct pyr__item item = {pyr__str("YAML"), root, NULL, NULL};

  if (root->kind == PYR__NODE_NULL)
    return;
  pyr__read_map(reading, &item, &included_keys, &included);
  if (included.jobs != NULL)
    pyr__read_jobs(reading, included.jobs);
}

/* The text with `file` as the one that is read. */
static void read_text(struct pyr__reading *reading, const char *file,
                      pyr_str_t text, pyr__read_root_cb read_root) {
  struct pyr__problems *problems = reading->problems;
  struct pyr__draft *draft = reading->ctx;
  const struct pyr__tree_options options = {.expand_env = draft->expand_env};
  const struct pyr__draft main_draft = *draft;
  struct pyr__tree tree;
  int rc;

  draft->file = problems->file = file;
  draft->timeout = NULL;
  draft->directory = pyr__config_directory(file);
  problems->file_number = ++problems->file_count;
  rc = pyr__tree_parse(&tree, problems->memory, text, &options, problems);
  if (rc == 0) {
    read_root(reading, tree.root);
    pyr__tree_release(&tree);
  } else if (rc != PYR_ECONFIG) {
    reading->rc = rc;
  }
  draft->file = problems->file = main_draft.file;
  draft->directory = main_draft.directory;
  draft->timeout = main_draft.timeout;
  problems->file_number = 0;
}

void pyr__read_file(struct pyr__reading *reading, const struct pyr__item *item,
                    const char *path, pyr__read_root_cb read_root) {
  const char *file = pyr__read_copy(reading, pyr__str(path)).base;
  struct pyr__buf text;
  pyr_error_t err;
  int rc;

  if (reading->rc != 0)
    return;
  rc =
      pyr__config_read_file(&text, reading->problems->memory, path, true, &err);
  if (rc == 0)
    read_text(reading, file, (pyr_str_t){(const char *)text.data, text.len},
              read_root);
  else if (rc == PYR__ENOMEM)
    reading->rc = rc;
  else
    pyr__problem(reading->problems, item->node, item->key, "%s", err.text);
  pyr__buf_release(&text);
}

/* ---- the list ----------------------------------------------------------- */

/* The directory itself and the one above are in none, as in Go. */
static bool is_dots(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void read_matches(struct pyr__reading *reading,
                         const struct pyr__item *item, const glob_t *found) {
  const struct pyr__problems *problems = reading->problems;
  size_t i;

  for (i = 0; i < found->gl_pathc && reading->rc == 0; i++) {
    if (is_dots(found->gl_pathv[i]))
      continue;
    if (problems->file_count == PYR__LIMIT_CONFIG_FILES) {
      pyr__problem(reading->problems, item->node, item->key,
                   "more than %u files, expected fewer with more jobs in each",
                   PYR__LIMIT_CONFIG_FILES);
      return;
    }
    pyr__read_file(reading, item, found->gl_pathv[i], read_jobs);
  }
}

/* What is not there is no error, as in Prometheus. */
static void read_pattern(struct pyr__reading *reading,
                         const struct pyr__item *item, pyr_str_t pattern) {
  glob_t found;
  int rc =
      glob(pyr__read_locate(reading, pattern).base, GLOB_PERIOD, NULL, &found);
  if (rc == GLOB_NOSPACE)
    reading->rc = PYR__ENOMEM;
  else if (rc == GLOB_NOMATCH)
    pyr__draft_note(reading,
                    "scrape-config-files: there is no file that matches %.*s",
                    PYR__STR_ARG(pattern));
  else
    read_matches(reading, item, &found);
  globfree(&found);
}

/* Calls `visit` for each path of the list, or of the one text. */
static void
for_each(struct pyr__reading *reading, const struct pyr__entry *entry,
         void (*visit)(struct pyr__reading *reading,
                       const struct pyr__item *item, pyr_str_t path)) {
  const struct pyr__node *value = entry->value;
  struct pyr__item item = {entry->key->as.text, value, entry, NULL};
  struct pyr__texts paths = {.count = 0};
  size_t i;

  pyr__read_texts(reading, &item, &paths);
  for (i = 0; i < paths.count && reading->rc == 0; i++) {
    item.node = value->kind == PYR__NODE_LIST ? value->as.list.items[i] : value;
    if (paths.items[i].base == NULL)
      continue;
    if (pyr__is_pattern(paths.items[i]))
      visit(reading, &item, paths.items[i]);
    else
      pyr__problem(reading->problems, item.node, item.key,
                   "invalid scrape config file path \"%.*s\", expected * in "
                   "its last part only",
                   PYR__STR_ARG(paths.items[i]));
  }
}

void pyr__read_includes(struct pyr__reading *reading,
                        const struct pyr__entry *entry) {
  for_each(reading, entry, read_pattern);
}

/* ---- for those who watch them ------------------------------------------- */

struct telling {
  struct pyr__draft draft; /* the reading's ctx */
  void (*cb)(void *ctx, const char *pattern);
  void *ctx;
};

static void tell_pattern(struct pyr__reading *reading,
                         const struct pyr__item *item, pyr_str_t pattern) {
  const struct telling *telling = reading->ctx;
  pyr_str_t path = pyr__read_locate(reading, pattern);
  (void)item;
  if (reading->rc == 0)
    telling->cb(telling->ctx, path.base);
}

static int tell_text(struct telling *telling, struct pyr__memory *memory,
                     pyr_str_t text, pyr_error_t *err) {
  const struct pyr__tree_options options = {.expand_env =
                                                telling->draft.expand_env};
  const struct pyr__entry *entry;
  struct pyr__problems problems;
  struct pyr__arena arena;
  struct pyr__reading reading = {
      .problems = &problems, .arena = &arena, .ctx = telling};
  struct pyr__tree tree;
  int rc;

  pyr__problems_init(&problems, memory, telling->draft.file);
  pyr__arena_init(&arena, memory, PYR__MEM_CONFIG_VALUES,
                  PYR__LIMIT_VALUES_BYTES);
  rc = pyr__tree_parse(&tree, memory, text, &options, &problems);
  if (rc == 0) {
    entry = pyr__map_find(pyr__top_map(tree.root), "scrape-config-files");
    if (entry != NULL && entry->value->kind != PYR__NODE_NULL)
      for_each(&reading, entry, tell_pattern);
    pyr__tree_release(&tree);
    rc = reading.rc;
  }
  pyr__arena_release(&arena);
  if (rc == PYR_ECONFIG)
    rc = pyr__problems_tell(&problems, NULL, NULL, err);
  else if (rc != 0)
    pyr__error_nomem(err);
  pyr__problems_release(&problems);
  return rc;
}

int pyr_config_each_include(const char *path, const pyr_config_options_t *given,
                            void (*cb)(void *ctx, const char *pattern),
                            void *ctx, pyr_error_t *err) {
  const pyr_config_options_t options = pyr__config_options(given, path);
  struct telling telling = {.draft = {.file = options.name,
                                      .directory = pyr__config_directory(path),
                                      .expand_env = options.expand_env != 0},
                            .cb = cb,
                            .ctx = ctx};
  struct pyr__memory memory;
  struct pyr__buf text;
  int rc;

  pyr__memory_init(&memory, options.alloc);
  rc = pyr__config_read_file(&text, &memory, path, false, err);
  if (rc == 0)
    rc = tell_text(&telling, &memory,
                   (pyr_str_t){(const char *)text.data, text.len}, err);
  pyr__buf_release(&text);
  return rc;
}

#include "config/config.h"

#include "base/limits.h"
#include "base/str.h"
#include "config/draft.h"

/* Members that a caller compiled against an older header does not know are
 * zero. */
pyr_config_options_t pyr__config_options(const pyr_config_options_t *given,
                                         const char *name) {
  pyr_config_options_t options = {0};
  if (given != NULL)
    memcpy(&options, given,
           given->size < sizeof(options) ? given->size : sizeof(options));
  options.size = sizeof(options);
  if (options.name == NULL)
    options.name = name;
  return options;
}

/* The block is in the account of the memory that it holds. */
static struct pyr_config_s *create(const pyr_alloc_t *alloc) {
  struct pyr__memory memory;
  struct pyr_config_s *config;

  pyr__memory_init(&memory, alloc);
  config = pyr__calloc(&memory, PYR__MEM_CONFIG_VALUES, 1, sizeof(*config));
  if (config == NULL)
    return NULL;
  config->references = 1;
  config->memory = memory;
  pyr__arena_init(&config->arena, &config->memory, PYR__MEM_CONFIG_VALUES,
                  PYR__LIMIT_VALUES_BYTES);
  return config;
}

/* Whether there was room; where a limit was passed, that is a problem. */
static int check_room(struct pyr__reading *reading,
                      const struct pyr__node *root) {
  if (reading->rc == PYR_ELIMIT)
    pyr__problem(reading->problems, root, pyr__str("YAML"),
                 "the configuration takes more than %zu bytes",
                 PYR__LIMIT_VALUES_BYTES);
  return reading->rc == PYR_ELIMIT ? 0 : reading->rc;
}

static int read_text(struct pyr_config_s *config, pyr_str_t text,
                     pyr_str_t directory, const pyr_config_options_t *options,
                     struct pyr__problems *problems) {
  const struct pyr__tree_options tree_options = {.expand_env =
                                                     options->expand_env != 0};
  struct pyr__draft draft = {.config = config,
                             .directory = directory,
                             .expand_env = options->expand_env != 0,
                             .web_config = options->web_config};
  struct pyr__reading reading = {
      .problems = problems, .arena = &config->arena, .ctx = &draft};
  struct pyr__tree tree;
  int rc;

  /* Rules say where they stand for as long as they are used. */
  draft.file = problems->file =
      pyr__arena_text(&config->arena, pyr__str(options->name));
  if (draft.file == NULL)
    return PYR__ENOMEM;
  rc = pyr__tree_parse(&tree, &config->memory, text, &tree_options, problems);
  if (rc != 0)
    return rc == PYR_ECONFIG ? 0 : rc;
  pyr__read_top(&reading, tree.root);
  rc = check_room(&reading, tree.root);
  pyr__tree_release(&tree);
  return rc;
}

int pyr__config_parse(pyr_config_t **out, pyr_str_t text, pyr_str_t directory,
                      const pyr_config_options_t *given, pyr_error_t *err) {
  pyr_config_options_t options = pyr__config_options(given, "config");
  struct pyr_config_s *config = create(options.alloc);
  struct pyr__problems problems;
  int rc;

  if (config == NULL)
    return pyr__error_nomem(err);
  pyr__problems_init(&problems, &config->memory, options.name);
  rc = read_text(config, text, directory, &options, &problems);
  rc = rc != 0
           ? pyr__error_nomem(err)
           : pyr__problems_tell(&problems, options.on_error, options.ctx, err);
  pyr__problems_release(&problems);
  if (rc != 0)
    pyr_config_unref(config);
  else
    *out = config;
  return rc;
}

int pyr_config_parse(pyr_config_t **out, const char *text, size_t len,
                     const pyr_config_options_t *options, pyr_error_t *err) {
  return pyr__config_parse(out, (pyr_str_t){text, len}, pyr__str(""), options,
                           err);
}

void pyr_config_each_path(const pyr_config_t *config,
                          void (*cb)(void *ctx, const char *path, int kind),
                          void *ctx) {
  const struct pyr__config_path *path;
  for (path = config->paths; path != NULL; path = path->next)
    cb(ctx, path->text, PYR_PATH_READ);
  if (config->storage.path.len > 0)
    cb(ctx, config->storage.path.base, PYR_PATH_STORAGE);
}

#define COUNT(member) offsetof(struct pyr__sd_configs, member)
static const struct mechanism {
  const char *name;
  size_t count; /* where in the job's that stands */
} mechanisms[] = {{"file", COUNT(file_count)},
                  {"http", COUNT(http_count)},
                  {"dns", COUNT(dns_count)},
                  {"ec2", COUNT(ec2_count)},
                  {"consul", COUNT(consul_count)},
                  {"docker", COUNT(docker_count)},
                  {"kubernetes", COUNT(kubernetes_count)}};
#undef COUNT

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

void pyr_config_each_discovery(const pyr_config_t *config,
                               void (*cb)(void *ctx, pyr_str_t job,
                                          const char *mechanism),
                               void *ctx) {
  size_t i, k;
  for (i = 0; i < config->job_count; i++)
    for (k = 0; k < MECHANISMS; k++) {
      const char *sd = (const char *)&config->jobs[i].sd;
      if (*(const size_t *)(const void *)(sd + mechanisms[k].count) > 0)
        cb(ctx, config->jobs[i].name, mechanisms[k].name);
    }
}

pyr_config_t *pyr_config_ref(pyr_config_t *config) {
  config->references++;
  return config;
}

void pyr_config_unref(pyr_config_t *config) {
  struct pyr__memory memory;
  if (config == NULL || --config->references > 0)
    return;
  pyr__relabel_lists_release(config->relabel_lists);
  pyr__arena_release(&config->arena);
  memory = config->memory;
  pyr__free(&memory, config);
}

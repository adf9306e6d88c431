#include "config/tree_builder.h"

#include "base/limits.h"
#include "base/str.h"

enum { STEP_EVENTS = 64 };

static const pyr_str_t yaml = {"YAML", 4};

const char *pyr__node_kind_name(enum pyr__node_kind kind) {
  static const char *const names[] = {"nothing", "text", "a list", "a map"};
  return names[kind];
}

int pyr__tree_no_room(struct pyr__tree_builder *builder,
                      const struct pyr__node *at, size_t wanted) {
  const struct pyr__arena *arena = &builder->tree->arena;
  if (pyr__arena_error(arena, wanted, "", NULL) == PYR__ENOMEM)
    return PYR__ENOMEM;
  pyr__problem(builder->problems, at, yaml,
               "the file takes more than %zu bytes of memory",
               PYR__LIMIT_YAML_BYTES);
  return PYR_ECONFIG;
}

int pyr__tree_count(struct pyr__tree_builder *builder,
                    const struct pyr__node *at, size_t nodes) {
  builder->nodes += nodes;
  if (builder->nodes <= PYR__LIMIT_YAML_NODES)
    return 0;
  pyr__problem(builder->problems, at, yaml,
               "more than %d values with those of aliases, expected fewer",
               PYR__LIMIT_YAML_NODES);
  return PYR_ECONFIG;
}

/* ---- documents ---------------------------------------------------------- */

static void begin_document(struct pyr__tree_builder *builder) {
  builder->anchor_count = 0;
  pyr__index_clear(&builder->anchor_index);
}

static int end_document(struct pyr__tree_builder *builder) {
  const struct pyr__node *root = builder->stack[--builder->stack_count];

  if (root->kind == PYR__NODE_NULL)
    return 0;
  if (builder->tree->root->kind == PYR__NODE_NULL) {
    builder->tree->root = root;
    return 0;
  }
  pyr__problem(builder->problems, root, yaml,
               "a second document, expected one in a file");
  return PYR_ECONFIG;
}

/* One event; 1: it was not the last. */
static int take_event(struct pyr__tree_builder *builder) {
  yaml_event_type_t type;
  int rc = 0;

  builder->waited_for = 0;
  if (!yaml_parser_parse(&builder->parser, &builder->event))
    return pyr__tree_syntax_error(builder);
  type = builder->event.type;
  if (type == YAML_DOCUMENT_START_EVENT)
    begin_document(builder);
  else if (type == YAML_DOCUMENT_END_EVENT)
    rc = end_document(builder);
  else
    rc = pyr__tree_add_event(builder);
  yaml_event_delete(&builder->event);
  return rc != 0 ? rc : type != YAML_STREAM_END_EVENT;
}

/* ---- the builder -------------------------------------------------------- */

/* libyaml's reader of the text, a little at a time: 0 ends it. */
static int hand_over(void *ctx, unsigned char *out, size_t size,
                     size_t *written) {
  struct pyr__tree_builder *builder = ctx;
  size_t limit = builder->options->value_bytes;
  size_t left = builder->text.len - builder->handed_over;

  if (limit > 0 && builder->waited_for > limit)
    return 0;
  *written = size < left ? size : left;
  if (*written > 0)
    memcpy(out, builder->text.base + builder->handed_over, *written);
  builder->handed_over += *written;
  builder->waited_for += *written;
  return 1;
}

int pyr__tree_begin(struct pyr__tree_builder **out, struct pyr__tree *tree,
                    struct pyr__memory *memory, pyr_str_t text,
                    const struct pyr__tree_options *options,
                    struct pyr__problems *problems) {
  static const struct pyr__node nothing = {.line = 1, .column = 1};
  struct pyr__tree_builder *builder;
  int rc = pyr__tree_check_start(&text, problems);

  if (rc != 0)
    return rc;
  builder = pyr__calloc(memory, PYR__MEM_CONFIG_TREE, 1, sizeof(*builder));
  if (builder == NULL)
    return PYR__ENOMEM;
  if (!yaml_parser_initialize(&builder->parser)) {
    pyr__free(memory, builder);
    return PYR__ENOMEM;
  }
  builder->tree = tree;
  builder->problems = problems;
  builder->options = options;
  builder->text = text;
  builder->line = builder->column = 1;
  yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input(&builder->parser, hand_over, builder);
  pyr__index_init(&builder->anchor_index, memory, PYR__MEM_CONFIG_TREE);
  tree->root = &nothing;
  pyr__arena_init(&tree->arena, memory, PYR__MEM_CONFIG_TREE,
                  PYR__LIMIT_YAML_BYTES);
  *out = builder;
  return 0;
}

int pyr__tree_step(struct pyr__tree_builder *builder) {
  int rc = 1;
  unsigned i;

  if (builder->checked < builder->text.len) {
    rc = pyr__tree_check_step(builder);
    return rc < 0 ? rc : 1;
  }
  for (i = 0; i < STEP_EVENTS && rc > 0; i++)
    rc = take_event(builder);
  if (rc == 0)
    builder->is_whole = true;
  return rc;
}

void pyr__tree_end(struct pyr__tree_builder *builder) {
  struct pyr__memory *memory = builder->tree->arena.memory;

  if (!builder->is_whole)
    pyr__tree_release(builder->tree);
  yaml_parser_delete(&builder->parser);
  pyr__index_release(&builder->anchor_index);
  pyr__free(memory, builder->anchors);
  pyr__free(memory, (void *)builder->stack);
  pyr__free(memory, builder);
}

int pyr__tree_parse(struct pyr__tree *tree, struct pyr__memory *memory,
                    pyr_str_t text, const struct pyr__tree_options *options,
                    struct pyr__problems *problems) {
  struct pyr__tree_builder *builder;
  int rc = pyr__tree_begin(&builder, tree, memory, text, options, problems);

  if (rc != 0)
    return rc;
  do {
    rc = pyr__tree_step(builder);
  } while (rc > 0);
  pyr__tree_end(builder);
  return rc;
}

void pyr__tree_release(struct pyr__tree *tree) {
  pyr__arena_release(&tree->arena);
  tree->root = NULL;
}

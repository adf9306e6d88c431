#include "config/tree_builder.h"

#include "base/limits.h"
#include "base/str.h"

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

/* From the start of a document to its end. */
static int document(struct pyr__tree_builder *builder) {
  const struct pyr__node *root;
  int rc;

  pyr__tree_drop(builder);
  builder->anchor_count = 0;
  pyr__index_clear(&builder->anchor_index);
  rc = pyr__tree_add_node(builder, 0, 0);
  if (rc != 0)
    return rc;
  root = builder->stack[--builder->stack_count];
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

/* Before documents there is the start of the stream, between them their end. */
static int stream(struct pyr__tree_builder *builder) {
  yaml_event_type_t type = YAML_NO_EVENT;
  int rc = pyr__tree_peek(builder, &type);
  while (rc == 0 && type != YAML_STREAM_END_EVENT) {
    if (type == YAML_DOCUMENT_START_EVENT)
      rc = document(builder);
    else
      pyr__tree_drop(builder);
    if (rc == 0)
      rc = pyr__tree_peek(builder, &type);
  }
  pyr__tree_drop(builder);
  return rc;
}

static int build(struct pyr__tree_builder *builder, pyr_str_t text) {
  struct pyr__memory *memory = builder->tree->arena.memory;
  int rc;

  if (!yaml_parser_initialize(&builder->parser))
    return PYR__ENOMEM;
  yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&builder->parser,
                               (const unsigned char *)text.base, text.len);
  pyr__index_init(&builder->anchor_index, memory, PYR__MEM_CONFIG_TREE);
  rc = stream(builder);
  yaml_parser_delete(&builder->parser);
  pyr__index_release(&builder->anchor_index);
  pyr__free(memory, builder->anchors);
  pyr__free(memory, (void *)builder->stack);
  return rc;
}

int pyr__tree_parse(struct pyr__tree *tree, struct pyr__memory *memory,
                    pyr_str_t text, const struct pyr__tree_options *options,
                    struct pyr__problems *problems) {
  static const struct pyr__node nothing = {.line = 1, .column = 1};
  struct pyr__tree_builder builder = {
      .tree = tree, .problems = problems, .options = options};
  int rc = pyr__tree_check_text(&text, problems);

  if (rc != 0)
    return rc;
  tree->root = &nothing;
  pyr__arena_init(&tree->arena, memory, PYR__MEM_CONFIG_TREE,
                  PYR__LIMIT_YAML_BYTES);
  rc = build(&builder, text);
  if (rc != 0)
    pyr__tree_release(tree);
  return rc;
}

void pyr__tree_release(struct pyr__tree *tree) {
  pyr__arena_release(&tree->arena);
  tree->root = NULL;
}

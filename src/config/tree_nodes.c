/* From libyaml's events to nodes. */
#include "config/tree_builder.h"

#include "base/str.h"

enum { FIRST_CAPACITY = 16, KEPT_BYTES = 64 * 1024 };

static const pyr_str_t yaml = {"YAML", 4};

/* ---- what cannot be read ------------------------------------------------ */

/* A tab is what people mostly mean by a character that cannot be.  What
 * libyaml stumbled over is the next in its buffer. */
static int stumbled_over_tab(const yaml_parser_t *parser) {
  return parser->error == YAML_SCANNER_ERROR &&
         parser->buffer.pointer < parser->buffer.last &&
         *parser->buffer.pointer == '\t';
}

/* Nothing came of so much text that no more was handed over. */
static int waited_in_vain(struct pyr__tree_builder *builder) {
  const yaml_mark_t *at = &builder->parser.mark;
  pyr__problem_at(builder->problems, (unsigned)at->line + 1,
                  (unsigned)at->column + 1, yaml,
                  "more than %zu bytes without a value, or in one, expected "
                  "fewer",
                  builder->options->value_bytes);
  return PYR_ECONFIG;
}

int pyr__tree_syntax_error(struct pyr__tree_builder *builder) {
  const yaml_parser_t *parser = &builder->parser;
  unsigned line = (unsigned)parser->problem_mark.line + 1;
  unsigned column = (unsigned)parser->problem_mark.column + 1;

  if (parser->error == YAML_MEMORY_ERROR)
    return PYR__ENOMEM;
  if (parser->error == YAML_READER_ERROR)
    return waited_in_vain(builder); /* what else there is was checked */
  if (stumbled_over_tab(parser))
    pyr__problem_at(builder->problems, line, column, yaml,
                    "a tab cannot indent, expected spaces");
  else if (parser->context != NULL && parser->context_mark.line + 1 != line)
    pyr__problem_at(builder->problems, line, column, yaml,
                    "%s, %s that begins in line %zu", parser->problem,
                    parser->context, parser->context_mark.line + 1);
  else if (parser->context != NULL)
    pyr__problem_at(builder->problems, line, column, yaml, "%s, %s",
                    parser->problem, parser->context);
  else
    pyr__problem_at(builder->problems, line, column, yaml, "%s",
                    parser->problem == NULL ? "it cannot be read"
                                            : parser->problem);
  return PYR_ECONFIG;
}

/* ---- nodes -------------------------------------------------------------- */

static struct pyr__node *new_block(struct pyr__tree_builder *builder) {
  if (builder->depth == 0 && builder->options->on_entry != NULL)
    return &builder->root;
  return pyr__arena_alloc(&builder->tree->arena, 1, sizeof(struct pyr__node));
}

static int new_node(struct pyr__tree_builder *builder, enum pyr__node_kind kind,
                    struct pyr__node **out) {
  struct pyr__node *node = new_block(builder);
  struct pyr__node at = {.line = (unsigned)builder->event.start_mark.line + 1,
                         .column =
                             (unsigned)builder->event.start_mark.column + 1};

  if (node == NULL)
    return pyr__tree_no_room(builder, &at, sizeof(*node));
  *node = at;
  node->kind = kind;
  node->size = 1;
  *out = node;
  return pyr__tree_count(builder, node, 1);
}

static int push(struct pyr__tree_builder *builder,
                const struct pyr__node *node) {
  size_t capacity = builder->stack_capacity == 0 ? FIRST_CAPACITY
                                                 : builder->stack_capacity * 2;
  const struct pyr__node **stack;

  if (builder->stack_count == builder->stack_capacity) {
    stack = pyr__realloc(builder->tree->arena.memory, PYR__MEM_CONFIG_TREE,
                         (void *)builder->stack, capacity,
                         sizeof(struct pyr__node *));
    if (stack == NULL)
      return PYR__ENOMEM;
    builder->stack = stack;
    builder->stack_capacity = capacity;
  }
  builder->stack[builder->stack_count++] = node;
  return 0;
}

static bool is_entry(const struct pyr__tree_builder *builder) {
  return builder->options->on_entry != NULL && builder->depth == 1 &&
         builder->open[0].node->kind == PYR__NODE_LIST;
}

/* The node is whole: its parent's child, or handed over.  What an anchor stands
 * on must stay for who may refer to it. */
static int add(struct pyr__tree_builder *builder,
               const struct pyr__node *node) {
  int rc;
  if (!is_entry(builder))
    return push(builder, node);
  rc = builder->options->on_entry(builder->options->ctx, node);
  if (builder->anchor_count == 0)
    pyr__arena_reset(&builder->tree->arena, KEPT_BYTES);
  return rc;
}

/* ---- the tree ----------------------------------------------------------- */

/* The node that an alias means. */
static int alias(struct pyr__tree_builder *builder) {
  struct pyr__node place = {
      .line = (unsigned)builder->event.start_mark.line + 1,
      .column = (unsigned)builder->event.start_mark.column + 1};
  pyr_str_t name = pyr__str((const char *)builder->event.data.alias.anchor);
  const struct pyr__anchor *anchor = pyr__tree_find_anchor(builder, name);
  const char *wrong = NULL;
  int rc;

  if (anchor == NULL)
    wrong = "has no anchor before it";
  else if (anchor->node->is_open)
    wrong = "stands in what it means";
  else if (builder->depth + anchor->node->height > PYR__LIMIT_YAML_DEPTH)
    wrong = "makes the file too deep";
  if (wrong != NULL) {
    pyr__problem(builder->problems, &place, yaml, "the alias *%.*s %s",
                 PYR__STR_ARG(name), wrong);
    return PYR_ECONFIG;
  }
  rc = pyr__tree_count(builder, &place, anchor->node->size);
  return rc != 0 ? rc : add(builder, anchor->node);
}

static int is_null(const yaml_event_t *event) {
  static const char *const names[] = {"", "~", "null", "Null", "NULL"};
  const char *text = (const char *)event->data.scalar.value;
  size_t i;
  if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    return 0;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (strcmp(text, names[i]) == 0)
      return event->data.scalar.tag == NULL;
  return 0;
}

/* YAML's own tags say what readers find out themselves. */
static int check_tag(struct pyr__tree_builder *builder,
                     const struct pyr__node *node, const yaml_char_t *tag) {
  const char *text = (const char *)tag;
  if (tag == NULL || strcmp(text, "!") == 0 ||
      (strncmp(text, "tag:yaml.org,2002:", 18) == 0 &&
       strcmp(text + 18, "binary") != 0))
    return 0;
  pyr__problem(builder->problems, node, yaml,
               "the tag %.100s means nothing here, expected none", text);
  return PYR_ECONFIG;
}

/* Of a map's children each first one is a key. */
static bool is_key_next(const struct pyr__tree_builder *builder) {
  const struct pyr__tree_open *open;
  if (builder->depth == 0)
    return false;
  open = &builder->open[builder->depth - 1];
  return open->node->kind == PYR__NODE_MAP &&
         (builder->stack_count - open->first) % 2 == 0;
}

static int scalar(struct pyr__tree_builder *builder) {
  bool is_key = is_key_next(builder);
  const yaml_event_t *event = &builder->event;
  pyr_str_t text = {(const char *)event->data.scalar.value,
                    event->data.scalar.length};
  bool null = !is_key && is_null(event);
  struct pyr__node *node = NULL;
  char *copy;
  int rc = new_node(builder, null ? PYR__NODE_NULL : PYR__NODE_TEXT, &node);

  if (node == NULL)
    return rc;
  if (rc == 0)
    rc = check_tag(builder, node, event->data.scalar.tag);
  if (rc == 0)
    rc = pyr__tree_set_anchor(builder, event->data.scalar.anchor, node);
  if (rc == 0 && memchr(text.base, '\0', text.len) != NULL) {
    pyr__problem(builder->problems, node, yaml,
                 "a NUL character, expected none in text");
    rc = PYR_ECONFIG;
  }
  if (rc != 0 || null)
    return rc != 0 ? rc : add(builder, node);
  node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  copy = pyr__arena_text(&builder->tree->arena, text);
  if (copy == NULL)
    return pyr__tree_no_room(builder, node, text.len + 1);
  node->as.text = (pyr_str_t){copy, text.len};
  if (builder->options->expand_env && !is_key)
    rc = pyr__tree_expand(builder, node);
  return rc != 0 ? rc : add(builder, node);
}

static int fill_list(struct pyr__tree_builder *builder, struct pyr__node *list,
                     const struct pyr__node *const *items, size_t count) {
  const struct pyr__node **copy = pyr__arena_alloc(&builder->tree->arena, count,
                                                   sizeof(struct pyr__node *));
  if (copy == NULL)
    return pyr__tree_no_room(builder, list, count * sizeof(struct pyr__node *));
  if (count > 0)
    memcpy((void *)copy, (const void *)items,
           count * sizeof(struct pyr__node *));
  list->as.list.items = copy;
  list->as.list.count = count;
  return 0;
}

/* What the children come to. */
static void measure(struct pyr__node *node,
                    const struct pyr__node *const *children, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    node->size += children[i]->size;
    if (children[i]->height >= node->height)
      node->height = (uint16_t)(children[i]->height + 1);
  }
}

static int open_collection(struct pyr__tree_builder *builder) {
  bool is_map = builder->event.type == YAML_MAPPING_START_EVENT;
  const yaml_event_t *event = &builder->event;
  struct pyr__node *node = NULL;
  int rc = new_node(builder, is_map ? PYR__NODE_MAP : PYR__NODE_LIST, &node);

  if (node == NULL)
    return rc;
  if (rc == 0)
    rc = check_tag(builder, node,
                   is_map ? event->data.mapping_start.tag
                          : event->data.sequence_start.tag);
  if (rc == 0)
    rc = pyr__tree_set_anchor(builder,
                              is_map ? event->data.mapping_start.anchor
                                     : event->data.sequence_start.anchor,
                              node);
  if (rc != 0)
    return rc;
  if (builder->depth == PYR__LIMIT_YAML_DEPTH) {
    pyr__problem(builder->problems, node, yaml,
                 "more than %d lists and maps in one another",
                 PYR__LIMIT_YAML_DEPTH);
    return PYR_ECONFIG;
  }
  node->is_open = true;
  builder->open[builder->depth++] =
      (struct pyr__tree_open){node, builder->stack_count};
  return 0;
}

static int close_collection(struct pyr__tree_builder *builder) {
  const struct pyr__tree_open *open = &builder->open[--builder->depth];
  struct pyr__node *node = open->node;
  size_t count = builder->stack_count - open->first;
  const struct pyr__node **children =
      count == 0 ? NULL : builder->stack + open->first;
  int rc;

  measure(node, children, count);
  rc = node->kind == PYR__NODE_MAP
           ? pyr__tree_fill_map(builder, node, children, count / 2)
           : fill_list(builder, node, children, count);
  builder->stack_count = open->first;
  node->is_open = false;
  return rc != 0 ? rc : add(builder, node);
}

int pyr__tree_add_event(struct pyr__tree_builder *builder) {
  switch (builder->event.type) {
  case YAML_ALIAS_EVENT:
    return alias(builder);
  case YAML_SCALAR_EVENT:
    return scalar(builder);
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    return open_collection(builder);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    return close_collection(builder);
  default:
    return 0;
  }
}

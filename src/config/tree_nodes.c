#include "config/tree_builder.h"

#include "base/limits.h"
#include "base/str.h"

enum { FIRST_CAPACITY = 16 };

static const pyr_str_t yaml = {"YAML", 4};

/* ---- events ------------------------------------------------------------- */

/* A tab is what people mostly mean by a character that cannot be.  What
 * libyaml stumbled over is the next in its buffer. */
static int stumbled_over_tab(const yaml_parser_t *parser) {
  return parser->error == YAML_SCANNER_ERROR &&
         parser->buffer.pointer < parser->buffer.last &&
         *parser->buffer.pointer == '\t';
}

static int syntax_error(struct pyr__tree_builder *builder) {
  const yaml_parser_t *parser = &builder->parser;
  unsigned line = (unsigned)parser->problem_mark.line + 1;
  unsigned column = (unsigned)parser->problem_mark.column + 1;

  if (parser->error == YAML_MEMORY_ERROR)
    return PYR__ENOMEM;
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

int pyr__tree_peek(struct pyr__tree_builder *builder, yaml_event_type_t *type) {
  if (builder->event.type == YAML_NO_EVENT &&
      !yaml_parser_parse(&builder->parser, &builder->event))
    return syntax_error(builder);
  *type = builder->event.type;
  return 0;
}

void pyr__tree_drop(struct pyr__tree_builder *builder) {
  yaml_event_delete(&builder->event); /* and zeroes it */
}

/* ---- nodes -------------------------------------------------------------- */

static int new_node(struct pyr__tree_builder *builder, enum pyr__node_kind kind,
                    struct pyr__node **out) {
  struct pyr__node *node =
      pyr__arena_calloc(&builder->tree->arena, 1, sizeof(*node));
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

/* ---- the tree ----------------------------------------------------------- */

/* The node that an alias means. */
static int alias(struct pyr__tree_builder *builder, int depth) {
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
  else if (depth + anchor->node->height > PYR__LIMIT_YAML_DEPTH)
    wrong = "makes the file too deep";
  if (wrong != NULL) {
    pyr__problem(builder->problems, &place, yaml, "the alias *%.*s %s",
                 PYR__STR_ARG(name), wrong);
    return PYR_ECONFIG;
  }
  rc = pyr__tree_count(builder, &place, anchor->node->size);
  return rc != 0 ? rc : push(builder, anchor->node);
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

static int scalar(struct pyr__tree_builder *builder, int is_key) {
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
    return rc != 0 ? rc : push(builder, node);
  node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  copy = pyr__arena_text(&builder->tree->arena, text);
  if (copy == NULL)
    return pyr__tree_no_room(builder, node, text.len + 1);
  node->as.text = (pyr_str_t){copy, text.len};
  if (builder->options->expand_env && !is_key)
    rc = pyr__tree_expand(builder, node);
  return rc != 0 ? rc : push(builder, node);
}

/* Everything to the event that ends the collection; a map's children are keys
 * and values in turn. */
static int add_children(struct pyr__tree_builder *builder, int depth,
                        const struct pyr__node *node, yaml_event_type_t end) {
  yaml_event_type_t type = YAML_NO_EVENT;
  int rc, is_key = 0;

  if (depth > PYR__LIMIT_YAML_DEPTH) {
    pyr__problem(builder->problems, node, yaml,
                 "more than %d lists and maps in one another",
                 PYR__LIMIT_YAML_DEPTH);
    return PYR_ECONFIG;
  }
  rc = pyr__tree_peek(builder, &type);
  while (rc == 0 && type != end) {
    is_key = node->kind == PYR__NODE_MAP && !is_key;
    rc = pyr__tree_add_node(builder, depth, is_key);
    if (rc == 0)
      rc = pyr__tree_peek(builder, &type);
  }
  return rc;
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

static int collection(struct pyr__tree_builder *builder, int depth) {
  int is_map = builder->event.type == YAML_MAPPING_START_EVENT;
  size_t first = builder->stack_count, count;
  const struct pyr__node **children;
  struct pyr__node *node = NULL;
  int rc = new_node(builder, is_map ? PYR__NODE_MAP : PYR__NODE_LIST, &node);

  if (node == NULL)
    return rc;
  if (rc == 0)
    rc = check_tag(builder, node,
                   is_map ? builder->event.data.mapping_start.tag
                          : builder->event.data.sequence_start.tag);
  if (rc == 0)
    rc =
        pyr__tree_set_anchor(builder,
                             is_map ? builder->event.data.mapping_start.anchor
                                    : builder->event.data.sequence_start.anchor,
                             node);
  if (rc != 0)
    return rc;
  node->is_open = true;
  pyr__tree_drop(builder);
  rc = add_children(builder, depth + 1, node,
                    is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
  if (rc != 0)
    return rc;
  count = builder->stack_count - first;
  children = count == 0 ? NULL : builder->stack + first;
  measure(node, children, count);
  rc = is_map ? pyr__tree_fill_map(builder, node, children, count / 2)
              : fill_list(builder, node, children, count);
  builder->stack_count = first;
  node->is_open = false;
  return rc != 0 ? rc : push(builder, node);
}

int pyr__tree_add_node(struct pyr__tree_builder *builder, int depth,
                       int is_key) {
  yaml_event_type_t type = YAML_NO_EVENT;
  int rc = pyr__tree_peek(builder, &type);

  if (rc != 0)
    return rc;
  if (type == YAML_ALIAS_EVENT)
    rc = alias(builder, depth);
  else if (type == YAML_SCALAR_EVENT)
    rc = scalar(builder, is_key);
  else
    rc = collection(builder, depth);
  pyr__tree_drop(builder);
  return rc;
}

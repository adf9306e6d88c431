/* What the files that make a tree share. */
#ifndef PYR__CONFIG_TREE_BUILDER_H
#define PYR__CONFIG_TREE_BUILDER_H

#include <yaml.h>

#include "base/index.h"
#include "base/limits.h"
#include "config/tree.h"

struct pyr__anchor {
  pyr_str_t name;
  const struct pyr__node *node;
};

struct pyr__tree_open { /* a list or map whose end was not read yet */
  struct pyr__node *node;
  size_t first; /* of its children on the stack */
};

struct pyr__tree_builder {
  struct pyr__tree *tree;
  bool is_whole;
  struct pyr__problems *problems;
  const struct pyr__tree_options *options;

  pyr_str_t text;
  size_t checked; /* bytes of it */
  unsigned line, column, directives;
  size_t handed_over; /* bytes of it, to libyaml */
  size_t waited_for;  /* of those, since the last event */

  yaml_parser_t parser;
  yaml_event_t event;
  size_t nodes; /* so far, those of aliases each time */

  struct pyr__anchor *anchors; /* a name's last one counts */
  size_t anchor_count, anchor_capacity;
  struct pyr__index anchor_index;

  struct pyr__tree_open open[PYR__LIMIT_YAML_DEPTH]; /* outermost first */
  size_t depth;
  struct pyr__node root; /* of who hands over its entries, as the arena is reset
                            after each */
  const struct pyr__node **stack; /* children of what is open */
  size_t stack_count, stack_capacity;
};

/* tree_text.c: what is to be known before libyaml sees it.  Takes a byte order
 * mark away.  0 or PYR_ECONFIG. */
int pyr__tree_check_start(pyr_str_t *text, struct pyr__problems *problems);
/* Checks the next part of it; 1: there is more, 0, or PYR_ECONFIG. */
int pyr__tree_check_step(struct pyr__tree_builder *builder);

/* tree_map.c: makes the entries of `map` of `count` pairs of keys and values,
 * and brings in what is merged.  0, PYR_ECONFIG or PYR__ENOMEM. */
int pyr__tree_fill_map(struct pyr__tree_builder *builder, struct pyr__node *map,
                       const struct pyr__node *const *pairs, size_t count);

/* tree_expand.c: `node`'s text with the environment's values in it.  0 or
 * PYR__ENOMEM; a variable that is not set is a problem. */
int pyr__tree_expand(struct pyr__tree_builder *builder, struct pyr__node *node);

/* tree_anchors.c: the last anchor of a name; NULL: there is none. */
struct pyr__anchor *pyr__tree_find_anchor(struct pyr__tree_builder *builder,
                                          pyr_str_t name);
/* Does nothing where `name` is NULL.  0, PYR_ECONFIG or PYR__ENOMEM. */
int pyr__tree_set_anchor(struct pyr__tree_builder *builder,
                         const yaml_char_t *name, const struct pyr__node *node);

/* tree_nodes.c: what libyaml stumbled over. */
int pyr__tree_syntax_error(struct pyr__tree_builder *builder);
/* The event is a part of a document. */
int pyr__tree_add_event(struct pyr__tree_builder *builder);

/* tree.c: counts nodes; 0 or PYR_ECONFIG. */
int pyr__tree_count(struct pyr__tree_builder *builder,
                    const struct pyr__node *at, size_t nodes);
/* Why the tree's arena gave nothing: PYR__ENOMEM, or PYR_ECONFIG. */
int pyr__tree_no_room(struct pyr__tree_builder *builder,
                      const struct pyr__node *at, size_t wanted);

#endif

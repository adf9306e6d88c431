/* YAML (and so JSON) as a tree whose nodes know their places.  It knows nothing
 * of what the file is about: anchors, aliases and merge keys are resolved,
 * repeated keys refused, everything is bounded; meaning is the readers'. */
#ifndef PYR__CONFIG_TREE_H
#define PYR__CONFIG_TREE_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/problems.h"

enum pyr__node_kind {
  PYR__NODE_NULL, /* nothing, ~ or null */
  PYR__NODE_TEXT, /* any scalar: its reader says whether it is a number */
  PYR__NODE_LIST,
  PYR__NODE_MAP
};

struct pyr__entry {
  const struct pyr__node *key; /* PYR__NODE_TEXT */
  const struct pyr__node *value;
};

/* An alias is the node of its anchor, with the place of that. */
struct pyr__node {
  enum pyr__node_kind kind;
  unsigned line, column; /* from 1; columns are characters */
  uint32_t size;         /* nodes in it, those of aliases each time */
  uint16_t height;       /* 0: has none below */
  bool is_plain;         /* not quoted */
  bool is_open;          /* its end was not read yet */
  union {
    pyr_str_t text;
    struct {
      const struct pyr__node *const *items;
      size_t count;
    } list;
    struct {
      const struct pyr__entry *entries; /* in the file's order, merged ones
                                           last */
      size_t count;
    } map;
  } as;
};

struct pyr__tree_options {
  /* ${NAME} in values is the environment's, $${NAME} is ${NAME}.  Anything
   * else with a dollar, as $1 and ${1}, is left alone. */
  bool expand_env;
  /* For texts that nobody vouches for, so that no step takes long: how much may
   * lie between two values, and how many keys a map may have; 0: any. */
  size_t value_bytes, map_keys;
  /* Gets the entries of the list that the file is, each as soon as it is whole,
   * and what it returns other than 0 ends all; the tree is then an empty list.
   * An entry dies when the callback returns.  NULL: the list has them. */
  int (*on_entry)(void *ctx, const struct pyr__node *entry);
  void *ctx;
};

struct pyr__tree {
  struct pyr__arena arena;
  const struct pyr__node *root; /* PYR__NODE_NULL: the file says nothing */
};

/* 0 where there is a tree, of which `problems` may know something; else
 * PYR_ECONFIG with the reasons there, or PYR__ENOMEM, and there is nothing to
 * release. */
int pyr__tree_parse(struct pyr__tree *tree, struct pyr__memory *memory,
                    pyr_str_t text, const struct pyr__tree_options *options,
                    struct pyr__problems *problems);
void pyr__tree_release(struct pyr__tree *tree);

/* The same in steps of well under a millisecond each; what it is given must
 * outlive it.  The tree is there when `step` returns 0 (1: there is more to
 * do), and is not otherwise. */
struct pyr__tree_builder;
int pyr__tree_begin(struct pyr__tree_builder **out, struct pyr__tree *tree,
                    struct pyr__memory *memory, pyr_str_t text,
                    const struct pyr__tree_options *options,
                    struct pyr__problems *problems);
int pyr__tree_step(struct pyr__tree_builder *builder);
void pyr__tree_end(struct pyr__tree_builder *builder);

/* Of what a node says, not of where and how it says it. */
uint64_t pyr__node_hash(uint64_t seed, const struct pyr__node *node);

/* "text", "a list", "a map", "nothing" */
const char *pyr__node_kind_name(enum pyr__node_kind kind);

#endif

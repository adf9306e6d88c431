/* One element of relabel-configs: what a file says, and what it came to. */
#ifndef PYR__RELABEL_RULE_H
#define PYR__RELABEL_RULE_H

#include "relabel/letter_case.h"
#include "relabel/template.h"

enum pyr__relabel_action {
  PYR__RELABEL_REPLACE,
  PYR__RELABEL_KEEP,
  PYR__RELABEL_DROP,
  PYR__RELABEL_KEEPEQUAL,
  PYR__RELABEL_DROPEQUAL,
  PYR__RELABEL_HASHMOD,
  PYR__RELABEL_LABELMAP,
  PYR__RELABEL_LABELDROP,
  PYR__RELABEL_LABELKEEP,
  PYR__RELABEL_LOWERCASE,
  PYR__RELABEL_UPPERCASE,
  PYR__RELABEL_ACTION_COUNT
};

/* What stands in the file, on top of pyr__relabel_defaults. */
struct pyr__relabel_fields {
  pyr_rule_t rule;                   /* its action in any case of letters */
  bool has_source_labels, has_regex; /* given, even if as by default */
};

/* Which of them is wrong, so that an error can point at it. */
enum pyr__relabel_field {
  PYR__RELABEL_FIELD_NONE, /* several, or one that is not there */
  PYR__RELABEL_FIELD_SOURCE_LABELS,
  PYR__RELABEL_FIELD_REGEX,
  PYR__RELABEL_FIELD_TARGET_LABEL,
  PYR__RELABEL_FIELD_REPLACEMENT,
  PYR__RELABEL_FIELD_ACTION
};

struct pyr__relabel_rule {
  pyr_rule_t said; /* what the file has */
  enum pyr__relabel_action action;
  struct pyr__regex *regex; /* NULL: "(.*)" */
  size_t groups;            /* that it has */
  struct pyr__template target, replacement;
  locale_t locale; /* of lowercase and uppercase */
};

struct pyr__relabel_fields pyr__relabel_defaults(void);
/* Checks the fields as Prometheus does, and compiles them.  The texts must stay
 * while the rule is used; what it needs besides is in `arena`, and in memory
 * that release gives back.  Error: PYR_EUSAGE, and `*wrong` is the field. */
int pyr__relabel_rule_init(struct pyr__relabel_rule *rule,
                           struct pyr__arena *arena,
                           const struct pyr__relabel_fields *fields,
                           enum pyr__relabel_field *wrong, pyr_error_t *err);
/* Only of the pattern, with the same error. */
int pyr__relabel_regex_check(struct pyr__memory *memory, pyr_str_t regex,
                             pyr_error_t *err);
void pyr__relabel_rule_release(struct pyr__relabel_rule *rule);

#endif

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
  const pyr_str_t *source_labels;
  size_t source_count;
  pyr_str_t separator, regex, target_label, replacement, action;
  uint64_t modulus;
  bool has_source_labels, has_regex; /* given, even if as by default */
  pyr_str_t file; /* that the rule is in, for errors; "": not said */
  unsigned line, column;
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
  enum pyr__relabel_action action;
  const pyr_str_t *source_labels;
  size_t source_count;
  pyr_str_t separator, target_label;
  uint64_t modulus;
  struct pyr__regex *regex; /* NULL: "(.*)" */
  size_t groups;            /* that it has */
  struct pyr__template target, replacement;
  locale_t locale; /* of lowercase and uppercase */
  pyr_str_t file;
  unsigned line, column;
};

struct pyr__relabel_fields pyr__relabel_defaults(void);
/* "keepequal" */
const char *pyr__relabel_action_name(enum pyr__relabel_action action);
/* Checks the fields as Prometheus does, and compiles them.  The texts must stay
 * while the rule is used; what it needs besides is in `arena`, and in memory
 * that release gives back.  Error: PYR_EUSAGE, and `*wrong` is the field. */
int pyr__relabel_rule_init(struct pyr__relabel_rule *rule,
                           struct pyr__arena *arena,
                           const struct pyr__relabel_fields *fields,
                           enum pyr__relabel_field *wrong, pyr_error_t *err);
void pyr__relabel_rule_release(struct pyr__relabel_rule *rule);

#endif

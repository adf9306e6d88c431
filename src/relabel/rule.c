#include "relabel/rule.h"

#include "base/label.h"
#include "base/limits.h"

static const char *const action_names[PYR__RELABEL_ACTION_COUNT] = {
    [PYR__RELABEL_REPLACE] = "replace",
    [PYR__RELABEL_KEEP] = "keep",
    [PYR__RELABEL_DROP] = "drop",
    [PYR__RELABEL_KEEPEQUAL] = "keepequal",
    [PYR__RELABEL_DROPEQUAL] = "dropequal",
    [PYR__RELABEL_HASHMOD] = "hashmod",
    [PYR__RELABEL_LABELMAP] = "labelmap",
    [PYR__RELABEL_LABELDROP] = "labeldrop",
    [PYR__RELABEL_LABELKEEP] = "labelkeep",
    [PYR__RELABEL_LOWERCASE] = "lowercase",
    [PYR__RELABEL_UPPERCASE] = "uppercase",
};

static const char default_separator[] = ";", default_replacement[] = "$1";

struct check { /* what the checks are about, and where errors go */
  const struct pyr__relabel_fields *fields;
  enum pyr__relabel_action action;
  const char *name; /* of the action */
  enum pyr__relabel_field *wrong;
  pyr_error_t *err;
};

struct pyr__relabel_fields pyr__relabel_defaults(void) {
  return (struct pyr__relabel_fields){
      .rule = {.separator = pyr__str(default_separator),
               .regex = pyr__str("(.*)"),
               .target_label = pyr__str(""),
               .replacement = pyr__str(default_replacement),
               .action = pyr__str("replace")}};
}

/* Names in any case. */
static int find_action(pyr_str_t name, enum pyr__relabel_action *out,
                       pyr_error_t *err) {
  char shown[48];
  int i;
  for (i = 0; i < PYR__RELABEL_ACTION_COUNT; i++) {
    if (pyr__str_is_nocase(name, action_names[i])) {
      *out = (enum pyr__relabel_action)i;
      return 0;
    }
  }
  if (name.len == 0)
    return pyr__error(err, PYR_EUSAGE,
                      "relabel action cannot be empty; leave the key out for "
                      "\"replace\"");
  pyr__str_escape(shown, sizeof(shown), name);
  return pyr__error(err, PYR_EUSAGE,
                    "unknown relabel action \"%s\", expected replace, keep, "
                    "drop, keepequal, dropequal, hashmod, labelmap, labeldrop, "
                    "labelkeep, lowercase or uppercase",
                    shown);
}

/* ---- checks ---------------------------------------------------------------
 * Each action is in the sets that say what it wants. */

enum {
  CASE = 1 << PYR__RELABEL_LOWERCASE | 1 << PYR__RELABEL_UPPERCASE,
  EQUAL = 1 << PYR__RELABEL_KEEPEQUAL | 1 << PYR__RELABEL_DROPEQUAL,
  HASHMOD = 1 << PYR__RELABEL_HASHMOD,
  REPLACE = 1 << PYR__RELABEL_REPLACE,
  REGEX_ONLY = 1 << PYR__RELABEL_LABELDROP | 1 << PYR__RELABEL_LABELKEEP,
  EXPANDS = 1 << PYR__RELABEL_REPLACE | 1 << PYR__RELABEL_LABELMAP
};

static bool is_in(enum pyr__relabel_action action, int set) {
  return (1 << action & set) != 0;
}

static int invalid(const struct check *check, enum pyr__relabel_field field,
                   pyr_str_t value, const char *key) {
  char text[128];
  *check->wrong = field;
  pyr__str_escape(text, sizeof(text), value);
  return pyr__error(check->err, PYR_EUSAGE,
                    "\"%s\" is invalid '%s' for %s action, expected a label "
                    "name in UTF-8",
                    text, key, check->name);
}

static int check_target(const struct check *check) {
  pyr_str_t target = check->fields->rule.target_label;
  if (!is_in(check->action, REPLACE | HASHMOD | CASE | EQUAL))
    return 0;
  if (target.len == 0) {
    *check->wrong = PYR__RELABEL_FIELD_NONE;
    return pyr__error(check->err, PYR_EUSAGE,
                      "relabel configuration for %s action requires "
                      "'target-label' value",
                      check->name);
  }
  if (!pyr__label_name_is_valid(target))
    return invalid(check, PYR__RELABEL_FIELD_TARGET_LABEL, target,
                   "target-label");
  return 0;
}

static int check_replacement(const struct check *check) {
  pyr_str_t replacement = check->fields->rule.replacement;
  *check->wrong = PYR__RELABEL_FIELD_REPLACEMENT;
  if (is_in(check->action, CASE | EQUAL) &&
      !pyr__str_is(replacement, default_replacement))
    return pyr__error(check->err, PYR_EUSAGE,
                      "'replacement' can not be set for %s action",
                      check->name);
  if (check->action == PYR__RELABEL_LABELMAP &&
      !pyr__label_name_is_valid(replacement))
    return invalid(check, PYR__RELABEL_FIELD_REPLACEMENT, replacement,
                   "replacement");
  return 0;
}

/* Those that take few keys refuse the others, so that nobody thinks that they
 * do something. */
static int check_strangers(const struct check *check) {
  const struct pyr__relabel_fields *fields = check->fields;
  bool common = fields->rule.modulus != 0 ||
                !pyr__str_is(fields->rule.separator, default_separator) ||
                !pyr__str_is(fields->rule.replacement, default_replacement);

  *check->wrong = PYR__RELABEL_FIELD_NONE;
  if (is_in(check->action, EQUAL) && (common || fields->has_regex))
    return pyr__error(check->err, PYR_EUSAGE,
                      "%s action requires only 'source-labels' and "
                      "'target-label', and no other fields",
                      check->name);
  if (is_in(check->action, REGEX_ONLY) &&
      (common || fields->has_source_labels ||
       fields->rule.target_label.len > 0))
    return pyr__error(check->err, PYR_EUSAGE,
                      "%s action requires only 'regex', and no other fields",
                      check->name);
  return 0;
}

static int check_sources(const struct check *check) {
  size_t i;
  for (i = 0; i < check->fields->rule.source_count; i++)
    if (!pyr__label_name_is_valid(check->fields->rule.source_labels[i]))
      return invalid(check, PYR__RELABEL_FIELD_SOURCE_LABELS,
                     check->fields->rule.source_labels[i], "source-labels");
  return 0;
}

static int check_fields(const struct check *check) {
  int rc = check_sources(check);
  if (rc == 0 && check->action == PYR__RELABEL_HASHMOD &&
      check->fields->rule.modulus == 0) {
    *check->wrong = PYR__RELABEL_FIELD_NONE;
    return pyr__error(check->err, PYR_EUSAGE,
                      "relabel configuration for hashmod requires non-zero "
                      "modulus");
  }
  if (rc == 0)
    rc = check_target(check);
  if (rc == 0)
    rc = check_replacement(check);
  return rc == 0 ? check_strangers(check) : rc;
}

/* ---- compiling ---------------------------------------------------------- */

static int bad_pattern(pyr_str_t regex, size_t offset, pyr_error_t *err) {
  char pattern[PYR__LIMIT_REGEX_NAME];
  pyr__str_escape(pattern, sizeof(pattern), regex);
  return pyr__error_prefix(
      err, "bad pattern \"%s\", at its character %zu: ", pattern, offset + 1);
}

int pyr__relabel_regex_check(struct pyr__memory *memory, pyr_str_t regex,
                             pyr_error_t *err) {
  struct pyr__regex *compiled = NULL;
  size_t offset = 0;
  int rc = pyr__regex_new(&compiled, memory, PYR__MEM_CONFIG_VALUES, regex,
                          PYR__REGEX_TEXTUAL, &offset, err);
  pyr__regex_free(compiled);
  return rc == PYR_EUSAGE ? bad_pattern(regex, offset, err) : rc;
}

static int compile_regex(struct pyr__relabel_rule *rule,
                         struct pyr__memory *memory,
                         const struct check *check) {
  bool wants_groups =
      is_in(rule->action, EXPANDS) &&
      (pyr__template_has_variables(check->fields->rule.target_label) ||
       pyr__template_has_variables(check->fields->rule.replacement));
  unsigned flags =
      PYR__REGEX_TEXTUAL | (wants_groups ? PYR__REGEX_CAPTURES : 0);
  size_t offset = 0;
  int rc;

  rule->groups = 1;
  if (!check->fields->has_regex)
    return 0;
  rc = pyr__regex_new(&rule->regex, memory, PYR__MEM_CONFIG_VALUES,
                      check->fields->rule.regex, flags, &offset, check->err);
  if (rc == 0)
    rule->groups = pyr__regex_groups(rule->regex);
  if (rc != PYR_EUSAGE)
    return rc;
  *check->wrong = PYR__RELABEL_FIELD_REGEX;
  return bad_pattern(check->fields->rule.regex, offset, check->err);
}

static int compile(struct pyr__relabel_rule *rule, struct pyr__arena *arena,
                   const struct check *check) {
  const struct pyr__relabel_fields *fields = check->fields;
  int rc = compile_regex(rule, arena->memory, check);
  if (rc == 0 && is_in(rule->action, EXPANDS))
    rc = pyr__template_parse(&rule->replacement, arena,
                             fields->rule.replacement, check->err);
  if (rc == 0 && rule->action == PYR__RELABEL_REPLACE)
    rc = pyr__template_parse(&rule->target, arena, fields->rule.target_label,
                             check->err);
  if (rc == 0 && is_in(rule->action, CASE)) {
    rule->locale = pyr__letter_case_locale();
    if (rule->locale == (locale_t)0)
      rc = pyr__error_errno(check->err, errno,
                            "the locale C.UTF-8, which knows the letters");
  }
  return rc;
}

int pyr__relabel_rule_init(struct pyr__relabel_rule *rule,
                           struct pyr__arena *arena,
                           const struct pyr__relabel_fields *fields,
                           enum pyr__relabel_field *wrong, pyr_error_t *err) {
  struct check check = {.fields = fields, .wrong = wrong, .err = err};
  int rc;

  *rule = (struct pyr__relabel_rule){.said = fields->rule};
  *wrong = PYR__RELABEL_FIELD_ACTION;
  rc = find_action(fields->rule.action, &rule->action, err);
  if (rc != 0)
    return rc;
  check.action = rule->action;
  check.name = action_names[rule->action];
  rule->said.action = pyr__str(check.name);
  rc = check_fields(&check);
  if (rc == 0)
    rc = compile(rule, arena, &check);
  if (rc != 0)
    pyr__relabel_rule_release(rule);
  return rc;
}

void pyr__relabel_rule_release(struct pyr__relabel_rule *rule) {
  pyr__regex_free(rule->regex);
  rule->regex = NULL;
  if (rule->locale != (locale_t)0)
    freelocale(rule->locale);
  rule->locale = (locale_t)0;
}

#include "relabel/relabel.h"

#include <inttypes.h>
#include <mbedtls/md.h>
#include <stdio.h>

#include "base/utf8.h"
#include "relabel/builder.h"

struct run {
  struct pyr__label_builder labels;
  struct pyr__arena *arena;
  const struct pyr__relabel_rule *rule;
  pyr_str_t value;         /* of the source labels, joined */
  struct pyr__span *spans; /* room for the rule's groups */
  size_t span_count;
  bool kept;
  pyr_error_t *err;
};

static int no_room(const struct run *run, size_t wanted) {
  return pyr__arena_error(run->arena, wanted, "the labels", run->err);
}

/* ---- what rules have in common ------------------------------------------ */

static int join(struct run *run) {
  const pyr_rule_t *rule = &run->rule->said;
  size_t i, len = 0;
  char *at;

  run->value = (pyr_str_t){"", 0};
  if (rule->source_count == 1)
    run->value = pyr__label_builder_get(&run->labels, rule->source_labels[0]);
  if (rule->source_count <= 1)
    return 0;
  for (i = 0; i < rule->source_count; i++)
    len += pyr__label_builder_get(&run->labels, rule->source_labels[i]).len;
  len += (rule->source_count - 1) * rule->separator.len;
  at = pyr__arena_alloc(run->arena, len, 1);
  if (at == NULL)
    return no_room(run, len);
  run->value = (pyr_str_t){at, len};
  for (i = 0; i < rule->source_count; i++) {
    pyr_str_t one =
        pyr__label_builder_get(&run->labels, rule->source_labels[i]);
    if (i > 0) {
      memcpy(at, rule->separator.base, rule->separator.len);
      at += rule->separator.len;
    }
    memcpy(at, one.base, one.len);
    at += one.len;
  }
  return 0;
}

/* 1, 0, or an error. */
static int matches(const struct run *run, pyr_str_t text) {
  if (run->rule->regex == NULL)
    return 1;
  return pyr__regex_test(run->rule->regex, text, run->err);
}

/* The same, from `from` on, with groups. */
static int find(struct run *run, pyr_str_t text, size_t from) {
  if (run->rule->regex != NULL)
    return pyr__regex_find(run->rule->regex, text, from, run->spans, run->err);
  run->spans[0] = run->spans[1] = (struct pyr__span){0, text.len};
  return from == 0;
}

static int expand(const struct run *run, const struct pyr__template *template,
                  pyr_str_t source, pyr_str_t *out) {
  return pyr__template_expand(template, run->rule->regex, source, run->spans,
                              run->arena, out, run->err);
}

static int set(struct run *run, pyr_str_t name, pyr_str_t value) {
  return pyr__label_builder_set(&run->labels, name, value, run->err);
}

/* ---- actions ------------------------------------------------------------ */

static int replace(struct run *run) {
  pyr_str_t name, value;
  int rc = find(run, run->value, 0);
  if (rc != 1)
    return rc;
  rc = expand(run, &run->rule->target, run->value, &name);
  if (rc != 0 || !pyr__label_name_is_valid(name))
    return rc;
  rc = expand(run, &run->rule->replacement, run->value, &value);
  return rc != 0 ? rc : set(run, name, value);
}

static int keep(struct run *run) {
  int rc = matches(run, run->value);
  run->kept = rc == 1;
  return rc < 0 ? rc : 0;
}

static int drop(struct run *run) {
  int rc = matches(run, run->value);
  run->kept = rc == 0;
  return rc < 0 ? rc : 0;
}

static bool is_equal(const struct run *run) {
  return pyr__str_equal(
      pyr__label_builder_get(&run->labels, run->rule->said.target_label),
      run->value);
}

static int keepequal(struct run *run) {
  run->kept = is_equal(run);
  return 0;
}

static int dropequal(struct run *run) {
  run->kept = !is_equal(run);
  return 0;
}

/* The last 8 bytes of the MD5, as Prometheus has always done. */
static int hashmod(struct run *run) {
  uint8_t sum[16];
  char text[24];
  uint64_t number = 0;
  pyr_str_t value = run->value;
  char *copy;
  size_t i;

  if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_MD5),
                 (const unsigned char *)value.base, value.len, sum) != 0)
    return pyr__error_nomem(run->err);
  for (i = 8; i < sizeof(sum); i++)
    number = number << 8 | sum[i];
  snprintf(text, sizeof(text), "%" PRIu64, number % run->rule->said.modulus);
  copy = pyr__arena_text(run->arena, pyr__str(text));
  if (copy == NULL)
    return no_room(run, sizeof(text));
  return set(run, run->rule->said.target_label, pyr__str(copy));
}

static int letter_case(struct run *run) {
  bool upper = run->rule->action == PYR__RELABEL_UPPERCASE;
  pyr_str_t value;
  int rc = pyr__letter_case(run->value, upper, run->rule->locale, run->arena,
                            &value, run->err);
  return rc != 0 ? rc : set(run, run->rule->said.target_label, value);
}

static int append(struct run *run, pyr_str_t *text, pyr_str_t more) {
  char *joined;
  if (more.len == 0)
    return 0;
  if (text->len == 0) {
    *text = more;
    return 0;
  }
  joined = pyr__arena_alloc(run->arena, text->len + more.len, 1);
  if (joined == NULL)
    return no_room(run, text->len + more.len);
  memcpy(joined, text->base, text->len);
  memcpy(joined + text->len, more.base, more.len);
  *text = (pyr_str_t){joined, text->len + more.len};
  return 0;
}

/* Where a search goes on behind a match, always by a character at least. */
static size_t after_match(pyr_str_t text, size_t from, size_t end) {
  uint32_t code;
  size_t next =
      from +
      pyr__utf8_decode((pyr_str_t){text.base + from, text.len - from}, &code);
  if (next > end)
    return next;
  return from + 1 > end ? from + 1 : end;
}

/* Go's ReplaceAllString; 1: done, 0: there is no match.  There is one match and
 * it is the whole name, but for patterns that close the parenthesis which is
 * put around them. */
static int replace_all(struct run *run, pyr_str_t name, pyr_str_t *out) {
  size_t from = 0, done = 0;
  pyr_str_t result = {"", 0}, value;
  int found = 0, rc = 0;

  while (rc == 0 && from <= name.len) {
    struct pyr__span match;
    rc = find(run, name, from);
    if (rc != 1)
      break;
    found = 1;
    match = run->spans[0];
    rc =
        append(run, &result, (pyr_str_t){name.base + done, match.start - done});
    /* Not for an empty match right behind another one. */
    if (rc == 0 && (match.end > done || match.start == 0)) {
      rc = expand(run, &run->rule->replacement, name, &value);
      if (rc == 0)
        rc = append(run, &result, value);
    }
    done = match.end;
    from = after_match(name, from, match.end);
  }
  if (rc == 0 && found)
    rc = append(run, &result, (pyr_str_t){name.base + done, name.len - done});
  *out = result;
  return rc != 0 ? rc : found;
}

static int labelmap(struct run *run, const pyr_label_t *label) {
  pyr_str_t name;
  int rc = replace_all(run, label->name, &name);
  return rc != 1 ? rc : set(run, name, label->value);
}

static int labeldrop_or_keep(struct run *run, const pyr_label_t *label) {
  int rc = matches(run, label->name);
  if (rc < 0)
    return rc;
  if (rc == (run->rule->action == PYR__RELABEL_LABELDROP))
    pyr__label_builder_delete(&run->labels, label->name);
  return 0;
}

/* Walks over the labels as they are before the rule. */
static int walk(struct run *run) {
  bool maps = run->rule->action == PYR__RELABEL_LABELMAP;
  pyr_label_t *labels;
  size_t count, i;
  int rc = pyr__label_builder_list(&run->labels, &labels, &count, run->err);

  for (i = 0; i < count && rc == 0; i++)
    rc = maps ? labelmap(run, &labels[i]) : labeldrop_or_keep(run, &labels[i]);
  return rc;
}

static int (*const actions[PYR__RELABEL_ACTION_COUNT])(struct run *run) = {
    [PYR__RELABEL_REPLACE] = replace,
    [PYR__RELABEL_KEEP] = keep,
    [PYR__RELABEL_DROP] = drop,
    [PYR__RELABEL_KEEPEQUAL] = keepequal,
    [PYR__RELABEL_DROPEQUAL] = dropequal,
    [PYR__RELABEL_HASHMOD] = hashmod,
    [PYR__RELABEL_LABELMAP] = walk,
    [PYR__RELABEL_LABELDROP] = walk,
    [PYR__RELABEL_LABELKEEP] = walk,
    [PYR__RELABEL_LOWERCASE] = letter_case,
    [PYR__RELABEL_UPPERCASE] = letter_case};

/* ---- the list ----------------------------------------------------------- */

static int reserve_spans(struct run *run) {
  size_t wanted = run->rule->groups + 1;
  if (wanted <= run->span_count)
    return 0;
  run->spans = pyr__arena_alloc(run->arena, wanted, sizeof(*run->spans));
  if (run->spans == NULL)
    return no_room(run, wanted * sizeof(*run->spans));
  run->span_count = wanted;
  return 0;
}

static int sorted(const struct run *run, pyr_label_t **labels, size_t *count) {
  int rc = pyr__label_builder_list(&run->labels, labels, count, run->err);
  if (rc == 0)
    pyr__labels_sort(*labels, *count);
  return rc;
}

static int apply_rule(struct run *run) {
  int rc = reserve_spans(run);
  if (rc == 0)
    rc = join(run);
  return rc == 0 ? actions[run->rule->action](run) : rc;
}

/* A job may be in a file of its own, so the line alone does not tell. */
static void say_where(const pyr_rule_t *rule, size_t number, pyr_error_t *err) {
  if (rule->file == NULL)
    pyr__error_prefix(err,
                      "rule %zu of relabel-configs (line %u, %.*s): ", number,
                      rule->line, PYR__STR_ARG(rule->action));
  else
    pyr__error_prefix(
        err, "rule %zu of relabel-configs (%s:%u:%u, %.*s): ", number,
        rule->file, rule->line, rule->column, PYR__STR_ARG(rule->action));
}

int pyr__relabel_apply(const struct pyr__relabel_rule *rules, size_t count,
                       const pyr_label_t *labels, size_t label_count,
                       struct pyr__arena *arena,
                       const struct pyr__relabel_trace *trace,
                       struct pyr__relabel_result *out, pyr_error_t *err) {
  struct run run = {.arena = arena, .kept = true, .err = err};
  pyr_label_t *now;
  size_t i;
  int rc =
      pyr__label_builder_init(&run.labels, arena, labels, label_count, err);

  for (i = 0; i < count && rc == 0 && run.kept; i++) {
    run.rule = &rules[i];
    rc = apply_rule(&run);
    if (rc == 0 && trace != NULL) {
      rc = sorted(&run, &now, &out->count);
      if (rc == 0)
        trace->on_rule(trace->ctx, i, run.kept, now, out->count);
    }
    if (rc != 0)
      say_where(&rules[i].said, i + 1, err);
  }
  if (rc == 0)
    rc = sorted(&run, &now, &out->count);
  if (rc != 0)
    return rc;
  out->kept = run.kept;
  out->rule = run.kept ? count : i - 1;
  out->labels = now;
  return 0;
}

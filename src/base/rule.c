#include "base/rule.h"

struct writer {
  struct pyr__buf *out;
  int fields, rc;
};

static void key(struct writer *w, const char *name) {
  if (w->rc == 0)
    w->rc = pyr__buf_add_format(w->out,
                                "%s%s: ", w->fields++ == 0 ? " {" : ", ", name);
}

/* Where it is not as by default. */
static void text(struct writer *w, const char *name, pyr_str_t value,
                 const char *usual) {
  if (pyr__str_is(value, usual))
    return;
  key(w, name);
  if (w->rc == 0)
    w->rc = pyr__quoted_write(w->out, value);
}

static void sources(struct writer *w, const pyr_rule_t *rule) {
  size_t i;
  if (rule->source_count == 0)
    return;
  key(w, "source-labels");
  for (i = 0; i < rule->source_count && w->rc == 0; i++) {
    w->rc = pyr__buf_add_text(w->out, i == 0 ? "[" : ", ");
    if (w->rc == 0)
      w->rc = pyr__label_name_is_plain(rule->source_labels[i])
                  ? pyr__buf_add(w->out, rule->source_labels[i].base,
                                 rule->source_labels[i].len)
                  : pyr__quoted_write(w->out, rule->source_labels[i]);
  }
  if (w->rc == 0)
    w->rc = pyr__buf_add_byte(w->out, ']');
}

int pyr__rule_write(struct pyr__buf *out, const pyr_rule_t *rule) {
  struct writer w = {.out = out};

  w.rc = pyr__buf_add(out, rule->action.base, rule->action.len);
  sources(&w, rule);
  text(&w, "separator", rule->separator, ";");
  text(&w, "regex", rule->regex, "(.*)");
  if (rule->modulus > 0) {
    key(&w, "modulus");
    if (w.rc == 0)
      w.rc =
          pyr__buf_add_format(out, "%llu", (unsigned long long)rule->modulus);
  }
  text(&w, "target-label", rule->target_label, "");
  text(&w, "replacement", rule->replacement, "$1");
  return w.rc != 0 || w.fields == 0 ? w.rc : pyr__buf_add_byte(out, '}');
}

int pyr__labels_next_change(struct pyr__label_walk *walk,
                            const pyr_label_t *before, size_t before_count,
                            const pyr_label_t *after, size_t after_count,
                            struct pyr__label_change *out) {
  while (walk->before < before_count || walk->after < after_count) {
    const pyr_label_t *old = before + walk->before, *new = after + walk->after;
    int order = walk->before == before_count ? 1
                : walk->after == after_count
                    ? -1
                    : pyr__str_compare(old->name, new->name);
    walk->before += order <= 0;
    walk->after += order >= 0;
    if (order == 0 && pyr__str_equal(old->value, new->value))
      continue;
    out->name = order <= 0 ? old->name : new->name;
    out->before = order <= 0 ? &old->value : NULL;
    out->after = order >= 0 ? &new->value : NULL;
    return 1;
  }
  return 0;
}

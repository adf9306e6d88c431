#include "serve/discovery_entry.h"

#include "base/rule.h"

/* ---- rules -------------------------------------------------------------- */

struct rules { /* while they are written */
  struct pyr__html *w;
  const pyr_label_t *before; /* NULL: it has ended */
  size_t count;
};

static void write_place(struct pyr__html *w, const pyr_rule_t *rule) {
  pyr__html_raw(w, "<code>");
  pyr__html_text(w, pyr__str(rule->file));
  if (w->rc == 0)
    w->rc =
        pyr__buf_add_format(w->out, ":%u:%u</code> ", rule->line, rule->column);
}

static void write_change(struct pyr__html *w,
                         const struct pyr__label_change *change) {
  pyr__html_raw(w, "<li>");
  pyr__html_raw(w, change->before == NULL  ? "+ "
                   : change->after == NULL ? "- "
                                           : "");
  if (change->after == NULL)
    pyr__html_text(w, change->name);
  else
    pyr__html_label(w, change->name, *change->after);
  if (change->after != NULL && change->before != NULL) {
    pyr__html_raw(w, " (was ");
    pyr__html_quoted(w, *change->before);
    pyr__html_raw(w, ")");
  }
  pyr__html_raw(w, "</li>");
}

static void write_effect(struct rules *rules, const pyr_relabel_step_t *step) {
  struct pyr__label_walk walk = {0, 0};
  struct pyr__label_change change;
  struct pyr__html *w = rules->w;
  bool has_change = false;

  if (step->error != NULL) {
    pyr__html_raw(w, "<div class=\"error\">");
    pyr__html_text(w, pyr__str(step->error));
    pyr__html_raw(w, "</div>");
  } else if (!step->kept) {
    pyr__html_raw(w, "<div class=\"down\">dropped</div>");
  }
  while (step->kept &&
         pyr__labels_next_change(&walk, rules->before, rules->count,
                                 step->labels, step->label_count, &change)) {
    pyr__html_raw(w, has_change ? "" : "<ul class=\"labels\">");
    write_change(w, &change);
    has_change = true;
  }
  if (step->kept)
    pyr__html_raw(w, has_change ? "</ul>" : "<div class=\"dim\">nothing</div>");
}

static void on_step(void *ctx, const pyr_relabel_step_t *step) {
  struct rules *rules = ctx;
  if (rules->before == NULL)
    return;
  pyr__html_raw(rules->w, "<li>");
  write_place(rules->w, step->rule);
  pyr__html_rule(rules->w, step->rule);
  write_effect(rules, step);
  pyr__html_raw(rules->w, "</li>\n");
  rules->before = step->kept ? step->labels : NULL;
  rules->count = step->label_count;
}

/* ---- the whole ---------------------------------------------------------- */

static void write_outcome(struct pyr__html *w, const pyr_found_t *found) {
  if (found->outcome == PYR_FOUND_TARGET) {
    pyr__html_raw(w, "<b>");
    pyr__html_text(w, found->application);
    pyr__html_raw(w, "</b> ");
    pyr__html_text(w, found->address);
  } else if (found->outcome == PYR_FOUND_DROPPED) {
    pyr__html_raw(w, "<span class=\"unknown\">dropped</span> by ");
    write_place(w, found->rule);
    pyr__html_text(w, found->rule->action);
  } else {
    pyr__html_raw(w, "<span class=\"error\">");
    pyr__html_text(w, pyr__str(found->error));
    pyr__html_raw(w, "</span>");
  }
}

static void write_labels_of(struct pyr__html *w, const char *title,
                            const pyr_label_t *labels, size_t count) {
  pyr__html_raw(w, "<h3>");
  pyr__html_raw(w, title);
  pyr__html_raw(w, "</h3>");
  pyr__html_labels(w, labels, count);
}

void pyr__discovery_entry_write(struct pyr__html *w,
                                const struct pyr__status_source *source,
                                const pyr_found_t *found) {
  struct rules rules = {w, found->discovered, found->discovered_count};
  int rc;

  pyr__html_raw(w, "<details class=\"found\"><summary>");
  write_outcome(w, found);
  pyr__html_raw(w, " <span class=\"dim\">");
  pyr__html_text(w, found->job);
  pyr__html_raw(w, ", ");
  pyr__html_raw(w, found->mechanism);
  pyr__html_raw(w, " ");
  pyr__html_text(w, found->group);
  pyr__html_raw(w, "</span></summary>\n");
  write_labels_of(w, "Discovered labels", found->discovered,
                  found->discovered_count);
  pyr__html_raw(w, "\n<h3>Rules</h3><ol>\n");
  rc = source->relabel(source->ctx, found->job, found->discovered,
                       found->discovered_count, on_step, &rules, NULL);
  if (w->rc == 0 && rc == PYR__ENOMEM)
    w->rc = rc;
  pyr__html_raw(w, "</ol>\n");
  if (found->outcome == PYR_FOUND_TARGET)
    write_labels_of(w, "Labels of the target", found->labels,
                    found->label_count);
  pyr__html_raw(w, "</details>\n");
}

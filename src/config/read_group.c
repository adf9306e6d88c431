/* static-configs, and the groups in files of targets. */
#include "config/draft.h"

#include "base/str.h"
#include "config/group.h"

static void read_application(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out) {
  static const char expected[] =
      "letters, digits, \"_\", \".\", \"/\" and \"-\"";
  pyr_str_t text, *application = out;
  size_t i;

  if (!pyr__expect(reading, item, PYR__NODE_TEXT, "the name of a program"))
    return;
  text = item->node->as.text;
  if (text.len == 0) {
    pyr__problem(reading->problems, item->node, item->key,
                 "is empty, expected the name of a program");
    return;
  }
  for (i = 0; i < text.len; i++) {
    char c = text.base[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
          (c >= '0' && c <= '9') || strchr("_.-/", c) != NULL)) {
      char shown[8];
      pyr__str_escape(shown, sizeof(shown), (pyr_str_t){&c, 1});
      pyr__problem(reading->problems, item->node, item->key,
                   "character is not allowed: '%s', expected %s", shown,
                   expected);
      return;
    }
  }
  *application = pyr__read_copy(reading, text);
}

#define AT(member) offsetof(struct pyr__group_draft, member)
static const struct pyr__key group_rows[] = {
    {.name = "application",
     .read = read_application,
     .offset = AT(application)},
    {.name = "spy-name", .read = pyr__read_text, .offset = AT(spy_name)},
    {.name = "targets", .read = pyr__read_texts, .offset = AT(targets)},
    {.name = "labels", .read = pyr__read_labels, .offset = AT(labels)}};
#undef AT

static const struct pyr__keys group_keys =
    PYR__KEYS(group_rows, "a group of targets");

/* Labels would be hidden by keys that set the same; the application alone may
 * be a label instead. */
static void check_hidden(struct pyr__reading *reading,
                         const struct pyr__node *group,
                         const struct pyr__node *label) {
  static const char *const ours[][2] = {{"__name__", "application"},
                                        {"__address__", "targets"},
                                        {"__spy_name__", "spy-name"}};
  size_t i;
  for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
    if (pyr__str_is(label->as.text, ours[i][0]) &&
        (i > 0 || pyr__map_find(group, ours[i][1]) != NULL))
      pyr__problem(reading->problems, label, label->as.text,
                   "is what %s sets, expected it there", ours[i][1]);
}

void pyr__read_group(struct pyr__reading *reading, const struct pyr__item *item,
                     struct pyr__group_draft *out) {
  const struct pyr__entry *labels = pyr__map_find(item->node, "labels");
  size_t i;

  out->application = out->spy_name = pyr__str("");
  pyr__read_map(reading, item, &group_keys, out);
  if (labels == NULL || labels->value->kind != PYR__NODE_MAP)
    return;
  for (i = 0; i < labels->value->as.map.count; i++)
    check_hidden(reading, item->node, labels->value->as.map.entries[i].key);
}

/* A label may be the name, and where there are rules they may give it, as they
 * do for users of Prometheus. */
static void check_application(struct pyr__reading *reading,
                              const struct pyr__node *group,
                              const struct pyr__group_draft *draft,
                              bool is_relabelled) {
  const struct pyr__entry *entry = pyr__map_find(group, "application");
  if (is_relabelled || (entry != NULL && entry->value->kind != PYR__NODE_NULL))
    return;
  if (pyr__labels_find(draft->labels.items, draft->labels.count, "__name__") !=
      NULL)
    return;
  pyr__problem(reading->problems, entry == NULL ? group : entry->value,
               pyr__str("application"),
               "is missing, expected in a group of targets, or as its label "
               "__name__, or that from relabel-configs");
}

static struct pyr__group_config freeze(const struct pyr__reading *reading,
                                       const struct pyr__group_draft *draft,
                                       const struct pyr__node *node) {
  const struct pyr__draft *file = reading->ctx;
  pyr_str_t listen = file->config->server.listen;
  return (struct pyr__group_config){
      .application = draft->application,
      .spy_name = draft->spy_name,
      .targets = draft->targets.items,
      .target_count = draft->targets.count,
      .labels = draft->labels.items,
      .label_count = draft->labels.count,
      .self_target = listen.len > 0 && draft->targets.count == 1 &&
                     pyr__str_equal(draft->targets.items[0], listen),
      .file = file->file,
      .line = node->line,
      .column = node->column};
}

void pyr__read_groups(struct pyr__reading *reading,
                      struct pyr__job_draft *job) {
  const struct pyr__relabel_list *rules = job->config.relabel;
  bool is_relabelled = rules != NULL && rules->count > 0;
  struct pyr__group_config *groups;
  struct pyr__item item;
  size_t i;

  if (job->groups == NULL)
    return;
  item = (struct pyr__item){job->groups->key->as.text, job->groups->value, NULL,
                            NULL};
  if (!pyr__expect(reading, &item, PYR__NODE_LIST, "a list of groups"))
    return;
  job->config.group_count = item.node->as.list.count;
  groups = pyr__read_alloc(reading, job->config.group_count, sizeof(*groups));
  if (groups == NULL)
    job->config.group_count = 0;
  job->config.groups = groups;
  for (i = 0; i < job->config.group_count; i++) {
    struct pyr__group_draft draft = {0};
    struct pyr__item element = {item.key, job->groups->value->as.list.items[i],
                                NULL, NULL};
    draft.application = draft.spy_name = pyr__str("");
    if (pyr__expect(reading, &element, PYR__NODE_MAP,
                    "the keys of a group of targets")) {
      pyr__read_group(reading, &element, &draft);
      check_application(reading, element.node, &draft, is_relabelled);
    }
    groups[i] = freeze(reading, &draft, element.node);
  }
}

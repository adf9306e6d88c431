/* The sample-types of a profile: names, units, and what is cumulative. */
#include "config/draft.h"

#include "base/str.h"

static const struct pyr__choice aggregations[] = {
    {"sum", 0, NULL}, {"average", 1, NULL}, {"avg", 1, NULL}, {0}};

static void read_aggregation(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out) {
  struct pyr__item choice = *item;
  pyr_str_t *aggregation = out;
  int value = -1;
  choice.arg = aggregations;
  pyr__read_choice(reading, &choice, &value);
  if (value >= 0)
    *aggregation = pyr__str(aggregations[value].text);
}

#define AT(member) offsetof(struct pyr__sample_type_config, member)
static const struct pyr__key sample_type_rows[] = {
    {.name = "units", .read = pyr__read_text, .offset = AT(units)},
    {.name = "display-name",
     .read = pyr__read_text,
     .offset = AT(display_name)},
    {.name = "aggregation",
     .read = read_aggregation,
     .offset = AT(aggregation)},
    {.name = "cumulative", .read = pyr__read_bool, .offset = AT(cumulative)},
    {.name = "sampled", .read = pyr__read_bool, .offset = AT(sampled)}};
#undef AT

static const struct pyr__keys sample_type_keys =
    PYR__KEYS(sample_type_rows, "a sample type");

static size_t find_type(const struct pyr__sample_type_config *types,
                        size_t count, pyr_str_t name) {
  size_t i = 0;
  while (i < count && !pyr__str_equal(types[i].name, name))
    i++;
  return i;
}

void pyr__read_sample_types(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out) {
  struct pyr__profile_config *config =
      &((struct pyr__profile_draft *)out)->config;
  struct pyr__sample_type_config *types;
  size_t i, at, count = config->sample_type_count;

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "a map of sample types"))
    return;
  types = pyr__read_alloc(reading, count + item->node->as.map.count,
                          sizeof(*types));
  if (types == NULL)
    return;
  if (count > 0)
    memcpy(types, config->sample_types, count * sizeof(*types));
  for (i = 0; i < item->node->as.map.count; i++) {
    const struct pyr__entry *entry = &item->node->as.map.entries[i];
    struct pyr__item type = {entry->key->as.text, entry->value, entry, NULL};
    at = find_type(types, config->sample_type_count, type.key);
    if (at == config->sample_type_count) {
      at = count++;
      types[at] = (struct pyr__sample_type_config){
          .name = pyr__read_copy(reading, type.key),
          .units = pyr__str(""),
          .display_name = pyr__str(""),
          .aggregation = pyr__str("")};
    }
    if (entry->value->kind != PYR__NODE_NULL)
      pyr__read_map(reading, &type, &sample_type_keys, &types[at]);
  }
  config->sample_types = types;
  config->sample_type_count = count;
}

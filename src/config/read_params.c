/* The params of a profile. */
#include "config/draft.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "config/seconds.h"

static size_t find_param(const struct pyr__param *params, size_t count,
                         pyr_str_t name) {
  size_t i = 0;
  while (i < count && !pyr__str_equal(params[i].name, name))
    i++;
  return i;
}

static void set_seconds(struct pyr__reading *reading,
                        const struct pyr__item *item,
                        const struct pyr__texts *values,
                        struct pyr__profile_draft *draft) {
  int64_t ns = values->count == 1 ? pyr__seconds_parse(values->items[0]) : 0;
  if (values->count > 0 && ns == 0)
    pyr__problem(reading->problems, item->node, item->key,
                 "is not what a profile can cover, expected one whole number "
                 "from 1 to %d",
                 PYR__LIMIT_SECONDS);
  draft->config.seconds_ns = ns;
  draft->config.seconds_default = false;
  draft->seconds = item->node;
}

void pyr__read_params(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__profile_draft *draft = out;
  struct pyr__profile_config *config = &draft->config;
  struct pyr__param *params;
  size_t i, at, count = config->param_count;

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "a map of parameters"))
    return;
  params = pyr__read_alloc(reading, count + item->node->as.map.count,
                           sizeof(*params));
  if (params == NULL)
    return;
  if (count > 0)
    memcpy(params, config->params, count * sizeof(*params));
  for (i = 0; i < item->node->as.map.count; i++) {
    const struct pyr__entry *entry = &item->node->as.map.entries[i];
    struct pyr__item param = {entry->key->as.text, entry->value, entry, NULL};
    struct pyr__texts values = {0};
    if (entry->value->kind == PYR__NODE_NULL)
      continue;
    pyr__read_texts(reading, &param, &values);
    at = find_param(params, config->param_count, param.key);
    if (at == config->param_count)
      at = count++;
    params[at] = (struct pyr__param){pyr__read_copy(reading, param.key),
                                     values.items, values.count};
    if (pyr__str_is(param.key, "seconds"))
      set_seconds(reading, &param, &values, draft);
  }
  config->params = params;
  config->param_count = count;
}

static int compare_params(const void *a, const void *b) {
  const struct pyr__param *left = a, *right = b;
  return pyr__str_compare(left->name, right->name);
}

/* What is sent where a profile is as long as fits. */
static pyr_str_t *seconds_text(struct pyr__reading *reading, int64_t ns) {
  pyr_str_t *value = pyr__read_alloc(reading, 1, sizeof(*value));
  char text[24];
  int len =
      snprintf(text, sizeof(text), "%lld", (long long)(ns / PYR__NS_PER_S));
  if (value != NULL)
    *value = pyr__read_copy(reading, (pyr_str_t){text, (size_t)len});
  return value;
}

void pyr__finish_params(struct pyr__reading *reading,
                        struct pyr__profile_config *config) {
  struct pyr__param *params =
      pyr__read_alloc(reading, config->param_count, sizeof(*params));
  size_t i, count = 0;
  if (params == NULL)
    return;
  for (i = 0; i < config->param_count; i++) {
    if (config->params[i].value_count == 0)
      continue;
    params[count] = config->params[i];
    if (config->seconds_default && pyr__str_is(params[count].name, "seconds"))
      params[count].values = seconds_text(reading, config->seconds_ns);
    count++;
  }
  if (count > 1)
    qsort(params, count, sizeof(*params), compare_params);
  config->params = params;
  config->param_count = count;
}

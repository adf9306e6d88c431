/* filters of a discovery: names, each with values of which one is to fit. */
#include "config/draft.h"

struct filter_draft {
  pyr_str_t name;
  struct pyr__texts values;
};

#define AT(member) offsetof(struct filter_draft, member)
static const struct pyr__key filter_rows[] = {
    {.name = "name",
     .read = pyr__read_some_text,
     .offset = AT(name),
     .arg = "the name of a filter",
     .flags = PYR__KEY_REQUIRED},
    {.name = "values", .read = pyr__read_texts, .offset = AT(values)}};
#undef AT
static const struct pyr__keys filter_keys =
    PYR__KEYS(filter_rows, "an element of filters");

static void read_filter(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  struct filter_draft draft = {.name = pyr__str("")};
  pyr__read_map(reading, item, &filter_keys, &draft);
  *(struct pyr__sd_filter *)out = (struct pyr__sd_filter){
      draft.name, draft.values.items, draft.values.count};
}

const struct pyr__sd_filter *pyr__read_filters(struct pyr__reading *reading,
                                               const struct pyr__item *item,
                                               size_t *count) {
  return pyr__read_elements(reading, item, sizeof(struct pyr__sd_filter),
                            read_filter, count);
}

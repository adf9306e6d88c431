/* ec2-sd-configs. */
#include "config/draft.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

static const struct pyr__range intervals = {PYR__LEAST_REFRESH_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range ports = {1, UINT16_MAX};

#define NO_CHAIN                                                               \
  "is not supported by this version yet, expected access-key and secret-key, " \
  "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"

static void read_filters(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);

struct ec2_draft {
  struct pyr__ec2_sd_config config;
  uint64_t port;
};

#define AT(member) offsetof(struct ec2_draft, member)
static const struct pyr__key ec2_rows[] = {
    {.name = "endpoint", .read = pyr__read_text, .offset = AT(config.endpoint)},
    {.name = "region", .read = pyr__read_text, .offset = AT(config.region)},
    {.name = "access-key",
     .read = pyr__read_text,
     .offset = AT(config.access_key)},
    {.name = "secret-key",
     .read = pyr__read_text,
     .offset = AT(config.secret_key)},
    {.name = "application",
     .read = pyr__read_text,
     .offset = AT(config.application)},
    {.name = "port",
     .read = pyr__read_count,
     .offset = AT(port),
     .arg = &ports},
    {.name = "refresh-interval",
     .read = pyr__read_duration,
     .offset = AT(config.refresh_interval_ns),
     .arg = &intervals},
    {.name = "filters", .read = read_filters, .offset = AT(config)},
    {.name = "tls-config", .read = pyr__read_tls, .offset = AT(config.tls)},
    {.name = "profile", .refused = NO_CHAIN},
    {.name = "role-arn", .refused = NO_CHAIN},
    {.name = "external-id", .refused = NO_CHAIN}};
#undef AT
static const struct pyr__keys ec2_keys =
    PYR__KEYS(ec2_rows, "an element of ec2-sd-configs");

struct filter_draft {
  pyr_str_t name;
  struct pyr__texts values;
};

#define AT(member) offsetof(struct filter_draft, member)
static const struct pyr__key filter_rows[] = {
    {.name = "name",
     .read = pyr__read_some_text,
     .offset = AT(name),
     .arg = "the name of a filter, such as tag:team",
     .flags = PYR__KEY_REQUIRED},
    {.name = "values", .read = pyr__read_texts, .offset = AT(values)}};
#undef AT
static const struct pyr__keys filter_keys =
    PYR__KEYS(filter_rows, "an element of filters");

static void read_filter(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  struct filter_draft draft = {.name = pyr__str("")};
  pyr__read_map(reading, item, &filter_keys, &draft);
  *(struct pyr__ec2_filter *)out = (struct pyr__ec2_filter){
      draft.name, draft.values.items, draft.values.count};
  if (draft.values.count == 0)
    pyr__problem(reading->problems, item->node, item->key,
                 "EC2 SD configuration filter values cannot be empty");
}

static void read_filters(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  struct pyr__ec2_sd_config *config = out;
  config->filters = pyr__read_elements(reading, item, sizeof(*config->filters),
                                       read_filter, &config->filter_count);
}

/* It is a part of hosts and of signatures. */
static bool is_region(pyr_str_t region) {
  size_t i;
  for (i = 0; i < region.len; i++) {
    char c = region.base[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
      return false;
  }
  return region.len > 0 && region.len < 64;
}

static pyr_str_t from_environment(struct pyr__reading *reading,
                                  const char *name, const char *other) {
  const char *text = getenv(name);
  if (text == NULL || text[0] == '\0')
    text = getenv(other);
  return text == NULL ? pyr__str("") : pyr__read_copy(reading, pyr__str(text));
}

static void check(struct pyr__reading *reading, const struct pyr__item *item,
                  struct pyr__ec2_sd_config *config) {
  if (config->region.len == 0)
    config->region =
        from_environment(reading, "AWS_REGION", "AWS_DEFAULT_REGION");
  if (config->region.len == 0)
    pyr__problem(reading->problems, item->node, pyr__str("region"),
                 "EC2 SD configuration requires a region, expected here or in "
                 "AWS_REGION");
  else if (!is_region(config->region))
    pyr__problem(reading->problems, item->node, pyr__str("region"),
                 "is no region, expected one such as eu-west-1");
  if ((config->access_key.len == 0) != (config->secret_key.len == 0))
    pyr__problem(reading->problems, item->node, item->key,
                 "access-key and secret-key belong together, expected both or "
                 "neither");
  if (config->endpoint.len > 0 && !pyr__str_starts(config->endpoint, "http"))
    pyr__problem(reading->problems, item->node, pyr__str("endpoint"),
                 "is no URL, expected http:// or https:// at its start");
}

static void read_ec2(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out) {
  const pyr_str_t none = pyr__str("");
  struct ec2_draft draft = {
      .config = {.fingerprint = pyr__sd_fingerprint(reading, item->node),
                 .endpoint = none,
                 .region = none,
                 .access_key = none,
                 .secret_key = none,
                 .application = none,
                 .refresh_interval_ns = 60 * PYR__NS_PER_S},
      .port = 80};

  pyr__read_map(reading, item, &ec2_keys, &draft);
  check(reading, item, &draft.config);
  draft.config.port = (uint16_t)draft.port;
  *(struct pyr__ec2_sd_config *)out = draft.config;
}

void pyr__read_ec2_sd(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->ec2 = pyr__read_elements(reading, item, sizeof(*sd->ec2), read_ec2,
                               &sd->ec2_count);
}

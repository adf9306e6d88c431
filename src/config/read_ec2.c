/* ec2-sd-configs. */
#include "config/draft.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

static const struct pyr__range intervals = {PYR__LEAST_REFRESH_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range ports = {1, UINT16_MAX};

static void read_filters(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);

struct ec2_draft {
  struct pyr__ec2_sd_config config;
  uint64_t port;
};

#define AT(member) offsetof(struct ec2_draft, config.member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key ec2_rows[] = {
    TEXT("endpoint", endpoint),
    TEXT("region", aws.region),
    TEXT("access-key", aws.access_key),
    TEXT("secret-key", aws.secret_key),
    TEXT("profile", aws.profile),
    TEXT("role-arn", aws.role_arn),
    TEXT("external-id", aws.external_id),
    TEXT("application", application),
    {.name = "port",
     .read = pyr__read_count,
     .offset = offsetof(struct ec2_draft, port),
     .arg = &ports},
    {.name = "refresh-interval",
     .read = pyr__read_duration,
     .offset = AT(refresh_interval_ns),
     .arg = &intervals},
    {.name = "filters",
     .read = read_filters,
     .offset = offsetof(struct ec2_draft, config)},
    PYR__HTTP_KEYS(AT(access))};
#undef TEXT
#undef AT
static const struct pyr__keys ec2_keys =
    PYR__KEYS(ec2_rows, "an element of ec2-sd-configs");

static void read_filters(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  struct pyr__ec2_sd_config *config = out;
  size_t i;
  config->filters = pyr__read_filters(reading, item, &config->filter_count);
  for (i = 0; i < config->filter_count; i++)
    if (config->filters[i].value_count == 0)
      pyr__problem(reading->problems, item->node->as.list.items[i], item->key,
                   "EC2 SD configuration filter values cannot be empty");
}

bool pyr__is_aws_region(pyr_str_t text) {
  size_t i;
  for (i = 0; i < text.len; i++) {
    char c = text.base[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
      return false;
  }
  return text.len > 0 && text.len < 64;
}

/* Where AWS's programs have it.  A path that the environment gives is, unlike
 * those of a configuration, one in the present directory. */
static pyr_str_t shared_file(struct pyr__reading *reading, const char *variable,
                             const char *name) {
  const char *given = getenv(variable), *home = getenv("HOME");
  char path[PATH_MAX];

  if (given != NULL && given[0] != '\0' && given[0] != '/')
    return pyr__read_copy(reading, pyr__str(given));
  if (given != NULL && given[0] != '\0')
    return pyr__read_locate(reading, pyr__read_copy(reading, pyr__str(given)));
  if (home == NULL || home[0] != '/' ||
      snprintf(path, sizeof(path), "%s/.aws/%s", home, name) >= PATH_MAX)
    return pyr__str("");
  return pyr__read_locate(reading, pyr__read_copy(reading, pyr__str(path)));
}

static void check_aws(struct pyr__reading *reading,
                      const struct pyr__item *item,
                      const struct pyr__aws_options *aws) {
  if (aws->region.len > 0 && !pyr__is_aws_region(aws->region))
    pyr__problem(reading->problems, item->node, pyr__str("region"),
                 "is no region, expected one such as eu-west-1");
  if ((aws->access_key.len == 0) != (aws->secret_key.len == 0))
    pyr__problem(reading->problems, item->node, item->key,
                 "access-key and secret-key belong together, expected both or "
                 "neither");
  if (aws->external_id.len > 0 && aws->role_arn.len == 0)
    pyr__problem(reading->problems, item->node, pyr__str("external-id"),
                 "belongs to a role, expected role-arn beside it");
}

/* A request to AWS says by its signature who asks. */
static void check_auth(struct pyr__reading *reading,
                       const struct pyr__node *map) {
  static const char *const names[] = {"basic-auth", "authorization",
                                      "bearer-token", "bearer-token-file",
                                      "oauth2"};
  size_t i;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const struct pyr__entry *entry = pyr__map_find(map, names[i]);
    if (entry != NULL && entry->value->kind != PYR__NODE_NULL)
      pyr__problem(reading->problems, entry->key, entry->key->as.text,
                   "is nothing that AWS takes, expected access-key and "
                   "secret-key, profile, or role-arn");
  }
}

static void check(struct pyr__reading *reading, const struct pyr__item *item,
                  const struct pyr__ec2_sd_config *config) {
  check_aws(reading, item, &config->aws);
  pyr__check_http(reading, item->node, &config->access);
  check_auth(reading, item->node);
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
                 .aws = {none, none, none, none, none, none, none, none},
                 .application = none,
                 .access = {.follow_redirects = true},
                 .refresh_interval_ns = 60 * PYR__NS_PER_S},
      .port = 80};

  pyr__read_map(reading, item, &ec2_keys, &draft);
  check(reading, item, &draft.config);
  draft.config.aws.credentials_file =
      shared_file(reading, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  draft.config.aws.config_file =
      shared_file(reading, "AWS_CONFIG_FILE", "config");
  draft.config.port = (uint16_t)draft.port;
  *(struct pyr__ec2_sd_config *)out = draft.config;
}

void pyr__read_ec2_sd(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->ec2 = pyr__read_elements(reading, item, sizeof(*sd->ec2), read_ec2,
                               &sd->ec2_count);
}

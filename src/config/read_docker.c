/* docker-sd-configs. */
#include "config/draft.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

static const struct pyr__range intervals = {PYR__LEAST_REFRESH_NS,
                                            PYR__MOST_INTERVAL_NS};
static const struct pyr__range ports = {1, UINT16_MAX};

struct docker_draft {
  struct pyr__docker_sd_config config;
  pyr_str_t host;
  uint64_t port;
};

static void read_filters(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  struct pyr__docker_sd_config *config = out;
  config->filters = pyr__read_filters(reading, item, &config->filter_count);
}

#define AT(member) offsetof(struct docker_draft, member)
static const struct pyr__key docker_rows[] = {
    {.name = "host",
     .read = pyr__read_text,
     .offset = AT(host),
     .flags = PYR__KEY_REQUIRED},
    {.name = "port",
     .read = pyr__read_count,
     .offset = AT(port),
     .arg = &ports},
    {.name = "filters", .read = read_filters, .offset = AT(config)},
    {.name = "host-networking-host",
     .read = pyr__read_text,
     .offset = AT(config.host_networking_host)},
    {.name = "match-first-network",
     .read = pyr__read_bool,
     .offset = AT(config.match_first_network)},
    {.name = "refresh-interval",
     .read = pyr__read_duration,
     .offset = AT(config.refresh_interval_ns),
     .arg = &intervals},
    PYR__HTTP_KEYS(AT(config.access))};
#undef AT
static const struct pyr__keys docker_keys =
    PYR__KEYS(docker_rows, "an element of docker-sd-configs");

/* "http://docker:2375" of "tcp://docker:2375". */
static pyr_str_t as_http(struct pyr__reading *reading, pyr_str_t host) {
  size_t size = host.len + sizeof("http");
  char *text = pyr__read_alloc(reading, size, 1);
  if (text == NULL)
    return pyr__str("");
  snprintf(text, size, "http%.*s", (int)host.len - 3, host.base + 3);
  return pyr__str(text);
}

/* Where the daemon is, as Docker's own client has it.  What is wrong with that,
 * or NULL. */
static const char *find_host(struct pyr__reading *reading, pyr_str_t host,
                             struct pyr__docker_sd_config *out) {
  while (host.len > 0 && host.base[host.len - 1] == '/')
    host.len--;
  if (pyr__str_starts(host, "unix:///")) {
    out->base = pyr__str("http://docker");
    out->unix_socket =
        pyr__read_copy(reading, (pyr_str_t){host.base + 7, host.len - 7}).base;
  } else if (pyr__str_starts(host, "tcp://") && host.len > 6) {
    out->base = as_http(reading, host);
  } else if ((pyr__str_starts(host, "http://") && host.len > 7) ||
             (pyr__str_starts(host, "https://") && host.len > 8)) {
    out->base = pyr__read_copy(reading, host);
  } else {
    return host.len == 0 ? "host missing"
                         : "is not understood, expected unix:///path, "
                           "tcp://host:port, http:// or https://";
  }
  return NULL;
}

static void read_docker(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out) {
  const struct pyr__entry *entry = pyr__map_find(item->node, "host");
  struct docker_draft draft = {
      .config = {.fingerprint = pyr__sd_fingerprint(reading, item->node),
                 .base = pyr__str(""),
                 .host_networking_host = pyr__str("localhost"),
                 .match_first_network = true,
                 .access = {.follow_redirects = true},
                 .refresh_interval_ns = 60 * PYR__NS_PER_S},
      .host = pyr__str(""),
      .port = 80};
  const char *wrong;

  pyr__read_map(reading, item, &docker_keys, &draft);
  pyr__check_http(reading, item->node, &draft.config.access);
  wrong = find_host(reading, draft.host, &draft.config);
  if (wrong != NULL && entry != NULL && entry->value->kind == PYR__NODE_TEXT)
    pyr__problem(reading->problems, entry->value, entry->key->as.text, "%s",
                 wrong);
  draft.config.port = (uint16_t)draft.port;
  *(struct pyr__docker_sd_config *)out = draft.config;
}

void pyr__read_docker_sd(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out) {
  struct pyr__sd_configs *sd = out;
  sd->docker = pyr__read_elements(reading, item, sizeof(*sd->docker),
                                  read_docker, &sd->docker_count);
}

#include "discovery/consul/labels.h"

#include "base/str.h"
#include "discovery/consul/answer.h"
#include "discovery/meta_labels.h"

#define LABEL(name) "__meta_consul_" name

/* Those that are as they come. */
static const struct {
  const char *name;
  uint8_t field; /* enum pyr__consul_field */
} rows[] = {{LABEL("address"), PYR__CONSUL_ADDRESS},
            {LABEL("node"), PYR__CONSUL_NODE},
            {LABEL("namespace"), PYR__CONSUL_NAMESPACE},
            {LABEL("partition"), PYR__CONSUL_PARTITION},
            {LABEL("service_address"), PYR__CONSUL_SERVICE_ADDRESS},
            {LABEL("service_id"), PYR__CONSUL_SERVICE_ID}};

static void set_rows(struct pyr__meta_labels *labels, pyr_str_t record) {
  size_t i;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    pyr__meta_labels_set(labels, rows[i].name,
                         pyr__json_record_find(record, rows[i].field));
}

/* Where the service has an address, it is elsewhere than its node. */
static void set_address(struct pyr__meta_labels *labels, pyr_str_t record) {
  pyr_str_t host = pyr__json_record_find(record, PYR__CONSUL_SERVICE_ADDRESS);
  pyr_str_t port = pyr__json_record_find(record, PYR__CONSUL_SERVICE_PORT);

  if (host.len == 0)
    host = pyr__json_record_find(record, PYR__CONSUL_ADDRESS);
  if (port.len == 0)
    port = pyr__str("0");
  pyr__meta_labels_set(labels, "__address__",
                       pyr__meta_host_port(labels->arena, host, port));
  pyr__meta_labels_set(labels, LABEL("service_port"), port);
}

/* ",a,b,": so that a pattern need not know which comes first. */
static pyr_str_t join_tags(struct pyr__arena *arena, pyr_str_t separator,
                           pyr_str_t record) {
  size_t count = pyr__json_record_count(record, PYR__CONSUL_TAG), used = 0;
  pyr_str_t *pieces = pyr__arena_alloc(arena, 2 * count + 2, sizeof(*pieces));
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;

  if (pieces == NULL)
    return (pyr_str_t){NULL, 0};
  pieces[used++] = separator;
  while (pyr__json_record_next(&reader, &entry))
    if (entry.field == PYR__CONSUL_TAG) {
      pieces[used++] = entry.text;
      pieces[used++] = separator;
    }
  if (count == 0)
    pieces[used++] = separator;
  return pyr__meta_concat(arena, pieces, used);
}

/* ---- metadata ----------------------------------------------------------- */

static const char *part_of(uint8_t field) {
  switch (field) {
  case PYR__CONSUL_NODE_META:
    return "metadata_";
  case PYR__CONSUL_SERVICE_META:
    return "service_metadata_";
  case PYR__CONSUL_TAGGED_ADDRESS:
    return "tagged_address_";
  default:
    return NULL;
  }
}

static void set_metadata(struct pyr__meta_labels *labels, pyr_str_t record) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry, key = {PYR__JSON_NONE, {"", 0}};

  while (pyr__json_record_next(&reader, &entry)) {
    if (entry.field == PYR__JSON_VALUE && part_of(key.field) != NULL)
      pyr__meta_labels_set_key(labels, LABEL(""), part_of(key.field), "",
                               key.text, entry.text);
    key = entry;
  }
}

/* ---- health ------------------------------------------------------------- */

enum health { PASSING, WARNING, CRITICAL, MAINTENANCE, UNKNOWN };

/* A check, whichever of its fields comes first. */
struct check {
  pyr_str_t id, status;
};

static enum health health_of(const struct check *check) {
  static const char *const names[] = {"passing", "warning", "critical"};
  size_t i;
  if (pyr__str_is(check->id, "_node_maintenance") ||
      pyr__str_starts(check->id, "_service_maintenance:"))
    return MAINTENANCE;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (pyr__str_is(check->status, names[i]))
      return (enum health)i;
  return UNKNOWN;
}

/* The worst of all; one that is not known makes the whole so. */
static void set_health(struct pyr__meta_labels *labels, pyr_str_t record) {
  static const char *const names[] = {"passing", "warning", "critical",
                                      "maintenance", ""};
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry;
  struct check check = {{"", 0}, {"", 0}};
  enum health worst = PASSING, health;
  bool is_more, is_begun = false;

  do {
    is_more = pyr__json_record_next(&reader, &entry);
    if (is_more && entry.field == PYR__CONSUL_CHECK_ID)
      check.id = entry.text;
    else if (is_more && entry.field == PYR__CONSUL_CHECK_STATUS)
      check.status = entry.text;
    if (is_more && entry.field != PYR__CONSUL_CHECK)
      continue;
    health = is_begun ? health_of(&check) : PASSING;
    worst = health > worst ? health : worst;
    check = (struct check){{"", 0}, {"", 0}};
    is_begun = true;
  } while (is_more);
  pyr__meta_labels_set(labels, LABEL("health"), pyr__str(names[worst]));
}

int pyr__consul_labels(struct pyr__arena *arena,
                       const struct pyr__consul_sd_config *config,
                       pyr_str_t datacenter, pyr_str_t service,
                       pyr_str_t record, struct pyr__discovered *out,
                       pyr_error_t *err) {
  struct pyr__meta_labels labels;

  pyr__meta_labels_init(&labels, arena);
  set_address(&labels, record);
  pyr__meta_labels_set(&labels, LABEL("dc"), datacenter);
  pyr__meta_labels_set(&labels, LABEL("service"), service);
  pyr__meta_labels_set(&labels, LABEL("tags"),
                       join_tags(arena, config->tag_separator, record));
  set_rows(&labels, record);
  set_metadata(&labels, record);
  set_health(&labels, record);
  return pyr__meta_labels_finish(&labels, out, err);
}

#include "targets/making.h"

#include "base/duration.h"
#include "base/hash.h"
#include "base/limits.h"

static pyr_str_t value_of(const struct pyr__label_set *labels,
                          const char *name) {
  const pyr_str_t *value = pyr__labels_find(labels->items, labels->count, name);
  return value == NULL ? pyr__str("") : *value;
}

static int check_text(const struct pyr__label_set *labels, pyr_error_t *err) {
  char name[128], value[128];
  size_t i;
  for (i = 0; i < labels->count; i++) {
    const pyr_label_t *label = &labels->items[i];
    if (label->name.len == 0) /* a labelmap can come to that */
      return pyr__error(err, PYR_ECONFIG, "a label without a name");
    if (pyr__str_is_utf8(label->name) && pyr__str_is_utf8(label->value))
      continue;
    pyr__str_escape(name, sizeof(name), label->name);
    pyr__str_escape(value, sizeof(value), label->value);
    return pyr__error(err, PYR_ECONFIG,
                      "invalid label value for \"%s\": \"%s\" is not UTF-8",
                      name, value);
  }
  return 0;
}

static int read_scheme(const struct pyr__label_set *labels, pyr_str_t *out,
                       pyr_error_t *err) {
  char shown[64];
  *out = value_of(labels, "__scheme__");
  if (out->len == 0)
    *out = pyr__str("http");
  if (pyr__str_is(*out, "http") || pyr__str_is(*out, "https"))
    return 0;
  pyr__str_escape(shown, sizeof(shown), *out);
  return pyr__error(err, PYR_ECONFIG,
                    "invalid scheme \"%s\", expected http or https", shown);
}

/* ---- times -------------------------------------------------------------- */

static int read_time(pyr_str_t text, const char *what, int64_t *out,
                     pyr_error_t *err) {
  int rc = pyr__duration_parse(out, text, err);
  if (rc != 0)
    return pyr__error_prefix(err, "error parsing scrape %s: ", what);
  if (*out == 0)
    return pyr__error(err, PYR_ECONFIG, "scrape %s cannot be 0", what);
  if (*out < PYR__LEAST_INTERVAL_NS || *out > PYR__MOST_INTERVAL_NS)
    return pyr__error(err, PYR_ECONFIG,
                      "scrape %s \"%.*s\" is out of range, expected from 10ms "
                      "to 1y",
                      what, (int)(text.len < 40 ? text.len : 40), text.base);
  return 0;
}

/* Labels without them mean what the job says. */
static int read_times(const struct pyr__label_set *labels,
                      struct pyr__request_source *source, pyr_error_t *err) {
  pyr_str_t interval = value_of(labels, "__scrape_interval__");
  pyr_str_t timeout = value_of(labels, "__scrape_timeout__");
  int rc = 0;

  source->interval_ns = source->job->interval_ns;
  source->timeout_ns = source->job->timeout_ns;
  if (interval.len > 0)
    rc = read_time(interval, "interval", &source->interval_ns, err);
  if (rc == 0 && timeout.len > 0 &&
      !(source->timeout_ns == 0 && pyr__str_is(timeout, PYR__TIMEOUT_NOT_SET)))
    rc = read_time(timeout, "timeout", &source->timeout_ns, err);
  return rc;
}

/* ---- what it is known by ------------------------------------------------ */

static bool is_public(pyr_str_t name) {
  return !pyr__str_starts(name, "__") || pyr__str_is(name, "__name__");
}

/* Those without "__" in front, the application, and the instance. */
static int set_labels(const struct pyr__label_set *labels,
                      struct pyr__arena *arena, struct pyr__target *out,
                      pyr_error_t *err) {
  size_t i, count = 0;
  pyr_label_t *items =
      pyr__arena_alloc(arena, labels->count + 1, sizeof(*items));

  if (items == NULL)
    return pyr__making_no_room(arena, (labels->count + 1) * sizeof(*items),
                               err);
  for (i = 0; i < labels->count; i++)
    if (is_public(labels->items[i].name))
      items[count++] = labels->items[i];
  if (pyr__labels_find(items, count, "instance") == NULL)
    items[count++] = (pyr_label_t){pyr__str("instance"), out->address};
  pyr__labels_sort(items, count);
  out->labels = items;
  out->label_count = count;
  return 0;
}

/* A socket says nothing of a host: who listens there is asked as localhost. */
static int set_socket_address(struct pyr__request_source *source,
                              struct pyr__arena *arena, struct pyr__target *out,
                              pyr_error_t *err) {
  static const char scheme[] = PYR__UNIX_SCHEME;
  size_t len = strlen(out->unix_socket), size = sizeof(scheme) + len;
  char *text = pyr__arena_alloc(arena, size, 1);

  if (text == NULL)
    return pyr__making_no_room(arena, size, err);
  memcpy(text, scheme, sizeof(scheme) - 1);
  memcpy(text + sizeof(scheme) - 1, out->unix_socket, len + 1);
  out->address = (pyr_str_t){text, size - 1};
  source->address = pyr__str("localhost");
  return 0;
}

/* What it is called, and where it is asked. */
static int set_place(struct pyr__request_source *source,
                     struct pyr__arena *arena, struct pyr__target *out,
                     pyr_error_t *err) {
  pyr_str_t address = value_of(source->labels, "__address__");
  int rc =
      pyr__target_socket(address, value_of(source->labels, "__unix_socket__"),
                         arena, &out->unix_socket, err);

  if (rc != 0)
    return rc;
  if (pyr__str_starts(address, PYR__UNIX_SCHEME))
    return set_socket_address(source, arena, out, err);
  rc = pyr__target_address(address, value_of(source->labels, "__port__"),
                           source->scheme, arena, &out->address, err);
  source->address = out->address;
  return rc;
}

static uint64_t identity(const struct pyr__target *target) {
  uint64_t hash = pyr__labels_hash(0, target->labels, target->label_count);
  size_t i;
  for (i = 0; i < target->request_count; i++)
    hash = pyr__hash(hash, target->requests[i].url,
                     strlen(target->requests[i].url));
  if (target->unix_socket != NULL)
    hash = pyr__hash(hash, target->unix_socket, strlen(target->unix_socket));
  return hash;
}

/* ---- the target --------------------------------------------------------- */

int pyr__target_make(const struct pyr__job_config *job,
                     const struct pyr__label_set *discovered,
                     const struct pyr__label_set *labels,
                     struct pyr__arena *arena, struct pyr__target *out,
                     pyr_error_t *err) {
  struct pyr__request_source source = {.job = job, .labels = labels};
  pyr_str_t address = value_of(labels, "__address__");
  int rc = check_text(labels, err);

  *out = (struct pyr__target){.job = job,
                              .discovered = discovered->items,
                              .discovered_count = discovered->count,
                              .application = value_of(labels, "__name__")};
  if (rc == 0 && address.len == 0)
    rc = pyr__error(err, PYR_ECONFIG, "no address");
  if (rc == 0 && out->application.len == 0)
    rc = pyr__error(err, PYR_ECONFIG,
                    "no application name (__name__): add a rule to "
                    "relabel-configs that sets it, such as {target-label: "
                    "__name__, replacement: my-app} or {source-labels: [job], "
                    "target-label: __name__}");
  if (rc == 0)
    rc = read_scheme(labels, &source.scheme, err);
  if (rc == 0)
    rc = set_place(&source, arena, out, err);
  if (rc == 0)
    rc = read_times(labels, &source, err);
  if (rc == 0)
    rc = pyr__target_requests(&source, arena, out, err);
  if (rc == 0)
    rc = set_labels(labels, arena, out, err);
  if (rc == 0)
    out->hash = identity(out);
  return rc;
}

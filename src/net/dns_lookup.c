#include "net/dns_lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/dns.h"
#include "net/dns_answer.h"

enum { NAMES_MAX = 64, ARENA_BYTES = 4 * 1024 * 1024 };

struct pyr__dns_lookup {
  struct pyr__dns *dns;
  struct pyr__dns_lookup_handler handler;
  enum pyr__dns_type type;
  struct pyr__alarm alarm;      /* goes on outside of c-ares */
  struct pyr__arena arena;      /* of all below */
  pyr_str_t name;               /* as given */
  const char *names[NAMES_MAX]; /* to be asked for, in this order */
  size_t name_count, next;
  struct pyr__dns_records records;
  int status;      /* of the last question */
  int failure;     /* the first that does not say whether there is the name */
  bool is_pending; /* c-ares will call */
  bool is_cancelled, is_out_of_memory;
};

static const char *type_name(enum pyr__dns_type type) {
  switch (type) {
  case PYR__DNS_A:
    return "A";
  case PYR__DNS_NS:
    return "NS";
  case PYR__DNS_MX:
    return "MX";
  case PYR__DNS_AAAA:
    return "AAAA";
  case PYR__DNS_SRV:
    return "SRV";
  }
  return "?";
}

static void release(struct pyr__dns_lookup *lookup) {
  struct pyr__memory *memory = lookup->dns->net->memory;
  pyr__alarm_clear(&lookup->alarm);
  pyr__arena_release(&lookup->arena);
  pyr__free(memory, lookup);
}

void pyr__dns_lookup_cancel(struct pyr__dns_lookup *lookup) {
  if (lookup == NULL)
    return;
  lookup->is_cancelled = true;
  if (!lookup->is_pending)
    release(lookup);
}

/* ---- names -------------------------------------------------------------- */

/* "name." or "name.domain." */
static void add_name(void *ctx, const char *domain) {
  struct pyr__dns_lookup *lookup = ctx;
  pyr_str_t name = lookup->name;
  size_t domain_len = strlen(domain), size;
  char *text;

  while (domain_len > 0 && domain[domain_len - 1] == '.')
    domain_len--;
  if (name.len > 0 && name.base[name.len - 1] == '.')
    name.len--;
  size = name.len + domain_len + sizeof("..");
  text = pyr__arena_alloc(&lookup->arena, size, 1);
  lookup->is_out_of_memory |= text == NULL;
  if (text == NULL || lookup->name_count == NAMES_MAX)
    return;
  snprintf(text, size, "%.*s%s%.*s.", PYR__STR_ARG(name),
           domain_len > 0 ? "." : "", (int)domain_len, domain);
  lookup->names[lookup->name_count++] = text;
}

static unsigned count_dots(pyr_str_t name) {
  unsigned dots = 0;
  size_t i;
  for (i = 0; i < name.len; i++)
    dots += name.base[i] == '.';
  return dots;
}

static int list_names(struct pyr__dns_lookup *lookup, pyr_error_t *err) {
  pyr_str_t name = lookup->name;
  unsigned ndots = 0;
  int rc = 0;

  if (name.len > 0 && name.base[name.len - 1] == '.') {
    add_name(lookup, "");
  } else {
    rc = pyr__dns_search(lookup->dns, add_name, lookup, &ndots, err);
    add_name(lookup, "");
    if (count_dots(name) >= ndots) { /* the last one comes first */
      const char *plain = lookup->names[lookup->name_count - 1];
      memmove(lookup->names + 1, lookup->names,
              (lookup->name_count - 1) * sizeof(*lookup->names));
      lookup->names[0] = plain;
    }
  }
  return lookup->is_out_of_memory ? pyr__error_nomem(err) : rc;
}

/* ---- questions ---------------------------------------------------------- */

/* Runs inside c-ares: only records. */
static void on_answer(void *arg, int status, int timeouts, unsigned char *data,
                      int len) {
  struct pyr__dns_lookup *lookup = arg;

  (void)timeouts;
  lookup->is_pending = false;
  if (lookup->is_cancelled) {
    release(lookup);
    return;
  }
  if (status == ARES_ECANCELLED && lookup->dns->out_of_memory)
    status = ARES_ENOMEM;
  if (status == ARES_SUCCESS)
    status = pyr__dns_answer_read(lookup->type, data, len, &lookup->arena,
                                  &lookup->records);
  lookup->status = status;
  pyr__alarm_set(&lookup->dns->net->alarms, &lookup->alarm, PYR__ALARM_DNS, 1);
}

static int ask(struct pyr__dns_lookup *lookup, pyr_error_t *err) {
  int rc;
  lookup->is_pending = true;
  rc = pyr__dns_query(lookup->dns, lookup->names[lookup->next++],
                      (int)lookup->type, on_answer, lookup, err);
  if (rc != 0)
    lookup->is_pending = false;
  return rc;
}

/* Ends it: with the records, or with an error where there is one. */
static void finish(struct pyr__dns_lookup *lookup, const pyr_error_t *err) {
  const struct pyr__dns_lookup_handler handler = lookup->handler;
  if (err == NULL)
    handler.done(handler.ctx, lookup->records.items, lookup->records.count,
                 NULL);
  else
    handler.done(handler.ctx, NULL, 0, err);
  release(lookup);
}

static void fail(struct pyr__dns_lookup *lookup) {
  pyr_error_t err;
  lookup->dns->net->stats.dns_failures++;
  if (lookup->failure == ARES_ENOMEM)
    pyr__error_nomem(&err);
  else
    pyr__error(&err, PYR_EDNS, "%s records of %.*s: %s",
               type_name(lookup->type), PYR__STR_ARG(lookup->name),
               pyr__dns_reason(lookup->failure));
  finish(lookup, &err);
}

static void on_alarm(struct pyr__alarm *alarm) {
  struct pyr__dns_lookup *lookup =
      pyr__container_of(alarm, struct pyr__dns_lookup, alarm);
  pyr_error_t err;

  if (lookup->status == ARES_SUCCESS || lookup->status == ARES_ENODATA) {
    finish(lookup, NULL);
    return;
  }
  if (lookup->status != ARES_ENOTFOUND && lookup->failure == 0)
    lookup->failure = lookup->status;
  if (lookup->next < lookup->name_count) {
    if (ask(lookup, &err) != 0)
      finish(lookup, &err);
  } else if (lookup->failure != 0) {
    fail(lookup);
  } else {
    finish(lookup, NULL); /* there is no such name, all say */
  }
}

int pyr__dns_lookup_start(struct pyr__dns_lookup **out, struct pyr__dns *dns,
                          pyr_str_t name, enum pyr__dns_type type,
                          const struct pyr__dns_lookup_handler *handler,
                          pyr_error_t *err) {
  struct pyr__memory *memory = dns->net->memory;
  struct pyr__dns_lookup *lookup =
      pyr__calloc(memory, PYR__MEM_NET_DNS, 1, sizeof(*lookup));
  char *copy;
  int rc;

  if (lookup == NULL)
    return pyr__error_nomem(err);
  lookup->dns = dns;
  lookup->handler = *handler;
  lookup->type = type;
  pyr__alarm_init(&lookup->alarm, on_alarm);
  pyr__arena_init(&lookup->arena, memory, PYR__MEM_NET_DNS, ARENA_BYTES);
  copy = pyr__arena_text(&lookup->arena, name);
  lookup->name = (pyr_str_t){copy, name.len};
  rc = copy == NULL ? pyr__error_nomem(err) : list_names(lookup, err);
  if (rc == 0)
    rc = ask(lookup, err);
  if (rc != 0)
    release(lookup);
  else
    *out = lookup;
  return rc;
}

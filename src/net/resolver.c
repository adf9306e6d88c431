#include "net/resolver.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

/* How long an answer is kept, whatever its TTL; a name that is not there, or a
 * server that fails, is asked for again soon. */
static const int64_t TTL_MIN_S = 1, TTL_MAX_S = 3600, TTL_NEGATIVE_S = 5,
                     TTL_FAILURE_S = 1;

struct pyr__dns_entry {
  struct pyr__resolver *resolver;
  struct pyr__list link;            /* resolver's oldest or answered, or none */
  struct pyr__list waiting;         /* lookups */
  struct pyr__addresses *addresses; /* as many as there are; NULL: none */
  int64_t expires_ns;
  uint64_t hash;
  uint32_t id;
  int status; /* ARES_* */
  bool is_pending;
  char name[];
};

static void on_progress(struct pyr__dns *dns);

static size_t size_of(unsigned count) {
  return offsetof(struct pyr__addresses, at) +
         count * sizeof(struct pyr__address);
}

static int write_error(const struct pyr__dns_entry *entry, pyr_error_t *err) {
  if (entry->status == ARES_ENOMEM)
    return pyr__error_nomem(err);
  return pyr__error(err, PYR_EDNS, "resolve %s: %s", entry->name,
                    pyr__dns_reason(entry->status));
}

static void free_entry(struct pyr__dns_entry *entry) {
  struct pyr__memory *memory = entry->resolver->memory;
  pyr__list_remove(&entry->link);
  pyr__free(memory, entry->addresses);
  pyr__free(memory, entry);
}

/* Ids are dense: the last entry takes the place of the one that goes. */
static void drop_entry(struct pyr__dns_entry *entry) {
  struct pyr__resolver *resolver = entry->resolver;
  struct pyr__dns_entry *last = resolver->entries[--resolver->entry_count];

  pyr__index_remove(&resolver->index, entry->hash, entry->id);
  if (last != entry) {
    pyr__index_remove(&resolver->index, last->hash, last->id);
    last->id = entry->id;
    resolver->entries[last->id] = last;
    /* Two were taken out: there is room for one without memory. */
    (void)pyr__index_add(&resolver->index, last->hash, last->id);
  }
  free_entry(entry);
}

static struct pyr__dns_entry *find(const struct pyr__resolver *resolver,
                                   uint64_t hash, pyr_str_t name) {
  size_t at;
  uint32_t id = pyr__index_first(&resolver->index, hash, &at);
  while (id != PYR__NONE && !pyr__str_is(name, resolver->entries[id]->name))
    id = pyr__index_next(&resolver->index, hash, &at);
  return id == PYR__NONE ? NULL : resolver->entries[id];
}

static int make_room(struct pyr__resolver *resolver, pyr_error_t *err) {
  if (resolver->entry_count < PYR__LIMIT_DNS_CACHE)
    return 0;
  if (pyr__list_is_empty(&resolver->oldest))
    return pyr__error(err, PYR_ELIMIT,
                      "more than %d names are being resolved at once",
                      PYR__LIMIT_DNS_CACHE);
  drop_entry(
      pyr__container_of(resolver->oldest.next, struct pyr__dns_entry, link));
  return 0;
}

static struct pyr__dns_entry *add_entry(struct pyr__resolver *resolver,
                                        uint64_t hash, pyr_str_t name) {
  struct pyr__dns_entry *entry = pyr__calloc(resolver->memory, PYR__MEM_NET_DNS,
                                             1, sizeof(*entry) + name.len + 1);
  uint32_t count = resolver->entry_count;

  if (entry == NULL)
    return NULL;
  if ((count & (count - 1)) == 0) { /* room is a power of two */
    struct pyr__dns_entry **entries = pyr__realloc(
        resolver->memory, PYR__MEM_NET_DNS, resolver->entries,
        count == 0 ? 1 : (size_t)count * 2, sizeof(struct pyr__dns_entry *));
    if (entries == NULL)
      goto fail;
    resolver->entries = entries;
  }
  if (pyr__index_add(&resolver->index, hash, count) != 0)
    goto fail;
  entry->resolver = resolver;
  entry->hash = hash;
  entry->id = count;
  memcpy(entry->name, name.base, name.len);
  pyr__list_init(&entry->link);
  pyr__list_init(&entry->waiting);
  resolver->entries[resolver->entry_count++] = entry;
  return entry;

fail:
  pyr__free(resolver->memory, entry);
  return NULL;
}

static int64_t lifetime_s(int status, unsigned ttl_s) {
  if (status == ARES_EDESTRUCTION)
    return 0; /* nobody has answered: it is asked again */
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
    return TTL_NEGATIVE_S;
  if (status != ARES_SUCCESS)
    return TTL_FAILURE_S;
  if (ttl_s < TTL_MIN_S)
    return TTL_MIN_S;
  return ttl_s > TTL_MAX_S ? TTL_MAX_S : (int64_t)ttl_s;
}

/* Runs inside c-ares: only records. */
static void on_answer(void *ctx, int status,
                      const struct pyr__addresses *addresses, unsigned ttl_s) {
  struct pyr__dns_entry *entry = ctx;
  struct pyr__resolver *resolver = entry->resolver;
  size_t size = size_of(addresses->count);

  entry->is_pending = false;
  pyr__free(resolver->memory, entry->addresses);
  entry->addresses = NULL;
  if (status == ARES_SUCCESS) {
    entry->addresses = pyr__alloc(resolver->memory, PYR__MEM_NET_DNS, size);
    if (entry->addresses == NULL)
      status = ARES_ENOMEM;
    else
      memcpy(entry->addresses, addresses, size);
  }
  entry->status = status;
  entry->expires_ns =
      pyr__now(&resolver->clock) + lifetime_s(status, ttl_s) * PYR__NS_PER_S;
  if (status != ARES_SUCCESS && status != ARES_EDESTRUCTION)
    resolver->dns.net->stats.dns_failures++;
  pyr__list_remove(&entry->link);
  pyr__list_add_before(&resolver->answered, &entry->link);
}

/* Users may do anything: what is needed is taken off the entry before. */
static void tell(struct pyr__dns_entry *entry) {
  struct pyr__resolver *resolver = entry->resolver;
  struct pyr__addresses addresses = {.count = 0};
  struct pyr__list waiting;
  pyr_error_t err;
  bool is_good = entry->status == ARES_SUCCESS;

  pyr__list_init(&waiting);
  pyr__list_move(&waiting, &entry->waiting);
  pyr__list_remove(&entry->link);
  pyr__list_add_before(&resolver->oldest, &entry->link);
  if (is_good)
    memcpy(&addresses, entry->addresses, size_of(entry->addresses->count));
  else
    write_error(entry, &err);
  while (!pyr__list_is_empty(&waiting)) {
    struct pyr__lookup *lookup =
        pyr__container_of(waiting.next, struct pyr__lookup, link);
    pyr__list_remove(&lookup->link);
    lookup->done(lookup, is_good ? &addresses : NULL, is_good ? NULL : &err);
  }
}

int pyr__resolver_init(struct pyr__resolver *resolver, struct pyr__net *net,
                       const struct pyr__dns_options *options,
                       pyr_error_t *err) {
  memset(resolver, 0, sizeof(*resolver));
  resolver->memory = net->memory;
  resolver->clock = options->clock;
  resolver->seed = pyr__hash_random_seed();
  pyr__index_init(&resolver->index, net->memory, PYR__MEM_NET_DNS);
  pyr__list_init(&resolver->oldest);
  pyr__list_init(&resolver->answered);
  return pyr__dns_init(&resolver->dns, net, options, on_progress, err);
}

void pyr__resolver_close(struct pyr__resolver *resolver) {
  pyr__dns_close(&resolver->dns);
  while (resolver->entry_count > 0)
    free_entry(resolver->entries[--resolver->entry_count]);
  pyr__free(resolver->memory, resolver->entries);
  resolver->entries = NULL;
  pyr__index_release(&resolver->index);
}

void pyr__lookup_init(struct pyr__lookup *lookup) {
  pyr__list_init(&lookup->link);
}

void pyr__lookup_cancel(struct pyr__lookup *lookup) {
  pyr__list_remove(&lookup->link);
}

/* RFC 6761: localhost and what is under it never leave the host. */
static bool is_localhost(pyr_str_t host) {
  static const char name[] = "localhost";
  size_t len = sizeof(name) - 1;
  if (host.len > 0 && host.base[host.len - 1] == '.')
    host.len--;
  return host.len >= len &&
         pyr__str_is_nocase((pyr_str_t){host.base + host.len - len, len},
                            name) &&
         (host.len == len || host.base[host.len - len - 1] == '.');
}

static bool get_without_dns(pyr_str_t host, struct pyr__addresses *out) {
  out->count = 1;
  if (pyr__address_parse(&out->at[0], host))
    return true;
  if (!is_localhost(host))
    return false;
  out->count = 2;
  pyr__address_parse(&out->at[0], pyr__str("::1"));
  pyr__address_parse(&out->at[1], pyr__str("127.0.0.1"));
  return true;
}

/* Asks, and sees whether the answer (the hosts file's, a failure) is there
 * already.  On failure the entry is in no list. */
static int ask(struct pyr__dns_entry *entry, pyr_error_t *err) {
  struct pyr__resolver *resolver = entry->resolver;
  int rc;

  pyr__list_remove(&entry->link);
  entry->is_pending = true;
  rc = pyr__dns_ask(&resolver->dns, entry->name, on_answer, entry, err);
  if (rc != 0) {
    entry->is_pending = false;
    return rc;
  }
  if (!entry->is_pending) {
    pyr__list_remove(&entry->link);
    pyr__list_add_before(&resolver->oldest, &entry->link);
  }
  /* Others may have been answered too, and cannot be told from in here. */
  if (!pyr__list_is_empty(&resolver->answered))
    pyr__dns_wake(&resolver->dns);
  return 0;
}

/* The channel was closed for a new one: the question stays. */
static void ask_again(struct pyr__dns_entry *entry) {
  int rc = ask(entry, NULL);
  if (rc != 0)
    entry->status = rc == PYR__ENOMEM ? ARES_ENOMEM : ARES_ENOTINITIALIZED;
  if (!entry->is_pending)
    tell(entry);
}

static void on_progress(struct pyr__dns *dns) {
  struct pyr__resolver *resolver =
      pyr__container_of(dns, struct pyr__resolver, dns);
  while (!pyr__list_is_empty(&resolver->answered)) {
    struct pyr__dns_entry *entry =
        pyr__container_of(resolver->answered.next, struct pyr__dns_entry, link);
    if (entry->status == ARES_EDESTRUCTION &&
        !pyr__list_is_empty(&entry->waiting))
      ask_again(entry);
    else
      tell(entry);
  }
}

int pyr__resolver_get(struct pyr__resolver *resolver,
                      struct pyr__lookup *lookup, pyr_str_t host,
                      struct pyr__addresses *out, pyr_error_t *err) {
  uint64_t hash = pyr__hash(resolver->seed, host.base, host.len);
  struct pyr__dns_entry *entry;
  int rc = 0;

  if (get_without_dns(host, out))
    return 1;
  entry = find(resolver, hash, host);
  if (entry == NULL) {
    rc = make_room(resolver, err);
    if (rc != 0)
      return rc;
    entry = add_entry(resolver, hash, host);
    if (entry == NULL)
      return pyr__error_nomem(err);
    rc = ask(entry, err);
  } else if (!entry->is_pending && pyr__list_is_empty(&entry->waiting) &&
             pyr__now(&resolver->clock) >= entry->expires_ns) {
    rc = ask(entry, err);
  }
  if (rc != 0) {
    drop_entry(entry);
    return rc;
  }
  if (entry->is_pending || entry->status == ARES_EDESTRUCTION) {
    pyr__list_add_before(&entry->waiting, &lookup->link);
    return 0;
  }
  if (entry->status != ARES_SUCCESS)
    return write_error(entry, err);
  memcpy(out, entry->addresses, size_of(entry->addresses->count));
  return 1;
}

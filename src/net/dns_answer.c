#include "net/dns_answer.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "base/str.h"

enum { ADDRESS_RECORD_MIN = 16 /* bytes in a message */ };

static int reserve(struct pyr__arena *arena, struct pyr__dns_records *out,
                   size_t count) {
  out->count = 0;
  out->items = pyr__arena_calloc(arena, count, sizeof(*out->items));
  return out->items == NULL ? ARES_ENOMEM : ARES_SUCCESS;
}

static int add(struct pyr__arena *arena, struct pyr__dns_records *out,
               const char *host, uint16_t port) {
  char *copy = pyr__arena_text(arena, pyr__str(host));
  if (copy == NULL)
    return ARES_ENOMEM;
  out->items[out->count++] = (struct pyr__dns_record){copy, port};
  return ARES_SUCCESS;
}

static int add_address(struct pyr__arena *arena, struct pyr__dns_records *out,
                       int family, const void *bytes) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, bytes, text, sizeof(text)) == NULL)
    return ARES_EBADRESP;
  return add(arena, out, text, 0);
}

static int read_v4(const uint8_t *data, int len, struct pyr__arena *arena,
                   struct pyr__dns_records *out) {
  int i, count = len / ADDRESS_RECORD_MIN + 1, status;
  struct ares_addrttl *found =
      pyr__arena_alloc(arena, (size_t)count, sizeof(*found));

  if (found == NULL)
    return ARES_ENOMEM;
  status = ares_parse_a_reply(data, len, NULL, found, &count);
  if (status == ARES_SUCCESS)
    status = reserve(arena, out, (size_t)count);
  for (i = 0; status == ARES_SUCCESS && i < count; i++)
    status = add_address(arena, out, AF_INET, &found[i].ipaddr);
  return status;
}

static int read_v6(const uint8_t *data, int len, struct pyr__arena *arena,
                   struct pyr__dns_records *out) {
  int i, count = len / ADDRESS_RECORD_MIN + 1, status;
  struct ares_addr6ttl *found =
      pyr__arena_alloc(arena, (size_t)count, sizeof(*found));

  if (found == NULL)
    return ARES_ENOMEM;
  status = ares_parse_aaaa_reply(data, len, NULL, found, &count);
  if (status == ARES_SUCCESS)
    status = reserve(arena, out, (size_t)count);
  for (i = 0; status == ARES_SUCCESS && i < count; i++)
    status = add_address(arena, out, AF_INET6, &found[i].ip6addr);
  return status;
}

static int read_srv(const uint8_t *data, int len, struct pyr__arena *arena,
                    struct pyr__dns_records *out) {
  struct ares_srv_reply *first = NULL, *at;
  size_t count = 0;
  int status = ares_parse_srv_reply(data, len, &first);

  for (at = first; at != NULL; at = at->next)
    count++;
  if (status == ARES_SUCCESS)
    status = reserve(arena, out, count);
  for (at = first; status == ARES_SUCCESS && at != NULL; at = at->next)
    status = add(arena, out, at->host, at->port);
  ares_free_data(first);
  return status;
}

static int read_mx(const uint8_t *data, int len, struct pyr__arena *arena,
                   struct pyr__dns_records *out) {
  struct ares_mx_reply *first = NULL, *at;
  size_t count = 0;
  int status = ares_parse_mx_reply(data, len, &first);

  for (at = first; at != NULL; at = at->next)
    count++;
  if (status == ARES_SUCCESS)
    status = reserve(arena, out, count);
  for (at = first; status == ARES_SUCCESS && at != NULL; at = at->next)
    status = add(arena, out, at->host, 0);
  ares_free_data(first);
  return status;
}

static int read_ns(const uint8_t *data, int len, struct pyr__arena *arena,
                   struct pyr__dns_records *out) {
  struct hostent *found = NULL;
  size_t i, count = 0;
  int status = ares_parse_ns_reply(data, len, &found);

  if (status != ARES_SUCCESS)
    return status;
  while (found->h_aliases[count] != NULL)
    count++;
  status = reserve(arena, out, count);
  for (i = 0; status == ARES_SUCCESS && i < count; i++)
    status = add(arena, out, found->h_aliases[i], 0);
  ares_free_hostent(found);
  return status;
}

int pyr__dns_answer_read(enum pyr__dns_type type, const uint8_t *data, int len,
                         struct pyr__arena *arena,
                         struct pyr__dns_records *out) {
  int status = ARES_EBADQUERY;

  out->count = 0;
  switch (type) {
  case PYR__DNS_A:
    status = read_v4(data, len, arena, out);
    break;
  case PYR__DNS_AAAA:
    status = read_v6(data, len, arena, out);
    break;
  case PYR__DNS_SRV:
    status = read_srv(data, len, arena, out);
    break;
  case PYR__DNS_MX:
    status = read_mx(data, len, arena, out);
    break;
  case PYR__DNS_NS:
    status = read_ns(data, len, arena, out);
    break;
  }
  if (status == ARES_ENODATA) {
    out->count = 0;
    return ARES_SUCCESS;
  }
  return status;
}

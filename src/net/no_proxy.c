#include "net/no_proxy.h"

#include <stdio.h>

#include "net/address.h"

enum { BYTES = 16, BITS = 8 * BYTES, PORT_TEXT = 6 };

/* IPv4 addresses are those of ::ffff:0:0/96, as in Go. */
struct place {
  uint8_t bytes[BYTES];
};

struct pyr__no_proxy_rule {
  bool is_place;
  struct place place;
  unsigned bits;    /* of the place that count */
  pyr_str_t domain; /* "example.com": those under it, */
  bool has_itself;  /* and it */
  pyr_str_t port;   /* "": any */
};

static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_ipv4(const struct place *place) {
  return memcmp(place->bytes, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

/* `*bits` are those of the address as it was written. */
static bool parse_place(struct place *place, unsigned *bits, pyr_str_t text) {
  struct pyr__address address;
  if (!pyr__address_parse(&address, text))
    return false;
  *bits = address.family == AF_INET ? 32 : BITS;
  if (address.family == AF_INET) {
    memcpy(place->bytes, ipv4_prefix, sizeof(ipv4_prefix));
    memcpy(place->bytes + sizeof(ipv4_prefix), address.bytes, 4);
  } else {
    memcpy(place->bytes, address.bytes, BYTES);
  }
  return true;
}

static void mask(struct place *place, unsigned bits) {
  size_t i;
  for (i = 0; i < BYTES; i++) {
    unsigned kept = bits > 8 * i ? bits - 8 * (unsigned)i : 0;
    if (kept < 8)
      place->bytes[i] &= (uint8_t)(0xff00 >> kept);
  }
}

/* ---- reading ------------------------------------------------------------ */

static bool parse_bits(unsigned *bits, pyr_str_t digits) {
  size_t i;
  *bits = 0;
  for (i = 0; i < digits.len && *bits <= BITS; i++) {
    if (digits.base[i] < '0' || digits.base[i] > '9')
      return false;
    *bits = *bits * 10 + (unsigned)(digits.base[i] - '0');
  }
  return digits.len > 0;
}

/* "10.0.0.0/8" */
static bool read_range(struct pyr__no_proxy_rule *rule, pyr_str_t text) {
  const char *slash = memchr(text.base, '/', text.len);
  unsigned most;
  size_t len;

  if (slash == NULL)
    return false;
  len = (size_t)(slash - text.base);
  if (!parse_place(&rule->place, &most, (pyr_str_t){text.base, len}) ||
      !parse_bits(&rule->bits, (pyr_str_t){slash + 1, text.len - len - 1}) ||
      rule->bits > most)
    return false;
  rule->is_place = true;
  rule->bits += BITS - most;
  mask(&rule->place, rule->bits);
  return true;
}

/* Takes ":80" off, and then brackets; false where there is no such end. */
static bool split_port(pyr_str_t text, pyr_str_t *host, pyr_str_t *port) {
  const char *colon = memrchr(text.base, ':', text.len), *bracket;
  size_t len;

  if (colon == NULL)
    return false;
  len = (size_t)(colon - text.base);
  *host = (pyr_str_t){text.base, len};
  *port = (pyr_str_t){colon + 1, text.len - len - 1};
  if (text.base[0] == '[') {
    bracket = memchr(text.base, ']', text.len);
    if (bracket == NULL || bracket + 1 != colon)
      return false;
    *host = (pyr_str_t){text.base + 1, len - 2};
    return true;
  }
  return memchr(text.base, ':', len) == NULL;
}

/* "example.com", ".example.com", "*.example.com" */
static void read_domain(struct pyr__no_proxy_rule *rule, pyr_str_t host) {
  size_t cut = pyr__str_starts(host, "*.") ? 2 : host.base[0] == '.' ? 1 : 0;
  rule->has_itself = cut == 0;
  rule->domain = (pyr_str_t){host.base + cut, host.len - cut};
}

/* False where it says nothing. */
static bool read_rule(struct pyr__no_proxy_rule *rule, pyr_str_t text) {
  pyr_str_t host;
  unsigned bits;

  *rule = (struct pyr__no_proxy_rule){.port = {"", 0}};
  if (text.len == 0)
    return false;
  if (read_range(rule, text))
    return true;
  if (!split_port(text, &host, &rule->port)) {
    host = text;
    rule->port = pyr__str("");
  }
  if (host.len == 0)
    return false;
  rule->bits = BITS;
  rule->is_place = parse_place(&rule->place, &bits, host);
  if (!rule->is_place)
    read_domain(rule, host);
  return true;
}

/* A copy in lower case. */
static pyr_str_t copy_lower(struct pyr__arena *arena, pyr_str_t text) {
  char *copy = pyr__arena_text(arena, text);
  size_t i;
  for (i = 0; copy != NULL && i < text.len; i++)
    if (copy[i] >= 'A' && copy[i] <= 'Z')
      copy[i] = (char)(copy[i] + ('a' - 'A'));
  return (pyr_str_t){copy, text.len};
}

static size_t count_entries(pyr_str_t text) {
  size_t i, count = 1;
  for (i = 0; i < text.len; i++)
    count += text.base[i] == ',';
  return count;
}

int pyr__no_proxy_init(struct pyr__no_proxy *list, struct pyr__arena *arena,
                       pyr_str_t text) {
  pyr_str_t rest = copy_lower(arena, text);

  *list = (struct pyr__no_proxy){.count = 0};
  list->rules =
      pyr__arena_calloc(arena, count_entries(text), sizeof(*list->rules));
  if (list->rules == NULL || rest.base == NULL)
    return PYR__ENOMEM;
  while (rest.len > 0) {
    const char *comma = memchr(rest.base, ',', rest.len);
    size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.base);
    pyr_str_t entry = pyr__str_trim((pyr_str_t){rest.base, len});
    list->is_all |= pyr__str_is(entry, "*");
    list->count += read_rule(&list->rules[list->count], entry);
    len += comma != NULL;
    rest = (pyr_str_t){rest.base + len, rest.len - len};
  }
  return 0;
}

/* ---- asking ------------------------------------------------------------- */

/* A place of IPv6 has none of IPv4 in it, however wide it is. */
static bool has_place(const struct pyr__no_proxy_rule *rule,
                      struct place place) {
  if (is_ipv4(&place) != is_ipv4(&rule->place))
    return false;
  mask(&place, rule->bits);
  return memcmp(place.bytes, rule->place.bytes, BYTES) == 0;
}

static bool has_domain(const struct pyr__no_proxy_rule *rule, pyr_str_t host) {
  size_t more = host.len - rule->domain.len;
  if (host.len < rule->domain.len ||
      memcmp(host.base + more, rule->domain.base, rule->domain.len) != 0)
    return false;
  return more == 0 ? rule->has_itself : host.base[more - 1] == '.';
}

bool pyr__no_proxy_has(const struct pyr__no_proxy *list, pyr_str_t host,
                       uint16_t port) {
  char digits[PORT_TEXT];
  struct place place;
  unsigned bits;
  bool is_place = parse_place(&place, &bits, host), is_in;
  size_t i;

  snprintf(digits, sizeof(digits), "%u", port);
  for (i = 0; i < list->count && !list->is_all; i++) {
    const struct pyr__no_proxy_rule *rule = &list->rules[i];
    is_in = rule->is_place ? is_place && has_place(rule, place)
                           : !is_place && has_domain(rule, host);
    if (is_in && (rule->port.len == 0 || pyr__str_is(rule->port, digits)))
      return true;
  }
  return list->is_all;
}

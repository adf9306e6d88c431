#include "dns_zone.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS = 8, ALIASES = 8, CLASS_IN = 1, RESPONSE = 0x84, TRUNCATED = 2 };

static const struct {
  const char *name;
  int type;
} types[] = {{"A", DNS_A},
             {"NS", DNS_NS},
             {"CNAME", DNS_CNAME},
             {"PTR", DNS_PTR},
             {"MX", DNS_MX},
             {"TXT", DNS_TXT},
             {"AAAA", DNS_AAAA},
             {"SRV", DNS_SRV},
             {"SERVFAIL", DNS_SERVFAIL},
             {"NXDOMAIN", DNS_NXDOMAIN},
             {"REFUSED", DNS_REFUSED},
             {"DROP", DNS_DROP},
             {"TRUNCATE", DNS_TRUNCATE},
             {"GARBAGE", DNS_GARBAGE},
             {"STRANGER", DNS_STRANGER},
             {"DELAY", DNS_DELAY}};

static int type_of(const char *name) {
  size_t i;
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    if (strcmp(types[i].name, name) == 0)
      return types[i].type;
  return 0;
}

const char *dns_zone_type_name(int type) {
  size_t i;
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    if (types[i].type == type)
      return types[i].name;
  return "?";
}

/* ---- lines to records --------------------------------------------------- */

static size_t put16(uint8_t *out, unsigned value) {
  out[0] = (uint8_t)(value >> 8);
  out[1] = (uint8_t)value;
  return 2;
}

/* "a.b" as labels with their lengths; 0 where that cannot be. */
static size_t put_name(uint8_t *out, const char *name) {
  size_t used = 0;
  while (*name != '\0') {
    size_t len = strcspn(name, ".");
    if (len == 0 || len > 63 || used + len + 2 > DNS_NAME)
      return 0;
    out[used++] = (uint8_t)len;
    memcpy(out + used, name, len);
    used += len;
    name += len + (name[len] == '.');
  }
  out[used++] = 0;
  return used;
}

static bool put_data(struct dns_record *record, char **words, int count) {
  size_t numbers = record->type == DNS_SRV ? 3 : record->type == DNS_MX, i;
  uint8_t *at = record->data;

  if (record->type < 0) {
    record->only = count > 0 ? type_of(words[0]) : 0;
    record->number = count > 0 ? (unsigned)strtoul(words[0], NULL, 10) : 0;
    return count <= 1;
  }
  if ((size_t)count != numbers + 1)
    return false;
  for (i = 0; i < numbers; i++)
    at += put16(at, (unsigned)strtoul(words[i], NULL, 10));
  if (record->type == DNS_A || record->type == DNS_AAAA) {
    record->len = record->type == DNS_A ? 4 : 16;
    return inet_pton(record->type == DNS_A ? AF_INET : AF_INET6, words[0],
                     record->data) == 1;
  }
  if (record->type == DNS_TXT) {
    *at = (uint8_t)strlen(words[0]);
    memcpy(at + 1, words[0], *at);
    record->len = (size_t)*at + 1;
    return true;
  }
  record->len = put_name(at, words[numbers]);
  if (record->len == 0)
    return false;
  record->len += (size_t)(at - record->data);
  return true;
}

static void copy_name(char *out, const char *name) {
  size_t i;
  for (i = 0; name[i] != '\0' && i < DNS_NAME - 1; i++)
    out[i] = (char)tolower((unsigned char)name[i]);
  if (i > 0 && out[i - 1] == '.')
    i--;
  out[i] = '\0';
}

static bool read_line(struct dns_record *record, char *line) {
  char *words[WORDS], *state = NULL, *word = strtok_r(line, " \t", &state);
  int count = 0;

  memset(record, 0, sizeof(*record));
  for (; word != NULL && count < WORDS; word = strtok_r(NULL, " \t", &state))
    words[count++] = word;
  if (count < 3)
    return false;
  copy_name(record->name, words[0]);
  record->ttl = (unsigned)strtoul(words[1], NULL, 10);
  record->type = type_of(words[2]);
  return record->type != 0 && put_data(record, words + 3, count - 3);
}

bool dns_zone_read(struct dns_server *server, const char *zone,
                   unsigned *line) {
  char text[1024];
  size_t len;

  server->count = 0;
  for (*line = 1; *zone != '\0'; ++*line) {
    len = strcspn(zone, "\n");
    if (len >= sizeof(text) || server->count == DNS_RECORDS)
      return false;
    memcpy(text, zone, len);
    text[len] = '\0';
    zone += len + (zone[len] == '\n');
    if (text[0] == '#' || text[strspn(text, " \t")] == '\0')
      continue;
    if (!read_line(&server->records[server->count], text))
      return false;
    server->count++;
  }
  return true;
}

/* ---- a query to its answer ---------------------------------------------- */

bool dns_zone_query(struct dns_query *query, const uint8_t *data, size_t len) {
  size_t at = sizeof(query->head), used = 0;

  memset(query, 0, sizeof(*query));
  if (len < at + 5 || data[4] != 0 || data[5] != 1 || (data[2] & 0x80) != 0)
    return false;
  memcpy(query->head, data, at);
  while (data[at] != 0) {
    size_t label = data[at];
    if (label > 63 || at + label + 6 > len || used + label + 2 > DNS_NAME)
      return false;
    if (used > 0)
      query->name[used++] = '.';
    for (at++; label > 0; label--)
      query->name[used++] = (char)tolower(data[at++]);
  }
  query->type = data[at + 1] << 8 | data[at + 2];
  query->question_len = at + 5 - sizeof(query->head);
  memcpy(query->question, data + sizeof(query->head), query->question_len);
  return true;
}

const struct dns_record *dns_zone_behaves(const struct dns_server *server,
                                          const struct dns_query *query,
                                          int kind) {
  size_t i;
  for (i = 0; i < server->count; i++) {
    const struct dns_record *record = &server->records[i];
    if (record->type == kind && strcmp(record->name, query->name) == 0 &&
        (record->only == 0 || record->only == query->type))
      return record;
  }
  return NULL;
}

static size_t put_record(uint8_t *out, const struct dns_record *record) {
  size_t used = put_name(out, record->name);
  used += put16(out + used, (unsigned)record->type);
  used += put16(out + used, CLASS_IN);
  used += put16(out + used, record->ttl >> 16);
  used += put16(out + used, record->ttl & 0xffff);
  used += put16(out + used, (unsigned)record->len);
  memcpy(out + used, record->data, record->len);
  return used + record->len;
}

static void read_name(char *out, const uint8_t *data) {
  while (*data != 0) {
    memcpy(out, data + 1, *data);
    out += *data;
    data += *data + 1;
    if (*data != 0)
      *out++ = '.';
  }
  *out = '\0';
}

struct found {
  uint8_t *out;
  size_t len;
  unsigned count;
  bool exists;
  char alias[DNS_NAME]; /* "": none */
};

static void add_records(const struct dns_server *server, const char *name,
                        int type, struct found *found) {
  size_t i;
  found->alias[0] = '\0';
  for (i = 0; i < server->count; i++) {
    const struct dns_record *record = &server->records[i];
    if (strcmp(record->name, name) != 0)
      continue;
    found->exists = true;
    if (record->type != type && record->type != DNS_CNAME)
      continue;
    if (found->len + DNS_NAME + DNS_DATA + 16 > DNS_MESSAGE)
      return;
    found->len += put_record(found->out + found->len, record);
    found->count++;
    if (record->type == DNS_CNAME && type != DNS_CNAME)
      read_name(found->alias, record->data);
  }
}

static unsigned find_records(const struct dns_server *server,
                             const struct dns_query *query,
                             struct found *found) {
  static const int codes[] = {DNS_SERVFAIL, DNS_NXDOMAIN, DNS_REFUSED};
  char name[DNS_NAME];
  size_t i;

  for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
    if (dns_zone_behaves(server, query, codes[i]) != NULL)
      return (unsigned)-codes[i];
  memcpy(name, query->name, sizeof(name));
  for (i = 0; i < ALIASES; i++) {
    found->exists = false;
    add_records(server, name, query->type, found);
    if (found->alias[0] == '\0')
      break;
    copy_name(name, found->alias);
  }
  return found->exists ? 0 : (unsigned)-DNS_NXDOMAIN;
}

size_t dns_zone_answer(const struct dns_server *server,
                       const struct dns_query *query, uint8_t *out, bool udp) {
  size_t start = sizeof(query->head) + query->question_len;
  struct found found = {.out = out, .len = start};
  unsigned code = find_records(server, query, &found);
  bool cut = udp && (found.len > DNS_UDP_MESSAGE ||
                     dns_zone_behaves(server, query, DNS_TRUNCATE) != NULL);

  if (cut) {
    found.len = start;
    found.count = 0;
  }
  memcpy(out, query->head, sizeof(query->head));
  memcpy(out + sizeof(query->head), query->question, query->question_len);
  out[2] = (uint8_t)(RESPONSE | (query->head[2] & 1) | (cut ? TRUNCATED : 0));
  out[3] = (uint8_t)(0x80 | code);
  put16(out + 6, found.count);
  put16(out + 8, 0);
  put16(out + 10, 0);
  return found.len;
}

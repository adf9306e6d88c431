/* The zone: lines to records, and a query to its answer. */
#ifndef TEST_DNS_ZONE_H
#define TEST_DNS_ZONE_H

#include "dns_server.h"

enum { DNS_MESSAGE = 65535, DNS_UDP_MESSAGE = 512 };

enum {
  DNS_A = 1,
  DNS_NS = 2,
  DNS_CNAME = 5,
  DNS_PTR = 12,
  DNS_MX = 15,
  DNS_TXT = 16,
  DNS_AAAA = 28,
  DNS_SRV = 33,
  DNS_SERVFAIL = -2, /* those of the response code's own number, negated */
  DNS_NXDOMAIN = -3,
  DNS_REFUSED = -5,
  DNS_DROP = -100,
  DNS_TRUNCATE,
  DNS_GARBAGE,
  DNS_STRANGER,
  DNS_DELAY
};

struct dns_query {
  uint8_t head[12];
  uint8_t question[DNS_NAME + 8]; /* as it came */
  size_t question_len;
  char name[DNS_NAME]; /* lower case, without the last dot */
  int type;
};

bool dns_zone_read(struct dns_server *server, const char *zone, unsigned *line);
bool dns_zone_query(struct dns_query *query, const uint8_t *data, size_t len);
/* The misbehaviour of that kind for this query, or NULL. */
const struct dns_record *dns_zone_behaves(const struct dns_server *server,
                                          const struct dns_query *query,
                                          int kind);
/* Writes the answer into DNS_MESSAGE bytes; its length. */
size_t dns_zone_answer(const struct dns_server *server,
                       const struct dns_query *query, uint8_t *out, bool udp);
const char *dns_zone_type_name(int type);

#endif

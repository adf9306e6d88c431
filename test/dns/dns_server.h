/* A real DNS server for tests, on the loop of whoever starts it: UDP and TCP,
 * from a zone that is a text of lines
 *
 *   NAME TTL TYPE DATA...
 *
 * with the types A, AAAA, CNAME, NS, PTR ("NAME"), MX ("10 NAME"), SRV ("0 5
 * 8080 NAME") and TXT (one word).  Names that no line has do not exist; those
 * that have only other types have no data; aliases are followed inside the
 * zone.  An answer of more than 512 bytes is truncated over UDP.
 *
 * These types, with a record type or nothing as their data, are ways to
 * misbehave instead: SERVFAIL, REFUSED, NXDOMAIN, DROP (silence), TRUNCATE
 * (UDP says that it is too long, whatever its size), GARBAGE (bytes that are no
 * message), STRANGER (an answer to another question first).  DELAY has
 * milliseconds as its data. */
#ifndef TEST_DNS_SERVER_H
#define TEST_DNS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

enum { DNS_RECORDS = 2048, DNS_CLIENTS = 64, DNS_NAME = 256, DNS_DATA = 272 };

struct dns_record {
  char name[DNS_NAME];
  unsigned ttl;
  int type; /* of the wire, or below 0 a way to misbehave */
  int only; /* the type that a misbehaviour is about; 0: all */
  unsigned number;
  uint8_t data[DNS_DATA];
  size_t len;
};

struct dns_client { /* over TCP */
  uv_tcp_t tcp;
  uv_write_t write;
  struct dns_server *server;
  uint8_t in[1024];
  size_t len;
  uint8_t *out;
  bool is_used;
};

struct dns_server {
  uv_loop_t *loop;
  uv_udp_t udp;
  uv_tcp_t tcp;
  unsigned port; /* of both */
  unsigned udp_queries, tcp_queries;
  char last[DNS_NAME + 16]; /* "api.test AAAA" */
  bool is_closing;
  struct dns_later *later; /* answers that are delayed */
  size_t count;
  struct dns_record records[DNS_RECORDS];
  struct dns_client clients[DNS_CLIENTS];
};

/* False where the address cannot be had; port 0 chooses one. */
bool dns_server_start(struct dns_server *server, uv_loop_t *loop,
                      const char *host, unsigned port);
/* Replaces the zone; false with the number of the bad line. */
bool dns_server_load(struct dns_server *server, const char *zone,
                     unsigned *line);
/* The loop has to turn until the handles are closed. */
void dns_server_close(struct dns_server *server);

#endif

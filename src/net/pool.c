#include "net/pool.h"

#include <string.h>

enum { SMALLEST = 64 };

void pyr__pool_init(struct pyr__pool *pool) {
  memset(pool, 0, sizeof(*pool));
  pool->seed = pyr__hash_random_seed();
  pyr__list_init(&pool->oldest);
}

void pyr__pool_release(struct pyr__net *net) {
  pyr__free(net->memory, net->pool.buckets);
  net->pool.buckets = NULL;
  net->pool.bucket_count = 0;
}

static void on_idle_too_long(struct pyr__alarm *alarm) {
  pyr__pool_drop(pyr__container_of(alarm, struct pyr__conn, idle));
}

void pyr__pool_prepare(struct pyr__conn *conn) {
  pyr__alarm_init(&conn->idle, on_idle_too_long);
}

static struct pyr__conn **bucket_of(struct pyr__pool *pool, uint64_t hash) {
  return &pool->buckets[hash & (pool->bucket_count - 1)];
}

/* Without memory the table stays as small as it is, which is only slower. */
static void grow(struct pyr__net *net) {
  struct pyr__pool *pool = &net->pool;
  size_t count = pool->bucket_count == 0 ? SMALLEST : pool->bucket_count * 2;
  struct pyr__conn **old = pool->buckets, **buckets;
  size_t i, old_count = pool->bucket_count;

  buckets = pyr__calloc(net->memory, PYR__MEM_NET_CLIENT, count,
                        sizeof(struct pyr__conn *));
  if (buckets == NULL)
    return;
  pool->buckets = buckets;
  pool->bucket_count = count;
  for (i = 0; i < old_count; i++)
    while (old[i] != NULL) {
      struct pyr__conn *conn = old[i];
      struct pyr__conn **bucket = bucket_of(pool, conn->hash);
      old[i] = conn->next;
      conn->next = *bucket;
      *bucket = conn;
    }
  pyr__free(net->memory, old);
}

static bool is_of(const struct pyr__conn *conn, uint64_t hash,
                  pyr_str_t origin) {
  return conn->hash == hash && conn->origin_len == origin.len &&
         memcmp(conn->origin, origin.base, origin.len) == 0;
}

static void unlink_from_pool(struct pyr__conn *conn) {
  struct pyr__conn **at = bucket_of(&conn->net->pool, conn->hash);
  while (*at != conn)
    at = &(*at)->next;
  *at = conn->next;
  conn->next = NULL;
  pyr__list_remove(&conn->age);
  pyr__alarm_clear(&conn->idle);
  conn->net->stats.idle--;
}

struct pyr__conn *pyr__pool_take(struct pyr__net *net, pyr_str_t origin) {
  uint64_t hash = pyr__hash(net->pool.seed, origin.base, origin.len);
  struct pyr__conn *conn;

  if (net->pool.bucket_count == 0)
    return NULL;
  conn = *bucket_of(&net->pool, hash);
  while (conn != NULL && !is_of(conn, hash, origin))
    conn = conn->next;
  if (conn == NULL)
    return NULL;
  unlink_from_pool(conn);
  net->stats.connections_reused++;
  return conn;
}

void pyr__pool_put(struct pyr__conn *conn) {
  struct pyr__net *net = conn->net;
  pyr_str_t origin = {conn->origin, conn->origin_len};
  struct pyr__conn **bucket, *other;
  unsigned count = 0;

  conn->user = NULL;
  if (net->stats.idle >= net->pool.bucket_count)
    grow(net);
  if (net->pool.bucket_count == 0 || net->is_closing) {
    pyr__conn_close(conn);
    return;
  }
  bucket = bucket_of(&net->pool, conn->hash);
  for (other = *bucket; other != NULL; other = other->next)
    count += is_of(other, conn->hash, origin);
  if (count >= PYR__LIMIT_IDLE_PER_ADDRESS) {
    pyr__conn_close(conn);
    return;
  }
  conn->next = *bucket;
  *bucket = conn;
  pyr__list_add_before(&net->pool.oldest, &conn->age);
  pyr__alarm_set(&net->alarms, &conn->idle, PYR__ALARM_IDLE, PYR__IDLE_MS);
  net->stats.idle++;
}

void pyr__pool_drop(struct pyr__conn *conn) {
  unlink_from_pool(conn);
  pyr__conn_close(conn);
}

bool pyr__pool_drop_oldest(struct pyr__net *net) {
  if (pyr__list_is_empty(&net->pool.oldest))
    return false;
  pyr__pool_drop(
      pyr__container_of(net->pool.oldest.next, struct pyr__conn, age));
  return true;
}

void pyr__pool_clear(struct pyr__net *net) {
  while (pyr__pool_drop_oldest(net))
    continue;
}

/* A hostile server: what it sends is the input, or what a real one sends with
 * the changes that the input describes.  Nothing may break, and no byte may
 * reach the client's user that the real server did not say.
 *
 * Byte 0 chooses: bits 0-3 how the bytes are cut, bit 4 raw bytes, bit 5 no
 * verification, bit 6 a second connection that may resume, bit 7 a client
 * certificate is asked for.  Raw bytes or changes follow. */
#include "tls_spoiled.h"

#include "base/str.h"
#include "net/tls_config.h"

enum { CUT = 15, RAW = 16, SKIP = 32, TWICE = 64, CLIENT = 128 };

static struct {
  bool is_made;
  struct test_authority authority;
  mbedtls_ssl_ticket_context tickets;
} made;

static void make(void) {
  test_random_seed = 1;
  test_authority_make(&made.authority, "DNS:localhost");
  mbedtls_ssl_ticket_init(&made.tickets);
  test_must(mbedtls_ssl_ticket_setup(&made.tickets, test_random, NULL,
                                     MBEDTLS_CIPHER_AES_256_GCM, 86400) == 0);
  made.is_made = true;
}

struct world {
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  uint8_t flags;
  struct changes changes;
};

static struct pyr__tls *connect_to(struct world *world) {
  struct pyr__tls_setup *setup;
  struct pyr__tls *tls;
  test_must(pyr__tls_config_setup(world->config, &setup, NULL) == 0);
  test_must(pyr__tls_new(&tls, setup, &test_localhost, NULL) == 0);
  test_must(pyr__tls_write(tls, "GET / HTTP/1.1\r\n\r\n", 18) == 0);
  return tls;
}

static void meet_raw(struct world *world, const uint8_t *data, size_t size) {
  static struct test_client client;
  memset(&client, 0, sizeof(client));
  client.tls = connect_to(world);
  take_pieces(&client, data, size, (world->flags & CUT) + 1u);
  test_must(!pyr__tls_is_ready(client.tls));
  end_client(&client);
  check_client(&client, "");
  pyr__tls_free(client.tls);
}

static void meet(struct world *world) {
  static const char said[] = "HTTP/1.1 200 OK\r\n\r\nhello";
  static struct test_client client;
  struct test_peer_options options = {
      .chain = &made.authority.server.cert,
      .key = &made.authority.server.key,
      .tickets = &made.tickets,
      .client_ca = world->flags & CLIENT ? &made.authority.ca.cert : NULL};
  struct test_peer *peer = test_peer_new(&options);

  memset(&client, 0, sizeof(client));
  client.tls = connect_to(world);
  talk_spoiled(&client, peer, &world->changes, 1u + (world->flags & CUT) * 37u,
               said);
  /* Unchanged, all of it arrives. */
  test_must(world->changes.count > 0 || options.client_ca != NULL ||
            client.heard_len == sizeof(said) - 1);
  end_client(&client);
  check_client(&client, said);
  pyr__tls_free(client.tls);
  test_peer_free(peer);
}

static void begin(struct world *world) {
  struct pyr__tls_options options = {.name = "fuzz"};
  const struct pyr__tls_shared_options shared = {.random = test_random,
                                                 .trust_path = "/nowhere"};

  test_random_seed = 2;
  pyr__memory_init(&world->memory, NULL);
  test_must(
      pyr__tls_shared_new(&world->shared, &world->memory, &shared, NULL) == 0);
  if (world->flags & SKIP)
    options.insecure_skip_verify = true;
  else
    options.ca = made.authority.ca_pem;
  test_must(
      pyr__tls_config_new(&world->config, world->shared, &options, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct world world = {.shared = NULL};

  if (!made.is_made)
    make();
  if (size < 1)
    return 0;
  world.flags = data[0];
  world.changes = changes_of(data + 1, size - 1);
  begin(&world);
  if (world.flags & RAW)
    meet_raw(&world, data + 1, size - 1);
  else
    meet(&world);
  if ((world.flags & (RAW | TWICE)) == TWICE)
    meet(&world);
  pyr__tls_config_unref(world.config);
  pyr__tls_shared_unref(world.shared);
  test_must(world.memory.accounts[PYR__MEM_NET_TLS].used_blocks == 0);
  return 0;
}

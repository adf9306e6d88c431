/* A hostile client of the stats endpoint: what it sends is the input, or what a
 * real one sends with the changes that the input describes.  Nothing may break,
 * no byte may be heard that the real client did not say, and nobody is heard
 * who had to say who they are and did not.
 *
 * Byte 0 chooses: bits 0-3 how the bytes are cut, bit 4 raw bytes, bits 5-6
 * what is asked of clients.  Byte 1 says whose certificate the client has:
 * none, one of ours, a stranger's.  Raw bytes or changes follow. */
#include "tls_spoiled.h"

#include "base/str.h"
#include "net/tls_config.h"

enum { CUT = 15, RAW = 16, POLICY_SHIFT = 5, POLICIES = 3 };
enum who { NOBODY, KNOWN, STRANGER, WHOS };

static struct {
  bool is_made;
  struct test_authority ours, theirs;
  char cert_pem[4096], key_pem[4096];
} made;

static void make(void) {
  test_random_seed = 1;
  test_authority_make(&made.ours, "DNS:localhost");
  test_authority_make(&made.theirs, "DNS:localhost");
  test_cert_pem(&made.ours.server, made.cert_pem, sizeof(made.cert_pem));
  test_key_pem(&made.ours.server, made.key_pem, sizeof(made.key_pem));
  made.is_made = true;
}

struct world {
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  size_t piece;
  enum pyr__client_certs policy;
  enum who who;
};

static void begin(struct world *world) {
  const struct pyr__tls_shared_options shared = {.random = test_random,
                                                 .trust_path = "/nowhere"};
  struct pyr__tls_options options = {.name = "fuzz",
                                     .is_server = true,
                                     .cert = made.cert_pem,
                                     .key = made.key_pem,
                                     .client_certs = world->policy};

  test_random_seed = 2;
  if (world->policy != PYR__CLIENT_CERTS_NONE)
    options.ca = made.ours.ca_pem;
  pyr__memory_init(&world->memory, NULL);
  test_must(
      pyr__tls_shared_new(&world->shared, &world->memory, &shared, NULL) == 0);
  test_must(
      pyr__tls_config_new(&world->config, world->shared, &options, NULL) == 0);
}

static struct pyr__tls *accept_from(struct world *world) {
  static const struct pyr__tls_peer anybody = {.origin = {"", 0},
                                               .host = {"", 0}};
  struct pyr__tls_setup *setup;
  struct pyr__tls *tls;
  test_must(pyr__tls_config_setup(world->config, &setup, NULL) == 0);
  test_must(pyr__tls_new(&tls, setup, &anybody, NULL) == 0);
  return tls;
}

static void meet_raw(struct world *world, const uint8_t *data, size_t size) {
  static struct test_client server;
  memset(&server, 0, sizeof(server));
  server.tls = accept_from(world);
  take_pieces(&server, data, size, world->piece);
  test_must(!pyr__tls_is_ready(server.tls));
  end_client(&server);
  check_client(&server, "");
  pyr__tls_free(server.tls);
}

static bool may_be_heard(const struct world *world) {
  return world->policy == PYR__CLIENT_CERTS_NONE || world->who == KNOWN ||
         (world->policy == PYR__CLIENT_CERTS_IF_GIVEN && world->who == NOBODY);
}

static void meet(struct world *world, struct changes *changes) {
  static const char said[] = "GET /metrics HTTP/1.1\r\n\r\n";
  static struct test_client server;
  struct test_authority *from = world->who == KNOWN ? &made.ours : &made.theirs;
  struct test_peer_options options = {.is_client = true};
  struct test_peer *peer;

  if (world->who != NOBODY) {
    options.chain = &from->server.cert;
    options.key = &from->server.key;
  }
  peer = test_peer_new(&options);
  memset(&server, 0, sizeof(server));
  server.tls = accept_from(world);
  talk_spoiled(&server, peer, changes, world->piece, said);
  test_must(server.heard_len == 0 || may_be_heard(world));
  /* Unchanged, all of it arrives. */
  test_must(changes->count > 0 || !may_be_heard(world) ||
            server.heard_len == sizeof(said) - 1);
  end_client(&server);
  check_client(&server, said);
  pyr__tls_free(server.tls);
  test_peer_free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct world world = {.shared = NULL};
  struct changes changes;

  if (!made.is_made)
    make();
  if (size < 2)
    return 0;
  changes = changes_of(data + 2, size - 2);
  world.piece = 1u + (data[0] & CUT) * 37u;
  world.policy =
      (enum pyr__client_certs)((data[0] >> POLICY_SHIFT & 3) % POLICIES);
  world.who = (enum who)(data[1] % WHOS);
  begin(&world);
  if (data[0] & RAW)
    meet_raw(&world, data + 2, size - 2);
  else
    meet(&world, &changes);
  pyr__tls_config_unref(world.config);
  pyr__tls_shared_unref(world.shared);
  test_must(world.memory.accounts[PYR__MEM_NET_TLS].used_blocks == 0);
  return 0;
}

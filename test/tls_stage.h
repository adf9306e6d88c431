/* What a test of the TLS stage stands on: memory that is counted, what all
 * configurations share, one of them, and a peer that the stage talks to. */
#ifndef TEST_TLS_STAGE_H
#define TEST_TLS_STAGE_H

#include "support.h"
#include "tls_peer.h"

#include "net/tls_config.h"

struct test_stage {
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  struct test_peer *peer;  /* NULL: nobody yet */
  struct test_client self; /* the side under test, client or server */
};

/* Trusts none of the system's authorities. */
static inline void test_stage_begin(struct test_stage *stage,
                                    const struct pyr__clock *clock) {
  struct pyr__tls_shared_options options = {.trust_path = "/nowhere"};
  pyr_alloc_t alloc = failing_alloc(&stage->state);

  if (clock != NULL)
    options.clock = *clock;
  pyr__memory_init(&stage->memory, &alloc);
  assert_int_equal(
      pyr__tls_shared_new(&stage->shared, &stage->memory, &options, NULL), 0);
}

static inline void
test_stage_configure(struct test_stage *stage,
                     const struct pyr__tls_options *options) {
  pyr_error_t err;
  if (pyr__tls_config_new(&stage->config, stage->shared, options, &err) != 0)
    fail_msg("%s", err.text);
}

static inline void test_stage_disconnect(struct test_stage *stage) {
  if (stage->peer != NULL)
    test_peer_free(stage->peer);
  pyr__tls_free(stage->self.tls);
  memset(&stage->self, 0, sizeof(stage->self));
  stage->peer = NULL;
}

/* A new one with that configuration; the peer is made before. */
static inline int test_stage_connect(struct test_stage *stage,
                                     const struct pyr__tls_peer *to,
                                     pyr_error_t *err) {
  struct pyr__tls_setup *setup;
  int rc = pyr__tls_config_setup(stage->config, &setup, err);
  return rc == 0 ? pyr__tls_new(&stage->self.tls, setup, to, err) : rc;
}

/* Nothing is left. */
static inline void test_stage_end(struct test_stage *stage) {
  test_stage_disconnect(stage);
  pyr__tls_config_unref(stage->config);
  pyr__tls_shared_unref(stage->shared);
  assert_int_equal(stage->state.live, 0);
}

#endif

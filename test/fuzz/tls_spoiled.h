/* What the harnesses of TLS share: a peer that is a real one with the changes
 * to its bytes that the input describes.
 *
 * Changes are of four bytes each: two for the place in the peer's stream, what
 * to do there, and with what. */
#ifndef TEST_TLS_SPOILED_H
#define TEST_TLS_SPOILED_H

#include "tls_peer.h"

#include <time.h>

enum { CHANGE_BYTES = 4, CHANGES = 32, STREAM = 64 * 1024 };

/* mbedTLS 2.28 puts the time into its hello: with one that stands still, the
 * same input does the same. */
time_t time(time_t *out) {
  time_t now = 1764000000;
  if (out != NULL)
    *out = now;
  return now;
}

struct changes {
  const uint8_t *data;
  size_t count;
  size_t sent; /* of the peer's stream, before changes */
};

static inline struct changes changes_of(const uint8_t *data, size_t size) {
  size_t count = size / CHANGE_BYTES;
  return (struct changes){data, count < CHANGES ? count : CHANGES, 0};
}

/* The peer's bytes from `changes->sent` on, with the changes whose place is in
 * them.  Returns the new length, at most STREAM. */
static inline size_t spoil(struct changes *changes, const uint8_t *data,
                           size_t len, uint8_t *out) {
  size_t i, k, n = 0;
  for (i = 0; i < len && n + 512 < STREAM; i++) {
    uint8_t byte = data[i];
    bool is_dropped = false;
    for (k = 0; k < changes->count; k++) {
      const uint8_t *change = changes->data + CHANGE_BYTES * k;
      if ((size_t)(change[0] | change[1] << 8) != changes->sent + i)
        continue;
      if (change[2] % 4 == 0)
        byte ^= change[3];
      else if (change[2] % 4 == 1)
        byte = change[3];
      else if (change[2] % 4 == 2)
        is_dropped = true;
      else
        for (size_t extra = 0; extra < change[3]; extra++)
          out[n++] = byte;
    }
    if (!is_dropped && n < STREAM)
      out[n++] = byte;
  }
  changes->sent += len;
  return n;
}

static inline void take_pieces(struct test_client *client, const uint8_t *data,
                               size_t len, size_t piece) {
  size_t at = 0;
  while (at < len && client->code == 0 && !client->is_ended) {
    size_t n = len - at < piece ? len - at : piece;
    test_client_take(client, data + at, n);
    at += n;
  }
}

/* Until nobody has anything to say; what the peer says, when it is ready. */
static inline void talk_spoiled(struct test_client *client,
                                struct test_peer *peer, struct changes *changes,
                                size_t piece, const char *said) {
  static uint8_t stream[STREAM];
  bool has_said = false;
  size_t before;
  do {
    size_t len;
    before = peer->out.taken;
    test_client_flush(client, peer);
    test_peer_run(peer);
    if (peer->is_ready && !has_said) {
      test_peer_say(peer, said, strlen(said));
      has_said = true;
    }
    len = spoil(changes, peer->out.data + peer->out.taken,
                peer->out.len - peer->out.taken, stream);
    peer->out.taken = peer->out.len;
    take_pieces(client, stream, len, piece);
  } while (peer->out.taken != before);
}

static inline void end_client(struct test_client *client) {
  if (client->code == 0 && !client->is_ended)
    client->code = pyr__tls_eof(client->tls);
  pyr__tls_end(client->tls);
}

/* It has failed with a text, or not; and heard what was said, or its start. */
static inline void check_client(const struct test_client *client,
                                const char *said) {
  const pyr_error_t *error = pyr__tls_error(client->tls);
  test_must(client->code == 0 ||
            ((client->code == PYR_ETLS || client->code == PYR_ELIMIT) &&
             error->code == client->code && error->text[0] != '\0'));
  test_must(client->heard_len <= strlen(said) &&
            memcmp(client->heard, said, client->heard_len) == 0);
}

#endif

/* Many connections that have something to read at once, by a clock that only
 * reading moves. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop_until.h"
#include "net/conn.h"
#include "net/http_client.h"

enum {
  MANY = 100,
  BODY_BYTES = 5 * PYR__READ_BYTES / 2,
  READS_A_TURN = 4, /* as one takes a millisecond here */
  TURNS_A_GO = 4    /* until others are read before one that has more */
};

struct reader {
  struct world *world;
  struct pyr__http_request *request;
  size_t bytes;
  int code;
  bool is_done;
};

struct world {
  uv_loop_t loop;
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__http_client *client;
  struct reader readers[MANY];
  int listener, sockets[MANY];
  unsigned accepted, dones, turns;
  size_t turn_bytes; /* read in this turn */
  char path[64];
  int64_t now_ns;
  bool is_closed;
};

static int64_t now(void *ctx) {
  return ((struct world *)ctx)->now_ns;
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  (void)ctx;
  (void)head;
  (void)err;
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct reader *reader = ctx;
  struct world *world = reader->world;
  (void)data;
  (void)err;
  reader->bytes += len;
  world->turn_bytes += len;
  world->now_ns += PYR__NS_PER_MS;
  return 0;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct reader *reader = ctx;
  reader->code = done->code;
  reader->is_done = true;
  reader->world->dones++;
}

/* Unlike TCP's, a full read of a unix socket says nothing of windows. */
static void listen_on_path(struct world *world) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  snprintf(world->path, sizeof(world->path), "/tmp/pyrite-turns-%d",
           (int)getpid());
  strcpy(at.sun_path, world->path);
  unlink(world->path);
  world->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(world->listener, (struct sockaddr *)&at, sizeof(at)),
                   0);
  assert_int_equal(listen(world->listener, MANY), 0);
}

static bool accept_all(struct world *world) {
  while (world->accepted < MANY) {
    int fd = accept(world->listener, NULL, NULL);
    if (fd < 0)
      return false;
    world->sockets[world->accepted++] = fd;
  }
  return true;
}

static void start_all(struct world *world) {
  struct pyr__http_options options = {.unix_socket = world->path};
  unsigned i;
  for (i = 0; i < MANY; i++) {
    struct reader *reader = &world->readers[i];
    struct pyr__http_handler handler = {on_head, on_body, on_done, reader};
    reader->world = world;
    assert_int_equal(pyr__http_start(world->client, "http://many/", &options,
                                     &handler, &reader->request, NULL),
                     0);
  }
  loop_until(&world->loop, accept_all(world));
  /* All are connected, and look at their sockets. */
  loop_until(&world->loop, pyr__http_client_stats(world->client)->open == MANY);
}

static struct world *begin(void) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__http_client_options options = {.only_loopback_dns = true,
                                             .clock = {now, now, world}};
  pyr_alloc_t alloc = failing_alloc(&world->state);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(pyr__http_client_new(&world->client, &world->loop,
                                        &world->memory, &options, NULL),
                   0);
  listen_on_path(world);
  start_all(world);
  return world;
}

static void on_closed(void *ctx) {
  ((struct world *)ctx)->is_closed = true;
}

static void finish(struct world *world) {
  unsigned i;
  pyr__http_client_close(world->client, on_closed, world);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_true(world->is_closed);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->state.live, 0);
  for (i = 0; i < MANY; i++)
    close(world->sockets[i]);
  close(world->listener);
  unlink(world->path);
  free(world);
}

/* So that in the next turn, all have something to read.  Where it is closed,
 * that is the only end of the body. */
static void answer_from(struct world *world, unsigned first, bool and_close) {
  static char text[BODY_BYTES + 256];
  int head = and_close ? sprintf(text, "HTTP/1.1 200 OK\r\n\r\n")
                       : sprintf(text,
                                 "HTTP/1.1 200 OK\r\nContent-Length: "
                                 "%d\r\n\r\n",
                                 BODY_BYTES);
  unsigned i;
  for (i = first; i < MANY; i++) {
    memset(text + head, 'x', BODY_BYTES);
    assert_int_equal(
        send(world->sockets[i], text, (size_t)head + BODY_BYTES, MSG_DONTWAIT),
        head + BODY_BYTES);
    if (and_close)
      assert_int_equal(shutdown(world->sockets[i], SHUT_WR), 0);
  }
}

/* What was begun is finished first. */
static void assert_few_are_half_read(const struct world *world) {
  unsigned i, count = 0;
  for (i = 0; i < MANY; i++) {
    size_t bytes = world->readers[i].bytes;
    count += bytes > 0 && bytes < BODY_BYTES;
  }
  assert_true(count <= 1);
}

static void take_turns(struct world *world) {
  struct loop_wait *wait = loop_wait_begin(&world->loop);
  while (world->dones < MANY) {
    world->turns++;
    world->turn_bytes = 0;
    assert_true(loop_wait_turn(wait));
    assert_true(world->turn_bytes <= READS_A_TURN * PYR__READ_BYTES);
    assert_few_are_half_read(world);
  }
  loop_wait_end(wait);
}

static void a_turn__reads_for_its_time_and_leaves_the_rest(void **state) {
  static const bool ends[] = {false, true};
  size_t i, each;
  (void)state;
  for (i = 0; i < 2; i++) {
    struct world *world = begin();
    answer_from(world, 0, ends[i]);
    take_turns(world);
    for (each = 0; each < MANY; each++) {
      assert_int_equal(world->readers[each].code, 0);
      assert_int_equal(world->readers[each].bytes, BODY_BYTES);
    }
    assert_true(world->turns >=
                MANY * BODY_BYTES / (READS_A_TURN * PYR__READ_BYTES));
    finish(world);
  }
}

static void feed(int fd) {
  static char text[64 * 1024];
  while (send(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
    continue;
}

/* The first ones are sent more than can be read, always: each takes a turn in
 * every round, of which the others need two at most. */
static void floods__delay_others_by_their_turns(void **state) {
  enum { FLOODS = 8, ROUNDS = 2 };
  static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
  const unsigned reads = (MANY - FLOODS) * (BODY_BYTES / PYR__READ_BYTES + 1);
  struct world *world = begin();
  struct loop_wait *wait = loop_wait_begin(&world->loop);
  unsigned i;
  (void)state;
  for (i = 0; i < FLOODS; i++)
    assert_int_equal(send(world->sockets[i], head, sizeof(head) - 1, 0),
                     sizeof(head) - 1);
  answer_from(world, FLOODS, false);
  for (; world->dones < MANY - FLOODS; world->turns++) {
    for (i = 0; i < FLOODS; i++)
      feed(world->sockets[i]);
    assert_true(loop_wait_turn(wait));
  }
  assert_true(world->turns <=
              reads / READS_A_TURN + FLOODS * ROUNDS * TURNS_A_GO + 1);
  loop_wait_end(wait);
  finish(world);
}

/* Requests that end, connections that go, the client that closes: all of them
 * while others, or they themselves, stand in line. */
static void who_waits__can_go(void **state) {
  struct world *world = begin();
  struct loop_wait *wait = loop_wait_begin(&world->loop);
  unsigned i;
  (void)state;
  answer_from(world, 0, false);
  assert_true(loop_wait_turn(wait));
  loop_wait_end(wait);
  for (i = 0; i < MANY; i += 2)
    if (!world->readers[i].is_done)
      pyr__http_cancel(world->readers[i].request, PYR_ETIMEOUT, "too late");
  loop_until(&world->loop, world->dones >= MANY * 3 / 4);
  assert_true(world->dones < MANY);
  finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_turn__reads_for_its_time_and_leaves_the_rest),
      cmocka_unit_test(floods__delay_others_by_their_turns),
      cmocka_unit_test(who_waits__can_go)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

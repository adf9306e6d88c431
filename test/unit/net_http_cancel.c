/* Cancelling, closing and running out of memory at every place of a request. */
#include "blackhole.h"
#include "http_client_fixture.h"

#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct script_reply slow[] = {
    {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"}};

/* Each brings a request into one phase, in which it stays. */
enum phase {
  FAILING,
  RESOLVING,
  CONNECTING,
  WAITING,
  READING,
  READING_CHUNKS,
  PHASES
};

static const char zone[] = "silent.test 0 DROP\n";

struct stage {
  struct world *world;
  struct blackhole hole;
  char phase[64];
};

static void stage_open(struct stage *stage, enum phase phase) {
  static const struct script_reply chunks[] = {
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab"}};
  const struct script_reply *replies = phase == READING_CHUNKS ? chunks : slow;
  struct world *world =
      world_begin(zone, replies, phase == READING || phase == READING_CHUNKS);

  stage->world = world;
  assert_true(blackhole_open(&stage->hole, "127.0.0.1", 0));
  strcpy(stage->phase,
         phase == WAITING ? "waiting for the response" : "reading the body");
  if (phase == FAILING) {
    strcpy(world->url, "http://[fe80::1]/"); /* no route without a zone */
    strcpy(stage->phase, "failing");
  } else if (phase == RESOLVING) {
    strcpy(world->url, "http://silent.test/");
    strcpy(stage->phase, "resolving");
  } else if (phase == CONNECTING) {
    snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/",
             stage->hole.port);
    snprintf(stage->phase, sizeof(stage->phase), "connecting to 127.0.0.1:%u",
             stage->hole.port);
  }
}

static void stage_reach(struct stage *stage, enum phase phase) {
  struct world *world = stage->world;
  const struct fetch *fetch = &world->fetch;
  fetch_reset(&world->fetch);
  assert_int_equal(fetch_start(&world->fetch, world->client, world->url, false),
                   0);
  if (phase == RESOLVING)
    loop_until(&world->loop, world->dns->udp_queries >= 2);
  if (phase == WAITING)
    loop_until(&world->loop, world->script.requests != 0);
  if (phase == READING || phase == READING_CHUNKS)
    loop_until(&world->loop, fetch->body_len >= 2);
  assert_string_equal(pyr__http_phase(fetch->request), stage->phase);
  assert_int_equal(fetch->dones, 0);
}

static void stage_close(struct stage *stage) {
  world_finish(stage->world);
  blackhole_close(&stage->hole);
}

static void cancelling__ends_it_at_once_in_every_phase(void **state) {
  enum phase phase;
  (void)state;
  for (phase = 0; phase < PHASES; phase++) {
    struct stage stage;
    struct fetch *fetch;
    stage_open(&stage, phase);
    stage_reach(&stage, phase);
    fetch = &stage.world->fetch;
    pyr__http_cancel(fetch->request, PYR_ETIMEOUT, "no time left");
    assert_int_equal(fetch->dones, 1);
    assert_int_equal(fetch->code, PYR_ETIMEOUT);
    assert_string_equal(fetch->error, "no time left");
    assert_int_equal(world_stats(stage.world)->open, 0);
    stage_close(&stage);
  }
}

static void closing__cancels_in_every_phase(void **state) {
  enum phase phase;
  (void)state;
  for (phase = 0; phase < PHASES; phase++) {
    struct stage stage;
    struct fetch *fetch;
    stage_open(&stage, phase);
    stage_reach(&stage, phase);
    fetch = &stage.world->fetch;
    world_close_client(stage.world);
    assert_int_equal(fetch->dones, 1);
    assert_int_equal(fetch->code, PYR_ECANCELED);
    assert_string_equal(fetch->error, "stopped");
    stage_close(&stage);
  }
}

/* However far it has come by itself. */
static void closing__is_good_after_any_number_of_turns(void **state) {
  static const struct script_reply replies[] = {
      {.text =
           "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
       .piece = 40},
      {.text = OK, .piece = 20}};
  unsigned turns;
  bool is_whole = false;
  (void)state;
  for (turns = 0; !is_whole; turns++) {
    struct world *world = world_begin("a.test 60 A 127.0.0.1\n", replies, 2);
    unsigned i;
    assert_true(turns < 100);
    snprintf(world->url, sizeof(world->url), "http://a.test:%u/",
             world->script.port);
    fetch_reset(&world->fetch);
    fetch_start(&world->fetch, world->client, world->url, false);
    for (i = 0; i < turns; i++)
      uv_run(&world->loop, UV_RUN_NOWAIT);
    is_whole = world->fetch.dones == 1;
    world_close_client(world);
    assert_int_equal(world->fetch.dones, 1);
    world_finish(world);
  }
  assert_true(turns > 5);
}

static void cancel_inside(enum fetch_place place) {
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, 2);
  struct fetch *fetch = &world->fetch;
  fetch_reset(fetch);
  fetch->cancel_at = place;
  fetch_start(fetch, world->client, world->url, false);
  fetch_wait(fetch, &world->loop);
  assert_int_equal(fetch->code, PYR_ETIMEOUT);
  assert_string_equal(fetch->error, "cancelled inside");
  assert_int_equal(fetch->heads, 1);
  world_run(world, false);
  assert_string_equal(fetch->error, "");
  assert_false(fetch->is_reused);
  world_finish(world);
}

static void cancelling__is_good_inside_its_own_callbacks(void **state) {
  (void)state;
  cancel_inside(FETCH_ON_HEAD);
  cancel_inside(FETCH_ON_BODY);
}

static int close_on_head(void *ctx, const struct pyr__http_head *head,
                         pyr_error_t *err) {
  (void)head;
  (void)err;
  world_close_client(ctx);
  return 0;
}

static int close_on_body(void *ctx, const uint8_t *data, size_t len,
                         pyr_error_t *err) {
  (void)data;
  (void)len;
  (void)err;
  world_close_client(ctx);
  return 0;
}

static void note_done(void *ctx, const struct pyr__http_done *done) {
  struct world *world = ctx;
  world->fetch.dones++;
  world->fetch.code = done->code;
}

static void close_on_done(void *ctx, const struct pyr__http_done *done) {
  note_done(ctx, done);
  world_close_client(ctx);
}

static void close_inside(struct pyr__http_handler handler, const char *url,
                         int code) {
  static const struct script_reply replies[] = {{.text = OK}};
  struct world *world = world_begin("a.test 60 A 127.0.0.1\n", replies, 1);
  struct pyr__http_request *request;
  pyr_error_t err;
  char text[128];
  handler.ctx = world;
  snprintf(text, sizeof(text), url, world->script.port);
  assert_int_equal(
      pyr__http_get(world->client, text, false, &handler, &request, &err), 0);
  fetch_wait(&world->fetch, &world->loop);
  assert_int_equal(world->fetch.code, code);
  assert_null(world->client);
  world_finish(world);
}

static void closing__is_good_inside_every_callback(void **state) {
  static const struct pyr__http_handler on_head = {close_on_head, NULL,
                                                   note_done, NULL};
  static const struct pyr__http_handler on_body = {NULL, close_on_body,
                                                   note_done, NULL};
  static const struct pyr__http_handler on_done = {NULL, NULL, close_on_done,
                                                   NULL};
  (void)state;
  close_inside(on_head, "http://127.0.0.1:%u/", PYR_ECANCELED);
  close_inside(on_body, "http://127.0.0.1:%u/", PYR_ECANCELED);
  close_inside(on_done, "http://127.0.0.1:%u/", 0);
  close_inside(on_done, "http://a.test:%u/", 0);
  close_inside(on_done, "http://nowhere.test:%u/", PYR_EDNS);
  close_inside(on_done, "http://[fe80::1]:%u/", PYR_ENET);
  close_inside(on_done, "http://127.0.0.9:1/?%u", PYR_ENET);
}

static void cancel_other(struct fetch *fetch) {
  struct fetch *other = fetch->ctx;
  if (other->dones == 0)
    pyr__http_cancel(other->request, PYR_ETIMEOUT, "by the other");
}

static void cancelling__is_good_inside_anothers_end(void **state) {
  static const char *const urls[] = {"http://127.0.0.1:%u/",
                                     "http://nowhere.test:%u/",
                                     "http://[fe80::1]:%u/"};
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(urls); i++) {
    struct world *world = world_begin("", replies, 2);
    struct fetch *other = calloc(1, sizeof(*other));
    assert_non_null(other);
    snprintf(world->url, sizeof(world->url), urls[i], world->script.port);
    fetch_reset(&world->fetch);
    fetch_start(&world->fetch, world->client, world->url, false);
    fetch_start(other, world->client, world->url, false);
    world->fetch.then = cancel_other;
    world->fetch.ctx = other;
    fetch_wait(&world->fetch, &world->loop);
    assert_int_equal(other->dones, 1);
    assert_int_equal(other->code, PYR_ETIMEOUT);
    world_finish(world);
    free(other);
  }
}

static void get_when_done(struct fetch *fetch) {
  struct fetch *other = fetch->ctx;
  other->code = fetch_start(other, ((struct world *)other->ctx)->client,
                            "http://127.0.0.1/", false);
}

/* The client is closing: who asks for more is refused. */
static void nothing_new__begins_while_it_closes(void **state) {
  struct world *world = world_begin(NULL, NULL, 0);
  struct fetch *other = calloc(1, sizeof(*other));
  (void)state;
  assert_non_null(other);
  other->ctx = world;
  fetch_reset(&world->fetch);
  fetch_start(&world->fetch, world->client, world->url, false);
  world->fetch.then = get_when_done;
  world->fetch.ctx = other;
  pyr__http_client_close(world->client, world_on_closed, world);
  world->client = NULL;
  assert_int_equal(world->fetch.dones, 1);
  assert_int_equal(other->code, PYR_ECANCELED);
  assert_string_equal(other->error, "stopped");
  assert_int_equal(other->dones, 0);
  world_finish(world);
  free(other);
}

/* ---- memory ------------------------------------------------------------- */

static const char gzipped[] =
    "HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\n"
    "Content-Length: 25\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86"
    "\xa6\x10\x36\x05\x00\x00\x00";

static void check_end(const struct fetch *fetch) {
  if (fetch->code == 0 || fetch->code == PYR_ESTATUS)
    return;
  assert_int_equal(fetch->code, PYR__ENOMEM);
  assert_non_null(strstr(fetch->error, "memory"));
}

/* A name, a redirect, a chunked body, an error to inflate, a stale connection.
 */
static bool fails_at(size_t n) {
  static const struct script_reply replies[] = {
      {.text =
           "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
               "Content-Type: a\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {.text = gzipped, .len = sizeof(gzipped) - 1},
      {.text = OK, .end = SCRIPT_CLOSE},
      {.text = OK},
      {.text = OK},
      {.text = OK},
  };
  struct world *world =
      world_begin_servers("a.test 60 A 127.0.0.1\n", replies, COUNT(replies));
  pyr_error_t err;
  bool failed;
  size_t i;

  world->failing.fail_at = n;
  if (world_open_client(world, &err) != 0) {
    assert_int_equal(err.code, PYR__ENOMEM);
    world_finish(world);
    return true;
  }
  snprintf(world->url, sizeof(world->url), "http://a.test:%u/",
           world->script.port);
  for (i = 0; i < 4; i++) {
    fetch_reset(&world->fetch);
    if (fetch_start(&world->fetch, world->client, world->url, false) == 0) {
      fetch_wait(&world->fetch, &world->loop);
      check_end(&world->fetch);
    }
  }
  failed = world->failing.calls >= n;
  world_finish(world);
  return failed;
}

static void no_memory__is_an_error_wherever_it_ends(void **state) {
  size_t n = 1;
  (void)state;
  while (fails_at(n)) {
    n++;
    assert_true(n < 500);
  }
  assert_true(n > 25);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cancelling__ends_it_at_once_in_every_phase),
      cmocka_unit_test(closing__cancels_in_every_phase),
      cmocka_unit_test(closing__is_good_after_any_number_of_turns),
      cmocka_unit_test(cancelling__is_good_inside_its_own_callbacks),
      cmocka_unit_test(closing__is_good_inside_every_callback),
      cmocka_unit_test(cancelling__is_good_inside_anothers_end),
      cmocka_unit_test(nothing_new__begins_while_it_closes),
      cmocka_unit_test(no_memory__is_an_error_wherever_it_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A peer that is gone while much is being sent, in a program that has not
 * ignored SIGPIPE: where one is raised, this test ends. */
#include "http_client_fixture.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/http_request.h"

enum { PIECE = 256 * 1024 };

struct sending {
  struct world *world;
  int listener, peer;
  size_t sent;
  char path[64]; /* "": TCP */
};

static void listen_at(struct sending *sending) {
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof(address);
  int small = 2048;

  if (sending->path[0] != '\0') {
    snprintf(path.sun_path, sizeof(path.sun_path), "%s", sending->path);
    sending->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(sending->listener, (struct sockaddr *)&path, sizeof(path)), 0);
  } else {
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sending->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* So that the kernel takes little of it. */
    setsockopt(sending->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(bind(sending->listener, (struct sockaddr *)&address, len),
                     0);
    getsockname(sending->listener, (struct sockaddr *)&address, &len);
    snprintf(sending->world->url, sizeof(sending->world->url),
             "http://127.0.0.1:%u/", ntohs(address.sin_port));
  }
  assert_int_equal(listen(sending->listener, 1), 0);
}

/* Bytes behind a request, as many as it takes for some to wait for the peer. */
static struct sending *begin(const char *path) {
  static char bytes[PIECE];
  struct pyr__http_options options = {.unix_socket = NULL};
  struct sending *sending = calloc(1, sizeof(*sending));
  struct fetch *fetch;

  assert_non_null(sending);
  sending->world = world_begin(NULL, NULL, 0);
  snprintf(sending->path, sizeof(sending->path), "%s", path);
  options.unix_socket = path[0] == '\0' ? NULL : path;
  listen_at(sending);
  fetch = &sending->world->fetch;
  assert_int_equal(fetch_start_with(fetch, sending->world->client,
                                    sending->world->url, &options),
                   0);
  loop_until(&sending->world->loop, fetch->request->conn != NULL);
  sending->peer = accept(sending->listener, NULL, NULL);
  assert_true(sending->peer >= 0);
  while (!pyr__conn_is_writing(fetch->request->conn)) {
    assert_int_equal(pyr__conn_write(fetch->request->conn, bytes, PIECE), 0);
    sending->sent += PIECE;
  }
  return sending;
}

static void finish(struct sending *sending) {
  close(sending->listener);
  world_finish(sending->world);
  if (sending->path[0] != '\0')
    unlink(sending->path);
  free(sending);
}

/* Reading would tell of the end first, but may be others' turn. */
static void rest(struct sending *sending) {
  uv_read_stop(&sending->world->fetch.request->conn->socket.stream);
}

static void take_all(struct sending *sending) {
  static char bytes[PIECE];
  const struct timeval patience = {.tv_usec = 10000}; /* then it is our turn */
  size_t taken = 0;

  setsockopt(sending->peer, SOL_SOCKET, SO_RCVTIMEO, &patience,
             sizeof(patience));
  while (taken < sending->sent) {
    ssize_t n = recv(sending->peer, bytes, sizeof(bytes), 0);
    taken += n > 0 ? (size_t)n : 0;
    uv_run(&sending->world->loop, UV_RUN_NOWAIT);
  }
}

static void all_is_sent_as_the_peer_takes_it(const char *path) {
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  struct sending *sending = begin(path);
  struct fetch *fetch = &sending->world->fetch;

  take_all(sending);
  assert_int_equal(send(sending->peer, reply, sizeof(reply) - 1, MSG_NOSIGNAL),
                   sizeof(reply) - 1);
  fetch_wait(fetch, &sending->world->loop);
  assert_string_equal(fetch->error, "");
  close(sending->peer);
  finish(sending);
}

static void the_peer_is_gone(const char *path, bool says_so_before) {
  struct sending *sending = begin(path);
  struct fetch *fetch = &sending->world->fetch;

  rest(sending);
  if (says_so_before)
    shutdown(sending->peer, SHUT_WR);
  close(sending->peer);
  fetch_wait(fetch, &sending->world->loop);
  assert_true(fetch->code == PYR_ENET || fetch->code == PYR_EHTTP);
  finish(sending);
}

/* And what it had waited for is not sent any more. */
static void the_request_is_given_up(const char *path) {
  struct sending *sending = begin(path);
  pyr__http_cancel(sending->world->fetch.request, PYR_ETIMEOUT, "too late");
  assert_int_equal(sending->world->fetch.code, PYR_ETIMEOUT);
  close(sending->peer);
  finish(sending);
}

static void run(const char *path) {
  all_is_sent_as_the_peer_takes_it(path);
  the_peer_is_gone(path, false);
  the_peer_is_gone(path, true);
  the_request_is_given_up(path);
}

static void no_signal__is_raised_over_tcp(void **state) {
  (void)state;
  run("");
}

static void no_signal__is_raised_over_a_unix_socket(void **state) {
  char path[64];
  (void)state;
  snprintf(path, sizeof(path), "/tmp/pyrite-sigpipe-%d", (int)getpid());
  run(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_signal__is_raised_over_tcp),
      cmocka_unit_test(no_signal__is_raised_over_a_unix_socket),
  };
  signal(SIGPIPE, SIG_DFL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}

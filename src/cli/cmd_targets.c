/* pyrite targets: asks a running instance what it scrapes. */
#include "cli/args.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/dropped_list.h"
#include "cli/targets_table.h"
#include "net/http_access.h"
#include "net/url.h"

static const char help[] =
    "pyrite targets [--address ADDR] [--dropped] ...\n"
    "\n"
    "Shows what a running pyrite scrapes, and how that goes.\n"
    "\n"
    "  --address ADDR   host:port where it listens (default 127.0.0.1:4041),\n"
    "                   or https://host:port\n"
    "  --dropped        what it found and does not scrape, and why\n"
    "\n"
    "Where it has a web configuration:\n"
    "  --ca-file FILE   whom to trust, instead of the system's authorities\n"
    "  --server-name NAME\n"
    "                   what its certificate is for, where not for the host\n"
    "  --cert-file FILE, --key-file FILE\n"
    "                   the certificate to show\n"
    "  --user NAME, --password-file FILE\n"
    "  --token-file FILE\n"
    "                   who asks\n"
    "\n"
    "Exit status: 0 good, 1 nothing listens there or a failure, 2 wrong use.\n";

enum {
  ADDRESS = 256,
  DROPPED,
  CA_FILE,
  SERVER_NAME,
  CERT_FILE,
  KEY_FILE,
  USER,
  PASSWORD_FILE,
  TOKEN_FILE
};
enum { WAIT_MS = 10000, ANSWER_BYTES = 256 << 20 };

struct asked {
  const char *address;
  bool is_dropped;
  struct pyr__tls_options tls;
  struct pyr__auth_options auth;
};

struct ask {
  const struct asked *asked;
  struct pyr__memory memory;
  struct pyr__buf body;
  struct pyr__http_client *client;
  struct pyr__http_request *request; /* NULL: it has ended */
  uv_timer_t deadline;
  int code;
  pyr_error_t err;
};

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct ask *ask = ctx;
  int rc = pyr__buf_add(&ask->body, data, len);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error(err, rc, "the answer is too long");
}

static void on_client_closed(void *ctx) {
  (void)ctx;
}

/* A turn of the loop later: the client is not closed from inside of it. */
static void on_deadline_closed(uv_handle_t *timer) {
  struct ask *ask = timer->data;
  pyr__http_client_close(ask->client, on_client_closed, NULL);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct ask *ask = ctx;
  ask->request = NULL;
  ask->code = done->code;
  if (done->error != NULL)
    ask->err = *done->error;
  uv_close((uv_handle_t *)&ask->deadline, on_deadline_closed);
}

static void on_deadline(uv_timer_t *timer) {
  struct ask *ask = timer->data;
  char text[128];
  snprintf(text, sizeof(text), "no answer in %d s, while %s", WAIT_MS / 1000,
           pyr__http_phase(ask->request));
  pyr__http_cancel(ask->request, PYR_ETIMEOUT, text);
}

static int get(struct ask *ask, const char *url) {
  const struct asked *asked = ask->asked;
  bool has_auth =
      asked->auth.username != NULL || asked->auth.credentials_file != NULL;
  const struct pyr__http_access_options who = {
      .tls = &asked->tls, .auth = has_auth ? &asked->auth : NULL};
  const struct pyr__http_handler handler = {
      .on_body = on_body, .on_done = on_done, .ctx = ask};
  struct pyr__http_options options = {.follow_other_hosts = false};
  int rc = pyr__http_access_new(&options.access, ask->client, &who, "targets",
                                &ask->err);
  if (rc != 0)
    return rc;
  rc = pyr__http_start(ask->client, url, &options, &handler, &ask->request,
                       &ask->err);
  pyr__http_access_unref(options.access);
  return rc;
}

static int start(struct ask *ask, uv_loop_t *loop, const char *url) {
  const struct pyr__http_client_options options = {.clock =
                                                       pyr__clock_system()};
  int rc = pyr__http_client_new(&ask->client, loop, &ask->memory, &options,
                                &ask->err);
  if (rc != 0)
    return rc;
  uv_timer_init(loop, &ask->deadline);
  ask->deadline.data = ask;
  uv_timer_start(&ask->deadline, on_deadline, WAIT_MS, 0);
  rc = get(ask, url);
  if (rc != 0)
    uv_close((uv_handle_t *)&ask->deadline, on_deadline_closed);
  return rc;
}

/* Runs the loop until the answer is there. */
static int fetch(struct ask *ask, const char *url) {
  uv_loop_t loop;
  int rc = uv_loop_init(&loop);
  if (rc != 0)
    return pyr__error(&ask->err, rc, "%s", uv_strerror(rc));
  rc = start(ask, &loop, url);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return rc != 0 ? rc : ask->code;
}

/* "host:4041" or ":4041". */
static bool ends_in_port(const char *address) {
  const char *port = strrchr(address, ':');
  return port != NULL && port[1] != '\0' &&
         port[1 + strspn(port + 1, "0123456789")] == '\0' &&
         strstr(address, "://") == NULL;
}

static bool has_scheme(const char *address) {
  return strncmp(address, "http://", 7) == 0 ||
         strncmp(address, "https://", 8) == 0;
}

/* "host:port", ":port" of this host, or "https://host:port/"; what is wrong
 * with it is said. */
static int parse_address(struct pyr__url *url, struct pyr__memory *memory,
                         const char *address) {
  bool is_url = has_scheme(address);
  char text[1024];
  pyr_error_t err;
  int len = snprintf(text, sizeof(text), "%s%s%s", is_url ? "" : "http://",
                     address[0] == ':' ? "127.0.0.1" : "", address);

  if (len < 0 || (size_t)len >= sizeof(text))
    return pyr__cli_usage("targets", "--address is too long");
  if (!is_url && !ends_in_port(address))
    return pyr__cli_usage("targets",
                          "--address %s: expected host:port, as "
                          "127.0.0.1:4041, or https://host:port",
                          address);
  if (pyr__url_parse(url, memory, pyr__str(text), &err) != 0)
    return pyr__cli_usage("targets", "--address: %s", err.text);
  if (pyr__str_is(url->target, "/"))
    return 0;
  pyr__url_release(url);
  return pyr__cli_usage(
      "targets", "--address %s: no path is expected behind the port", address);
}

static int print(const struct ask *ask, bool is_dropped, pyr_error_t *err) {
  struct pyr__clock clock = pyr__clock_system();
  const char *body = (const char *)ask->body.data;
  if (is_dropped)
    return pyr__dropped_print(stdout, body, ask->body.len, err);
  return pyr__targets_table_print(stdout, body, ask->body.len,
                                  pyr__wall(&clock), err);
}

static int show(struct ask *ask, const struct pyr__url *where) {
  bool is_dropped = ask->asked->is_dropped;
  char url[1024 + 32];
  pyr_error_t err;

  snprintf(url, sizeof(url), "%.*s/api/v1/targets%s",
           PYR__STR_ARG(where->origin), is_dropped ? "?state=dropped" : "");
  if (fetch(ask, url) != 0) {
    fprintf(stderr,
            "pyrite targets: %s\nIs pyrite running, and does it listen on "
            "%.*s? (server: listen, or run --listen; https:// and who asks "
            "where it has a web configuration)\n",
            ask->err.text, PYR__STR_ARG(where->authority));
    return PYR__EXIT_FAILURE;
  }
  if (print(ask, is_dropped, &err) != 0)
    return pyr__cli_failure("targets", &err);
  return pyr__cli_close_stdout("targets");
}

static int ask_and_show(const struct asked *asked) {
  struct ask ask = {.asked = asked};
  struct pyr__url url = {0};
  int rc;

  pyr__memory_init(&ask.memory, NULL);
  pyr__buf_init(&ask.body, &ask.memory, PYR__MEM_NET_CLIENT, ANSWER_BYTES);
  rc = parse_address(&url, &ask.memory, asked->address);
  if (rc != 0)
    return rc;
  rc = show(&ask, &url);
  pyr__url_release(&url);
  pyr__buf_release(&ask.body);
  return rc;
}

/* ---- arguments ---------------------------------------------------------- */

static int set_option(struct asked *asked, int option) {
  switch (option) {
  case ADDRESS:
    asked->address = optarg;
    return 0;
  case DROPPED:
    asked->is_dropped = true;
    return 0;
  case CA_FILE:
    asked->tls.ca_file = optarg;
    return 0;
  case SERVER_NAME:
    asked->tls.server_name = optarg;
    return 0;
  case CERT_FILE:
    asked->tls.cert_file = optarg;
    return 0;
  case KEY_FILE:
    asked->tls.key_file = optarg;
    return 0;
  case USER:
    asked->auth.username = optarg;
    return 0;
  case PASSWORD_FILE:
    asked->auth.password_file = optarg;
    return 0;
  case TOKEN_FILE:
    asked->auth.credentials_file = optarg;
    return 0;
  default:
    return PYR__EXIT_USAGE; /* said already */
  }
}

static int check_who(const struct asked *asked) {
  const struct pyr__auth_options *auth = &asked->auth;
  if ((auth->username == NULL) != (auth->password_file == NULL))
    return pyr__cli_usage("targets", "--user and --password-file belong "
                                     "together");
  if (auth->username != NULL && auth->credentials_file != NULL)
    return pyr__cli_usage("targets",
                          "--user and --token-file do not go together");
  if ((asked->tls.cert_file == NULL) != (asked->tls.key_file == NULL))
    return pyr__cli_usage("targets", "--cert-file and --key-file belong "
                                     "together");
  return 0;
}

int pyr__cmd_targets(int argc, char **argv) {
  static const struct option options[] = {
      {"address", required_argument, NULL, ADDRESS},
      {"dropped", no_argument, NULL, DROPPED},
      {"ca-file", required_argument, NULL, CA_FILE},
      {"server-name", required_argument, NULL, SERVER_NAME},
      {"cert-file", required_argument, NULL, CERT_FILE},
      {"key-file", required_argument, NULL, KEY_FILE},
      {"user", required_argument, NULL, USER},
      {"password-file", required_argument, NULL, PASSWORD_FILE},
      {"token-file", required_argument, NULL, TOKEN_FILE},
      PYR__CLI_HELP_ROW,
      {NULL, 0, NULL, 0}};
  struct asked asked = {.address = "127.0.0.1:4041"};
  int option, rc;

  while ((option = pyr__cli_option("targets", argc, argv, "", options)) != -1) {
    if (option == PYR__CLI_HELP)
      return pyr__cli_print("targets", help);
    rc = set_option(&asked, option);
    if (rc != 0)
      return rc;
  }
  if (optind < argc)
    return pyr__cli_usage("targets", "unexpected argument: %s", argv[optind]);
  rc = check_who(&asked);
  return rc != 0 ? rc : ask_and_show(&asked);
}

/* dns_server [--listen HOST] [--port PORT] ZONE: the DNS server of the tests as
 * a program.  It says where it listens, and reads the file again at SIGHUP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_server.h"

enum { ZONE_MAX = 1 << 20 };

static struct dns_server server;
static const char *path;

static bool load(void) {
  static char zone[ZONE_MAX];
  FILE *file = fopen(path, "r");
  unsigned line = 0;
  size_t len;

  if (file == NULL) {
    fprintf(stderr, "dns_server: cannot read %s\n", path);
    return false;
  }
  len = fread(zone, 1, sizeof(zone) - 1, file);
  fclose(file);
  zone[len] = '\0';
  if (dns_server_load(&server, zone, &line))
    return true;
  fprintf(stderr, "dns_server: %s:%u: bad line\n", path, line);
  return false;
}

static void on_hangup(uv_signal_t *hangup, int number) {
  (void)hangup;
  (void)number;
  printf("%s\n", load() ? "loaded" : "failed");
  fflush(stdout);
}

int main(int argc, char **argv) {
  const char *host = "127.0.0.1";
  unsigned port = 0;
  uv_signal_t hangup;
  int i;

  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--listen") == 0)
      host = argv[i + 1];
    else if (strcmp(argv[i], "--port") == 0)
      port = (unsigned)strtoul(argv[i + 1], NULL, 10);
    else
      break;
  }
  if (i != argc - 1) {
    fprintf(stderr, "usage: dns_server [--listen HOST] [--port PORT] ZONE\n");
    return 2;
  }
  path = argv[i];
  if (!dns_server_start(&server, uv_default_loop(), host, port)) {
    fprintf(stderr, "dns_server: cannot listen on %s port %u\n", host, port);
    return 1;
  }
  uv_signal_init(uv_default_loop(), &hangup);
  uv_signal_start(&hangup, on_hangup, SIGHUP);
  if (!load())
    return 1;
  printf("listening on %s:%u\n", host, server.port);
  fflush(stdout);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

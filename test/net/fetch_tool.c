/* fetch_tool [--OPTION VALUE]... : fetches the URLs that come on standard
 * input, one a line, with one HTTP client, and prints what became of each as a
 * line of JSON.  Options are those of `tls-config`. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "net/http_client.h"
#include "net/http_access.h"
#include "net/tls_shared.h"

struct fetch {
  uv_loop_t loop;
  uv_timer_t deadline;
  struct pyr__memory memory;
  struct pyr__http_client *client;
  struct pyr__http_access *access;
  struct pyr__http_request *request;
  json_t *result, *notes;
  size_t body_len;
};

static void on_note(void *ctx, int level, const char *text) {
  struct fetch *fetch = ctx;
  (void)level;
  json_array_append_new(fetch->notes, json_string(text));
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct fetch *fetch = ctx;
  (void)data;
  (void)err;
  fetch->body_len += len;
  return 0;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct fetch *fetch = ctx;
  fetch->request = NULL;
  json_object_set_new(
      fetch->result, "code",
      json_string(done->code == 0 ? "" : pyr_err_name(done->code)));
  json_object_set_new(fetch->result, "status", json_integer(done->status));
  json_object_set_new(fetch->result, "reused",
                      json_boolean(done->reused_connection));
  json_object_set_new(
      fetch->result, "error",
      json_string(done->error == NULL ? "" : done->error->text));
}

static void on_deadline(uv_timer_t *timer) {
  struct fetch *fetch = timer->data;
  if (fetch->request != NULL) {
    char text[128];
    snprintf(text, sizeof(text), "timed out %s",
             pyr__http_phase(fetch->request));
    pyr__http_cancel(fetch->request, PYR_ETIMEOUT, text);
  }
}

static void print_result(struct fetch *fetch) {
  const struct pyr__tls_stats *stats =
      pyr__tls_stats(pyr__http_client_tls(fetch->client), false);
  json_object_set_new(fetch->result, "body",
                      json_integer((json_int_t)fetch->body_len));
  json_object_set_new(fetch->result, "handshakes",
                      json_integer((json_int_t)stats->handshakes));
  json_object_set_new(fetch->result, "resumed",
                      json_integer((json_int_t)stats->resumed));
  json_object_set_new(fetch->result, "longest_ms",
                      json_real((double)stats->longest_step_ns / 1e6));
  json_object_set(fetch->result, "notes", fetch->notes);
  json_dumpf(fetch->result, stdout, JSON_COMPACT);
  putchar('\n');
  fflush(stdout);
}

static void run(struct fetch *fetch, const char *url, uint64_t timeout_ms) {
  struct pyr__http_handler handler = {
      .on_body = on_body, .on_done = on_done, .ctx = fetch};
  struct pyr__http_options options = {.follow_other_hosts = true,
                                      .access = fetch->access};
  pyr_error_t err;

  fetch->result = json_object();
  fetch->body_len = 0;
  if (pyr__http_start(fetch->client, url, &options, &handler, &fetch->request,
                      &err) != 0) {
    json_object_set_new(fetch->result, "error", json_string(err.text));
    fetch->request = NULL;
  }
  uv_timer_start(&fetch->deadline, on_deadline, timeout_ms, 10);
  while (fetch->request != NULL)
    uv_run(&fetch->loop, UV_RUN_ONCE);
  uv_timer_stop(&fetch->deadline);
  /* What came with the end of the response is taken, too. */
  uv_run(&fetch->loop, UV_RUN_NOWAIT);
  print_result(fetch);
  json_decref(fetch->result);
  json_array_clear(fetch->notes);
}

static const char **option_of(struct pyr__tls_options *options,
                              const char *name) {
  if (strcmp(name, "--ca-file") == 0)
    return &options->ca_file;
  if (strcmp(name, "--cert-file") == 0)
    return &options->cert_file;
  if (strcmp(name, "--key-file") == 0)
    return &options->key_file;
  if (strcmp(name, "--server-name") == 0)
    return &options->server_name;
  if (strcmp(name, "--min-version") == 0)
    return &options->min_version;
  return strcmp(name, "--max-version") == 0 ? &options->max_version : NULL;
}

static int begin(struct fetch *fetch, const struct pyr__tls_options *options) {
  const struct pyr__http_access_options access = {.tls = options};
  pyr_error_t err = {.code = 0};
  int rc;

  pyr__memory_init(&fetch->memory, NULL);
  uv_loop_init(&fetch->loop);
  uv_timer_init(&fetch->loop, &fetch->deadline);
  fetch->deadline.data = fetch;
  fetch->notes = json_array();
  rc = pyr__http_client_new(&fetch->client, &fetch->loop, &fetch->memory, NULL,
                            &err);
  if (rc == 0) {
    pyr__tls_shared_on_note(pyr__http_client_tls(fetch->client), on_note,
                            fetch);
    rc = pyr__http_access_new(&fetch->access, fetch->client, &access, "fetch",
                              &err);
  }
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  return rc;
}

static int finish(struct fetch *fetch) {
  pyr__http_access_unref(fetch->access);
  pyr__http_client_close(fetch->client, NULL, NULL);
  uv_close((uv_handle_t *)&fetch->deadline, NULL);
  uv_run(&fetch->loop, UV_RUN_DEFAULT);
  json_decref(fetch->notes);
  return uv_loop_close(&fetch->loop) == 0 &&
                 fetch->memory.accounts[PYR__MEM_NET_TLS].used_blocks == 0
             ? 0
             : 1;
}

int main(int argc, char **argv) {
  struct pyr__tls_options options = {.name = "fetch"};
  uint64_t timeout_ms = 20000;
  static struct fetch fetch;
  char url[4096];
  int i;

  for (i = 1; i < argc; i++) {
    const char **option = option_of(&options, argv[i]);
    if (strcmp(argv[i], "--insecure-skip-verify") == 0)
      options.insecure_skip_verify = true;
    else if (strcmp(argv[i], "--timeout-ms") == 0 && i + 1 < argc)
      timeout_ms = strtoull(argv[++i], NULL, 10);
    else if (option != NULL && i + 1 < argc)
      *option = argv[++i];
    else
      return 2;
  }
  if (begin(&fetch, &options) != 0)
    return 1;
  while (fgets(url, sizeof(url), stdin) != NULL) {
    url[strcspn(url, "\n")] = '\0';
    run(&fetch, url, timeout_ms);
  }
  return finish(&fetch);
}

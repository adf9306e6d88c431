#include "net/http_fetch.h"

#include "base/limits.h"

void pyr__http_fetch_init(struct pyr__http_fetch *fetch,
                          struct pyr__memory *memory,
                          struct pyr__http_request **request,
                          void (*done)(struct pyr__http_fetch *fetch,
                                       const pyr_error_t *err)) {
  *fetch = (struct pyr__http_fetch){.request = request, .done = done};
  pyr__buf_init(&fetch->body, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_FETCH_BYTES);
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct pyr__http_fetch *fetch = ctx;
  fetch->status = head->status;
  if (head->content_encoding.len == 0)
    return 0;
  return pyr__error(err, PYR_EHTTP,
                    "the body is compressed, which was not asked for");
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct pyr__http_fetch *fetch = ctx;
  int rc = pyr__buf_add(&fetch->body, data, len);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the body is larger than %zu KiB",
                      PYR__LIMIT_FETCH_BYTES / PYR__KIB);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct pyr__http_fetch *fetch = ctx;
  *fetch->request = NULL;
  fetch->done(fetch, done->error);
}

int pyr__http_fetch_start(struct pyr__http_fetch *fetch,
                          struct pyr__http_client *client, const char *url,
                          struct pyr__http_options options, pyr_error_t *err) {
  const struct pyr__http_handler handler = {on_head, on_body, on_done, fetch};
  pyr__buf_release(&fetch->body);
  fetch->status = 0;
  options.any_status = true;
  return pyr__http_start(client, url, &options, &handler, fetch->request, err);
}

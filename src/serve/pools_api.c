/* /api/v1/scrape_pools: the names of jobs, as Prometheus has them. */
#include "base/arena.h"
#include "serve/api_fields.h"
#include "serve/views.h"

enum { NAMES_BYTES = 64 << 20 };

struct pools {
  struct pyr__memory *memory;
  struct pyr__arena arena;
  pyr_str_t *names; /* of the moment when it was asked */
  size_t count, next;
  bool has_begun;
};

static int add_name(struct pools *pools, struct pyr__buf *out) {
  int rc = pools->next > 0 ? pyr__buf_add_byte(out, ',') : 0;
  return rc == 0 ? pyr__serve_json(out, pools->names[pools->next++]) : rc;
}

static int next(void *ctx, struct pyr__buf *out) {
  struct pools *pools = ctx;
  size_t start = out->len;
  int rc = 0;
  if (!pools->has_begun)
    rc = pyr__buf_add_text(
        out, "{\"status\":\"success\",\"data\":{\"scrapePools\":[");
  pools->has_begun = true;
  while (rc == 0 && pools->next < pools->count &&
         out->len - start < PYR__SERVE_SLICE_BYTES)
    rc = add_name(pools, out);
  if (rc != 0 || pools->next < pools->count)
    return rc != 0 ? rc : 1;
  return pyr__buf_add_text(out, "]}}\n");
}

static void release(void *ctx) {
  struct pools *pools = ctx;
  pyr__arena_release(&pools->arena);
  pyr__free(pools->memory, pools);
}

static int copy_names(struct pools *pools,
                      const struct pyr__status_source *source) {
  size_t i, count = source->job_count(source->ctx);
  pools->names =
      pyr__arena_alloc(&pools->arena, count + 1, sizeof(*pools->names));
  if (pools->names == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < count; i++) {
    struct pyr__job_status job;
    const char *name;
    source->job(source->ctx, i, &job);
    name = pyr__arena_text(&pools->arena, job.name);
    if (name == NULL)
      return PYR__ENOMEM;
    pools->names[i] = (pyr_str_t){name, job.name.len};
  }
  pools->count = count;
  return 0;
}

int pyr__serve_scrape_pools(const struct pyr__serve_view *view,
                            struct pyr__http_producer *out) {
  struct pools *pools =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*pools));
  if (pools == NULL)
    return PYR__ENOMEM;
  pools->memory = view->memory;
  pyr__arena_init(&pools->arena, view->memory, PYR__MEM_SERVE, NAMES_BYTES);
  if (copy_names(pools, view->source) != 0) {
    release(pools);
    return PYR__ENOMEM;
  }
  *out = (struct pyr__http_producer){next, release, pools};
  return 0;
}

#include "serve/serve.h"

#include "serve/api_fields.h"
#include "serve/routes.h"

typedef void (*route_fn)(struct pyr__serve *serve,
                         const struct pyr__http_server_request *request,
                         struct pyr__http_exchange *exchange);

const pyr_str_t *
pyr__serve_param(const struct pyr__http_server_request *request,
                 const char *key) {
  size_t i;
  for (i = 0; i < request->query_count; i++)
    if (pyr__str_is(request->query[i].key, key))
      return &request->query[i].value;
  return NULL;
}

/* A view, or 503 where there was no memory for it. */
static void respond_view(struct pyr__http_exchange *exchange, int rc,
                         const char *content_type,
                         const struct pyr__http_producer *producer) {
  if (rc == 0)
    pyr__http_respond_slices(exchange, 200, content_type, producer);
  else
    pyr__http_respond_text(exchange, 503, "Out of memory, try again later.\n");
}

/* ---- routes ------------------------------------------------------------- */

/* A number from 1; 0: it is none. */
static size_t read_page(const pyr_str_t *text) {
  size_t number = 0, i;
  if (text == NULL)
    return 1;
  for (i = 0; i < text->len; i++) {
    if (text->base[i] < '0' || text->base[i] > '9' || i == 7)
      return 0;
    number = number * 10 + (size_t)(text->base[i] - '0');
  }
  return number;
}

static pyr_str_t param_or_none(const struct pyr__http_server_request *request,
                               const char *key) {
  const pyr_str_t *value = pyr__serve_param(request, key);
  return value == NULL || value->len == 0 ? (pyr_str_t){NULL, 0} : *value;
}

/* 0: it was refused. */
static size_t page_number(const struct pyr__http_server_request *request,
                          struct pyr__http_exchange *exchange) {
  size_t number = read_page(pyr__serve_param(request, "page"));
  if (number == 0)
    pyr__http_respond_text(exchange, 400,
                           "page: must be a whole number from 1\n");
  return number;
}

static void respond_page(struct pyr__http_exchange *exchange, int rc,
                         const struct pyr__http_producer *producer) {
  respond_view(exchange, rc, "text/html; charset=utf-8", producer);
}

static void route_page(struct pyr__serve *serve,
                       const struct pyr__http_server_request *request,
                       struct pyr__http_exchange *exchange) {
  struct pyr__serve_page_filter filter = {param_or_none(request, "job"),
                                          param_or_none(request, "health"),
                                          page_number(request, exchange)};
  struct pyr__http_producer producer;
  int rc;
  if (filter.page == 0)
    return;
  rc = pyr__serve_page(&serve->view, &filter, &producer);
  respond_page(exchange, rc, &producer);
}

static void route_discovery_page(struct pyr__serve *serve,
                                 const struct pyr__http_server_request *request,
                                 struct pyr__http_exchange *exchange) {
  struct pyr__serve_found_filter filter = {
      param_or_none(request, "job"), param_or_none(request, "state"),
      param_or_none(request, "q"), page_number(request, exchange)};
  struct pyr__http_producer producer;
  int rc;
  if (filter.page == 0)
    return;
  if (!pyr__serve_is_found_state(filter.state)) {
    pyr__http_respond_text(exchange, 400,
                           "state: must be active, dropped or bad\n");
    return;
  }
  rc = pyr__serve_discovery_page(&serve->view, &filter, &producer);
  respond_page(exchange, rc, &producer);
}

static void route_style(struct pyr__serve *serve,
                        const struct pyr__http_server_request *request,
                        struct pyr__http_exchange *exchange) {
  (void)serve;
  (void)request;
  pyr__http_respond(exchange, 200, "text/css; charset=utf-8", pyr__serve_style,
                    strlen(pyr__serve_style));
}

static void route_metrics(struct pyr__serve *serve,
                          const struct pyr__http_server_request *request,
                          struct pyr__http_exchange *exchange) {
  struct pyr__http_producer producer;
  int rc = pyr__serve_metrics(&serve->view, &producer);
  (void)request;
  respond_view(exchange, rc, "text/plain; version=0.0.4; charset=utf-8",
               &producer);
}

/* As Prometheus answers, which knows three states, in any case of letters, and
 * takes none for all. */
static void route_api_targets(struct pyr__serve *serve,
                              const struct pyr__http_server_request *request,
                              struct pyr__http_exchange *exchange) {
  pyr_str_t state = param_or_none(request, "state");
  bool any = state.base == NULL || pyr__str_is_nocase(state, "any");
  struct pyr__serve_api_filter filter = {
      any || pyr__str_is_nocase(state, "active"),
      any || pyr__str_is_nocase(state, "dropped"),
      param_or_none(request, "scrapePool")};
  struct pyr__http_producer producer;
  int rc;
  if (!filter.active && !filter.dropped) {
    pyr__api_refuse(
        exchange, serve->view.memory,
        "invalid parameter \"state\": expected active, dropped or any");
    return;
  }
  rc = pyr__serve_api_targets(&serve->view, &filter, &producer);
  respond_view(exchange, rc, "application/json", &producer);
}

static void route_scrape_pools(struct pyr__serve *serve,
                               const struct pyr__http_server_request *request,
                               struct pyr__http_exchange *exchange) {
  struct pyr__http_producer producer;
  int rc = pyr__serve_scrape_pools(&serve->view, &producer);
  (void)request;
  respond_view(exchange, rc, "application/json", &producer);
}

static void route_targets(struct pyr__serve *serve,
                          const struct pyr__http_server_request *request,
                          struct pyr__http_exchange *exchange) {
  struct pyr__http_producer producer;
  int rc = pyr__serve_classic_targets(&serve->view, &producer);
  (void)request;
  respond_view(exchange, rc, "application/json", &producer);
}

static void route_healthy(struct pyr__serve *serve,
                          const struct pyr__http_server_request *request,
                          struct pyr__http_exchange *exchange) {
  (void)serve;
  (void)request;
  pyr__http_respond_text(exchange, 200, "Pyrite is Healthy.\n");
}

static void route_ready(struct pyr__serve *serve,
                        const struct pyr__http_server_request *request,
                        struct pyr__http_exchange *exchange) {
  (void)request;
  if (serve->source.ready(serve->source.ctx))
    pyr__http_respond_text(exchange, 200, "Pyrite is Ready.\n");
  else
    pyr__http_respond_text(exchange, 503, "Service Unavailable\n");
}

static void route_debug(struct pyr__serve *serve,
                        const struct pyr__http_server_request *request,
                        struct pyr__http_exchange *exchange) {
  static const char page[] =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<title>Pyrite: profiles of itself</title>"
      "<link rel=\"stylesheet\" href=\"/style.css\"></head><body><main>"
      "<h1>Profiles of Pyrite itself</h1><ul>"
      "<li><a href=\"/debug/pprof/profile?seconds=10\">profile</a>: CPU, "
      "sampled for <code>seconds</code> (1 to 300, 30 if not given)</li>"
      "<li><a href=\"/debug/pprof/heap\">heap</a>: memory by room and "
      "purpose</li></ul><p><a href=\"/\">Back</a></p></main></body></html>\n";
  (void)serve;
  (void)request;
  pyr__http_respond(exchange, 200, "text/html; charset=utf-8", page,
                    sizeof(page) - 1);
}

static const struct {
  const char *path;
  route_fn route;
} routes[] = {
    {"/", route_page},
    {"/service-discovery", route_discovery_page},
    {"/style.css", route_style},
    {"/metrics", route_metrics},
    {"/api/v1/targets", route_api_targets},
    {"/api/v1/targets/relabel_steps", pyr__serve_relabel_steps},
    {"/api/v1/scrape_pools", route_scrape_pools},
    {"/targets", route_targets},
    {"/-/healthy", route_healthy},
    {"/-/ready", route_ready},
    {"/-/reload", pyr__serve_reload},
    {"/debug/pprof", route_debug},
    {"/debug/pprof/", route_debug},
    {"/debug/pprof/profile", pyr__serve_cpu_profile},
    {"/debug/pprof/heap", pyr__serve_heap_profile},
};

static void on_request(void *ctx,
                       const struct pyr__http_server_request *request,
                       struct pyr__http_exchange *exchange) {
  const struct pyr__serve *serve = ctx;
  size_t i;
  if (!pyr__serve_admit(serve->guard, request, exchange))
    return;
  for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
    if (!pyr__str_is(request->path, routes[i].path))
      continue;
    if (request->is_post && routes[i].route != pyr__serve_reload)
      pyr__http_respond_text(exchange, 405, "Method Not Allowed\n");
    else
      routes[i].route(ctx, request, exchange);
    return;
  }
  if (request->is_post)
    pyr__http_respond_text(exchange, 405, "Method Not Allowed\n");
  else
    pyr__http_respond_text(exchange, 404, "404 page not found\n");
}

/* ---- the beginning and the end ------------------------------------------ */

int pyr__serve_new(struct pyr__serve **out, uv_loop_t *loop,
                   struct pyr__memory *memory,
                   const struct pyr__serve_options *options, pyr_error_t *err) {
  const struct pyr__http_server_options server_options = {
      .connections = options->connections,
      .clock = options->clock,
      .allow_post = true};
  struct pyr__serve *serve =
      pyr__calloc(memory, PYR__MEM_SERVE, 1, sizeof(*serve));
  int rc;
  if (serve == NULL)
    return pyr__error_nomem(err);
  pyr__list_init(&serve->reload_waiters);
  serve->loop = loop;
  serve->source = options->source;
  serve->clock = options->clock;
  serve->view = (struct pyr__serve_view){memory, &serve->source, &serve->clock};
  rc = pyr__http_server_new(&serve->server, loop, memory, options->listen,
                            &server_options, on_request, serve, err);
  if (rc != 0) {
    pyr__free(memory, serve);
    return rc;
  }
  pyr__serve_set_guard(serve, options->guard);
  serve->handles = 1;
  *out = serve;
  return 0;
}

void pyr__serve_set_guard(struct pyr__serve *serve,
                          struct pyr__serve_guard *guard) {
  pyr__serve_guard_free(serve->guard);
  serve->guard = guard;
  guard->is_local = pyr__serve_is_loopback(pyr__str(pyr__serve_address(serve)));
  pyr__http_server_set_tls(serve->server, guard->tls);
}

bool pyr__serve_is_open(const struct pyr__serve *serve) {
  const struct pyr__serve_guard *guard = serve->guard;
  return !guard->is_local && guard->auth == NULL && !guard->asks_clients;
}

void pyr__serve_unref(struct pyr__serve *serve) {
  struct pyr__memory *memory = serve->view.memory;
  void (*cb)(void *ctx) = serve->close_cb;
  void *ctx = serve->close_ctx;
  if (--serve->handles > 0)
    return;
  pyr__serve_guard_free(serve->guard);
  pyr__free(memory, serve);
  if (cb != NULL)
    cb(ctx);
}

static void on_server_closed(void *ctx) {
  pyr__serve_unref(ctx);
}

void pyr__serve_close(struct pyr__serve *serve, void (*cb)(void *ctx),
                      void *ctx) {
  serve->close_cb = cb;
  serve->close_ctx = ctx;
  pyr__http_server_close(serve->server, on_server_closed, serve);
}

const char *pyr__serve_address(const struct pyr__serve *serve) {
  return pyr__http_server_address(serve->server);
}

const char *pyr__serve_scheme(const struct pyr__serve *serve) {
  return serve->guard->tls != NULL ? "https" : "http";
}

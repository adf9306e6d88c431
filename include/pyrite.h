/* pyrite.h - scrape continuous profiles on the caller's libuv loop.
 *
 * Rules that hold for everything below:
 * - One thread.  Every call must be made on the thread that runs the loop;
 *   Pyrite starts no thread and uses none of libuv's pool.
 * - Results are 0 or a negative code: one of libuv's UV_E* (which are negative
 *   errno values) or one of PYR_E* below.  The text that explains a failure is
 *   written into a caller's pyr_error_t.  Every `err` may be NULL, and so may
 *   every `options`.
 * - Lifecycle as with libuv's handles: after a successful init you must close;
 *   after a failed init you need do nothing; the memory of the handle is yours
 *   again in the close callback, not before.
 * - Pointers handed to a callback die when it returns, unless said otherwise.
 *   `ctx` is the caller's and only handed on.
 * - Times are nanoseconds since the Unix epoch, durations are nanoseconds.
 * - Any number of scrapers may share a loop and a configuration; each has its
 *   own directory of segments.  The process is left alone: nothing is printed,
 *   no SIGPIPE is raised, and SIGPROF is taken only while somebody asks the
 *   stats endpoint for a CPU profile of this process, one at a time.
 */
#ifndef PYRITE_H
#define PYRITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PYR_VERSION_MAJOR 0
#define PYR_VERSION_MINOR 1
#define PYR_VERSION_PATCH 0
#define PYR_VERSION       "0.1.0"

#define PYR_EXTERN __attribute__((visibility("default")))

typedef struct uv_loop_s uv_loop_t; /* libuv's; include <uv.h> yourself */

/* ---- errors ------------------------------------------------------------- */

/* Codes of Pyrite's own, outside the ranges of libuv and mbedTLS. */
#define PYR_ERRNO_MAP(XX)                                                      \
  XX(ECONFIG, -40001, "invalid configuration")                                 \
  XX(ENET, -40002, "network failure")                                          \
  XX(EDNS, -40003, "name resolution failed")                                   \
  XX(ETLS, -40004, "TLS failure")                                              \
  XX(EHTTP, -40005, "bad HTTP response")                                       \
  XX(ESTATUS, -40006, "HTTP status is not 200")                                \
  XX(ETIMEOUT, -40007, "deadline passed")                                      \
  XX(ELIMIT, -40008, "size limit passed")                                      \
  XX(EGZIP, -40009, "corrupt compressed body")                                 \
  XX(EPPROF, -40010, "malformed profile")                                      \
  XX(ESTORE, -40011, "corrupt segment")                                        \
  XX(EFULL, -40012, "store is full")                                           \
  XX(ELOCKED, -40013, "store is in use")                                       \
  XX(EUSAGE, -40014, "wrong use of a call")                                    \
  XX(ECANCELED, -40015, "stopped")                                             \
  XX(ENOMATCH, -40016, "nothing matches")                                      \
  XX(EPROXY, -40017, "proxy failure")                                          \
  XX(EAUTH, -40018, "no token was given")

enum {
#define XX(name, code, text) PYR_##name = code,
  PYR_ERRNO_MAP(XX)
#undef XX
};

#define PYR_ERROR_TEXT 512

/* One failure.  `text` is whole: context ("job "api", target ...: ") stands
 * before the cause.  `line` and `column` count from 1 and are 0 where there is
 * no file. */
typedef struct {
  int code;
  unsigned line;
  unsigned column;
  char text[PYR_ERROR_TEXT];
} pyr_error_t;

/* A static text for any code, libuv's too.  Never NULL, never allocated. */
PYR_EXTERN const char *pyr_strerror(int code);
/* A static short name of a code ("ECONFIG"), or "EUNKNOWN". */
PYR_EXTERN const char *pyr_err_name(int code);
/* "0.1.0" */
PYR_EXTERN const char *pyr_version(void);

/* ---- memory ------------------------------------------------------------- */

/* The allocator of an instance; NULL members or a NULL pointer mean the C
 * library's.  `malloc` and `realloc` may return NULL: that is an ordinary error
 * to Pyrite (UV_ENOMEM).  What libuv, libyaml, c-ares and mbedTLS allocate
 * inside cannot be routed here, as they know no context. */
typedef struct {
  void *(*malloc)(void *ctx, size_t size);
  void *(*realloc)(void *ctx, void *ptr, size_t size);
  void (*free)(void *ctx, void *ptr);
  void *ctx;
} pyr_alloc_t;

/* ---- shapes ------------------------------------------------------------- */

typedef struct {
  const char *base; /* not terminated */
  size_t len;
} pyr_str_t;

typedef struct {
  pyr_str_t name;
  pyr_str_t value;
} pyr_label_t;

/* ---- configuration ------------------------------------------------------ */

/* Immutable and reference-counted; made by parse, shared by scrapers. */
typedef struct pyr_config_s pyr_config_t;

/* Called once for every error of a file, in the order of their places.
 * `text` is "file:line:column: key: what is wrong, what is expected". */
typedef void (*pyr_config_error_cb)(void *ctx, const pyr_error_t *error);

typedef struct {
  size_t size;                  /* sizeof(pyr_config_options_t); needed */
  const char *name;             /* what errors call the file; NULL: "config" */
  int expand_env;               /* 1: ${NAME} in values is the environment's */
  const pyr_alloc_t *alloc;     /* NULL: malloc and friends; copied */
  pyr_config_error_cb on_error; /* may be NULL */
  void *ctx;                    /* for on_error */
  const char *web_config;       /* a file, instead of server: web-config-file */
} pyr_config_options_t;

/* Parses YAML text.  On success `*out` holds one reference, to be given back
 * with pyr_config_unref.  On failure PYR_ECONFIG or UV_ENOMEM; `err` is the
 * first error, on_error has had them all. */
PYR_EXTERN int pyr_config_parse(pyr_config_t **out, const char *text,
                                size_t len, const pyr_config_options_t *options,
                                pyr_error_t *err);
/* The same from a file; `options->name` NULL means the path.  Where it cannot
 * be read, UV_ENOENT and the like. */
PYR_EXTERN int pyr_config_load(pyr_config_t **out, const char *path,
                               const pyr_config_options_t *options,
                               pyr_error_t *err);
/* Calls `cb` for each path in scrape-config-files of the file at `path`, as
 * pyr_config_load looks for it: a pattern as glob(3) has them.  Whatever else
 * is wrong with that file does not matter.  For who wants to know when one
 * changes. */
PYR_EXTERN int
pyr_config_each_include(const char *path, const pyr_config_options_t *options,
                        void (*cb)(void *ctx, const char *pattern), void *ctx,
                        pyr_error_t *err);
enum {
  PYR_PATH_READ,   /* a file that is read, again when it changes; or a pattern,
                      "*" being in its last part only */
  PYR_PATH_STORAGE /* the directory that is written to */
};
/* Calls `cb` for each path that the configuration names, for who limits what a
 * process may open. */
PYR_EXTERN void pyr_config_each_path(const pyr_config_t *config,
                                     void (*cb)(void *ctx, const char *path,
                                                int kind),
                                     void *ctx);
/* The configuration of a process that has none: it scrapes itself at the
 * address where its own stats endpoint listens, which it therefore must.  Where
 * that asks for what only its clients know, nothing is scraped, and a note says
 * so. */
PYR_EXTERN int pyr_config_default(pyr_config_t **out,
                                  const pyr_config_options_t *options,
                                  pyr_error_t *err);
PYR_EXTERN pyr_config_t *pyr_config_ref(pyr_config_t *config);
PYR_EXTERN void pyr_config_unref(pyr_config_t *config); /* NULL is allowed */

/* One request that a configuration leads to. */
typedef struct {
  pyr_str_t job;
  pyr_str_t application;
  pyr_str_t address;
  pyr_str_t profile; /* "cpu" */
  const char *url;
  int64_t interval_ns;
  int64_t timeout_ns;
  const pyr_label_t *labels; /* public ones, sorted by name */
  size_t label_count;
  const char *unix_socket; /* over which it is sent; NULL: the network */
} pyr_request_t;

/* Calls `cb` for each request of the static targets, in the file's order.
 * A target that cannot be is given to `on_error` instead, which may be NULL. */
PYR_EXTERN int pyr_config_each_request(const pyr_config_t *config,
                                       void (*cb)(void *ctx,
                                                  const pyr_request_t *request),
                                       pyr_config_error_cb on_error, void *ctx,
                                       pyr_error_t *err);

/* Calls `cb` for each kind of *-sd-configs that a job has, in the file's order:
 * "file", "kubernetes".  What they find, only a scraper that runs knows. */
PYR_EXTERN void pyr_config_each_discovery(const pyr_config_t *config,
                                          void (*cb)(void *ctx, pyr_str_t job,
                                                     const char *mechanism),
                                          void *ctx);

/* ---- relabelling -------------------------------------------------------- */

/* One rule of relabel-configs, every default filled in. */
typedef struct {
  const pyr_str_t *source_labels;
  size_t source_count;
  pyr_str_t separator;
  pyr_str_t regex;
  uint64_t modulus; /* 0: none */
  pyr_str_t target_label;
  pyr_str_t replacement;
  pyr_str_t action; /* "keepequal" */
  const char *file; /* where it stands; NULL: in none */
  unsigned line;
  unsigned column;
} pyr_rule_t;

/* What one rule made of a target's labels. */
typedef struct {
  const pyr_rule_t *rule;
  int kept;          /* 0: it is dropped, here or before */
  const char *error; /* NULL; else why the rule gave up, which ends it */
  const pyr_label_t *labels; /* behind the rule, sorted; none if not kept */
  size_t label_count;
} pyr_relabel_step_t;

/* Applies the rules of a job to labels (in any order, each name once) and calls
 * `cb` for every rule.  What a step has is good until this returns.
 * PYR_ENOMATCH: there is no job of that name. */
PYR_EXTERN int pyr_config_relabel(const pyr_config_t *config, pyr_str_t job,
                                  const pyr_label_t *labels, size_t label_count,
                                  void (*cb)(void *ctx,
                                             const pyr_relabel_step_t *step),
                                  void *ctx, pyr_error_t *err);

/* ---- what is found ------------------------------------------------------ */

enum { PYR_FOUND_TARGET, PYR_FOUND_DROPPED, PYR_FOUND_BAD };

/* One entry of a discovery, static-configs among them, and what it became. */
typedef struct {
  pyr_str_t job;
  const char *mechanism; /* "static", "file", "kubernetes", ... */
  pyr_str_t group;       /* unique in the mechanism: "pod/default/web-1" */
  const pyr_label_t *discovered; /* as the job's rules saw it, sorted */
  size_t discovered_count;
  int outcome;            /* PYR_FOUND_* */
  const pyr_rule_t *rule; /* DROPPED: by this one */
  const char *error;      /* BAD: why it cannot be a target */
  pyr_str_t application;  /* TARGET, and so are all below */
  pyr_str_t address;
  const pyr_label_t *labels; /* what its profiles are stored under, sorted */
  size_t label_count;
  const pyr_request_t *requests;
  size_t request_count;
} pyr_found_t;

/* Calls `cb` once: with what the labels (in any order, each name once) become
 * in a job, which adds those of its own that are not among them.
 * PYR_ENOMATCH: there is no job of that name. */
PYR_EXTERN int pyr_config_found(const pyr_config_t *config, pyr_str_t job,
                                const pyr_label_t *labels, size_t label_count,
                                void (*cb)(void *ctx, const pyr_found_t *found),
                                void *ctx, pyr_error_t *err);

/* ---- scraper ------------------------------------------------------------ */

typedef struct pyr_scraper_s pyr_scraper_t;

enum { PYR_LOG_DEBUG, PYR_LOG_INFO, PYR_LOG_WARN, PYR_LOG_ERROR };

/* One stored profile, right after it was decoded (and, for cumulative kinds,
 * after the difference to the one before was taken). */
typedef struct {
  const pyr_label_t *labels; /* the target's public ones, sorted by name */
  size_t label_count;
  pyr_str_t job;
  pyr_str_t target;       /* host:port */
  pyr_str_t profile;      /* "cpu" */
  const pyr_str_t *types; /* "process_cpu:cpu:nanoseconds:cpu:nanoseconds" */
  const int64_t *totals;  /* sum over all samples, one a type */
  size_t type_count;
  size_t sample_count;
  int64_t time_ns;                  /* start of what the profile covers */
  int64_t duration_ns;              /* how long it covers */
  const struct pyr__profile *model; /* for pyr_profile_encode */
} pyr_profile_t;

/* Encodes the profile as gzip-compressed pprof into memory from `alloc` (the
 * scraper's allocator; NULL: malloc), which the caller frees the same way. */
PYR_EXTERN int pyr_profile_encode(const pyr_profile_t *profile,
                                  const pyr_alloc_t *alloc, uint8_t **out,
                                  size_t *len, pyr_error_t *err);

/* One finished scrape, good or bad. */
typedef struct {
  const pyr_label_t *labels;
  size_t label_count;
  pyr_str_t job;
  pyr_str_t target;
  pyr_str_t profile;
  const char *url;
  int http_status; /* 0: none came */
  int64_t start_ns;
  int64_t took_ns;
  uint64_t wire_bytes;      /* body as it came */
  uint64_t body_bytes;      /* inflated */
  const pyr_error_t *error; /* NULL: success */
} pyr_scrape_t;

/* Callbacks run on the loop's thread, inside the loop.  They may call stop and
 * close: nothing is destroyed under them. */
/* Return 0 to store the profile, 1 to skip it, a negative code to fail it. */
typedef int (*pyr_profile_cb)(pyr_scraper_t *scraper,
                              const pyr_profile_t *profile);
typedef void (*pyr_scrape_cb)(pyr_scraper_t *scraper,
                              const pyr_scrape_t *scrape);
/* Somebody asked for a reload (POST /-/reload).  To load a configuration and
 * call pyr_scraper_reload, whose result it returns.  An error is the answer,
 * status 500 and what `err` says; after 0 it is how the reload has ended. */
typedef int (*pyr_reload_cb)(pyr_scraper_t *scraper, pyr_error_t *err);
/* A reload has ended: `code` is 0, or `error` says why nothing has changed. */
typedef void (*pyr_reloaded_cb)(pyr_scraper_t *scraper, int code,
                                const pyr_error_t *error);
/* `line` is a whole line in the configured format, without a newline. */
typedef void (*pyr_log_cb)(pyr_scraper_t *scraper, int level, const char *line);
typedef void (*pyr_close_cb)(pyr_scraper_t *scraper);

typedef struct {
  size_t size;               /* sizeof(pyr_options_t), as new members go last;
                                what lies behind it is not read */
  const pyr_alloc_t *alloc;  /* NULL: malloc and friends; copied by init */
  pyr_profile_cb on_profile; /* may be NULL: all profiles are stored */
  pyr_scrape_cb on_scrape;   /* may be NULL */
  pyr_log_cb on_log;         /* may be NULL: silence */
  const char *storage_path;  /* instead of storage: path; "" stores nothing */
  const char *listen;        /* instead of server: listen; "" listens nowhere */
  int log_level;             /* PYR_LOG_*; -1: the configuration's.  What is all
                                zero has PYR_LOG_DEBUG */
  pyr_reload_cb on_reload;   /* NULL: nobody may ask for one over HTTP */
  const char *sandbox;       /* what holds this process, for its metrics; NULL:
                                nobody knows */
  int discover_only;         /* 1: targets are found, and nothing is asked */
} pyr_options_t;

struct pyr_scraper_s {
  void *data;                /* public: yours */
  uv_loop_t *loop;           /* read-only */
  struct pyr__scraper *impl; /* private */
};

/* The strings in `options` are copied.  0 or UV_ENOMEM, or what libuv says of
 * handles that cannot be made. */
PYR_EXTERN int pyr_scraper_init(uv_loop_t *loop, pyr_scraper_t *scraper,
                                const pyr_options_t *options);
/* Opens the store, listens, and schedules every target; takes a reference on
 * `config`.  On failure nothing is left open and start may be called again:
 * PYR_ELOCKED where another writes to the directory, UV_EADDRINUSE and the like
 * where the address cannot be had.  PYR_EUSAGE: it was started before. */
PYR_EXTERN int pyr_scraper_start(pyr_scraper_t *scraper, pyr_config_t *config,
                                 pyr_error_t *err);
/* Another configuration, while scraping goes on: jobs that it leaves as they
 * are keep their targets, connections, baselines and running scrapes; it takes
 * its own reference.  Storage and the address that is listened on stay as they
 * were started with.
 *
 * 0: it is tried beside the one in force, over some turns of the loop, and `cb`
 * (may be NULL) is called once, when it has taken over as a whole or, whatever
 * went wrong, nothing has changed.  PYR_ECANCELED is what a later reload or a
 * stop makes of one that is not done.  After another code `cb` is not called.
 * `config` NULL says that a new one could not be had, for the reason in `err`:
 * that is logged and shown in the metrics, and PYR_ECONFIG.  Not inside
 * on_profile, on_scrape and on_log. */
PYR_EXTERN int pyr_scraper_reload(pyr_scraper_t *scraper, pyr_config_t *config,
                                  pyr_reloaded_cb cb, pyr_error_t *err);
/* Schedules no new scrape.  Those running get `grace_ns` to end and are
 * cancelled then; when the last has ended the store is flushed, sealed and
 * synced, and `cb` (may be NULL) is called.  What is left is to close; it
 * cannot be started again.  PYR_EUSAGE, and no `cb`: it does not run. */
PYR_EXTERN int pyr_scraper_stop(pyr_scraper_t *scraper, int64_t grace_ns,
                                pyr_close_cb cb);
/* Legal in every state after a successful init and from every callback; what
 * runs is cancelled, what was stored is sealed.  A stop that is under way ends
 * with its own callback first.  The handle is yours in `cb`, which may be NULL.
 */
PYR_EXTERN void pyr_scraper_close(pyr_scraper_t *scraper, pyr_close_cb cb);
/* "http://127.0.0.1:4041" of the stats endpoint (the real port where 0 was
 * asked for), or "" when it listens nowhere.  Valid until close, and changed by
 * a reload that begins or ends TLS. */
PYR_EXTERN const char *pyr_scraper_address(const pyr_scraper_t *scraper);
/* 1: every discovery has found what there is at first.  0: not yet, or it does
 * not run. */
PYR_EXTERN int pyr_scraper_is_synced(const pyr_scraper_t *scraper);
/* Calls `cb`, which may not call into the scraper, for every entry of every
 * job, all in this turn of the loop; of the dropped and the bad ones as many as
 * keep-dropped-targets allows.  0 or UV_ENOMEM. */
PYR_EXTERN int pyr_scraper_each_found(pyr_scraper_t *scraper,
                                      void (*cb)(void *ctx,
                                                 const pyr_found_t *found),
                                      void *ctx, pyr_error_t *err);

#ifdef __cplusplus
}
#endif

#endif

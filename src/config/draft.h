/* The configuration of a scraper while it is read: what the readers of its
 * sections share.  config.h has what comes out of it. */
#ifndef PYR__CONFIG_DRAFT_H
#define PYR__CONFIG_DRAFT_H

#include "base/index.h"
#include "config/config.h"
#include "config/read.h"

struct pyr__buf;

struct pyr__place {
  const char *file;
  unsigned line, column;
};

/* ctx of the reading. */
struct pyr__draft {
  struct pyr_config_s *config;
  const char *file;    /* that is read; what texts call it */
  pyr_str_t directory; /* of that, with "/" at its end; "": the present */
  bool expand_env;
  const char *web_config;           /* instead of server's; NULL: that */
  int64_t interval_ns, timeout_ns;  /* global; 0: no timeout given */
  const struct pyr__entry *timeout; /* of global; NULL: none in the file */
  struct pyr__target_limits limits; /* of global */
  const struct pyr__entry *scrape_configs; /* NULL: none */
  struct pyr__index names;                 /* of `jobs` */
  struct pyr__place *name_places;          /* where each has its name */
  struct pyr__job_config *jobs;
  size_t job_count, job_capacity;
  pyr_str_t *notes;
  size_t note_count;
  const struct pyr__config_path *paths;
  struct pyr__web_options web; /* of the web configuration that is read */
};

struct pyr__job_draft {
  struct pyr__job_config config;
  int scheme;
  bool use_delta_endpoints; /* another name of use-delta-profiles */
  const struct pyr__node *map;
  const struct pyr__entry *name, *timeout, *enabled, *profiles, *groups;
};

/* One of a job's profiles, the default or what is there of a new one. */
struct pyr__profile_draft {
  struct pyr__profile_config config;
  const struct pyr__entry *entry;  /* in profiles; NULL: the default as it is */
  const struct pyr__node *seconds; /* the value given; NULL: none */
};

/* config.c: all members of what a caller gives, `name` for a file without. */
pyr_config_options_t pyr__config_options(const pyr_config_options_t *given,
                                         const char *name);
/* The same: as pyr_config_parse; paths in it are relative to `directory`. */
int pyr__config_parse(pyr_config_t **out, pyr_str_t text, pyr_str_t directory,
                      const pyr_config_options_t *options, pyr_error_t *err);

/* load.c: the whole file.  Where `is_regular` it must be one, so that reading
 * never waits.  `out` is to be released whatever came of it. */
int pyr__config_read_file(struct pyr__buf *out, struct pyr__memory *memory,
                          const char *path, bool is_regular, pyr_error_t *err);
/* As of a draft. */
pyr_str_t pyr__config_directory(const char *path);

/* defaults.c: the profiles that are there without being configured. */
enum { PYR__DEFAULT_PROFILES = 5 };
/* The `i`th of them; with `use_delta` as a target that makes the differences of
 * cumulative types itself has it. */
void pyr__default_profile(struct pyr__reading *reading, size_t i,
                          bool use_delta, struct pyr__profile_config *out);
/* The sample types of a profile for which none are configured. */
void pyr__default_sample_types(struct pyr__profile_config *profile);

/* draft.c.  A note is said once at the start. */
__attribute__((format(printf, 2, 3))) void
pyr__draft_note(struct pyr__reading *reading, const char *format, ...);
typedef void (*pyr__read_element_cb)(struct pyr__reading *reading,
                                     const struct pyr__item *item, void *out);
/* An array of what the list's elements are read into, each `size` bytes. */
void *pyr__read_elements(struct pyr__reading *reading,
                         const struct pyr__item *item, size_t size,
                         pyr__read_element_cb read, size_t *out_count);
/* Of an element of such a list, and of where its paths lead. */
uint64_t pyr__sd_fingerprint(const struct pyr__reading *reading,
                             const struct pyr__node *node);
/* As in Prometheus, a "*" may only be in the last part of a path. */
bool pyr__is_pattern(pyr_str_t path);
/* Of a relative path, that in the directory of the file; one of those that
 * pyr_config_each_path tells. */
pyr_str_t pyr__read_locate(struct pyr__reading *reading, pyr_str_t path);
/* An empty text is as none, NULL, as in Prometheus; the path that is located.
 */
const char *pyr__text_or_none(pyr_str_t text);
const char *pyr__read_path(struct pyr__reading *reading, pyr_str_t path);

/* read_top.c */
void pyr__read_top(struct pyr__reading *reading, const struct pyr__node *root);
/* The map in which the keys at the top stand: `root`, or what a chart has in
 * it. */
const struct pyr__node *pyr__top_map(const struct pyr__node *root);

/* read_includes.c: another file, whose problems are told with its name; paths
 * in it are relative to it.  One that cannot be read is a problem of `item`. */
typedef void (*pyr__read_root_cb)(struct pyr__reading *reading,
                                  const struct pyr__node *root);
void pyr__read_file(struct pyr__reading *reading, const struct pyr__item *item,
                    const char *path, pyr__read_root_cb read_root);
/* read_web.c: web-config-file of server, into a struct pyr__server_config. */
void pyr__read_web_file(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out);
/* The same of a file that the command line names, instead of that one. */
void pyr__read_given_web(struct pyr__reading *reading,
                         const struct pyr__node *root, const char *path,
                         struct pyr__server_config *out);
/* read_includes.c: scrape-config-files, and the jobs in them. */
void pyr__read_includes(struct pyr__reading *reading,
                        const struct pyr__entry *entry);

/* What is said of keys that are right in Prometheus. */
#define PYR__METRICS                                                           \
  "is about metrics, which Pyrite does not scrape; take it out"

/* read_job.c: a list scrape-configs, behind the jobs that there are. */
void pyr__read_jobs(struct pyr__reading *reading,
                    const struct pyr__entry *entry);

/* read_profiles.c: the job's profiles, enabled ones marked. */
void pyr__read_profiles(struct pyr__reading *reading,
                        struct pyr__job_draft *job);

/* read_params.c, read_sample_types.c: readers into a struct pyr__profile_draft,
 * over what is there already. */
void pyr__read_params(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);
void pyr__read_sample_types(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out);
/* Sorts them, takes those out that have no value, which are not sent, and says
 * the seconds where they are the default. */
void pyr__finish_params(struct pyr__reading *reading,
                        struct pyr__profile_config *config);

/* read_relabel.c: the job's relabel-configs, into a pointer to a list. */
void pyr__read_relabel(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out);
void pyr__relabel_lists_release(struct pyr__relabel_list *list);

/* read_group.c: the job's static-configs. */
void pyr__read_groups(struct pyr__reading *reading, struct pyr__job_draft *job);

/* read_sd.c: lists of discoveries, into the job's struct pyr__sd_configs. */
void pyr__read_file_sd(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out);
void pyr__read_http_sd(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out);
void pyr__read_dns_sd(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);

void pyr__read_ec2_sd(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);
void pyr__read_docker_sd(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);
void pyr__read_consul_sd(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);
void pyr__read_kubernetes_sd(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out);
/* read_filters.c: an array of what such a list of filters has. */
const struct pyr__sd_filter *pyr__read_filters(struct pyr__reading *reading,
                                               const struct pyr__item *item,
                                               size_t *count);

/* The rows of the limits of what is found, into a struct pyr__target_limits. */
extern const struct pyr__range pyr__target_limit_range;
#define PYR__TARGET_LIMIT_KEY(name_, base, member)                             \
  {                                                                            \
    .name = (name_), .read = pyr__read_count,                                  \
    .offset = (base) + offsetof(struct pyr__target_limits, member),            \
    .arg = &pyr__target_limit_range                                            \
  }
#define PYR__TARGET_LIMIT_KEYS(base)                                           \
  PYR__TARGET_LIMIT_KEY("target-limit", base, targets),                        \
      PYR__TARGET_LIMIT_KEY("label-limit", base, labels),                      \
      PYR__TARGET_LIMIT_KEY("label-name-length-limit", base,                   \
                            label_name_length),                                \
      PYR__TARGET_LIMIT_KEY("label-value-length-limit", base,                  \
                            label_value_length),                               \
      PYR__TARGET_LIMIT_KEY("keep-dropped-targets", base, keep_dropped)
/* As in Prometheus, a job cannot say that there is no limit where global says
 * that there is. */
void pyr__inherit_target_limits(struct pyr__target_limits *limits,
                                const struct pyr__target_limits *global);

/* read_auth.c: basic-auth, authorization, bearer-token and bearer-token-file,
 * all into one pointer to const struct pyr__auth_options. */
void pyr__read_basic_auth(struct pyr__reading *reading,
                          const struct pyr__item *item, void *out);
void pyr__read_authorization(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out);
void pyr__read_bearer_token(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out);
void pyr__read_bearer_token_file(struct pyr__reading *reading,
                                 const struct pyr__item *item, void *out);

/* read_headers.c: http-headers and proxy-connect-header, into a struct
 * pyr__http_headers. */
void pyr__read_http_headers(struct pyr__reading *reading,
                            const struct pyr__item *item, void *out);
void pyr__read_connect_header(struct pyr__reading *reading,
                              const struct pyr__item *item, void *out);

/* read_proxy.c: proxy-url, into a pyr_str_t. */
void pyr__read_proxy_url(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);
/* That the keys of a proxy are of one. */
void pyr__check_proxy(struct pyr__reading *reading, const struct pyr__node *map,
                      bool from_environment);

/* read_oauth2.c: into a pointer to const struct pyr__oauth2_options. */
void pyr__read_oauth2(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);

/* read_tls.c: a tls-config, into a pointer to const struct pyr__tls_options. */
void pyr__read_tls(struct pyr__reading *reading, const struct pyr__item *item,
                   void *out);

/* read_http.c: how a server is asked, into a struct
 * pyr__http_access_options; for the rows of whoever asks one. */
void pyr__read_http2(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out);
#define PYR__HTTP_KEY(name_, reader, base, member)                             \
  {                                                                            \
    .name = (name_), .read = (reader),                                         \
    .offset = (base) + offsetof(struct pyr__http_access_options, member)       \
  }
/* The way, which a token-url may have of its own. */
#define PYR__PROXY_KEYS(base)                                                  \
  PYR__HTTP_KEY("proxy-url", pyr__read_proxy_url, base, proxy.url),            \
      PYR__HTTP_KEY("no-proxy", pyr__read_text, base, proxy.no_proxy),         \
      PYR__HTTP_KEY("proxy-from-environment", pyr__read_bool, base,            \
                    proxy.from_environment),                                   \
      PYR__HTTP_KEY("proxy-connect-header", pyr__read_connect_header, base,    \
                    proxy.connect_headers)
#define PYR__HTTP_KEYS(base)                                                   \
  PYR__HTTP_KEY("tls-config", pyr__read_tls, base, tls),                       \
      PYR__HTTP_KEY("basic-auth", pyr__read_basic_auth, base, auth),           \
      PYR__HTTP_KEY("authorization", pyr__read_authorization, base, auth),     \
      PYR__HTTP_KEY("bearer-token", pyr__read_bearer_token, base, auth),       \
      PYR__HTTP_KEY("bearer-token-file", pyr__read_bearer_token_file, base,    \
                    auth),                                                     \
      PYR__HTTP_KEY("follow-redirects", pyr__read_bool, base,                  \
                    follow_redirects),                                         \
      {.name = "enable-http2", .read = pyr__read_http2},                       \
      PYR__HTTP_KEY("oauth2", pyr__read_oauth2, base, oauth2),                 \
      PYR__HTTP_KEY("http-headers", pyr__read_http_headers, base, headers),    \
      PYR__PROXY_KEYS(base)
/* What the keys of such a map may not say together. */
void pyr__check_http(struct pyr__reading *reading, const struct pyr__node *map,
                     const struct pyr__http_access_options *access);
/* One of these keys that is given, or NULL. */
const struct pyr__entry *pyr__find_http_key(const struct pyr__node *map);

/* read_auth.c: that at most one way of authentication is asked for. */
void pyr__check_auth(struct pyr__reading *reading, const struct pyr__node *map);

#endif

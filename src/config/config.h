/* The frozen configuration: what a YAML file came to, every default filled in.
 * Immutable after parse, reference-counted, all of it in one arena.  Targets
 * and scrapes point into it and hold a reference. */
#ifndef PYR__CONFIG_CONFIG_H
#define PYR__CONFIG_CONFIG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/web_options.h"
#include "config/sd.h"

struct pyr__param { /* one key of a URL's query; values in the file's order */
  pyr_str_t name;
  const pyr_str_t *values;
  size_t value_count;
};

struct pyr__sample_type_config {
  pyr_str_t name; /* pprof's: "alloc_space" */
  pyr_str_t units, display_name, aggregation;
  bool cumulative; /* stored as the difference of two scrapes */
  bool sampled;
};

struct pyr__profile_config {
  pyr_str_t name;      /* "cpu", "mem", or the user's own */
  pyr_str_t type_name; /* first part of the type id: "process_cpu", "memory" */
  pyr_str_t path;
  const struct pyr__param *params; /* sorted by name */
  size_t param_count;
  const struct pyr__sample_type_config *sample_types;
  size_t sample_type_count;
  int64_t seconds_ns;   /* of the `seconds` parameter; 0: none */
  bool enabled;         /* listed in enabled-profiles */
  bool seconds_default; /* nobody gave `seconds`: it follows the interval */
  bool is_cpu;          /* only one at a time per address */
};

struct pyr__group_config { /* one entry of static-configs */
  pyr_str_t application, spy_name;
  const pyr_str_t *targets;
  size_t target_count;
  const pyr_label_t *labels; /* sorted */
  size_t label_count;
  /* Its only target is the address of server: listen, that is, this process.
   * Where the process listens elsewhere in the end (--listen, port 0), the
   * target moves with it: see pyr__static_group. */
  bool self_target;
  const char *file; /* where it stands */
  unsigned line, column;
};

struct pyr__server_config {
  pyr_str_t listen; /* "127.0.0.1:4041"; "" listens nowhere */
  /* Names, beside localhost and addresses, under which it is asked. */
  const pyr_str_t *hosts;
  size_t host_count;
  struct pyr__web_options web;
};

struct pyr__relabel_rule;

struct pyr__relabel_list { /* one relabel-configs, compiled */
  struct pyr__relabel_rule *rules;
  size_t count;
  struct pyr__relabel_list *next; /* of the configuration */
};

struct pyr__job_config {
  pyr_str_t name;
  int64_t interval_ns;
  int64_t timeout_ns;       /* 0: not set, so max(15 s, seconds + 5 s) */
  pyr_str_t scheme;         /* "http" or "https" */
  uint64_t body_size_limit; /* inflated bytes; never 0 */
  struct pyr__http_access_options access;
  bool use_delta_profiles;
  const struct pyr__profile_config *profiles; /* defaults first */
  size_t profile_count;
  const struct pyr__relabel_list *relabel; /* NULL: none */
  const struct pyr__group_config *groups;
  size_t group_count;
  struct pyr__sd_configs sd;
  uint64_t fingerprint; /* two jobs that have the same say the same */
  /* And those that have this make the same target of the same labels; 0: of
   * none is that known. */
  uint64_t making;
  struct pyr__target_limits target_limits;
};

struct pyr__storage_config {
  pyr_str_t path; /* default "pyrite-data" */
  int64_t flush_interval_ns, sync_interval_ns;
  uint64_t segment_max_bytes;
  int64_t segment_max_age_ns; /* default 1 h */
  int64_t retention_age_ns;   /* 0: for ever */
  uint64_t retention_bytes;   /* 0: no limit */
};

struct pyr__limits_config {
  uint64_t in_flight;        /* scrapes */
  uint64_t scrape_bytes;     /* memory of all profiles that are read */
  uint64_t delta_bytes;      /* memory of one baseline */
  uint64_t dictionary_bytes; /* memory of the open segment's dictionaries */
  uint64_t buffer_bytes;     /* profiles waiting to be written */
  uint64_t stack_frames;     /* frames of one stack */
  uint64_t server_connections;
};

/* A file that it will read, or a pattern of some. */
struct pyr__config_path {
  const char *text;
  const struct pyr__config_path *next; /* NULL: the last */
};

struct pyr_config_s {
  unsigned references;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__relabel_list *relabel_lists; /* all, to be given back */
  const struct pyr__job_config *jobs;
  size_t job_count;
  struct pyr__storage_config storage;
  struct pyr__limits_config limits;
  struct pyr__server_config server;
  int log_level;
  enum pyr__log_format log_format;
  const pyr_str_t
      *notes; /* said once at start: "job "x": enabled-profiles ..." */
  size_t note_count;
  const struct pyr__config_path *paths;
};

#endif

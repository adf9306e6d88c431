/* The elements of a job's *-sd-configs, and the limits of what they find.
 * Texts are terminated. */
#ifndef PYR__CONFIG_SD_H
#define PYR__CONFIG_SD_H

#include <stdbool.h>

#include "base/http_options.h"
#include "base/label.h"
#include "config/kubernetes_sd.h"

enum pyr__dns_sd_type { /* as in DNS messages */
                        PYR__DNS_SD_A = 1,
                        PYR__DNS_SD_NS = 2,
                        PYR__DNS_SD_MX = 15,
                        PYR__DNS_SD_AAAA = 28,
                        PYR__DNS_SD_SRV = 33
};

struct pyr__file_sd_config {
  uint64_t fingerprint;   /* two that have the same say the same */
  const pyr_str_t *files; /* paths; the last part may be a pattern */
  size_t file_count;
  int64_t refresh_interval_ns;
};

struct pyr__http_sd_config {
  uint64_t fingerprint;
  pyr_str_t url;
  struct pyr__http_access_options access;
  int64_t refresh_interval_ns;
};

struct pyr__dns_sd_config {
  uint64_t fingerprint;
  const pyr_str_t *names;
  size_t name_count;
  int type;      /* PYR__DNS_SD_* */
  uint16_t port; /* of all types but SRV, which has its own */
  int64_t refresh_interval_ns;
};

struct pyr__sd_filter {
  pyr_str_t name;
  const pyr_str_t *values;
  size_t value_count;
};

struct pyr__aws_options {           /* who asks AWS, and of which region */
  pyr_str_t region;                 /* "": found as AWS's programs find it */
  pyr_str_t access_key, secret_key; /* the same */
  pyr_str_t profile;                /* of the shared files; "": none is named */
  pyr_str_t credentials_file, config_file; /* these; "": there is none */
  pyr_str_t role_arn, external_id;         /* "": keys are used as they are */
};

struct pyr__ec2_sd_config {
  uint64_t fingerprint;
  pyr_str_t endpoint; /* "": that of the region */
  struct pyr__aws_options aws;
  pyr_str_t application; /* "": none */
  uint16_t port;
  const struct pyr__sd_filter *filters;
  size_t filter_count;
  struct pyr__http_access_options access;
  int64_t refresh_interval_ns;
};

struct pyr__consul_sd_config {
  uint64_t fingerprint;
  pyr_str_t base;          /* "http://consul:8500/prefix": no / at its end */
  const char *unix_socket; /* NULL: `base` says where to connect, too */
  pyr_str_t datacenter;    /* "": the agent's */
  pyr_str_t namespace_name, partition;
  pyr_str_t filter, health_filter, tag_separator;
  const pyr_str_t *services; /* none: all that there are */
  size_t service_count;
  const pyr_str_t *tags;
  size_t tag_count;
  const pyr_label_t *node_meta;
  size_t node_meta_count;
  bool allow_stale;
  struct pyr__http_access_options access;
  int64_t refresh_interval_ns; /* at the least, from one question to the next */
};

struct pyr__docker_sd_config {
  uint64_t fingerprint;
  pyr_str_t base;          /* "http://docker:2375": no / at its end */
  const char *unix_socket; /* NULL: `base` says where to connect, too */
  uint16_t port;           /* of containers that expose none */
  pyr_str_t host_networking_host;
  bool match_first_network; /* of several; else all of them */
  const struct pyr__sd_filter *filters;
  size_t filter_count;
  struct pyr__http_access_options access;
  int64_t refresh_interval_ns;
};

struct pyr__sd_configs {
  const struct pyr__file_sd_config *file;
  size_t file_count;
  const struct pyr__http_sd_config *http;
  size_t http_count;
  const struct pyr__dns_sd_config *dns;
  size_t dns_count;
  const struct pyr__kubernetes_sd_config *kubernetes;
  size_t kubernetes_count;
  const struct pyr__ec2_sd_config *ec2;
  size_t ec2_count;
  const struct pyr__consul_sd_config *consul;
  size_t consul_count;
  const struct pyr__docker_sd_config *docker;
  size_t docker_count;
};

/* "eu-west-1": a part of hosts and of signatures. */
bool pyr__is_aws_region(pyr_str_t text);

static inline bool pyr__sd_is_any(const struct pyr__sd_configs *sd) {
  return sd->file_count + sd->http_count + sd->dns_count +
             sd->kubernetes_count + sd->ec2_count + sd->consul_count +
             sd->docker_count >
         0;
}

struct pyr__target_limits { /* 0: none */
  uint64_t targets;
  uint64_t labels, label_name_length, label_value_length; /* of one target */
  uint64_t keep_dropped; /* dropped targets that are shown */
};

#endif

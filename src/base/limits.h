/* Every ceiling that is not the user's to set, and the defaults of those that
 * are.  Passing one is an error with a name, never an abort. */
#ifndef PYR__BASE_LIMITS_H
#define PYR__BASE_LIMITS_H

#define PYR__KIB ((size_t)1024)
#define PYR__MIB (1024 * PYR__KIB)

/* configuration */
#define PYR__LIMIT_CONFIG_BYTES (16 * PYR__MIB)
#define PYR__LIMIT_CONFIG_FILES 10000 /* that one includes */
#define PYR__LIMIT_YAML_DEPTH   64
#define PYR__LIMIT_YAML_NODES   2000000
#define PYR__LIMIT_YAML_ERRORS  100
#define PYR__LIMIT_YAML_BYTES   (256 * PYR__MIB)  /* the tree of one file */
#define PYR__LIMIT_VALUES_BYTES (256 * PYR__MIB)  /* what a file came to */
#define PYR__LEAST_INTERVAL_NS  10000000          /* 10 ms */
#define PYR__MOST_INTERVAL_NS   31536000000000000 /* a year */
#define PYR__LIMIT_PROFILES     100               /* of one job */
#define PYR__LIMIT_SECONDS      86400             /* of one profile */
#define PYR__DEFAULT_SECONDS    10
#define PYR__DEFAULT_TIMEOUT_S  15
#define PYR__TIMEOUT_MARGIN_S   5 /* more than a profile takes */

/* discovery */
#define PYR__LEAST_REFRESH_NS   1000000000      /* 1 s, of a discovery */
#define PYR__LIMIT_JOB_TARGETS  1000000         /* discovered, of one job */
#define PYR__LIMIT_GROUP_BYTES  (64 * PYR__MIB) /* labels of one group */
#define PYR__LIMIT_TARGET_BYTES (4 * PYR__MIB)  /* making one target */
#define PYR__LIMIT_LIST_BYTES   (16 * PYR__MIB) /* a file or body of targets */
#define PYR__LIMIT_LIST_VALUE   (256 * PYR__KIB)
#define PYR__LIMIT_LIST_KEYS    10000  /* of a map in it */
#define PYR__LIMIT_SD_FILES     100000 /* of one file-sd-configs entry */

/* patterns */
#define PYR__LIMIT_REGEX_BYTES   (16 * PYR__KIB)
#define PYR__LIMIT_REGEX_OUT     (256 * PYR__KIB) /* as PCRE2 gets it */
#define PYR__LIMIT_REGEX_NESTING 200
#define PYR__LIMIT_REGEX_STEPS   1000000 /* of small patterns */
#define PYR__LIMIT_REGEX_DEPTH   100000
#define PYR__LIMIT_REGEX_KIB     16384 /* memory of one match */
#define PYR__LIMIT_REGEX_NAME    64    /* of a pattern, in an error text */

/* net */
#define PYR__LIMIT_URL_BYTES        (8 * PYR__KIB)
#define PYR__LIMIT_HEADER_BYTES     (64 * PYR__KIB)
#define PYR__LIMIT_SENT_BYTES       (256 * PYR__KIB) /* a request's body */
#define PYR__LIMIT_FETCH_BYTES      (64 * PYR__KIB)  /* a token or keys */
#define PYR__LIMIT_SENT_HEAD        256 /* what is said of it in the head */
#define PYR__LIMIT_HEADER_COUNT     200
#define PYR__LIMIT_SECRET_BYTES     (32 * PYR__KIB) /* a password or token */
#define PYR__LIMIT_AWS_KEY          (8 * PYR__KIB)  /* or a token */
#define PYR__LIMIT_ACCESS_BYTES     PYR__MIB        /* all secrets of a job */
#define PYR__LIMIT_REDIRECTS        10
#define PYR__LIMIT_RETRY_AFTER_NS   (INT64_C(600) * 1000000000)
#define PYR__LIMIT_ERROR_BODY       200
#define PYR__LIMIT_IDLE_PER_ADDRESS 4
#define PYR__LIMIT_DNS_ADDRESSES    16
#define PYR__LIMIT_DNS_CACHE        4096

/* discovery */
#define PYR__LIMIT_JSON_DEPTH            128
#define PYR__LIMIT_AWS_FILE              PYR__MIB /* of shared profiles */
#define PYR__LIMIT_EC2_TEXT              (256 * PYR__KIB)
#define PYR__LIMIT_EC2_INTERFACES        64 /* of one instance, by device */
#define PYR__LIMIT_EC2_PAGES             10000
#define PYR__LIMIT_JSON_TEXT             (512 * PYR__KIB) /* a key or value */
#define PYR__LIMIT_JSON_RECORD           (16 * PYR__MIB)  /* of one object */
#define PYR__LIMIT_JSON_HELD             (256 * PYR__MIB) /* not emitted yet */
#define PYR__LIMIT_JSON_BODY             (512 * PYR__MIB) /* of one answer */
#define PYR__LIMIT_CONSUL_SERVICES       100000
#define PYR__LIMIT_CONSUL_WATCHES        256 /* at a time, of one discovery */
#define PYR__LIMIT_KUBERNETES_TEXT       (512 * PYR__KIB) /* a key or value */
#define PYR__LIMIT_KUBERNETES_RECORD     (2 * PYR__MIB) /* kept of one object */
#define PYR__LIMIT_KUBERNETES_CACHE      (256 * PYR__MIB) /* one resource */
#define PYR__LIMIT_KUBERNETES_GROUP      (64 * PYR__MIB) /* while it is built */
#define PYR__LIMIT_KUBERNETES_FILE       PYR__MIB        /* a kubeconfig */
#define PYR__LIMIT_KUBERNETES_CONTAINERS 1024            /* of a pod */
#define PYR__LIMIT_KUBERNETES_HOSTS      4000000 /* rules by TLS hosts */

/* net: TLS */
#define PYR__LIMIT_TLS_CHAIN         8 /* certificates a server sends */
#define PYR__LIMIT_TLS_RSA_BITS      8192
#define PYR__LIMIT_TLS_FILE_BYTES    (4 * PYR__MIB)
#define PYR__LIMIT_TLS_HELD_BYTES    (64 * PYR__KIB) /* waiting, each way */
#define PYR__LIMIT_TLS_SESSIONS      1024            /* of one configuration */
#define PYR__LIMIT_TLS_SESSION_BYTES (8 * PYR__KIB)

/* pprof: defaults of `limits:` and `body-size-limit` */
#define PYR__DEFAULT_BODY_BYTES (64 * PYR__MIB)
#define PYR__DEFAULT_SCRAPE_BYTES                                              \
  (10 * PYR__MIB) /* of all profiles in flight */
#define PYR__SMALL_SCRAPE_BYTES                                                \
  (256 * PYR__KIB) /* that each may take beside it */
#define PYR__DEFAULT_DELTA_BYTES (16 * PYR__MIB) /* baseline of one target */
#define PYR__DEFAULT_IN_FLIGHT   2000
#define PYR__LIMIT_STACK_FRAMES  65536
#define PYR__LIMIT_FIELD_BYTES   PYR__MIB /* one top-level field */
#define PYR__LIMIT_SAMPLE_TYPES  64
#define PYR__LIMIT_SAMPLE_LABELS 256
#define PYR__LIMIT_GONE_SCRAPES  8 /* that a gone stack is remembered for */

/* store */
#define PYR__DEFAULT_SEGMENT_BYTES    (64 * PYR__MIB)
#define PYR__DEFAULT_DICTIONARY_BYTES (32 * PYR__MIB)
#define PYR__DEFAULT_BUFFER_BYTES     (8 * PYR__MIB)
#define PYR__LIMIT_FRAME_BYTES        (256 * PYR__MIB - 1) /* 28 bits */
#define PYR__LIMIT_FRAME_RATIO        64 /* inflated to stored bytes */
#define PYR__LIMIT_FLUSH_BYTES        (256 * PYR__KIB) /* then it is not waited */
#define PYR__LIMIT_SERIES_LABELS      1024
#define PYR__LIMIT_RECORD_VALUES      ((size_t)8 << 20)
#define PYR__LIMIT_MERGE_VALUES       ((size_t)8 << 30) /* of one segment */
#define PYR__LIMIT_CHAIN              15 /* changes after a whole record */
#define PYR__LIMIT_SEGMENT_TABLES     (256 * PYR__MIB) /* when reading one */
#define PYR__LIMIT_LOST_RATIO         16 /* ids that a lost byte may have held */

/* query */
#define PYR__DEFAULT_QUERY_BYTES  (256 * PYR__MIB) /* one merged profile */
#define PYR__LIMIT_CATALOG_BYTES  (64 * PYR__MIB)
#define PYR__LIMIT_SELECTOR_BYTES (16 * PYR__KIB)
#define PYR__LIMIT_MATCHERS       64
#define PYR__LIMIT_EXPORT_BYTES   (256 * PYR__MIB) /* tables of an export */
#define PYR__LIMIT_LINES_BYTES    (16 * PYR__MIB)

/* serve */
#define PYR__LIMIT_SERVER_CONNECTIONS   64
#define PYR__LIMIT_REQUEST_HEADER_BYTES (8 * PYR__KIB)
#define PYR__LIMIT_REQUEST_BODY_BYTES   0

#endif

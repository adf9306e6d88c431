/* Escaping and the forms of numbers, for pages, metrics and JSON.  Independent
 * of the program's locale.  All append, and return what pyr__buf_add does. */
#ifndef PYR__SERVE_TEXT_H
#define PYR__SERVE_TEXT_H

#include "base/buf.h"
#include "base/str.h"

/* For HTML text and quoted attributes. */
int pyr__serve_html(struct pyr__buf *out, pyr_str_t text);
/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
int pyr__serve_json(struct pyr__buf *out, pyr_str_t text);
/* {"a":"b"} */
int pyr__serve_json_labels(struct pyr__buf *out, const pyr_label_t *labels,
                           size_t count);
/* A label value of the Prometheus text format, without quotes; what is not
 * UTF-8 becomes U+FFFD, as the format must be UTF-8. */
int pyr__serve_label_value(struct pyr__buf *out, pyr_str_t text);
/* "0.0025", "12", "NaN", "+Inf" */
int pyr__serve_double(struct pyr__buf *out, double value);
/* "1.5" of nanoseconds. */
int pyr__serve_seconds(struct pyr__buf *out, int64_t ns);
/* As Go prints a duration: "1m30.5s", "12.5ms", "0s". */
int pyr__serve_go_duration(struct pyr__buf *out, int64_t ns);
/* As Prometheus prints one: "1m30s", "500ms", "0s"; below a millisecond is
 * dropped. */
int pyr__serve_prometheus_duration(struct pyr__buf *out, int64_t ns);
/* RFC 3339; "0001-01-01T00:00:00Z" where it never was. */
int pyr__serve_time(struct pyr__buf *out, int64_t wall_ns);
/* "3.2 MiB" */
int pyr__serve_bytes(struct pyr__buf *out, uint64_t bytes);

#endif

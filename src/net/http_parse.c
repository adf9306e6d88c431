#include "net/http_parse.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"

enum { INTERIM_MAX = 20 };

static const char *const field_names[PYR__HTTP_FIELDS] = {
    NULL,   "content-type", "content-encoding", "location",
    "etag", "retry-after",  "x-consul-index",   "transfer-encoding"};

static struct pyr__http_parse *of(llhttp_t *llhttp) {
  return llhttp->data;
}

/* What callbacks of llhttp return to stop it; the code stands beside. */
static int stop(struct pyr__http_parse *parse, int code) {
  parse->code = code;
  return HPE_USER;
}

static int no_room(struct pyr__http_parse *parse, int rc) {
  if (rc == PYR__ENOMEM)
    return stop(parse, pyr__error_nomem(parse->err));
  return stop(parse, pyr__error(parse->err, PYR_ELIMIT,
                                "header is longer than %zu bytes",
                                (size_t)PYR__LIMIT_HEADER_BYTES));
}

static int on_status(llhttp_t *llhttp, const char *text, size_t len) {
  struct pyr__http_parse *parse = of(llhttp);
  int rc = pyr__http_fields_add(&parse->fields, PYR__HTTP_REASON, text, len);
  return rc != 0 ? no_room(parse, rc) : 0;
}

static int on_field(llhttp_t *llhttp, const char *text, size_t len) {
  pyr__http_fields_name(&of(llhttp)->fields, text, len);
  return 0;
}

/* Headers are counted here, as the same bytes in other pieces may show or not
 * the beginning of a name that is wrong. */
static int on_field_complete(llhttp_t *llhttp) {
  struct pyr__http_parse *parse = of(llhttp);
  int rc = pyr__http_fields_named(&parse->fields);
  if (parse->fields.seen > PYR__LIMIT_HEADER_COUNT)
    return stop(parse,
                pyr__error(parse->err, PYR_ELIMIT, "more than %d headers",
                           PYR__LIMIT_HEADER_COUNT));
  return rc != 0 ? no_room(parse, rc) : 0;
}

/* Nobody wants to know trailers. */
static int on_value(llhttp_t *llhttp, const char *text, size_t len) {
  struct pyr__http_parse *parse = of(llhttp);
  int rc = parse->is_head_done
               ? 0
               : pyr__http_fields_value(&parse->fields, text, len);
  return rc != 0 ? no_room(parse, rc) : 0;
}

static pyr_str_t value_of(const struct pyr__http_parse *parse,
                          enum pyr__http_field field) {
  return pyr__http_fields_get(&parse->fields, field);
}

static int check_head(struct pyr__http_parse *parse) {
  const llhttp_t *llhttp = &parse->llhttp;
  pyr_str_t coding = value_of(parse, PYR__HTTP_TRANSFER_ENCODING);
  char text[64];

  if (llhttp->http_major != 1 || llhttp->http_minor > 1)
    return pyr__error(parse->err, PYR_EHTTP, "HTTP/%u.%u is not supported",
                      llhttp->http_major, llhttp->http_minor);
  if (llhttp->status_code < 100 || llhttp->status_code > 599)
    return pyr__error(parse->err, PYR_EHTTP, "%u is no HTTP status",
                      llhttp->status_code);
  if (llhttp->status_code == 101)
    return pyr__error(parse->err, PYR_EHTTP,
                      "101 Switching Protocols was not asked for");
  if (coding.len != 0 && !pyr__str_is_nocase(coding, "chunked")) {
    pyr__str_escape(text, sizeof(text), coding);
    return pyr__error(parse->err, PYR_EHTTP,
                      "Transfer-Encoding \"%s\" is not supported", text);
  }
  return 0;
}

static bool is_interim(const struct pyr__http_parse *parse) {
  return parse->llhttp.status_code / 100 == 1;
}

/* What their headers say of a body is about another response. */
static bool has_no_body(const struct pyr__http_parse *parse) {
  return parse->is_connect || is_interim(parse) ||
         parse->llhttp.status_code == 204 || parse->llhttp.status_code == 304;
}

/* Answers 1 where there is no body, -1 to stop. */
static int on_headers_complete(llhttp_t *llhttp) {
  struct pyr__http_parse *parse = of(llhttp);
  struct pyr__http_parse_head head;
  int rc = check_head(parse);

  if (rc != 0) {
    stop(parse, rc);
    return -1;
  }
  if (is_interim(parse))
    return 1;
  parse->is_head_done = true;
  if ((llhttp->flags & F_CONTENT_LENGTH) != 0)
    parse->content_length = llhttp->content_length;
  parse->keep_alive = llhttp_should_keep_alive(llhttp) != 0;
  memset(&head, 0, sizeof(head));
  head.head.status = llhttp->status_code;
  head.head.reason = value_of(parse, PYR__HTTP_REASON);
  head.head.content_type = value_of(parse, PYR__HTTP_CONTENT_TYPE);
  head.head.content_encoding = value_of(parse, PYR__HTTP_CONTENT_ENCODING);
  head.head.etag = value_of(parse, PYR__HTTP_ETAG);
  head.head.retry_after = value_of(parse, PYR__HTTP_RETRY_AFTER);
  head.head.consul_index = value_of(parse, PYR__HTTP_CONSUL_INDEX);
  head.location = value_of(parse, PYR__HTTP_LOCATION);
  rc = parse->events->on_head(parse->ctx, &head, parse->err);
  pyr__http_fields_release(&parse->fields);
  if (rc < 0) {
    stop(parse, rc);
    return -1;
  }
  return has_no_body(parse);
}

static int on_body(llhttp_t *llhttp, const char *data, size_t len) {
  struct pyr__http_parse *parse = of(llhttp);
  int rc;
  parse->body_end = data + len;
  parse->body_bytes += len;
  rc = parse->events->on_body(parse->ctx, (const uint8_t *)data, len,
                              parse->err);
  return rc < 0 ? stop(parse, rc) : 0;
}

static int on_message_complete(llhttp_t *llhttp) {
  struct pyr__http_parse *parse = of(llhttp);
  parse->is_done = !is_interim(parse);
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_status = on_status,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Forgets the head, for the first response and after an interim one. */
static void begin_response(struct pyr__http_parse *parse) {
  llhttp_init(&parse->llhttp, HTTP_RESPONSE, &settings);
  parse->llhttp.data = parse;
  pyr__http_fields_clear(&parse->fields);
}

void pyr__http_parse_init(struct pyr__http_parse *parse,
                          struct pyr__memory *memory,
                          const struct pyr__http_parse_events *events,
                          void *ctx) {
  memset(parse, 0, sizeof(*parse));
  parse->events = events;
  parse->ctx = ctx;
  parse->content_length = UINT64_MAX;
  pyr__http_fields_init(&parse->fields, field_names, PYR__HTTP_FIELDS,
                        1U << PYR__HTTP_CONTENT_ENCODING |
                            1U << PYR__HTTP_TRANSFER_ENCODING,
                        memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_HEADER_BYTES);
  begin_response(parse);
}

void pyr__http_parse_release(struct pyr__http_parse *parse) {
  pyr__http_fields_release(&parse->fields);
}

static int broken(struct pyr__http_parse *parse, enum llhttp_errno number) {
  const char *reason = llhttp_get_error_reason(&parse->llhttp);
  if (parse->code != 0)
    return parse->code;
  return pyr__error(
      parse->err, PYR_EHTTP, "not an HTTP response: %s",
      reason != NULL && reason[0] != '\0' ? reason : llhttp_errno_name(number));
}

/* An alert or a handshake, where the first byte should be that of a status
 * line. */
static bool is_tls(const struct pyr__http_parse *parse, const uint8_t *data,
                   size_t len) {
  return parse->received == len && (data[0] == 0x15 || data[0] == 0x16);
}

/* An unending header, unending chunk extensions, unending trailers. */
static int check_framing(struct pyr__http_parse *parse) {
  if (parse->framing < PYR__LIMIT_HEADER_BYTES)
    return 0;
  return pyr__error(parse->err, PYR_ELIMIT, "%s longer than %zu bytes",
                    parse->is_head_done ? "chunk framing is" : "header is",
                    (size_t)PYR__LIMIT_HEADER_BYTES);
}

/* One run of llhttp, over no more bytes than a header may still have. */
static int run(struct pyr__http_parse *parse, const uint8_t *data, size_t len,
               size_t *used) {
  const char *start = (const char *)data;
  enum llhttp_errno number;

  if (!parse->is_head_done && len > PYR__LIMIT_HEADER_BYTES - parse->framing)
    len = (size_t)(PYR__LIMIT_HEADER_BYTES - parse->framing);
  parse->body_end = NULL;
  number = llhttp_execute(&parse->llhttp, start, len);
  *used = len;
  if (number == HPE_PAUSED)
    *used = (size_t)(llhttp_get_error_pos(&parse->llhttp) - start);
  parse->received += *used;
  if (parse->body_end != NULL)
    parse->framing = (uint64_t)(start + *used - parse->body_end);
  else
    parse->framing += *used;
  if (number == HPE_PAUSED && parse->is_done)
    return 1;
  if (number == HPE_PAUSED) {
    if (++parse->interim_count > INTERIM_MAX)
      return pyr__error(parse->err, PYR_ELIMIT,
                        "more than %d interim responses", INTERIM_MAX);
    begin_response(parse);
  } else if (number != HPE_OK) {
    if (is_tls(parse, data, *used))
      return pyr__error(parse->err, PYR_EHTTP,
                        "the server speaks TLS: ask it with https");
    return broken(parse, number);
  }
  return check_framing(parse);
}

int pyr__http_parse_feed(struct pyr__http_parse *parse, const uint8_t *data,
                         size_t len, size_t *used, pyr_error_t *err) {
  size_t step;
  int rc = 0;

  parse->err = err;
  *used = 0;
  while (rc == 0 && *used < len) {
    rc = run(parse, data + *used, len - *used, &step);
    *used += step;
  }
  parse->err = NULL;
  return rc;
}

int pyr__http_parse_finish(struct pyr__http_parse *parse, pyr_error_t *err) {
  if (parse->received == 0)
    return pyr__error(err, PYR_ENET, "connection closed without a response");
  if (!parse->is_head_done)
    return pyr__error(err, PYR_EHTTP,
                      "connection closed inside the header, after %llu bytes",
                      (unsigned long long)parse->received);
  parse->err = err;
  llhttp_finish(&parse->llhttp);
  parse->err = NULL;
  if (parse->is_done)
    return 1;
  if (parse->content_length != UINT64_MAX)
    return pyr__error(err, PYR_EHTTP,
                      "connection closed after %llu of %llu bytes",
                      (unsigned long long)parse->body_bytes,
                      (unsigned long long)parse->content_length);
  return pyr__error(err, PYR_EHTTP,
                    "connection closed inside a chunked body, after %llu bytes",
                    (unsigned long long)parse->body_bytes);
}

#include "net/http_server_request.h"

#include <string.h>

#include "base/str.h"

enum { HTTP_MAJOR = 1, HEAD_IS_ALL = 1 /* for llhttp */ };
enum { HOST, ORIGIN, AUTHORIZATION, FIELDS };

static const char *const field_names[FIELDS] = {"host", "origin",
                                                "authorization"};

static int refuse(struct pyr__http_request_parser *parser, int status) {
  parser->status = status;
  return -1;
}

static int refuse_full(struct pyr__http_request_parser *parser, int rc) {
  return refuse(parser, rc == PYR_ELIMIT ? 431 : 503);
}

static int on_url(llhttp_t *llhttp, const char *at, size_t len) {
  struct pyr__http_request_parser *parser = llhttp->data;
  int rc = pyr__buf_add(&parser->url, at, len);
  return rc == 0 ? 0 : refuse_full(parser, rc);
}

static int on_field(llhttp_t *llhttp, const char *at, size_t len) {
  struct pyr__http_request_parser *parser = llhttp->data;
  pyr__http_fields_name(&parser->fields, at, len);
  return 0;
}

static int on_field_complete(llhttp_t *llhttp) {
  struct pyr__http_request_parser *parser = llhttp->data;
  int rc = pyr__http_fields_named(&parser->fields);
  return rc == 0 ? 0 : refuse_full(parser, rc);
}

static int on_value(llhttp_t *llhttp, const char *at, size_t len) {
  struct pyr__http_request_parser *parser = llhttp->data;
  int rc = pyr__http_fields_value(&parser->fields, at, len);
  return rc == 0 ? 0 : refuse_full(parser, rc);
}

/* Two of one of these are two opinions about one thing. */
static bool is_ambiguous(const struct pyr__http_request_parser *parser) {
  unsigned i;
  for (i = 0; i < FIELDS; i++)
    if (parser->fields.times[i] > 1)
      return true;
  return false;
}

/* What is refused before a body could follow, which is never read.  What is
 * wrong with a POST is the route's to say. */
static int on_headers_complete(llhttp_t *llhttp) {
  struct pyr__http_request_parser *parser = llhttp->data;
  bool is_post = llhttp->method == HTTP_POST && parser->allow_post;
  bool has_body = (llhttp->flags & F_TRANSFER_ENCODING) != 0 ||
                  llhttp->content_length > PYR__LIMIT_REQUEST_BODY_BYTES;

  if (llhttp->http_major != HTTP_MAJOR)
    return refuse(parser, 505);
  if (llhttp->method != HTTP_GET && llhttp->method != HTTP_HEAD && !is_post)
    return refuse(parser, 405);
  if (has_body && !is_post)
    return refuse(parser, 413);
  if (is_ambiguous(parser))
    return refuse(parser, 400);
  parser->is_old = llhttp->http_minor == 0;
  parser->request.is_head = llhttp->method == HTTP_HEAD;
  parser->request.is_post = is_post;
  parser->request.has_body = has_body;
  parser->request.host = pyr__http_fields_get(&parser->fields, HOST);
  parser->request.origin = pyr__http_fields_get(&parser->fields, ORIGIN);
  parser->request.authorization =
      pyr__http_fields_get(&parser->fields, AUTHORIZATION);
  return has_body ? HEAD_IS_ALL : 0;
}

static int on_message_complete(llhttp_t *llhttp) {
  struct pyr__http_request_parser *parser = llhttp->data;
  parser->keep_alive =
      !parser->request.has_body && llhttp_should_keep_alive(llhttp) != 0;
  parser->is_whole = true;
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_message_complete = on_message_complete,
};

void pyr__http_request_parser_init(struct pyr__http_request_parser *parser,
                                   struct pyr__memory *memory,
                                   size_t header_limit) {
  memset(parser, 0, sizeof(*parser));
  parser->header_limit = header_limit;
  pyr__buf_init(&parser->url, memory, PYR__MEM_NET_SERVER, header_limit);
  pyr__http_fields_init(&parser->fields, field_names, FIELDS, 0, memory,
                        PYR__MEM_NET_SECRETS, header_limit);
  pyr__http_request_parser_restart(parser);
}

void pyr__http_request_parser_release(struct pyr__http_request_parser *parser) {
  pyr__buf_release(&parser->url);
  pyr__http_fields_release(&parser->fields);
}

void pyr__http_request_parser_restart(struct pyr__http_request_parser *parser) {
  llhttp_init(&parser->llhttp, HTTP_REQUEST, &settings);
  parser->llhttp.data = parser;
  pyr__buf_clear(&parser->url);
  pyr__http_fields_clear(&parser->fields);
  parser->taken = 0;
  parser->status = 0;
  parser->keep_alive = parser->is_old = parser->is_whole = false;
  memset(&parser->request, 0, sizeof(parser->request));
}

/* Decodes in place; 0, or -1 where an escape is broken or stands for NUL. */
static int percent_decode(char *text, size_t len, bool plus_is_space,
                          pyr_str_t *out) {
  size_t from, to = 0;
  for (from = 0; from < len; from++) {
    char c = text[from];
    if (c == '%') {
      int high = from + 2 < len ? pyr__hex_digit(text[from + 1]) : -1;
      int low = from + 2 < len ? pyr__hex_digit(text[from + 2]) : -1;
      if (high < 0 || low < 0 || high + low == 0)
        return -1;
      c = (char)(high * 16 + low);
      from += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    text[to++] = c;
  }
  *out = (pyr_str_t){text, to};
  return 0;
}

static int split_pair(char *text, size_t len, struct pyr__http_query *out) {
  char *equals = memchr(text, '=', len);
  size_t key_len = equals == NULL ? len : (size_t)(equals - text);
  char *value = equals == NULL ? text + len : equals + 1;

  if (percent_decode(text, key_len, true, &out->key) != 0)
    return -1;
  return percent_decode(value, (size_t)(text + len - value), true, &out->value);
}

static int split_query(struct pyr__http_request_parser *parser, char *text,
                       size_t len) {
  char *end = text + len;
  while (text < end) {
    char *amp = memchr(text, '&', (size_t)(end - text));
    size_t pair = (size_t)((amp == NULL ? end : amp) - text);
    if (pair > 0) {
      if (parser->request.query_count == PYR__HTTP_QUERY_MAX ||
          split_pair(text, pair, &parser->query[parser->request.query_count]) !=
              0)
        return -1;
      parser->request.query_count++;
    }
    text += pair + 1;
  }
  parser->request.query = parser->query;
  return 0;
}

/* Where the path of "http://host/path" or of "/path" begins; NULL: nowhere. */
static char *find_path(char *url, size_t len) {
  char *at = url, *end = url + len;
  if (len > 0 && *url == '/')
    return url;
  if (len < 7 || strncasecmp(url, "http://", 7) != 0)
    return NULL;
  for (at += 7; at < end && *at != '/' && *at != '?' && *at != '#'; at++)
    ;
  return at < end && *at == '/' ? at : NULL;
}

static int split_url(struct pyr__http_request_parser *parser) {
  char *url = (char *)parser->url.data;
  char *path = url == NULL ? NULL : find_path(url, parser->url.len);
  char *end, *query;

  if (path == NULL)
    return -1;
  end = url + parser->url.len;
  query = memchr(path, '#', (size_t)(end - path));
  if (query != NULL)
    end = query;
  query = memchr(path, '?', (size_t)(end - path));
  if (query != NULL &&
      split_query(parser, query + 1, (size_t)(end - query - 1)) != 0)
    return -1;
  return percent_decode(path, (size_t)((query == NULL ? end : query) - path),
                        false, &parser->request.path);
}

static enum pyr__http_parsed bad(struct pyr__http_request_parser *parser,
                                 int status) {
  if (parser->status == 0)
    parser->status = status;
  return PYR__HTTP_BAD;
}

enum pyr__http_parsed
pyr__http_request_parse(struct pyr__http_request_parser *parser,
                        const char *data, size_t len, size_t *used) {
  size_t room = parser->header_limit - parser->taken;
  size_t part = len < room ? len : room;
  llhttp_errno_t code;

  *used = 0;
  if (parser->status != 0)
    return PYR__HTTP_BAD;
  if (len == 0)
    return PYR__HTTP_MORE;
  if (part == 0)
    return bad(parser, 431);
  code = llhttp_execute(&parser->llhttp, data, part);
  if (parser->is_whole) {
    *used = (size_t)(llhttp_get_error_pos(&parser->llhttp) - data);
    parser->taken += *used;
    return split_url(parser) == 0 ? PYR__HTTP_WHOLE : bad(parser, 400);
  }
  *used = part;
  parser->taken += part;
  if (code != HPE_OK)
    return bad(parser, 400);
  return part < len ? bad(parser, 431) : PYR__HTTP_MORE;
}

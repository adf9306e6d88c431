/* Responses: the head, a whole body or its slices, and the writing of them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "net/http_exchange.h"

enum { CHUNK_HEAD = 10 /* "00001000\r\n" */ };

static void write_slice(struct pyr__http_exchange *exchange);

static const char *reason_of(int status) {
  static const struct {
    int status;
    const char *reason;
  } reasons[] = {{200, "OK"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {404, "Not Found"},
                 {403, "Forbidden"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {413, "Content Too Large"},
                 {422, "Unprocessable Content"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};
  size_t i;
  for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
    if (reasons[i].status == status)
      return reasons[i].reason;
  return "Other";
}

/* As strftime would, were it not for the program's locale. */
static void format_date(char out[40], int64_t wall_ns) {
  static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
                                     "Thu", "Fri", "Sat"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
  time_t seconds = (time_t)(wall_ns / PYR__NS_PER_S);
  struct tm tm;
  memset(&tm, 0, sizeof(tm));
  gmtime_r(&seconds, &tm);
  snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7],
           tm.tm_mday % 100, months[tm.tm_mon % 12],
           (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
           tm.tm_sec % 100);
}

/* `len` SIZE_MAX: the length is not known. */
static int add_head(struct pyr__http_exchange *exchange, int status,
                    const char *content_type, size_t len) {
  const struct pyr__http_server_options *options = &exchange->server->options;
  struct pyr__buf *out = &exchange->out;
  char date[40];
  int rc;

  format_date(date, pyr__wall(&options->clock));
  rc = pyr__buf_add_format(
      out,
      "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'self'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
      "Connection: %s\r\n",
      status, reason_of(status), date, content_type,
      exchange->keep_alive ? "keep-alive" : "close");
  if (rc == 0 && status == 405)
    rc = pyr__buf_add_format(out, "Allow: %s\r\n", options->allow);
  if (rc == 0 && status == 401)
    rc = pyr__buf_add_format(out, "WWW-Authenticate: %s\r\n",
                             exchange->challenge);
  if (rc == 0 && status == 429)
    rc = pyr__buf_add_text(out, "Retry-After: 1\r\n");
  if (rc == 0 && len != SIZE_MAX)
    rc = pyr__buf_add_format(out, "Content-Length: %zu\r\n", len);
  else if (rc == 0 && exchange->is_chunked)
    rc = pyr__buf_add_text(out, "Transfer-Encoding: chunked\r\n");
  return rc == 0 ? pyr__buf_add_text(out, "\r\n") : rc;
}

/* Without memory there is still this, as far as the socket takes it. */
static void fail(struct pyr__http_exchange *exchange) {
  static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
                             "Content-Length: 0\r\nConnection: close\r\n\r\n";
  ssize_t sent;
  exchange->phase = PYR__HTTP_WRITING; /* an answer was given: nobody is gone */
  if (exchange->tls == NULL) {
    sent =
        send(exchange->fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
  }
  pyr__http_exchange_close(exchange);
}

static void drop_producer(struct pyr__http_exchange *exchange) {
  bool had = exchange->has_producer;
  exchange->has_producer = false;
  if (had && exchange->producer.release != NULL)
    exchange->producer.release(exchange->producer.ctx);
}

void pyr__http_exchange_sent(struct pyr__http_exchange *exchange) {
  pyr__buf_clear(&exchange->out);
  if (exchange->has_producer)
    write_slice(exchange);
  else
    pyr__http_exchange_next(exchange);
}

/* What it cannot take now waits until it can, in another turn of the loop. */
void pyr__http_exchange_send(struct pyr__http_exchange *exchange) {
  size_t len = exchange->out.len - exchange->sent;
  ssize_t sent = send(exchange->fd, exchange->out.data + exchange->sent, len,
                      MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) {
    exchange->sent += (size_t)sent;
    if ((size_t)sent == len)
      pyr__http_exchange_sent(exchange);
  } else if (errno != EAGAIN && errno != EINTR) {
    pyr__http_exchange_close(exchange);
  }
}

static void write_out(struct pyr__http_exchange *exchange) {
  exchange->sent = 0;
  pyr__http_exchange_phase(exchange, PYR__HTTP_WRITING,
                           exchange->server->options.write_timeout_ns);
  pyr__http_exchange_watch(exchange, UV_WRITABLE);
}

/* Appends what the producer gives, framed as a chunk where chunks are. */
static int add_slice(struct pyr__http_exchange *exchange) {
  struct pyr__buf *out = &exchange->out;
  size_t head = exchange->is_chunked ? CHUNK_HEAD : 0, start = out->len, len;
  char text[CHUNK_HEAD + 1];
  int more, rc = pyr__buf_add(out, "00000000\r\n", head);

  more = rc != 0 ? rc : exchange->producer.next(exchange->producer.ctx, out);
  len = out->len - start - head;
  if (more < 0 || (more > 0 && len == 0))
    return more < 0 ? more : PYR_EUSAGE;
  if (!exchange->is_chunked)
    return more;
  snprintf(text, sizeof(text), "%08zx\r\n", len);
  memcpy(out->data + start, text, CHUNK_HEAD);
  if (len == 0)
    out->len = start;
  else
    rc = pyr__buf_add_text(out, "\r\n");
  if (rc == 0 && more == 0)
    rc = pyr__buf_add_text(out, "0\r\n\r\n");
  return rc == 0 ? more : rc;
}

static void write_slice(struct pyr__http_exchange *exchange) {
  int more = add_slice(exchange);
  if (more < 0) {
    pyr__http_exchange_close(exchange);
    return;
  }
  if (more == 0)
    drop_producer(exchange);
  write_out(exchange);
}

void pyr__http_respond(struct pyr__http_exchange *exchange, int status,
                       const char *content_type, const void *body, size_t len) {
  int rc;
  exchange->is_chunked = false;
  pyr__buf_clear(&exchange->out);
  rc = add_head(exchange, status, content_type, len);
  if (rc == 0 && !exchange->parser.request.is_head)
    rc = pyr__buf_add(&exchange->out, body, len);
  if (rc == 0)
    write_out(exchange);
  else
    fail(exchange);
}

void pyr__http_respond_text(struct pyr__http_exchange *exchange, int status,
                            const char *format, ...) {
  char text[1024];
  va_list args;
  int len;

  va_start(args, format);
  len = vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  if (len < 0)
    len = 0;
  if ((size_t)len >= sizeof(text))
    len = sizeof(text) - 1;
  pyr__http_respond(exchange, status, "text/plain; charset=utf-8", text,
                    (size_t)len);
}

void pyr__http_respond_challenge(struct pyr__http_exchange *exchange,
                                 const char *challenge) {
  exchange->challenge = challenge;
  pyr__http_respond_text(exchange, 401, "Unauthorized\n");
}

void pyr__http_respond_slices(struct pyr__http_exchange *exchange, int status,
                              const char *content_type,
                              const struct pyr__http_producer *producer) {
  int more = 0;

  exchange->producer = *producer;
  exchange->has_producer = true;
  exchange->is_chunked = !exchange->parser.is_old;
  if (exchange->parser.is_old)
    exchange->keep_alive = false; /* the end of the body is the end */
  pyr__buf_clear(&exchange->out);
  if (add_head(exchange, status, content_type, SIZE_MAX) != 0) {
    drop_producer(exchange);
    fail(exchange);
    return;
  }
  if (!exchange->parser.request.is_head)
    more = add_slice(exchange);
  if (more <= 0)
    drop_producer(exchange);
  if (more < 0)
    fail(exchange);
  else
    write_out(exchange);
}

void pyr__http_exchange_on_gone(struct pyr__http_exchange *exchange,
                                void (*gone)(void *ctx), void *ctx) {
  exchange->gone = gone;
  exchange->gone_ctx = ctx;
}

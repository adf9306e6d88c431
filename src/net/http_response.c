/* What a response leads to: a redirect, an error that quotes it, or a body. */
#include <stdio.h>
#include <string.h>

#include "net/http_request.h"
#include "net/pool.h"

enum {
  DRAIN_MAX = 64 * 1024, /* of a body that only stands in the way */
  REASON_MAX = 64,
  SHOWN_URL = 200
};

static bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

static int check_encoding(const struct pyr__http_head *head, pyr_error_t *err) {
  pyr_str_t encoding = head->content_encoding;
  char text[REASON_MAX];
  if (encoding.len == 0 || pyr__str_is_nocase(encoding, "identity") ||
      pyr__str_is_nocase(encoding, "gzip") ||
      pyr__str_is_nocase(encoding, "x-gzip"))
    return 0;
  pyr__str_escape(text, sizeof(text), encoding);
  return pyr__error(err, PYR_EHTTP,
                    "Content-Encoding \"%s\" is not supported: only gzip was "
                    "asked for",
                    text);
}

static int begin_redirect(struct pyr__http_request *request,
                          const struct pyr__http_parse_head *head,
                          pyr_error_t *err) {
  char reason[REASON_MAX];

  pyr__str_escape(reason, sizeof(reason), head->head.reason);
  if (request->tail.len > 0)
    return pyr__error(err, PYR_EHTTP,
                      "%d %s: a redirect of a %s is not followed",
                      head->head.status, reason, request->method);
  if (head->location.len == 0)
    return pyr__error(err, PYR_EHTTP, "%d %s without a Location",
                      head->head.status, reason);
  pyr__url_release(&request->next);
  if (pyr__url_resolve(&request->next, &request->url, head->location, err) !=
      0) {
    if (err->code == PYR__ENOMEM)
      return err->code;
    err->code = PYR_EHTTP;
    return pyr__error_prefix(err, "redirect refused: ");
  }
  if (!request->follow_other_hosts &&
      !pyr__url_same_origin(&request->url, &request->next)) {
    request->redirect_refused = true;
    request->client->net.stats.redirects_refused++;
    return pyr__error(err, PYR_EHTTP,
                      "redirect to %.*s refused: follow-redirects is off",
                      SHOWN_URL, request->next.text);
  }
  if (request->redirects == PYR__LIMIT_REDIRECTS)
    return pyr__error(err, PYR_EHTTP,
                      "redirect loop: stopped after %d redirects, the last "
                      "one to %.*s",
                      PYR__LIMIT_REDIRECTS, SHOWN_URL, request->next.text);
  request->use = PYR__HTTP_FOLLOW;
  return 0;
}

static int on_head(void *ctx, const struct pyr__http_parse_head *parsed,
                   pyr_error_t *err) {
  struct pyr__http_request *request = ctx;
  struct pyr__http_head head = parsed->head;
  int rc = 0;

  request->status = head.status;
  request->step = PYR__HTTP_READING;
  request->drained = 0;
  request->use = PYR__HTTP_HAND_ON;
  if (is_redirect(head.status))
    return begin_redirect(request, parsed, err);
  if (head.status == 401 && pyr__http_request_may_renew(request)) {
    request->use = PYR__HTTP_RENEW;
    return 0;
  }
  if (head.status == 200 || request->any_status) {
    rc = check_encoding(&head, err);
  } else {
    request->use = PYR__HTTP_QUOTE;
    pyr__http_quote_begin(&request->quote, &head);
  }
  head.redirects = request->redirects;
  if (rc == 0 && request->handler.on_head != NULL) {
    rc = request->handler.on_head(request->handler.ctx, &head, err);
    request->is_handler_error = rc < 0;
  }
  return request->is_done ? PYR_ECANCELED : rc;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct pyr__http_request *request = ctx;
  int rc = 0;

  if (request->use == PYR__HTTP_HAND_ON) {
    if (request->handler.on_body != NULL)
      rc = request->handler.on_body(request->handler.ctx, data, len, err);
    request->is_handler_error = rc < 0;
    return request->is_done ? PYR_ECANCELED : rc;
  }
  request->drained += len;
  if (request->use == PYR__HTTP_QUOTE)
    pyr__http_quote_add(&request->quote, data, len);
  return request->drained > DRAIN_MAX ? PYR_ELIMIT : 0;
}

const struct pyr__http_parse_events pyr__http_response_events = {on_head,
                                                                 on_body};

/* As Go has it, but for https, from which no secret goes to http. */
static bool is_stranger(const struct pyr__url *from,
                        const struct pyr__url *to) {
  pyr_str_t host = from->host, other = to->host;
  size_t more = other.len - host.len;

  if (from->is_https && !to->is_https)
    return true;
  if (other.len < host.len ||
      memcmp(other.base + more, host.base, host.len) != 0)
    return true;
  return more > 0 &&
         (other.base[more - 1] != '.' || from->is_ipv6 || to->is_ipv6);
}

/* What is told of is the last response. */
static void forget_response(struct pyr__http_request *request) {
  request->status = 0;
  request->parse.body_bytes = 0;
}

static void renew(struct pyr__http_request *request) {
  int rc;
  forget_response(request);
  rc = pyr__http_request_renew(request);
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

static void follow(struct pyr__http_request *request) {
  int rc;
  if (!pyr__url_same_origin(&request->url, &request->next))
    request->other_hosts++;
  if (is_stranger(&request->url, &request->next))
    pyr__http_request_forget(request);
  request->redirects++;
  forget_response(request);
  pyr__url_release(&request->url);
  request->url = request->next;
  memset(&request->next, 0, sizeof(request->next));
  rc = pyr__http_request_go(request, false);
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

/* Of a status that came over a proxy nobody knows whose it is, but of one. */
static int quote(struct pyr__http_request *request) {
  int code =
      pyr__http_quote_error(&request->quote, request->status, &request->error);
  if (!pyr__http_way_is_proxied(request))
    return code;
  if (request->status != 407)
    return pyr__error_prefix(&request->error,
                             "over proxy %s: ", request->proxy->name);
  request->error.code = PYR_EPROXY;
  return pyr__error_prefix(&request->error, "proxy %s answered ",
                           request->proxy->name);
}

/* The response is over.  The connection is given back first, so that a request
 * made in on_done finds it. */
static void complete(struct pyr__http_request *request, bool reusable) {
  struct pyr__conn *conn = request->conn;

  request->conn = NULL;
  pyr__conn_release(conn);
  if (reusable && !pyr__conn_is_writing(conn))
    pyr__pool_put(conn);
  else
    pyr__conn_close(conn);
  if (request->use == PYR__HTTP_FOLLOW)
    follow(request);
  else if (request->use == PYR__HTTP_RENEW)
    renew(request);
  else if (request->use == PYR__HTTP_QUOTE)
    pyr__http_request_end(request, quote(request));
  else
    pyr__http_request_end(request, 0);
}

/* A body that nobody needs may break off. */
static bool is_drained(const struct pyr__http_request *request) {
  return request->step == PYR__HTTP_READING &&
         request->use != PYR__HTTP_HAND_ON && !request->is_handler_error;
}

static void fail(struct pyr__http_request *request, int code) {
  if (!request->is_handler_error && code != PYR__ENOMEM)
    code = pyr__http_way_blame(request);
  pyr__http_request_end(request, code);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t len) {
  struct pyr__http_request *request = ctx;
  size_t used;
  int rc;

  request->busy++;
  rc = pyr__http_parse_feed(&request->parse, data, len, &used, &request->error);
  if (!request->is_done && rc == 1)
    complete(request, request->parse.keep_alive && used == len);
  else if (!request->is_done && rc < 0 && is_drained(request))
    complete(request, false);
  else if (!request->is_done && rc < 0)
    fail(request, rc);
  pyr__http_request_leave(request);
}

/* A response that breaks off is a bad one, whether by a reset or by an end. */
static int write_read_error(struct pyr__http_request *request, int code) {
  if (pyr__conn_error(request->conn) != NULL)
    return pyr__http_way_conn_error(request, code, "");
  return pyr__error(&request->error,
                    request->parse.received == 0 ? PYR_ENET : PYR_EHTTP,
                    "%s, after %llu bytes", uv_strerror(code),
                    (unsigned long long)request->parse.received);
}

static void retry(struct pyr__http_request *request) {
  int rc;
  pyr__conn_close(request->conn);
  request->conn = NULL;
  rc = pyr__http_request_go(request, true);
  if (rc != 0)
    pyr__http_request_end(request, rc);
}

static void on_end(void *ctx, int code) {
  struct pyr__http_request *request = ctx;
  int rc;

  request->busy++;
  if (pyr__http_request_may_retry(request)) {
    retry(request);
  } else {
    rc = code == 0 ? pyr__http_parse_finish(&request->parse, &request->error)
                   : write_read_error(request, code);
    if (rc == 1 || is_drained(request))
      complete(request, false);
    else
      fail(request, rc);
  }
  pyr__http_request_leave(request);
}

const struct pyr__conn_user pyr__http_response_user = {on_bytes, on_end};

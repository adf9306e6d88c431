#include "net/oauth2.h"

#include <stdio.h>
#include <strings.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/http_access.h"
#include "net/http_auth.h"
#include "net/http_fetch.h"
#include "net/http_mask.h"
#include "net/http_request.h"
#include "net/oauth2_answer.h"
#include "net/tls_shared.h"
#include "net/url.h"

enum { PHASE = 256 };

/* A token is not used so shortly before its end. */
#define EARLY_NS (10 * PYR__NS_PER_S)

/* Where the client says who it is.  Servers differ: the header is tried, then
 * the form, and what went well is remembered. */
enum place { UNKNOWN, HEADER, FORM };

struct pyr__oauth2 {
  struct pyr__http_client *client;
  struct pyr__memory *memory;
  struct pyr__arena arena; /* of the texts */
  const char *url, *client_id;
  struct pyr__secret secret;
  struct pyr__buf form; /* without who asks */
  struct pyr__http_access *access;
  struct pyr__http_fetch fetch;
  struct pyr__http_request *request; /* NULL: none runs */
  enum place known, tried;           /* the latter by what runs */
  struct pyr__oauth2_token token;
  int64_t end_ns; /* wall; of the token's use */
  uint64_t serial;
  struct pyr__list waiters; /* the longest first */
  char phase[PHASE];
  bool is_given_up; /* what runs, and nobody is to be told */
  unsigned busy;    /* frames that still use this */
  bool is_freed;
};

static int64_t now_ns(const struct pyr__oauth2 *oauth2) {
  return pyr__wall(&oauth2->client->tls->clock);
}

/* ---- the question ------------------------------------------------------- */

static int add_pair(struct pyr__buf *form, const char *name, pyr_str_t value) {
  int rc = pyr__buf_add_format(form, "%s%s=", form->len == 0 ? "" : "&", name);
  return rc == 0 ? pyr__url_escape(form, value) : rc;
}

static int add_scopes(struct pyr__buf *form,
                      const struct pyr__oauth2_options *options) {
  size_t i;
  int rc = options->scope_count == 0 ? 0 : pyr__buf_add_text(form, "&scope=");
  for (i = 0; i < options->scope_count && rc == 0; i++) {
    rc = i == 0 ? 0 : pyr__buf_add_text(form, "+");
    if (rc == 0)
      rc = pyr__url_escape(form, options->scopes[i]);
  }
  return rc;
}

/* What is asked each time; a parameter may say another grant. */
static int write_form(struct pyr__buf *form,
                      const struct pyr__oauth2_options *options) {
  pyr_str_t grant = pyr__str("client_credentials");
  size_t i;
  int rc;

  for (i = 0; i < options->param_count; i++)
    if (pyr__str_is(options->params[i].name, "grant_type"))
      grant = options->params[i].value;
  rc = add_pair(form, "grant_type", grant);
  if (rc == 0)
    rc = add_scopes(form, options);
  for (i = 0; i < options->param_count && rc == 0; i++) {
    if (pyr__str_is(options->params[i].name, "grant_type"))
      continue;
    rc = pyr__buf_add_text(form, "&");
    if (rc == 0)
      rc = pyr__url_escape(form, options->params[i].name);
    if (rc == 0)
      rc = pyr__buf_add_text(form, "=");
    if (rc == 0)
      rc = pyr__url_escape(form, options->params[i].value);
  }
  return rc;
}

/* Escaped as in a form before it is encoded, as the standard has it. */
static int write_basic(const struct pyr__oauth2 *oauth2, struct pyr__buf *out,
                       pyr_error_t *err) {
  struct pyr__buf text;
  size_t id_len;
  int rc;

  pyr__buf_init(&text, oauth2->memory, PYR__MEM_NET_SECRETS,
                6 * PYR__LIMIT_SECRET_BYTES);
  rc = pyr__url_escape(&text, pyr__str(oauth2->client_id));
  id_len = text.len;
  if (rc == 0)
    rc = pyr__url_escape(&text, oauth2->secret.text);
  if (rc == 0)
    rc = pyr__http_basic_write(
        out, "Authorization: Basic ", (pyr_str_t){(char *)text.data, id_len},
        (pyr_str_t){(char *)text.data + id_len, text.len - id_len}, err);
  else
    rc = pyr__headers_error(rc, err);
  pyr__buf_release(&text);
  return rc;
}

static int write_headers(const struct pyr__oauth2 *oauth2, struct pyr__buf *out,
                         pyr_error_t *err) {
  int rc = pyr__buf_add_text(out, "Accept: application/json\r\n");
  rc = rc == 0 ? 0 : pyr__headers_error(rc, err);
  if (rc == 0 && oauth2->tried == HEADER)
    rc = write_basic(oauth2, out, err);
  if (rc == 0 && pyr__buf_add_byte(out, 0) != 0)
    rc = pyr__error_nomem(err);
  return rc;
}

static int write_body(const struct pyr__oauth2 *oauth2, struct pyr__buf *out,
                      pyr_error_t *err) {
  int rc = pyr__buf_add(out, oauth2->form.data, oauth2->form.len);
  if (rc == 0 && oauth2->tried == FORM)
    rc = add_pair(out, "client_id", pyr__str(oauth2->client_id));
  if (rc == 0 && oauth2->tried == FORM && oauth2->secret.text.len > 0)
    rc = add_pair(out, "client_secret", oauth2->secret.text);
  return rc == 0 ? 0 : pyr__headers_error(rc, err);
}

static int ask(struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  struct pyr__http_content content = {
      .method = "POST", .type = "application/x-www-form-urlencoded"};
  struct pyr__http_options options = {.access = oauth2->access,
                                      .content = &content};
  struct pyr__buf headers, body;
  int rc;

  pyr__buf_init(&headers, oauth2->memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_SENT_BYTES);
  pyr__buf_init(&body, oauth2->memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_SENT_BYTES);
  rc = write_headers(oauth2, &headers, err);
  if (rc == 0)
    rc = write_body(oauth2, &body, err);
  options.headers = (char *)headers.data;
  content.body = (pyr_str_t){(char *)body.data, body.len};
  if (rc == 0)
    rc = pyr__http_fetch_start(&oauth2->fetch, oauth2->client, oauth2->url,
                               options, err);
  pyr__buf_release(&headers);
  pyr__buf_release(&body);
  return rc;
}

/* Whose fault it is, in front of what is wrong. */
static int blame(const struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  if (err->code != PYR__ENOMEM && err->code != PYR_ECANCELED)
    err->code = PYR_EAUTH;
  return pyr__error_prefix(err, "oauth2: token-url %s: ", oauth2->url);
}

static int begin(struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  oauth2->tried = oauth2->known == UNKNOWN ? HEADER : oauth2->known;
  return ask(oauth2, err) == 0 ? 0 : blame(oauth2, err);
}

/* ---- the answer --------------------------------------------------------- */

static void wake(struct pyr__oauth2 *oauth2, const pyr_error_t *err) {
  struct pyr__list woken;

  pyr__list_init(&woken);
  pyr__list_move(&woken, &oauth2->waiters);
  oauth2->busy++;
  while (!pyr__list_is_empty(&woken)) {
    struct pyr__oauth2_waiter *waiter =
        pyr__container_of(woken.next, struct pyr__oauth2_waiter, link);
    pyr__list_remove(&waiter->link);
    waiter->at = NULL;
    waiter->ready(waiter, err);
  }
  oauth2->busy--;
  if (oauth2->busy == 0 && oauth2->is_freed)
    pyr__oauth2_free(oauth2);
}

static int take_token(struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  struct pyr__oauth2_token token;
  pyr_error_t original;
  int rc = pyr__oauth2_answer(&token, oauth2->memory, oauth2->fetch.status,
                              pyr__http_fetch_text(&oauth2->fetch), err);
  if (rc != 0) {
    original = *err;
    pyr__http_mask(err->text, original.text, oauth2->secret.text);
    return rc;
  }
  pyr__buf_release(&oauth2->token.text);
  oauth2->token = token;
  oauth2->known = oauth2->tried;
  oauth2->serial++;
  oauth2->end_ns =
      token.lives_s == 0
          ? INT64_MAX
          : now_ns(oauth2) + token.lives_s * PYR__NS_PER_S - EARLY_NS;
  return 0;
}

static void on_fetched(struct pyr__http_fetch *fetch,
                       const pyr_error_t *failure) {
  struct pyr__oauth2 *oauth2 =
      pyr__container_of(fetch, struct pyr__oauth2, fetch);
  pyr_error_t err;
  int rc;

  if (oauth2->is_given_up)
    return;
  if (failure != NULL)
    err = *failure;
  rc = failure == NULL ? take_token(oauth2, &err) : failure->code;
  pyr__buf_release(&fetch->body);
  if (rc == PYR_ESTATUS && oauth2->known == UNKNOWN &&
      oauth2->tried == HEADER) {
    oauth2->tried = FORM;
    rc = ask(oauth2, &err);
    if (rc == 0)
      return;
  }
  if (rc != 0)
    (void)blame(oauth2, &err);
  wake(oauth2, rc == 0 ? NULL : &err);
}

/* ---- who waits ---------------------------------------------------------- */

static void give_up(struct pyr__oauth2 *oauth2) {
  if (oauth2->request == NULL)
    return;
  oauth2->is_given_up = true;
  pyr__http_cancel(oauth2->request, PYR_ECANCELED, "given up");
  oauth2->is_given_up = false;
  pyr__buf_release(&oauth2->fetch.body);
}

/* A new secret makes the token of the old one worth nothing. */
static int read_secret(struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  bool is_new = pyr__watched_file_changed(&oauth2->secret.file);
  int rc = pyr__secret_read(&oauth2->secret, oauth2->memory, err);
  if (is_new)
    oauth2->end_ns = 0;
  if (rc != 0)
    return pyr__error_prefix(err, "oauth2: client-secret-file: ");
  if (is_new)
    give_up(oauth2); /* who waits for it waits for the next */
  return 0;
}

/* Those that wait learn of it, too. */
static int begin_or_tell(struct pyr__oauth2 *oauth2, pyr_error_t *err) {
  int rc = begin(oauth2, err);
  if (rc != 0)
    wake(oauth2, err);
  return rc;
}

int pyr__oauth2_get(struct pyr__oauth2 *oauth2,
                    struct pyr__oauth2_waiter *waiter, pyr_error_t *err) {
  int rc = read_secret(oauth2, err);
  if (rc == 0 && oauth2->serial > 0 && now_ns(oauth2) < oauth2->end_ns)
    return 1;
  if (rc == 0 && oauth2->request == NULL)
    rc = begin_or_tell(oauth2, err);
  if (rc != 0)
    return rc;
  waiter->at = oauth2;
  pyr__list_add_before(&oauth2->waiters, &waiter->link);
  return 0;
}

void pyr__oauth2_leave(struct pyr__oauth2_waiter *waiter) {
  struct pyr__oauth2 *oauth2 = waiter->at;
  bool is_first;
  pyr_error_t err;

  if (oauth2 == NULL) {
    pyr__list_remove(&waiter->link);
    return;
  }
  is_first = oauth2->waiters.next == &waiter->link;
  pyr__list_remove(&waiter->link);
  waiter->at = NULL;
  if (!is_first)
    return;
  give_up(oauth2);
  if (!pyr__list_is_empty(&oauth2->waiters))
    (void)begin_or_tell(oauth2, &err);
}

/* ---- the token ---------------------------------------------------------- */

int pyr__oauth2_write(const struct pyr__oauth2 *oauth2,
                      struct pyr__buf *headers, pyr_error_t *err) {
  const struct pyr__buf *text = &oauth2->token.text;
  int rc = pyr__buf_add_format(headers, "Authorization: %.*s\r\n",
                               (int)text->len, (const char *)text->data);
  return rc == 0 ? 0 : pyr__headers_error(rc, err);
}

uint64_t pyr__oauth2_serial(const struct pyr__oauth2 *oauth2) {
  return oauth2->serial;
}

void pyr__oauth2_refuse(struct pyr__oauth2 *oauth2, uint64_t serial) {
  if (serial == oauth2->serial)
    oauth2->end_ns = 0;
}

const char *pyr__oauth2_phase(const struct pyr__oauth2 *oauth2) {
  return oauth2->phase;
}

/* ---- its life ----------------------------------------------------------- */

static int take_texts(struct pyr__oauth2 *oauth2,
                      const struct pyr__oauth2_options *options) {
  int rc;
  oauth2->url = pyr__arena_text(&oauth2->arena, pyr__str(options->token_url));
  oauth2->client_id =
      pyr__arena_text(&oauth2->arena, pyr__str(options->client_id));
  if (oauth2->url == NULL || oauth2->client_id == NULL)
    return PYR__ENOMEM;
  rc = pyr__secret_init(&oauth2->secret, &oauth2->arena, options->client_secret,
                        options->client_secret_file);
  return rc == 0 ? write_form(&oauth2->form, options) : rc;
}

int pyr__oauth2_new(struct pyr__oauth2 **out, struct pyr__http_client *client,
                    const struct pyr__oauth2_options *options, const char *name,
                    pyr_error_t *err) {
  struct pyr__memory *memory = client->net.memory;
  struct pyr__oauth2 *oauth2 =
      pyr__calloc(memory, PYR__MEM_NET_SECRETS, 1, sizeof(*oauth2));
  int rc;

  if (oauth2 == NULL)
    return pyr__error_nomem(err);
  oauth2->client = client;
  oauth2->memory = memory;
  pyr__list_init(&oauth2->waiters);
  pyr__arena_init(&oauth2->arena, memory, PYR__MEM_NET_SECRETS,
                  PYR__LIMIT_ACCESS_BYTES);
  pyr__buf_init(&oauth2->form, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_SENT_BYTES / 2);
  pyr__http_fetch_init(&oauth2->fetch, memory, &oauth2->request, on_fetched);
  snprintf(oauth2->phase, sizeof(oauth2->phase), "waiting for a token of %s",
           options->token_url);
  rc = take_texts(oauth2, options);
  if (rc == PYR_ELIMIT)
    rc = pyr__error(err, rc, "oauth2: the parameters are too long");
  else if (rc != 0)
    rc = pyr__arena_error(&oauth2->arena, PYR__LIMIT_SECRET_BYTES,
                          "the credentials", err);
  if (rc == 0)
    rc = pyr__http_access_new(&oauth2->access, client, &options->access, name,
                              err);
  if (rc != 0) {
    pyr__oauth2_free(oauth2);
    return rc;
  }
  *out = oauth2;
  return 0;
}

void pyr__oauth2_free(struct pyr__oauth2 *oauth2) {
  if (oauth2 == NULL)
    return;
  oauth2->is_freed = true;
  if (oauth2->busy > 0)
    return;
  give_up(oauth2);
  pyr__http_access_unref(oauth2->access);
  pyr__secret_release(&oauth2->secret, oauth2->memory);
  pyr__buf_release(&oauth2->fetch.body);
  pyr__buf_release(&oauth2->form);
  pyr__buf_release(&oauth2->token.text);
  pyr__arena_release(&oauth2->arena);
  pyr__free(oauth2->memory, oauth2);
}

#include "net/oauth2_answer.h"

#include <stdlib.h>
#include <strings.h>

#include "base/http_options.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/secret_json.h"

enum { SHOWN = 200 };

/* "status 401, invalid_client: no such client"; what is not said is left out.
 */
static int refuse(int status, pyr_str_t code, pyr_str_t description,
                  pyr_error_t *err) {
  char shown_code[SHOWN], shown[2 * SHOWN];
  pyr__str_escape(shown_code, sizeof(shown_code), code);
  pyr__str_escape(shown, sizeof(shown), description);
  return pyr__error(err, PYR_ESTATUS, "no token, status %d%s%s%s%s", status,
                    code.len == 0 ? "" : ", ", shown_code,
                    description.len == 0 ? "" : ": ", shown);
}

/* A number, or one as a text, as some servers have it. */
static int64_t lifetime(const json_t *answer) {
  const json_t *value = json_object_get(answer, "expires_in");
  pyr_str_t text = pyr__secret_json_text(answer, "expires_in");
  double seconds = json_is_number(value) ? json_number_value(value)
                   : text.len > 0        ? strtod(text.base, NULL)
                                         : 0;
  if (!(seconds > 0))
    return 0;
  return seconds < INT32_MAX ? (int64_t)seconds : INT32_MAX;
}

static pyr_str_t type_of(const json_t *answer) {
  static const char *const usual[] = {"Bearer", "MAC", "Basic"};
  pyr_str_t type = pyr__secret_json_text(answer, "token_type");
  size_t i;
  for (i = 0; i < 3; i++)
    if (strcasecmp(type.base, usual[i]) == 0)
      return pyr__str(usual[i]);
  return type.len == 0 ? pyr__str(usual[0]) : type;
}

static int take(struct pyr__oauth2_token *out, struct pyr__memory *memory,
                const json_t *answer, pyr_error_t *err) {
  pyr_str_t token = pyr__secret_json_text(answer, "access_token");
  pyr_str_t type = type_of(answer);
  int rc;

  if (token.len == 0)
    return pyr__error(err, PYR_EHTTP, "the answer has no access_token");
  if (!pyr__is_header_text(token) || !pyr__is_header_name(type))
    return pyr__error(err, PYR_EHTTP,
                      "the access_token or its type has characters that no "
                      "header may have");
  out->lives_s = lifetime(answer);
  pyr__buf_init(&out->text, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_FETCH_BYTES);
  rc = pyr__buf_add(&out->text, type.base, type.len);
  if (rc == 0)
    rc = pyr__buf_add_byte(&out->text, ' ');
  if (rc == 0)
    rc = pyr__buf_add(&out->text, token.base, token.len);
  if (rc == 0)
    return 0;
  pyr__buf_release(&out->text);
  return rc == PYR_ELIMIT ? pyr__error(err, rc, "the access_token is too long")
                          : pyr__error_nomem(err);
}

int pyr__oauth2_answer(struct pyr__oauth2_token *out,
                       struct pyr__memory *memory, int status, pyr_str_t body,
                       pyr_error_t *err) {
  bool is_good = status >= 200 && status <= 299;
  json_t *answer;
  int rc = pyr__secret_json_parse(&answer, body, err);

  if (rc == PYR_EHTTP && !is_good)
    return refuse(status, pyr__str(""), pyr__str(""), err);
  if (rc != 0)
    return rc;
  if (!is_good || json_object_get(answer, "error") != NULL)
    rc = refuse(status, pyr__secret_json_text(answer, "error"),
                pyr__secret_json_text(answer, "error_description"), err);
  else
    rc = take(out, memory, answer, err);
  pyr__secret_json_free(answer);
  return rc;
}

/* tls-config: of a job, and of what asks a server for targets. */
#include "config/draft.h"

#include "base/tls_options.h"

struct tls_draft {
  pyr_str_t ca, ca_file, cert, cert_file, key, key_file, server_name;
  pyr_str_t min_version, max_version;
  bool insecure_skip_verify;
};

#define AT(member) offsetof(struct tls_draft, member)
#define TEXT(name_, member)                                                    \
  { .name = (name_), .read = pyr__read_text, .offset = AT(member) }
static const struct pyr__key tls_rows[] = {
    TEXT("ca", ca),
    TEXT("ca-file", ca_file),
    TEXT("cert", cert),
    TEXT("cert-file", cert_file),
    TEXT("key", key),
    TEXT("key-file", key_file),
    TEXT("server-name", server_name),
    TEXT("min-version", min_version),
    TEXT("max-version", max_version),
    {.name = "insecure-skip-verify",
     .read = pyr__read_bool,
     .offset = AT(insecure_skip_verify)}};
#undef TEXT
#undef AT
static const struct pyr__keys tls_keys = PYR__KEYS(tls_rows, "tls-config");

void pyr__read_tls(struct pyr__reading *reading, const struct pyr__item *item,
                   void *out) {
  struct tls_draft draft = {.insecure_skip_verify = false};
  struct pyr__tls_options *options =
      pyr__read_alloc(reading, 1, sizeof(*options));
  bool least_is_13, most_is_12;
  pyr_error_t err;

  pyr__read_map(reading, item, &tls_keys, &draft);
  if (options == NULL)
    return;
  *options = (struct pyr__tls_options){
      .ca = pyr__text_or_none(draft.ca),
      .ca_file = pyr__read_path(reading, draft.ca_file),
      .cert = pyr__text_or_none(draft.cert),
      .cert_file = pyr__read_path(reading, draft.cert_file),
      .key = pyr__text_or_none(draft.key),
      .key_file = pyr__read_path(reading, draft.key_file),
      .server_name = pyr__text_or_none(draft.server_name),
      .min_version = pyr__text_or_none(draft.min_version),
      .max_version = pyr__text_or_none(draft.max_version),
      .insecure_skip_verify = draft.insecure_skip_verify};
  if (pyr__tls_options_check(options, &least_is_13, &most_is_12, &err) != 0)
    pyr__problem(reading->problems, item->node, item->key, "%s", err.text);
  *(const struct pyr__tls_options **)out = options;
}

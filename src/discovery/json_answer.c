#include "discovery/json_answer.h"

#include "base/str.h"

/* ---- records ------------------------------------------------------------ */

static int wrong_shape(const struct pyr__json_answer *answer,
                       pyr_error_t *err) {
  return pyr__error(err, PYR_EHTTP,
                    answer->is_list ? "expected a list of objects"
                                    : "expected one object");
}

/* An element of a list, or the whole of it. */
static int on_record(void *ctx, pyr_str_t record, bool is_too_large,
                     pyr_error_t *err) {
  struct pyr__json_answer *answer = ctx;
  size_t before = answer->records.len;
  int rc;

  if ((answer->extract.depth > 0) != answer->is_list)
    return wrong_shape(answer, err);
  if (is_too_large)
    return pyr__error(err, PYR_ELIMIT,
                      "what it says of one needs more than "
                      "%zu MiB, or has a text of more than %zu KiB",
                      PYR__LIMIT_JSON_RECORD / PYR__MIB,
                      PYR__LIMIT_JSON_TEXT / PYR__KIB);
  if (*answer->held + record.len > PYR__LIMIT_JSON_HELD)
    return pyr__error(err, PYR_ELIMIT,
                      "the answers need more than %zu MiB at once",
                      PYR__LIMIT_JSON_HELD / PYR__MIB);
  rc = pyr__json_records_add(&answer->records, record);
  if (rc != 0)
    return pyr__error_nomem(err);
  *answer->held += answer->records.len - before;
  return 0;
}

static const struct pyr__json_record_events events = {on_record, NULL};

/* ---- an answer ---------------------------------------------------------- */

int pyr__json_answer_check(const struct pyr__http_head *head,
                           pyr_error_t *err) {
  if (head->content_encoding.len == 0 ||
      pyr__str_is(head->content_encoding, "identity"))
    return 0;
  return pyr__error(err, PYR_EHTTP,
                    "the response is compressed, which was not asked for");
}

void pyr__json_answer_init(struct pyr__json_answer *answer,
                           struct pyr__memory *memory, bool is_list,
                           const struct pyr__json_node *root, size_t *held) {
  const struct pyr__json_extract_options options = {
      .memory = memory,
      .purpose = PYR__MEM_DISCOVERY_GROUPS,
      .text_limit = PYR__LIMIT_JSON_TEXT,
      .record_limit = PYR__LIMIT_JSON_RECORD,
      .events = &events,
      .ctx = answer};
  answer->is_list = is_list;
  answer->bytes = 0;
  answer->held = held;
  pyr__buf_init(&answer->records, memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_JSON_HELD + PYR__MIB);
  pyr__json_extract_init(&answer->extract, &options);
  pyr__json_extract_begin(&answer->extract, root);
}

void pyr__json_answer_release(struct pyr__json_answer *answer) {
  *answer->held -= answer->records.len;
  pyr__json_extract_release(&answer->extract);
  pyr__buf_release(&answer->records);
}

int pyr__json_answer_feed(struct pyr__json_answer *answer, const void *data,
                          size_t len, pyr_error_t *err) {
  answer->bytes += len;
  if (answer->bytes > PYR__LIMIT_JSON_BODY)
    return pyr__error(err, PYR_ELIMIT, "the body is larger than %zu MiB",
                      PYR__LIMIT_JSON_BODY / PYR__MIB);
  return pyr__json_extract_feed(&answer->extract, data, len, err);
}

int pyr__json_answer_finish(struct pyr__json_answer *answer, pyr_error_t *err) {
  int rc = pyr__json_extract_finish(&answer->extract, err);
  if (rc == 0 && (answer->extract.documents != 1 ||
                  (!answer->is_list && answer->records.len == 0)))
    rc = wrong_shape(answer, err);
  return rc;
}

pyr_str_t pyr__json_answer_record(const struct pyr__json_answer *answer) {
  struct pyr__reader reader = pyr__json_answer_reader(answer);
  pyr_str_t record = {"", 0};
  pyr__json_records_next(&reader, &record);
  return record;
}

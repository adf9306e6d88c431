#include "discovery/consul_answer.h"

/* ---- what is wanted ----------------------------------------------------- */

#define VALUE(key, field)                                                      \
  { key, field, false, NULL }
#define END VALUE(NULL, PYR__JSON_NONE)

static const struct pyr__json_node agent_config[] = {
    VALUE("Datacenter", PYR__CONSUL_DATACENTER), END};
static const struct pyr__json_node agent[] = {
    {"Config", PYR__JSON_NONE, false, agent_config}, END};

static const struct pyr__json_node catalog[] = {VALUE("*", PYR__CONSUL_SERVICE),
                                                END};

static const struct pyr__json_node node_meta[] = {
    VALUE("*", PYR__CONSUL_NODE_META), END};
static const struct pyr__json_node tagged_addresses[] = {
    VALUE("*", PYR__CONSUL_TAGGED_ADDRESS), END};
static const struct pyr__json_node service_meta[] = {
    VALUE("*", PYR__CONSUL_SERVICE_META), END};
static const struct pyr__json_node node[] = {
    VALUE("Node", PYR__CONSUL_NODE),
    VALUE("Address", PYR__CONSUL_ADDRESS),
    {"Meta", PYR__JSON_NONE, false, node_meta},
    {"TaggedAddresses", PYR__JSON_NONE, false, tagged_addresses},
    END};
static const struct pyr__json_node service[] = {
    VALUE("ID", PYR__CONSUL_SERVICE_ID),
    VALUE("Address", PYR__CONSUL_SERVICE_ADDRESS),
    VALUE("Port", PYR__CONSUL_SERVICE_PORT),
    VALUE("Tags", PYR__CONSUL_TAG),
    VALUE("Namespace", PYR__CONSUL_NAMESPACE),
    VALUE("Partition", PYR__CONSUL_PARTITION),
    {"Meta", PYR__JSON_NONE, false, service_meta},
    END};
static const struct pyr__json_node check[] = {
    VALUE("CheckID", PYR__CONSUL_CHECK_ID),
    VALUE("Status", PYR__CONSUL_CHECK_STATUS), END};
static const struct pyr__json_node instance[] = {
    {"Node", PYR__JSON_NONE, false, node},
    {"Service", PYR__JSON_NONE, false, service},
    {"Checks", PYR__CONSUL_CHECK, false, check},
    END};
#undef END
#undef VALUE

static const struct pyr__json_node roots[] = {
    [PYR__CONSUL_AGENT] = {NULL, PYR__JSON_NONE, true, agent},
    [PYR__CONSUL_CATALOG] = {NULL, PYR__JSON_NONE, true, catalog},
    [PYR__CONSUL_HEALTH] = {NULL, PYR__JSON_NONE, true, instance}};

/* ---- records ------------------------------------------------------------ */

static int wrong_shape(const struct pyr__consul_answer *answer,
                       pyr_error_t *err) {
  return pyr__error(err, PYR_EHTTP,
                    answer->kind == PYR__CONSUL_HEALTH
                        ? "expected a list of instances"
                        : "expected one object");
}

/* An instance is an element of a list, the others are the whole of it. */
static int on_record(void *ctx, pyr_str_t record, bool is_too_large,
                     pyr_error_t *err) {
  struct pyr__consul_answer *answer = ctx;
  size_t before = answer->records.len;
  int rc;

  if ((answer->extract.depth > 0) != (answer->kind == PYR__CONSUL_HEALTH))
    return wrong_shape(answer, err);
  if (is_too_large)
    return pyr__error(err, PYR_ELIMIT,
                      "what it says of one needs more than "
                      "%zu MiB, or has a text of more than %zu KiB",
                      PYR__LIMIT_CONSUL_RECORD / PYR__MIB,
                      PYR__LIMIT_CONSUL_TEXT / PYR__KIB);
  if (*answer->held + record.len > PYR__LIMIT_CONSUL_HELD)
    return pyr__error(err, PYR_ELIMIT,
                      "the answers need more than %zu MiB at once",
                      PYR__LIMIT_CONSUL_HELD / PYR__MIB);
  rc = pyr__json_records_add(&answer->records, record);
  if (rc != 0)
    return pyr__error_nomem(err);
  *answer->held += answer->records.len - before;
  return 0;
}

static const struct pyr__json_record_events events = {on_record, NULL};

/* ---- an answer ---------------------------------------------------------- */

void pyr__consul_answer_init(struct pyr__consul_answer *answer,
                             enum pyr__consul_kind kind,
                             struct pyr__memory *memory, size_t *held) {
  const struct pyr__json_extract_options options = {
      .memory = memory,
      .purpose = PYR__MEM_DISCOVERY_GROUPS,
      .text_limit = PYR__LIMIT_CONSUL_TEXT,
      .record_limit = PYR__LIMIT_CONSUL_RECORD,
      .events = &events,
      .ctx = answer};
  answer->kind = kind;
  answer->held = held;
  pyr__buf_init(&answer->records, memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_CONSUL_HELD + PYR__MIB);
  pyr__json_extract_init(&answer->extract, &options);
  pyr__json_extract_begin(&answer->extract, &roots[kind]);
}

void pyr__consul_answer_release(struct pyr__consul_answer *answer) {
  *answer->held -= answer->records.len;
  pyr__json_extract_release(&answer->extract);
  pyr__buf_release(&answer->records);
}

int pyr__consul_answer_feed(struct pyr__consul_answer *answer, const void *data,
                            size_t len, pyr_error_t *err) {
  return pyr__json_extract_feed(&answer->extract, data, len, err);
}

int pyr__consul_answer_finish(struct pyr__consul_answer *answer,
                              pyr_error_t *err) {
  int rc = pyr__json_extract_finish(&answer->extract, err);
  if (rc == 0 &&
      (answer->extract.documents != 1 ||
       (answer->kind != PYR__CONSUL_HEALTH && answer->records.len == 0)))
    rc = wrong_shape(answer, err);
  return rc;
}

pyr_str_t pyr__consul_answer_record(const struct pyr__consul_answer *answer) {
  struct pyr__reader reader =
      pyr__reader_of(answer->records.data, answer->records.len);
  pyr_str_t record = {"", 0};
  pyr__json_records_next(&reader, &record);
  return record;
}

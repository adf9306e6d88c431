#include "discovery/kubernetes/record.h"

void pyr__kube_extract_init(struct pyr__kube_extract *extract,
                            struct pyr__memory *memory,
                            const struct pyr__json_node *resource,
                            const struct pyr__json_record_events *events,
                            void *ctx) {
  const struct pyr__json_extract_options options = {
      .memory = memory,
      .purpose = PYR__MEM_DISCOVERY_KUBERNETES,
      .text_limit = PYR__LIMIT_KUBERNETES_TEXT,
      .record_limit = PYR__LIMIT_KUBERNETES_RECORD,
      .first_told = PYR__KUBE_FIRST_TOLD,
      .events = events,
      .ctx = ctx};

  *extract = (struct pyr__kube_extract){
      .list = {{"metadata", PYR__KUBE_NONE, false, extract->list_metadata},
               {"items", PYR__KUBE_NONE, true, resource}},
      .list_metadata = {{"resourceVersion", PYR__KUBE_LIST_VERSION, false,
                         NULL},
                        {"continue", PYR__KUBE_CONTINUE, false, NULL}},
      .event = {{"type", PYR__KUBE_EVENT_TYPE, false, NULL},
                {"object", PYR__KUBE_NONE, false, resource}}};
  pyr__json_extract_init(&extract->json, &options);
}

void pyr__kube_extract_release(struct pyr__kube_extract *extract) {
  pyr__json_extract_release(&extract->json);
}

static void begin(struct pyr__kube_extract *extract,
                  const struct pyr__json_node *children, bool is_record) {
  const struct pyr__json_node root = {"", PYR__KUBE_NONE, is_record, children};
  pyr__json_extract_begin(&extract->json, &root);
}

void pyr__kube_extract_list(struct pyr__kube_extract *extract) {
  begin(extract, extract->list, false);
}

void pyr__kube_extract_watch(struct pyr__kube_extract *extract) {
  begin(extract, extract->event, true);
}

int pyr__kube_extract_feed(struct pyr__kube_extract *extract, const void *data,
                           size_t len, pyr_error_t *err) {
  return pyr__json_extract_feed(&extract->json, data, len, err);
}

int pyr__kube_extract_finish(const struct pyr__kube_extract *extract,
                             pyr_error_t *err) {
  return pyr__json_extract_finish(&extract->json, err);
}

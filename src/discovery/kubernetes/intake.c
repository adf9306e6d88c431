/* From the stream of a list or a watch to the store. */
#include <stdio.h>

#include "base/str.h"
#include "discovery/kubernetes/watch.h"

enum { KEY_BYTES = 1024, NO_SUCH_STATUS = 500 };

/* ---- what is told as it comes ------------------------------------------- */

static int keep(struct pyr__buf *buf, pyr_str_t text, pyr_error_t *err) {
  int rc;
  pyr__buf_clear(buf);
  rc = pyr__buf_add(buf, text.base, text.len);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0
                 : pyr__error(err, rc, "a token is longer than %zu bytes",
                              buf->limit);
}

static int read_status(pyr_str_t text) {
  int status = 0;
  size_t i;
  for (i = 0; i < text.len && i < 3; i++)
    status = status * 10 + (text.base[i] - '0');
  return text.len == 3 && status >= 100 && status < 1000 ? status
                                                         : NO_SUCH_STATUS;
}

static int on_told(void *ctx, uint8_t field, pyr_str_t text, pyr_error_t *err) {
  struct pyr__kube_watch *watch = ctx;
  bool is_watching = watch->phase == PYR__KUBE_WATCHING;

  switch (field) {
  case PYR__KUBE_EVENT_TYPE:
    snprintf(watch->event, sizeof(watch->event), "%.*s", PYR__STR_ARG(text));
    return 0;
  case PYR__KUBE_VERSION: /* in a list it is of one item, and the list's own */
    return is_watching ? keep(&watch->upcoming, text, err) : 0;
  case PYR__KUBE_LIST_VERSION:
    return keep(&watch->upcoming, text, err);
  case PYR__KUBE_CONTINUE:
    return keep(&watch->next_page, text, err);
  case PYR__KUBE_STATUS_CODE:
    watch->status = read_status(text);
    return 0;
  case PYR__KUBE_STATUS_MESSAGE:
    pyr__str_escape(watch->message, sizeof(watch->message), text);
    return 0;
  default:
    return 0;
  }
}

/* ---- objects ------------------------------------------------------------ */

/* "namespace/name", or "name"; 0 where there is no name, or one too long. */
static size_t write_key(const struct pyr__kube_watch *watch, pyr_str_t record,
                        char out[KEY_BYTES]) {
  pyr_str_t name = pyr__json_record_find(record, PYR__KUBE_NAME);
  pyr_str_t space = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  size_t before = watch->resource->is_namespaced ? space.len + 1 : 0;

  if (name.len == 0 || before + name.len > KEY_BYTES)
    return 0;
  if (before != 0) {
    memcpy(out, space.base, space.len);
    out[space.len] = '/';
  }
  memcpy(out + before, name.base, name.len);
  return before + name.len;
}

static void remove_object(struct pyr__kube_watch *watch,
                          struct pyr__kube_object *object) {
  pyr__kube_store_take(&watch->store, object);
  watch->env->events->on_remove(watch->env->ctx, watch, object);
}

static int put(struct pyr__kube_watch *watch, pyr_str_t key, pyr_str_t record,
               bool is_too_large, pyr_error_t *err) {
  struct pyr__kube_object *object = NULL;
  int rc = 0;

  if (!is_too_large) {
    rc = pyr__kube_store_put(&watch->store, key, record, &object, err);
  } else {
    /* What was known of it stays. */
    watch->env->events->on_too_large(watch->env->ctx, watch, key);
    object = pyr__kube_store_find(&watch->store, key);
    if (object != NULL)
      object->generation = watch->store.generation;
    object = NULL;
  }
  if (object != NULL)
    watch->env->events->on_put(watch->env->ctx, watch, object);
  return rc;
}

static int change(struct pyr__kube_watch *watch, pyr_str_t record,
                  bool is_too_large, pyr_error_t *err) {
  struct pyr__kube_object *object;
  char key[KEY_BYTES];
  size_t len = write_key(watch, record, key);

  if (len == 0)
    return 0;
  if (strcmp(watch->event, "DELETED") != 0)
    return put(watch, (pyr_str_t){key, len}, record, is_too_large, err);
  object = pyr__kube_store_find(&watch->store, (pyr_str_t){key, len});
  if (object != NULL)
    remove_object(watch, object);
  return 0;
}

/* What an ERROR event brings in place of an object. */
static int refuse(struct pyr__kube_watch *watch, pyr_error_t *err) {
  if (watch->status == 0 || watch->status == 200)
    watch->status = NO_SUCH_STATUS;
  return pyr__error(err, PYR_ESTATUS, "the watch was ended: %d %s",
                    watch->status, watch->message);
}

static int on_event(struct pyr__kube_watch *watch, pyr_str_t record,
                    bool is_too_large, pyr_error_t *err) {
  struct pyr__buf version = watch->version;
  int rc = 0;

  if (strcmp(watch->event, "ERROR") == 0)
    return refuse(watch, err);
  if (strcmp(watch->event, "ADDED") == 0 ||
      strcmp(watch->event, "MODIFIED") == 0 ||
      strcmp(watch->event, "DELETED") == 0)
    rc = change(watch, record, is_too_large, err);
  watch->event[0] = '\0';
  if (rc != 0)
    return rc;
  watch->events++;
  if (watch->upcoming.len == 0)
    return 0;
  watch->version = watch->upcoming;
  watch->upcoming = version;
  pyr__buf_clear(&watch->upcoming);
  return 0;
}

static int on_record(void *ctx, pyr_str_t record, bool is_too_large,
                     pyr_error_t *err) {
  struct pyr__kube_watch *watch = ctx;
  return watch->phase == PYR__KUBE_WATCHING
             ? on_event(watch, record, is_too_large, err)
             : change(watch, record, is_too_large, err);
}

const struct pyr__json_record_events pyr__kube_watch_intake = {on_record,
                                                               on_told};

/* ---- lists -------------------------------------------------------------- */

void pyr__kube_watch_end_list(struct pyr__kube_watch *watch) {
  struct pyr__buf version = watch->version;
  uint32_t i;

  for (i = watch->store.count; i-- > 0;)
    if (watch->store.objects[i]->generation != watch->store.generation)
      remove_object(watch, watch->store.objects[i]);
  watch->version = watch->upcoming;
  watch->upcoming = version;
  pyr__buf_clear(&watch->upcoming);
}

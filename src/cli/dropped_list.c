#include "cli/dropped_list.h"

#include <jansson.h>

#include "base/error.h"
#include "base/printable.h"

enum { TEXT = 1024 };

/* What a discovery says must not move the cursor of a terminal. */
static void put(FILE *out, const char *before, const json_t *text) {
  const char *value = json_string_value(text);
  char shown[TEXT];
  pyr__printable_copy(shown, sizeof(shown),
                      pyr__str(value == NULL ? "" : value));
  fprintf(out, "%s%s", before, shown);
}

static void put_labels(FILE *out, json_t *labels) {
  const char *name;
  json_t *value;
  const char *before = "    ";
  json_object_foreach(labels, name, value) {
    char shown[TEXT];
    pyr__printable_copy(shown, sizeof(shown), pyr__str(name));
    fprintf(out, "%s%s=\"", before, shown);
    put(out, "", value);
    fputs("\"", out);
    before = ", ";
  }
  fputs("\n", out);
}

/* A line of why, and one of the labels. */
static size_t put_list(FILE *out, const json_t *list, const char *what,
                       const char *reason) {
  size_t i;
  for (i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    put(out, "job ", json_object_get(entry, "scrapePool"));
    put(out, what, json_object_get(entry, reason));
    fputs("\n", out);
    put_labels(out, json_object_get(entry, "discoveredLabels"));
  }
  return i;
}

static int put_all(FILE *out, const json_t *data, pyr_error_t *err) {
  json_t *counts = json_object_get(data, "droppedTargetCounts"), *count;
  const json_t *dropped = json_object_get(data, "droppedTargets");
  const char *job;
  size_t shown, bad;
  json_int_t all = 0;

  if (!json_is_array(dropped) || !json_is_object(counts))
    return pyr__error(err, PYR_EHTTP,
                      "the answer has no data.droppedTargets: is it a pyrite "
                      "that listens there?");
  shown = put_list(out, dropped, ": dropped by ", "droppedBy");
  bad = put_list(out, json_object_get(data, "badTargets"),
                 ": no target: ", "error");
  json_object_foreach(counts, job, count) all += json_integer_value(count);
  fprintf(out, "%lld dropped, %zu that cannot be targets\n", (long long)all,
          bad);
  if ((json_int_t)shown < all)
    fprintf(out, "%zu of the dropped are shown, for keep-dropped-targets\n",
            shown);
  return 0;
}

int pyr__dropped_print(FILE *out, const char *body, size_t len,
                       pyr_error_t *err) {
  json_error_t wrong;
  json_t *root = json_loadb(body, len, 0, &wrong);
  int rc;

  if (root == NULL)
    rc = pyr__error(err, PYR_EHTTP, "the answer is no JSON: %s", wrong.text);
  else
    rc = put_all(out, json_object_get(root, "data"), err);
  json_decref(root);
  return rc;
}

#include "discovery/meta_labels.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"

enum { FIRST_LABELS = 32 };

/* Pieces in a row; NULL without memory. */
static char *concat(struct pyr__arena *arena, const pyr_str_t *pieces,
                    size_t count, size_t *len) {
  char *text;
  size_t i;

  *len = 0;
  for (i = 0; i < count; i++)
    *len += pieces[i].len;
  text = pyr__arena_alloc(arena, *len, 1);
  if (text == NULL)
    return NULL;
  for (i = 0, *len = 0; i < count; *len += pieces[i++].len)
    if (pieces[i].len != 0)
      memcpy(text + *len, pieces[i].base, pieces[i].len);
  return text;
}

void pyr__meta_labels_init(struct pyr__meta_labels *labels,
                           struct pyr__arena *arena) {
  *labels = (struct pyr__meta_labels){.arena = arena};
}

static void add(struct pyr__meta_labels *labels, pyr_str_t name,
                pyr_str_t value) {
  size_t capacity = labels->capacity == 0 ? FIRST_LABELS : labels->capacity * 2;
  struct pyr__meta_label *at = labels->at;

  if (labels->count == labels->capacity) {
    at = pyr__arena_grow(labels->arena, at, labels->count * sizeof(*at),
                         capacity * sizeof(*at));
    if (at == NULL) {
      labels->has_failed = true;
      return;
    }
    labels->at = at;
    labels->capacity = capacity;
  }
  at[labels->count] = (struct pyr__meta_label){
      .label = {name, value}, .order = (uint32_t)labels->count};
  labels->count++;
}

void pyr__meta_labels_set(struct pyr__meta_labels *labels, const char *name,
                          pyr_str_t value) {
  if (value.base == NULL)
    labels->has_failed = true;
  else
    add(labels, pyr__str(name), value);
}

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

/* A character of several bytes becomes one _. */
static size_t sanitise(char *out, pyr_str_t key) {
  size_t i, len = 0;
  for (i = 0; i < key.len; i++) {
    if (((unsigned char)key.base[i] & 0xc0) == 0x80)
      continue;
    out[len++] = is_plain(key.base[i]) ? key.base[i] : '_';
  }
  return len;
}

void pyr__meta_labels_set_key(struct pyr__meta_labels *labels, const char *base,
                              const char *role, const char *part, pyr_str_t key,
                              pyr_str_t value) {
  const pyr_str_t pieces[] = {pyr__str(base), pyr__str(role), pyr__str(part),
                              key};
  size_t len;
  char *name = concat(labels->arena, pieces, 4, &len);

  if (name == NULL || value.base == NULL) {
    labels->has_failed = true;
    return;
  }
  len -= key.len;
  len += sanitise(name + len, key);
  add(labels, (pyr_str_t){name, len}, value);
}

static int compare(const void *a, const void *b) {
  const struct pyr__meta_label *left = a, *right = b;
  int order = pyr__str_compare(left->label.name, right->label.name);
  if (order == 0)
    order = left->order < right->order ? -1 : 1;
  return order;
}

static int out_of_memory(struct pyr__arena *arena, pyr_error_t *err) {
  return pyr__arena_error(arena, PYR__MIB, "one group", err);
}

int pyr__meta_labels_finish(struct pyr__meta_labels *labels,
                            struct pyr__discovered *out, pyr_error_t *err) {
  pyr_label_t *to;
  size_t i, count = 0;

  *out = (struct pyr__discovered){NULL, 0};
  to = pyr__arena_alloc(labels->arena, labels->count, sizeof(*to));
  if (labels->has_failed || to == NULL)
    return out_of_memory(labels->arena, err);
  if (labels->count > 1)
    qsort(labels->at, labels->count, sizeof(*labels->at), compare);
  for (i = 0; i < labels->count; i++) {
    if (count > 0 &&
        pyr__str_equal(to[count - 1].name, labels->at[i].label.name))
      count--;
    to[count++] = labels->at[i].label;
  }
  *out = (struct pyr__discovered){to, count};
  return 0;
}

int pyr__meta_labels_merge(struct pyr__arena *arena,
                           const struct pyr__discovered *under,
                           const struct pyr__discovered *over, bool is_final,
                           struct pyr__discovered *out, pyr_error_t *err) {
  const pyr_label_t *a = under->labels, *b = over->labels;
  size_t i = 0, j = 0, count = 0;
  pyr_label_t *to = pyr__arena_alloc(
      arena, under->label_count + over->label_count, sizeof(*to));

  if (to == NULL)
    return out_of_memory(arena, err);
  while (i < under->label_count || j < over->label_count) {
    int order = i == under->label_count ? 1
                : j == over->label_count
                    ? -1
                    : pyr__str_compare(a[i].name, b[j].name);
    to[count] = order < 0 ? a[i] : b[j];
    count += !is_final || to[count].value.len != 0;
    i += order <= 0;
    j += order >= 0;
  }
  *out = (struct pyr__discovered){to, count};
  return 0;
}

/* ---- texts -------------------------------------------------------------- */

pyr_str_t pyr__meta_concat(struct pyr__arena *arena, const pyr_str_t *pieces,
                           size_t count) {
  size_t len;
  const char *text = concat(arena, pieces, count, &len);
  return (pyr_str_t){text, text == NULL ? 0 : len};
}

pyr_str_t pyr__meta_host_port(struct pyr__arena *arena, pyr_str_t host,
                              pyr_str_t port) {
  bool is_ipv6 = host.len != 0 && memchr(host.base, ':', host.len) != NULL;
  const pyr_str_t pieces[] = {pyr__str(is_ipv6 ? "[" : ""), host,
                              pyr__str(is_ipv6 ? "]:" : ":"), port};
  return pyr__meta_concat(arena, pieces, 4);
}

pyr_str_t pyr__meta_lower(struct pyr__arena *arena, pyr_str_t text) {
  char *copy = pyr__arena_text(arena, text);
  size_t i;
  if (copy == NULL)
    return (pyr_str_t){NULL, 0};
  for (i = 0; i < text.len; i++)
    if (copy[i] >= 'A' && copy[i] <= 'Z')
      copy[i] = (char)(copy[i] | 0x20);
  return (pyr_str_t){copy, text.len};
}

/* Our side of the comparison with Prometheus: reads one JSON object a line,
 * answers with one.  Texts are bytes: each character of a JSON string, U+0000
 * to U+00FF, is one.
 *
 *   {"pattern": P, "texts": [T]}: {"matches": [[group, ...] or null]}
 *   {"rules": [{...}], "labels": [[N, V]]}: {"steps": [[[N, V]]], "kept": B}
 *   either: {"error": "..."}
 *
 * With `bench` as argument it reads {"rules": [{...}], "targets": [[[N, V]]]}
 * and says how much CPU time the rules take on all of the targets. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relabel/relabel.h"

#include "base/label.h"
#include "base/limits.h"
#include "base/utf8.h"

struct tool {
  struct pyr__memory memory;
  struct pyr__arena arena;
};

static void give_up(const char *what) {
  fprintf(stderr, "relabel_tool: %s\n", what);
  exit(2);
}

static void *must(void *ptr) {
  if (ptr == NULL)
    give_up("out of memory");
  return ptr;
}

static pyr_str_t bytes_of(struct tool *tool, const json_t *json) {
  pyr_str_t text = {json_string_value(json), json_string_length(json)};
  char *out = must(pyr__arena_alloc(&tool->arena, text.len + 1, 1));
  pyr_str_t bytes = {out, 0};
  uint32_t code;
  while (text.len > 0) {
    size_t len = pyr__utf8_decode(text, &code);
    out[bytes.len++] = (char)code;
    text = (pyr_str_t){text.base + len, text.len - len};
  }
  return bytes;
}

static json_t *json_of(struct tool *tool, pyr_str_t bytes) {
  char *out = must(pyr__arena_alloc(&tool->arena, 2 * bytes.len + 1, 1));
  size_t i, len = 0;
  for (i = 0; i < bytes.len; i++)
    len += pyr__utf8_encode(out + len, (uint8_t)bytes.base[i]);
  return must(json_stringn(out, len));
}

/* Which must be UTF-8. */
static json_t *error_of(const pyr_error_t *err) {
  return must(json_pack("{s:i,s:s}", "code", err->code, "error", err->text));
}

/* ---- patterns ----------------------------------------------------------- */

static json_t *groups_of(struct tool *tool, const struct pyr__regex *regex,
                         pyr_str_t text, pyr_error_t *err) {
  size_t count = pyr__regex_groups(regex) + 1, i;
  struct pyr__span *spans =
      must(pyr__arena_calloc(&tool->arena, count, sizeof(*spans)));
  json_t *groups = must(json_array());
  int rc = pyr__regex_find(regex, text, 0, spans, err);
  if (rc <= 0) {
    json_decref(groups);
    return rc == 0 ? json_null() : error_of(err);
  }
  for (i = 0; i < count; i++) {
    pyr_str_t group = {"", 0};
    if (spans[i].start != PYR__REGEX_UNSET)
      group = (pyr_str_t){text.base + spans[i].start,
                          spans[i].end - spans[i].start};
    json_array_append_new(groups, json_of(tool, group));
  }
  return groups;
}

static json_t *match(struct tool *tool, const json_t *input) {
  pyr_str_t pattern = bytes_of(tool, json_object_get(input, "pattern"));
  json_t *matches, *text;
  struct pyr__regex *regex, *test;
  pyr_error_t err = {0};
  size_t i, offset;

  if (pyr__regex_new(&regex, &tool->memory, PYR__MEM_BASE_TEXT, pattern,
                     PYR__REGEX_TEXTUAL | PYR__REGEX_CAPTURES, &offset, &err))
    return error_of(&err);
  if (pyr__regex_new(&test, &tool->memory, PYR__MEM_BASE_TEXT, pattern,
                     PYR__REGEX_TEXTUAL, &offset, &err))
    give_up("a pattern compiles only with groups");
  matches = must(json_array());
  json_array_foreach(json_object_get(input, "texts"), i, text) {
    pyr_str_t bytes = bytes_of(tool, text);
    json_t *groups = groups_of(tool, regex, bytes, &err);
    int rc = pyr__regex_test(test, bytes, &err);
    if (rc >= 0 && !json_is_object(groups) && rc == json_is_null(groups))
      give_up("test and find disagree");
    json_array_append_new(matches, groups);
  }
  pyr__regex_free(regex);
  pyr__regex_free(test);
  return json_pack("{s:o}", "matches", matches);
}

/* ---- rules -------------------------------------------------------------- */

static void read_text(struct tool *tool, const json_t *json, const char *key,
                      pyr_str_t *out) {
  const json_t *value = json_object_get(json, key);
  if (json_is_string(value))
    *out = bytes_of(tool, value);
}

static struct pyr__relabel_fields read_fields(struct tool *tool,
                                              const json_t *json) {
  struct pyr__relabel_fields fields = pyr__relabel_defaults();
  const json_t *sources = json_object_get(json, "source_labels");
  const json_t *modulus = json_object_get(json, "modulus");
  pyr_str_t *texts;
  size_t i;

  read_text(tool, json, "separator", &fields.rule.separator);
  read_text(tool, json, "regex", &fields.rule.regex);
  read_text(tool, json, "target_label", &fields.rule.target_label);
  read_text(tool, json, "replacement", &fields.rule.replacement);
  read_text(tool, json, "action", &fields.rule.action);
  fields.has_regex = json_object_get(json, "regex") != NULL;
  fields.has_source_labels = sources != NULL;
  fields.rule.source_count = json_array_size(sources);
  texts = must(
      pyr__arena_alloc(&tool->arena, fields.rule.source_count, sizeof(*texts)));
  for (i = 0; i < fields.rule.source_count; i++)
    texts[i] = bytes_of(tool, json_array_get(sources, i));
  fields.rule.source_labels = texts;
  if (modulus != NULL)
    fields.rule.modulus = strtoull(json_string_value(modulus), NULL, 10);
  return fields;
}

static void read_labels(struct tool *tool, const json_t *json,
                        pyr_label_t **out, size_t *count) {
  size_t i;
  *count = json_array_size(json);
  *out = must(pyr__arena_alloc(&tool->arena, *count, sizeof(**out)));
  for (i = 0; i < *count; i++) {
    const json_t *pair = json_array_get(json, i);
    (*out)[i].name = bytes_of(tool, json_array_get(pair, 0));
    (*out)[i].value = bytes_of(tool, json_array_get(pair, 1));
  }
  pyr__labels_sort(*out, *count);
}

struct steps {
  struct tool *tool;
  json_t *json;
};

static void add_step(void *ctx, size_t rule, bool kept,
                     const pyr_label_t *labels, size_t count) {
  struct steps *steps = ctx;
  json_t *json = must(json_array());
  size_t i;
  (void)rule;
  (void)kept;
  for (i = 0; i < count; i++)
    json_array_append_new(
        json, must(json_pack("[o,o]", json_of(steps->tool, labels[i].name),
                             json_of(steps->tool, labels[i].value))));
  json_array_append_new(steps->json, json);
}

static json_t *apply(struct tool *tool, const struct pyr__relabel_rule *rules,
                     size_t count, const json_t *json) {
  struct steps steps = {tool, must(json_array())};
  struct pyr__relabel_trace trace = {add_step, &steps};
  struct pyr__relabel_result result;
  pyr_label_t *labels;
  pyr_error_t err = {0};
  size_t label_count;

  read_labels(tool, json, &labels, &label_count);
  if (pyr__relabel_apply(rules, count, labels, label_count, &tool->arena,
                         &trace, &result, &err)) {
    json_decref(steps.json);
    return error_of(&err);
  }
  return must(
      json_pack("{s:o,s:b}", "steps", steps.json, "kept", (int)result.kept));
}

struct rules {
  struct pyr__relabel_rule *items;
  size_t count;
};

static int make_rules(struct tool *tool, const json_t *list,
                      struct rules *rules, pyr_error_t *err) {
  size_t count = json_array_size(list);
  enum pyr__relabel_field wrong;
  int rc = 0;
  *rules = (struct rules){
      must(pyr__arena_calloc(&tool->arena, count, sizeof(*rules->items))), 0};
  while (rules->count < count && rc == 0) {
    struct pyr__relabel_fields fields =
        read_fields(tool, json_array_get(list, rules->count));
    rc = pyr__relabel_rule_init(&rules->items[rules->count], &tool->arena,
                                &fields, &wrong, err);
    rules->count += rc == 0;
  }
  return rc;
}

static void release_rules(struct rules *rules) {
  while (rules->count > 0)
    pyr__relabel_rule_release(&rules->items[--rules->count]);
}

static json_t *relabel(struct tool *tool, const json_t *input) {
  struct rules rules;
  pyr_error_t err = {0};
  json_t *out;

  if (make_rules(tool, json_object_get(input, "rules"), &rules, &err) != 0)
    out = error_of(&err);
  else
    out =
        apply(tool, rules.items, rules.count, json_object_get(input, "labels"));
  release_rules(&rules);
  return out;
}

/* ---- the benchmark ------------------------------------------------------ */

struct target {
  pyr_label_t *labels;
  size_t count;
};

static size_t relabel_all(struct tool *tool, const struct rules *rules,
                          const struct target *targets, size_t count) {
  struct pyr__relabel_result result;
  struct pyr__arena scratch;
  size_t i, kept = 0;
  pyr_error_t err;

  pyr__arena_init(&scratch, &tool->memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  for (i = 0; i < count; i++) {
    if (pyr__relabel_apply(rules->items, rules->count, targets[i].labels,
                           targets[i].count, &scratch, NULL, &result, &err))
      give_up(err.text);
    kept += result.kept;
    pyr__arena_reset(&scratch, PYR__MIB);
  }
  pyr__arena_release(&scratch);
  return kept;
}

static void bench(struct tool *tool) {
  json_t *input = must(json_loadf(stdin, 0, NULL)), *list;
  size_t count, i, kept;
  struct target *targets;
  struct rules rules;
  pyr_error_t err;
  clock_t start;

  list = json_object_get(input, "targets");
  count = json_array_size(list);
  targets = must(pyr__arena_alloc(&tool->arena, count, sizeof(*targets)));
  for (i = 0; i < count; i++)
    read_labels(tool, json_array_get(list, i), &targets[i].labels,
                &targets[i].count);
  start = clock();
  if (make_rules(tool, json_object_get(input, "rules"), &rules, &err) != 0)
    give_up(err.text);
  kept = relabel_all(tool, &rules, targets, count);
  printf("%.1f ms CPU, %zu of %zu kept\n",
         1e3 * (double)(clock() - start) / CLOCKS_PER_SEC, kept, count);
  release_rules(&rules);
  json_decref(input);
}

int main(int argc, char **argv) {
  struct tool tool;
  char *line = NULL;
  size_t size = 0;
  ssize_t len;

  pyr__memory_init(&tool.memory, NULL);
  pyr__arena_init(&tool.arena, &tool.memory, PYR__MEM_BASE_TEXT,
                  256 * PYR__MIB);
  if (argc > 1 && strcmp(argv[1], "bench") == 0)
    bench(&tool);
  while ((len = getline(&line, &size, stdin)) > 0) {
    json_t *input = must(json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL));
    json_t *output = json_object_get(input, "pattern") != NULL
                         ? match(&tool, input)
                         : relabel(&tool, input);
    if (json_dumpf(must(output), stdout, JSON_COMPACT) != 0)
      give_up("cannot write");
    putchar('\n');
    json_decref(input);
    json_decref(output);
    pyr__arena_reset(&tool.arena, PYR__MIB);
  }
  free(line);
  pyr__arena_release(&tool.arena);
  return fflush(stdout) != 0;
}

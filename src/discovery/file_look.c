#include "discovery/file_look.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

int pyr__file_look_init(struct pyr__file_look *look,
                        struct pyr__discoverer *discoverer,
                        const struct pyr__file_sd_config *config) {
  struct pyr__memory *memory = discoverer->env->memory;
  memset(look, 0, sizeof(*look));
  look->discoverer = discoverer;
  look->config = config;
  look->pattern_failed =
      pyr__calloc(memory, PYR__MEM_DISCOVERY_GROUPS, config->file_count,
                  sizeof(*look->pattern_failed));
  if (look->pattern_failed == NULL)
    return PYR__ENOMEM;
  look->reading.fd = -1;
  pyr__known_files_init(&look->known, memory);
  /* One reading past the limit, so that passing it is seen. */
  pyr__buf_init(&look->text, memory, PYR__MEM_DISCOVERY_GROUPS,
                2 * PYR__LIMIT_LIST_BYTES);
  return 0;
}

static void end_emit(struct pyr__file_look *look) {
  look->emitting->sources = look->emit.slices.sources;
  look->emitting = NULL;
  pyr__list_emit_end(&look->emit);
  pyr__buf_release(&look->text);
}

static void close_dir(struct pyr__file_look *look) {
  if (look->dir != NULL)
    closedir(look->dir);
  look->dir = NULL;
}

void pyr__file_look_release(struct pyr__file_look *look) {
  if (look->emitting != NULL)
    end_emit(look);
  close_dir(look);
  pyr__known_file_close(&look->reading);
  pyr__known_files_release(&look->known);
  pyr__buf_release(&look->text);
  pyr__free(look->discoverer->env->memory, look->pattern_failed);
}

void pyr__file_look_begin(struct pyr__file_look *look) {
  look->round++;
  look->pattern = 0;
  look->next = UINT32_MAX;
  look->has_failed = look->must_retry = false;
  memset(look->pattern_failed, 0,
         look->config->file_count * sizeof(*look->pattern_failed));
}

static void fail(struct pyr__file_look *look, const pyr_error_t *err) {
  look->has_failed = true;
  look->must_retry |= err->code == PYR__ENOMEM;
  pyr__discoverer_failed(look->discoverer, err);
}

static void fail_pattern(struct pyr__file_look *look, const pyr_error_t *err) {
  look->pattern_failed[look->pattern] = true;
  fail(look, err);
}

/* ---- one file ----------------------------------------------------------- */

static enum pyr__list_format format_of(const struct pyr__known_file *file) {
  const char *dot = strrchr(file->path, '.');
  return dot != NULL && strcasecmp(dot, ".json") == 0 ? PYR__LIST_JSON
                                                      : PYR__LIST_YAML;
}

/* `text`: what it says; NULL: it is gone. */
static void emit(struct pyr__file_look *look, struct pyr__known_file *file,
                 struct pyr__buf *text) {
  const struct pyr__list_source from = {.origin = {file->path, file->path_len},
                                        .meta_label = "__meta_filepath",
                                        .slices = file->sources,
                                        .format = format_of(file),
                                        .text = text};
  look->emitting = file;
  pyr__list_emit_begin(&look->emit, look->discoverer, &from);
}

/* It keeps the groups that it had. */
static void refuse(struct pyr__file_look *look, const pyr_error_t *err) {
  look->emitting->is_bad = true;
  look->emitting->is_read = err->code != PYR__ENOMEM;
  fail(look, err);
}

/* To be read, and emitted, again. */
static void try_again(struct pyr__file_look *look, const pyr_error_t *err) {
  look->emitting->is_read = false;
  look->must_retry = true;
  fail(look, err);
  if (look->emitting->round != look->round)
    look->next--; /* it was being cleared up */
}

static void emit_more(struct pyr__file_look *look) {
  pyr_error_t err;
  int rc = pyr__list_emit_step(&look->emit, &err);
  if (rc > 0)
    return;
  if (rc == 0)
    look->emitting->is_bad = false;
  else if (look->emit.is_read)
    try_again(look, &err);
  else
    refuse(look, &err);
  end_emit(look);
}

static void visit(struct pyr__file_look *look, const char *path) {
  int64_t now = pyr__wall(&look->discoverer->env->clock);
  struct pyr__known_file *file;
  pyr_error_t err;
  int rc = pyr__known_files_get(&look->known, path, &file, &err);

  if (rc != 0) {
    fail_pattern(look, &err);
    return;
  }
  if (file->round == look->round)
    return;
  rc = pyr__known_file_open(&look->reading, &look->known, file, now, &err);
  if (rc == -ENOENT || rc == -ENOTDIR)
    return; /* it is cleared up with those that nothing leads to */
  file->round = look->round;
  file->pattern = (uint32_t)look->pattern;
  if (rc < 0)
    fail(look, &err);
  else if (rc == 0)
    look->has_failed |= file->is_bad;
}

static void read_more(struct pyr__file_look *look) {
  struct pyr__known_file *file = look->reading.file;
  bool is_news = false;
  pyr_error_t err;
  int rc = pyr__known_file_read(&look->reading, &look->text, &is_news, &err);

  if (rc > 0)
    return;
  if (rc < 0)
    fail(look, &err);
  else if (is_news)
    emit(look, file, &look->text);
  else
    look->has_failed |= file->is_bad;
  if (!is_news)
    pyr__buf_release(&look->text);
}

/* ---- one pattern -------------------------------------------------------- */

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

bool pyr__file_dir(const char *path, char out[PYR__PATH_BYTES]) {
  size_t len = (size_t)(last_part(path) - path);
  if (len >= PYR__PATH_BYTES)
    return false;
  memcpy(out, path, len);
  memcpy(out + len, len == 0 ? "." : "", len == 0 ? 2 : 1);
  return true;
}

static void next_pattern(struct pyr__file_look *look) {
  close_dir(look);
  look->pattern++;
}

static void open_dir(struct pyr__file_look *look, const char *path) {
  char dir[PYR__PATH_BYTES];
  pyr_error_t err;

  if (!pyr__file_dir(path, dir))
    errno = ENAMETOOLONG;
  else
    look->dir = opendir(dir);
  if (look->dir != NULL)
    return;
  if (errno != ENOENT && errno != ENOTDIR) {
    pyr__error_errno(&err, errno, path);
    fail_pattern(look, &err);
  }
  next_pattern(look);
}

static void visit_entry(struct pyr__file_look *look, const char *pattern,
                        const char *name) {
  const char *last = last_part(pattern);
  char path[PYR__PATH_BYTES];
  int len;

  if (fnmatch(last, name, 0) != 0 || strcmp(name, ".") == 0 ||
      strcmp(name, "..") == 0)
    return;
  len = snprintf(path, sizeof(path), "%.*s%s", (int)(last - pattern), pattern,
                 name);
  if (len > 0 && (size_t)len < sizeof(path))
    visit(look, path);
}

static void read_dir(struct pyr__file_look *look, const char *pattern) {
  const struct dirent *entry;
  pyr_error_t err;

  errno = 0;
  entry = readdir(look->dir);
  if (entry != NULL) {
    visit_entry(look, pattern, entry->d_name);
    return;
  }
  if (errno != 0) {
    pyr__error_errno(&err, errno, pattern);
    fail_pattern(look, &err);
  }
  next_pattern(look);
}

static void look_at_pattern(struct pyr__file_look *look) {
  const char *path = look->config->files[look->pattern].base;
  if (strpbrk(last_part(path), "*?[\\") == NULL) {
    visit(look, path);
    next_pattern(look);
  } else if (look->dir == NULL) {
    open_dir(look, path);
  } else {
    read_dir(look, path);
  }
}

/* ---- the look ----------------------------------------------------------- */

/* Ends the targets of files that are gone; false: of all. */
static bool clear_up(struct pyr__file_look *look) {
  struct pyr__known_file *file;

  if (look->next > look->known.count)
    look->next = look->known.count;
  if (look->next == 0)
    return false;
  file = look->known.files[look->next - 1];
  if (file->round == look->round || look->pattern_failed[file->pattern]) {
    look->next--;
  } else if (file->sources == 0) {
    /* What takes its place was looked at before. */
    pyr__known_files_remove(&look->known, file);
    look->next--;
  } else {
    emit(look, file, NULL);
  }
  return true;
}

static bool step(struct pyr__file_look *look) {
  if (look->emitting != NULL)
    emit_more(look);
  else if (look->reading.fd >= 0)
    read_more(look);
  else if (look->pattern < look->config->file_count)
    look_at_pattern(look);
  else
    return clear_up(look);
  return true;
}

bool pyr__file_look_go_on(struct pyr__file_look *look) {
  uint64_t begin = uv_hrtime();
  do {
    if (!step(look))
      return false;
  } while (uv_hrtime() - begin < PYR__EMIT_TURN_NS);
  return true;
}

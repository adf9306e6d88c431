#include "discovery_live.h"

#include <sys/stat.h>
#include <unistd.h>

#include "discovery/file_discoverer.h"

struct files {
  struct live live;
  char dir[64];
  char patterns[4][128];
  pyr_str_t pattern_texts[4];
  struct pyr__file_sd_config config;
};

static void in_dir(const struct files *files, const char *name, char out[256]) {
  snprintf(out, 256, "%s/%s", files->dir, name);
}

static void write_to(const char *path, const char *text, size_t len) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, len, file), len);
  fclose(file);
}

/* As those do it who know how. */
static void put(const struct files *files, const char *name, const char *text) {
  char path[256], temporary[256];
  in_dir(files, name, path);
  in_dir(files, ".new", temporary);
  write_to(temporary, text, strlen(text));
  assert_int_equal(rename(temporary, path), 0);
}

static void put_in_place(const struct files *files, const char *name,
                         const char *text) {
  char path[256];
  in_dir(files, name, path);
  write_to(path, text, strlen(text));
}

static void take(const struct files *files, const char *name) {
  char path[256];
  in_dir(files, name, path);
  assert_int_equal(remove(path), 0);
}

static void make_dir(const struct files *files, const char *name) {
  char path[256];
  in_dir(files, name, path);
  assert_int_equal(mkdir(path, 0700), 0);
}

static void move(const struct files *files, const char *from, const char *to) {
  char old[256], new[256];
  in_dir(files, from, old);
  in_dir(files, to, new);
  assert_int_equal(rename(old, new), 0);
}

static void link_to(const struct files *files, const char *target,
                    const char *name) {
  char path[256];
  in_dir(files, name, path);
  assert_int_equal(symlink(target, path), 0);
}

static void prepare(struct files *files) {
  memset(files, 0, sizeof(*files));
  live_begin(&files->live);
  /* In memory where it can be: disks are slow at replacing files. */
  snprintf(files->dir, sizeof(files->dir), "%s/pyrite-file-sd-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  assert_non_null(mkdtemp(files->dir));
  files->config.files = files->pattern_texts;
  files->config.refresh_interval_ns = 3600 * PYR__NS_PER_S;
}

static void add_pattern(struct files *files, const char *pattern) {
  size_t i = files->config.file_count++;
  snprintf(files->patterns[i], sizeof(files->patterns[i]), "%s/%s", files->dir,
           pattern);
  files->pattern_texts[i] = pyr__str(files->patterns[i]);
}

static void start(struct files *files) {
  struct live *live = &files->live;
  assert_int_equal(pyr__file_discoverer_new(&live->discoverer, &files->config,
                                            &live->env, &live->sink, NULL),
                   0);
  live_until(live, live->syncs == 1);
}

static void end(struct files *files) {
  char command[128];
  live_close(&files->live);
  live_finish(&files->live);
  snprintf(command, sizeof(command), "rm -rf %s", files->dir);
  assert_int_equal(system(command), 0);
}

static const pyr_str_t *discovered(const struct pyr__member_view *view,
                                   const char *name) {
  return pyr__labels_find(view->discovered.labels, view->discovered.label_count,
                          name);
}

static int check_labels(void *ctx, const struct pyr__member_view *view) {
  const char *path = ctx;
  assert_true(pyr__str_is(*discovered(view, "__meta_filepath"), path));
  assert_true(pyr__str_is(*discovered(view, "__name__"), "api"));
  assert_true(pyr__str_is(*discovered(view, "__spy_name__"), "gospy"));
  assert_true(pyr__str_is(*discovered(view, "zone"), "a"));
  assert_null(discovered(view, "empty"));
  assert_int_equal(view->discovered.label_count, 5);
  return 0;
}

static void targets__have_the_labels_of_their_file(void **state) {
  struct files files;
  char path[256];
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  put(&files, "a.yml",
      "- application: api\n"
      "  spy-name: gospy\n"
      "  targets: [h:1, h:2]\n"
      "  labels: {zone: a, empty: ''}\n");
  start(&files);
  assert_string_equal(live_addresses(&files.live), "h:1 h:2");
  in_dir(&files, "a.yml", path);
  assert_int_equal(
      pyr__target_set_each(&files.live.world.set, check_labels, path), 0);
  end(&files);
}

static void files__are_followed_as_they_come_change_and_go(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  add_pattern(&files, "one.json");
  start(&files);
  assert_string_equal(live_addresses(live), "");
  put(&files, "a.yml", "- targets: [h:1]\n");
  live_until_addresses(live, "h:1");
  put(&files, "one.json", "[{\"targets\": [\"h:2\"]}]");
  live_until_addresses(live, "h:1 h:2");
  put(&files, "other.json", "[{\"targets\": [\"h:9\"]}]");
  put_in_place(&files, "a.yml", "- targets: [h:3]\n- targets: [h:1]\n");
  live_until_addresses(live, "h:1 h:2 h:3");
  assert_int_equal(live->world.gone, 0);
  put_in_place(&files, "a.yml", "- targets: [h:1]\n");
  live_until_addresses(live, "h:1 h:2");
  take(&files, "a.yml");
  live_until_addresses(live, "h:2");
  put(&files, "one.json", "[]");
  live_until_addresses(live, "");
  assert_string_equal(live->discoverer->stats.last_error, "");
  end(&files);
}

static void broken_file__keeps_its_targets_and_is_reported(void **state) {
  static const char *const broken[][2] = {
      {"- targets: [h:2\n", "a.yml:2:1: "},
      {"- targets: [h:2]\n  lables: {}\n", "a.yml:2:3: lables: "},
      {"- targets: [h:2]\n-\n", "group: is nothing"},
      {"targets: [h:2]\n", "a.yml:1:1: targets: is a map"},
      {"- targets: h:2\n  labels: [a]\n", "a.yml:2:11: labels: is a list"},
      {"- targets: [[h]]\n", "a.yml:1:13: targets: is a list"},
  };
  struct files files;
  struct live *live = &files.live;
  size_t i;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  put(&files, "a.yml", "- targets: [h:1]\n");
  put(&files, "b.yml", "- targets: [i:1]\n");
  start(&files);
  for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
    put_in_place(&files, "a.yml", broken[i][0]);
    live_until(live, strstr(live->discoverer->error, broken[i][1]) != NULL);
    assert_int_equal(live->discoverer->stats.failures, i + 1);
    assert_string_equal(live_addresses(live), "h:1 i:1");
  }
  assert_non_null(strstr(live->log_line, "discovery failed"));
  put(&files, "b.yml", "- targets: [i:2]\n"); /* others go on */
  live_until_addresses(live, "h:1 i:2");
  assert_string_not_equal(live->discoverer->stats.last_error, "");
  put(&files, "a.yml", "- targets: [h:2]\n");
  live_until_addresses(live, "h:2 i:2");
  live_until(live, live->discoverer->error[0] == '\0');
  end(&files);
}

static void unreadable__keeps_its_targets(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "a.yml");
  put(&files, "a.yml", "- targets: [h:1]\n");
  start(&files);
  take(&files, "a.yml");
  make_dir(&files, "a.yml");
  live_until(live, strstr(live->discoverer->error, "not a regular") != NULL);
  assert_string_equal(live_addresses(live), "h:1");
  take(&files, "a.yml");
  live_until_addresses(live, "");
  end(&files);
}

static void strange_files__keep_their_targets(void **state) {
  struct files files;
  struct live *live = &files.live;
  char path[256];
  (void)state;
  prepare(&files);
  add_pattern(&files, "a.yml");
  put(&files, "a.yml", "- targets: [h:1]\n");
  start(&files);
  in_dir(&files, ".new", path);
  assert_int_equal(mkfifo(path, 0600), 0); /* nobody will ever write to it */
  move(&files, ".new", "a.yml");
  live_until(live, strstr(live->discoverer->error, "not a regular") != NULL);
  put_in_place(&files, ".new", "- targets: [h:2]\n");
  assert_int_equal(truncate(path, 17 << 20), 0);
  move(&files, ".new", "a.yml");
  live_until(live,
             strstr(live->discoverer->error, "larger than 16 MiB") != NULL);
  put_in_place(&files, ".new", "- targets: [h:2]\n");
  assert_int_equal(truncate(path, 1 << 20), 0); /* and then null bytes */
  move(&files, ".new", "a.yml");
  live_until(live, strstr(live->discoverer->error, "a.yml:2:") != NULL);
  assert_string_equal(live_addresses(live), "h:1");
  put(&files, "a.yml", "- targets: [h:2]\n");
  live_until_addresses(live, "h:2");
  end(&files);
}

/* As a mounted ConfigMap is updated: the files are links through ..data. */
static void kubernetes_swap__is_seen(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  add_pattern(&files, "sub/*.yml");
  make_dir(&files, "..1");
  make_dir(&files, "..1/sub");
  put(&files, "..1/a.yml", "- targets: [h:1]\n");
  put(&files, "..1/sub/b.yml", "- targets: [i:1]\n");
  link_to(&files, "..1", "..data");
  link_to(&files, "..data/a.yml", "a.yml");
  link_to(&files, "..data/sub", "sub");
  start(&files);
  assert_string_equal(live_addresses(live), "h:1 i:1");
  make_dir(&files, "..2");
  make_dir(&files, "..2/sub");
  put(&files, "..2/a.yml", "- targets: [h:2]\n");
  put(&files, "..2/sub/b.yml", "- targets: [i:2]\n");
  link_to(&files, "..2", "..data_tmp");
  move(&files, "..data_tmp", "..data");
  live_until_addresses(live, "h:2 i:2");
  put(&files, "..2/sub/c.yml", "- targets: [i:3]\n");
  live_until_addresses(live, "h:2 i:2 i:3");
  end(&files);
}

static void directories__vanish_and_return(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "x/y/*.yml");
  start(&files);
  make_dir(&files, "x");
  make_dir(&files, "x/y");
  put(&files, "x/y/a.yml", "- targets: [h:1]\n");
  live_until_addresses(live, "h:1");
  move(&files, "x/y", "x/gone");
  live_until_addresses(live, "");
  put(&files, "x/gone/b.yml", "- targets: [h:2]\n");
  move(&files, "x/gone", "x/y");
  live_until_addresses(live, "h:1 h:2");
  take(&files, "x/y/a.yml");
  take(&files, "x/y/b.yml");
  take(&files, "x/y");
  take(&files, "x");
  live_until_addresses(live, "");
  make_dir(&files, "x");
  make_dir(&files, "x/y");
  live_until(live, live->world.set.count == 0);
  put(&files, "x/y/a.yml", "- targets: [h:3]\n");
  live_until_addresses(live, "h:3");
  end(&files);
}

static void link__may_lead_elsewhere(void **state) {
  struct files files;
  struct live *live = &files.live;
  char target[256];
  (void)state;
  prepare(&files);
  add_pattern(&files, "current/t/*.yml");
  make_dir(&files, "r1");
  make_dir(&files, "r1/t");
  make_dir(&files, "r2");
  make_dir(&files, "r2/t");
  put(&files, "r1/t/a.yml", "- targets: [h:1]\n");
  put(&files, "r2/t/a.yml", "- targets: [h:2]\n");
  in_dir(&files, "r1", target);
  link_to(&files, target, "link");
  link_to(&files, "link", "current");
  start(&files);
  assert_string_equal(live_addresses(live), "h:1");
  in_dir(&files, "r2", target);
  link_to(&files, target, "link2");
  move(&files, "link2", "link"); /* current still leads to it */
  live_until_addresses(live, "h:2");
  link_to(&files, "current", "loop");
  move(&files, "loop", "current"); /* a link to itself leads nowhere */
  live_until(live, live->discoverer->error[0] != '\0');
  assert_string_equal(live_addresses(live), "h:2");
  end(&files);
}

static void refresh_interval__reads_what_no_event_tells(void **state) {
  struct files files;
  struct live *live = &files.live;
  char path[256], other[256];
  (void)state;
  prepare(&files);
  add_pattern(&files, "a.yml");
  files.config.refresh_interval_ns = 20 * PYR__NS_PER_MS;
  make_dir(&files, "far");
  put(&files, "far/b.yml", "- targets: [h:1]\n");
  in_dir(&files, "far/b.yml", other);
  in_dir(&files, "a.yml", path);
  assert_int_equal(symlink(other, path), 0); /* of a file, not a directory */
  start(&files);
  assert_string_equal(live_addresses(live), "h:1");
  put_in_place(&files, "far/b.yml", "- targets: [h:2]\n");
  live_until_addresses(live, "h:2");
  end(&files);
}

/* 10,000 changes as fast as they can be made: few looks, and the last state. */
static void storm__ends_in_the_last_state(void **state) {
  struct files files;
  struct live *live = &files.live;
  char text[64], name[16];
  unsigned i;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  start(&files);
  for (i = 0; i < 10000; i++) {
    snprintf(text, sizeof(text), "- targets: [h:%u]\n", 10000 + i);
    snprintf(name, sizeof(name), "%u.yml", i % 10);
    if (i % 3 == 0)
      put(&files, name, text);
    else
      put_in_place(&files, name, text);
    if (i % 100 == 99)
      uv_run(&live->loop, UV_RUN_NOWAIT);
  }
  live_until_addresses(live, "h:19990 h:19991 h:19992 h:19993 h:19994 h:19995 "
                             "h:19996 h:19997 h:19998 h:19999");
  assert_true(live->discoverer->stats.updates < 1000);
  end(&files);
}

/* What the set refuses comes again by itself. */
static void refused_group__is_offered_again(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  files.config.refresh_interval_ns = 10 * PYR__NS_PER_MS;
  put(&files, "a.yml", "- targets: [h:1]\n- targets: [h:2]\n");
  put(&files, "b.yml", "- targets: [i:1]\n- targets: [i:2]\n");
  live->fail_groups = 1;
  start(&files);
  live_until_addresses(live, "h:1 h:2 i:1 i:2");
  live->fail_groups = 1;
  take(&files, "a.yml");
  live_until_addresses(live, "i:1 i:2");
  assert_int_equal(live->fail_groups, 0);
  end(&files);
}

static void long_list__comes_in_slices(void **state) {
  struct files files;
  struct live *live = &files.live;
  static char text[65536];
  unsigned i;
  size_t used;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.json");
  used = (size_t)sprintf(text, "[{\"targets\": [");
  for (i = 0; i < 1000; i++)
    used += (size_t)sprintf(text + used, "%s\"h:%u\"", i > 0 ? "," : "", i);
  sprintf(text + used, "]}]");
  put(&files, "a.json", text);
  start(&files);
  assert_int_equal(live->world.set.count, 1000);
  assert_int_equal(live->world.set.group_count, 8);
  put(&files, "a.json", "[{\"targets\": [\"h:999\", \"h:0\"]}]");
  live_until_addresses(live, "h:0 h:999");
  assert_int_equal(live->world.set.group_count, 1);
  assert_int_equal(live->world.added, 1000);
  end(&files);
}

/* A list of `count` targets that takes the loop many turns. */
static void put_long(const struct files *files, unsigned count,
                     const char *end) {
  char *text = malloc(count * 32 + 64);
  size_t used = 0;
  unsigned i;
  for (i = 0; i < count; i++)
    used += (size_t)sprintf(text + used, "- targets: [long:%u]\n", i);
  strcpy(text + used, end);
  put(files, "a.yml", text);
  free(text);
}

static void long_list__is_taken_wholly_or_not_at_all(void **state) {
  struct files files;
  struct live *live = &files.live;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  put(&files, "a.yml", "- targets: [h:1]\n");
  start(&files);
  put_long(&files, 10000, "- targets: [h:2\n");
  live_until(live, strstr(live->discoverer->error, "a.yml:1000") != NULL);
  assert_string_equal(live_addresses(live), "h:1");
  assert_int_equal(live->world.added, 1);
  put_long(&files, 10000, "");
  live_until(live, live->world.set.active == 10000);
  assert_string_equal(live->discoverer->error, "");
  end(&files);
}

/* While one list is taken the next is there already. */
static void later_list__counts(void **state) {
  struct files files;
  struct live *live = &files.live;
  unsigned i;
  (void)state;
  prepare(&files);
  add_pattern(&files, "*.yml");
  put(&files, "a.yml", "- targets: [h:1]\n");
  start(&files);
  for (i = 0; i < 3; i++) {
    put_long(&files, 10000, "");
    live_until(live, live->world.set.count > 1);
    assert_true(live->world.set.count < 10000);
    put(&files, "a.yml", "- targets: [h:1]\n");
    live_until_addresses(live, "h:1");
  }
  put_long(&files, 10000, "");
  live_until(live, live->world.set.count > 1);
  end(&files); /* in the middle of it */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets__have_the_labels_of_their_file),
      cmocka_unit_test(files__are_followed_as_they_come_change_and_go),
      cmocka_unit_test(broken_file__keeps_its_targets_and_is_reported),
      cmocka_unit_test(unreadable__keeps_its_targets),
      cmocka_unit_test(strange_files__keep_their_targets),
      cmocka_unit_test(kubernetes_swap__is_seen),
      cmocka_unit_test(directories__vanish_and_return),
      cmocka_unit_test(link__may_lead_elsewhere),
      cmocka_unit_test(refresh_interval__reads_what_no_event_tells),
      cmocka_unit_test(storm__ends_in_the_last_state),
      cmocka_unit_test(refused_group__is_offered_again),
      cmocka_unit_test(long_list__comes_in_slices),
      cmocka_unit_test(long_list__is_taken_wholly_or_not_at_all),
      cmocka_unit_test(later_list__counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"

static int64_t now_ns;

static int64_t now(void *ctx) {
  (void)ctx;
  return now_ns;
}

/* stderr goes to a file while `act` is run; what it then holds. */
static void said(void (*act)(struct pyr__progress *progress),
                 struct pyr__progress *progress, char *out, size_t size) {
  FILE *file = tmpfile();
  int saved = dup(STDERR_FILENO);
  size_t len;
  assert_non_null(file);
  assert_true(saved >= 0);
  fflush(stderr);
  assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
  act(progress);
  fflush(stderr);
  assert_true(dup2(saved, STDERR_FILENO) >= 0);
  close(saved);
  rewind(file);
  len = fread(out, 1, size - 1, file);
  out[len] = '\0';
  fclose(file);
}

static void run_query(struct pyr__progress *progress) {
  now_ns = PYR__NS_PER_S - 1;
  pyr__progress_report(progress, 0, 9, 1); /* a short one says nothing */
  now_ns = PYR__NS_PER_S;
  pyr__progress_report(progress, 1, 9, 20);
  now_ns += PYR__NS_PER_S / 5 - 1;
  pyr__progress_report(progress, 2, 9, 30); /* nor does it flicker */
  pyr__progress_bad_frame(progress, "a.pyr: damaged");
  pyr__progress_bad_frame(progress, "a.pyr: damaged"); /* read twice */
  now_ns += 1;
  pyr__progress_report(progress, 8, 9, 90);
  pyr__progress_end(progress);
  pyr__progress_end(progress);
}

static struct pyr__progress progress_with(bool is_terminal) {
  struct pyr__progress progress;
  pyr__progress_init(&progress, "query");
  progress.clock.monotonic_ns = now;
  progress.next_ns = PYR__NS_PER_S;
  progress.enabled = is_terminal;
  return progress;
}

static void progress__is_shown_to_a_terminal(void **state) {
  struct pyr__progress progress = progress_with(true);
  char text[512];
  (void)state;
  said(run_query, &progress, text, sizeof(text));
  assert_string_equal(text, "\rpyrite query: segment 2 of 9, 20 profiles\033[K"
                            "\r\033[K"
                            "pyrite query: a.pyr: damaged\n"
                            "\rpyrite query: segment 9 of 9, 90 profiles\033[K"
                            "\r\033[K");
}

static void damage__is_all_that_a_file_gets(void **state) {
  struct pyr__progress progress = progress_with(false);
  char text[512];
  (void)state;
  said(run_query, &progress, text, sizeof(text));
  assert_string_equal(text, "pyrite query: a.pyr: damaged\n");
}

static void break_much(struct pyr__progress *progress) {
  char text[32];
  int i;
  for (i = 0; i < 2 * PYR__PROGRESS_BAD_FRAMES; i++) {
    snprintf(text, sizeof(text), "frame %d", i);
    pyr__progress_bad_frame(progress, text);
  }
}

static void damage__without_end_is_not(void **state) {
  struct pyr__progress progress = progress_with(false);
  char text[8192];
  const char *last;
  (void)state;
  said(break_much, &progress, text, sizeof(text));
  last = strstr(text, "frame 63\n");
  assert_non_null(last);
  assert_string_equal(last + 9, "pyrite query: more damage is not shown\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(progress__is_shown_to_a_terminal),
      cmocka_unit_test(damage__is_all_that_a_file_gets),
      cmocka_unit_test(damage__without_end_is_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

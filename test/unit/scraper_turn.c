/* How long turns of the loop take, where a signal interrupts its waiting. */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include <uv.h>

#include "scraper.h"
#include "support.h"

enum {
  IDLE_MS = 300,
  SIGNAL_MS = 250,
  WORK_MS = 30,
  MOST_MS = 90, /* of the turn with the work in it */
  ATTEMPTS = 20 /* others may have the processor */
};

static void on_alarm(int number) {
  (void)number;
}

static void interrupt_after_ms(long ms) {
  struct itimerval once = {.it_value = {0, ms * 1000}};
  assert_int_equal(setitimer(ITIMER_REAL, &once, NULL), 0);
}

static void start(pyr_scraper_t *scraper, uv_loop_t *loop) {
  static const char yaml[] = "server: {listen: ''}\nscrape-configs: []\n";
  pyr_config_options_t config_options = {.size = sizeof(config_options)};
  pyr_options_t options = {.size = sizeof(options), .storage_path = ""};
  pyr_config_t *config;
  pyr_error_t err;

  assert_int_equal(
      pyr_config_parse(&config, yaml, strlen(yaml), &config_options, &err), 0);
  assert_int_equal(pyr_scraper_init(loop, scraper, &options), 0);
  assert_int_equal(pyr_scraper_start(scraper, config, &err), 0);
  pyr_config_unref(config);
}

static void work(uv_timer_t *timer) {
  uv_sleep(WORK_MS);
  uv_close((uv_handle_t *)timer, NULL);
}

static void end(uv_timer_t *timer) {
  uv_close((uv_handle_t *)timer, NULL);
  pyr_scraper_close(timer->data, NULL);
}

/* The longest turn of a loop that waits, works, and waits again. */
static double longest_turn(void) {
  struct sigaction action = {.sa_handler = on_alarm};
  pyr_scraper_t scraper = {0};
  struct pyr__scraper *impl;
  uv_timer_t work_timer, end_timer;
  uv_loop_t loop;
  double longest = 0;

  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  assert_int_equal(uv_loop_init(&loop), 0);
  start(&scraper, &loop);
  impl = scraper.impl;
  uv_timer_init(&loop, &work_timer);
  uv_timer_init(&loop, &end_timer);
  end_timer.data = &scraper;
  uv_timer_start(&work_timer, work, IDLE_MS, 0);
  uv_timer_start(&end_timer, end, IDLE_MS + WORK_MS + IDLE_MS, 0);
  interrupt_after_ms(SIGNAL_MS);
  while (scraper.impl != NULL) {
    longest = impl->lag.turn_max_seconds;
    uv_run(&loop, UV_RUN_ONCE);
  }
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
  return longest;
}

/* The wait would be a turn of its length each time, so one attempt that is not
 * disturbed suffices. */
static void a_wait__that_a_signal_interrupts_is_no_turn(void **state) {
  double longest = 1;
  unsigned i;
  (void)state;
  for (i = 0; i < ATTEMPTS && longest >= MOST_MS / 1e3; i++) {
    longest = longest_turn();
    assert_true(longest >= WORK_MS / 1e3 / 2); /* work is one */
  }
  assert_true(longest < MOST_MS / 1e3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wait__that_a_signal_interrupts_is_no_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

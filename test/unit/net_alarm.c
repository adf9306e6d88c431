#include "net/alarm.h"
#include "support.h"

enum { ALARMS = 6 };

struct bell {
  struct pyr__alarm alarm;
  struct world *world;
  char name;
  void (*then)(struct bell *bell);
};

struct world {
  uv_loop_t loop;
  struct pyr__alarms alarms;
  struct bell bells[ALARMS];
  char rung[64]; /* names, in order */
  size_t count;
};

static void on_ring(struct pyr__alarm *alarm) {
  struct bell *bell = pyr__container_of(alarm, struct bell, alarm);
  struct world *world = bell->world;
  assert_true(pyr__list_is_empty(&alarm->link));
  assert_true(uv_now(&world->loop) >= alarm->at_ms);
  assert_true(world->count < sizeof(world->rung) - 1);
  world->rung[world->count++] = bell->name;
  if (bell->then != NULL)
    bell->then(bell);
}

static struct world *begin(void) {
  struct world *world = calloc(1, sizeof(*world));
  unsigned i;
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  pyr__alarms_init(&world->alarms, &world->loop);
  for (i = 0; i < ALARMS; i++) {
    pyr__alarm_init(&world->bells[i].alarm, on_ring);
    world->bells[i].world = world;
    world->bells[i].name = (char)('a' + i);
  }
  return world;
}

static void set(struct world *world, unsigned bell, enum pyr__alarm_kind kind,
                uint64_t delay_ms) {
  pyr__alarm_set(&world->alarms, &world->bells[bell].alarm, kind, delay_ms);
}

/* All that are set ring before this returns. */
static void finish(struct world *world, const char *rung) {
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_string_equal(world->rung, rung);
  if (!uv_is_closing((uv_handle_t *)&world->alarms.timer))
    uv_close((uv_handle_t *)&world->alarms.timer, NULL);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  free(world);
}

/* Of those that are due in the same turn, one kind comes after the other. */
static void alarms_of_a_kind__ring_in_the_order_of_their_times(void **state) {
  static const char *const orders[] = {"dbea", "dbefa", "dbefca"};
  enum pyr__alarm_kind kind;
  (void)state;
  for (kind = 0; kind < PYR__ALARM_KINDS; kind++) {
    struct world *world = begin();
    set(world, 0, kind, 30);
    set(world, 1, kind, 10);
    set(world, 3, kind, 0); /* the last to be set is the first to ring */
    set(world, 4, kind, 10);
    if (kind > 0)
      set(world, 5, kind, 20);
    if (kind > 1)
      set(world, 2, kind, 25);
    finish(world, orders[kind]);
  }
}

static void every_kind__rings(void **state) {
  struct world *world = begin();
  (void)state;
  set(world, 0, PYR__ALARM_DNS, 1);
  set(world, 1, PYR__ALARM_CONNECT, 20);
  set(world, 2, PYR__ALARM_IDLE, 40);
  finish(world, "abc");
}

static void clearing_and_setting_again__leaves_one(void **state) {
  struct world *world = begin();
  (void)state;
  set(world, 0, PYR__ALARM_CONNECT, 10);
  set(world, 1, PYR__ALARM_CONNECT, 20);
  set(world, 2, PYR__ALARM_IDLE, 15);
  pyr__alarm_clear(&world->bells[0].alarm);
  pyr__alarm_clear(&world->bells[0].alarm); /* twice does no harm */
  set(world, 1, PYR__ALARM_IDLE, 5);        /* earlier, and of another kind */
  set(world, 2, PYR__ALARM_IDLE, 25);       /* later */
  finish(world, "bc");
}

static void set_again(struct bell *bell) {
  if (bell->world->count < 3)
    pyr__alarm_set(&bell->world->alarms, &bell->alarm, PYR__ALARM_DNS, 0);
}

static void clear_next(struct bell *bell) {
  pyr__alarm_clear(&bell[1].alarm);
}

static void alarms__may_be_changed_while_one_rings(void **state) {
  struct world *world = begin();
  (void)state;
  world->bells[0].then = set_again;
  set(world, 0, PYR__ALARM_DNS, 0);
  finish(world, "aaa");
  world = begin();
  world->bells[0].then = clear_next;
  set(world, 0, PYR__ALARM_CONNECT, 1);
  set(world, 1, PYR__ALARM_CONNECT, 1);
  set(world, 2, PYR__ALARM_CONNECT, 1);
  finish(world, "ac");
}

static void close_timer(struct bell *bell) {
  uv_close((uv_handle_t *)&bell->world->alarms.timer, NULL);
  pyr__alarm_clear(&bell[1].alarm);
  pyr__alarm_set(&bell->world->alarms, &bell->alarm, PYR__ALARM_IDLE, 1);
}

static void the_end__may_come_while_one_rings(void **state) {
  struct world *world = begin();
  (void)state;
  world->bells[0].then = close_timer;
  set(world, 0, PYR__ALARM_IDLE, 1);
  set(world, 1, PYR__ALARM_IDLE, 1);
  finish(world, "a");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(alarms_of_a_kind__ring_in_the_order_of_their_times),
      cmocka_unit_test(every_kind__rings),
      cmocka_unit_test(clearing_and_setting_again__leaves_one),
      cmocka_unit_test(alarms__may_be_changed_while_one_rings),
      cmocka_unit_test(the_end__may_come_while_one_rings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

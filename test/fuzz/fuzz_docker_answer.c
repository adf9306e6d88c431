/* What a Docker daemon sends: the first byte says where the rest is cut in two,
 * and up to the first NUL it is its containers, behind that its networks.
 * However it is cut, it must come to the same, and every target must have
 * well-formed labels. */
#include <stdint.h>

#include "base/limits.h"
#include "discovery/docker/container.h"
#include "fuzz/json_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TARGETS_MAX = 64 }; /* that are looked at */

static void check_container(struct pyr__arena *arena,
                            const struct pyr__docker_items *containers,
                            const struct pyr__docker_items *networks, size_t i,
                            bool match_first) {
  static const struct pyr__docker_sd_config config = {
      .port = 80, .host_networking_host = {"localhost", 9}};
  struct pyr__docker_container container;
  struct pyr__discovered target;
  size_t number;

  if (pyr__docker_container_read(&container, arena, containers,
                                 &containers->at[i], match_first, NULL) != 0)
    return;
  for (number = 0;
       number < pyr__docker_target_count(&container) && number < TARGETS_MAX;
       number++)
    if (pyr__docker_labels(arena, &config, networks, &container, number,
                           &target, NULL) == 0)
      check_target(&target);
}

static void check_all(struct reading *containers, struct reading *networks) {
  struct pyr__docker_items items[2];
  struct pyr__arena arena;
  size_t i;

  pyr__arena_init(&arena, &containers->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_GROUP_BYTES);
  if (pyr__docker_items_make(&items[0], &arena, &containers->answer, NULL) ==
          0 &&
      pyr__docker_items_make(&items[1], &arena, &networks->answer, NULL) == 0)
    for (i = 0; i < items[0].count; i++) {
      check_container(&arena, &items[0], &items[1], i, true);
      check_container(&arena, &items[0], &items[1], i, false);
    }
  pyr__arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct reading whole, cut, networks;
  const uint8_t *end;
  size_t len;
  int rc;

  if (size < 1)
    return 0;
  end = memchr(data + 1, 0, size - 1);
  len = end == NULL ? size - 1 : (size_t)(end - data) - 1;
  rc = take(&whole, true, &pyr__docker_containers, data + 1, len, 0);
  compare(rc, &whole,
          take(&cut, true, &pyr__docker_containers, data + 1, len,
               (size_t)data[0] % (len + 1)),
          &cut);
  take(&networks, true, &pyr__docker_networks, end == NULL ? data : end + 1,
       end == NULL ? 0 : size - len - 2, 0);
  check_all(&whole, &networks);
  release(&whole);
  release(&cut);
  release(&networks);
  return 0;
}

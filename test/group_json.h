/* A group of targets as JSON. */
#ifndef TEST_GROUP_JSON_H
#define TEST_GROUP_JSON_H

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "discovery/group.h"

/* The targets of a group, each an object of its labels. */
static inline json_t *group_json(const struct pyr__target_group *group) {
  json_t *targets = json_array();
  size_t i, j;
  for (i = 0; i < group->target_count; i++) {
    const struct pyr__discovered *target = &group->targets[i];
    json_t *labels = json_object();
    for (j = 0; j < target->label_count; j++) {
      const pyr_label_t *label = &target->labels[j];
      char *name = strndup(label->name.base, label->name.len);
      json_object_set_new(labels, name,
                          json_stringn(label->value.base, label->value.len));
      free(name);
    }
    json_array_append_new(targets, labels);
  }
  return targets;
}

#endif

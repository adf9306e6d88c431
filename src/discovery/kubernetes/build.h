/* From objects to groups of targets: one group for each object of the role's
 * own resource, joined with what is known of others. */
#ifndef PYR__DISCOVERY_KUBERNETES_BUILD_H
#define PYR__DISCOVERY_KUBERNETES_BUILD_H

#include "config/kubernetes_sd.h"
#include "discovery/kubernetes/parts.h"
#include "discovery/kubernetes/resource.h"
#include "discovery/kubernetes/store.h"
#include "discovery/meta_labels.h"

#define PYR__KUBE_META "__meta_kubernetes_"

/* `build` returns this where an object says too little: what was known of it
 * stays. */
enum { PYR__KUBE_NO_GROUP = 1 };

struct pyr__kube_build {
  struct pyr__memory *memory;
  struct pyr__arena arena; /* of one group */
  /* What may be looked up, by kind; NULL where it is not watched. */
  struct pyr__kube_store *stores[PYR__KUBE_KINDS];
  unsigned attach;               /* PYR__KUBERNETES_ATTACH_* */
  uint32_t number;               /* of the group, for marks in objects */
  struct pyr__discovered common; /* of all its targets */
  struct pyr__discovered *targets;
  size_t target_count, target_capacity;
  uint64_t *references; /* what was looked up: pyr__kube_reference */
  size_t reference_count, reference_capacity;
  bool has_failed; /* a look-up had no room */
};

/* What a group depends on is what was looked up while it was built, found or
 * not; so a change of any object says by this number which groups are to be
 * built again. */
uint64_t pyr__kube_reference(enum pyr__kube_kind kind, pyr_str_t key);

struct pyr__kube_role {
  const char *name;   /* as in the configuration: "pod" */
  const char *source; /* "pod/", in front of the object's key */
  enum pyr__kube_kind kind;
  bool joins; /* services and pods are watched, too */
  /* Fills `common` and `targets`. */
  int (*build)(struct pyr__kube_build *build,
               const struct pyr__kube_object *object, pyr_error_t *err);
};

/* By enum pyr__kubernetes_role. */
extern const struct pyr__kube_role pyr__kube_roles[PYR__KUBERNETES_ROLES];

void pyr__kube_build_init(struct pyr__kube_build *build,
                          struct pyr__memory *memory);
void pyr__kube_build_release(struct pyr__kube_build *build);
/* The group of an object, which keeps what was looked up for it; the group
 * lives until the next one is built. */
int pyr__kube_build_group(struct pyr__kube_build *build,
                          const struct pyr__kube_role *role,
                          struct pyr__kube_object *object,
                          struct pyr__target_group *out, pyr_error_t *err);

/* ---- what roles share --------------------------------------------------- */

/* __meta_kubernetes_, "pod", "_label_", "app/name" */
static inline void pyr__kube_labels_set_key(struct pyr__meta_labels *labels,
                                            const char *role, const char *part,
                                            pyr_str_t key, pyr_str_t value) {
  pyr__meta_labels_set_key(labels, PYR__KUBE_META, role, part, key, value);
}
/* NULL where there is none, or its kind is not watched. */
struct pyr__kube_object *pyr__kube_find(struct pyr__kube_build *build,
                                        enum pyr__kube_kind kind,
                                        pyr_str_t namespace_name,
                                        pyr_str_t name);
/* One more target: the labels over those of the group. */
int pyr__kube_add_target(struct pyr__kube_build *build,
                         const struct pyr__discovered *under,
                         struct pyr__meta_labels *own, pyr_error_t *err);
/* ROLE_label_*, ROLE_annotation_*, those that say "present", and ROLE_name. */
void pyr__kube_add_meta(struct pyr__meta_labels *labels, const char *role,
                        pyr_str_t record, bool with_name);
/* The same of the object's namespace, where they are to be attached. */
void pyr__kube_add_namespace(struct pyr__kube_build *build,
                             struct pyr__meta_labels *labels,
                             pyr_str_t namespace_name);
/* And of the node, where there is one of that name. */
void pyr__kube_add_node(struct pyr__kube_build *build,
                        struct pyr__meta_labels *labels, pyr_str_t name);

/* pod.c */
struct pyr__kube_container {
  pyr_str_t name, image, id;
  bool is_init;
  const struct pyr__kube_port *ports;
  size_t port_count;
};

struct pyr__kube_pod {
  pyr_str_t record, ip, node_name;
  struct pyr__kube_container *containers; /* those of init last */
  size_t container_count;
};

int pyr__kube_pod_read(struct pyr__kube_pod *pod, struct pyr__arena *arena,
                       pyr_str_t record, pyr_error_t *err);
/* All that is not of a container. */
void pyr__kube_add_pod(struct pyr__kube_build *build,
                       struct pyr__meta_labels *labels, pyr_str_t record);
/* Of a container and one of its ports, which may be NULL. */
void pyr__kube_add_container(struct pyr__meta_labels *labels,
                             const struct pyr__kube_container *container,
                             const struct pyr__kube_port *port);
#endif

/* The syntax of Kubernetes' selectors, so that a mistake is found when the file
 * is read and not when the API server refuses it. */
#ifndef PYR__CONFIG_KUBERNETES_SELECTOR_H
#define PYR__CONFIG_KUBERNETES_SELECTOR_H

#include "base/error.h"

/* "app=web,tier in (a, b),!canary,gen>3"; "" selects everything. */
int pyr__kubernetes_label_selector_check(pyr_str_t text, pyr_error_t *err);
/* "spec.nodeName=n,status.phase!=Failed" */
int pyr__kubernetes_field_selector_check(pyr_str_t text, pyr_error_t *err);

#endif

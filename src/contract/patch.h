/* Merge patches (RFC 7396). */
#ifndef ENTENTE_CONTRACT_PATCH_H
#define ENTENTE_CONTRACT_PATCH_H

#include "contract/contract.h"
#include "contract/faults.h"

#include <jansson.h>

/* Faults for the nulls of a merge patch that stand for members which do not exist. `at` is the pointer of `patch` in
 * the body, "" for the whole. What is made along the way is owned by `memory`. */
void patch_check_names(const void *memory, const struct schema *schema, const json_t *patch, const char *at,
                       struct faults *faults);

#endif

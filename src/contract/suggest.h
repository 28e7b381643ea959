/* Private to the contract: which parameter was meant by a name that there is not. */
#ifndef ENTENTE_CONTRACT_SUGGEST_H
#define ENTENTE_CONTRACT_SUGGEST_H

#include "contract/contract.h"

/* A name that the operation takes, with its operator: the nearest of `names` (all that it takes, ended by NULL), with
 * the operator that was meant by `name`, as `notice_on__lte` by `notice_on_lte` or `notice_on[le]`. NULL when nothing
 * is near enough. Owned by `parent`, or one of `names`. */
const char *suggest_parameter(const void *parent, const struct operation *operation, const char *const *names,
                              const char *name);

#endif

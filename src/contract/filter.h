/* Private to the contract: parameters that narrow a list. */
#ifndef ENTENTE_CONTRACT_FILTER_H
#define ENTENTE_CONTRACT_FILTER_H

#include "contract/contract.h"

/* The filter whose name stands before `__`, whatever stands behind; NULL when there is none. */
const struct filter *filter_before_operator(const struct operation *operation, const char *name);
/* "`__ne`, `__isnull`": what may stand behind the name, or "" for nothing; owned by `parent`. */
char *filter_operators(const void *parent, const struct filter *filter);

#endif

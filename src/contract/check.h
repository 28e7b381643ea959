/* The check of a value, wherever it stands. */
#ifndef ENTENTE_CONTRACT_CHECK_H
#define ENTENTE_CONTRACT_CHECK_H

#include "contract/contract.h"

/* Like schema_check; `where` is a pointer in a body, or the name of a parameter. */
void check_value(const struct schema *schema, const json_t *value, enum place place, const char *where,
                 struct faults *faults);

#endif

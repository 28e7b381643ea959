/* What differs between two JSON values, place by place, and when the contract is known, in what it means there. */
#ifndef ENTENTE_CONTRACT_DIFFERENCE_H
#define ENTENTE_CONTRACT_DIFFERENCE_H

#include "contract/contract.h"

#include <jansson.h>

/* [{pointer (RFC 6901), from, to}], in the order of `to`, then what only `from` has; `from` or `to` is absent where one
 * of the two has nothing at the place. Objects are compared member by member, arrays item by item when they are equally
 * long, and as a whole otherwise. Members on top that are named in `without` (ended by NULL) are left out.
 * With the schema of both (NULL: any JSON), a reference differs only when it leads to another record, whatever that is
 * called; a member that one of them lacks, because the contract has got it since, stands for what the contract says of
 * an absent one; and members that the contract does not know are left out. A new reference. */
json_t *json_difference(const struct schema *schema, const json_t *from, const json_t *to, const char *const *without);

#endif

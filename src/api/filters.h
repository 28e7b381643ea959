/* What a query string asks of the records of a list. */
#ifndef ENTENTE_API_FILTERS_H
#define ENTENTE_API_FILTERS_H

#include "store/selection.h"

struct call;
struct question;

/* Reads the filters of the call's resource, and `q`, from its query, which the contract has checked; what cannot be
 * answered (a reference to nothing, what is internal, too much) is added to call->faults. Lives as long as the call. */
struct selection *read_selection(struct call *call);
/* Reads what `q` asks for (api/search.c). False when it is absent, or, with a fault, nothing that can be searched for.
 */
bool read_question(struct call *call, struct question *out);

#endif

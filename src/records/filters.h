/* What a query string asks of the records of a list. */
#ifndef ENTENTE_RECORDS_FILTERS_H
#define ENTENTE_RECORDS_FILTERS_H

#include "store/selection.h"

struct call;
struct question;

/* Reads the filters of the call's resource, and `q`, from its query, which the contract has checked; what cannot be
 * answered (a reference to nothing, what is internal, too much) is added to call->faults. Lives as long as the call. */
struct selection *read_selection(struct call *call);
/* Reads what `q` asks for (api/search.c). False when it is absent, or, with a fault, nothing that can be searched for.
 */
bool read_question(struct call *call, struct question *out);
/* Reads what an identifier asks for (records/identifiers.c): `scheme:value`, which is a fault where it is none of that
 * scheme; or a text that is looked for as it is, and as each scheme of which it is a pasted form. Their number. */
enum { IDENTIFIERS_MEANT = 8 };
size_t read_identifier(struct call *call, const char *parameter, const char *text,
                       struct operand out[IDENTIFIERS_MEANT]);
/* The unique identifiers that the text is a form of. Their number. */
size_t identifiers_of(const void *memory, const char *text, struct operand out[IDENTIFIERS_MEANT]);

#endif

/* Dates that may be meant otherwise: what is written with them is taken, with a warning. */
#ifndef ENTENTE_RECORDS_DOUBTS_H
#define ENTENTE_RECORDS_DOUBTS_H

#include "contract/contract.h"

/* `message` goes on behind the value: "has a year after 2200; …". */
typedef void doubt_teller(void *argument, const char *pointer, const char *value, const char *message);

/* Tells each date in a value of that schema whose year is doubtful (partial_date_doubt), in the order of the contract.
 */
void doubts_tell(const struct schema *schema, const json_t *value, doubt_teller *tell, void *argument);
/* The same as the value of a `Warning` header; NULL when there are none. Owned by `memory`. */
const char *doubts_header(const void *memory, const struct schema *schema, const json_t *value);

#endif

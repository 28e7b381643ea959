/* Which slugs are free, and which one a record gets that comes without. */
#ifndef ENTENTE_RECORDS_SLUGS_H
#define ENTENTE_RECORDS_SLUGS_H

#include "records/change.h"

/* Whether the slug leads nowhere yet, or to the record with that id. */
bool slug_is_free(struct change *change, const char *slug, const char *own_id);
/* The message for one that is not; owned by change->memory. */
const char *slug_why_taken(struct change *change, const char *slug);
/* Makes a free slug for the record `normal`: from its first name in Latin letters, else from an acronym, else from what
 * is Latin in its name, else from its id. */
void slug_derive(struct change *change, const json_t *normal, const char *id, char out[65]);

#endif

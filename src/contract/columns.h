/* A record as a line of CSV (base/csv.h). The columns are the members of its schema in the contract's order, those of
 * objects written with a dot (`renewal.months`). A reference is the slug of what it leads to; an array, and an object
 * that may hold other members, is JSON text; null is a bare empty cell, and so is every column of an object that is
 * null. */
#ifndef ENTENTE_CONTRACT_COLUMNS_H
#define ENTENTE_CONTRACT_COLUMNS_H

#include "contract/contract.h"

struct text;

/* Whether a member of that schema is not one column, but one for each of its own members. */
bool columns_flattened(const struct schema *schema);
/* Adds the names of the columns, as the first line. */
void columns_add_names(struct text *out, const struct schema *schema);
/* Adds the line of a document, which has every member of the schema, in its order, and no white space between them: as
 * the views write it. False when it is not so; what was added then is of no use. */
bool columns_add_line(struct text *out, const struct schema *schema, const char *document, size_t size);

#endif

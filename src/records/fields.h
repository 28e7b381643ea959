/* `fields=`: which members of each document a list shows. */
#ifndef ENTENTE_RECORDS_FIELDS_H
#define ENTENTE_RECORDS_FIELDS_H

#include <stdbool.h>

struct blob;
struct call;
struct schema;

struct fields {
  const bool *shown; /* for each member of the resource's schema, in its order; NULL: all */
};

/* Reads `fields` of the call's query; names that are no members are added to call->faults. */
struct fields read_fields(struct call *call);

/* Those of a table, which lacks what the caller may not see: an import keeps what there is no column for, and would
 * empty what has an empty one. When `fields` names such a member, that is added to call->faults. */
struct fields fields_of_table(struct call *call, const struct fields *fields);

/* The document with those members only, in the contract's order. Takes the document over; a new blob, or the same. */
struct blob *fields_cut(const struct fields *fields, struct blob *document);

/* The schema of such documents; owned by `parent`, or the same. */
const struct schema *fields_schema(const void *parent, const struct fields *fields, const struct schema *schema);

#endif

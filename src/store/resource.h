/* Records of a resource, moved between rows and JSON by statements that are composed from the contract.
 *
 * A row is a JSON object with the stored members of a record in normal form (schema_normal), the derived ones too, and
 * every reference as the id of a record that exists. Functions that return pointers or counts leave the reason of a
 * failure in db_failure. */
#ifndef ENTENTE_STORE_RESOURCE_H
#define ENTENTE_STORE_RESOURCE_H

#include "base/error.h"
#include "base/typeid.h"
#include "contract/contract.h"
#include "store/db.h"

#include <jansson.h>

struct blob;
struct selection;

/* What a record's address leads to. */
struct found {
  int64_t pk;
  int64_t stamp;
  int64_t revision;
  char id[TYPEID_SIZE];
};

/* Looks that every column, table and view which the contract names is there, and that each view shows the members of
 * its schema. On the writer's connection; changes nothing. */
bool resource_verify(struct db *db, const struct contract *contract, struct error *error);

/* Finds a record by its id or its slug. */
bool resource_find(struct db *db, const struct resource *resource, const char *key, struct found *found);
/* Finds the record into which the one that had that id or slug was merged, while it is there. */
bool resource_find_merged(struct db *db, const struct resource *resource, const char *key, struct found *found);
/* Finds the record that a reference means: by either. */
bool resource_find_meant(struct db *db, const struct resource *resource, const char *key, struct found *found);
/* Lets the id and the slug of a record that is about to be deleted lead to another, and what leads to it; the public
 * only if it was `visible` to them. */
bool resource_lead_on(struct db *db, const struct resource *resource, const char *id, const char *slug, bool visible,
                      const char *into);
/* The first number from 2 to 9 with which the slug `stem`-NUMBER leads nowhere; 0 when there is none. */
int64_t resource_free_number(struct db *db, const struct resource *resource, const char *stem);
/* Begins to look for records whose table and history disagree: a row is a line that says it. The caller ends it. */
struct query *resource_history_gaps(struct db *db, const struct resource *resource);
/* The document, rendered; a new blob, or NULL when there is none (any more). */
struct blob *resource_document(struct db *db, const struct resource *resource, int64_t pk);
struct page_key;
/* Begins to read the documents of those records, for which one statement takes two thirds of the time that one for each
 * takes. A row is the pk and the document, in the order of the keys; the caller ends it. */
struct query *resource_documents(struct db *db, const struct resource *resource, const struct page_key *keys,
                                 size_t count);
/* What the record itself says in its document: without the relations that others have written. A new reference, to the
 * same blob when there are none. */
struct blob *resource_own_document(struct db *db, const struct resource *resource, int64_t pk, struct blob *document);

/* What the store keeps of a record besides its members. */
struct record {
  const char *id;
  const char *slug;
  int64_t revision;
  const char *created_at; /* used by an insert only */
  const char *updated_at;
};

/* Inserts the row; its pk, or 0. */
int64_t resource_insert(struct db *db, const struct resource *resource, const struct record *record, const json_t *row);
/* Writes what differs between the rows, and record's revision and updated_at; a slug that differs from `old_slug` too.
 * Marks every other document that shows a name which this changes. */
bool resource_update(struct db *db, const struct resource *resource, int64_t pk, const struct record *record,
                     const char *old_slug, const json_t *before, const json_t *after);
/* Deletes the record, which nothing refers to (resource_referrers); what led to it leads nowhere any more. */
bool resource_delete(struct db *db, const struct resource *resource, int64_t pk, const char *id);

/* Who refers to the record, itself excepted: [{resource, id, slug, name, member}], `most` at most (SIZE_MAX: all). A
 * new reference. */
json_t *resource_referrers(struct db *db, const struct resource *resource, int64_t pk, size_t most);

/* Whether the record with the id `owner` has itself written a relation of that type to the record `other` (x-inverse
 * relations); with `item`, one that agrees with it in every other member. */
bool resource_relation_written(struct db *db, const struct resource *resource, const char *owner, const char *type,
                               const char *other, const json_t *item);

/* A page of keys. */
struct page_request {
  const struct selection *selection;
  const struct sort *sort; /* NULL: in the order in which they were made */
  bool descending;
  bool after;                /* go on after the place below */
  const json_t *after_value; /* of the sort column: a string, an integer, or null, which comes last either way; in
                                the order of what is searched for, an array (ranking.h) */
  const char *after_id;      /* of the record there, which may be gone */
  size_t limit;
};

struct page_key {
  int64_t pk;
  int64_t stamp;
  char id[TYPEID_SIZE];
  json_t *value; /* as after_value; owned by the caller */
};

/* Fills at most request->limit keys in order; their number, or -1. */
long resource_page(struct db *db, const struct page_request *request, struct page_key *keys);

#endif

/* Creating and changing records: one path for every way in (POST, PUT, PATCH, import, the clock). */
#ifndef ENTENTE_RECORDS_CHANGE_H
#define ENTENTE_RECORDS_CHANGE_H

#include "request/call.h"

/* On whose behalf a change is made; for the history. */
struct origin {
  const char *actor;                          /* the token's name */
  const char *request_id, *address, *message; /* or NULL */
};

/* What one write works with. */
struct change {
  struct db *db;
  const struct origin *origin; /* NULL: the clock */
  void *memory;
  const struct resource *resource;
  const struct contract *contract;
  const char *now; /* timestamp of the whole write */
  struct faults *faults;
  struct db *notes;      /* import: what is to be looked at once all is written (sql/…/notes.sql); else NULL */
  bool awaits;           /* import: relations left to the other side are noted (relations_missing) */
  bool pending;          /* import: records whose history is written once all is are noted (history_end) */
  bool whole_later;      /* import: rules->whole is asked once all is written */
  bool contested;        /* import: another record has an identifier that this one is given */
  int64_t leaving;       /* merge: the pk of the record that goes; else 0 */
  size_t place;          /* import: of the record under way, in the list of all */
  struct blob *document; /* as the change left it, when it was written; owned by `memory` */
  const struct derived *derived; /* agreements: what the check derived for the columns outside the contract */
};

/* The record that a change is about. */
struct target {
  int64_t pk; /* 0: it is being created */
  int64_t revision;
  char id[TYPEID_SIZE];
  char slug[65];
  json_t *row; /* as it stands in the database; NULL while it is being created */
  bool fresh;  /* import: that is only its reserve (change_reserve), and all of it is new */
};

enum changed { CHANGE_REFUSED, CHANGE_CREATED, CHANGE_UPDATED, CHANGE_NOTHING };

/* Reads a record into `target` (row owned by change->memory). False when it is not there. */
bool change_load(struct change *change, const char *key, struct target *target);
bool change_load_pk(struct change *change, int64_t pk, struct target *target);

/* Adds to change->faults whatever else is wrong with a record that the contract has refused: `normal` is what remains
 * of it (schema_remainder). Nothing is written. `target` is that of a new record (change_begin) or was loaded. */
void change_check(struct change *change, struct target *target, json_t *normal, const char *slug);
/* The target of a record that is about to be created. */
void change_begin(const struct change *change, struct target *target);

/* Makes a record of `normal` (schema_normal; taken apart by this). `slug`: the one that the address names, or NULL. On
 * CHANGE_REFUSED change->faults say why, or the database failed. */
enum changed change_create(struct change *change, json_t *normal, const char *slug, struct target *target);
/* Makes the record what `normal` says. A slug that is absent stays. */
enum changed change_replace(struct change *change, struct target *target, json_t *normal);

/* Import, first step: inserts a record without anything that refers, so that others can, and without items of a table:
 * what is refused in the end has no identifier that others could want. change_complete then completes it; its revision
 * stays the first, and its history begins with history_end. */
enum changed change_reserve(struct change *change, json_t *normal, struct target *target);
enum changed change_complete(struct change *change, struct target *target, json_t *normal);
/* Deletes a record that nothing refers to. */
void change_delete(struct change *change, struct target *target);
/* Merges the organization `from` into the organization `into`: whatever refers to it refers to that from then on, what
 * it lists is added there, and its id and slug lead there. False when change->faults say why not, or the database
 * failed. */
bool change_merge(struct change *change, struct target *from, struct target *into);

/* Adds what has become of the record to its history: "create", "update" or "delete". The clock's changes are "clock".
 * The document as it stands now, owned by change->memory, or NULL. In an import (change->pending) only notes that it is
 * to be done. */
struct blob *history_record(struct change *change, const struct target *target, const char *operation);
/* Whether the record has a revision already whose history is to be written by history_end: what else is changed of it
 * in the same import makes no further one. */
bool history_pending(const struct change *change, const char *id);
/* Import: notes that the record will not be written; and whether that was noted. What others miss of it, or find that
 * it still has, is no fault of theirs. */
void change_note_refused(struct change *change, const char *id);
bool change_refused(const struct change *change, const char *id);
/* A change as the feed tells of it, from eight columns of a row of the history that begin with `first`: seq, at, actor,
 * operation, resource, record, slug, revision. A new reference. */
json_t *history_item(struct query *query, int first);
/* Tells `tell` of gaps in the history, of records that are not at the revision their history ends with, and of those
 * that say something else than its last document. */
bool history_check(const struct services *services, struct db *db, void (*tell)(void *argument, const char *line),
                   void *argument);
/* On whose behalf the call changes things. */
struct origin call_origin(const struct call *call);

/* -- rules of one resource ----------------------------------------------------------------------------------------- */

struct rules {
  const char *resource;
  /* Looks at a row whose references are resolved, adds faults, fills in what is derived. May be NULL. */
  void (*check)(struct change *change, const struct target *target, json_t *row);
  /* After the row was written: what else the write touches. `before` is NULL for a new record, `row` for one that was
   * deleted. May be NULL. */
  void (*after)(struct change *change, const struct target *target, const json_t *before, const json_t *row);
  /* Looks for circles: whether a record that the row refers to leads back to the target. An import asks once all
   * records are written, and then for identifiers that were contested, too. May be NULL. */
  void (*whole)(struct change *change, const struct target *target, const json_t *row);
};

/* Those of the resource; without any function where it has none. */
const struct rules *rules_of(const struct resource *resource);
extern const struct rules organization_rules, area_rules, agreement_rules;
/* Gives the contract's resources the rules that there are for them. Call once, before any change. */
void rules_bind(struct contract *contract);

/* -- relations ----------------------------------------------------------------------------------------------------- */

/* Replaces every reference in a normal form by the id of the record that it names; faults for those that name none. */
void references_resolve(struct change *change, json_t *row);
/* Takes out the relations that the other side has written (served here under an inverse type); a fault for one that it
 * has not. */
void relations_drop_mirrored(struct change *change, const struct target *target, json_t *row);
/* A relation that an import left to the other side, where nobody has written it in the end. */
struct missing_relation {
  size_t place, index; /* of the record in the list of all, of the relation in the record */
  const char *type;    /* under which the other side would write it */
  bool symmetric;      /* either side may write it */
};
/* Import: tells each of the relations noted that nobody has written. */
void relations_missing(struct change *change, void (*tell)(void *argument, const struct missing_relation *missing),
                       void *argument);
/* Takes out of a document the relations of types under which only others' are served; with `symmetric` also those of
 * types that either side may write. */
void relations_drop_served(const struct resource *resource, json_t *document, bool symmetric);
/* Faults for relations of a record to itself, or written twice. */
void relations_check(struct change *change, const struct target *target, const json_t *row);
/* Whether a row refers to a record of its own resource, by a relation or otherwise. */
bool relations_join(const struct resource *resource, const json_t *row);
/* Takes out of a row of the record with that id its relations to itself. */
void relations_drop_self(const struct resource *resource, const char *id, json_t *row);
/* The contract of a resource's relations: the array member, and in its items the types and the reference. False when it
 * has none. */
struct relation_members {
  const char *list, *type, *reference;
  const json_t *inverse;
};
bool relation_members(const struct resource *resource, struct relation_members *members);
/* The resource to which a record of that id belongs, or NULL. */
const struct resource *resource_of_id(const struct contract *contract, const char *id);
/* The pk of a record by its id, or 0. */
int64_t pk_of(struct change *change, const struct resource *resource, const char *id);
/* Does the record `from` lead to the target, by what the query `query_name` follows? Then the target must not refer to
 * it: that would close a circle. False for NULL, and for the target itself, which is another fault. `type` is the third
 * argument of queries that take one. */
bool record_reaches(struct change *change, const char *query_name, const char *from, const struct target *target,
                    const char *type);

/* -- identifiers --------------------------------------------------------------------------------------------------- */

/* Brings the identifiers of an organization to the form of their registers. Faults for what is no identifier of its
 * scheme, is there twice, or is new and belongs to another organization; in an import change->contested instead of the
 * last. */
void identifiers_check(struct change *change, const struct target *target, json_t *row);
/* Import, once all is written: faults for identifiers that others still have, of a row that was contested. */
void identifiers_check_contested(struct change *change, const struct target *target, const json_t *row);
/* Tells the identifiers that several organizations have. False when there are some. */
bool identifiers_check_unique(struct db *db, void (*tell)(void *argument, const char *line), void *argument);
/* Whether all that is wrong is that others have what was asked for (the code `taken`): a conflict. */
bool faults_are_conflict(const struct faults *faults);

/* Adds a fault where the item `index` of a list ends (`until`) before it begins (`from`). */
void check_span(struct change *change, const json_t *item, const char *list, size_t index);

/* A fault at /a/3/b. */
void fault_at(struct change *change, const char *code, const char *message, const char *pointer, ...)
    __attribute__((format(printf, 4, 5)));

#endif

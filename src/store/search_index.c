/* A write notes which records may be found by other text than before; before the commit of its group all that was noted
 * is brought up to date at once. So one record is indexed once however often it was written, and the index takes one
 * step for a group: FTS5 writes what it has gathered to its tables at every savepoint.
 *
 * What is indexed is also kept as it was indexed, and is compared with what the record says now: what is the same is
 * not touched, and what was noted by a write that was undone is the same. */
#include "store/search_index.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/starting.h"
#include "base/text.h"
#include "domain/fold.h"
#include "domain/names.h"
#include "store/engine.h"
#include "store/public_views.h"
#include "store/search.h"
#include "store/search_text.h"
#include "store/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { BATCH = 2000, TELL_NS = 2000000000, MARKS_MOST = 65536 };
enum { LARGE = 5000 }; /* records */

struct mark {
  const struct resource *resource;
  int64_t pk;
};

struct search_marks {
  struct mark *list;
  size_t count, capacity;
  size_t own; /* from here on they are those of the write under way */
  const struct contract *contract;
  struct db *notes; /* those for which there was no room (table marks); else NULL */
};

/* -- noting -------------------------------------------------------------------------------------------------------- */

static const struct search_sql *search_in(struct db *db, const struct resource *resource) {
  return shape_of(engine_shapes(db), resource)->search;
}

static int by_place(const void *a, const void *b) {
  const struct mark *left = a, *right = b;
  if (left->resource != right->resource) {
    return left->resource->index < right->resource->index ? -1 : 1;
  }
  return left->pk < right->pk ? -1 : left->pk > right->pk;
}

/* Moves the list to a file. What is there stays until the transaction is over: noting what was undone does no harm. */
static bool move_marks(struct db *db, struct search_marks *marks) {
  struct error error;
  if (marks->notes == NULL && (marks->notes = engine_notes(engine_path(db), &error)) == NULL) {
    log_line(LOG_ERROR, "pending index updates cannot be stored: %s", error.text);
    return engine_fail(db, error.full ? DB_FULL : DB_IO, error.text);
  }
  qsort(marks->list, marks->count, sizeof *marks->list, by_place);
  for (size_t i = 0; i < marks->count; i++) {
    struct query *query = db_named(marks->notes, "notes-mark");
    query_bind_int(query, 1, (int64_t)marks->list[i].resource->index);
    query_bind_int(query, 2, marks->list[i].pk);
    if (!query_run(query)) {
      return engine_fail(db, db_failure(marks->notes), db_failure_text(marks->notes));
    }
  }
  marks->count = marks->own = 0;
  return true;
}

static void note(struct db *db, const struct resource *resource, int64_t pk) {
  struct search_marks *marks = engine_marks(db);
  if (marks == NULL || resource->search == NULL) {
    return;
  }
  if (marks->count == MARKS_MOST && !move_marks(db, marks)) {
    return;
  }
  if (marks->count == marks->capacity) {
    marks->capacity = marks->capacity * 2 + 64;
    marks->list = memory_grow(marks, marks->list, struct mark, marks->capacity);
  }
  marks->list[marks->count++] = (struct mark){resource, pk};
}

/* Whoever is found by the names of that record. */
static bool note_referrers(struct db *db, const struct resource *resource, int64_t pk) {
  const struct search_sql *search = search_in(db, resource);
  for (size_t i = 0; search != NULL && i < search->referrer_count; i++) {
    struct query *query = db_constant(db, search->referrers[i].select);
    query_bind_int(query, 1, pk);
    enum step step;
    while ((step = query_step(query)) == STEP_ROW) {
      note(db, search->referrers[i].resource, query_int(query, 0));
    }
    query_end(query);
    if (step == STEP_FAILED) {
      return false;
    }
  }
  return true;
}

bool search_inserted(struct db *db, const struct resource *resource, int64_t pk) {
  note(db, resource, pk);
  return true;
}

bool search_deleted(struct db *db, const struct resource *resource, int64_t pk) {
  note(db, resource, pk);
  return true;
}

bool search_updated(struct db *db, const struct resource *resource, int64_t pk, const json_t *before,
                    const json_t *after) {
  bool text = false, names = false;
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    const json_t *old = json_object_get(before, member->name), *new = json_object_get(after, member->name);
    bool differs = (old != NULL || new != NULL) && !json_equal(old, new);
    text |= differs && (member->searched != SEARCHED_NOT || member == resource->public_by);
    names |= differs && (member->searched == SEARCHED_NAME || member == resource->public_by);
  }
  if (text) {
    note(db, resource, pk);
  }
  return !names || note_referrers(db, resource, pk);
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static bool run(struct db *db, const char *sql, int64_t pk, const struct searched_text *text) {
  struct query *query = db_constant(db, sql);
  query_bind_int(query, 1, pk);
  if (text != NULL) {
    query_bind_text(query, 2, text->names);
    query_bind_text(query, 3, text->rest);
  }
  return query_run(query);
}

static bool put_name(struct db *db, const char *sql, bool open, const char *key, int64_t pk, bool own) {
  struct query *query = db_constant(db, sql);
  query_bind_int(query, 1, open);
  query_bind_text(query, 2, key);
  query_bind_int(query, 3, pk);
  query_bind_int(query, 4, own);
  return query_run(query);
}

/* Inserts or removes the keys of names. */
static bool put_names(struct db *db, const char *sql, const char *names, bool open, int64_t pk) {
  void *memory = talloc_new(NULL);
  bool fine = true, own = true;
  for (const char *at = names; fine && at != NULL; own = false) {
    const char *key = fold_key(memory, names_next(memory, &at));
    fine = key[0] == '\0' || put_name(db, sql, open, key, pk, own);
  }
  talloc_free(memory);
  return fine;
}

static bool same_text(const struct searched_text *a, const struct searched_text *b) {
  return a->there == b->there && (!a->there || (strcmp(a->names, b->names) == 0 && strcmp(a->rest, b->rest) == 0));
}

/* What was indexed of a record, and what is to be. */
struct step_of {
  struct searched_text old[SEARCH_SIDES], new[SEARCH_SIDES];
};

static bool settle_names(struct db *db, const struct search_sql *search, const struct step_of *texts, int64_t pk) {
  const struct searched_text *old = &texts->old[SEARCH_WHOLE], *new = &texts->new[SEARCH_WHOLE];
  bool was_open = texts->old[SEARCH_PUBLIC].there, is_open = texts->new[SEARCH_PUBLIC].there;
  if (old->there && new->there && was_open == is_open &&strcmp(old->names, new->names) == 0) {
    return true;
  }
  return (!old->there || put_names(db, search->name_remove, old->names, was_open, pk)) &&
         (!new->there || put_names(db, search->name_insert, new->names, is_open, pk));
}

/* `anew`: the keys of its names are not there, whatever was indexed. */
static bool settle_record(struct db *db, const struct resource *resource, int64_t pk, bool anew) {
  const struct search_sql *search = search_in(db, resource);
  void *memory = talloc_new(NULL);
  struct step_of texts;
  bool fine = true;
  for (int side = 0; fine && side < SEARCH_SIDES; side++) {
    fine = searched_read(db, memory, search, (enum search_side)side, pk, &texts.old[side]) &&
           searched_render(db, memory, search, (enum search_side)side, pk, &texts.new[side]);
  }
  for (int side = 0; fine && side < SEARCH_SIDES; side++) {
    const struct searched_text *old = &texts.old[side], *new = &texts.new[side];
    if (!same_text(old, new)) {
      fine = !new->there  ? run(db, search->sides[side].remove, pk, NULL)
             : old->there ? run(db, search->sides[side].update, pk, new)
                          : run(db, search->sides[side].insert, pk, new);
    }
  }
  if (anew) {
    texts.old[SEARCH_WHOLE].there = false;
  }
  fine = fine && settle_names(db, search, &texts, pk);
  talloc_free(memory);
  return fine;
}

void search_begin_write(struct db *db) {
  struct search_marks *marks = engine_marks(db);
  if (marks != NULL) {
    marks->own = marks->count;
  }
}

struct wanted {
  bool (*wanted)(void *argument, struct db *db); /* or NULL */
  void *argument;
};

static bool settle_wanted(struct db *db, const struct wanted *wanted, const struct resource *resource, int64_t pk) {
  return (wanted->wanted == NULL || wanted->wanted(wanted->argument, db)) && settle_record(db, resource, pk, false);
}

/* The marks that were moved to a file. */
static bool settle_moved(struct db *db, struct search_marks *marks, const struct wanted *wanted) {
  struct query *query = db_named(marks->notes, "notes-marks");
  bool fine = true;
  enum step step = STEP_DONE;
  while (fine && (step = query_step(query)) == STEP_ROW) {
    fine = settle_wanted(db, wanted, &marks->contract->resources[query_int(query, 0)], query_int(query, 1));
  }
  query_end(query);
  return step == STEP_FAILED ? engine_fail(db, db_failure(marks->notes), db_failure_text(marks->notes)) : fine;
}

/* The marks from `first` on. */
static bool settle(struct db *db, size_t first, const struct wanted *wanted) {
  struct search_marks *marks = engine_marks(db);
  if (marks->notes != NULL) {
    return move_marks(db, marks) && settle_moved(db, marks, wanted);
  }
  if (marks->count - first > 1) {
    qsort(marks->list + first, marks->count - first, sizeof *marks->list, by_place);
  }
  for (size_t i = first; i < marks->count; i++) {
    if ((i == first || by_place(&marks->list[i - 1], &marks->list[i]) != 0) &&
        !settle_wanted(db, wanted, marks->list[i].resource, marks->list[i].pk)) {
      return false;
    }
  }
  return true;
}

bool search_settle(struct db *db) {
  return settle(db, 0, &(struct wanted){NULL, NULL});
}

static void drop_moved(struct search_marks *marks) {
  engine_close(marks->notes);
  marks->notes = NULL;
}

bool search_settle_written(struct db *db, bool (*wanted)(void *argument, struct db *db), void *argument) {
  struct search_marks *marks = engine_marks(db);
  bool settled = settle(db, marks->own, &(struct wanted){wanted, argument});
  if (settled) {
    drop_moved(marks);
    marks->count = marks->own;
  }
  return settled;
}

void search_forget(struct db *db) {
  struct search_marks *marks = engine_marks(db);
  marks->count = 0;
  drop_moved(marks);
  if (marks->capacity > BATCH) { /* an import's */
    TALLOC_FREE(marks->list);
    marks->capacity = 0;
  }
}

/* -- making it anew ------------------------------------------------------------------------------------------------ */

/* Says how text is found and folded here. */
static char *make_mark(const void *memory, const struct contract *contract, const struct shapes *shapes) {
  uint64_t hash = HASH_START;
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct search_sql *search = shape_of(shapes, &contract->resources[i])->search;
    for (size_t j = 0; search != NULL && j < search->part_count; j++) {
      hash = hash_text(hash, search->parts[j].sql[SEARCH_WHOLE]);
      hash = hash_text(hash, search->parts[j].sql[SEARCH_PUBLIC]);
    }
  }
  return memory_print(memory, "%d-%s-%016" PRIx64, FOLD_VERSION, utf8proc_version(), hash);
}

static bool is_current(struct db *db, const char *mark) {
  struct query *query = db_named(db, "searchable-read");
  const char *known = query_step(query) == STEP_ROW ? query_text(query, 0) : NULL;
  bool same = known != NULL && strcmp(known, mark) == 0;
  query_end(query);
  return same;
}

static bool write_mark(struct db *db, const char *mark) {
  struct query *query = db_named(db, "searchable-write");
  query_bind_text(query, 1, mark);
  return query_run(query);
}

/* What is indexed already is read again, in case its text is cut otherwise now; the keys of names all go. */
static bool begin_anew(struct db *db, const struct search_sql *search) {
  bool fine = engine_begin(db) && query_run(db_constant(db, search->clear_names));
  for (int side = 0; fine && side < SEARCH_SIDES; side++) {
    fine = query_run(db_constant(db, search->sides[side].rebuild));
  }
  return fine && engine_commit(db);
}

/* Indexes the records after *pk, as many as a transaction should have; *pk is then the last, or 0 when there are none.
 */
static bool index_batch(struct db *db, const struct resource *resource, int64_t *pk, size_t *count) {
  const struct search_sql *search = search_in(db, resource);
  int64_t *pks = memory_array(NULL, int64_t, BATCH);
  size_t found = 0;
  struct query *query = db_constant(db, search->next);
  query_bind_int(query, 1, *pk);
  query_bind_int(query, 2, BATCH);
  while (query_step(query) == STEP_ROW) {
    pks[found++] = query_int(query, 0);
  }
  query_end(query);
  bool fine = engine_begin(db);
  for (size_t i = 0; fine && i < found; i++) {
    fine = settle_record(db, resource, pks[i], true);
  }
  *pk = found == 0 ? 0 : pks[found - 1];
  *count += found;
  talloc_free(pks);
  return fine && engine_commit(db) && engine_checkpoint(db);
}

/* Whether making it anew is likely to take longer than a moment. */
static bool is_large(struct db *db, const struct search_sql *search) {
  struct query *query = db_constant(db, search->last);
  bool large = query_step(query) == STEP_ROW && query_int(query, 0) > LARGE;
  query_end(query);
  return large;
}

/* Makes the index of one resource anew. *count grows by its records; *told is when progress was told last. */
static bool index_resource(struct db *db, const struct resource *resource, size_t *count, int64_t *told) {
  int64_t pk = 0;
  if ((is_large(db, search_in(db, resource)) && !starting_tell("indexing the %s for search", resource->path)) ||
      !begin_anew(db, search_in(db, resource))) {
    return false;
  }
  do {
    if (!index_batch(db, resource, &pk, count)) {
      return false;
    }
    if (clock_monotonic_ns() - *told > TELL_NS) {
      *told = clock_monotonic_ns();
      if (!starting_tell("indexing for search: %zu records so far", *count)) {
        return false;
      }
    }
  } while (pk != 0);
  return true;
}

static bool index_all(struct db *db, const struct contract *contract) {
  size_t count = 0;
  int64_t told = clock_monotonic_ns();
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct resource *resource = &contract->resources[i];
    if (resource->search != NULL && !index_resource(db, resource, &count, &told)) {
      return false;
    }
  }
  if (count > 0) {
    log_line(LOG_INFO, "indexed %zu records for search", count);
  }
  return true;
}

/* The tables of a resource that a database made before does not know. */
static bool make_tables(struct db *db, const struct contract *contract) {
  bool fine = engine_begin(db);
  for (size_t i = 0; fine && i < contract->resource_count; i++) {
    const struct search_sql *search = search_in(db, &contract->resources[i]);
    if (search != NULL) {
      fine = engine_execute(db, search->make_names) && engine_execute(db, search->make_table[SEARCH_WHOLE]) &&
             engine_execute(db, search->make_table[SEARCH_PUBLIC]);
    }
  }
  return fine && engine_commit(db);
}

bool search_open(struct db *db, const struct contract *contract, struct error *error) {
  if (!make_tables(db, contract)) {
    return error_set(error, "the tables of the search index cannot be made: %s", db_failure_text(db));
  }
  if (!public_views_beside(db, contract, error)) {
    return false;
  }
  struct search_marks *marks = memory_new(db, struct search_marks);
  marks->contract = contract;
  char *mark = make_mark(marks, contract, engine_shapes(db));
  bool fine = is_current(db, mark) ||
              (index_all(db, contract) && engine_begin(db) && write_mark(db, mark) && engine_commit(db));
  engine_set_marks(db, marks);
  if (!fine && db_failure(db) != DB_OK) { /* otherwise it was stopped, by whoever says why */
    error_set(error, "the search index cannot be made: %s", db_failure_text(db));
  }
  return fine;
}

/* A connection to the database, used by one thread at a time: statements, rows, and one sticky failure. After a
 * statement has failed every further one answers at once with STEP_FAILED, so that a handler may run straight on and
 * its caller looks at db_failure once. Text is UTF-8. Nothing here is safe to share between threads. */
#ifndef ENTENTE_STORE_DB_H
#define ENTENTE_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct query;
struct blob;

enum db_failure {
  DB_OK,
  DB_CONSTRAINT, /* a rule of the schema refused it */
  DB_FULL,       /* no room on the disk; rolled back cleanly */
  DB_IO,         /* the disk failed; what was written is unknown once a commit was under way */
  DB_FLUSH,      /* the disk failed to flush; nothing may be flushed over that, so the process has to end */
  DB_LONG,       /* it takes more work than db_limit_work allows; nothing is wrong */
  DB_OTHER       /* a fault of this program or a damaged file; logged */
};

enum step { STEP_ROW, STEP_DONE, STEP_FAILED };

/* The named query of sql/…/queries.sql, prepared once per connection. `name` is a literal, or lives as long as the
 * connection. Ends the program when there is none of that name. */
struct query *db_named(struct db *db, const char *name);
/* A statement whose text lives as long as the connection, and is found again by its address. */
struct query *db_constant(struct db *db, const char *sql);
/* A statement by its text, prepared once per connection. The text is composed from the contract, never from input. */
struct query *db_query(struct db *db, const char *sql);

/* Bind the parameter written $n. Text and bytes are copied; a NULL text binds NULL. */
void query_bind_text(struct query *query, int n, const char *text);
void query_bind_bytes(struct query *query, int n, const void *bytes, size_t size);
void query_bind_int(struct query *query, int n, int64_t value);
void query_bind_null(struct query *query, int n);

enum step query_step(struct query *query);
/* Steps a statement that returns no rows (or whose rows do not matter) to its end; false when it failed. Ends it. */
bool query_run(struct query *query);
/* Columns from 0. Text is valid until the next step; NULL for NULL. */
int64_t query_int(struct query *query, int column);
const char *query_text(struct query *query, int column);
size_t query_size(struct query *query, int column);
const void *query_bytes(struct query *query, int column); /* query_size of them; NULL when there are none */
struct blob *query_blob(struct query *query, int column); /* a new blob */
bool query_null(struct query *query, int column);
bool query_is_int(struct query *query, int column);
/* Gives the statement back; must be called before the same text is asked for again. */
void query_end(struct query *query);

/* The row id that the last INSERT made. */
int64_t db_last_pk(struct db *db);

enum db_failure db_failure(const struct db *db);
const char *db_failure_text(const struct db *db);

/* A read transaction: everything in it sees one state. Its end forgets a failure: look before. */
bool db_begin_read(struct db *db);
void db_end_read(struct db *db);

/* From here to the end of the transaction all statements together may do so much work, in thousands of the engine's
 * steps, of which a hundred take about a microsecond, and this thread may use a processor for so many nanoseconds,
 * whatever it does; further statements fail with DB_LONG. Less than 0 thousands: without limit again. */
void db_limit_work(struct db *db, int64_t thousands, int64_t ns);
/* What comes next may take long, and cannot be broken off: false, with DB_LONG, where work is limited. */
bool db_may_take_long(struct db *db);

/* Inside a write: the number that marks what this write changes (docs/design/storage.md, `stamp`). */
int64_t db_stamp(const struct db *db);

/* Page cache of this connection since it opened. */
void db_cache_counts(struct db *db, int64_t *hits, int64_t *misses);

#endif

/* Private to the store: what an engine does beyond db.h. A folder implements it for each engine (sqlite/). */
#ifndef ENTENTE_STORE_ENGINE_H
#define ENTENTE_STORE_ENGINE_H

#include "base/error.h"
#include "store/db.h"

struct db *engine_open(const char *path, bool create, struct error *error);
/* Makes the views, and for a reader forbids writing. */
bool engine_prepare(struct db *db, bool writes, struct error *error);
void engine_close(struct db *db);
/* Closes without moving the log into the file, or removing it: after a flush that failed. */
void engine_abandon(struct db *db);
/* Tables for what one large write has to remember (sql/…/notes.sql), in a file without a name in the folder of
 * `beside`: whatever there is to note, memory does not grow. */
struct db *engine_notes(const char *beside, struct error *error);
/* A connection to a file that is nobody else's, without the settings of a registry. */
struct db *engine_open_bare(const char *path, bool create, struct error *error);
/* Where the database of the connection lies. */
const char *engine_path(struct db *db);
/* Refuses from here on statements that read columns of the database's tables otherwise than through the temporary views
 * named in `views`; the tables in `open` may be read by whoever likes. Both are ended by NULL and live as long as the
 * connection. */
void engine_guard(struct db *db, const char *const *views, const char *const *open);
/* Those views; NULL when there are none. */
const char *const *engine_views(const struct db *db);

/* How the contract's resources lie here; shared, and older than every connection. */
struct shapes;
void engine_set_shapes(struct db *db, const struct shapes *shapes);
const struct shapes *engine_shapes(const struct db *db);
/* What the writer has still to do for the searched text, owned by whoever set it; NULL on other connections. */
struct search_marks;
void engine_set_marks(struct db *db, struct search_marks *marks);
struct search_marks *engine_marks(const struct db *db);

bool engine_migrate(struct db *db, struct error *error);
bool engine_known(struct db *db, struct error *error); /* not of a newer version */
enum { APPLICATION_ID = 0x656e7474 /* "entt": what a database of this program is marked with */ };
/* For what is not a record: statements of this program's own, and one number, or -1. */
bool engine_execute(struct db *db, const char *sql);
int64_t engine_number(struct db *db, const char *sql);

/* A write group: begin, then savepoints, then commit or undo. */
bool engine_begin(struct db *db);
bool engine_commit(struct db *db);
void engine_undo(struct db *db);
bool engine_save(struct db *db);               /* opens a savepoint */
bool engine_release(struct db *db, bool keep); /* closes it; false when it could not be closed as asked */
bool engine_inside(struct db *db);             /* false once the engine has undone the whole group by itself */
void engine_clear_failure(struct db *db);
bool engine_fail(struct db *db, enum db_failure failure, const char *text); /* what else failed; false */
void engine_set_stamp(struct db *db, int64_t stamp);
/* `changed` is told of every row that is inserted, updated or deleted on this connection, while it happens. */
void engine_on_change(struct db *db, void (*changed)(void *argument, const char *table, int64_t pk), void *argument);

/* Moves the log into the file as far as readers allow; false when the disk failed. */
bool engine_checkpoint(struct db *db);
int64_t engine_wal_pages(const struct db *db);

/* Makes `target`, an empty file, a copy, but for the name of the log of changes, which it has none of. */
bool engine_copy(const char *path, const char *target, struct error *error);
/* Whether the file is a whole database of a version that is known. */
bool engine_looks_sound(const char *path, struct error *error);
/* Moves what the log of a database that nobody has open holds into its file, for good, and removes the log.
 * SETTLED_DAMAGED: it cannot be read as a database. SETTLED_NOT: it was not done, with the reason. */
enum settled { SETTLED, SETTLED_DAMAGED, SETTLED_NOT };
enum settled engine_settle(const char *path, struct error *error);
/* Whether the file has as many bytes as its head says it has pages; where it has a log, that says nothing. */
bool engine_fits(const char *path, struct error *error);
bool engine_check(struct db *db, void (*tell)(void *argument, const char *line), void *argument);
const char *engine_name(void);

#endif

/* Private to the import: a file under way, read by import_read.c and written by import.c. Nothing of it grows with the
 * file in memory: the body is mapped, what was read of it is a list in another file (import_list.c), what is to be
 * looked up lies in tables of a third (sql/…/notes.sql), and what is told is bounded (import_errors.c). */
#ifndef ENTENTE_IMPORT_IMPORT_H
#define ENTENTE_IMPORT_IMPORT_H

#include "base/spool.h"
#include "records/change.h"

struct sheet;

/* More than any record that is served has; with what is made of it, a fraction of what the process may use. */
enum { IMPORT_RECORD_MOST = 8 * 1024 * 1024 };

struct import_record {
  size_t line; /* where it begins in the file, or its place in an array: from 1, and growing */
  size_t row;  /* CSV: as spreadsheets count; else 0 */
  const struct resource *resource;
  const json_t *given; /* what the file says, to tell in errors, while it is read; else NULL, and it is read anew … */
  size_t at, size;     /* … from these bytes of the body; CSV: none */
  const char *text;    /* what it says, as JSON; of one that is faulty, an array of that and of the pointers to what is
                          wrong with it */
  size_t length;       /* of that text */
  int64_t pk;
  int64_t revision; /* that the file gives it; 0: none */
  bool fresh;
  bool done;       /* it was created with all that it says, when its turn came to be reserved */
  bool joined;     /* it refers to records of its own resource, so that a circle is possible */
  bool again;      /* write it once more: a relation that it left to the other side is not there */
  bool contested;  /* another record had an identifier of it when it was written */
  bool faulty;     /* reading found errors; those of rules and references are looked for in the rest of it */
  unsigned failed; /* the round in which errors were found; 0: none */
  enum changed outcome;
};

struct import_told {
  json_t *list;
  size_t more; /* than are listed */
};

struct import {
  struct call *call;
  void *memory;          /* lives as long as the call */
  struct spool records;  /* those that could be read, in the order of the file */
  struct spool narrow;   /* the file as UTF-8, when it was UTF-16 */
  struct passage passed; /* of the body */
  struct db *notes;
  size_t count, unread; /* records in the file; those of them that are not in the list */
  struct import_told errors, readings, warnings;
  size_t faulty;   /* errors since reading or a round of writing began */
  size_t recorded; /* records with their history */
  size_t held;     /* records in the list that reading found errors in */
  unsigned round;  /* of writing, from 1; reading belongs to the first */
  bool create_only, dry_run, skip;
  bool stopped;              /* the file as a whole cannot be used */
  bool refused;              /* the caller's token or session has ended meanwhile */
  int lost;                  /* why what is to be remembered cannot be (errno); 0 */
  bool left;                 /* nobody waits for it any more */
  int64_t look_at;           /* when that is looked at next (monotonic) */
  bool partial;              /* CSV without all columns: what a record has besides them stays as it is */
  const struct sheet *sheet; /* CSV; else NULL */
};

/* -- errors.c ----------------------------------------------------------------------------------------------------- */

/* Adds an error of that record, which so has failed. Texts are copied. */
void import_error(struct import *import, struct import_record *record, const char *pointer, const char *code,
                  const char *message);
/* Adds those faults, but the first so many. */
void import_faults(struct import *import, struct import_record *record, const struct faults *faults, size_t told);
/* Whether another error would be told. */
bool import_has_room(const struct import *import);
/* Adds a date that was written in another way, and how it was read; or what is doubtful in the record. */
void import_reading(struct import *import, const struct import_record *record, const char *pointer, const char *value,
                    const char *read_as);
void import_warning(struct import *import, const struct import_record *record, const char *pointer, const char *value,
                    const char *message);
/* Puts the errors in the order of the file: each round of writing finds others. */
void import_sort_errors(struct import *import);

/* -- list.c ------------------------------------------------------------------------------------------------------- */

/* Adds a record with what is to be kept of it; of one that has failed, with the pointers of the faults. */
void import_add(struct import *import, struct import_record *record, json_t *kept, const struct faults *faults);
/* What was kept of a record, owned by `faults`, to which those faults are added. */
json_t *import_kept(const struct import_record *record, struct faults *faults);
/* The record at a place, from 0, with its text; the place of the next one. There is none when the place is the size of
 * the list. */
size_t import_get(struct import *import, size_t place, struct import_record *record);
/* Writes down what became of it. */
void import_put(struct import *import, size_t place, const struct import_record *record);
/* Notes the record's slug. The line where the file has it already, or 0. */
int64_t import_note_slug(struct import *import, const struct import_record *record, const char *slug);
/* Notes the slug of a reference that was served with an id: where the file comes from another registry, that is its
 * own. */
void import_note_served(struct import *import, const char *id, const char *slug);

/* -- waiter.c ----------------------------------------------------------------------------------------------------- */

enum { IMPORT_LOOK_NS = 250000000 }; /* how often it is asked who waits */

/* Tells who waits how far it is. */
void import_tell(const struct import *import, const char *doing, size_t rows, size_t done, size_t all);
/* Whether nobody waits any more. */
bool import_has_left(const struct import *import);
/* While reading: whether somebody waits; asks now and then. */
bool import_is_awaited(struct import *import);

/* -- read.c ------------------------------------------------------------------------------------------------------- */

/* Reads the body of the call into the list. False when the call is answered. */
bool import_read(struct import *import);

/* -- history.c ----------------------------------------------------------------------------------------------------- */

/* Writes the history of all that it created or changed, as it stands now. False when `wanted`, asked before
 * each record, says that nothing is: then the rest is not written. */
bool history_end(struct change *change, bool (*wanted)(void *argument, struct db *db), void *argument);
/* -- write.c ------------------------------------------------------------------------------------------------------- */

/* Answers the call of POST /v1/import: reads its body, writes all of it or nothing, and reports. */
void import_run(struct call *call);

#endif

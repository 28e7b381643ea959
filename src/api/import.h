/* Private to the import: a file under way, read by import_read.c and written by import.c. */
#ifndef ENTENTE_API_IMPORT_H
#define ENTENTE_API_IMPORT_H

#include "api/change.h"

struct sheet;

struct import_record {
  size_t line; /* where it begins in the file, or its place in an array: from 1, and growing */
  size_t row;  /* CSV: as spreadsheets count; else 0 */
  const struct resource *resource;
  json_t *given;     /* what the file says, to tell in errors; NULL where it could not be read, or is read anew … */
  const char *bytes; /* … from this line of the body; or NULL */
  size_t size;
  const char *normal; /* as JSON, which needs a tenth of the memory; NULL when the record has faults; of a partial row,
                         with nothing where it has no columns */
  const char *slug;
  int64_t pk;
  int64_t revision; /* that the file gives it; 0: none */
  bool fresh;
  bool again;     /* write it once more: a relation that it left to the other side is not there */
  bool contested; /* another record had an identifier of it when it was written */
  bool failed;    /* it has errors */
  enum changed outcome;
};

struct import {
  struct call *call;
  void *memory;
  struct import_record *records;
  size_t count, capacity;
  json_t *errors, *readings, *warnings;
  json_t *served; /* slugs by id, of the references that have both */
  size_t dropped; /* errors past those that are listed */
  size_t faulty;  /* errors since reading or a round of writing began */
  bool create_only, dry_run, skip;
  bool stopped;              /* the file as a whole cannot be used */
  bool refused;              /* the caller's token or session has ended meanwhile */
  int64_t look_at;           /* when that is looked at next (monotonic) */
  bool partial;              /* CSV without all columns: what a record has besides them stays as it is */
  const struct sheet *sheet; /* CSV; else NULL */
};

/* Adds an error of that record, which so has failed. Texts are copied. */
void import_error(struct import *import, struct import_record *record, const char *pointer, const char *code,
                  const char *message);
void import_faults(struct import *import, struct import_record *record, const struct faults *faults);
/* Reads the body of the call into records. False when the call is answered. */
bool import_read(struct import *import);

#endif

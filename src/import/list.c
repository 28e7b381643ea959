/* The list is written and read in its order, so that its file needs no index: the record, its text with a NUL, and what
 * is missing to a multiple of eight bytes. */
#include "base/memory.h"
#include "import/import.h"
#include "request/call.h"
#include "request/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNED = 8 };

static void lose(struct import *import, int reason) {
  import->lost = import->lost != 0 ? import->lost : reason;
}

static void look_at_notes(struct import *import) {
  if (db_failure(import->notes) != DB_OK) {
    lose(import, db_failure(import->notes) == DB_FULL ? ENOSPC : EIO);
  }
}

static size_t padded(size_t length) {
  return (length + 1 + ALIGNED - 1) / ALIGNED * ALIGNED;
}

void import_add(struct import *import, struct import_record *record, const json_t *kept) {
  char *text = memory_checked(json_dumps(kept, JSON_COMPACT));
  record->given = NULL;
  record->length = strlen(text);
  size_t size = sizeof *record + padded(record->length);
  char *entry = memory_array(NULL, char, size);
  memcpy(entry, record, sizeof *record);
  memcpy(entry + sizeof *record, text, record->length);
  errno = 0;
  if (import->lost == 0 && !spool_add(&import->records, store_path(import->call->services->store), entry, size)) {
    lose(import, errno != 0 ? errno : EIO);
  }
  talloc_free(entry);
  free(text);
}

size_t import_get(struct import *import, size_t place, struct import_record *record) {
  const char *entry = spool_whole(&import->records) + place;
  memcpy(record, entry, sizeof *record);
  record->text = entry + sizeof *record;
  return place + sizeof *record + padded(record->length);
}

void import_put(struct import *import, size_t place, const struct import_record *record) {
  errno = 0;
  if (!spool_put(&import->records, place, record, sizeof *record)) {
    lose(import, errno != 0 ? errno : EIO);
  }
}

void import_note_slug(struct import *import, struct import_record *record, const char *slug) {
  struct query *query = db_named(import->notes, "notes-slug");
  query_bind_int(query, 1, (int64_t)record->resource->index);
  query_bind_text(query, 2, slug);
  query_bind_int(query, 3, (int64_t)record->line);
  int64_t before = query_step(query) == STEP_ROW && !query_null(query, 0) ? query_int(query, 0) : 0;
  query_end(query);
  look_at_notes(import);
  if (before > 0) {
    char *message = memory_print(NULL, "is in line %lld already", (long long)before);
    import_error(import, record, "/slug", "duplicate", message);
    talloc_free(message);
  }
}

void import_note_served(struct import *import, const char *id, const char *slug) {
  struct query *query = db_named(import->notes, "notes-served-write");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, slug);
  query_run(query);
  look_at_notes(import);
}

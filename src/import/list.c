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

/* What is wrong was told. */
static json_t *with_places(json_t *kept, const struct faults *faults) {
  json_t *list = memory_checked(json_pack("[O]", kept));
  for (size_t i = 0; i < faults->count; i++) {
    json_array_append_new(list, json_string(faults->list[i].where));
  }
  return list;
}

json_t *import_kept(const struct import_record *record, struct faults *faults) {
  json_t *all = owned_json(faults, json_loadb(record->text, record->length, 0, NULL));
  if (!record->faulty) {
    return all;
  }
  faults_locate(faults, json_array_get(all, 0));
  for (size_t i = 1; i < json_array_size(all); i++) {
    faults_add(faults, PLACE_BODY, json_string_value(json_array_get(all, i)), "", "%s", "");
  }
  return json_array_get(all, 0);
}

void import_add(struct import *import, struct import_record *record, json_t *kept, const struct faults *faults) {
  record->faulty = record->failed != 0;
  import->held += record->faulty;
  json_t *whole = record->faulty ? with_places(kept, faults) : json_incref(kept);
  char *text = memory_checked(json_dumps(whole, JSON_COMPACT));
  json_decref(whole);
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

int64_t import_note_slug(struct import *import, const struct import_record *record, const char *slug) {
  struct query *query = db_named(import->notes, "notes-slug");
  query_bind_int(query, 1, (int64_t)record->resource->index);
  query_bind_text(query, 2, slug);
  query_bind_int(query, 3, (int64_t)record->line);
  int64_t before = query_step(query) == STEP_ROW && !query_null(query, 0) ? query_int(query, 0) : 0;
  query_end(query);
  look_at_notes(import);
  return before;
}

void import_note_served(struct import *import, const char *id, const char *slug) {
  struct query *query = db_named(import->notes, "notes-served-write");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, slug);
  query_run(query);
  look_at_notes(import);
}

/* The history of what an import wrote: one revision for each record, with the names that the whole file gives. */
#include "base/memory.h"
#include "import/import.h"

#include <stdio.h>

bool history_end(struct change *change, bool (*wanted)(void *argument, struct db *db), void *argument) {
  void *memory = change->memory;
  bool whole = true;
  change->pending = false;
  struct query *query = db_named(change->notes, "notes-touched");
  while (whole && query_step(query) == STEP_ROW) {
    struct target target = {.pk = query_int(query, 1), .revision = query_int(query, 3)};
    snprintf(target.id, sizeof target.id, "%s", query_text(query, 0));
    snprintf(target.slug, sizeof target.slug, "%s", query_text(query, 2));
    whole = wanted(argument, change->db);
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->resource = resource_of_id(change->contract, target.id);
    if (whole && change->resource != NULL) {
      /* A record that was there before has had its second revision by now. */
      history_record(change, &target, target.revision == 1 ? "create" : "update");
    }
    talloc_free(change->memory);
  }
  query_end(query);
  change->memory = memory;
  return whole && db_failure(change->notes) == DB_OK;
}

/* The history of what an import wrote: one revision for each record, with the names that the whole file gives. */
#include "base/memory.h"
#include "import/import.h"

bool history_end(struct change *change, bool (*wanted)(void *argument, struct db *db), void *argument) {
  void *memory = change->memory;
  bool whole = true;
  change->pending = false;
  struct query *query = db_named(change->notes, "notes-touched");
  while (whole && query_step(query) == STEP_ROW) {
    struct target target;
    whole = wanted(argument, change->db);
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->resource = resource_of_id(change->contract, query_text(query, 0));
    if (whole && change->resource != NULL && change_load_pk(change, query_int(query, 1), &target)) {
      /* A record that was there before has had its second revision by now. */
      history_record(change, &target, target.revision == 1 ? "create" : "update");
    }
    talloc_free(change->memory);
  }
  query_end(query);
  change->memory = memory;
  return whole && db_failure(change->notes) == DB_OK;
}

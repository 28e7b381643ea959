/* Comparing the history with the records: `entente check`. */
#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/difference.h"
#include "records/change.h"
#include "request/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MOST = 100 };

/* A row of history-newest, and the record that it is about. */
struct stand {
  const struct resource *resource;
  const char *id, *slug, *document;
  bool mirrored; /* the document has relations of the other side among its own */
};

/* Whether the record says what the last document of its history does; the places where it does not are added to `text`.
 */
static bool stands(const struct stand *stand, const struct blob *own, struct text *text) {
  if (strcmp(own->data, stand->document) == 0) {
    return true; /* as nearly all are */
  }
  json_t *now = json_loadb(own->data, own->size, 0, NULL), *then = json_loads(stand->document, 0, NULL);
  if (stand->mirrored) {
    relations_drop_served(stand->resource, now, true);
    relations_drop_served(stand->resource, then, true);
  }
  json_t *places = json_difference(stand->resource->schema, then, now, NULL);
  size_t index;
  json_t *place;
  json_array_foreach(places, index, place) {
    text_addf(text, "%s%s", index == 0 ? "" : ", ", json_string_value(json_object_get(place, "pointer")));
  }
  bool same = index == 0;
  json_decref(places);
  json_decref(then);
  json_decref(now);
  return same;
}

static bool check_stand(struct db *db, const struct stand *stand, struct text *line) {
  struct found found;
  if (stand->resource == NULL || !resource_find(db, stand->resource, stand->id, &found)) {
    return true; /* history-gaps tells of it */
  }
  struct blob *document = resource_document(db, stand->resource, found.pk);
  if (document == NULL) {
    return true; /* the database failed */
  }
  struct blob *own = resource_own_document(db, stand->resource, found.pk, document);
  text_addf(line, "%s (%s) is not as its history ends: ", stand->id, stand->slug);
  bool same = stands(stand, own, line);
  blob_drop(own);
  blob_drop(document);
  return same;
}

static int tell_rows(struct query *query, void (*tell)(void *argument, const char *line), void *argument) {
  int told = 0;
  for (; query_step(query) == STEP_ROW; told++) {
    tell(argument, query_text(query, 0));
  }
  query_end(query);
  return told;
}

bool history_check(const struct services *services, struct db *db, void (*tell)(void *argument, const char *line),
                   void *argument) {
  const struct contract *contract = services->contract;
  int told = tell_rows(db_named(db, "history-gaps"), tell, argument);
  for (size_t i = 0; i < contract->resource_count && told < TOLD_MOST; i++) {
    told += tell_rows(resource_history_gaps(db, &contract->resources[i]), tell, argument);
  }
  struct query *query = db_named(db, "history-newest");
  while (told < TOLD_MOST && query_step(query) == STEP_ROW) {
    struct stand stand = {.resource = contract_resource(contract, query_text(query, 0)),
                          .id = query_text(query, 1),
                          .slug = query_text(query, 2),
                          .document = query_text(query, 3),
                          .mirrored = query_int(query, 4) != 0};
    struct text *line = text_new(NULL);
    if (!check_stand(db, &stand, line)) {
      tell(argument, line->data);
      told++;
    }
    talloc_free(line);
  }
  query_end(query);
  return told == 0 && db_failure(db) == DB_OK;
}

/* What a place tells of the ranking is [rows, average, found, name, owner, [count …]] (struct search_basis), with ids
 * for records: `found` is true for all that is found, and null for none of it. A record that is gone by then stands for
 * the one made before it. What is no such array, since somebody made a cursor of his own, stands for nothing. */
#include "store/ranking.h"

#include "base/memory.h"
#include "store/selection.h"

#include <math.h>
#include <string.h>

/* -- records ------------------------------------------------------------------------------------------------------- */

static json_t *id_of(struct db *db, const struct resource *resource, int64_t pk) {
  char *sql = memory_print(NULL, "SELECT id FROM \"%s\" WHERE pk = $1", resource->table);
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, pk);
  json_t *id = query_step(query) == STEP_ROW ? json_string(query_text(query, 0)) : json_null();
  query_end(query);
  talloc_free(sql);
  return id;
}

static int64_t pk_up_to(struct db *db, const struct resource *resource, const char *id) {
  char *sql = memory_print(NULL, "SELECT pk FROM \"%s\" WHERE id <= $1 ORDER BY id DESC LIMIT 1", resource->table);
  struct query *query = db_query(db, sql);
  query_bind_text(query, 1, id);
  int64_t pk = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  talloc_free(sql);
  return pk;
}

/* -- what it was ranked by ----------------------------------------------------------------------------------------- */

static json_t *write_basis(struct db *db, const struct resource *resource, const struct search_basis *basis) {
  json_t *found = basis->last_found == 0           ? json_null()
                  : basis->last_found == INT64_MAX ? json_true()
                                                   : id_of(db, resource, basis->last_found);
  json_t *owner = basis->last_name == NULL ? json_null() : id_of(db, resource, basis->last_owner);
  json_t *counts = json_array();
  for (size_t i = 0; i < basis->count; i++) {
    json_array_append_new(counts, json_integer(basis->counts[i]));
  }
  return memory_checked(
      json_pack("[f, f, o, s?, o, o]", basis->rows, basis->average, found, basis->last_name, owner, counts));
}

static bool read_counts(const json_t *counts, struct search_basis *basis) {
  bool fine = json_is_array(counts) && json_array_size(counts) == basis->count;
  for (size_t i = 0; fine && i < basis->count; i++) {
    basis->counts[i] = json_integer_value(json_array_get(counts, i));
    fine = basis->counts[i] >= 0;
  }
  return fine;
}

static bool read_basis(struct db *db, const struct resource *resource, const json_t *value,
                       struct search_basis *basis) {
  json_t *found, *name, *owner, *counts;
  if (json_unpack((json_t *)(uintptr_t)value, "[o, [F, F, o, o, o, o!]!]", &found, &basis->rows, &basis->average,
                  &found, &name, &owner, &counts) != 0 ||
      !isfinite(basis->rows) || !isfinite(basis->average) || basis->rows < 0 || basis->average < 1 ||
      !read_counts(counts, basis)) {
    return false;
  }
  basis->last_found = json_is_string(found) ? pk_up_to(db, resource, json_string_value(found))
                      : json_is_true(found) ? INT64_MAX
                                            : 0;
  basis->last_name = json_string_value(name);
  basis->last_owner = json_is_string(owner) ? pk_up_to(db, resource, json_string_value(owner)) : 0;
  return true;
}

/* -- the ranking --------------------------------------------------------------------------------------------------- */

static int release(struct ranking *ranking) {
  json_decref(ranking->basis);
  return 0;
}

struct ranking *ranking_new(struct db *db, const struct page_request *request) {
  const struct resource *resource = request->selection->resource;
  const struct search *search = request->selection->search;
  struct ranking *ranking = memory_new(NULL, struct ranking);
  struct search_basis basis = search_basis(search);
  talloc_set_destructor(ranking, release);
  basis.given = request->after && read_basis(db, resource, request->after_value, &basis);
  if (!basis.given) {
    basis = search_basis(search);
  }
  ranking->count = search_rank(db, ranking, resource, search, &basis, &ranking->hits);
  ranking->whole = basis.last_name == NULL && basis.last_found == INT64_MAX;
  if (ranking->count >= 0) {
    ranking->basis =
        basis.given ? json_incref(json_array_get(request->after_value, 1)) : write_basis(db, resource, &basis);
  }
  if (ranking->count < 0 || db_failure(db) != DB_OK) {
    TALLOC_FREE(ranking);
  }
  return ranking;
}

json_t *ranking_value(const struct ranking *ranking, const struct search_hit *hit) {
  json_t *score = hit == NULL ? json_null() : json_real(hit->score);
  return memory_checked(json_pack("[o, O]", score, ranking->basis));
}

bool ranking_score(const json_t *value, double *score) {
  const json_t *first = json_array_get(value, 0);
  *score = json_number_value(first);
  return json_is_number(first);
}

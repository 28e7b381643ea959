/* Proves the search index in three steps: what was indexed of each record is what it says now, on either side, with its
 * names; the index holds the tokens of what was indexed, each at its place, and nothing else; and it counts them as
 * ranking needs. The second compares sums over all tokens, as FTS5's own check does, which however has to write and so
 * would keep the writer waiting. What the engine cannot read is a finding like others, and of this resource alone. */
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"
#include "domain/names.h"
#include "store/engine.h"
#include "store/public_views.h"
#include "store/search.h"
#include "store/search_text.h"
#include "store/shape.h"
#include "store/store.h"

#include <inttypes.h>
#include <string.h>

enum { BATCH = 1000 };

struct checking {
  struct db *db;
  const struct contract *contract;
  const struct resource *resource;
  const struct search_sql *sql;
  void (*tell)(void *argument, const char *line);
  void *argument;
  bool sound;
  int64_t names, rows[SEARCH_SIDES], tokens[SEARCH_SIDES];
  uint64_t sums[SEARCH_SIDES], sizes[SEARCH_SIDES];
};

static void complain(struct checking *checking, int64_t pk, const char *what) {
  struct query *query = db_constant(checking->db, checking->sql->item);
  query_bind_int(query, 1, pk);
  const char *id = query_step(query) == STEP_ROW ? query_text(query, 0) : "?";
  char *line = memory_print(NULL, "%s %s: %s", checking->resource->path, id, what);
  checking->tell(checking->argument, line);
  checking->sound = false;
  talloc_free(line);
  query_end(query);
}

static void complain_of_all(struct checking *checking, const char *what) {
  char *line = memory_print(NULL, "%s: %s", checking->resource->path, what);
  checking->tell(checking->argument, line);
  checking->sound = false;
  talloc_free(line);
}

/* -- sums ---------------------------------------------------------------------------------------------------------- */

struct spot {
  uint64_t *sum;
  int64_t pk;
  int column, offset;
};

static uint64_t mix(uint64_t hash, int64_t number) {
  hash = (hash ^ (uint64_t)number) * 11400714819323198485ULL;
  return hash ^ hash >> 29;
}

static void add_to_sum(struct spot *spot, const char *token, size_t length) {
  uint64_t hash = hash_bytes(HASH_START, token, length);
  *spot->sum += mix(mix(mix(hash, spot->pk), spot->column), spot->offset++);
}

static bool take_token(void *argument, const struct fold_token *token) {
  add_to_sum(argument, token->text, token->length);
  return true;
}

/* How many tokens it has. */
static int add_text(struct checking *checking, int side, int64_t pk, int column, const char *text) {
  struct spot spot = {&checking->sums[side], pk, column, 0};
  fold_tokens(text, strlen(text), take_token, &spot);
  return spot.offset;
}

/* What the index itself holds: a row for each token and place. */
static uint64_t sum_index(struct checking *checking, const char *table) {
  uint64_t sum = 0;
  struct text *sql = text_new(NULL);
  text_addf(sql, "SELECT term, doc, col = 'rest', \"offset\" FROM temp.\"%s_tokens\"", table);
  struct query *query = db_query(checking->db, sql->data);
  while (query_step(query) == STEP_ROW) {
    struct spot spot = {&sum, query_int(query, 1), (int)query_int(query, 2), (int)query_int(query, 3)};
    add_to_sum(&spot, query_text(query, 0), query_size(query, 0));
  }
  query_end(query);
  talloc_free(sql);
  return sum;
}

static int64_t count_rows(struct checking *checking, const char *table) {
  struct text *sql = text_new(NULL);
  text_addf(sql, "SELECT count(*) FROM \"%s\"", table);
  struct query *query = db_query(checking->db, sql->data);
  int64_t count = query_step(query) == STEP_ROW ? query_int(query, 0) : -1;
  query_end(query);
  talloc_free(sql);
  return count;
}

/* Two numbers of FTS5, names and rest, seven bits a byte, of which the last has the highest bit off. */
static int64_t read_size(const unsigned char *bytes, size_t size) {
  int64_t sum = 0, number = 0;
  for (size_t i = 0; i < size; i++) {
    number = number << 7 | (bytes[i] & 0x7f);
    if (bytes[i] < 0x80) {
      sum += number;
      number = 0;
    }
  }
  return sum;
}

/* Whether ranking is told of each row, and of all, how many words there are. */
static bool counts_hold(struct checking *checking, int side) {
  int64_t rows = checking->rows[side];
  uint64_t sizes = 0;
  struct query *query = db_constant(checking->db, checking->sql->sides[side].sizes);
  while (query_step(query) == STEP_ROW) {
    sizes += mix(mix(HASH_START, query_int(query, 0)), read_size(query_bytes(query, 1), query_size(query, 1)));
  }
  query_end(query);
  struct search_weights all = {.rows = 0};
  query = db_constant(checking->db, checking->sql->sides[side].weights);
  if (query_step(query) == STEP_ROW && query_size(query, 0) >= SEARCH_WEIGHTS_SIZE(0)) {
    memcpy(&all, query_bytes(query, 0), SEARCH_WEIGHTS_SIZE(0)); /* of the phrases, nothing */
  }
  query_end(query);
  double average = checking->tokens[side] > 0 ? (double)checking->tokens[side] / (double)rows : 1;
  return sizes == checking->sizes[side] && all.rows == (double)rows && (rows == 0 || all.average == average);
}

/* -- records ------------------------------------------------------------------------------------------------------- */

static bool has_name(struct checking *checking, bool open, const char *key, int64_t pk) {
  struct query *query = db_constant(checking->db, checking->sql->has_name);
  query_bind_int(query, 1, open);
  query_bind_text(query, 2, key);
  query_bind_int(query, 3, pk);
  bool there = query_step(query) == STEP_ROW;
  query_end(query);
  return there;
}

/* Every name has its key there; how many keys there must be. */
static void check_names(struct checking *checking, void *memory, int64_t pk, const char *names, bool open) {
  const char **keys = memory_array(memory, const char *, strlen(names) + 1);
  size_t count = 0;
  for (const char *at = names; at != NULL;) {
    const char *key = fold_key(memory, names_next(memory, &at));
    size_t i = 0;
    while (i < count && strcmp(keys[i], key) != 0) {
      i++;
    }
    if (i < count || key[0] == '\0') {
      continue;
    }
    keys[count++] = key;
    checking->names++;
    if (!has_name(checking, open, key, pk)) {
      complain(checking, pk, "a name is not among those that are searched");
    }
  }
}

static void check_record(struct checking *checking, int64_t pk) {
  void *memory = talloc_new(NULL);
  struct searched_text indexed[SEARCH_SIDES] = {{false, NULL, NULL}}, wanted;
  for (int side = 0; side < SEARCH_SIDES && db_failure(checking->db) == DB_OK; side++) {
    struct searched_text *text = &indexed[side];
    if (!searched_read(checking->db, memory, checking->sql, (enum search_side)side, pk, text) ||
        !searched_render(checking->db, memory, checking->sql, (enum search_side)side, pk, &wanted)) {
      break;
    }
    if (text->there != wanted.there ||
        (text->there && (strcmp(text->names, wanted.names) != 0 || strcmp(text->rest, wanted.rest) != 0))) {
      complain(checking, pk,
               side == SEARCH_WHOLE ? "is found by another text than it has"
                                    : "is found by the public by another text than it shows");
    }
    if (text->there) {
      int size = add_text(checking, side, pk, 0, text->names);
      size += add_text(checking, side, pk, 1, text->rest);
      checking->rows[side]++;
      checking->tokens[side] += size;
      checking->sizes[side] += mix(mix(HASH_START, pk), size);
    }
  }
  if (db_failure(checking->db) == DB_OK && indexed[SEARCH_WHOLE].there) {
    check_names(checking, memory, pk, indexed[SEARCH_WHOLE].names, indexed[SEARCH_PUBLIC].there);
  }
  talloc_free(memory);
}

static void check_records(struct checking *checking) {
  int64_t *pks = memory_array(NULL, int64_t, BATCH), after = 0;
  size_t count;
  do {
    count = 0;
    struct query *query = db_constant(checking->db, checking->sql->next);
    query_bind_int(query, 1, after);
    query_bind_int(query, 2, BATCH);
    while (query_step(query) == STEP_ROW) {
      pks[count++] = query_int(query, 0);
    }
    query_end(query);
    for (size_t i = 0; i < count; i++) {
      check_record(checking, pks[i]);
    }
    after = count == 0 ? 0 : pks[count - 1];
  } while (count > 0 && db_failure(checking->db) == DB_OK);
  talloc_free(pks);
}

static void check_side(struct checking *checking, int side) {
  const char *table = checking->sql->sides[side].table;
  bool alone = count_rows(checking, table) == checking->rows[side];
  bool worded = sum_index(checking, table) == checking->sums[side];
  bool counted = counts_hold(checking, side);
  if (db_failure(checking->db) != DB_OK) {
    return;
  }
  if (!alone) {
    complain_of_all(checking, "records are found that there are not");
  }
  if (!worded) {
    complain_of_all(checking, "the index does not hold the words of the records");
  }
  if (!counted) {
    complain_of_all(checking, "the index counts other words than it holds");
  }
}

static void check_resource(struct checking *checking) {
  check_records(checking);
  for (int side = 0; side < SEARCH_SIDES; side++) {
    check_side(checking, side);
  }
  struct query *query = db_constant(checking->db, checking->sql->count_names);
  if (query_step(query) == STEP_ROW && query_int(query, 0) != checking->names) {
    complain_of_all(checking, "names are searched that no record has");
  }
  query_end(query);
  char *what = memory_print(NULL, "%s: what is searched", checking->resource->path);
  checking->sound = store_checked(checking->db, checking->sound, what, checking->tell, checking->argument);
  talloc_free(what);
}

/* What is only made to look: nothing of it is in the file. */
static bool prepare(struct db *db, const struct contract *contract, struct error *error) {
  struct text *sql = text_new(NULL);
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct resource *resource = &contract->resources[i];
    for (int open = 0; resource->search != NULL && open <= 1; open++) {
      text_addf(sql,
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.\"%s%s_tokens\" USING fts5vocab(main, \"%s%s\", instance);",
                resource->search, open ? "_public" : "", resource->search, open ? "_public" : "");
    }
  }
  bool fine = engine_execute(db, "PRAGMA query_only = OFF") && public_views_beside(db, contract, error) &&
              engine_execute(db, sql->data);
  fine = engine_execute(db, "PRAGMA query_only = ON") && fine; /* whatever failed */
  talloc_free(sql);
  return fine;
}

bool search_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                  void *argument) {
  struct error error = {0};
  if (!prepare(db, contract, &error)) {
    return store_checked(db, false, "what is searched", tell, argument);
  }
  bool sound = true;
  for (size_t i = 0; i < contract->resource_count && db_failure(db) == DB_OK; i++) {
    const struct resource *resource = &contract->resources[i];
    const struct search_sql *sql = shape_of(engine_shapes(db), resource)->search;
    struct checking checking = {.db = db,
                                .contract = contract,
                                .resource = resource,
                                .sql = sql,
                                .tell = tell,
                                .argument = argument,
                                .sound = true};
    if (sql != NULL) {
      check_resource(&checking);
    }
    sound = sound && checking.sound;
  }
  return sound && db_failure(db) == DB_OK;
}

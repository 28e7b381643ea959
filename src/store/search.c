/* Names are looked up by their keys in a table of their own, which is quick however much is found. For the rest the
 * index is asked, which can only be walked in the order in which records were made: of a word that is in half of the
 * registry no more is looked at than some candidates, and the words are counted no further than to that number, too. So
 * where a question finds less, its ranking is BM25 over all of it. */
#include "store/search.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"
#include "domain/question.h"
#include "domain/spelling.h"
#include "store/engine.h"
#include "store/search_sql.h"
#include "store/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MOST = 32, NEIGHBOURS = 25, SOON_MOST = 6 };

/* Hits of either kind, where what was ranked before may have become more. */
enum { RANKED_MOST = 2 * SEARCH_CANDIDATES };

/* Behind everything that begins with a key. */
static const char past_all[] = "\xf4\x8f\xbf\xbf";

struct search {
  const struct question *question;
  const char *match; /* all phrases */
  const char *phrases[QUESTION_PHRASES];
  size_t tokens;
  const char *key, *key_end; /* nothing lies between them where the question is no beginning of a name */
};

static const struct search_sql *search_in(struct db *db, const struct resource *resource) {
  return shape_of(engine_shapes(db), resource)->search;
}

/* -- the question as FTS5 takes it --------------------------------------------------------------------------------- */

/* A token has no character but letters, digits and their marks, and stands in quotes, with its other spelling, if it
 * has one, behind SEARCH_OR. */
static void add_phrase(struct text *match, const struct phrase *phrase) {
  for (size_t i = 0; i < phrase->count; i++) {
    const char *other = phrase->others == NULL ? NULL : phrase->others[i];
    text_addf(match, "%s\"%s%s%s\"", i == 0 ? "" : " + ", phrase->tokens[i], other == NULL ? "" : SEARCH_OR,
              other == NULL ? "" : other);
  }
  text_add(match, phrase->prefix ? " *" : "");
}

struct search *search_new(const void *parent, const struct question *question) {
  struct search *search = memory_new(parent, struct search);
  struct text *match = text_new(search);
  search->question = question;
  for (size_t i = 0; i < question->count; i++) {
    struct text *phrase = text_new(search);
    add_phrase(phrase, &question->phrases[i]);
    search->phrases[i] = phrase->data;
    search->tokens += question->phrases[i].count;
    text_addf(match, "%s(%s)", i == 0 ? "" : " AND ", phrase->data);
  }
  search->match = match->data;
  search->key = question->key[0] == '\0' ? past_all : question->key;
  search->key_end = question->key[0] == '\0' ? past_all : memory_print(search, "%s%s", question->key, past_all);
  return search;
}

/* -- for lists ----------------------------------------------------------------------------------------------------- */

static void add_words(struct text *sql, const struct resource *resource, int n) {
  text_addf(sql, "SELECT rowid FROM \"%s\" WHERE \"%s\" MATCH $%d", resource->search, resource->search, n);
}

static void add_names(struct text *sql, const struct resource *resource, int n) {
  text_addf(sql, "SELECT owner FROM \"%s_names\" WHERE open IN (0, 1) AND folded >= $%d AND folded < $%d",
            resource->search, n + 1, n + 2);
}

void search_add_condition(struct text *sql, const struct resource *resource, int n, struct search_form form) {
  if (form.leads) {
    text_add(sql, " AND t.pk IN (");
    add_words(sql, resource, n);
    text_add(sql, " UNION ALL ");
    add_names(sql, resource, n);
    text_add(sql, ")");
    return;
  }
  text_add(sql, form.each_word ? " AND (EXISTS (" : " AND (+t.pk IN (");
  add_words(sql, resource, n);
  text_add(sql, form.each_word ? " AND rowid = t.pk) OR " : ") OR ");
  if (form.each_name) {
    text_addf(sql, "EXISTS (SELECT 1 FROM \"%s\" WHERE rowid = t.pk AND search_begins(names, $%d))", resource->search,
              n + 1);
  } else {
    text_add(sql, "+t.pk IN (");
    add_names(sql, resource, n);
    text_add(sql, ")");
  }
  text_add(sql, ")");
}

void search_bind(struct query *query, int n, const struct search *search) {
  query_bind_text(query, n, search->match);
  query_bind_text(query, n + 1, search->key);
  query_bind_text(query, n + 2, search->key_end);
}

static int64_t read_count(struct query *query) {
  int64_t count = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  return count;
}

static int64_t count_found(struct db *db, const struct search_sql *sql, const char *match, int64_t most) {
  struct query *query = db_constant(db, sql->found);
  query_bind_text(query, 1, match);
  query_bind_int(query, 2, most);
  return read_count(query);
}

/* The engine looks for a row that has all words without asking whether it may go on, so that many words, each frequent
 * and never all in one row, are not begun where others wait. */
static bool may_begin(struct db *db, const struct search *search) {
  return search->tokens <= SOON_MOST || db_may_take_long(db);
}

struct search_count search_count(struct db *db, const struct resource *resource, const struct search *search,
                                 struct search_count most) {
  const struct search_sql *sql = search_in(db, resource);
  struct query *query = db_constant(db, sql->count_begun);
  query_bind_text(query, 1, search->key);
  query_bind_text(query, 2, search->key_end);
  query_bind_int(query, 3, most.names);
  struct search_count count = {.names = read_count(query)};
  count.names = count.names < most.names ? count.names : most.names;
  count.words = may_begin(db, search) ? count_found(db, sql, search->match, most.words) : 0;
  return count;
}

/* -- ranking ------------------------------------------------------------------------------------------------------- */

struct hits {
  struct search_hit *list;
  size_t count, capacity;
};

static void add_hit(struct hits *hits, int64_t pk, double score) {
  if (hits->count == hits->capacity) {
    hits->capacity = hits->capacity * 2 + 64;
    hits->list = memory_grow(hits, hits->list, struct search_hit, hits->capacity);
  }
  hits->list[hits->count++] = (struct search_hit){pk, score};
}

static bool is_behind(const struct search_basis *basis, const char *name, int64_t owner) {
  int order = basis->last_name == NULL ? -1 : strcmp(name, basis->last_name);
  return order > 0 || (order == 0 && owner > basis->last_owner);
}

/* Names with the key of the question's other spelling, or that begin with it: a little behind those that are spelled as
 * was asked. Few, since they are no part of what a page goes on from. */
static void add_spelled(struct db *db, const struct search_sql *sql, const struct search *search, struct hits *hits) {
  const char *key = search->question->other;
  if (key == NULL || key[0] == '\0') {
    return;
  }
  char *end = memory_print(hits, "%s%s", key, past_all);
  struct query *query = db_constant(db, sql->begun);
  query_bind_text(query, 1, key);
  query_bind_text(query, 2, end);
  query_bind_int(query, 3, NEIGHBOURS);
  while (query_step(query) == STEP_ROW) {
    double share = (double)strlen(key) / (double)query_size(query, 2);
    add_hit(hits, query_int(query, 0), 1 + share * (query_int(query, 1) != 0 ? 0.9 : 0.8) * 0.99);
  }
  query_end(query);
}

/* Names with that key, or that begin with it: the more of the name was asked, the better. */
static void add_named(struct db *db, const struct search_sql *sql, const struct search *search,
                      struct search_basis *basis, struct hits *hits) {
  size_t asked = strlen(search->question->key), most = basis->given ? RANKED_MOST : SEARCH_CANDIDATES;
  struct query *query = db_constant(db, sql->begun);
  query_bind_text(query, 1, search->key);
  query_bind_text(query, 2, search->key_end);
  query_bind_int(query, 3, (int64_t)most);
  while (query_step(query) == STEP_ROW) {
    int64_t owner = query_int(query, 0);
    if (is_behind(basis, query_text(query, 2), owner)) {
      break;
    }
    bool own = query_int(query, 1) != 0, whole = query_size(query, 2) == asked;
    double share = (double)asked / (double)query_size(query, 2);
    add_hit(hits, owner, whole ? 2 + (own ? 1 : 0.5) : 1 + share * (own ? 0.9 : 0.8));
    if (hits->count == most && !basis->given) {
      basis->last_name = memory_copy(hits, query_text(query, 2));
      basis->last_owner = owner;
      basis->last_found = 0; /* none could stand before them */
    }
  }
  query_end(query);
}

/* BM25 of a row. */
static double score_of(const struct search_weights *row, const struct search_basis *basis) {
  static const double k1 = 1.2, b = 0.75;
  double score = 0;
  for (size_t i = 0; i < basis->count; i++) {
    double having = (double)basis->counts[i], rest = basis->rows > having ? basis->rows - having : 0;
    double rarity = log(1 + (rest + 0.5) / (having + 0.5)), weight = row->phrases[i];
    score += rarity * weight * (k1 + 1) / (weight + k1 * (1 - b + b * row->size / basis->average));
  }
  return score / (score + 4); /* below 1, whatever it is */
}

/* In how many rows each phrase is, of which `found` rows have all. */
static void count_phrases(struct db *db, const struct search_sql *sql, const struct search *search, size_t found,
                          int64_t *counts) {
  for (size_t i = 0; i < search->question->count; i++) {
    if (search->question->phrases[i].prefix) {
      counts[i] = SEARCH_CANDIDATES; /* counted by listing all that begins with it: once is enough */
    } else if (search->question->count == 1) {
      counts[i] = (int64_t)found;
    } else {
      counts[i] = count_found(db, sql, search->phrases[i], SEARCH_CANDIDATES);
    }
  }
}

/* Those of the rows that were made first. */
static void add_candidates(struct db *db, const struct search_sql *sql, const struct search *search,
                           struct search_basis *basis, struct hits *hits) {
  size_t size = SEARCH_WEIGHTS_SIZE(basis->count), found = 0, most = basis->given ? RANKED_MOST : SEARCH_CANDIDATES;
  char *rows = memory_array(hits, char, most *size);
  int64_t pks[RANKED_MOST];
  struct query *query = db_constant(db, sql->candidates);
  query_bind_text(query, 1, search->match);
  query_bind_int(query, 2, (int64_t)most);
  query_bind_int(query, 3, basis->last_found);
  while (found < most && query_step(query) == STEP_ROW) {
    pks[found] = query_int(query, 0);
    memcpy(rows + size * found++, query_bytes(query, 1), size);
  }
  query_end(query);
  const struct search_weights *row = (const struct search_weights *)(const void *)rows;
  if (found > 0 && !basis->given) {
    basis->rows = row->rows;
    basis->average = row->average;
    basis->last_found = found == most ? pks[found - 1] : INT64_MAX;
    count_phrases(db, sql, search, found, basis->counts);
  }
  for (size_t i = 0; i < found; i++) {
    row = (const struct search_weights *)(const void *)(rows + size * i);
    add_hit(hits, pks[i], score_of(row, basis));
  }
}

static int by_record(const void *a, const void *b) {
  const struct search_hit *left = a, *right = b;
  if (left->pk != right->pk) {
    return left->pk < right->pk ? -1 : 1;
  }
  return left->score > right->score ? -1 : left->score < right->score;
}

static int by_score(const void *a, const void *b) {
  const struct search_hit *left = a, *right = b;
  if (left->score != right->score) {
    return left->score > right->score ? -1 : 1;
  }
  return left->pk < right->pk ? -1 : left->pk > right->pk;
}

/* Each record once, with its best score, the best first. */
static void rank(struct hits *hits) {
  if (hits->count < 2) {
    return;
  }
  qsort(hits->list, hits->count, sizeof *hits->list, by_record);
  size_t kept = 1;
  for (size_t i = 1; i < hits->count; i++) {
    if (hits->list[i].pk != hits->list[kept - 1].pk) {
      hits->list[kept++] = hits->list[i];
    }
  }
  hits->count = kept;
  qsort(hits->list, hits->count, sizeof *hits->list, by_score);
}

struct search_basis search_basis(const struct search *search) {
  return (struct search_basis){.last_found = INT64_MAX, .average = 1, .count = search->question->count};
}

/* The candidates are left out where `most` others stand before them. */
static struct hits *find_hits(struct db *db, const void *memory, const struct resource *resource,
                              const struct search *search, struct search_basis *basis, size_t most) {
  const struct search_sql *sql = search_in(db, resource);
  struct hits *hits = memory_new(memory, struct hits);
  add_named(db, sql, search, basis, hits);
  add_spelled(db, sql, search, hits);
  rank(hits);
  if (basis->last_found > 0 && hits->count < most && may_begin(db, search)) {
    add_candidates(db, sql, search, basis, hits);
    rank(hits);
  }
  return hits;
}

long search_rank(struct db *db, const void *memory, const struct resource *resource, const struct search *search,
                 struct search_basis *basis, struct search_hit **out) {
  struct hits *hits = find_hits(db, memory, resource, search, basis, SIZE_MAX);
  *out = hits->list;
  return db_failure(db) == DB_OK ? (long)hits->count : -1;
}

long search_best(struct db *db, const struct resource *resource, const struct search *search, struct search_hit *best,
                 size_t most) {
  struct search_basis basis = search_basis(search);
  struct hits *hits = find_hits(db, NULL, resource, search, &basis, most);
  size_t count = hits->count < most ? hits->count : most;
  if (count > 0) {
    memcpy(best, hits->list, count * sizeof *best);
  }
  talloc_free(hits);
  return db_failure(db) == DB_OK ? (long)count : -1;
}

bool search_show(struct db *db, const void *memory, const struct resource *resource, int64_t pk,
                 struct search_item *item) {
  struct query *query = db_constant(db, search_in(db, resource)->item);
  query_bind_int(query, 1, pk);
  bool there = query_step(query) == STEP_ROW;
  if (there) {
    item->id = memory_copy(memory, query_text(query, 0));
    item->slug = memory_copy(memory, query_text(query, 1));
    item->name = memory_copy(memory, query_text(query, 2));
    item->names = memory_slice(memory, query_text(query, 3), query_size(query, 3));
    item->rest = memory_slice(memory, query_text(query, 4), query_size(query, 4));
  }
  query_end(query);
  return there;
}

/* -- names that are alike ------------------------------------------------------------------------------------------ */

struct alike {
  struct db *db;
  const struct search_sql *sql;
  int64_t *pks;
  size_t count, most;
};

static void add_alike(struct alike *alike, int64_t pk) {
  size_t i = 0;
  while (i < alike->count && alike->pks[i] != pk) {
    i++;
  }
  if (i == alike->count && alike->count < alike->most) {
    alike->pks[alike->count++] = pk;
  }
}

/* `from` and `to` are the first two parameters of the statement, where it has them. */
static void add_by_key(struct alike *alike, const char *sql, const char *from, const char *to, size_t most) {
  struct query *query = db_constant(alike->db, sql);
  query_bind_text(query, 1, from);
  query_bind_text(query, 2, to);
  query_bind_int(query, 3, (int64_t)most);
  while (query_step(query) == STEP_ROW) {
    add_alike(alike, query_int(query, 0));
  }
  query_end(query);
}

/* A token of the name, in how many names it is. */
struct shared {
  char *match;
  int64_t count;
};

struct tokens {
  struct shared list[TOKENS_MOST];
  size_t count;
};

static bool take_token(void *argument, const struct fold_token *token) {
  struct tokens *tokens = argument;
  if (token->kind == FOLD_WORD || token->kind == FOLD_PAIR) {
    tokens->list[tokens->count++].match = memory_print(tokens, "names : \"%.*s\"", (int)token->length, token->text);
  }
  return tokens->count < TOKENS_MOST;
}

static int by_count(const void *a, const void *b) {
  const struct shared *left = a, *right = b;
  return left->count < right->count ? -1 : left->count > right->count;
}

static void add_by_tokens(struct alike *alike, const char *name) {
  struct tokens *tokens = memory_new(NULL, struct tokens);
  fold_tokens(name, strlen(name), take_token, tokens);
  for (size_t i = 0; i < tokens->count; i++) {
    tokens->list[i].count = count_found(alike->db, alike->sql, tokens->list[i].match, (int64_t)alike->most);
  }
  qsort(tokens->list, tokens->count, sizeof tokens->list[0], by_count);
  for (size_t i = 0; i < tokens->count && alike->count < alike->most; i++) {
    struct query *query = db_constant(alike->db, alike->sql->candidates);
    query_bind_text(query, 1, tokens->list[i].match);
    query_bind_int(query, 2, (int64_t)alike->most);
    query_bind_int(query, 3, INT64_MAX);
    while (tokens->list[i].count > 0 && query_step(query) == STEP_ROW) {
      add_alike(alike, query_int(query, 0));
    }
    query_end(query);
  }
  talloc_free(tokens);
}

static void add_near(struct alike *alike, const char *name) {
  char *key = fold_key(NULL, name);
  if (key[0] != '\0') {
    add_by_key(alike, alike->sql->exact, key, NULL, alike->most);
    add_by_key(alike, alike->sql->prefix, key, past_all, NEIGHBOURS);
    add_by_key(alike, alike->sql->before, key, NULL, NEIGHBOURS);
    add_by_tokens(alike, name);
  }
  talloc_free(key);
}

long search_alike(struct db *db, const struct resource *resource, const char *name, int64_t *pks, size_t most) {
  void *memory = talloc_new(NULL);
  struct alike alike = {
      .db = db, .sql = search_in(db, resource), .pks = memory_array(memory, int64_t, most), .most = most};
  const char *spelled = spelling_other(memory, name);
  add_near(&alike, name);
  if (spelled != NULL) {
    add_near(&alike, spelled);
  }
  memcpy(pks, alike.pks, alike.count * sizeof *pks);
  talloc_free(memory);
  return db_failure(db) == DB_OK ? (long)alike.count : -1;
}

/* Finding records by text (domain/question.h): what is found on a connection is what its callers may see. A record is
 * found when each phrase is somewhere in its searched members or in the names of records that it is searched by, and
 * when one of its names begins with all that was asked.
 *
 * A list that is narrowed by a question adds search_add_condition to its statement. Where the question finds much
 * (search_count says so, bounded), the list's own order should lead, and each of its rows be looked up; where it finds
 * little, the found should. */
#ifndef ENTENTE_STORE_SEARCH_H
#define ENTENTE_STORE_SEARCH_H

#include "contract/contract.h"
#include "domain/question.h"
#include "store/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* A question as the store asks it. Owned by `parent`, and borrows from the question. */
struct search;
struct search *search_new(const void *parent, const struct question *question);

/* How many records have the words, and how many names begin with them all; neither further than `most`. */
struct search_count {
  int64_t words, names;
};
struct search_count search_count(struct db *db, const struct resource *resource, const struct search *search,
                                 struct search_count most);

/* How a statement goes about it. What is found is listed at once, and can lead; or each row is looked up. */
struct search_form {
  bool leads; /* nothing is looked up then */
  bool each_word, each_name;
};

/* Adds " AND …" for the rows `t` of the resource's table that are found; the question is parameters $n to $n + 2. */
void search_add_condition(struct text *sql, const struct resource *resource, int n, struct search_form form);
void search_bind(struct query *query, int n, const struct search *search);

enum { SEARCH_CANDIDATES = 250 };
struct search_hit {
  int64_t pk;
  double score;
};

/* The best hits, best first: names equal to the question (score from 2), names that begin with it (from 1), then by
 * BM25 (below 1) among the first SEARCH_CANDIDATES that are found. At most `most`; their number, or -1. */
long search_best(struct db *db, const struct resource *resource, const struct search *search, struct search_hit *best,
                 size_t most);

/* What hits and their scores depend on besides the question and the record itself. */
struct search_basis {
  bool given;            /* or else as it is now, which search_rank tells */
  const char *last_name; /* names are ranked up to this key, and among equal ones up to this owner; NULL: all are */
  int64_t last_owner;
  int64_t last_found;   /* what is found by its words is ranked up to this pk; 0: none is, INT64_MAX: all is */
  double rows, average; /* there are in the index, and words in one */
  int64_t counts[QUESTION_PHRASES]; /* rows that have each phrase */
  size_t count;
};
struct search_basis search_basis(const struct search *search);

/* All hits, as in search_best; their number, or -1. These and basis->last_name are owned by `memory`. */
long search_rank(struct db *db, const void *memory, const struct resource *resource, const struct search *search,
                 struct search_basis *basis, struct search_hit **out);

/* What is shown of a hit. False when it is not there, or the database failed. Owned by `memory`. */
struct search_item {
  const char *id, *slug, *name;
  const char *names; /* all its names, parted by FOLD_BOUNDARY, `name` first */
  const char *rest;  /* the other texts that it is found by */
};
bool search_show(struct db *db, const void *memory, const struct resource *resource, int64_t pk,
                 struct search_item *item);

/* Records that may be meant by a written name: those with its key (fold_key), first, then some whose names have words,
 * pairs or a beginning in common with it, the rarest first. At most `most`, each once; their number, or -1. */
long search_alike(struct db *db, const struct resource *resource, const char *name, int64_t *pks, size_t most);

/* Inside a write that takes long: brings the index of all that it has written so far up to it, which otherwise happens
 * before the commit of its group, when the write can no longer be given up. False when `wanted`, asked before each
 * record, says that it is to be, or when the database failed: then the write has to be undone. */
bool search_settle_written(struct db *db, bool (*wanted)(void *argument, struct db *db), void *argument);

/* Whether what is searched is what the records say. `tell` gets one line for each thing that is wrong; true when none
 * was. On a connection that sees everything. */
bool search_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                  void *argument);

#endif

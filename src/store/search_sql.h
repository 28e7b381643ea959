/* Private to the store: the statements by which records of a resource are searched, and by which what they are found by
 * is kept. Composed from the contract with the shapes. */
#ifndef ENTENTE_STORE_SEARCH_SQL_H
#define ENTENTE_STORE_SEARCH_SQL_H

#include "contract/contract.h"
#include "domain/question.h"

#include <stdbool.h>
#include <stddef.h>

struct shape;

/* What callers with a token search, and what those without do. */
enum search_side { SEARCH_WHOLE, SEARCH_PUBLIC, SEARCH_SIDES };

/* Records of that resource are found by the names of another record: their pks, by its pk ($1). */
struct search_referrer {
  const struct resource *resource;
  const char *select;
};

/* A column of a statement that reads searched text: text, or JSON of that schema. */
struct searched_value {
  const struct schema *schema;
  bool json, name;
};

/* The searched columns of record $1, or those of its items in one table, a row each. */
struct searched_part {
  const char *sql[SEARCH_SIDES];
  const struct searched_value *values;
  size_t count;
};

/* In a question: between a token and its other spelling. No text holds it. */
#define SEARCH_OR "\x1f"

/* What a row that was found weighs: the words of all its text, the average of all rows, the number of rows, and how
 * often it has each phrase of the question, in a name SEARCH_NAME_WEIGHT times as much. */
enum { SEARCH_NAME_WEIGHT = 4 };
struct search_weights {
  double size, average, rows;
  double phrases[QUESTION_PHRASES]; /* as many as the question has */
};
#define SEARCH_WEIGHTS_SIZE(phrase_count) (offsetof(struct search_weights, phrases) + (phrase_count) * sizeof(double))

struct search_sql {
  const char *make_names, *make_table[SEARCH_SIDES]; /* where the database has no such table yet */
  const struct searched_part *parts;                 /* the record's own first: no row where it is not on that side */
  size_t part_count;
  struct {
    const char *table;
    const char *read, *insert, *update, *remove; /* what is indexed of record $1: $2 names, $3 rest */
    const char *rebuild;                         /* tokenizes all of it again */
    const char *sizes;                           /* of each row, what the index counts */
    const char *weights;                         /* of one, search_weights, which has what it counts of all */
  } sides[SEARCH_SIDES];
  const char *name_insert, *name_remove, *has_name; /* open $1, folded $2, owner $3, own $4 */
  const char *clear_names, *count_names;
  /* Owner, own and key of names: with the key $1; from $1 to before $2; before $1, the nearest first. At most $3 of
   * those that the public sees, and as many others. */
  const char *exact, *prefix, *before;
  const char *begun, *count_begun; /* names from $1 to before $2 of either kind, in order, at most $3; how many */
  const char *found, *candidates; /* by the match text $1, at most $2: how many; which, with search_weights, up to $3 */
  const char *item;               /* id, slug, name and what is indexed of record $1 */
  const char *next;               /* the first pks after $1, at most $2 */
  const char *last;               /* the greatest pk there is */
  const struct search_referrer *referrers;
  size_t referrer_count;
};

/* Of the shape at `index`; NULL when its resource is not searched. */
const struct search_sql *search_sql_new(const void *parent, const struct contract *contract, const struct shape *shapes,
                                        size_t index);

#endif

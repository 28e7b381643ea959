/* Private to the store: in which order a list shows what is searched for, and how it keeps to it over its pages.
 *
 * Every write moves ranks: scores go by how many records have a word, and who is ranked by who was made before. So the
 * place where a page ends has, besides the record, what its list was ranked by, and the next page goes by that. The
 * rank of a record then depends on nothing but itself: one that stays as it is keeps its place, whatever else is
 * written. */
#ifndef ENTENTE_STORE_RANKING_H
#define ENTENTE_STORE_RANKING_H

#include "store/resource.h"
#include "store/search.h"

struct ranking {
  struct search_hit *hits; /* the best first, by score and then by pk */
  long count;
  bool whole; /* nothing is found but the hits */
  json_t *basis;
};

/* As it was at the place after which the request goes on, or as it is now. NULL when the database failed. */
struct ranking *ranking_new(struct db *db, const struct page_request *request);

/* The value of a place (page_key) at that hit, or with NULL at a record that is not ranked; a new reference. */
json_t *ranking_value(const struct ranking *ranking, const struct search_hit *hit);
/* The score in such a value; false when it was at no hit. */
bool ranking_score(const json_t *value, double *score);

#endif

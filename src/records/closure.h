/* Organizations that relations lead to from one of them on a day, nearest first, and by which way. */
#ifndef ENTENTE_RECORDS_CLOSURE_H
#define ENTENTE_RECORDS_CLOSURE_H

#include "domain/day.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct closure;
struct db;

/* A kind of step: from an organization to those that it names in relations of the type, or to those that name it so. */
struct closure_step {
  const char *type; /* parent, predecessor */
  bool up;          /* to those that it names */
  const char *name; /* of the step, as relations are served: parent, child, predecessor, successor */
};

/* Owned by `parent`. */
struct closure *closure_new(const void *parent, struct db *db, int64_t organization, day on);

/* Visits each organization that is reached by steps of these kinds (ended by NULL), in any order of them, once, the
 * nearest first, and not the organization itself. A visit ends the walk by returning false. */
void closure_walk(struct closure *closure, const struct closure_step *const *steps,
                  bool (*visit)(void *argument, struct closure *closure, int64_t organization), void *argument);

/* Of the organization under visit: the way to it, [{type, organization: {id, slug, name}}]; a new reference. Outside of
 * a visit: []. */
json_t *closure_path(struct closure *closure);

/* {id, slug, name} of an organization; a new reference. */
json_t *closure_reference(struct closure *closure, int64_t organization);

#endif

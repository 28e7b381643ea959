/* What the domain derives of an agreement, between its row and the rules. */
#ifndef ENTENTE_API_AGREEMENTS_H
#define ENTENTE_API_AGREEMENTS_H

#include "api/change.h"
#include "domain/standing.h"

/* The terms that a row states. `superseded_on` is not in the row: the caller knows it. Arrays are owned by `memory`. */
void agreement_terms(const void *memory, const json_t *row, day superseded_on, struct terms *terms);
/* The first day on which a concluded agreement that supersedes or renews it is effective, or DAY_NONE. */
day agreement_superseded_on(struct db *db, const void *memory, int64_t pk);
/* Sets the derived members of a row to the standing. */
void agreement_set_standing(json_t *row, const struct standing *standing);
/* Faults where the terms contradict themselves. */
void agreement_check_terms(struct change *change, const json_t *row, const struct terms *terms);
/* Derives an agreement's standing anew and writes it where it differs. False when the database failed. */
bool agreement_refresh(struct change *change, int64_t pk);

/* "2026-04-01", or JSON null for DAY_NONE. A new reference. */
json_t *day_json(day value);

#endif

/* What the domain derives of an agreement, between its row and the rules. */
#ifndef ENTENTE_RECORDS_AGREEMENTS_H
#define ENTENTE_RECORDS_AGREEMENTS_H

#include "base/clock.h"
#include "domain/standing.h"
#include "records/change.h"

/* The terms that a row states. `superseded_on` is not in the row: the caller knows it. Arrays are owned by `memory`. */
void agreement_terms(const void *memory, const json_t *row, day superseded_on, struct terms *terms);
/* The first day on which a concluded agreement that supersedes or renews it is effective, or DAY_NONE. With
 * `public_only` what is not public does not count. */
day agreement_superseded_on(struct db *db, int64_t pk, bool public_only);
/* Sets the derived members of a row to the standing. */
void agreement_set_standing(json_t *row, const struct standing *standing);
/* Faults where the terms contradict themselves. */
void agreement_check_terms(struct change *change, const json_t *row, const struct terms *terms);
/* Derives an agreement's standing anew and writes it where it differs. False when the database failed. */
bool agreement_refresh(struct change *change, int64_t pk);
/* The same for all that may stand otherwise for the public since that organization is public, or no longer is. */
void agreements_refresh_signed(struct change *change, int64_t organization);

/* -- what the public is shown (shown.c) ---------------------------------------------------------------------------- */

/* What stands beside an agreement's document. */
struct shown {
  json_t *members;                       /* what the public is shown instead of the row's; NULL: the row's */
  int64_t revision;                      /* the record's … */
  char updated_at[CLOCK_TIMESTAMP_SIZE]; /* … and when that was made; 0 and "" of a new one */
  day due_on;
};

/* Derives how the agreement stands on that day by what is public alone; `whole` are its terms by all there is. False
 * when that makes no difference, and `out` is left alone. */
bool shown_standing(struct change *change, int64_t pk, const json_t *row, const struct terms *whole, day on,
                    struct standing *out);
/* Reads what stands there; members are owned by change->memory. */
void shown_read(struct change *change, int64_t pk, struct shown *out);
/* What is to be shown after a write from `row_before` (NULL: a new record) to `row`; `seen` is NULL where the row's own
 * standing is the public's. `own`: the write is of the agreement itself, not of what its standing follows from. NULL
 * when the row's members are shown, otherwise owned by change->memory. */
json_t *shown_next(struct change *change, const struct shown *before, const json_t *row_before, const json_t *row,
                   const struct standing *seen, bool own);
/* The text of that for the column, which the caller frees; NULL when it is what the record says now. */
char *shown_text(const json_t *shown, const json_t *row, int64_t revision, const char *updated_at);
/* Whether what is shown is what follows from the terms. */
bool shown_follows(const struct shown *shown, const json_t *row, const struct standing *seen);

/* -- the clock ----------------------------------------------------------------------------------------------------- */

/* Has flags look as far ahead as the options say, or else as the registry has it. Call before agreements_tick, which
 * derives all agreements again when that is another than before. Waits for the writer; false when the store failed. */
bool agreements_set_windows(const struct services *services);
/* Brings the derived columns of all agreements up to today. Waits for the writer. */
bool agreements_tick(const struct services *services);
/* Tells `tell` each agreement whose stored standing differs from what its terms give on the day for which the derived
 * columns hold. */
bool agreements_check(const struct services *services, struct db *db, void (*tell)(void *argument, const char *line),
                      void *argument);

/* "2026-04-01", or JSON null for DAY_NONE. A new reference. */
json_t *day_json(day value);

#endif

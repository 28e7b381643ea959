/* How an agreement stands for callers without a token: as it would if there were nothing but what is public. Another
 * agreement that is not public does not supersede it, and an organization that is not public has not signed it. Where
 * that makes a difference, the column public_standing has what the public is shown in place of the row's members: those
 * that are derived, and the revision and the time of the last change as they count without what is not public. Who
 * reads needs to know nothing of it (store/public_views.c).
 *
 * The public's revision moves with every write of the agreement itself, and when what is derived for the public moves;
 * so it tells nothing of others. */
#include "base/memory.h"
#include "records/agreements.h"
#include "request/call.h"

#include <stdio.h>
#include <string.h>

static const char *const derived_members[] = {"status",    "flags",      "missing",    "period",
                                              "notice_on", "notice_for", "next_change"};
enum { DERIVED_MEMBERS = sizeof derived_members / sizeof derived_members[0] };

/* Whether the objects have the same derived members. */
static bool same_standing(const json_t *one, const json_t *other) {
  for (size_t i = 0; i < DERIVED_MEMBERS; i++) {
    if (!json_equal(json_object_get(one, derived_members[i]), json_object_get(other, derived_members[i]))) {
      return false;
    }
  }
  return true;
}

/* -- what follows from public records ------------------------------------------------------------------------------ */

static bool is_public(struct change *change, const char *organization) {
  struct query *query = db_named(change->db, "organization-public");
  query_bind_text(query, 1, organization);
  bool found = query_step(query) == STEP_ROW;
  query_end(query);
  return found;
}

/* The parties without those whose signature decides something and is not to be seen; NULL when there are none of them.
 * A new reference. */
static json_t *public_parties(struct change *change, const json_t *row, const struct terms *whole) {
  bool starts = !whole->effective_on.known && !whole->concluded_on.known;
  json_t *seen = NULL;
  json_t *list = json_object_get(row, "parties");
  for (size_t i = json_array_size(list); i-- > 0;) {
    const json_t *party = json_array_get(list, i);
    const char *signed_on = json_string_value(json_object_get(party, "signed_on"));
    bool decides = signed_on != NULL && (starts || strlen(signed_on) < strlen("2026-04-01"));
    if (decides && !is_public(change, json_string_value(json_object_get(party, "organization")))) {
      seen = seen == NULL ? memory_checked(json_copy(list)) : seen;
      json_array_remove(seen, i);
    }
  }
  return seen;
}

bool shown_standing(struct change *change, int64_t pk, const json_t *row, const struct terms *whole, day on,
                    struct standing *out) {
  day superseded_on = whole->superseded_on == DAY_NONE ? DAY_NONE : agreement_superseded_on(change->db, pk, true);
  json_t *parties = public_parties(change, row, whole);
  if (parties == NULL && superseded_on == whole->superseded_on) {
    return false;
  }
  json_t *seen = owned_json(change->memory, json_copy((json_t *)row));
  if (parties != NULL) {
    json_object_set_new(seen, "parties", parties);
  }
  struct terms terms;
  agreement_terms(change->memory, seen, superseded_on, &terms);
  standing_on(&terms, on, out);
  return true;
}

/* -- what is shown ------------------------------------------------------------------------------------------------- */

void shown_read(struct change *change, int64_t pk, struct shown *out) {
  *out = (struct shown){.due_on = DAY_NONE};
  struct query *query = db_named(change->db, "agreement-clock-read");
  query_bind_int(query, 1, pk);
  if (query_step(query) == STEP_ROW) {
    out->revision = query_int(query, 0);
    snprintf(out->updated_at, sizeof out->updated_at, "%s", query_text(query, 1));
    if (!query_null(query, 2)) {
      json_t *members = json_loads(query_text(query, 2), 0, NULL);
      out->members = owned_json(change->memory, members != NULL ? members : json_object()); /* a damaged file */
    }
    if (!query_null(query, 3)) {
      day_read(query_text(query, 3), &out->due_on);
    }
  }
  query_end(query);
}

static json_t *members_of(const json_t *row, const struct standing *seen) {
  json_t *members = memory_checked(json_object());
  if (seen != NULL) {
    agreement_set_standing(members, seen);
    return members;
  }
  for (size_t i = 0; i < DERIVED_MEMBERS; i++) {
    json_object_set(members, derived_members[i], json_object_get(row, derived_members[i]));
  }
  return members;
}

json_t *shown_next(struct change *change, const struct shown *before, const json_t *row_before, const json_t *row,
                   const struct standing *seen, bool own) {
  if (seen == NULL && before->members == NULL) {
    return NULL;
  }
  const json_t *last = before->members == NULL ? row_before : before->members;
  int64_t revision = before->revision;
  const char *updated_at = before->updated_at;
  if (before->members != NULL) {
    revision = json_integer_value(json_object_get(last, "revision"));
    updated_at = json_string_value(json_object_get(last, "updated_at"));
  }
  json_t *next = owned_json(change->memory, members_of(row, seen));
  if (own || !same_standing(last, next)) {
    /* An import makes one revision of all that it does to a record; its `now` is no other's. */
    bool already = change->pending && updated_at != NULL && strcmp(updated_at, change->now) == 0;
    revision += already ? 0 : 1;
    updated_at = change->now;
  }
  json_object_set_new(next, "revision", json_integer(revision));
  json_object_set_new(next, "updated_at", json_string(updated_at));
  return next;
}

char *shown_text(const json_t *shown, const json_t *row, int64_t revision, const char *updated_at) {
  const char *shown_at = json_string_value(json_object_get(shown, "updated_at"));
  bool same = shown == NULL || (same_standing(shown, row) && shown_at != NULL && strcmp(shown_at, updated_at) == 0 &&
                                json_integer_value(json_object_get(shown, "revision")) == revision);
  return same ? NULL : memory_checked(json_dumps(shown, JSON_COMPACT));
}

bool shown_follows(const struct shown *shown, const json_t *row, const struct standing *seen) {
  json_t *members = members_of(row, seen);
  bool follows = same_standing(shown->members == NULL ? row : shown->members, members);
  json_decref(members);
  return follows;
}

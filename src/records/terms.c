/* From a row to the terms that the domain reasons about, the faults among them, and back from a standing to members. */
#include "base/memory.h"
#include "records/agreements.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static int number_of(const json_t *object, const char *member, int absent) {
  const json_t *value = json_object_get(object, member);
  return json_is_integer(value) ? (int)json_integer_value(value) : absent;
}

/* Reads a member; notes when it is a date that is not given to the day. */
static struct partial_date date_of(const json_t *object, const char *member, bool *partial) {
  struct partial_date date = {0};
  const char *text = text_of(object, member);
  if (text != NULL && partial_date_read(text, strlen(text), &date) && !date.whole) {
    *partial = true;
  }
  return date;
}

/* The last signature begins the agreement; those of parties that joined later do so only where there are no others. */
static void read_parties(const json_t *row, struct terms *terms) {
  struct partial_date last[2] = {{0}, {0}}; /* of the first parties, of those that joined later */
  size_t i;
  json_t *party;
  json_array_foreach(json_object_get(row, "parties"), i, party) {
    struct partial_date signed_on = date_of(party, "signed_on", &terms->partial);
    struct partial_date *latest = &last[text_of(party, "from") != NULL];
    if (signed_on.known && (!latest->known || signed_on.first > latest->first)) {
      *latest = signed_on;
    }
  }
  terms->signed_on = last[0].known ? last[0] : last[1];
}

static void read_extensions(const json_t *row, struct terms *terms) {
  size_t i;
  json_t *extension;
  json_array_foreach(json_object_get(row, "extensions"), i, extension) {
    struct partial_date ends_on = date_of(extension, "ends_on", &terms->partial);
    if (ends_on.known && (!terms->extended_to.known || ends_on.last > terms->extended_to.last)) {
      terms->extended_to = ends_on;
    }
  }
}

static void read_suspensions(const void *memory, const json_t *row, struct terms *terms) {
  const json_t *list = json_object_get(row, "suspensions");
  struct suspension *suspensions = memory_array(memory, struct suspension, json_array_size(list) + 1);
  size_t i;
  json_t *item;
  json_array_foreach((json_t *)list, i, item) {
    suspensions[i].from = date_of(item, "from", &terms->partial);
    suspensions[i].until = date_of(item, "until", &terms->partial);
  }
  terms->suspensions = suspensions;
  terms->suspension_count = json_array_size(list);
}

static void read_events(const void *memory, const json_t *row, struct terms *terms) {
  const json_t *list = json_object_get(row, "events");
  day *events = memory_array(memory, day, json_array_size(list) + 1);
  size_t i;
  json_t *item;
  bool ignored = false; /* when a meeting was does not make the terms vague */
  json_array_foreach((json_t *)list, i, item) {
    struct partial_date on = date_of(item, "on", &ignored);
    if (on.known) {
      events[terms->event_count++] = on.last;
    }
  }
  terms->events = events;
}

static void read_renewal(const json_t *row, struct terms *terms) {
  const json_t *renewal = json_object_get(row, "renewal"), *notice = json_object_get(row, "notice");
  const char *kind = text_of(renewal, "kind");
  terms->renewal = kind == NULL || strcmp(kind, "none") == 0 ? RENEWAL_NONE
                   : strcmp(kind, "automatic") == 0          ? RENEWAL_AUTOMATIC
                                                             : RENEWAL_EXPRESS;
  terms->renewal_months = number_of(renewal, "months", 0);
  terms->renewal_max = number_of(renewal, "max", -1);
  terms->notice = json_is_object(notice);
  terms->notice_months = number_of(notice, "months", 0);
  terms->notice_days = number_of(notice, "days", 0);
}

void agreement_terms(const void *memory, const json_t *row, day superseded_on, struct terms *terms) {
  *terms = (struct terms){.superseded_on = superseded_on, .stage = text_of(row, "stage")};
  terms->concluded = terms->stage != NULL && strcmp(terms->stage, "concluded") == 0;
  terms->effective_on = date_of(row, "effective_on", &terms->partial);
  terms->concluded_on = date_of(row, "concluded_on", &terms->partial);
  terms->ends_on = date_of(row, "ends_on", &terms->partial);
  terms->term_months = number_of(row, "term_months", 0);
  terms->open_ended = json_is_true(json_object_get(row, "open_ended"));
  terms->terminated_on = date_of(json_object_get(row, "termination"), "effective_on", &terms->partial);
  terms->noticed_on = date_of(json_object_get(row, "termination"), "notice_on", &terms->partial);
  read_parties(row, terms);
  read_extensions(row, terms);
  read_suspensions(memory, row, terms);
  read_events(memory, row, terms);
  read_renewal(row, terms);
}

/* -- faults -------------------------------------------------------------------------------------------------------- */

/* The days from `from` to `until`, open where one is not given. */
static void span_of(const json_t *item, day *first, day *last) {
  bool ignored = false;
  struct partial_date from = date_of(item, "from", &ignored), until = date_of(item, "until", &ignored);
  *first = from.known ? from.first : DAY_FIRST;
  *last = until.known ? until.last : DAY_LAST;
}

/* Does the item hold on a day on which one of the others does? */
static bool overlap_any(const json_t *others, const json_t *item) {
  day first, last, other_first, other_last;
  size_t i;
  json_t *other;
  span_of(item, &first, &last);
  json_array_foreach((json_t *)(uintptr_t)others, i, other) {
    span_of(other, &other_first, &other_last);
    if (first <= other_last && other_first <= last) {
      return true;
    }
  }
  return false;
}

static void check_parties(struct change *change, const json_t *row, bool concluded) {
  json_t *seen = json_object(), *organizations = json_object();
  size_t i;
  json_t *party;
  json_array_foreach(json_object_get(row, "parties"), i, party) {
    const char *organization = text_of(party, "organization"), *role = text_of(party, "role");
    char *key = memory_print(change->memory, "%s %s", organization, role);
    json_t *earlier = json_object_get(seen, key);
    if (earlier == NULL) {
      json_object_set_new(seen, key, json_array());
      earlier = json_object_get(seen, key);
    }
    check_span(change, party, "parties", i);
    if (overlap_any(earlier, party)) {
      fault_at(change, "duplicate", "is listed twice in the same role at the same time", "/parties/%zu/organization",
               i);
    }
    json_array_append(earlier, party);
    if (organization != NULL) {
      json_object_set_new(organizations, organization, json_true());
    }
  }
  if (concluded && json_object_size(organizations) < 2) {
    fault_at(change, "too_few", "two or more parties of different organizations are needed once the stage is concluded",
             "/parties");
  }
  json_decref(seen);
  json_decref(organizations);
}

static void check_areas(struct change *change, const json_t *row) {
  json_t *seen = json_object();
  size_t i;
  json_t *item;
  json_array_foreach(json_object_get(row, "areas"), i, item) {
    const char *area = text_of(item, "area");
    if (area != NULL && json_object_get(seen, area) != NULL) {
      fault_at(change, "duplicate", "is listed twice", "/areas/%zu/area", i);
    }
    if (area != NULL) {
      json_object_set_new(seen, area, json_true());
    }
  }
  json_decref(seen);
}

static void check_end(struct change *change, const struct terms *terms, day start) {
  if (terms->open_ended && (terms->ends_on.known || terms->term_months > 0 || terms->extended_to.known)) {
    fault_at(change, "contradiction", "an agreement that is open-ended has no ends_on, term_months or extensions",
             "/open_ended");
  }
  if (terms->ends_on.known && start != DAY_NONE && terms->ends_on.last < start) {
    fault_at(change, "order", "must not be before the start", "/ends_on");
  }
  if (terms->ends_on.known && terms->term_months > 0 && start != DAY_NONE) {
    day end = day_add_months(start, terms->term_months) - 1;
    if (end < terms->ends_on.first || end > terms->ends_on.last) {
      char text[DAY_SIZE];
      day_print(end, text);
      faults_add(change->faults, PLACE_BODY, "/term_months", "contradiction",
                 "ends on %s, which is not what ends_on says: give one of the two", text);
    }
  }
}

static void check_extras(struct change *change, const json_t *row, const struct terms *terms, day start) {
  if (terms->notice_months > 0 && terms->notice_days > 0) {
    fault_at(change, "contradiction", "is given in months or in days, not in both", "/notice");
  }
  if (terms->terminated_on.known && start != DAY_NONE && terms->terminated_on.last < start) {
    fault_at(change, "order", "must not be before the start", "/termination/effective_on");
  }
  for (size_t i = 0; i < terms->suspension_count; i++) {
    const struct suspension *suspension = &terms->suspensions[i];
    if (suspension->from.known && suspension->until.known && suspension->until.last < suspension->from.first) {
      fault_at(change, "order", "must not be before from", "/suspensions/%zu/until", i);
    }
  }
  size_t i;
  json_t *extension;
  bool ignored = false;
  json_array_foreach(json_object_get(row, "extensions"), i, extension) {
    struct partial_date ends_on = date_of(extension, "ends_on", &ignored);
    if (ends_on.known && start != DAY_NONE && ends_on.last < start) {
      fault_at(change, "order", "must not be before the start", "/extensions/%zu/ends_on", i);
    }
  }
}

/* DAY_NONE, too, when a fault hides what may be the start. */
static day known_start(const struct change *change, const struct terms *terms) {
  static const char *const sources[] = {"/effective_on", "/concluded_on", "/parties"};
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    if (faults_hide(change->faults, sources[i])) {
      return DAY_NONE;
    }
  }
  return terms_start(terms);
}

void agreement_check_terms(struct change *change, const json_t *row, const struct terms *terms) {
  day start = known_start(change, terms);
  check_parties(change, row, terms->concluded);
  check_areas(change, row);
  check_end(change, terms, start);
  check_extras(change, row, terms, start);
}

/* -- the standing, as members -------------------------------------------------------------------------------------- */

json_t *day_json(day value) {
  char text[DAY_SIZE];
  if (value == DAY_NONE) {
    return json_null();
  }
  day_print(value, text);
  return memory_checked(json_string(text));
}

void agreement_set_standing(json_t *row, const struct standing *standing) {
  json_t *flags = json_array(), *missing = json_array();
  for (unsigned i = 0; i < FLAG_COUNT; i++) {
    if (standing->flags & 1U << i) {
      json_array_append_new(flags, json_string(flag_names[i]));
    }
  }
  for (size_t i = 0; standing->missing[i] != NULL; i++) {
    json_array_append_new(missing, json_string(standing->missing[i]));
  }
  json_object_set_new(row, "status", json_string(standing->status));
  json_object_set_new(row, "flags", flags);
  json_object_set_new(row, "missing", missing);
  json_t *period = standing->period_number == 0
                       ? json_null()
                       : json_pack("{s:i, s:o, s:o, s:s}", "number", standing->period_number, "starts_on",
                                   day_json(standing->period_starts_on), "ends_on", day_json(standing->period_ends_on),
                                   "basis", standing->period_basis);
  json_object_set_new(row, "period", period);
  json_object_set_new(row, "notice_on", day_json(standing->notice_on));
  json_object_set_new(row, "notice_for", day_json(standing->notice_for));
  json_t *next =
      standing->next_change_on == DAY_NONE
          ? json_null()
          : json_pack("{s:o, s:s}", "on", day_json(standing->next_change_on), "status", standing->next_status);
  json_object_set_new(row, "next_change", next);
}

/* -- superseding --------------------------------------------------------------------------------------------------- */

/* The start of the agreement whose dates are the columns of the row. */
static day start_in(struct query *query) {
  struct terms terms = {0};
  struct partial_date *const dates[] = {&terms.effective_on, &terms.concluded_on, &terms.signed_on};
  for (int i = 0; i < 3; i++) {
    const char *text = query_text(query, i);
    if (text != NULL) {
      partial_date_read(text, strlen(text), dates[i]);
    }
  }
  return terms_start(&terms);
}

day agreement_superseded_on(struct db *db, int64_t pk, bool public_only) {
  day first = DAY_NONE;
  struct query *query = db_named(db, "agreement-successors");
  query_bind_int(query, 1, pk);
  query_bind_int(query, 2, public_only);
  while (query_step(query) == STEP_ROW) {
    day start = start_in(query);
    if (start != DAY_NONE && (first == DAY_NONE || start < first)) {
      first = start;
    }
  }
  query_end(query);
  return first;
}

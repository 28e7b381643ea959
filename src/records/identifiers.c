/* Identifiers of organizations. Each is given to one organization only, those of the scheme `other` excepted. That is
 * looked up by the writer, in the transaction of the write: there is one writer, so two requests cannot both find an
 * identifier free. It is no unique index, because databases from before the rule may hold doubles; those stay, and
 * records that have them can be edited, until somebody merges them. So only what a write adds is looked up.
 *
 * An import may pass an identifier from one record to another, in any order. While it writes it only notes which
 * records were given what others have; once all is written, these are looked up again. Of two records of one file that
 * are both given it, the later one has the error. */
#include "base/memory.h"
#include "base/text.h"
#include "domain/identifier.h"
#include "records/change.h"
#include "records/filters.h"
#include "request/call.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

bool faults_are_conflict(const struct faults *faults) {
  size_t i = 0;
  while (i < faults->count && strcmp(faults->list[i].code, "taken") == 0) {
    i++;
  }
  return faults->count > 0 && i == faults->count && faults->dropped == 0;
}

/* -- who has it ---------------------------------------------------------------------------------------------------- */

/* Whether it is an identifier that the record had before. */
static bool had(const struct target *target, const json_t *identifier) {
  size_t index;
  json_t *item;
  json_array_foreach(json_object_get(target->row, "identifiers"), index, item) {
    if (json_equal(item, identifier)) {
      return true;
    }
  }
  return false;
}

/* Whether the holder stands against the target having what it has. */
static bool is_rival(const struct change *change, const struct target *target, int64_t pk, const char *id) {
  if (pk == change->leaving) {
    return false;
  }
  return !change->contested || !(change_refused(change, id) || (history_pending(change, id) && pk >= target->pk));
}

/* Who else has the identifier, as "org_… (slug)"; NULL when nobody does. */
static const char *holder_of(struct change *change, const struct target *target, const json_t *identifier) {
  const char *holder = NULL;
  struct query *query = db_named(change->db, "identifier-holders");
  query_bind_text(query, 1, text_of(identifier, "value"));
  query_bind_text(query, 2, text_of(identifier, "scheme"));
  query_bind_int(query, 3, target->pk);
  while (holder == NULL && query_step(query) == STEP_ROW) {
    if (is_rival(change, target, query_int(query, 0), query_text(query, 1))) {
      holder = memory_print(change->memory, "%s (%s)", query_text(query, 1), query_text(query, 2));
    }
  }
  query_end(query);
  return holder;
}

static void fault_taken(struct change *change, const json_t *identifier, size_t index, const char *holder) {
  faults_add(change->faults, PLACE_BODY, memory_print(change->memory, "/identifiers/%zu/value", index), "taken",
             "%s:%s already belongs to %s", text_of(identifier, "scheme"), text_of(identifier, "value"), holder);
}

/* -- checking ------------------------------------------------------------------------------------------------------ */

/* Brings the value to the form of its register. False with a fault when it is none of its scheme. */
static bool make_normal(struct change *change, json_t *identifier, size_t index) {
  const char *scheme = text_of(identifier, "scheme"), *expected = NULL;
  char *normal = identifier_normal(change->memory, scheme, text_of(identifier, "value"));
  bool valid = identifier_valid(scheme, normal, &expected);
  if (valid) {
    json_object_set_new(identifier, "value", json_string(normal));
  } else {
    faults_add(change->faults, PLACE_BODY, memory_print(change->memory, "/identifiers/%zu/value", index), "identifier",
               "must be %s", expected);
  }
  return valid;
}

static bool is_repeated(const json_t *list, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (json_equal(json_array_get(list, i), json_array_get(list, index))) {
      return true;
    }
  }
  return false;
}

void identifiers_check(struct change *change, const struct target *target, json_t *row) {
  size_t index;
  json_t *item, *list = json_object_get(row, "identifiers");
  json_array_foreach(list, index, item) {
    if (!make_normal(change, item, index)) {
      continue;
    }
    if (is_repeated(list, index)) {
      fault_at(change, "duplicate", "is listed twice", "/identifiers/%zu", index);
    } else if (identifier_unique(text_of(item, "scheme")) && !had(target, item)) {
      const char *holder = holder_of(change, target, item);
      if (holder != NULL && change->whole_later) {
        change->contested = true;
      } else if (holder != NULL) {
        fault_taken(change, item, index, holder);
      }
    }
  }
}

void identifiers_check_contested(struct change *change, const struct target *target, const json_t *row) {
  size_t index;
  json_t *item;
  json_array_foreach(json_object_get(row, "identifiers"), index, item) {
    const char *holder = identifier_unique(text_of(item, "scheme")) ? holder_of(change, target, item) : NULL;
    if (holder != NULL) {
      fault_taken(change, item, index, holder);
    }
  }
}

/* -- questions ----------------------------------------------------------------------------------------------------- */

size_t identifiers_of(const void *memory, const char *text, struct operand out[IDENTIFIERS_MEANT]) {
  size_t count = 0;
  const char *scheme, *expected;
  for (size_t i = 0; (scheme = identifier_scheme(i)) != NULL && count < IDENTIFIERS_MEANT; i++) {
    const char *normal = identifier_unique(scheme) ? identifier_normal(memory, scheme, text) : NULL;
    if (normal != NULL && identifier_valid(scheme, normal, &expected)) {
      out[count++] = (struct operand){.text = normal, .kind = scheme};
    }
  }
  return count;
}

/* The scheme that stands before a colon; NULL when there is none. */
static const char *scheme_before(const char *text) {
  size_t length = strcspn(text, ":");
  const char *scheme;
  for (size_t i = 0; (scheme = identifier_scheme(i)) != NULL; i++) {
    if (text[length] == ':' && strlen(scheme) == length && memcmp(scheme, text, length) == 0) {
      return scheme;
    }
  }
  return NULL;
}

size_t read_identifier(struct call *call, const char *parameter, const char *text,
                       struct operand out[IDENTIFIERS_MEANT]) {
  const char *scheme = scheme_before(text), *expected = NULL;
  if (scheme == NULL) {
    size_t count = identifiers_of(call->memory, text, out);
    if (count < IDENTIFIERS_MEANT) {
      out[count++] = (struct operand){.text = text};
    }
    return count;
  }
  const char *value = text + strlen(scheme) + 1;
  value = identifier_normal(call->memory, scheme, value + strspn(value, " "));
  if (!identifier_valid(scheme, value, &expected)) {
    faults_add(call->faults, PLACE_PARAMETER, parameter, "identifier", "must be %s", expected);
  }
  out[0] = (struct operand){.text = value, .kind = scheme};
  return 1;
}

/* -- doubles from before ------------------------------------------------------------------------------------------- */

bool identifiers_check_unique(struct db *db, void (*tell)(void *argument, const char *line), void *argument) {
  struct text *line = text_new(NULL), *last = text_new(NULL), *key = text_new(NULL);
  struct query *query = db_named(db, "identifier-doubles");
  bool unique = true;
  while (query_step(query) == STEP_ROW) {
    text_clear(key);
    text_addf(key, "%s:%s", query_text(query, 0), query_text(query, 1));
    if (strcmp(key->data, last->data) != 0) {
      if (line->length > 0) {
        tell(argument, line->data);
      }
      text_clear(line);
      text_addf(line, "%s belongs to several organizations:", key->data);
      text_clear(last);
      text_add(last, key->data);
    }
    text_addf(line, " %s (%s)", query_text(query, 2), query_text(query, 3));
    unique = false;
  }
  query_end(query);
  if (line->length > 0) {
    tell(argument, line->data);
  }
  talloc_free(line);
  talloc_free(last);
  talloc_free(key);
  return unique;
}

/* The events of an agreement follow from members that everybody sees who sees it at all, so its document is what they
 * are made of, as every other format is. Its owner, notes and signatories are nobody's calendar's concern. */
#include "api/calendar.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/calendar.h"
#include "request/call.h"
#include "store/selection.h"

#include <string.h>

enum { PARTIES_TOLD = 20 };

/* -- events -------------------------------------------------------------------------------------------------------- */

static const char *text_in(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static day day_in(const json_t *object, const char *member) {
  const char *text = text_in(object, member);
  day value = DAY_NONE;
  return text != NULL && day_read(text, &value) ? value : DAY_NONE;
}

static void add_parties(struct text *out, const json_t *parties) {
  size_t count = json_array_size(parties), told = count < PARTIES_TOLD ? count : PARTIES_TOLD;
  for (size_t i = 0; i < told; i++) {
    const char *name = text_in(json_object_get(json_array_get(parties, i), "organization"), "name");
    text_addf(out, "%s%s", i == 0 ? "Parties: " : "; ", name == NULL ? "?" : name);
  }
  if (count > told) {
    text_addf(out, "; and %zu more", count - told);
  }
  text_add(out, count == 0 ? "" : "\n");
}

/* Who, how it stands, and where to read on: the address is this server's, whatever name it goes by. */
static const char *describe(const void *memory, const json_t *agreement) {
  struct text *out = text_new(memory);
  const json_t *period = json_object_get(agreement, "period");
  const char *notice = text_in(agreement, "notice_on"),
             *renewal = text_in(json_object_get(agreement, "renewal"), "kind");
  add_parties(out, json_object_get(agreement, "parties"));
  text_addf(out, "Status: %s\nPeriod: %s to %s\n", text_in(agreement, "status"), text_in(period, "starts_on"),
            text_in(period, "ends_on"));
  if (renewal != NULL) {
    text_addf(out, "Renewal: %s\n", renewal);
  }
  if (notice != NULL) {
    text_addf(out, "Last day of notice: %s, for the end on %s\n", notice, text_in(agreement, "notice_for"));
  }
  text_addf(out, "/v1/agreements/%s", text_in(agreement, "slug"));
  return out->data;
}

bool calendar_add_document(struct text *out, const struct blob *document) {
  json_t *agreement = json_loadb(document->data, document->size, 0, NULL);
  const json_t *period = json_object_get(agreement, "period");
  struct calendar_agreement told = {
      .id = text_in(agreement, "id"),
      .title = text_in(agreement, "title"),
      .starts_on = day_in(period, "starts_on"),
      .ends_on = day_in(period, "ends_on"),
      .notice_on = day_in(agreement, "notice_on"),
      .revision = json_integer_value(json_object_get(agreement, "revision")),
      .created_at = text_in(agreement, "created_at"),
      .updated_at = text_in(agreement, "updated_at"),
  };
  bool fine = told.id != NULL && told.title != NULL && told.created_at != NULL && told.updated_at != NULL;
  if (fine && told.ends_on != DAY_NONE) {
    void *memory = talloc_new(NULL);
    told.details = describe(memory, agreement);
    calendar_add(out, &told);
    talloc_free(memory);
  }
  json_decref(agreement);
  return fine;
}

/* -- the list ------------------------------------------------------------------------------------------------------ */

void calendar_narrow(struct call *call, struct page_request *page) {
  static const struct operand last = {.text = calendar_last};
  struct selection *narrow = memory_new(call->memory, struct selection);
  struct condition *conditions = memory_array(call->memory, struct condition, page->selection->count + 1);
  *narrow = *page->selection;
  for (size_t i = 0; i < narrow->count; i++) {
    conditions[i] = narrow->conditions[i];
  }
  const struct resource *resource = narrow->resource;
  for (size_t i = 0; i < resource->filter_count; i++) {
    if (strcmp(resource->filters[i].name, "period_ends_on") == 0) {
      conditions[narrow->count++] = (struct condition){&resource->filters[i], OPERATOR_LTE, &last, 1};
    }
  }
  narrow->conditions = conditions;
  page->selection = narrow;
}

const char *calendar_name(const struct call *call) {
  return call->principal.role == ROLE_FEED ? call->principal.name : "Agreements";
}

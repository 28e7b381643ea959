/* Each event is built as libical's tree of components, which knows how values are written, escaped and folded, and is
 * gone once its text is taken; what is around the events is lines of their own. So a calendar of any length takes the
 * memory of one event.
 *
 * An alarm of an all-day event is counted from its midnight: those here ring at nine in the morning. */
#include "domain/calendar.h"

#include "base/memory.h"
#include "base/text.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REVIEW_MONTHS = 6, ALARMS = 2, ALARM_HOUR = 9 };

const char calendar_last[DAY_SIZE] = "2999-12-31";

/* What an event is. Its name ends the UID, so it never changes. */
struct kind {
  const char *name, *label;
  unsigned alarm_days[ALARMS]; /* before it; 0: none */
};

static const struct kind term_end = {"end", "End of term", {30, 0}};
static const struct kind last_notice = {"notice", "Last day of notice", {30, 7}};
static const struct kind review = {"review", "Review", {7, 0}};

/* -- values -------------------------------------------------------------------------------------------------------- */

/* Control characters have no place in a text of RFC 5545, escaped or not, but for line feeds where it has `lines`. */
static char *plain_text(const void *memory, const char *text, bool lines) {
  char *copy = memory_copy(memory, text);
  for (char *at = copy; *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    *at = (c < 0x20 && !(lines && c == '\n')) || c == 0x7f ? ' ' : *at;
  }
  return copy;
}

static icalvalue *date_of(day value) {
  char text[DAY_SIZE];
  struct icaltimetype time = icaltime_null_date();
  day_print(value, text);
  time.year = atoi(text);
  time.month = atoi(text + 5);
  time.day = atoi(text + 8);
  return memory_checked(icalvalue_new_date(time));
}

/* Of 2026-04-01T09:30:00.000Z, to the second. */
static struct icaltimetype instant_of(const char *timestamp) {
  char text[] = "20260401T093000Z";
  size_t length = 0;
  for (const char *at = timestamp; *at != '\0' && *at != '.' && length < sizeof text - 2; at++) {
    if (*at != '-' && *at != ':') {
      text[length++] = *at;
    }
  }
  text[length] = 'Z';
  return icaltime_from_string(text);
}

/* -- events -------------------------------------------------------------------------------------------------------- */

static void add(icalcomponent *component, icalproperty *property) {
  icalcomponent_add_property(component, memory_checked(property));
}

static void add_date(icalcomponent *component, icalproperty_kind kind, day value) {
  icalproperty *property = memory_checked(icalproperty_new(kind));
  icalproperty_set_value(property, date_of(value));
  add(component, property);
}

static void add_alarm(icalcomponent *event, const char *summary, unsigned days) {
  struct icaltriggertype trigger = {.time = icaltime_null_time(),
                                    .duration = {.is_neg = 1, .days = days - 1, .hours = 24 - ALARM_HOUR}};
  icalcomponent *alarm = memory_checked(icalcomponent_new_valarm());
  add(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
  add(alarm, icalproperty_new_trigger(trigger));
  add(alarm, icalproperty_new_description(summary));
  icalcomponent_add_component(event, alarm);
}

static void add_event(struct text *out, const struct calendar_agreement *agreement, const struct kind *kind, day on) {
  void *memory = talloc_new(NULL);
  icalcomponent *event = memory_checked(icalcomponent_new_vevent());
  const char *title = plain_text(memory, agreement->title, false);
  const char *summary = memory_print(memory, "%s: %s", kind->label, title);
  struct icaltimetype changed = instant_of(agreement->updated_at);
  add(event, icalproperty_new_uid(memory_print(memory, "%s-%s", agreement->id, kind->name)));
  add(event, icalproperty_new_dtstamp(changed));
  add(event, icalproperty_new_created(instant_of(agreement->created_at)));
  add(event, icalproperty_new_lastmodified(changed));
  add(event, icalproperty_new_sequence((int)(agreement->revision < INT32_MAX ? agreement->revision : INT32_MAX)));
  add_date(event, ICAL_DTSTART_PROPERTY, on);
  add_date(event, ICAL_DTEND_PROPERTY, on + 1);
  add(event, icalproperty_new_summary(summary));
  add(event, icalproperty_new_description(
                 memory_print(memory, "%s\n%s", title, plain_text(memory, agreement->details, true))));
  add(event, icalproperty_new_categories(kind->label));
  add(event, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT)); /* nobody is busy for it */
  for (size_t i = 0; i < ALARMS && kind->alarm_days[i] > 0; i++) {
    add_alarm(event, summary, kind->alarm_days[i]);
  }
  char *lines = memory_checked(icalcomponent_as_ical_string_r(event));
  text_add(out, lines);
  free(lines);
  icalcomponent_free(event);
  talloc_free(memory);
}

/* -- the calendar -------------------------------------------------------------------------------------------------- */

static void add_line(struct text *out, icalproperty *property) {
  char *line = memory_checked(icalproperty_as_ical_string_r(memory_checked(property)));
  text_add(out, line);
  free(line);
  icalproperty_free(property);
}

static icalproperty *extension(const char *name, const char *value) {
  icalproperty *property = memory_checked(icalproperty_new_x(value));
  icalproperty_set_x_name(property, name);
  return property;
}

void calendar_begin(struct text *out, const char *name) {
  char *plain = plain_text(NULL, name, false);
  text_add(out, "BEGIN:VCALENDAR\r\n");
  add_line(out, icalproperty_new_version("2.0"));
  add_line(out, icalproperty_new_prodid("-//entente//entente//EN"));
  add_line(out, icalproperty_new_calscale("GREGORIAN"));
  add_line(out, icalproperty_new_method(ICAL_METHOD_PUBLISH)); /* or Outlook takes it for a single appointment */
  add_line(out, icalproperty_new_name(plain));                 /* RFC 7986, and what programs read instead */
  add_line(out, extension("X-WR-CALNAME", plain));
  text_add(out, "REFRESH-INTERVAL;VALUE=DURATION:PT12H\r\nX-PUBLISHED-TTL:PT12H\r\n");
  talloc_free(plain);
}

void calendar_add(struct text *out, const struct calendar_agreement *agreement) {
  char end[DAY_SIZE];
  if (agreement->ends_on == DAY_NONE) {
    return;
  }
  day_print(agreement->ends_on, end);
  if (strcmp(end, calendar_last) > 0) {
    return;
  }
  day look = day_add_months(agreement->ends_on, -REVIEW_MONTHS);
  if (look >= agreement->starts_on) { /* a shorter period has no such day */
    add_event(out, agreement, &review, look);
  }
  if (agreement->notice_on != DAY_NONE) {
    add_event(out, agreement, &last_notice, agreement->notice_on);
  }
  add_event(out, agreement, &term_end, agreement->ends_on);
}

void calendar_end(struct text *out) {
  text_add(out, "END:VCALENDAR\r\n");
}

const char *calendar_library(void) {
  return ICAL_VERSION;
}

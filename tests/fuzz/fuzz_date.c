/* Partial dates, strict and loose: an interval has its first day no later than its last; what is read loosely is then
 * in its standard form; what is strict is loose too, and means itself. */
#include "fuzz.h"

#include "domain/partial_date.h"

static void look_at_strict(const char *text, size_t length) {
  struct partial_date date = {0};
  bool read = partial_date_read(text, length, &date);
  must(read == domain_formats[0].valid(text, length), "the contract's format is the domain's date");
  if (!read) {
    return;
  }
  char first[DAY_SIZE], last[DAY_SIZE];
  must(date.known && date.first <= date.last, "the first day is no later than the last");
  must(date.whole == (date.first == date.last), "a date given to the day is that day");
  must(date.first >= DAY_FIRST && date.last <= DAY_LAST, "the days are within the calendar");
  day_print(date.first, first);
  day_print(date.last, last);
  must(strncmp(first, text, length) == 0 && strncmp(last, text, length) == 0, "both ends begin with what was written");
  char loose[PARTIAL_DATE_SIZE];
  char *whole = memory_slice(NULL, text, length);
  must(partial_date_read_loose(whole, loose) == LOOSE_READ && strcmp(loose, whole) == 0,
       "strict dates are read loosely");
  talloc_free(whole);
}

static void look_at_loose(const char *text) {
  char read[PARTIAL_DATE_SIZE], meanings[PARTIAL_DATE_MEANINGS];
  enum loose_result result = partial_date_read_loose(text, read);
  must(result == LOOSE_READ || result == LOOSE_AMBIGUOUS || result == LOOSE_UNREADABLE, "there are three results");
  if (result == LOOSE_READ) {
    struct partial_date date;
    must(memchr(read, '\0', sizeof read) != NULL, "what is read ends");
    must(partial_date_read(read, strlen(read), &date), "what is read loosely is a date in its standard form");
  }
  partial_date_meanings(text, meanings);
  must(memchr(meanings, '\0', sizeof meanings) != NULL, "what could be meant ends");
  must(result == LOOSE_AMBIGUOUS || meanings[0] == '\0', "only what is ambiguous could mean several dates");
  char doubt[PARTIAL_DATE_DOUBT];
  must(!partial_date_doubt(text, doubt) || memchr(doubt, '\0', sizeof doubt) != NULL, "a doubt ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  must(strcmp(domain_formats[0].name, "partial-date") == 0, "the first format is the partial date");
  look_at_strict((const char *)bytes, size);
  char *text = memory_slice(NULL, (const char *)bytes, size);
  look_at_loose(text);
  talloc_free(text);
  return 0;
}

/* Dates as people write them in tables are read in one pass over their compatibility form (NFKC), in which full-width
 * digits and signs, and the single-character era names, have become plain ones:
 *
 *   date = [era] year ("年" [month "月" [day "日"]] | mark month [mark day] | nothing)
 *
 * where mark is one of / . - and the same both times, and spaces may stand anywhere but within a number. An era's year
 * counts from 1 (or 元) in the era's first year. The result is then checked as a standard partial date, and an era's
 * must not lie before the era as a whole. It may lie behind it: a contract of 2015 ends on 平成33年3月31日, as nobody
 * knew better.
 *
 * Without an era a year has four digits. A shorter first number could be a year of 民國, of a Japanese era or of a
 * century, a day or a month; nothing is guessed. */
#include "base/civil.h"
#include "domain/partial_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct civil {
  int year, month, day_of_month;
};

struct era {
  const char *names[4];
  char letter; /* its abbreviation, or NUL */
  struct civil first, last;
  int first_solar_year; /* of the era: the months of years before it were counted by the moon */
};

/* The days on which one emperor followed another belong to both eras, as the edicts have it; 平成 and 令和 began on the
 * day after. */
static const struct era eras[] = {
    {{"令和"}, 'R', {2019, 5, 1}, {9999, 12, 31}, 1},
    {{"平成"}, 'H', {1989, 1, 8}, {2019, 4, 30}, 1},
    {{"昭和"}, 'S', {1926, 12, 25}, {1989, 1, 7}, 1},
    {{"大正"}, 'T', {1912, 7, 30}, {1926, 12, 25}, 1},
    {{"明治"}, 'M', {1868, 1, 25}, {1912, 7, 30}, 6},
    {{"中華民國", "中華民国", "民國", "民国"}, '\0', {1912, 1, 1}, {9999, 12, 31}, 1},
};

struct number {
  int value;
  int digits; /* 0: there is none */
};

struct written {
  const struct era *era; /* or NULL */
  bool letter;           /* the era is given by its letter */
  struct number year, month, day;
};

static const char *skip_spaces(const char *at) {
  while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
    at++;
  }
  return at;
}

/* Whether `word` stands at `*at`; then `*at` is moved past it and the spaces that follow. */
static bool take(const char **at, const char *word) {
  size_t length = strlen(word);
  if (strncmp(*at, word, length) != 0) {
    return false;
  }
  *at = skip_spaces(*at + length);
  return true;
}

static const struct era *take_era(const char **at, bool *letter) {
  for (size_t i = 0; i < sizeof eras / sizeof eras[0]; i++) {
    const struct era *era = &eras[i];
    for (size_t n = 0; n < sizeof era->names / sizeof era->names[0] && era->names[n] != NULL; n++) {
      if (take(at, era->names[n])) {
        return era;
      }
    }
    char letters[2][2] = {{era->letter, '\0'}, {(char)(era->letter | 0x20), '\0'}};
    if (era->letter != '\0' && (take(at, letters[0]) || take(at, letters[1]))) {
      *letter = true;
      return era;
    }
  }
  return NULL;
}

/* Up to four digits; a fifth is left standing, where nothing can take it. */
static struct number take_number(const char **at) {
  struct number number = {0, 0};
  for (; number.digits < 4 && **at >= '0' && **at <= '9'; (*at)++, number.digits++) {
    number.value = number.value * 10 + (**at - '0');
  }
  if (**at >= '0' && **at <= '9') {
    return (struct number){0, 0};
  }
  *at = skip_spaces(*at);
  return number;
}

/* Everything after the year; false when it has not the shape of a date. */
static bool take_rest(const char **at, struct written *out) {
  static const char *const marks[] = {"/", ".", "-"};
  if (take(at, "年")) {
    out->month = take_number(at);
    if (out->month.digits == 0) {
      return true;
    }
    if (!take(at, "月")) {
      return false;
    }
    out->day = take_number(at);
    return out->day.digits == 0 || take(at, "日");
  }
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (!take(at, marks[i])) {
      continue;
    }
    out->month = take_number(at);
    if (out->month.digits == 0) {
      return false;
    }
    if (!take(at, marks[i])) {
      return true;
    }
    out->day = take_number(at);
    return out->day.digits != 0;
  }
  /* A letter and a number alone are more likely some code than a year. */
  return !out->letter && (out->era != NULL || out->year.digits == 4);
}

static bool written_read(const char *text, struct written *out) {
  *out = (struct written){0};
  const char *at = skip_spaces(text);
  out->era = take_era(&at, &out->letter);
  out->year = take_number(&at);
  if (out->year.digits == 0 && out->era != NULL && take(&at, "元")) {
    out->year = (struct number){1, 1};
  }
  return out->year.digits != 0 && take_rest(&at, out) && *at == '\0';
}

static bool within_era(const struct era *era, const struct written *written, const struct partial_date *date) {
  day first = civil_to_day(era->first.year, era->first.month, era->first.day_of_month);
  if (written->month.digits != 0 && written->year.value < era->first_solar_year) {
    return false;
  }
  return written->year.value >= 1 && date->last >= first;
}

/* Whether a date of the era, as standard text, is from before its end. */
static bool before_end(const struct era *era, const char *text) {
  struct partial_date date;
  return partial_date_read(text, strlen(text), &date) &&
         date.first <= civil_to_day(era->last.year, era->last.month, era->last.day_of_month);
}

static enum loose_result written_resolve(const struct written *written, char out[PARTIAL_DATE_SIZE]) {
  if (written->era == NULL && written->year.digits < 4) {
    return written->month.digits <= 2 ? LOOSE_AMBIGUOUS : LOOSE_UNREADABLE;
  }
  if (written->month.digits > 2 || written->day.digits > 2) {
    return LOOSE_UNREADABLE;
  }
  int year = written->era == NULL ? written->year.value : written->era->first.year - 1 + written->year.value;
  char text[32];
  int length;
  if (written->month.digits == 0) {
    length = snprintf(text, sizeof text, "%04d", year);
  } else if (written->day.digits == 0) {
    length = snprintf(text, sizeof text, "%04d-%02d", year, written->month.value);
  } else {
    length = snprintf(text, sizeof text, "%04d-%02d-%02d", year, written->month.value, written->day.value);
  }
  struct partial_date date;
  if (length < 0 || !partial_date_read(text, (size_t)length, &date)) {
    return LOOSE_UNREADABLE;
  }
  if (written->era != NULL && !within_era(written->era, written, &date)) {
    return LOOSE_UNREADABLE;
  }
  memcpy(out, text, (size_t)length + 1);
  return LOOSE_READ;
}

/* -- what could be meant -------------------------------------------------------------------------------------------- */

struct meanings {
  char *out;
  size_t length;
};

/* Adds the date, when it exists. `how` completes it, and `count`, when it is not 0, that. */
static void add_meaning(struct meanings *meanings, const struct written *written, const char *how, int count) {
  char date[PARTIAL_DATE_SIZE], told[40] = "", number[12] = "";
  if (written_resolve(written, date) != LOOSE_READ || (written->era != NULL && !before_end(written->era, date))) {
    return; /* an era that went on is read where it is named, but not guessed */
  }
  if (count != 0) {
    snprintf(number, sizeof number, "%d", count);
  }
  if (how[0] != '\0') {
    snprintf(told, sizeof told, " (%s%s)", how, number);
  }
  size_t room = PARTIAL_DATE_MEANINGS - meanings->length;
  int length =
      snprintf(meanings->out + meanings->length, room, "%s%s%s", meanings->length == 0 ? "" : ", ", date, told);
  if (length > 0 && (size_t)length < room) {
    meanings->length += (size_t)length;
  } else {
    meanings->out[meanings->length] = '\0';
  }
}

static void add_eras(struct meanings *meanings, const struct written *written) {
  for (size_t i = 0; i < sizeof eras / sizeof eras[0]; i++) {
    struct written meant = *written;
    bool emperor = eras[i].letter != '\0';
    meant.era = &eras[i];
    if (!emperor || written->year.digits <= 2) { /* nobody reigns for a hundred years */
      add_meaning(meanings, &meant, emperor ? eras[i].names[0] : "民國", written->year.value);
    }
  }
}

/* Day, month and year, or month, day and year. */
static void add_other_orders(struct meanings *meanings, const struct written *written, int century) {
  struct written meant = {.year = {century + written->day.value, 4}, .month = written->month, .day = written->year};
  add_meaning(meanings, &meant, "day first", 0);
  meant.month = written->year;
  meant.day = written->month;
  add_meaning(meanings, &meant, "month first", 0);
}

static void add_meanings(struct meanings *meanings, const struct written *written) {
  if (written->day.digits == 4) {
    add_other_orders(meanings, written, 0);
    return;
  }
  if (written->year.digits == 2) {
    struct written meant = *written;
    meant.year = (struct number){2000 + written->year.value, 4};
    add_meaning(meanings, &meant, "", 0);
  }
  add_eras(meanings, written);
  if (written->day.digits == 2) {
    add_other_orders(meanings, written, 2000);
  }
}

void partial_date_meanings(const char *text, char out[PARTIAL_DATE_MEANINGS]) {
  struct meanings meanings = {.out = out};
  out[0] = '\0';
  utf8proc_uint8_t *plain = utf8proc_NFKC((const utf8proc_uint8_t *)text);
  struct written written;
  char date[PARTIAL_DATE_SIZE];
  if (plain != NULL && written_read((const char *)plain, &written) &&
      written_resolve(&written, date) == LOOSE_AMBIGUOUS) {
    add_meanings(&meanings, &written);
  }
  free(plain);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

enum loose_result partial_date_read_loose(const char *text, char out[PARTIAL_DATE_SIZE]) {
  utf8proc_uint8_t *plain = utf8proc_NFKC((const utf8proc_uint8_t *)text);
  if (plain == NULL) {
    return LOOSE_UNREADABLE;
  }
  struct written written;
  enum loose_result result =
      written_read((const char *)plain, &written) ? written_resolve(&written, out) : LOOSE_UNREADABLE;
  free(plain);
  return result;
}

/* -- doubtful years ------------------------------------------------------------------------------------------------- */

enum { DOUBTFUL_BEFORE = 1800, DOUBTFUL_AFTER = 2200 };

bool partial_date_doubt(const char *text, char out[PARTIAL_DATE_DOUBT]) {
  /* ASCII, since headers tell it, too. */
  static const struct {
    int shift;
    const char *calendar;
  } meant[] = {{-543, "Thai year of the Buddhist era"}, {-660, "Japanese imperial year"}, {1911, "Minguo year"}};
  char *rest, date[PARTIAL_DATE_SIZE];
  long year = strtol(text, &rest, 10);
  size_t length = strcspn(rest, "T");
  if (rest != text + 4 || length >= sizeof date - 4 || (year >= DOUBTFUL_BEFORE && year <= DOUBTFUL_AFTER)) {
    return false;
  }
  int used = snprintf(out, PARTIAL_DATE_DOUBT, "has a year %s", year < DOUBTFUL_BEFORE ? "before 1800" : "after 2200"),
      before = used;
  for (size_t i = 0; i < sizeof meant / sizeof meant[0] && used < PARTIAL_DATE_DOUBT; i++) {
    long other = year + meant[i].shift;
    struct partial_date ignored;
    snprintf(date, sizeof date, "%04ld%.*s", other, (int)length, rest);
    if (other >= DOUBTFUL_BEFORE && other <= DOUBTFUL_AFTER && partial_date_read(date, strlen(date), &ignored)) {
      used += snprintf(out + used, (size_t)(PARTIAL_DATE_DOUBT - used), "%s%s if it is a %s",
                       used == before ? "; it would be " : ", or ", date, meant[i].calendar);
    }
  }
  return true;
}

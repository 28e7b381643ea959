/* A day is a number, so that a day more is one more and comparing is comparing. Months are added to (year, month) and
 * the day of the month is cut to the new month's length, in one step from the day that was given. */
#include "domain/day.h"

#include "base/civil.h"

int days_in_month(int year, int month) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : lengths[month - 1];
}

day day_add_months(day value, int months) {
  int year, month, day_of_month;
  civil_of_day(value, &year, &month, &day_of_month);
  int64_t sum = (int64_t)year * 12 + (month - 1) + months;
  if (sum < 12) {
    return DAY_FIRST;
  }
  if (sum >= INT64_C(10000) * 12) {
    return DAY_LAST;
  }
  year = (int)(sum / 12);
  month = (int)(sum % 12) + 1;
  int length = days_in_month(year, month);
  return civil_to_day(year, month, day_of_month < length ? day_of_month : length);
}

static void print_digits(int number, int count, char *out) {
  for (int i = count - 1; i >= 0; i--) {
    out[i] = (char)('0' + number % 10);
    number /= 10;
  }
}

void day_print(day value, char out[DAY_SIZE]) {
  int year, month, day_of_month;
  civil_of_day(value, &year, &month, &day_of_month);
  print_digits(year, 4, out);
  out[4] = '-';
  print_digits(month, 2, out + 5);
  out[7] = '-';
  print_digits(day_of_month, 2, out + 8);
  out[10] = '\0';
}

bool day_read(const char *text, day *out) {
  static const char shape[] = "dddd-dd-dd";
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (int i = 0; shape[i] != '\0'; i++) {
    if (shape[i] == 'd') {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      if (text[i] != shape[i]) {
        return false;
      }
      part++;
    }
  }
  if (text[DAY_SIZE - 1] != '\0' || parts[0] < 1 || parts[1] < 1 || parts[1] > 12) {
    return false;
  }
  if (parts[2] < 1 || parts[2] > days_in_month(parts[0], parts[1])) {
    return false;
  }
  *out = civil_to_day(parts[0], parts[1], parts[2]);
  return true;
}

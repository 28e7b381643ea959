/* The year is taken to begin in March: the leap day is then the year's last, the months before any month have a closed
 * form, and the calendar repeats every 400 years (146,097 days). */
#include "base/civil.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, MARCH_1_YEAR_0 = -719468 };

static int floor_div(int number, int divisor) {
  return number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor);
}

int civil_to_day(int year, int month, int day_of_month) {
  int march_year = month > 2 ? year : year - 1;
  int march_month = month > 2 ? month - 3 : month + 9;
  int era = floor_div(march_year, ERA_YEARS);
  int year_of_era = march_year - era * ERA_YEARS;
  int day_of_year = (153 * march_month + 2) / 5 + day_of_month - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * ERA_DAYS + day_of_era + MARCH_1_YEAR_0;
}

void civil_of_day(int day, int *year, int *month, int *day_of_month) {
  int since = day - MARCH_1_YEAR_0;
  int era = floor_div(since, ERA_DAYS);
  int day_of_era = since - era * ERA_DAYS;
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int march_month = (5 * day_of_year + 2) / 153;
  *day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
  *month = march_month < 10 ? march_month + 3 : march_month - 9;
  *year = year_of_era + era * ERA_YEARS + (*month <= 2 ? 1 : 0);
}

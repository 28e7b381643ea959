/* The proleptic Gregorian calendar (ISO 8601) as numbers: days since 1970-01-01, and year, month, day of the month. Any
 * year. */
#ifndef ENTENTE_BASE_CIVIL_H
#define ENTENTE_BASE_CIVIL_H

int civil_to_day(int year, int month, int day_of_month);
void civil_of_day(int day, int *year, int *month, int *day_of_month);

#endif

/* A scheme is a row: its name, how a value is recognised, and the words for what is expected. Check digits are all of
 * one kind, a weighted sum of the characters' values that must fall on a given remainder; what differs is the alphabet,
 * the weights and the remainder, so each scheme is a few lines below. Values are compared as they are written in the
 * registers themselves: no spaces, no prefix, no address around them, the register's own case. */
#include "domain/identifier.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WIKIDATA_DIGITS = 12 };

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!is_digit(text[i])) {
      return false;
    }
  }
  return true;
}

/* ROR: 0, six characters of Crockford's base 32 that write a number, and two check digits, so that number and check
 * digits together leave 1 when divided by 97. */
static bool ror_valid(const char *value) {
  static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  if (strlen(value) != 9 || value[0] != '0' || !all_digits(value + 7, 2)) {
    return false;
  }
  int64_t number = 0;
  for (size_t i = 1; i < 7; i++) {
    const char *at = strchr(alphabet, value[i]);
    if (at == NULL) {
      return false;
    }
    number = number * 32 + (at - alphabet);
  }
  int check = (value[7] - '0') * 10 + (value[8] - '0');
  /* 98 less a remainder of 97: 02 to 98. 00, 01 and 99 are congruent to others of these and are never given out. */
  return check == 98 - (int)(number * 100 % 97);
}

/* LEI: eighteen letters and digits, two check digits; read as a number with A as 10 … Z as 35, it leaves 1. */
static bool lei_valid(const char *value) {
  if (strlen(value) != 20 || !all_digits(value + 18, 2)) {
    return false;
  }
  int remainder = 0;
  for (size_t i = 0; i < 20; i++) {
    if (is_digit(value[i])) {
      remainder = (remainder * 10 + (value[i] - '0')) % 97;
    } else if (value[i] >= 'A' && value[i] <= 'Z') {
      remainder = (remainder * 100 + (value[i] - 'A' + 10)) % 97;
    } else {
      return false;
    }
  }
  int check = (value[18] - '0') * 10 + (value[19] - '0');
  return remainder == 1 && check >= 2 && check <= 98;
}

/* ISNI: fifteen digits and a check character, of which X stands for 10. */
static bool isni_valid(const char *value) {
  if (strlen(value) != 16 || !all_digits(value, 15)) {
    return false;
  }
  int sum = 0;
  for (size_t i = 0; i < 15; i++) {
    sum = (sum + (value[i] - '0')) * 2 % 11;
  }
  int check = (12 - sum) % 11;
  return value[15] == (check == 10 ? 'X' : (char)('0' + check));
}

static bool wikidata_valid(const char *value) {
  size_t length = strlen(value);
  return length >= 2 && length <= 1 + WIKIDATA_DIGITS && value[0] == 'Q' && value[1] != '0' &&
         all_digits(value + 1, length - 1);
}

/* 法人番号: the digits after the first, from the last one leftwards, are weighted 1 2 1 2 …; the first is 9 less the
 * remainder by 9. */
static bool jp_corporate_number_valid(const char *value) {
  if (strlen(value) != 13 || !all_digits(value, 13)) {
    return false;
  }
  int sum = 0;
  for (int i = 12; i >= 1; i--) {
    sum += (value[i] - '0') * (i % 2 == 0 ? 1 : 2);
  }
  return value[0] - '0' == 9 - sum % 9;
}

/* 統一編號: the digits of all products are summed, and the sum is divisible by 5. A 7 in the seventh place gives 28, so
 * 10, which may be summed once more to 1 or be taken as 0. */
static bool tw_unified_number_valid(const char *value) {
  static const int weights[] = {1, 2, 1, 2, 1, 2, 4, 1};
  if (strlen(value) != 8 || !all_digits(value, 8)) {
    return false;
  }
  int sum = 0;
  for (size_t i = 0; i < 8; i++) {
    int product = (value[i] - '0') * weights[i];
    sum += product / 10 + product % 10;
  }
  return sum % 5 == 0 || (value[6] == '7' && (sum + 1) % 5 == 0);
}

static bool other_valid(const char *value) {
  return value[0] != '\0';
}

static const struct scheme {
  const char *name;
  bool (*valid)(const char *value);
  const char *expected;
} schemes[] = {
    {"ror", ror_valid, "a ROR id of 9 characters whose check digits fit, such as 05szzwt63, without https://ror.org/"},
    {"lei", lei_valid, "an LEI of 20 capital letters and digits whose check digits fit"},
    {"isni", isni_valid, "an ISNI of 16 characters without spaces whose check character fits"},
    {"wikidata", wikidata_valid, "a Wikidata item, such as Q42"},
    {"jp_corporate_number", jp_corporate_number_valid, "a 法人番号 of 13 digits whose check digit fits"},
    {"tw_unified_number", tw_unified_number_valid, "a 統一編號 of 8 digits whose check sum fits"},
    {"other", other_valid, "a value that is not empty"},
};

bool identifier_valid(const char *scheme, const char *value, const char **expected) {
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    if (strcmp(schemes[i].name, scheme) != 0) {
      continue;
    }
    *expected = schemes[i].expected;
    return schemes[i].valid(value);
  }
  *expected = "an identifier of a known scheme";
  return false;
}

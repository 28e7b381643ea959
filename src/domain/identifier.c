/* A scheme is a row: its name, how a value is recognised, and the words for what is expected. Check digits are all of
 * one kind, a weighted sum of the characters' values that must fall on a given remainder; what differs is the alphabet,
 * the weights and the remainder, so each scheme is a few lines below. Values are kept as they are written in the
 * registers themselves: no spaces, no prefix, no address around them, the register's own case. What people paste is
 * brought to that form first. */
#include "domain/identifier.h"

#include "base/memory.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

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

enum letters { AS_IS, LOWER, UPPER };

enum { PREFIXES_MOST = 8 };

/* `prefixes` stand before a value where people copy it: addresses, without http:// and www., and words. They are in
 * their compatibility form (NFKC) and in lower case. */
static const struct scheme {
  const char *name;
  bool (*valid)(const char *value);
  enum letters letters;
  bool grouped; /* people write it in groups, with spaces or dashes between them */
  const char *prefixes[PREFIXES_MOST];
  const char *expected;
} schemes[] = {
    {"ror",
     ror_valid,
     LOWER,
     false,
     {"ror.org/", "api.ror.org/organizations/", "api.ror.org/v2/organizations/", "ror"},
     "a ROR id of 9 characters whose check digits fit, such as 05szzwt63 or https://ror.org/05szzwt63"},
    {"lei",
     lei_valid,
     UPPER,
     true,
     {"search.gleif.org/#/record/", "lei.info/", "api.gleif.org/api/v1/lei-records/", "lei"},
     "an LEI of 20 letters and digits whose check digits fit"},
    {"isni",
     isni_valid,
     UPPER,
     true,
     {"isni.org/isni/", "isni.org/page/search-database/isni/", "isni.org/", "isni"},
     "an ISNI of 16 characters whose check character fits"},
    {"wikidata",
     wikidata_valid,
     UPPER,
     false,
     {"wikidata.org/wiki/special:entitydata/", "wikidata.org/wiki/", "wikidata.org/entity/", "m.wikidata.org/wiki/",
      "wikidata", "wd"},
     "a Wikidata item, such as Q42 or https://www.wikidata.org/wiki/Q42"},
    {"jp_corporate_number",
     jp_corporate_number_valid,
     AS_IS,
     true,
     {"houjin-bangou.nta.go.jp/henkorireki-johoto.html?selhouzinno=", "info.gbiz.go.jp/hojin/ichiran?hojinbango=",
      "法人番号", "t"},
     "a 法人番号 of 13 digits whose check digit fits"},
    {"tw_unified_number",
     tw_unified_number_valid,
     AS_IS,
     true,
     {"統一編號", "統編"},
     "a 統一編號 of 8 digits whose check sum fits"},
    {"other", other_valid, AS_IS, false, {NULL}, "a value that is not empty"},
};

enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const struct scheme *scheme_named(const char *name) {
  size_t i = 0;
  while (i < SCHEMES && strcmp(schemes[i].name, name) != 0) {
    i++;
  }
  return i == SCHEMES ? NULL : &schemes[i];
}

bool identifier_valid(const char *scheme, const char *value, const char **expected) {
  const struct scheme *known = scheme_named(scheme);
  *expected = known == NULL ? "an identifier of a known scheme" : known->expected;
  return known != NULL && known->valid(value);
}

bool identifier_unique(const char *scheme) {
  return strcmp(scheme, "other") != 0;
}

const char *identifier_scheme(size_t index) {
  return index < SCHEMES ? schemes[index].name : NULL;
}

/* -- pasted forms --------------------------------------------------------------------------------------------------- */

/* Behind the word, in whatever case, or NULL. */
static const char *past(const char *text, const char *word) {
  for (; *word != '\0'; text++, word++) {
    if (tolower((unsigned char)*text) != (unsigned char)*word) {
      return NULL;
    }
  }
  return text;
}

/* How many bytes the white space, the dash or the invisible character at `text` takes, which people put between digits;
 * 0 when there is none. */
static size_t gap(const char *text) {
  utf8proc_int32_t code;
  utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &code);
  if (step < 1) {
    return 0;
  }
  utf8proc_category_t category = utf8proc_category(code);
  bool dash = category == UTF8PROC_CATEGORY_PD || code == 0x2212 || code == 0x30fc || code == 0x2500;
  bool space = category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CF || code == '\t';
  return dash || space ? (size_t)step : 0;
}

static const char *past_gaps(const char *text) {
  for (size_t step; *text != '\0' && (step = gap(text)) > 0;) {
    text += step;
  }
  return text;
}

/* Behind the address that the value is the end of, or NULL. */
static const char *past_address(const struct scheme *scheme, const char *text) {
  static const char *const before[] = {"https://", "http://", "www."};
  for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
    const char *behind = past(text, before[i]);
    text = behind == NULL ? text : behind;
  }
  for (size_t i = 0; i < PREFIXES_MOST && scheme->prefixes[i] != NULL; i++) {
    const char *behind = strchr(scheme->prefixes[i], '/') == NULL ? NULL : past(text, scheme->prefixes[i]);
    if (behind != NULL) {
      return behind;
    }
  }
  return NULL;
}

/* Behind the words that say what the value is, each of them once. */
static const char *past_words(const struct scheme *scheme, const char *text) {
  for (size_t i = 0; i < PREFIXES_MOST && scheme->prefixes[i] != NULL; i++) {
    const char *behind = past(text, scheme->prefixes[i]);
    if (behind != NULL) {
      text = past_gaps(behind);
      text = *text == ':' ? past_gaps(text + 1) : text;
    }
  }
  return text;
}

/* The characters of the value itself, in the case of the register. Of an address, up to what may follow it there. */
static void squeeze(const struct scheme *scheme, const char *text, bool address, char *out) {
  while (*text != '\0' && (!address || strchr("/?#&.", *text) == NULL)) {
    size_t step = scheme->grouped ? gap(text) : 0;
    if (step > 0) {
      text += step;
      continue;
    }
    unsigned char letter = (unsigned char)*text++;
    int changed = scheme->letters == LOWER ? tolower(letter) : scheme->letters == UPPER ? toupper(letter) : letter;
    *out++ = (char)changed;
  }
  *out = '\0';
}

char *identifier_normal(const void *parent, const char *scheme, const char *text) {
  const struct scheme *known = scheme_named(scheme);
  utf8proc_uint8_t *plain = known == NULL || !identifier_unique(scheme) || known->valid(text)
                                ? NULL
                                : utf8proc_NFKC((const utf8proc_uint8_t *)text);
  if (plain == NULL) {
    return memory_copy(parent, text);
  }
  char *out = memory_array(parent, char, strlen((const char *)plain) + 1);
  const char *start = past_gaps((const char *)plain), *inside = past_address(known, start);
  squeeze(known, inside != NULL ? inside : past_words(known, start), inside != NULL, out);
  free(plain);
  if (!known->valid(out)) { /* it is told as it came */
    talloc_free(out);
    return memory_copy(parent, text);
  }
  return out;
}

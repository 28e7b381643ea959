/* Ranges are tried one after another, each with all names, so that a better language goes before a better name. What
 * cannot be read in the header is passed over, as HTTP wants it. */
#include "domain/language.h"

#include "base/field.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { RANGES_MOST = 16, RANGE_SIZE = 36 };

struct range {
  char text[RANGE_SIZE];
  double weight;
};

/* -- the header ---------------------------------------------------------------------------------------------------- */

/* A language that is written in two scripts, by the places where it is. */
static void name_script(char text[RANGE_SIZE]) {
  static const char *const places[][2] = {
      {"zh-TW", "zh-Hant"}, {"zh-HK", "zh-Hant"}, {"zh-MO", "zh-Hant"}, {"zh-CN", "zh-Hans"}, {"zh-SG", "zh-Hans"}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    if (strcasecmp(text, places[i][0]) == 0) {
      memcpy(text, places[i][1], strlen(places[i][1]) + 1);
    }
  }
}

/* The ranges that are taken, best first; those of one weight in the order of the header. */
static size_t read_ranges(const char *accept, struct range ranges[RANGES_MOST]) {
  size_t count = 0;
  struct span element;
  struct field_pair named;
  while (count < RANGES_MOST && field_element(&accept, &element)) {
    bool readable = field_pair(&element, &named) && named.name.length < RANGE_SIZE;
    struct range range = {.weight = field_weight(element)};
    if (readable && range.weight > 0) {
      memcpy(range.text, named.name.text, named.name.length);
      name_script(range.text);
      size_t place = count++;
      for (; place > 0 && ranges[place - 1].weight < range.weight; place--) {
        ranges[place] = ranges[place - 1];
      }
      ranges[place] = range;
    }
  }
  return count;
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *name, const char *member) {
  const char *text = json_string_value(json_object_get(name, member));
  return text == NULL ? "" : text;
}

static bool is_transcription(const char *rest) {
  return strcasecmp(rest, "-Latn") == 0 || strcasecmp(rest, "-Kana") == 0 || strncasecmp(rest, "-Latn-", 6) == 0;
}

/* How well a name suits the range: the less the better; 0: not at all. */
static int rank_name(const json_t *name, const char *range) {
  const char *lang = text_of(name, "lang"), *kind = text_of(name, "kind");
  size_t length = strlen(range);
  bool exact = strcasecmp(lang, range) == 0;
  bool within = strncasecmp(lang, range, length) == 0 && lang[length] == '-' && !is_transcription(lang + length);
  if (length == 0 || (!exact && !within) || strcmp(kind, "former") == 0) {
    return 0;
  }
  int by_kind = strcmp(kind, "label") == 0 ? 1 : strcmp(kind, "alias") == 0 ? 2 : 3;
  return by_kind + (exact ? 0 : 3);
}

static const char *best_name(const json_t *names, const char *range) {
  const char *best = NULL;
  int best_rank = 0;
  size_t i;
  json_t *name;
  json_array_foreach((json_t *)names, i, name) {
    int rank = rank_name(name, range);
    if (rank > 0 && (best == NULL || rank < best_rank)) {
      best = text_of(name, "value");
      best_rank = rank;
    }
  }
  return best;
}

const char *language_choose(const json_t *names, const char *accept) {
  struct range ranges[RANGES_MOST];
  size_t count = accept == NULL ? 0 : read_ranges(accept, ranges);
  for (size_t i = 0; i < count; i++) {
    char range[RANGE_SIZE];
    memcpy(range, ranges[i].text, sizeof range);
    if (strcmp(range, "*") == 0) {
      return NULL;
    }
    for (char *end = range + strlen(range); end != NULL; end = strrchr(range, '-')) {
      *end = '\0';
      const char *name = best_name(names, range);
      if (name != NULL) {
        return name;
      }
    }
  }
  return NULL;
}

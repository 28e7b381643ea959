/* A list of faults that stops growing at FAULTS_MOST: a hostile body has as many faults as bytes, and past a screenful
 * nobody reads them. What is past the bound is counted, not kept, and costs no memory.
 *
 * nearest_name is the optimal string alignment distance (insert, delete, replace, swap neighbours), three rows at a
 * time, over lower-cased bytes. A name is near when about two thirds of it are right. */
#include "contract/faults.h"

#include "base/memory.h"
#include "contract/places.h"
#include "contract/pointer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MOST = 64 }; /* longer words are nobody's slip of the finger */

struct faults *faults_new(const void *parent) {
  return memory_new(parent, struct faults);
}

void faults_locate(struct faults *faults, const json_t *sent) {
  faults->places = places_new(faults, sent);
}

void faults_removed(struct faults *faults, const char *pointer, size_t index) {
  if (faults->places == NULL) {
    faults_locate(faults, NULL);
  }
  places_remove(faults->places, pointer, index);
}

bool faults_hide(const struct faults *faults, const char *pointer) {
  if (faults->known == 0) {
    return false;
  }
  char *sent = places_sent(faults->places, faults, pointer);
  bool hidden = false;
  for (size_t i = 0; i < faults->known && !hidden; i++) {
    const struct fault *fault = &faults->list[i];
    hidden = fault->place == PLACE_BODY && (pointer_within(fault->where, sent) || pointer_within(sent, fault->where));
  }
  talloc_free(sent);
  return hidden;
}

void faults_add(struct faults *faults, enum place place, const char *where, const char *code, const char *format, ...) {
  if (place == PLACE_BODY && faults_hide(faults, where)) {
    return;
  }
  if (faults->count == FAULTS_MOST) {
    faults->dropped++;
    return;
  }
  if (!faults->list) {
    faults->list = memory_array(faults, struct fault, FAULTS_MOST);
  }
  va_list arguments;
  va_start(arguments, format);
  faults->list[faults->count++] = (struct fault){
      .place = place,
      .where = place == PLACE_BODY && faults->places != NULL ? places_sent(faults->places, faults, where)
                                                             : memory_copy(faults, where),
      .code = code,
      .message = memory_checked(talloc_vasprintf(faults, format, arguments)),
  };
  va_end(arguments);
}

json_t *faults_json(const struct faults *faults) {
  static const char *const keys[] = {
      [PLACE_BODY] = "pointer", [PLACE_PARAMETER] = "parameter", [PLACE_HEADER] = "header"};
  json_t *list = json_array();
  for (size_t i = 0; i < faults->count; i++) {
    const struct fault *fault = &faults->list[i];
    json_t *entry = json_object();
    json_object_set_new(entry, keys[fault->place], json_string(fault->where));
    json_object_set_new(entry, "code", json_string(fault->code));
    json_object_set_new(entry, "message", json_string(fault->message));
    json_array_append_new(list, entry);
  }
  return list;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static bool same_letter(char a, char b) {
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t rows[3][WORD_MOST + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b_length; j++) {
    above[j] = j;
  }
  for (size_t i = 1; i <= a_length; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t replaced = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
      row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1])) {
        row[j] = smaller(row[j], before[j - 2] + 1);
      }
    }
    size_t *oldest = before;
    before = above;
    above = row;
    row = oldest;
  }
  return above[b_length];
}

const char *nearest_name(const char *word, const char *const *names) {
  size_t length = strlen(word);
  if (length == 0 || length > WORD_MOST) {
    return NULL;
  }
  const char *nearest = NULL;
  size_t least = SIZE_MAX;
  for (; *names; names++) {
    size_t name_length = strlen(*names);
    if (name_length > WORD_MOST) {
      continue;
    }
    size_t longer = length > name_length ? length : name_length;
    size_t apart = distance(word, length, *names, name_length);
    if (apart <= (longer + 1) / 3 && apart < least) {
      least = apart;
      nearest = *names;
    }
  }
  return nearest;
}

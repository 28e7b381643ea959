/* base64url of [list, value, id] as JSON. It holds nothing that the list did not show, so it needs no secret.
 *
 * The value is there as a whole, however long: of a record that was deleted or renamed since, a part of it would leave
 * open which of those that begin alike were shown already. So a cursor of the longest name (500 characters of four
 * bytes) has some 2,750 characters, which the contract's `cursor` takes, and which leave an address room for filters.
 */
#include "request/cursor.h"

#include "base/memory.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING, LONGEST = 8192 };

char *cursor_write(const void *memory, uint64_t list, const json_t *value, const char *id) {
  char mark[17];
  snprintf(mark, sizeof mark, "%016llx", (unsigned long long)list);
  json_t *place = memory_checked(json_pack("[s, O, s]", mark, value, id));
  char *text = memory_checked(json_dumps(place, JSON_COMPACT));
  size_t size = sodium_base64_ENCODED_LEN(strlen(text), VARIANT);
  char *cursor = memory_array(memory, char, size);
  sodium_bin2base64(cursor, size, (const unsigned char *)text, strlen(text), VARIANT);
  free(text);
  json_decref(place);
  return cursor;
}

enum cursor_result cursor_read(const void *memory, const char *text, uint64_t list, json_t **value, const char **id) {
  size_t length = strlen(text), size = 0;
  if (length > LONGEST) {
    return CURSOR_BROKEN;
  }
  char *bytes = memory_array(memory, char, length + 1), mark[17];
  if (sodium_base642bin((unsigned char *)bytes, length, text, length, NULL, &size, NULL, VARIANT) != 0) {
    return CURSOR_BROKEN;
  }
  json_t *place = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
  const char *of = json_string_value(json_array_get(place, 0)), *after = json_string_value(json_array_get(place, 2));
  json_t *at = json_array_get(place, 1);
  enum cursor_result result = CURSOR_BROKEN;
  if (json_array_size(place) == 3 && of != NULL && after != NULL &&
      (json_is_string(at) || json_is_integer(at) || json_is_null(at) || json_is_array(at))) {
    snprintf(mark, sizeof mark, "%016llx", (unsigned long long)list);
    result = strcmp(of, mark) == 0 ? CURSOR_READ : CURSOR_FOREIGN;
  }
  if (result == CURSOR_READ) {
    *value = json_incref(at);
    *id = memory_copy(memory, after);
  }
  json_decref(place);
  return result;
}

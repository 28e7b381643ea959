/* Cursors: any text is refused or read; what is read is written to a cursor that reads back the same; and any place
 * that a list can have (the input as text, and its size as a number) survives being written and read. */
#include "fuzz.h"

#include "contract/characters.h"
#include "request/cursor.h"

enum { LIST = 0x1234, TITLE_MOST = 500 };

static void must_read_back(const void *memory, const json_t *value, const char *id) {
  json_t *read = NULL;
  const char *read_id = NULL;
  char *cursor = cursor_write(memory, LIST, value, id);
  must(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(cursor),
       "a cursor needs no escape in an address");
  must(cursor_read(memory, cursor, LIST + 1, &read, &read_id) == CURSOR_FOREIGN, "a cursor is good for its list only");
  must(cursor_read(memory, cursor, LIST, &read, &read_id) == CURSOR_READ, "a cursor that was written is read");
  must(json_equal(read, value) && strcmp(read_id, id) == 0, "a cursor holds the place that was written");
  json_decref(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  void *memory = talloc_new(NULL);
  const char *text = memory_slice(memory, (const char *)bytes, size), *id = NULL;
  json_t *value = NULL;
  if (cursor_read(memory, text, LIST, &value, &id) == CURSOR_READ) {
    must_read_back(memory, value, id);
    json_decref(value);
  } else {
    must(value == NULL && id == NULL, "a cursor that is not read leaves nothing");
  }
  if (characters_clean(text, strlen(text), "\t\n\r") && characters_count(text, strlen(text)) <= TITLE_MOST) {
    json_t *places[] = {json_string(text), json_integer((json_int_t)size - 8), json_null()};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
      must_read_back(memory, places[i], "agr_01arz3ndektsv4rrffq69g5fav");
      json_decref(places[i]);
    }
  }
  talloc_free(memory);
  return 0;
}

/* Two characters are escaped in a token: `~` is written ~0, `/` is written ~1. */
#include "contract/pointer.h"

#include <stdio.h>
#include <string.h>

size_t pointer_enter(struct text *at, const char *member) {
  size_t before = at->length;
  text_add_bytes(at, "/", 1);
  for (; *member != '\0'; member++) {
    bool escaped = *member == '~' || *member == '/';
    text_add_bytes(at, !escaped ? member : *member == '~' ? "~0" : "~1", escaped ? 2 : 1);
  }
  return before;
}

size_t pointer_enter_item(struct text *at, size_t index) {
  char token[24];
  size_t before = at->length;
  int size = snprintf(token, sizeof token, "/%zu", index);
  text_add_bytes(at, token, (size_t)size);
  return before;
}

void pointer_leave(struct text *at, size_t before) {
  at->length = before;
  at->data[before] = '\0';
}

const char *pointer_token(const char *pointer, struct text *token) {
  text_clear(token);
  for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++) {
    bool escaped = *pointer == '~' && (pointer[1] == '0' || pointer[1] == '1');
    pointer += escaped;
    text_add_bytes(token, !escaped ? pointer : *pointer == '0' ? "~" : "/", 1);
  }
  return pointer;
}

bool pointer_within(const char *inner, const char *outer) {
  size_t length = strlen(outer);
  return strncmp(inner, outer, length) == 0 && (inner[length] == '\0' || inner[length] == '/');
}

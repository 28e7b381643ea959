/* A buffer that doubles when it is full, so that adding n bytes one by one costs O(n). One byte past `length` is always
 * allocated and NUL, so that `data` can be handed on as a string at any time. */
#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_FIRST_CAPACITY = 256 };

struct text *text_new(const void *parent) {
  struct text *text = memory_new(parent, struct text);
  text->capacity = TEXT_FIRST_CAPACITY;
  text->data = memory_checked(talloc_array(text, char, TEXT_FIRST_CAPACITY));
  text->data[0] = '\0';
  return text;
}

/* Room for `size` more bytes and the NUL. Talloc refuses sizes past 256 MB, which ends the program before the casts in
 * memory_grow could matter. */
static char *text_reserve(struct text *text, size_t size) {
  size_t needed = text->length + size + 1;
  if (needed > text->capacity) {
    size_t capacity = text->capacity * 2;
    text->capacity = capacity > needed ? capacity : needed;
    text->data = memory_grow(text, text->data, char, text->capacity);
  }
  return text->data + text->length;
}

void text_add_bytes(struct text *text, const void *bytes, size_t size) {
  if (size == 0) {
    return;
  }
  char *end = text_reserve(text, size);
  memcpy(end, bytes, size);
  end[size] = '\0';
  text->length += size;
}

/* Room for the worst is made at once, so that the bytes can be gone through one by one. */
void text_add_doubled(struct text *text, const char *bytes, size_t size, char byte) {
  char *out = text_reserve(text, 2 * size);
  for (size_t i = 0; i < size; i++) {
    *out++ = bytes[i];
    if (bytes[i] == byte) {
      *out++ = byte;
    }
  }
  *out = '\0';
  text->length = (size_t)(out - text->data);
}

void text_add(struct text *text, const char *string) {
  text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...) {
  va_list arguments;
  va_list again;
  va_start(arguments, format);
  va_copy(again, arguments);
  size_t room = text->capacity - text->length;
  int size = vsnprintf(text->data + text->length, room, format, arguments);
  va_end(arguments);
  if (size > 0 && (size_t)size >= room) {
    vsnprintf(text_reserve(text, (size_t)size), (size_t)size + 1, format, again);
  }
  va_end(again);
  text->length += size > 0 ? (size_t)size : 0;
}

static void text_add_escape(struct text *text, unsigned char byte) {
  static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
  if (byte == '"' || byte == '\\') {
    text_add_bytes(text, (char[]){'\\', (char)byte}, 2);
  } else if (byte < sizeof letters && letters[byte]) {
    text_add_bytes(text, (char[]){'\\', letters[byte]}, 2);
  } else {
    text_addf(text, "\\u%04x", byte);
  }
}

void text_add_json(struct text *text, const char *string) {
  text_add_bytes(text, "\"", 1);
  const char *run = string; /* bytes that need no escape are added a run at a time */
  for (const char *at = string; *at; at++) {
    unsigned char byte = (unsigned char)*at;
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      text_add_bytes(text, run, (size_t)(at - run));
      text_add_escape(text, byte);
      run = at + 1;
    }
  }
  text_add(text, run);
  text_add_bytes(text, "\"", 1);
}

void text_clear(struct text *text) {
  text->length = 0;
  text->data[0] = '\0';
}

char *text_put_hex(char *out, uint64_t number) {
  int shift = 60;
  while (shift > 0 && number >> shift == 0) {
    shift -= 4;
  }
  for (; shift >= 0; shift -= 4) {
    *out++ = "0123456789abcdef"[number >> shift & 15];
  }
  return out;
}

char *text_put(char *out, const char *string) {
  size_t length = strlen(string);
  memcpy(out, string, length + 1);
  return out + length;
}

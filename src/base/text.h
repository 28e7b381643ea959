/* A growing buffer of bytes, always ended by a NUL that is not counted. */
#ifndef ENTENTE_BASE_TEXT_H
#define ENTENTE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
  char *data;
  size_t length;
  size_t capacity;
};

/* An empty buffer owned by `parent` (talloc); freeing it frees its bytes. */
struct text *text_new(const void *parent);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t size);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a JSON string: quoted, control characters, quotes and backslashes escaped. `string` is valid UTF-8. */
void text_add_json(struct text *text, const char *string);
/* Adds the bytes with each `byte` among them twice. */
void text_add_doubled(struct text *text, const char *bytes, size_t size, char byte);
void text_clear(struct text *text);

/* Writes the number in hexadecimal digits, 16 at most and no NUL; returns the place after the last. */
char *text_put_hex(char *out, uint64_t number);
/* Copies the string with its NUL; returns the place of the NUL. */
char *text_put(char *out, const char *string);

#endif

/* Request-lifetime memory: talloc contexts, with one rule added: an allocation that fails ends the program. Nothing
 * that was acknowledged is lost by that (the database has it), and no caller carries a path that can't be tested. */
#ifndef ENTENTE_BASE_MEMORY_H
#define ENTENTE_BASE_MEMORY_H

#include <stddef.h>
#include <talloc.h>

/* Returns `pointer`, or ends the program with a message when it is NULL. */
void *memory_checked(void *pointer);

#define memory_new(parent, type)          ((type *)memory_checked(talloc_zero(parent, type)))
#define memory_array(parent, type, count) ((type *)memory_checked(talloc_zero_array(parent, type, (unsigned)(count))))
#define memory_grow(parent, pointer, type, count)                                                                      \
  ((type *)memory_checked(talloc_realloc(parent, pointer, type, (unsigned)(count))))

/* Copies of text, owned by `parent`. `memory_slice` copies `length` bytes and ends them with a NUL. */
char *memory_copy(const void *parent, const char *text);
char *memory_slice(const void *parent, const char *text, size_t length);
char *memory_print(const void *parent, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* Cursors: where a list goes on. Opaque to clients, good for one list, its filters and its order, and across restarts.
 */
#ifndef ENTENTE_REQUEST_CURSOR_H
#define ENTENTE_REQUEST_CURSOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A cursor for the place after (value, id) in the list that `list` marks; owned by `memory`. */
char *cursor_write(const void *memory, uint64_t list, const json_t *value, const char *id);

enum cursor_result { CURSOR_READ, CURSOR_BROKEN, CURSOR_FOREIGN };

/* Reads one. `*value` is a new reference: a string, an integer, null or an array. `id` is a copy owned by `memory`. */
enum cursor_result cursor_read(const void *memory, const char *text, uint64_t list, json_t **value, const char **id);

#endif

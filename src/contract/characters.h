/* What text from strangers may hold. */
#ifndef ENTENTE_CONTRACT_CHARACTERS_H
#define ENTENTE_CONTRACT_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are UTF-8 without control characters (C0, DEL, C1), those in `allowed` excepted. A NUL never is. */
bool characters_clean(const char *bytes, size_t size, const char *allowed);

/* How many characters valid UTF-8 has. */
size_t characters_count(const char *text, size_t size);

/* At most so many characters of valid UTF-8, with an ellipsis where more are left out; owned by `parent`. */
char *characters_shorten(const void *parent, const char *text, size_t size, size_t most);

/* The text without white space and invisible characters at its ends, and with one space for each run of white space
 * inside. With `lines`, a run that has line breaks is these, each as LF. Owned by `parent`; NULL when the text, which
 * is valid UTF-8, is so already. */
char *characters_tidy(const void *parent, const char *text, size_t size, bool lines);

/* Moves the ends of a text inwards, past white space and invisible characters; nothing is left of one that is blank. */
void characters_trim(const char **text, size_t *size);

#endif

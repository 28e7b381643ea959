/* Text in the character sets that spreadsheets save in, as UTF-8. In each of them but UTF-16 a byte below 0x40 stands
 * for itself wherever it comes, so lines and cells can be told apart before anything is converted. */
#ifndef ENTENTE_BASE_CHARSET_H
#define ENTENTE_BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

struct charset;
struct text;

/* The names that charset_open knows, as a list for people. */
extern const char charset_names[];

/* The character set of that name (RFC 6365; in any case), owned by `parent`: UTF-8; UTF-16, the low byte first when
 * nothing else is said; Shift_JIS, by which Windows' own form of it (code page 932) is meant; Big5, as of code page
 * 950. NULL when it is none of them, or when this machine cannot convert it. */
struct charset *charset_open(const void *parent, const char *name);
/* The name of the set that a byte order mark at the beginning tells, or NULL. */
const char *charset_marked(const char *bytes, size_t size);
/* Whether it is UTF-16, so that a text has to be converted as a whole. */
bool charset_is_wide(const struct charset *charset);
/* Its name for people. */
const char *charset_name(const struct charset *charset);
/* Where a text goes that is converted piece by piece: `done` bytes of it are by then. False ends it. */
struct charset_sink {
  bool (*take)(void *argument, const char *bytes, size_t size, size_t done);
  void *argument;
};
/* Gives the bytes, which are UTF-16, to the sink as UTF-8. False when there is a byte that cannot be read, with its
 * place in *bad as charset_read has it; or when the sink says so: then that is SIZE_MAX. */
bool charset_stream(struct charset *charset, const char *bytes, size_t size, const struct charset_sink *sink,
                    size_t *bad);
/* Adds these bytes as UTF-8. False when there is a byte that cannot be read, or (where a byte is that) a
 * NUL: *bad is its place, from 0, and what was added is of no use. */
bool charset_read(struct charset *charset, const char *bytes, size_t size, struct text *out, size_t *bad);

#endif

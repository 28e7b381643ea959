/* Names as people put them in order. */
#ifndef ENTENTE_DOMAIN_SORT_KEY_H
#define ENTENTE_DOMAIN_SORT_KEY_H

/* Raised whenever the same name gives another key than before; FOLD_VERSION counts, too. */
enum { SORT_VERSION = 1 };

/* A text whose bytes are in the order of names: first by letters without case and accents, kana by their sound, then by
 * the name as it is written. `reading`: how the name is read, in kana, or NULL; it counts only for a name in Japanese
 * characters. Owned by `parent`. */
char *sort_key(const void *parent, const char *name, const char *reading);

#endif

/* Text as it is searched and compared: folded, so that different ways to write one word are one, and cut into tokens.
 *
 * Folding: compatibility decomposition (full and half width become one), letters small, accents and vowel points off,
 * letters that have no decomposition to their base (ł to l, ı to i, æ to ae), katakana to hiragana with its voicing
 * kept, variants of Chinese characters to one of them (臺 to 台, 國 to 国), legal forms (株式会社, GmbH) left out where
 * something else is there. An apostrophe within a word is left out. What is not a letter, digit or mark parts words. */
#ifndef ENTENTE_DOMAIN_FOLD_H
#define ENTENTE_DOMAIN_FOLD_H

#include <stdbool.h>
#include <stddef.h>

/* Raised whenever the same text gives other tokens than before: what is stored of them is then made anew. */
enum { FOLD_VERSION = 2 };

/* In a text: what stands on one side of it has nothing to do with what stands on the other. Not found in what people
 * write, since no text may hold control characters. */
#define FOLD_BOUNDARY "\x1e"

/* Words are told apart by their first bytes. */
enum { FOLD_TOKEN_MOST = 120 };

enum fold_kind {
  FOLD_WORD, /* of a script that puts spaces between words */
  FOLD_PAIR, /* two characters that follow each other, of a script that does not */
  FOLD_LAST, /* the last character of such a run, alone: so every character begins a token */
  FOLD_GAP   /* a boundary, as a token that no word of a question equals */
};

struct fold_token {
  enum fold_kind kind;
  const char *text; /* folded, without an end; lives while it is told */
  size_t length;
  size_t start, end; /* the bytes of the original that it stands for */
};

/* Tells `take` each token of the text in order, until it returns false. False then. */
bool fold_tokens(const char *text, size_t size, bool (*take)(void *argument, const struct fold_token *token),
                 void *argument);

/* A name as a key that is equal for all ways to write it: folded words, a space between them, runs of the other scripts
 * as they are; a legal form at its end left out, too, when it has other meanings elsewhere (Limited). "" when there is
 * no letter and no digit. Owned by `parent`. */
char *fold_key(const void *parent, const char *name);

#endif

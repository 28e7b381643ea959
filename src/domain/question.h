/* What somebody types to search: words, which are all required, and phrases in quotes. */
#ifndef ENTENTE_DOMAIN_QUESTION_H
#define ENTENTE_DOMAIN_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

/* Enough for the longest name or title as a question. */
enum { QUESTION_PHRASES = 128, QUESTION_TOKENS = 512 };

/* Folded tokens that must follow each other. What is written without a space is a phrase, too. */
struct phrase {
  const char **tokens;
  const char **others; /* of each token its other spelling (spelling.h), or NULL */
  size_t count;
  bool prefix; /* the last one is a single character, and stands for all that begins with it */
};

struct question {
  struct phrase phrases[QUESTION_PHRASES];
  size_t count;
  const char *key;   /* of the whole, as if it were a name (fold_key) */
  const char *other; /* the key of its other spelling, or NULL */
};

enum question_result {
  QUESTION_READ,
  QUESTION_EMPTY, /* nothing in it can be searched for */
  QUESTION_LONG   /* more than QUESTION_PHRASES words, or QUESTION_TOKENS words and pairs of characters in them */
};

/* Reads any UTF-8; everything but letters and digits only parts words. Owned by `parent`. */
enum question_result question_read(const void *parent, const char *text, struct question *question);

/* The piece of `text` in which most of what was asked for is found, as HTML: escaped, with `mark` around each hit, and
 * within one of the members that FOLD_BOUNDARY parts. NULL when nothing of it is found; a name that merely begins with
 * what was asked for is. Owned by `parent`. */
char *question_snippet(const void *parent, const struct question *question, const char *text);

#endif

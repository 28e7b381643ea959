/* What is wrong with a request: every fault at once, each with its place. */
#ifndef ENTENTE_CONTRACT_FAULTS_H
#define ENTENTE_CONTRACT_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum place { PLACE_BODY, PLACE_PARAMETER, PLACE_HEADER };

struct fault {
  enum place place;
  const char *where;   /* a JSON pointer (RFC 6901) into the body, or a parameter's or header's name */
  const char *code;    /* a short word for programs: required, type, format, unknown … */
  const char *message; /* a sentence for people, which names what is allowed */
};

struct faults {
  struct fault *list;
  size_t count;   /* entries in `list`, at most FAULTS_MOST */
  size_t dropped; /* faults past that, counted only */
};

enum { FAULTS_MOST = 100 };

struct faults *faults_new(const void *parent);
/* `where` and the formatted message are copied; `code` must be a constant. */
void faults_add(struct faults *faults, enum place place, const char *where, const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The `errors` member of a problem document: [{pointer|parameter|header, code, message}]. A new reference. */
json_t *faults_json(const struct faults *faults);

/* The name in `names` (ended by NULL) nearest to `word` by edit distance, or NULL when none is near enough to be meant.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif

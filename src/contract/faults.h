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

struct places;

struct faults {
  struct fault *list;
  size_t count;          /* entries in `list`, at most FAULTS_MOST */
  size_t dropped;        /* faults past that, counted only */
  size_t known;          /* the first so many were found before the faulty parts were taken out (schema_remainder) */
  struct places *places; /* of the body, when faults are added for its normal form; or NULL */
};

enum { FAULTS_MOST = 100 };

struct faults *faults_new(const void *parent);
/* From now on, faults in the body are added for places in the normal form of `sent` (schema_normal), and kept as places
 * in `sent`, which must live as long. */
void faults_locate(struct faults *faults, const json_t *sent);
/* The item at `index` of the array at that place was taken out of the normal form: see places_remove. */
void faults_removed(struct faults *faults, const char *pointer, size_t index);
/* Is a part of the value at that place (in the normal form) missing, because a fault took it out? Then a rule cannot
 * tell what the value would be. */
bool faults_hide(const struct faults *faults, const char *pointer);
/* `where` and the formatted message are copied; `code` must be a constant. A fault at a place that faults_hide is not
 * added: it may only be a consequence. */
void faults_add(struct faults *faults, enum place place, const char *where, const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The `errors` member of a problem document: [{pointer|parameter|header, code, message}]. A new reference. */
json_t *faults_json(const struct faults *faults);

/* The name in `names` (ended by NULL) nearest to `word` by edit distance, or NULL when none is near enough to be meant.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif

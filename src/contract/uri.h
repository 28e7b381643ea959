/* The request target as it came over the wire (RFC 3986), taken apart without losing what a decoder hides. */
#ifndef ENTENTE_CONTRACT_URI_H
#define ENTENTE_CONTRACT_URI_H

#include <stdbool.h>
#include <stddef.h>

struct pair {
  const char *name, *value; /* decoded, valid UTF-8, no NUL and no control characters */
  bool refused;             /* by contract_check_query */
};

struct uri {
  const char **segments; /* of the path, decoded; a trailing slash yields an empty last segment */
  size_t segment_count;
  const char *path;   /* as it came, without the query */
  const char *query;  /* as it came, without the `?`; "" when absent */
  struct pair *pairs; /* of the query, in order */
  size_t pair_count;
};

/* Takes `raw` apart into memory owned by `parent`. On a broken escape, %00, bad UTF-8, a control character, an encoded
 * slash, a
 * `.` or `..` segment, or more than 500 pairs: NULL, and `*why` is a sentence or two, owned by `parent` if by anybody.
 * A `+` in the query is a space. */
struct uri *uri_read(const void *parent, const char *raw, const char **why);

#endif

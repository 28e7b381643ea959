/* Values of HTTP fields (RFC 9110, 5.6): lists of elements between commas, each with parameters between semicolons. A
 * comma or a semicolon within a quoted string separates nothing. */
#ifndef ENTENTE_BASE_FIELD_H
#define ENTENTE_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a field's value; points into it. */
struct span {
  const char *text;
  size_t length;
};

/* `NAME=VALUE`, or a name alone, whose value is empty. A quoted value has its quotes. */
struct field_pair {
  struct span name, value;
};

/* The next element of a list, without the white space around it; false at the end. Empty elements are passed over. */
bool field_element(const char **list, struct span *element);
/* Takes the next pair off the beginning of an element; false at the end. The first one is the element itself: the media
 * type, the coding, the preference. */
bool field_pair(struct span *element, struct field_pair *pair);
/* Whether the text is that token; case does not count. */
bool field_is(struct span text, const char *token);
/* The same of a value, which may be quoted. */
bool field_value_is(struct span value, const char *token);
/* The weight `q` among the parameters that follow: 0 to 1; 1 where there is none, 0 for one that is no number. */
double field_weight(struct span parameters);
/* Whether an element of the list is that token. */
bool field_lists(const char *list, const char *token);

#endif

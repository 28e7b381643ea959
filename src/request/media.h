/* Media types in headers (RFC 9110, 8.3 and 12.5.1). */
#ifndef ENTENTE_REQUEST_MEDIA_H
#define ENTENTE_REQUEST_MEDIA_H

#include <stdbool.h>

/* Whether an Accept header (NULL: none) takes one of the media types, which are ended by NULL; NULL takes any. */
bool accepts(const char *header, const char *const *types);
/* Whether it wants the type more than the other: by weight, or else by naming it. */
bool prefers(const char *header, const char *type, const char *other);

/* Whether a Content-Type, without its parameters, is that type; and the value of a parameter that it has, or NULL. */
bool media_is(const char *header, const char *type);
const char *media_parameter(const void *parent, const char *header, const char *name);

#endif

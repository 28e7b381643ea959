/* Accept is a list of ranges of media types, each with a weight (RFC 9110, 12.5.1). Of the ranges that cover a type the
 * most precise decides, and a weight of zero says no. Parameters other than the weight make no difference here. */
#include "api/call.h"

#include <stdlib.h>
#include <string.h>

enum { COVERS_NOT, COVERS_ALL, COVERS_KIND, COVERS_EXACTLY };

/* How precisely the range covers the type. */
static int covers(const char *range, size_t length, const char *type) {
  size_t kind = strcspn(type, "/") + 1; /* with the slash */
  if (length == 3 && memcmp(range, "*/*", 3) == 0) {
    return COVERS_ALL;
  }
  if (length == kind + 1 && range[kind] == '*' && strncasecmp(range, type, kind) == 0) {
    return COVERS_KIND;
  }
  return length == strlen(type) && strncasecmp(range, type, length) == 0 ? COVERS_EXACTLY : COVERS_NOT;
}

/* The weight that the parameters which follow a range give it. */
static double weight_of(const char *parameters, const char *end) {
  for (const char *at = parameters; at < end; at++) {
    if (*at == ';') {
      at += 1 + strspn(at + 1, " \t");
      if ((*at == 'q' || *at == 'Q') && at[1] == '=') {
        return strtod(at + 2, NULL);
      }
    }
  }
  return 1;
}

/* How much a header wants a type, and how precisely it says so. */
struct wish {
  double weight;
  int precise;
};

static struct wish wish_for(const char *header, const char *type) {
  struct wish wish = {.precise = COVERS_NOT};
  for (const char *at = header; *at != '\0';) {
    at += strspn(at, " \t,");
    const char *end = at + strcspn(at, ",");
    size_t length = strcspn(at, ";, \t");
    int precise = covers(at, length, type);
    if (precise > wish.precise) {
      wish.precise = precise;
      wish.weight = weight_of(at + length, end);
    }
    at = end;
  }
  return wish;
}

bool accepts(const char *header, const char *const *types) {
  if (header == NULL || types == NULL || header[strspn(header, " \t,")] == '\0') {
    return true;
  }
  for (; *types != NULL; types++) {
    if (strcmp(*types, "*/*") == 0 || wish_for(header, *types).weight > 0) {
      return true;
    }
  }
  return false;
}

bool prefers(const char *header, const char *type, const char *other) {
  if (header == NULL) {
    return false;
  }
  struct wish wish = wish_for(header, type), less = wish_for(header, other);
  bool as_much = wish.weight >= less.weight && wish.weight <= less.weight;
  return wish.weight > less.weight || (as_much && wish.weight > 0 && wish.precise > less.precise);
}

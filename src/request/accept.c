/* Accept is a list of ranges of media types, each with a weight (RFC 9110, 12.5.1). Of the ranges that cover a type the
 * most precise decides, and a weight of zero says no. Parameters other than the weight make no difference here. */
#include "base/field.h"
#include "request/media.h"

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

/* How much a header wants a type, and how precisely it says so. */
struct wish {
  double weight;
  int precise;
};

static struct wish wish_for(const char *header, const char *type) {
  struct wish wish = {.precise = COVERS_NOT};
  struct span element;
  struct field_pair range;
  while (field_element(&header, &element)) {
    int precise = field_pair(&element, &range) ? covers(range.name.text, range.name.length, type) : COVERS_NOT;
    if (precise > wish.precise) {
      wish.precise = precise;
      wish.weight = field_weight(element);
    }
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

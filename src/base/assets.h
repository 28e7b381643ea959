/* The files that are embedded in the program, by their path in the source tree ("openapi.yaml", "sql/…", "web/…"). */
#ifndef ENTENTE_BASE_ASSETS_H
#define ENTENTE_BASE_ASSETS_H

#include <stddef.h>

struct asset {
  const char *path;
  const char *data; /* ended by a NUL that is not counted */
  size_t size;
};

/* The file at exactly that path, or NULL. */
const struct asset *asset_find(const char *path);
/* The `index`th file whose path begins with `prefix`, in the order of their paths, or NULL past the last. */
const struct asset *asset_below(const char *prefix, size_t index);

#endif

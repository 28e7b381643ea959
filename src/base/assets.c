/* The table that mk/assets.sh writes, in the order of paths within each kind; small enough to be searched from its top.
 */
#include "base/assets.h"

#include <string.h>

extern const struct asset asset_table[] __attribute__((visibility("hidden")));

const struct asset *asset_find(const char *path) {
  for (const struct asset *asset = asset_table; asset->path != NULL; asset++) {
    if (strcmp(asset->path, path) == 0) {
      return asset;
    }
  }
  return NULL;
}

const struct asset *asset_below(const char *prefix, size_t index) {
  size_t length = strlen(prefix);
  for (const struct asset *asset = asset_table; asset->path != NULL; asset++) {
    if (strncmp(asset->path, prefix, length) == 0 && index-- == 0) {
      return asset;
    }
  }
  return NULL;
}

/* sql/…/queries.sql holds them one after another; a query is what stands between its line `-- name: NAME` and the next.
 */
#include "store/named.h"

#include "base/assets.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *named_query(const void *parent, const char *name) {
  char head[96];
  snprintf(head, sizeof head, "-- name: %s\n", name);
  const struct asset *file = asset_find("sql/sqlite/queries.sql");
  const char *start = file == NULL ? NULL : strstr(file->data, head);
  if (start == NULL) {
    log_line(LOG_ERROR, "there is no query named %s", name);
    abort();
  }
  start += strlen(head);
  const char *end = strstr(start, "-- name: ");
  return memory_slice(parent, start, end == NULL ? strlen(start) : (size_t)(end - start));
}

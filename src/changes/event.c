/* An event is named by the schema of its record and by what was done. */
#include "changes/event.h"

#include "base/memory.h"
#include "contract/contract.h"

#include <ctype.h>
#include <string.h>

const char *webhook_event(const void *memory, const struct contract *contract, const char *resource,
                          const char *operation) {
  static const char *const done[][2] = {{"create", "created"}, {"delete", "deleted"}};
  const struct resource *known = contract_resource(contract, resource);
  if (known == NULL) {
    return NULL;
  }
  const char *what = "updated";
  for (size_t i = 0; i < sizeof done / sizeof done[0]; i++) {
    what = strcmp(operation, done[i][0]) == 0 ? done[i][1] : what;
  }
  char *event = memory_print(memory, "%s.%s", known->schema->name, what);
  for (char *letter = event; *letter != '\0'; letter++) {
    *letter = (char)tolower((unsigned char)*letter);
  }
  return event;
}

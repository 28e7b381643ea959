/* Finding parts of a compiled contract by name. */
#include "contract/contract.h"

#include <string.h>

const struct resource *contract_resource(const struct contract *contract, const char *path) {
  for (size_t i = 0; i < contract->resource_count; i++) {
    if (strcmp(contract->resources[i].path, path) == 0) {
      return &contract->resources[i];
    }
  }
  return NULL;
}

const struct member *schema_member(const struct schema *schema, const char *name) {
  for (size_t i = 0; i < schema->member_count; i++) {
    if (strcmp(schema->members[i].name, name) == 0) {
      return &schema->members[i];
    }
  }
  return NULL;
}

/* The contract's loader: any text is a contract or is refused with words. One that is taken can be routed and checked
 * against without a slip, since nothing looks at its parts again. */
#include "fuzz.h"

#include "contract/uri.h"

static void use_operation(const struct contract *contract, const struct operation *operation) {
  const char *why = NULL;
  void *memory = talloc_new(NULL);
  struct uri *uri = uri_read(memory, operation->path, &why);
  struct route route = {0};
  if (uri != NULL) {
    contract_route(contract, operation->method, uri, &route);
    struct faults *faults = faults_new(memory);
    contract_check_query(operation, uri, faults);
  }
  if (operation->body != NULL) {
    json_t *empty = json_object();
    struct faults *faults = faults_new(memory);
    schema_check(operation->body, empty, "", faults);
    if (faults->count == 0) {
      json_decref(schema_normal(operation->body, empty));
    }
    json_decref(empty);
  }
  talloc_free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct error error = {0};
  struct contract *contract = contract_load((const char *)bytes, size, domain_formats, &error);
  if (contract == NULL) {
    must(error.text[0] != '\0', "a contract that is refused is refused with words");
    return 0;
  }
  must(contract->version != NULL && contract->document != NULL && contract->router != NULL, "a contract is whole");
  for (size_t i = 0; i < contract->operation_count; i++) {
    const struct operation *operation = &contract->operations[i];
    must(operation->id != NULL && operation->method != NULL && operation->path != NULL, "an operation has its names");
    must(operation->handler != NULL, "an operation has a handler");
    use_operation(contract, operation);
  }
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct resource *resource = &contract->resources[i];
    must(contract_resource(contract, resource->path) == resource, "a resource is found by its path");
    must(schema_member(resource->schema, resource->name) != NULL, "what names a record is a member");
  }
  contract_free(contract);
  return 0;
}

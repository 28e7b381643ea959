/* Compiling the contract: YAML becomes JSON, and the JSON becomes structs, in this order: components on demand,
 * resources (which need their schemas), operations (which need resources), the router, and at last the filters of each
 * list are written back into the JSON for those who read the contract with OpenAPI's tools.
 *
 * Everything hangs on the contract as talloc's parent, and all names point into the JSON, which lives as long. The
 * first thing that is not understood ends it, with a JSON pointer to the place: better no server than one that ignores
 * a line of its contract. */
#include "contract/load.h"

#include "base/memory.h"
#include "contract/filter.h"
#include "contract/yaml.h"

#include <string.h>

static void collect_components(struct loader *loader) {
  json_t *schemas = json_object_get(json_object_get(loader->document, "components"), "schemas");
  loader->components = memory_array(loader->contract, struct component, json_object_size(schemas) + 1);
  const char *name;
  json_t *node;
  json_object_foreach(schemas, name, node) {
    loader->components[loader->component_count++] = (struct component){.name = name, .node = node};
  }
}

/* What a filter takes, in the words of JSON Schema. */
static json_t *describe_value(const struct schema *schema) {
  json_t *words = json_object();
  const char *type = schema->kinds & KIND_STRING    ? "string"
                     : schema->kinds & KIND_INTEGER ? "integer"
                     : schema->kinds & KIND_NUMBER  ? "number"
                                                    : "boolean";
  json_object_set_new(words, "type", json_string(type));
  if (schema->format) {
    json_object_set_new(words, "format", json_string(schema->format->name));
  }
  if (schema->pattern) {
    json_object_set_new(words, "pattern", json_string(schema->pattern));
  }
  if (schema->values) {
    json_t *values = json_array();
    for (const char *const *value = schema->values; *value; value++) {
      json_array_append_new(values, json_string(*value));
    }
    json_object_set_new(words, "enum", values);
  }
  return words;
}

static json_t *describe_filter(const struct filter *filter) {
  json_t *schema = json_object();
  json_object_set_new(schema, "type", json_string("array"));
  json_object_set_new(schema, "items", describe_value(filter->schema));
  json_t *parameter = json_object();
  json_object_set_new(parameter, "name", json_string(filter->name));
  json_object_set_new(parameter, "in", json_string("query"));
  char *operators = filter_operators(NULL, filter);
  const char *own = filter->description ? filter->description : "";
  char *description = memory_print(operators, "%s%s%s%s", own, *own && *operators ? " " : "",
                                   *operators ? "Also with " : "", operators);
  json_object_set_new(parameter, "description", json_string(description));
  talloc_free(operators);
  json_object_set_new(parameter, "explode", json_true());
  json_object_set_new(parameter, "schema", schema);
  return parameter;
}

static void lower_case(char *text) {
  for (; *text; text++) {
    *text |= 0x20;
  }
}

static void write_out_filters(struct loader *loader) {
  for (size_t i = 0; i < loader->contract->operation_count; i++) {
    const struct operation *operation = &loader->contract->operations[i];
    if (!operation->filtered) {
      continue;
    }
    char method[8];
    snprintf(method, sizeof method, "%s", operation->method);
    lower_case(method);
    json_t *paths = json_object_get(loader->document, "paths");
    json_t *node = json_object_get(json_object_get(paths, operation->path), method);
    json_t *parameters = json_object_get(node, "parameters");
    if (!parameters) {
      parameters = json_array();
      json_object_set_new(node, "parameters", parameters);
    }
    for (size_t f = 0; f < operation->resource->filter_count; f++) {
      json_array_append_new(parameters, describe_filter(&operation->resource->filters[f]));
    }
  }
}

/* The paths of all resources, in the order of their schemas. A new reference. */
static json_t *list_resources(const json_t *document) {
  json_t *paths = json_array(), *component;
  const char *name;
  json_object_foreach(json_object_get(json_object_get(document, "components"), "schemas"), name, component) {
    json_t *path = json_object_get(json_object_get(component, "x-resource"), "path");
    if (path != NULL) {
      json_array_append(paths, path);
    }
  }
  return paths;
}

/* Makes of each `x-resources: true` an enumeration of them, so that a new resource is named in one place. */
static void name_resources(json_t *node, json_t *paths) {
  json_t *inner;
  const char *name;
  size_t index;
  if (json_is_true(json_object_get(node, "x-resources"))) {
    json_object_del(node, "x-resources");
    json_object_set(node, "enum", paths);
  }
  json_object_foreach(node, name, inner) {
    name_resources(inner, paths);
  }
  json_array_foreach(node, index, inner) {
    name_resources(inner, paths);
  }
}

static bool compile_head(struct loader *loader) {
  static const char *const known[] = {"openapi",  "info",       "servers",      "security",          "tags", "paths",
                                      "webhooks", "components", "externalDocs", "jsonSchemaDialect", NULL};
  if (!json_is_object(loader->document)) {
    return loader_fail(loader, NULL, "an object is expected here");
  }
  if (!loader_known(loader, NULL, loader->document, known)) {
    return false;
  }
  const char *openapi = loader_text(loader, NULL, loader->document, "openapi");
  if (!openapi) {
    return false;
  }
  if (strncmp(openapi, "3.1.", 4) != 0) {
    return loader_fail(loader, NULL, "`openapi` must be 3.1, not %s", openapi);
  }
  const struct place_in info = {NULL, "info"};
  loader->contract->version = loader_text(loader, &info, json_object_get(loader->document, "info"), "version");
  return loader->contract->version != NULL;
}

static int release_document(struct contract *contract) {
  json_decref((json_t *)(uintptr_t)contract->document);
  return 0;
}

struct contract *contract_load(const char *yaml, size_t size, const struct format *formats, struct error *error) {
  json_t *document = yaml_read(yaml, size, error);
  if (!document) {
    return NULL;
  }
  struct contract *contract = memory_new(NULL, struct contract);
  contract->document = document;
  talloc_set_destructor(contract, release_document);
  struct loader loader = {.contract = contract, .document = document, .formats = formats, .error = error};
  if (!compile_head(&loader)) {
    goto refused;
  }
  json_t *paths = list_resources(loader.document);
  name_resources(loader.document, paths);
  json_decref(paths);
  collect_components(&loader);
  if (!compile_resources(&loader) || !compile_operations(&loader)) {
    goto refused;
  }
  contract->router = compile_router(contract);
  write_out_filters(&loader);
  talloc_free(loader.components);
  return contract;
refused:
  contract_free(contract);
  return NULL;
}

void contract_free(struct contract *contract) {
  talloc_free(contract);
}

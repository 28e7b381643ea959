/* An operation is a path, a method and what stands below them. Parameters of the path must be those of its template;
 * those of headers belong to whoever reads the header; those of the query are compiled. A body is described by the
 * media types that it may have, and by one schema, that of its JSON. */
#include "contract/load.h"

#include "base/memory.h"

#include <string.h>

static const struct {
  const char *key, *method;
} methods[] = {{"get", "GET"},     {"post", "POST"},     {"put", "PUT"},
               {"patch", "PATCH"}, {"delete", "DELETE"}, {NULL, NULL}};

static bool compile_role(struct loader *loader, const struct place_in *at, const json_t *node, enum role *role) {
  static const char *const names[] = {[ROLE_NONE] = "none",     [ROLE_FEED] = "feed",     [ROLE_METRICS] = "metrics",
                                      [ROLE_READER] = "reader", [ROLE_EDITOR] = "editor", [ROLE_ADMIN] = "admin"};
  const char *name = loader_text(loader, at, node, "x-role");
  if (!name) {
    return false;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i], name) == 0) {
      *role = (enum role)i;
      return true;
    }
  }
  return loader_fail(loader, at, "the role `%s` is not known", name);
}

/* The default as a caller would have written it. */
static const char *default_text(const void *owner, const json_t *value) {
  if (json_is_string(value)) {
    return json_string_value(value);
  }
  if (json_is_integer(value)) {
    return memory_print(owner, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  }
  if (json_is_boolean(value)) {
    return json_is_true(value) ? "true" : "false";
  }
  return NULL;
}

static bool is_in_template(const char *path, const char *name) {
  size_t length = strlen(name);
  for (const char *open = path; (open = strchr(open, '{')); open++) {
    if (strncmp(open + 1, name, length) == 0 && open[1 + length] == '}') {
      return true;
    }
  }
  return false;
}

/* Adds it to the operation's parameters or headers. */
static bool compile_value(struct loader *loader, const struct place_in *at, const json_t *node, const char *name,
                          const struct parameter **list, size_t *count) {
  const struct place_in schema_at = {at, "schema"};
  const struct schema *schema = compile_schema(loader, &schema_at, json_object_get(node, "schema"));
  if (!schema) {
    return false;
  }
  const json_t *explode = json_object_get(node, "explode");
  struct parameter *parameters =
      memory_grow(loader->contract, (struct parameter *)(uintptr_t)*list, struct parameter, *count + 1);
  parameters[(*count)++] = (struct parameter){
      .name = name,
      .schema = schema,
      .required = json_is_true(json_object_get(node, "required")),
      .exploded = !explode || json_is_true(explode), /* OpenAPI's default for a query */
      .default_text = default_text(loader->contract, schema->default_value),
  };
  *list = parameters;
  return true;
}

/* Adds 1 to `variables` for a parameter of the path. */
static bool compile_parameter(struct loader *loader, const struct place_in *at, const json_t *node,
                              struct operation *operation, size_t *variables) {
  static const char *const known[] = {"name",    "in",    "description", "required",   "schema",
                                      "explode", "style", "example",     "deprecated", NULL};
  const json_t *parameter = loader_resolve(loader, at, node);
  if (!parameter || !loader_known(loader, at, parameter, known)) {
    return false;
  }
  const char *name = loader_text(loader, at, parameter, "name");
  const char *in = name ? loader_text(loader, at, parameter, "in") : NULL;
  if (!in) {
    return false;
  }
  if (strcmp(in, "query") == 0) {
    return compile_value(loader, at, parameter, name, &operation->parameters, &operation->parameter_count);
  }
  if (strcmp(in, "path") == 0) {
    ++*variables;
    return is_in_template(operation->path, name) || loader_fail(loader, at, "the path has no {%s}", name);
  }
  if (strcmp(in, "header") == 0) {
    return compile_value(loader, at, parameter, name, &operation->headers, &operation->header_count);
  }
  return loader_fail(loader, at, "a parameter cannot be in `%s`", in);
}

static bool compile_parameter_list(struct loader *loader, const struct place_in *at, const json_t *list,
                                   struct operation *operation, size_t *variables) {
  const struct place_in below = {at, "parameters"};
  size_t i;
  json_t *node;
  json_array_foreach((json_t *)(uintptr_t)list, i, node) {
    const char *index = memory_print(loader->contract, "%zu", i);
    const struct place_in here = {&below, index};
    if (!compile_parameter(loader, &here, node, operation, variables)) {
      return false;
    }
  }
  return true;
}

static bool compile_parameters(struct loader *loader, const struct place_in *at, const json_t *item, const json_t *node,
                               struct operation *operation) {
  size_t variables = 0, wanted = 0;
  for (const char *letter = operation->path; *letter; letter++) {
    wanted += *letter == '{';
  }
  if (wanted > ROUTE_VARIABLES) {
    return loader_fail(loader, at, "the path has more than %d variables", ROUTE_VARIABLES);
  }
  if (!compile_parameter_list(loader, at->up, json_object_get(item, "parameters"), operation, &variables) ||
      !compile_parameter_list(loader, at, json_object_get(node, "parameters"), operation, &variables)) {
    return false;
  }
  if (variables != wanted) {
    return loader_fail(loader, at, "the path has %zu variables, and %zu are declared", wanted, variables);
  }
  for (size_t i = 0; operation->filtered && i < operation->parameter_count; i++) {
    for (size_t f = 0; f < operation->resource->filter_count; f++) {
      if (strcmp(operation->parameters[i].name, operation->resource->filters[f].name) == 0) {
        return loader_fail(loader, at, "`%s` is a parameter and a filter", operation->parameters[i].name);
      }
    }
  }
  return true;
}

static bool is_json(const char *media_type) {
  size_t length = strlen(media_type);
  return strcmp(media_type, "application/json") == 0 || (length > 5 && strcmp(media_type + length - 5, "+json") == 0);
}

static bool compile_body(struct loader *loader, const struct place_in *at, const json_t *node,
                         struct operation *operation) {
  static const char *const known[] = {"description", "required", "content", NULL};
  static const char *const known_content[] = {"schema", "example", "examples", NULL};
  const struct place_in here = {at, "requestBody"}, below = {&here, "content"};
  const json_t *body = loader_resolve(loader, &here, node);
  if (!body || !loader_known(loader, &here, body, known)) {
    return false;
  }
  json_t *content = json_object_get(body, "content");
  if (json_object_size(content) == 0) {
    return loader_fail(loader, &here, "`content` must name a media type");
  }
  operation->body_required = json_is_true(json_object_get(body, "required"));
  const char **types = memory_array(loader->contract, const char *, json_object_size(content) + 1);
  operation->media_types = types;
  const char *type;
  json_t *entry;
  json_object_foreach(content, type, entry) {
    const struct place_in type_at = {&below, type}, schema_at = {&type_at, "schema"};
    *types++ = type;
    if (!loader_known(loader, &type_at, entry, known_content)) {
      return false;
    }
    const json_t *schema = json_object_get(entry, "schema");
    bool plain = strcmp(type, "application/json") == 0; /* goes before its kin */
    if (schema && is_json(type) && (plain || !operation->body)) {
      operation->body = compile_schema(loader, &schema_at, schema);
      if (!operation->body) {
        return false;
      }
    }
  }
  return true;
}

static void add_answer_types(struct loader *loader, const json_t *response, struct operation *operation) {
  size_t count = 0;
  while (operation->answer_types && operation->answer_types[count]) {
    count++;
  }
  const char *type;
  json_t *entry;
  json_object_foreach(json_object_get(response, "content"), type, entry) {
    const char **types =
        memory_grow(loader->contract, (const char **)(uintptr_t)operation->answer_types, const char *, count + 2);
    types[count++] = type;
    types[count] = NULL;
    operation->answer_types = types;
  }
}

static bool compile_answers(struct loader *loader, const struct place_in *at, const json_t *responses,
                            struct operation *operation) {
  const struct place_in below = {at, "responses"};
  const char *status;
  json_t *node;
  json_object_foreach((json_t *)(uintptr_t)responses, status, node) {
    const struct place_in here = {&below, status};
    const json_t *response = loader_resolve(loader, &here, node);
    if (!response) {
      return false;
    }
    if (status[0] == '2') {
      add_answer_types(loader, response, operation);
    }
  }
  return true;
}

static bool compile_resource_of(struct loader *loader, const struct place_in *at, const json_t *node,
                                struct operation *operation) {
  const json_t *path = json_object_get(node, "x-resource");
  operation->filtered = json_is_true(json_object_get(node, "x-filtered"));
  if (path) {
    operation->resource = json_is_string(path) ? contract_resource(loader->contract, json_string_value(path)) : NULL;
    if (!operation->resource) {
      return loader_fail(loader, at, "`x-resource` names no resource");
    }
  }
  return operation->resource || !operation->filtered || loader_fail(loader, at, "`x-filtered` needs `x-resource`");
}

static bool read_limit(struct loader *loader, const struct place_in *at, const json_t *node, const char *key,
                       size_t *out) {
  const json_t *limit = json_object_get(node, key);
  if (limit && json_integer_value(limit) <= 0) {
    return loader_fail(loader, at, "`%s` must be a number of bytes", key);
  }
  *out = (size_t)json_integer_value(limit);
  return true;
}

static bool compile_operation(struct loader *loader, const struct place_in *at, const json_t *item, const json_t *node,
                              struct operation *operation) {
  static const char *const known[] = {"operationId",        "summary",   "description", "tags",       "parameters",
                                      "requestBody",        "responses", "security",    "deprecated", "externalDocs",
                                      "x-handler",          "x-role",    "x-resource",  "x-filtered", "x-body-limit",
                                      "x-body-limit-local", "x-public",  "x-unlimited", NULL};
  if (!loader_known(loader, at, node, known) || !(operation->id = loader_text(loader, at, node, "operationId")) ||
      !(operation->handler = loader_text(loader, at, node, "x-handler")) ||
      !compile_role(loader, at, node, &operation->role) || !compile_resource_of(loader, at, node, operation)) {
    return false;
  }
  operation->open = json_is_true(json_object_get(node, "x-public"));
  if (operation->open && (strcmp(operation->method, "GET") != 0 || operation->role != ROLE_READER)) {
    return loader_fail(loader, at, "`x-public` opens what readers may read, and nothing else");
  }
  const char *variable = strchr(operation->path, '{');
  bool carries = variable != NULL && strchr(variable + 1, '{') == NULL && strcmp(operation->method, "GET") == 0;
  if (operation->role == ROLE_FEED && !carries) {
    return loader_fail(loader, at, "the role `feed` reads by a token that is the path's only variable");
  }
  for (size_t i = 0; i < operation->index; i++) {
    if (strcmp(loader->contract->operations[i].id, operation->id) == 0) {
      return loader_fail(loader, at, "there are two operations `%s`", operation->id);
    }
  }
  if (!read_limit(loader, at, node, "x-body-limit", &operation->body_limit) ||
      !read_limit(loader, at, node, "x-body-limit-local", &operation->local_body_limit)) {
    return false;
  }
  operation->unlimited = json_is_true(json_object_get(node, "x-unlimited"));
  const json_t *body = json_object_get(node, "requestBody");
  return compile_parameters(loader, at, item, node, operation) &&
         (!body || compile_body(loader, at, body, operation)) &&
         compile_answers(loader, at, json_object_get(node, "responses"), operation);
}

/* A path is made of whole segments, each a literal or one variable. */
static bool check_template(struct loader *loader, const struct place_in *at) {
  size_t segments = 0;
  if (at->key[0] != '/') {
    return loader_fail(loader, at, "a path begins with a slash");
  }
  for (const char *slash = at->key; *slash; segments++) {
    const char *segment = slash + 1;
    size_t length = strcspn(segment, "/");
    size_t plain = strcspn(segment, "{}/");
    bool variable = plain == 0 && length > 2 && strcspn(segment, "}") == length - 1 && segment[0] == '{' &&
                    !memchr(segment + 1, '{', length - 1);
    if (plain < length && !variable) {
      return loader_fail(loader, at, "a variable must be a whole segment");
    }
    slash = segment + length;
  }
  return segments <= ROUTE_SEGMENTS || loader_fail(loader, at, "the path has too many segments");
}

static bool compile_path(struct loader *loader, const struct place_in *at, const json_t *item,
                         struct operation *operations) {
  static const char *const known[] = {"get",        "post",    "put",         "patch", "delete",
                                      "parameters", "summary", "description", NULL};
  if (!loader_known(loader, at, item, known) || !check_template(loader, at)) {
    return false;
  }
  for (size_t i = 0; methods[i].key; i++) {
    const json_t *node = json_object_get(item, methods[i].key);
    if (node) {
      const struct place_in here = {at, methods[i].key};
      struct operation *operation = &operations[loader->contract->operation_count];
      *operation =
          (struct operation){.method = methods[i].method, .path = at->key, .index = loader->contract->operation_count};
      if (!compile_operation(loader, &here, item, node, operation)) {
        return false;
      }
      loader->contract->operation_count++;
    }
  }
  return true;
}

bool compile_operations(struct loader *loader) {
  json_t *paths = json_object_get(loader->document, "paths");
  const struct place_in below = {NULL, "paths"};
  size_t most = json_object_size(paths) * (sizeof methods / sizeof *methods);
  struct operation *operations = memory_array(loader->contract, struct operation, most + 1);
  loader->contract->operations = operations;
  const char *path;
  json_t *item;
  json_object_foreach(paths, path, item) {
    const struct place_in here = {&below, path};
    if (!compile_path(loader, &here, item, operations)) {
      return false;
    }
  }
  return true;
}

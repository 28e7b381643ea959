/* Request targets: a line `METHOD TARGET` (without a method: GET). What is taken apart is clean text; what is routed
 * has a value for each variable; a query without faults has a value for each required parameter; all of it within the
 * contract. */
#include "fuzz.h"

#include "contract/characters.h"
#include "contract/uri.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

/* Moves `*text` past a method and a space. */
static const char *take_method(const char **text) {
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    size_t length = strlen(methods[i]);
    if (strncmp(*text, methods[i], length) == 0 && (*text)[length] == ' ') {
      *text += length + 1;
      return methods[i];
    }
  }
  return "GET";
}

static void must_be_clean(const char *text) {
  must(characters_clean(text, strlen(text), ""), "decoded text is UTF-8 without control characters");
}

static void look_at_parts(const struct uri *uri, const char *raw) {
  size_t path_length = strlen(uri->path);
  must(strncmp(raw, uri->path, path_length) == 0, "the path is kept as it came");
  must(raw[path_length] == '\0' || strcmp(raw + path_length + 1, uri->query) == 0, "the query is kept as it came");
  must(uri->segment_count > 0, "a path has a segment");
  for (size_t i = 0; i < uri->segment_count; i++) {
    must_be_clean(uri->segments[i]);
    must(strchr(uri->segments[i], '/') == NULL, "a segment holds no slash");
    must(strcmp(uri->segments[i], "..") != 0 && strcmp(uri->segments[i], ".") != 0, "a segment is no dot segment");
  }
  for (size_t i = 0; i < uri->pair_count; i++) {
    must_be_clean(uri->pairs[i].name);
    must_be_clean(uri->pairs[i].value);
  }
}

static void look_at_query(const struct operation *operation, struct uri *uri) {
  struct faults *faults = faults_new(NULL);
  contract_check_query(operation, uri, faults);
  for (size_t i = 0; i < operation->parameter_count; i++) {
    const struct parameter *parameter = &operation->parameters[i];
    const char *value = contract_parameter(operation, uri, parameter->name);
    must(value != NULL || faults->count > 0 || !parameter->required, "a required parameter is there or a fault");
    must(value != NULL || parameter->default_text == NULL, "a parameter with a default has a value");
  }
  json_t *told = faults_json(faults);
  char *text = json_dumps(told, JSON_COMPACT);
  must(text != NULL, "faults are JSON");
  free(text);
  json_decref(told);
  talloc_free(faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const struct contract *contract = served_contract();
  void *memory = talloc_new(NULL);
  const char *raw = memory_slice(memory, (const char *)bytes, size), *why = NULL;
  const char *method = take_method(&raw);
  struct uri *uri = uri_read(memory, raw, &why);
  must((uri == NULL) == (why != NULL), "a target is taken apart or there is a reason");
  if (uri != NULL) {
    look_at_parts(uri, raw);
    struct route route = {0};
    contract_route(contract, method, uri, &route);
    must(route.operation == NULL || route.allowed[0] != '\0', "a path that is found tells its methods");
    must(memchr(route.allowed, '\0', sizeof route.allowed) != NULL, "the list of methods ends");
    if (route.operation != NULL) {
      size_t variables = 0;
      for (const char *at = route.operation->path; (at = strchr(at, '{')) != NULL; at++) {
        must(route.values[variables++] != NULL, "every variable of a path has a value");
      }
      look_at_query(route.operation, uri);
    }
  }
  talloc_free(memory);
  return 0;
}

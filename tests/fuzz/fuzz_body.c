/* Bodies: the first line names a schema of the contract (any other picks one), the rest is a body, and after a line
 * `---` a merge patch for it. What passes the check has a normal form that passes too and is its own normal form; a
 * patch applied twice is a patch applied once; faults are well-formed JSON. */
#include "fuzz.h"

#include "contract/json.h"

enum { SCHEMAS_MOST = 200 };

static const struct schema *schemas[SCHEMAS_MOST];
static size_t schema_count;

/* Every named schema that a body can reach. */
static void collect(const struct schema *schema) {
  if (schema == NULL) {
    return;
  }
  for (size_t i = 0; i < schema_count; i++) {
    if (schemas[i] == schema) {
      return;
    }
  }
  if (schema->name != NULL && schema_count < SCHEMAS_MOST) {
    schemas[schema_count++] = schema;
  }
  collect(schema->items);
  for (size_t i = 0; i < schema->member_count; i++) {
    collect(schema->members[i].schema);
  }
}

static void collect_all(const struct contract *contract) {
  for (size_t i = 0; i < contract->operation_count; i++) {
    collect(contract->operations[i].body);
  }
  for (size_t i = 0; i < contract->resource_count; i++) {
    collect(contract->resources[i].schema);
  }
  must(schema_count > 0, "the contract has bodies");
}

static const struct schema *chosen(const char *name, size_t length) {
  size_t sum = 0;
  for (size_t i = 0; i < schema_count; i++) {
    if (strlen(schemas[i]->name) == length && memcmp(schemas[i]->name, name, length) == 0) {
      return schemas[i];
    }
  }
  for (size_t i = 0; i < length; i++) {
    sum += (unsigned char)name[i];
  }
  return schemas[sum % schema_count];
}

/* Whether the check finds nothing; what it found last is in `last_faults`. */
static char *last_faults;

static bool passes(const struct schema *schema, const json_t *value) {
  struct faults *faults = faults_new(NULL);
  schema_check(schema, value, "", faults);
  bool sound = faults->count == 0;
  must(faults->dropped == 0 || faults->count == FAULTS_MOST, "only a full list of faults drops some");
  json_t *told = faults_json(faults);
  char *text = json_dumps(told, JSON_COMPACT);
  must(text != NULL, "faults are JSON");
  must(json_array_size(told) >= faults->count, "every fault is told");
  free(last_faults);
  last_faults = text;
  json_decref(told);
  talloc_free(faults);
  return sound;
}

/* An absent member that is neither nullable nor has a default (an agreement's stage) is null in the normal form:
 * whoever stores it derives it. */
static void drop_derived(const struct schema *schema, json_t *normal) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    if (!(member->schema->kinds & KIND_NULL) && json_is_null(json_object_get(normal, member->name))) {
      json_object_del(normal, member->name);
    }
  }
}

static void look_at(const struct schema *schema, const json_t *value) {
  if (!passes(schema, value)) {
    return;
  }
  json_t *normal = schema_normal(schema, value);
  must(normal != NULL, "what passes has a normal form");
  json_t *again = schema_normal(schema, normal);
  must(json_equal(normal, again), "a normal form is its own normal form");
  drop_derived(schema, normal);
  if (!passes(schema, normal)) {
    fprintf(stderr, "%s\n", last_faults);
    must(false, "a normal form passes the check");
  }
  json_decref(again);
  json_decref(normal);
}

/* Makes the value tidy. */
static void look_at_tidy(const struct schema *schema, json_t *value) {
  schema_tidy(schema, value);
  json_t *again = json_deep_copy(value);
  schema_tidy(schema, again);
  must(json_equal(value, again), "what is tidy stays as it is");
  json_decref(again);
}

static void look_at_patch(const struct schema *schema, const json_t *value, const json_t *patch) {
  json_t *before = json_deep_copy(value), *patched = json_merge_patch(value, patch);
  json_t *again = json_merge_patch(patched, patch);
  must(json_equal(value, before), "a patch leaves its target alone");
  must(json_equal(patched, again), "a patch applied twice is a patch applied once");
  look_at(schema, patched);
  json_decref(again);
  json_decref(patched);
  json_decref(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (schema_count == 0) {
    collect_all(served_contract());
  }
  const char *text = (const char *)bytes, *end = text + size;
  const char *line = size > 0 ? memchr(text, '\n', size) : NULL;
  if (line == NULL) {
    return 0;
  }
  const struct schema *schema = chosen(text, (size_t)(line - text));
  const char *body = line + 1, *mark = memmem(body, (size_t)(end - body), "\n---\n", 5);
  struct json_problem problem;
  json_t *value = json_read(body, (size_t)((mark != NULL ? mark : end) - body), &json_default_limits, &problem);
  if (value == NULL) {
    must(problem.line > 0 && problem.column > 0 && problem.message[0] != '\0', "a JSON problem has a place and words");
    return 0;
  }
  look_at_tidy(schema, value);
  look_at(schema, value);
  if (mark != NULL) {
    json_t *patch = json_read(mark + 5, (size_t)(end - mark - 5), &json_default_limits, &problem);
    if (patch != NULL) {
      look_at_patch(schema, value, patch);
    }
    json_decref(patch);
  }
  json_decref(value);
  return 0;
}

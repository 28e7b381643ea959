/* A document is bytes in which the members of the schema stand in their order (the store has looked, when it was
 * opened), so members are cut out of it without being read. */
#include "records/fields.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/json.h"
#include "request/call.h"

#include <string.h>

static size_t member_place(const struct schema *schema, const char *name, size_t length) {
  size_t i = 0;
  while (i < schema->member_count &&
         (strlen(schema->members[i].name) != length || memcmp(schema->members[i].name, name, length) != 0)) {
    i++;
  }
  return i;
}

static void fault_unknown(struct call *call, const struct schema *schema, const char *name) {
  const char **names = memory_array(call->memory, const char *, schema->member_count + 1);
  for (size_t i = 0; i < schema->member_count; i++) {
    names[i] = schema->members[i].name;
  }
  const char *near = nearest_name(name, names);
  if (near != NULL) {
    faults_add(call->faults, PLACE_PARAMETER, "fields", "unknown",
               "`%s` is not a member of these records; did you mean `%s`?", name, near);
    return;
  }
  struct text *list = text_new(call->memory);
  for (size_t i = 0; i < schema->member_count; i++) {
    text_addf(list, "%s%s", i == 0 ? "" : ", ", names[i]);
  }
  faults_add(call->faults, PLACE_PARAMETER, "fields", "unknown", "`%s` is not a member of these records; they have %s",
             name, list->data);
}

struct fields read_fields(struct call *call) {
  const struct schema *schema = call->resource->schema;
  const char *at = contract_parameter_items(call->memory, call->operation, call->uri, "fields");
  if (at == NULL) {
    return (struct fields){NULL};
  }
  bool *shown = memory_array(call->memory, bool, schema->member_count);
  for (;; at++) {
    size_t length = strcspn(at, ","), place = member_place(schema, at, length);
    if (place < schema->member_count) {
      shown[place] = true;
    } else {
      fault_unknown(call, schema, memory_slice(call->memory, at, length));
    }
    at += length;
    if (*at == '\0') {
      return (struct fields){shown};
    }
  }
}

struct fields fields_of_table(struct call *call, const struct fields *fields) {
  const struct schema *schema = call->resource->schema;
  if (!call->visibility->open) {
    return *fields;
  }
  bool *shown = memory_array(call->memory, bool, schema->member_count);
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    shown[i] = (fields->shown == NULL || fields->shown[i]) && !member->internal;
    if (fields->shown != NULL && fields->shown[i] && member->internal) {
      faults_add(call->faults, PLACE_PARAMETER, "fields", "internal", "`%s` requires a token", member->name);
    }
  }
  return (struct fields){shown};
}

struct blob *fields_cut(const struct fields *fields, struct blob *document) {
  if (fields->shown == NULL || document == NULL) {
    return document;
  }
  struct blob *cut = blob_new(NULL, document->size);
  char *out = cut->data;
  *out++ = '{';
  const char *at = document->data + 1, *end = document->data + document->size;
  for (size_t i = 0; at != NULL && at < end; i++) {
    const char *colon = json_past_string(at, end);
    const char *past = colon == NULL ? NULL : json_past_value(colon + 1, end);
    if (past != NULL && fields->shown[i]) {
      if (out > cut->data + 1) {
        *out++ = ',';
      }
      memcpy(out, at, (size_t)(past - at));
      out += past - at;
    }
    at = past == NULL ? NULL : past + 1; /* the comma, or the brace at the end */
  }
  *out++ = '}';
  *out = '\0';
  cut->size = (size_t)(out - cut->data);
  blob_drop(document);
  return cut;
}

const struct schema *fields_schema(const void *parent, const struct fields *fields, const struct schema *schema) {
  if (fields->shown == NULL) {
    return schema;
  }
  struct schema *some = memory_new(parent, struct schema);
  struct member *members = memory_array(some, struct member, schema->member_count);
  *some = *schema;
  some->members = members;
  some->member_count = 0;
  for (size_t i = 0; i < schema->member_count; i++) {
    if (fields->shown[i]) {
      members[some->member_count++] = schema->members[i];
    }
  }
  return some;
}

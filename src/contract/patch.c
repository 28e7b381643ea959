/* A merge patch (RFC 7396) is checked once it is merged; a null that stands for a member which does not exist leaves no
 * trace there, so it is looked for before. */
#include "contract/patch.h"

#include "base/memory.h"
#include "contract/suggest.h"

void patch_check_names(const void *memory, const struct schema *schema, const json_t *patch, const char *at,
                       struct faults *faults) {
  const char **names = memory_array(memory, const char *, schema->member_count + 1);
  for (size_t i = 0; i < schema->member_count; i++) {
    names[i] = schema->members[i].name;
  }
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
    const struct member *member = schema_member(schema, name);
    const char *inner = memory_print(memory, "%s/%s", at, name);
    if (json_is_null(value) && member == NULL && !schema->open) {
      const char *near = nearest_name(name, names);
      faults_add(faults, PLACE_BODY, inner, "unknown", "is not a known member%s%s",
                 near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
    } else if (json_is_object(value) && member != NULL && (member->schema->kinds & KIND_OBJECT) != 0) {
      patch_check_names(memory, member->schema, value, inner, faults);
    }
  }
}

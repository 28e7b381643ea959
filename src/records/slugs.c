/* A slug is derived from the best of a record's names. When it is taken it gets a number, of which one statement finds
 * the first that is free; when those are taken, too, the end of the record's id, and at last the whole id, which is
 * nobody else's. */
#include "records/slugs.h"

#include "base/memory.h"
#include "domain/slug.h"

#include <stdio.h>
#include <string.h>

/* -- what is free -------------------------------------------------------------------------------------------------- */

/* Whether something else stands at the address that the slug would have (/v1/organizations/match). */
static bool is_address(const struct change *change, const char *slug) {
  char *path = memory_print(NULL, "/v1/%s/%s", change->resource->path, slug);
  size_t i = 0;
  while (i < change->contract->operation_count && strcmp(change->contract->operations[i].path, path) != 0) {
    i++;
  }
  talloc_free(path);
  return i < change->contract->operation_count;
}

bool slug_is_free(struct change *change, const char *slug, const char *own_id) {
  struct found found;
  return !is_address(change, slug) &&
         (!resource_find_meant(change->db, change->resource, slug, &found) || strcmp(found.id, own_id) == 0);
}

const char *slug_why_taken(struct change *change, const char *slug) {
  struct found found;
  return resource_find_meant(change->db, change->resource, slug, &found)
             ? memory_print(change->memory, "the slug %s already belongs to %s", slug, found.id)
             : memory_print(change->memory, "the slug %s is already in use", slug);
}

/* -- the best name ------------------------------------------------------------------------------------------------- */

/* The better first. */
enum rank { RANK_NAME, RANK_ENGLISH, RANK_OTHER, RANK_ACRONYM, RANK_FORMER, RANK_PART, RANK_NONE };

struct best {
  enum rank rank;
  char slug[SLUG_SIZE];
};

static void consider(struct best *best, enum rank rank, const char *name) {
  char slug[SLUG_SIZE];
  bool latin = slug_from_name(name, slug);
  if (!latin) { /* a number alone says nothing of a name in another script */
    rank = rank == RANK_NAME && strpbrk(slug, "abcdefghijklmnopqrstuvwxyz") != NULL ? RANK_PART : RANK_NONE;
  }
  if (slug[0] != '\0' && rank < best->rank) {
    best->rank = rank;
    memcpy(best->slug, slug, sizeof slug);
  }
}

static enum rank rank_of(const json_t *name) {
  const char *kind = json_string_value(json_object_get(name, "kind"));
  const char *lang = json_string_value(json_object_get(name, "lang"));
  if (kind != NULL && strcmp(kind, "acronym") == 0) {
    return RANK_ACRONYM;
  }
  if (kind != NULL && strcmp(kind, "former") == 0) {
    return RANK_FORMER;
  }
  return lang != NULL && strncmp(lang, "en", 2) == 0 && (lang[2] == '\0' || lang[2] == '-') ? RANK_ENGLISH : RANK_OTHER;
}

/* Looks at the names that the contract says are names of the record. */
static void consider_names(struct best *best, const struct resource *resource, const json_t *normal) {
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    const json_t *names = json_object_get(normal, member->name);
    if (member->searched != SEARCHED_NAME || !json_is_array(names)) {
      continue;
    }
    for (size_t j = 0; j < json_array_size(names); j++) {
      const json_t *name = json_array_get(names, j);
      const char *value = json_string_value(json_object_get(name, "value"));
      if (value != NULL) {
        consider(best, rank_of(name), value);
      }
    }
  }
}

/* -- deriving ------------------------------------------------------------------------------------------------------ */

void slug_derive(struct change *change, const json_t *normal, const char *id, char out[65]) {
  const struct resource *resource = change->resource;
  const char *random = id + strlen(resource->prefix) + 1, *tail = id + strlen(id) - 8;
  struct best best = {.rank = RANK_NONE};
  const char *name = json_string_value(json_object_get(normal, resource->name));
  consider(&best, RANK_NAME, name);
  consider_names(&best, resource, normal);
  const char *base = best.rank == RANK_NONE ? resource->prefix : best.slug;
  char tries[4][65];
  snprintf(tries[0], sizeof tries[0], "%s", best.rank == RANK_NONE ? "" : base);
  snprintf(tries[2], sizeof tries[2], "%.53s-%s", base, tail);
  snprintf(tries[3], sizeof tries[3], "%.36s-%s", base, random);
  for (size_t i = best.rank == RANK_NONE ? 2 : 0; i < 4 && db_failure(change->db) == DB_OK; i++) {
    if (i == 1) {
      char stem[54];
      snprintf(stem, sizeof stem, "%.53s", base);
      int64_t number = resource_free_number(change->db, resource, stem);
      if (number == 0) {
        continue;
      }
      snprintf(tries[1], sizeof tries[1], "%s-%d", stem, (int)number);
    }
    snprintf(out, 65, "%s", tries[i]);
    if (slug_is_free(change, out, id)) {
      return;
    }
  }
}

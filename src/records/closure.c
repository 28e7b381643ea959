/* A breadth-first walk. Each organization that was reached is a node, which knows the node before it and the step
 * between them, so that a path is read backwards. A table of hashes finds the node of an organization. */
#include "records/closure.h"

#include "base/hash.h"
#include "base/memory.h"
#include "store/db.h"

enum { SLOTS_FIRST = 64 };

struct node {
  int64_t organization;
  size_t before;                   /* the node from which it was reached */
  const struct closure_step *step; /* NULL: the organization itself */
};

struct closure {
  struct db *db;
  char on[DAY_SIZE];
  struct node *nodes;
  size_t count, under_visit;
  uint32_t *slots; /* 1 + the place of a node, or 0 */
  size_t slot_count;
};

static size_t slot_of(const struct closure *closure, int64_t organization) {
  size_t slot = hash_number(HASH_START, (uint64_t)organization) % closure->slot_count;
  while (closure->slots[slot] != 0 && closure->nodes[closure->slots[slot] - 1].organization != organization) {
    slot = (slot + 1) % closure->slot_count;
  }
  return slot;
}

/* Room for twice as many nodes as there are, with half of the slots free. */
static void make_room(struct closure *closure) {
  closure->slot_count = closure->slot_count == 0 ? SLOTS_FIRST : closure->slot_count * 2;
  talloc_free(closure->slots);
  closure->slots = memory_array(closure, uint32_t, closure->slot_count);
  closure->nodes = memory_grow(closure, closure->nodes, struct node, closure->slot_count / 2);
  for (size_t i = 0; i < closure->count; i++) {
    closure->slots[slot_of(closure, closure->nodes[i].organization)] = (uint32_t)i + 1;
  }
}

static void add_node(struct closure *closure, int64_t organization, size_t before, const struct closure_step *step) {
  size_t slot = slot_of(closure, organization);
  if (closure->slots[slot] != 0) {
    return;
  }
  if (closure->count == closure->slot_count / 2) {
    make_room(closure);
    slot = slot_of(closure, organization);
  }
  closure->nodes[closure->count] = (struct node){organization, before, step};
  closure->slots[slot] = (uint32_t)++closure->count;
}

struct closure *closure_new(const void *parent, struct db *db, int64_t organization, day on) {
  struct closure *closure = memory_new(parent, struct closure);
  closure->db = db;
  day_print(on, closure->on);
  make_room(closure);
  add_node(closure, organization, 0, NULL);
  return closure;
}

/* Forgets all but the organization itself. The last that came is taken out first: a slot that is emptied before those
 * that were put behind it would hide them. */
static void begin_anew(struct closure *closure) {
  for (size_t i = closure->count; i-- > 1;) {
    closure->slots[slot_of(closure, closure->nodes[i].organization)] = 0;
  }
  closure->count = 1;
}

static void add_neighbours(struct closure *closure, size_t from, const struct closure_step *step) {
  struct query *query = db_named(closure->db, step->up ? "coverage-above" : "coverage-below");
  query_bind_int(query, 1, closure->nodes[from].organization);
  query_bind_text(query, 2, closure->on);
  query_bind_text(query, 3, step->type);
  while (query_step(query) == STEP_ROW) {
    add_node(closure, query_int(query, 0), from, step);
  }
  query_end(query);
}

void closure_walk(struct closure *closure, const struct closure_step *const *steps,
                  bool (*visit)(void *argument, struct closure *closure, int64_t organization), void *argument) {
  bool goes_on = true;
  begin_anew(closure);
  for (size_t i = 0; i < closure->count && goes_on && db_failure(closure->db) == DB_OK; i++) {
    closure->under_visit = i;
    goes_on = i == 0 || visit(argument, closure, closure->nodes[i].organization);
    for (const struct closure_step *const *step = steps; goes_on && *step != NULL; step++) {
      add_neighbours(closure, i, *step);
    }
  }
  closure->under_visit = 0;
}

json_t *closure_reference(struct closure *closure, int64_t organization) {
  json_t *reference = NULL;
  struct query *query = db_named(closure->db, "organization-reference");
  query_bind_int(query, 1, organization);
  if (query_step(query) == STEP_ROW) {
    reference = json_pack("{s:s, s:s, s:s}", "id", query_text(query, 0), "slug", query_text(query, 1), "name",
                          query_text(query, 2));
  }
  query_end(query);
  return reference == NULL ? json_object() : reference; /* the database failed */
}

json_t *closure_path(struct closure *closure) {
  json_t *path = memory_checked(json_array());
  for (size_t i = closure->under_visit; i > 0; i = closure->nodes[i].before) {
    const struct node *node = &closure->nodes[i];
    json_array_insert_new(path, 0,
                          json_pack("{s:s, s:o}", "type", node->step->name, "organization",
                                    closure_reference(closure, node->organization)));
  }
  return path;
}

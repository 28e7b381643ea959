/* Twice, for the nodes and for the edges, the organizations are walked in their order, and of each its agreements.
 *
 * What is selected is found before, by one statement, and kept as a bit for each agreement. While it is little, its
 * parties are kept, too: then these are walked, and nothing else is looked at. What is more is walked as everything is,
 * along the index of the parties, and looked up among the bits; so the conditions are tested once for each agreement,
 * however often it comes by.
 *
 * The neighbours of one organization are counted in a table, which ends with it. */
#include "store/graph.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/typeid.h"
#include "store/public_views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LOOKS = 64,          /* rows at a time */
  PLACES_MOST = 65536, /* parties of what is selected that are kept: a megabyte */
  SLOTS_FIRST = 64,    /* of the table of neighbours */
  SLOTS_KEPT = 1024    /* a larger one is let go */
};

enum phase { PHASE_BEGIN, PHASE_SELECT, PHASE_WALK };

struct membership {
  int64_t organization, agreement;
};

struct neighbour {
  int64_t organization;
  int64_t agreement; /* the last that was counted: an organization may be a party twice */
  int64_t agreements, in_force;
};

struct graph {
  struct db *db;
  const struct selection *selection;
  enum phase phase;
  /* What is selected: */
  struct query *selecting; /* or NULL, as all statements that are not under way */
  unsigned char *bits;     /* by pk; NULL: all are, or there are places */
  size_t size;
  bool few; /* there are places: all of them, in order when the selection is over */
  struct membership *places;
  size_t place_count;
  /* The walk: */
  struct query *organizations, *agreements;
  size_t at;                       /* of the places */
  int64_t organization, agreement; /* at which it is; 0: none */
  int64_t count;                   /* of its agreements */
  /* Its neighbours, in order when they are told: */
  struct neighbour *neighbours;
  uint32_t *slots; /* 1 + the place of a neighbour, or 0 */
  size_t slot_count, neighbour_count, told;
  bool telling;
  char source[TYPEID_SIZE];
};

static void end(struct query **query) {
  if (*query != NULL) {
    query_end(*query);
    *query = NULL;
  }
}

static int end_statements(struct graph *graph) {
  end(&graph->selecting);
  end(&graph->organizations);
  end(&graph->agreements);
  return 0;
}

struct graph *graph_new(const void *parent, struct db *db, const struct selection *selection) {
  struct graph *graph = memory_new(parent, struct graph);
  graph->db = db;
  graph->selection = selection;
  talloc_set_destructor(graph, end_statements);
  return graph;
}

/* -- what is selected ---------------------------------------------------------------------------------------------- */

static void select_agreement(struct graph *graph, int64_t pk) {
  size_t byte = (size_t)pk / 8;
  if (byte >= graph->size) {
    size_t size = byte < graph->size * 2 ? graph->size * 2 : byte + 1;
    graph->bits = memory_grow(graph, graph->bits, unsigned char, size);
    memset(graph->bits + graph->size, 0, size - graph->size);
    graph->size = size;
  }
  graph->bits[byte] |= (unsigned char)(1 << pk % 8);
}

static bool is_selected(const struct graph *graph, int64_t pk) {
  size_t byte = (size_t)pk / 8;
  return graph->bits == NULL || (byte < graph->size && (graph->bits[byte] >> pk % 8 & 1) != 0);
}

/* The statement of that name, or the other one, which counts parties only on the day that is asked for ($3). */
static struct query *named(struct graph *graph, const char *name, const char *name_on) {
  struct query *query = db_named(graph->db, graph->selection->dated ? name_on : name);
  if (graph->selection->dated) {
    query_bind_text(query, 3, graph->selection->today);
  }
  return query;
}

static struct query *parties_of(struct graph *graph, int64_t agreement, int64_t after) {
  struct query *query = named(graph, "graph-parties", "graph-parties-on");
  query_bind_int(query, 1, agreement);
  query_bind_int(query, 2, after);
  return query;
}

/* Keeps the parties of an agreement, or none any more when they are too many. False when the database failed. */
static bool keep_places(struct graph *graph, int64_t agreement) {
  struct query *parties = parties_of(graph, agreement, 0);
  enum step step = STEP_DONE;
  while (graph->few && (step = query_step(parties)) == STEP_ROW) {
    if (graph->place_count == PLACES_MOST) {
      graph->few = false;
    } else {
      graph->places[graph->place_count++] =
          (struct membership){.organization = query_int(parties, 0), .agreement = agreement};
    }
  }
  query_end(parties);
  return step != STEP_FAILED;
}

static int compare_places(const void *first, const void *second) {
  const struct membership *a = first, *b = second;
  if (a->organization != b->organization) {
    return a->organization < b->organization ? -1 : 1;
  }
  return a->agreement < b->agreement ? -1 : a->agreement > b->agreement;
}

/* One of the two ways to know what is selected is enough. */
static void end_selection(struct graph *graph) {
  end(&graph->selecting);
  graph->phase = PHASE_WALK;
  if (graph->few) {
    qsort(graph->places, graph->place_count, sizeof *graph->places, compare_places);
    talloc_free(graph->bits);
    graph->bits = NULL;
  } else {
    talloc_free(graph->places);
    graph->places = NULL;
  }
}

static void begin_selection(struct graph *graph) {
  struct sql sql = {.text = text_new(NULL)};
  const char *table = public_views_table(graph->db, graph->selection->resource);
  text_addf(sql.text, "SELECT t.pk FROM \"%s\" t WHERE true", table);
  sql_add_selection(&sql, graph->selection);
  graph->selecting = db_query(graph->db, sql.text->data);
  sql_bind(graph->selecting, &sql);
  talloc_free(sql.text);
  graph->places = memory_array(graph, struct membership, PLACES_MOST);
  graph->few = true;
  select_agreement(graph, 0); /* which there is none of: from here on there are bits */
}

static enum graph_step select_some(struct graph *graph) {
  if (graph->selecting == NULL) {
    begin_selection(graph);
  }
  for (int looks = 0; looks < LOOKS; looks++) {
    enum step step = query_step(graph->selecting);
    if (step != STEP_ROW) {
      end_selection(graph);
      return step == STEP_DONE ? GRAPH_MORE : GRAPH_FAILED;
    }
    int64_t pk = query_int(graph->selecting, 0);
    select_agreement(graph, pk);
    if (graph->few && !keep_places(graph, pk)) {
      return GRAPH_FAILED;
    }
  }
  return GRAPH_MORE;
}

/* Looks whether there is anything to walk through, which costs nothing, before what is selected is found, which may
 * take its time. */
static enum graph_step begin(struct graph *graph) {
  struct query *query = db_named(graph->db, "graph-organizations");
  enum step step = query_step(query);
  query_end(query);
  graph->phase = step == STEP_ROW && !selection_is_all(graph->selection) ? PHASE_SELECT : PHASE_WALK;
  return step == STEP_FAILED ? GRAPH_FAILED : GRAPH_MORE;
}

/* -- the walk ------------------------------------------------------------------------------------------------------ */

/* Goes to the next organization; to none behind the last. False when the database failed. */
static bool next_organization(struct graph *graph) {
  graph->agreement = graph->count = 0;
  if (graph->few) {
    bool over = graph->at == graph->place_count;
    graph->organization = over ? 0 : graph->places[graph->at].organization;
    graph->at = over ? 0 : graph->at;
    return true;
  }
  if (graph->organizations == NULL) {
    graph->organizations = db_named(graph->db, "graph-organizations");
  }
  enum step step = query_step(graph->organizations);
  if (step != STEP_ROW) {
    end(&graph->organizations);
    graph->organization = 0;
    return step == STEP_DONE;
  }
  graph->organization = query_int(graph->organizations, 0);
  graph->agreements = named(graph, "graph-agreements", "graph-agreements-on");
  query_bind_int(graph->agreements, 1, graph->organization);
  return true;
}

/* Goes to the next of its agreements; `fits`: it is selected, and another one than the last. */
static enum step next_agreement(struct graph *graph, bool *fits) {
  int64_t last = graph->agreement;
  if (graph->few) {
    const struct membership *place = &graph->places[graph->at];
    if (graph->at == graph->place_count || place->organization != graph->organization) {
      return STEP_DONE;
    }
    graph->at++;
    graph->agreement = place->agreement;
    *fits = graph->agreement != last;
    return STEP_ROW;
  }
  enum step step = query_step(graph->agreements);
  if (step != STEP_ROW) {
    end(&graph->agreements);
    return step;
  }
  graph->agreement = query_int(graph->agreements, 0);
  *fits = graph->agreement != last && is_selected(graph, graph->agreement);
  return STEP_ROW;
}

/* -- nodes --------------------------------------------------------------------------------------------------------- */

static enum graph_step tell_node(struct graph *graph, void (*tell)(void *argument, const struct graph_node *node),
                                 void *argument) {
  struct query *query = db_named(graph->db, "graph-organization");
  query_bind_int(query, 1, graph->organization);
  enum step step = query_step(query);
  if (step == STEP_ROW) {
    const struct graph_node node = {.id = query_text(query, 0),
                                    .slug = query_text(query, 1),
                                    .name = query_text(query, 2),
                                    .names = query_text(query, 3),
                                    .kind = query_text(query, 4),
                                    .country = query_text(query, 5),
                                    .agreements = graph->count};
    tell(argument, &node);
  }
  query_end(query);
  return step == STEP_ROW ? GRAPH_MORE : GRAPH_FAILED;
}

enum graph_step graph_nodes(struct graph *graph, void (*tell)(void *argument, const struct graph_node *node),
                            void *argument) {
  if (graph->phase != PHASE_WALK) {
    return graph->phase == PHASE_BEGIN ? begin(graph) : select_some(graph);
  }
  if (graph->organization == 0) {
    if (!next_organization(graph)) {
      return GRAPH_FAILED;
    }
    if (graph->organization == 0) {
      return GRAPH_OVER;
    }
  }
  for (int looks = 0; looks < LOOKS; looks++) {
    bool fits = false;
    enum step step = next_agreement(graph, &fits);
    if (step != STEP_ROW) {
      enum graph_step told = step == STEP_FAILED ? GRAPH_FAILED
                             : graph->count == 0 ? GRAPH_MORE
                                                 : tell_node(graph, tell, argument);
      graph->organization = 0;
      return told;
    }
    graph->count += fits;
  }
  return GRAPH_MORE;
}

/* -- neighbours ---------------------------------------------------------------------------------------------------- */

/* The slot of a neighbour, or the free one where it belongs. */
static size_t slot_of(const struct graph *graph, int64_t organization) {
  size_t slot = (size_t)((uint64_t)organization * 11400714819323198485ULL >> 32) & (graph->slot_count - 1);
  while (graph->slots[slot] != 0 && graph->neighbours[graph->slots[slot] - 1].organization != organization) {
    slot = (slot + 1) & (graph->slot_count - 1);
  }
  return slot;
}

static void make_slots(struct graph *graph, size_t count) {
  talloc_free(graph->slots);
  graph->slots = memory_array(graph, uint32_t, count);
  graph->slot_count = count;
  graph->neighbours = memory_grow(graph, graph->neighbours, struct neighbour, count / 2);
  for (size_t i = 0; i < graph->neighbour_count; i++) {
    graph->slots[slot_of(graph, graph->neighbours[i].organization)] = (uint32_t)i + 1;
  }
}

static void clear_neighbours(struct graph *graph) {
  graph->neighbour_count = graph->told = 0;
  if (graph->slot_count == 0 || graph->slot_count > SLOTS_KEPT) {
    make_slots(graph, SLOTS_FIRST);
  } else {
    memset(graph->slots, 0, graph->slot_count * sizeof *graph->slots);
  }
}

static struct neighbour *neighbour(struct graph *graph, int64_t organization) {
  size_t slot = slot_of(graph, organization);
  if (graph->slots[slot] == 0) {
    if (graph->neighbour_count == graph->slot_count / 2) {
      make_slots(graph, graph->slot_count * 2);
      slot = slot_of(graph, organization);
    }
    graph->neighbours[graph->neighbour_count] = (struct neighbour){.organization = organization};
    graph->slots[slot] = (uint32_t)++graph->neighbour_count;
  }
  return &graph->neighbours[graph->slots[slot] - 1];
}

/* Counts the agreement for all its parties that come after the organization; *looks is how many rows that took. */
static bool count_parties(struct graph *graph, int *looks) {
  struct query *parties = parties_of(graph, graph->agreement, graph->organization);
  enum step step;
  for (; (step = query_step(parties)) == STEP_ROW; ++*looks) {
    struct neighbour *other = neighbour(graph, query_int(parties, 0));
    if (other->agreement != graph->agreement) {
      other->agreement = graph->agreement;
      other->agreements++;
      other->in_force += query_int(parties, 1);
    }
  }
  query_end(parties);
  return step == STEP_DONE;
}

/* -- edges --------------------------------------------------------------------------------------------------------- */

static int compare_neighbours(const void *first, const void *second) {
  const struct neighbour *a = first, *b = second;
  return a->organization < b->organization ? -1 : a->organization > b->organization;
}

static bool read_id(struct graph *graph, int64_t organization, char id[TYPEID_SIZE]) {
  struct query *query = db_named(graph->db, "graph-id");
  query_bind_int(query, 1, organization);
  bool found = query_step(query) == STEP_ROW;
  if (found) {
    snprintf(id, TYPEID_SIZE, "%s", query_text(query, 0));
  }
  query_end(query);
  return found;
}

static enum graph_step tell_edge(struct graph *graph, void (*tell)(void *argument, const struct graph_edge *edge),
                                 void *argument) {
  const struct neighbour *other = &graph->neighbours[graph->told++];
  char target[TYPEID_SIZE];
  if (!read_id(graph, other->organization, target)) {
    return GRAPH_FAILED;
  }
  const struct graph_edge edge = {
      .source = graph->source, .target = target, .agreements = other->agreements, .in_force = other->in_force};
  tell(argument, &edge);
  if (graph->told == graph->neighbour_count) {
    graph->telling = false;
    graph->organization = 0;
  }
  return GRAPH_MORE;
}

/* The organization's agreements are all counted. */
static enum graph_step end_neighbours(struct graph *graph) {
  if (graph->neighbour_count == 0) {
    graph->organization = 0;
    return GRAPH_MORE;
  }
  qsort(graph->neighbours, graph->neighbour_count, sizeof *graph->neighbours, compare_neighbours);
  graph->telling = true;
  return read_id(graph, graph->organization, graph->source) ? GRAPH_MORE : GRAPH_FAILED;
}

enum graph_step graph_edges(struct graph *graph, void (*tell)(void *argument, const struct graph_edge *edge),
                            void *argument) {
  if (graph->telling) {
    return tell_edge(graph, tell, argument);
  }
  if (graph->organization == 0) {
    if (!next_organization(graph)) {
      return GRAPH_FAILED;
    }
    if (graph->organization == 0) {
      return GRAPH_OVER;
    }
    clear_neighbours(graph);
  }
  for (int looks = 0; looks < LOOKS; looks++) {
    bool fits = false;
    enum step step = next_agreement(graph, &fits);
    if (step != STEP_ROW) {
      return step == STEP_FAILED ? GRAPH_FAILED : end_neighbours(graph);
    }
    if (fits && !count_parties(graph, &looks)) {
      return GRAPH_FAILED;
    }
  }
  return GRAPH_MORE;
}

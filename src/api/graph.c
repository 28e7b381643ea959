/* The graph of the agreements that a list's filters leave, as JSON that is made while it is sent: nodes, then edges. */
#include "store/graph.h"
#include "api/handlers.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/day.h"
#include "records/filters.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/chunks.h"

#include <string.h>

struct drawing {
  struct chunks chunks;
  struct call *call;
  const struct selection *selection;
  struct graph *graph; /* NULL: nothing was looked at yet */
  bool edges;          /* the nodes are over */
  bool more;           /* there was one before in this list */
};

static int release(struct drawing *drawing) {
  talloc_free(drawing->graph);
  chunks_end(&drawing->chunks);
  return 0;
}

static void add_text(struct text *out, const char *member, const char *value) {
  text_addf(out, ",\"%s\":", member);
  if (value == NULL) {
    text_add(out, "null");
  } else {
    text_add_json(out, value);
  }
}

static void begin_item(struct drawing *drawing) {
  text_add(drawing->chunks.ready, drawing->more ? ",{" : "{");
  drawing->more = true;
}

/* What is in ids needs no escapes. */
static void add_node(void *argument, const struct graph_node *node) {
  struct drawing *drawing = argument;
  struct text *out = drawing->chunks.ready;
  char *name = name_for_reader(drawing->call, drawing, node->name, node->names);
  begin_item(drawing);
  text_addf(out, "\"id\":\"%s\"", node->id);
  add_text(out, "slug", node->slug);
  add_text(out, "name", name);
  add_text(out, "kind", node->kind);
  add_text(out, "country", node->country);
  text_addf(out, ",\"agreements\":%lld}", (long long)node->agreements);
  talloc_free(name);
}

static void add_edge(void *argument, const struct graph_edge *edge) {
  struct drawing *drawing = argument;
  begin_item(drawing);
  text_addf(drawing->chunks.ready, "\"source\":\"%s\",\"target\":\"%s\",\"agreements\":%lld,\"in_force\":%lld}",
            edge->source, edge->target, (long long)edge->agreements, (long long)edge->in_force);
}

static bool draw(struct chunks *chunks) {
  struct drawing *drawing = (struct drawing *)chunks;
  if (drawing->graph == NULL) {
    drawing->graph = graph_new(drawing, chunks->db, drawing->selection);
  }
  enum graph_step step =
      drawing->edges ? graph_edges(drawing->graph, add_edge, drawing) : graph_nodes(drawing->graph, add_node, drawing);
  if (step == GRAPH_OVER && drawing->edges) {
    text_add(chunks->ready, "]}");
    talloc_free(drawing->graph);
    drawing->graph = NULL;
    chunks_end(chunks);
  } else if (step == GRAPH_OVER) {
    text_add(chunks->ready, "],\"edges\":[");
    drawing->edges = true;
    drawing->more = false;
  }
  return step != GRAPH_FAILED;
}

void handle_graph(struct call *call) {
  const struct selection *selection = read_selection(call);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  struct drawing *drawing = memory_new(NULL, struct drawing);
  talloc_set_destructor(drawing, release);
  chunks_of_call(call, &drawing->chunks, draw);
  drawing->call = call;
  drawing->selection = selection;
  text_add(drawing->chunks.ready, "{\"nodes\":[");
  const char *language = call->request->accept_language;
  uint64_t mark = hash_text(HASH_START, call->request->target);
  mark = hash_text(mark, language == NULL ? "" : language);
  mark = hash_number(mark, (uint64_t)clock_today());
  answer_chunks(call, &drawing->chunks, media_json, mark);
}

/* The graph of a selection of agreements: its nodes are the organizations that are parties, whatever their role, and
 * between each two that are so in the same agreements there is an edge. It is walked in small steps, nodes first, so
 * that whoever walks it may do other things in between, on a connection that stays in one state of the registry. */
#ifndef ENTENTE_STORE_GRAPH_H
#define ENTENTE_STORE_GRAPH_H

#include "store/selection.h"

struct graph;

struct graph_node {
  const char *id, *slug, *name, *names, *kind, *country; /* of the organization; country may be NULL */
  int64_t agreements;                                    /* that it is a party of, once or more often; never 0 */
};

struct graph_edge {
  const char *source, *target; /* ids of organizations; the source is the one that was made first */
  int64_t agreements, in_force;
};

enum graph_step { GRAPH_FAILED, GRAPH_MORE, GRAPH_OVER };

/* A walk through the graph of agreements that are selected; of all of them when there are no conditions. `db` and
 * `selection` have to stay. Freeing it ends its statements. */
struct graph *graph_new(const void *parent, struct db *db, const struct selection *selection);
/* Goes on for a tenth of a millisecond or so, and tells of one node at most, in the order in which the organizations
 * were made; texts are valid during the call only. GRAPH_MORE: there may be more. GRAPH_FAILED when the database
 * failed. */
enum graph_step graph_nodes(struct graph *graph, void (*tell)(void *argument, const struct graph_node *node),
                            void *argument);
/* The same for the edges, when the nodes are over: by source, then by target. */
enum graph_step graph_edges(struct graph *graph, void (*tell)(void *argument, const struct graph_edge *edge),
                            void *argument);

#endif

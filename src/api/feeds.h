/* Calendar feeds. */
#ifndef ENTENTE_API_FEEDS_H
#define ENTENTE_API_FEEDS_H

struct call;

/* Adds faults at /query to call->faults: what the list of agreements does not take of a feed's query. Inside a write.
 */
void feed_check_query(struct call *call, const char *query);

#endif

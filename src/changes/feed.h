/* The feed of changes: the history in the order of its numbers, as pages of JSON (api/changes.c) and as server-sent
 * events (WHATWG HTML, 9.2) that a follower takes for as long as it likes. */
#ifndef ENTENTE_CHANGES_FEED_H
#define ENTENTE_CHANGES_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct feed;
struct follower;
struct resource;
struct store;
struct worker;

/* The feed of the process, owned by `parent`. */
struct feed *feed_new(const void *parent, struct store *store);

/* A follower of the changes with numbers after that one, of one resource or, with NULL, of all. `from_now`: that was
 * the end of the log, and the client is told which number it is. Owned by `memory`. */
struct follower *follower_new(const void *memory, struct feed *feed, const struct resource *resource, int64_t after,
                              bool from_now);

/* A reply's follower (request/request.h) lives as long as its call; it is used by one thread at a time, with that
 * thread's worker.
 */

/* Looks whether the log has grown; what comes later is not seen before it is called again. Cheap when nothing was
 * committed. */
void follower_refresh(struct follower *follower, struct worker *worker);
/* Whether follower_take would give something. Looks through a few blocks of the log at most: see follower_behind. */
bool follower_ready(struct follower *follower, struct worker *worker);
/* Writes up to `room` bytes of what comes next; 0: nothing yet. An event may be split over calls, and after 0 none is
 * under way. -1: the database failed, and the stream should end. */
ssize_t follower_take(struct follower *follower, struct worker *worker, char *out, size_t room);
/* Whether there is more of the log to look through, though nothing was found so far. */
bool follower_behind(struct follower *follower);

#endif

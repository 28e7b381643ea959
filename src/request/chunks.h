/* An answer that is made while it is sent: of a size that nobody knows before, from one state of the registry, in
 * chunks of the taker's choosing. It goes with its call, and ends its state of the registry when it is over or goes. */
#ifndef ENTENTE_REQUEST_CHUNKS_H
#define ENTENTE_REQUEST_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct chunks;

enum { CHUNKS_OVER = 0, CHUNKS_FAILED = -1, CHUNKS_LATER = -2 };

/* Writes up to `room` bytes of what comes next. It does not fill the room at any price: after some tenths of a
 * millisecond it gives what there is, so that whoever takes it can look whether they are still wanted. CHUNKS_LATER:
 * there is nothing yet, but may be when it is asked again. CHUNKS_OVER: that was all. CHUNKS_FAILED: whoever has got
 * the bytes so far must learn that they are not the whole. One thread at a time, any. */
ssize_t chunks_take(struct chunks *chunks, char *out, size_t room);

/* -- for who makes them -------------------------------------------------------------------------------------------- */

struct call;
struct db;
struct snapshots;
struct text;

/* What all such answers have, as the first member of what one of them has besides. */
struct chunks {
  struct snapshots *snapshots;
  struct db *db; /* NULL: there is nothing to come */
  bool open;
  /* Adds to `ready` what comes next, or nothing when it has not found that in about a tenth of a millisecond; or ends.
   * False when it failed. */
  bool (*make)(struct chunks *chunks);
  struct text *ready; /* of which `given` bytes were taken */
  size_t given;
};

/* Makes chunks, a talloc context without a parent, those of the call, which frees them. Their destructor has to end
 * what they do in the database, and then them (chunks_end). */
void chunks_of_call(struct call *call, struct chunks *chunks, bool (*make)(struct chunks *chunks));
/* Answers with what is ready and what the chunks will make, the first of it at once, so that what fails then is still
 * answered with a problem. To HEAD there is nothing to give. `mark` stands for all that was asked. */
void answer_chunks(struct call *call, struct chunks *chunks, const char *content_type, uint64_t mark);
/* There is nothing to come: gives the state of the registry back. No statement may be under way on it. */
void chunks_end(struct chunks *chunks);

#endif

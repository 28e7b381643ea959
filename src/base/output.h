/* Files that are written. Such a file appears under its name only when it is whole and on the disk; until then it is
 * NAME.part, which is always made anew, for its owner alone. */
#ifndef ENTENTE_BASE_OUTPUT_H
#define ENTENTE_BASE_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct output;

/* Removes NAME.part and creates it exclusively, with mode 0600, following no link. Refuses a NAME that is something
 * else than a regular file: a link, a folder, a pipe, a device. NULL with the reason. Freed before it is published, it
 * leaves nothing behind. */
struct output *output_open(const void *parent, const char *name, struct error *error);
/* To write to; closed with the output. */
FILE *output_stream(struct output *output);
/* The descriptor of the part, and its path for those who write by name. */
int output_file(struct output *output);
const char *output_part(const struct output *output);
/* Adds what the file at `from` holds. */
bool output_copy(struct output *output, const char *from, struct error *error);
/* Flushes the part; publishing does so, too. */
bool output_flush(struct output *output, struct error *error);
/* Flushes the part, gives it its name, and flushes the folder; frees the output in any case. */
bool output_publish(struct output *output, struct error *error);

/* Gives a whole file on the disk another name, by copying where that is on another file system. `from` is gone
 * afterwards in any case. */
bool output_move(const char *from, const char *name, struct error *error);
/* Whether NAME is free, or a regular file that may be replaced. */
bool output_may_replace(const char *name, struct error *error);
/* Flushes the folder that holds NAME, so that what was made, renamed or removed there is on the disk. */
bool output_flush_folder(const char *name, struct error *error);

#endif

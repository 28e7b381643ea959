/* Private to the store: the writer thread and its queue. */
#ifndef ENTENTE_STORE_WRITER_H
#define ENTENTE_STORE_WRITER_H

#include "store/store.h"

struct changes;
struct writer;

/* Starts the thread; `db` is the writer's from here on. */
struct writer *writer_start(struct db *db, const struct store_options *options, struct error *error);
/* Finishes what is queued and ends the thread; false when a flush has failed. Does not close `db`. */
bool writer_stop(struct writer *writer);
bool writer_submit(struct writer *writer, struct write *write);
uint64_t writer_commits(const struct writer *writer);
const struct changes *writer_changes(const struct writer *writer);
bool writer_broken(const struct writer *writer);
bool writer_full(const struct writer *writer);
void writer_on_broken(struct writer *writer, void (*tell)(void *argument), void *argument);
void writer_on_commit(struct writer *writer, void (*tell)(void *argument), void *argument);
void writer_forget_commit(struct writer *writer, void *argument);
void writer_counts(struct writer *writer, struct store_counts *counts);

#endif

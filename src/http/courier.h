/* Delivers webhooks, on a thread of its own, from the outbox to their receivers. */
#ifndef ENTENTE_HTTP_COURIER_H
#define ENTENTE_HTTP_COURIER_H

#include "base/error.h"

struct api;
struct courier;
struct text;

/* libcurl's global state must have been made. NULL with the reason on failure. */
struct courier *courier_start(struct api *api, struct error *error);
/* Tells the thread to end, and returns at once. Transfers under way are dropped; they are made again at the next start.
 * NULL is allowed, as below. */
void courier_hurry(struct courier *courier);
/* Waits for the thread, which waits for what it has handed to the writer, and frees everything. */
void courier_stop(struct courier *courier);
/* Prometheus text. */
void courier_add_metrics(const struct courier *courier, struct text *out);

#endif

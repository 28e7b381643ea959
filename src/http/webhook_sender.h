/* Delivers webhooks, on a thread of its own, from the outbox to their receivers. */
#ifndef ENTENTE_HTTP_WEBHOOK_SENDER_H
#define ENTENTE_HTTP_WEBHOOK_SENDER_H

#include "base/error.h"

struct api;
struct webhook_sender;
struct text;

/* libcurl's global state must have been made. NULL with the reason on failure. */
struct webhook_sender *webhook_sender_start(struct api *api, struct error *error);
/* Tells the thread to end, and returns at once. Transfers under way are dropped; they are made again at the next start.
 * NULL is allowed, as below. */
void webhook_sender_hurry(struct webhook_sender *sender);
/* Waits for the thread, which waits for what it has handed to the writer, and frees everything. */
void webhook_sender_stop(struct webhook_sender *sender);
/* Prometheus text. */
void webhook_sender_add_metrics(const struct webhook_sender *sender, struct text *out);

#endif

/* What the handlers of records share with those of their history. */
#ifndef ENTENTE_API_HISTORY_H
#define ENTENTE_API_HISTORY_H

struct call;

/* Answers that there is no record where the address leads: not found, or gone with the way to its history. */
void answer_no_record(struct call *call);
/* Answers with a document of the history: that of ?revision= or ?known_at=. */
void answer_as_it_stood(struct call *call);

#endif

/* What the list of a resource is asked for, besides by its own requests. */
#ifndef ENTENTE_API_LISTS_H
#define ENTENTE_API_LISTS_H

struct call;

/* Answers with the calendar of the agreements that the call's address, which is one of their list, asks for. */
void answer_calendar(struct call *call);
/* Adds to call->faults what keeps that address from being one of a calendar. */
void check_calendar(struct call *call);

#endif

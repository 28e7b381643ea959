/* Agreements as calendars. */
#ifndef ENTENTE_API_CALENDAR_H
#define ENTENTE_API_CALENDAR_H

#include <stdbool.h>

struct blob;
struct call;
struct page_request;
struct text;

/* Narrows the list of agreements to those that have events: whose current period has an end that can be told. */
void calendar_narrow(struct call *call, struct page_request *page);
/* How the calendar that the call asks for is called; lives as long as the call. */
const char *calendar_name(const struct call *call);
/* Adds the events of an agreement, whose document it is. False when that is not as the contract has it. */
bool calendar_add_document(struct text *out, const struct blob *document);

#endif

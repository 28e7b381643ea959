/* Lists as a whole, record by record: NDJSON, CSV and calendars; and the export, which is all of them. */
#ifndef ENTENTE_API_ROWS_H
#define ENTENTE_API_ROWS_H

#include <stdint.h>

struct call;
struct fields;
struct page_request;

enum list_format { LIST_JSON, LIST_NDJSON, LIST_CSV, LIST_ICS };

/* What the caller of a list wants: `format=` says it, or else Accept. */
enum list_format format_asked(const struct call *call);

/* Adds to call->faults what the query says that is for pages, or for documents, and not for that format. */
void check_rows(struct call *call, enum list_format format);

/* Answers with all records that a list's filters leave, in its order, or as many of them as `limit` says, and those
 * `fields` of them. The query was checked for that format (check_rows). `mark` stands for filters and order. `page` and
 * `fields` live as long as the call. */
void answer_rows(struct call *call, const struct page_request *page, const struct fields *fields, uint64_t mark,
                 enum list_format format);

#endif

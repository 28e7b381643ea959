/* The handlers, by the files that have them. handlers.c names them all; nothing else calls them. */
#ifndef ENTENTE_API_HANDLERS_H
#define ENTENTE_API_HANDLERS_H

#include "request/call.h"

extern const struct handler handlers[];
extern const size_t handler_count;

void find_create_faults(struct call *call);
void find_replace_faults(struct call *call);
void find_token_faults(struct call *call);
void find_webhook_faults(struct call *call);
void find_list_faults(struct call *call);
void find_filter_faults(struct call *call);
void find_search_faults(struct call *call);
void find_match_faults(struct call *call);
void find_coverage_faults(struct call *call);

void accept_session_create(struct call *call);
void accept_session_end(struct call *call);
void accept_token_revoke(struct call *call);

void handle_list(struct call *call);
void handle_search(struct call *call);
void handle_organization_match(struct call *call);
void handle_create(struct call *call);
void handle_get(struct call *call);
void handle_replace(struct call *call);
void handle_patch(struct call *call);
void handle_delete(struct call *call);
void handle_merge(struct call *call);
void handle_agreement_status(struct call *call);
void handle_stats(struct call *call);
void handle_graph(struct call *call);
void handle_coverage(struct call *call);
void handle_history(struct call *call);
void handle_changes(struct call *call);
void handle_changes_ticket(struct call *call);
void handle_import(struct call *call);
void handle_export(struct call *call);
void handle_calendar(struct call *call);
void handle_token_list(struct call *call);
void handle_token_get(struct call *call);
void handle_token_create(struct call *call);
void handle_token_revoke(struct call *call);
void handle_session_create(struct call *call);
void handle_session_get(struct call *call);
void handle_session_end(struct call *call);
void handle_webhook_list(struct call *call);
void handle_webhook_create(struct call *call);
void handle_webhook_get(struct call *call);
void handle_webhook_patch(struct call *call);
void handle_webhook_delete(struct call *call);
void handle_webhook_rotate(struct call *call);
void handle_webhook_deliveries(struct call *call);
void handle_webhook_redeliver(struct call *call);
void handle_backup(struct call *call);
void handle_check(struct call *call);
void handle_health(struct call *call);
void handle_ready(struct call *call);
void handle_metrics(struct call *call);
void handle_contract_yaml(struct call *call);
void handle_contract_json(struct call *call);
void handle_problem(struct call *call);
void handle_page(struct call *call);
void handle_asset(struct call *call);
void handle_document(struct call *call);

#endif

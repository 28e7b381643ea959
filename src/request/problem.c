/* The table is the list: what is not in it cannot be answered. */
#include "request/problem.h"

#include <string.h>

static const struct problem problems[] = {
    {"malformed-request", 400, "Malformed request",
     "The request line, the path or a header violates the rules of HTTP or of URLs: an invalid percent escape, "
     "a control character, or a framing that two programs could read differently. Nothing was read or written."},
    {"malformed-json", 400, "Malformed JSON",
     "The body cannot be parsed as JSON, contains a member twice, or is nested too deeply. The detail names "
     "line and column."},
    {"invalid-parameter", 400, "Invalid parameter or header",
     "A parameter is unknown, misspelled or repeated, or the value of a parameter or header is not allowed. An "
     "unknown filter is refused, because ignoring it would return the whole list. `errors` lists all errors."},
    {"invalid-cursor", 400, "The cursor does not belong to this list",
     "A cursor is only valid for the list, the filters and the order that it was returned for. Start again "
     "without it."},
    {"unauthorized", 401, "A valid token is required",
     "Send a token as `Authorization: Bearer TOKEN` or as the user name of Basic authentication, or sign in at "
     "the dashboard. The token that was sent, if any, is unknown, revoked, expired or malformed."},
    {"forbidden", 403, "The role of the token does not allow this",
     "Readers read, editors also write, and admins also manage tokens and webhooks. A token of the role "
     "metrics reads /metrics only."},
    {"cross-site", 403, "The write may come from another site",
     "A browser sends the cookie of a session, or the name and password that it remembers, with the requests "
     "of every page. So a write from a browser is accepted if it says that a page of this server makes it "
     "(`Sec-Fetch-Site: same-origin`, or an `Origin` that is this server's). A write by cookie must also "
     "contain, in `X-CSRF-Token`, the value that /v1/session returns as `csrf`. Nothing was written. A front "
     "end elsewhere sends its token as `Authorization: Bearer`; programs that are not browsers need none of "
     "this."},
    {"not-found", 404, "Not found", "There is no such path, or no record with that id or slug."},
    {"gone", 410, "The record was deleted", "Its history, at the path in `history`, says when and by whom."},
    {"moved", 301, "The record was merged into another",
     "The other record is at the path in `Location` and in `into`."},
    {"method-not-allowed", 405, "Method not allowed", "The `Allow` header lists the methods that this path accepts."},
    {"not-acceptable", 406, "No acceptable format",
     "The `Accept` header names no media type that this path can return."},
    {"conflict", 409, "Conflict with an existing record",
     "The slug or an identifier belongs to another record. `errors` says which one, and to which record. "
     "Nothing was written."},
    {"referenced", 409, "Other records refer to this one",
     "A record that others refer to cannot be deleted. `referrers` lists them."},
    {"merged", 409, "The record was merged into another",
     "It can no longer be changed. The record that it was merged into is at the path in `into`."},
    {"webhook-disabled", 409, "The webhook is disabled",
     "Nothing is sent while a webhook is disabled. Enable it (PATCH, `enabled`), and try again."},
    {"precondition-failed", 412, "The record is not in the expected state",
     "`If-Match` or `If-None-Match` did not hold: somebody changed the record in the meantime, or it exists "
     "already. Read it again before you decide."},
    {"body-too-large", 413, "The body is too large", "The detail names the limit."},
    {"uri-too-long", 414, "The URI is too long", "The detail names the limit."},
    {"unsupported-media-type", 415, "Unsupported media type",
     "Send JSON as `application/json`, or what the detail names."},
    {"invalid-body", 422, "Invalid body",
     "The body is JSON, but it violates the contract or a rule of the domain, or refers to a record that does "
     "not exist. `errors` lists all errors, each with a JSON pointer. Nothing was written."},
    {"key-reused", 422, "The idempotency key belongs to another request",
     "The same key was sent with another path or body within the last 24 hours. Each request needs its own "
     "key."},
    {"precondition-required", 428, "If-Match is required",
     "This server requires `If-Match` with the ETag of the record that was read, so that nobody overwrites the "
     "changes of others."},
    {"misdirected-request", 421, "The request is for another host", "Its Host header does not name this server."},
    {"too-many-requests", 429, "Too many requests",
     "This address or this token has used up its requests for a minute. Nothing was read or written. Try again "
     "after the seconds in `Retry-After`. `RateLimit-Policy` and `RateLimit` contain the limits and what is "
     "left of them: \"address\" counts requests without a token from one address, \"sign-in\" requests with a "
     "refused token, and \"token\" requests with one token. For more requests use a token, or ask the operator "
     "of this server."},
    {"headers-too-large", 431, "The headers are too large", "Send fewer or shorter headers."},
    {"internal-error", 500, "Internal error", "The program has a fault. The request id leads to the log."},
    {"busy", 503, "Too many writes are waiting", "Nothing was written. Try again after the seconds in `Retry-After`."},
    {"too-many-connections", 503, "Too many connections",
     "The server, or this address, has reached its limit of connections. Only /healthz and its like are "
     "answered. Nothing was read or written. Try again after the seconds in `Retry-After`."},
    {"too-many-streams", 503, "Too many event streams",
     "The server has reached its limit of event streams. Read pages of changes, or try again later."},
    {"too-many-downloads", 503, "Too many whole lists are being sent",
     "Whole lists and exports each hold a state of the registry while they are sent, so their number is "
     "limited. Try again after the seconds in `Retry-After`, or read pages of JSON."},
    {"outcome-unknown", 503, "It is not known whether this was saved",
     "The disk failed while the write was being flushed. The server exits and must be restarted. Then check "
     "whether the change is there before you repeat it."},
    {"not-ready", 503, "The server is not ready",
     "/readyz returns this while the disk is full or has failed, and every path returns it while the server starts. "
     "The detail states the reason. The server becomes ready by itself."},
    {"storage-failed", 503, "The disk failed",
     "The database could not be read or written. Nothing of this request was saved."},
    {"storage-full", 507, "The disk is full",
     "Nothing of this request was saved. Reads continue. Writes succeed again when there is room."},
};

const struct problem *problem_find(const char *name) {
  for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
    if (strcmp(problems[i].name, name) == 0) {
      return &problems[i];
    }
  }
  return NULL;
}

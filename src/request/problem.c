/* The table is the list: what is not in it cannot be answered. */
#include "request/problem.h"

#include <string.h>

static const struct problem problems[] = {
    {"malformed-request", 400, "The request is malformed",
     "The request line, the address or a header breaks the rules of HTTP or of URLs: a broken percent escape, a "
     "control character, a framing that "
     "two programs could read differently. Nothing was read or written."},
    {"malformed-json", 400, "The body is not well-formed JSON",
     "The body could not be read as JSON, or names a member twice, or is nested too deeply. The detail names line and "
     "column."},
    {"invalid-parameter", 400, "A query parameter or a header is wrong",
     "A parameter is unknown, misspelt, repeated, or it or a header has a value that is not allowed. An unknown filter "
     "is refused, "
     "because ignoring it "
     "would answer with everything. `errors` lists every fault."},
    {"invalid-cursor", 400, "The cursor does not fit this list",
     "A cursor is only good for the list, the filters and the order that it was given out for. Begin again without "
     "it."},
    {"unauthorized", 401, "A valid token is needed",
     "Send a token as `Authorization: Bearer TOKEN` or as the user name of Basic authentication, or sign in at the "
     "dashboard. What came, if anything, is unknown, revoked, expired or not well formed."},
    {"forbidden", 403, "The token's role does not allow this",
     "Readers read, editors also write, admins also manage tokens and webhooks. A token of the role metrics reads "
     "/metrics "
     "alone."},
    {"cross-site", 403, "The write may not be the person's own doing",
     "A browser sends the cookie of a session, or the name and password that it remembers, along with what any site's "
     "page asks for. So a write by a browser is believed when it says that a page of this server makes it "
     "(`Sec-Fetch-Site: same-origin`, or an `Origin` that is this server's), and one by cookie when, besides, "
     "`X-CSRF-Token` is what /v1/session gives as `csrf`. Nothing was written. A front end elsewhere sends its token "
     "as "
     "`Authorization: Bearer`; programs that are no browsers need none of this."},
    {"not-found", 404, "There is nothing here", "No such address, or no record with that id or slug."},
    {"gone", 410, "The record was deleted", "Its history, at the address in `history`, tells when and by whom."},
    {"moved", 301, "The record was merged into another", "It is at the address in `Location` and in `into`."},
    {"method-not-allowed", 405, "The address does not take this method",
     "The `Allow` header lists the methods that it takes."},
    {"not-acceptable", 406, "No such format is offered here",
     "The `Accept` header names no media type that this address can answer with."},
    {"conflict", 409, "Conflict with an existing record",
     "The slug or an identifier belongs to another record. `errors` says which, and to which. Nothing was written."},
    {"referenced", 409, "Other records refer to this one",
     "What is referred to cannot be deleted. `referrers` lists who refers to it."},
    {"merged", 409, "The record was merged into another",
     "Nothing is written to it any more. What it was merged into is at the address in `into`."},
    {"webhook-disabled", 409, "The webhook is disabled",
     "Nothing is sent while it is. Enable it (PATCH, `enabled`), and ask again."},
    {"precondition-failed", 412, "The record is not in the state that was asked for",
     "`If-Match` or `If-None-Match` did not hold: somebody changed the record meanwhile, or it exists already. Get it "
     "again and decide anew."},
    {"body-too-large", 413, "The body is too large", "The detail names the limit."},
    {"uri-too-long", 414, "The address is too long", "The detail names the limit."},
    {"unsupported-media-type", 415, "The body's media type is not taken here",
     "Send JSON as `application/json`, or what the detail names."},
    {"invalid-body", 422, "The body breaks a rule",
     "The body is JSON, but does not fit the contract or a rule of the domain, or refers to a record that does not "
     "exist. `errors` lists every fault with a "
     "JSON pointer. Nothing was written."},
    {"key-reused", 422, "The idempotency key belongs to another request",
     "The same key was sent with another address or body within the last 24 hours. Each request needs a key of its "
     "own."},
    {"precondition-required", 428, "The change must say which state it is for",
     "This server wants If-Match with the ETag of the record as it was read, so that nobody writes over what another "
     "wrote."},
    {"misdirected-request", 421, "The request is for another host", "Its Host header does not name this server."},
    {"too-many-requests", 429, "That was too much for now",
     "This address or this token has used up what it may ask for in a minute. Nothing was read or written. Try again "
     "after "
     "the seconds in `Retry-After`. `RateLimit-Policy` and `RateLimit` tell the limits and what is left of them: "
     "\"address\" "
     "counts requests without a token from one address, \"sign-in\" those with a token that is refused, \"token\" "
     "those with "
     "one token. Who needs more without a token asks for one; who needs more with one asks whoever runs this server."},
    {"headers-too-large", 431, "The headers are too large", "Send fewer or shorter headers."},
    {"internal-error", 500, "The server failed", "A fault of this program. The request id leads to the log."},
    {"busy", 503, "Too many writes are waiting", "Nothing was written. Try again after the seconds in `Retry-After`."},
    {"too-many-connections", 503, "There is no room for more connections",
     "The server, or this address, has as many connections as it may. Only /healthz and its like are answered then. "
     "Nothing was read or written. Try again after the seconds in `Retry-After`."},
    {"too-many-streams", 503, "Too many event streams are open",
     "The server has as many event streams as it takes. Ask for pages of changes, or try again later."},
    {"too-many-downloads", 503, "Too many whole lists are being sent",
     "Lists as NDJSON or CSV, and exports, each hold a state of the registry while they are sent, so there are few at "
     "a "
     "time. Try again after the seconds in `Retry-After`, or ask for pages of JSON."},
    {"outcome-unknown", 503, "It is not known whether this was saved",
     "The disk failed while the write was being flushed. The server ends and must be restarted; look then whether the "
     "change is there before you repeat it."},
    {"not-ready", 503, "The server is not ready",
     "Only /readyz answers so. The detail says what is amiss; the server looks again by itself."},
    {"storage-failed", 503, "The disk failed",
     "The database could not be read or written. Nothing of this request was saved."},
    {"storage-full", 507, "The disk is full",
     "Nothing of this request was saved. Reading goes on; writing works again once there is room."},
};

const struct problem *problem_find(const char *name) {
  for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
    if (strcmp(problems[i].name, name) == 0) {
      return &problems[i];
    }
  }
  return NULL;
}

/* The whole program in one table. */
#include "cli/command.h"

#define DB_FLAG                                                                                                        \
  { "db", "PATH", "entente.db", "the database file" }

/* For the commands that go through the server's socket. */
#define SOCKET_FLAG                                                                                                    \
  { "socket", "PATH", NULL, "the server's socket, if it is not beside the database" }

#define JSON_FLAG                                                                                                      \
  { "json", NULL, NULL, "print one JSON document; on failure, a problem" }

static const struct flag serve_flags[] = {
    DB_FLAG,
    {"socket", "PATH", NULL, "the socket for the other commands; default: beside the database"},
    {"listen", "HOST:PORT", "127.0.0.1:8080", "address to listen on; port 0: any free port"},
    {"tls-cert", "FILE", NULL, "serve HTTPS with this certificate or chain, PEM; SIGHUP reloads it"},
    {"tls-key", "FILE", NULL, "the private key of the certificate, PEM"},
    {"hsts", "SECONDS", "0", "send Strict-Transport-Security with this max-age; 0: off"},
    {"timezone", "NAME", "Asia/Tokyo", "time zone that decides what \"today\" is (an IANA name)"},
    {"today", "YYYY-MM-DD", NULL, "use this date as today, for tests"},
    {"expiring-days", "DAYS", NULL,
     "days before the end from which an agreement is expiring; kept in the registry, 180 at first"},
    {"notice-days", "DAYS", NULL,
     "days before the last day of notice from which it is in its notice_window; kept, 90 at first"},
    {"dormant-months", "MONTHS", NULL, "months without an event after which it is dormant; kept, 24 at first"},
    {"threads", "N", "0", "threads that answer requests; 0: one for each processor"},
    {"body-limit", "BYTES", "1048576", "maximum size of a request body, unless openapi.yaml sets another"},
    {"connections", "N", "4096", "maximum number of connections"},
    {"address-connections", "N", NULL,
     "maximum number of connections from one address; default: half of all; 0: no limit"},
    {"address-requests", "N", "600", "requests per minute from one address without a token; 0: no limit"},
    {"address-writes", "N", "60", "how many of these may be writes; 0: no limit"},
    {"sign-in-failures", "N", "60", "requests per minute from one address with a refused token; 0: no limit"},
    {"token-requests", "N", "0", "requests per minute with one token, unless it has its own limit; 0: no limit"},
    {"token-writes", "N", "0", "how many of these may be writes; 0: no limit"},
    {"streams", "N", "1024", "maximum number of event streams, and at most three quarters of the connections"},
    {"heartbeat", "SECONDS", "15", "interval of heartbeats on an idle event stream"},
    {"head-timeout", "SECONDS", "15", "time limit for the head of a request"},
    {"body-timeout", "SECONDS", "30", "time limit for the body of a request, plus one second for each 16 KiB"},
    {"idle-timeout", "SECONDS", "60", "time after which an idle connection is closed"},
    {"queue-limit", "N", "1024", "maximum number of waiting writes; more get 503"},
    {"group-limit", "N", "256", "maximum number of writes in one commit"},
    {"log-format", "text|json", "text", "format of the log on standard error, one line for each request"},
    {"cors-origin", "ORIGIN,...", NULL, "origins whose pages may call (https://…); *: any"},
    {"session-idle", "SECONDS", "43200", "time without use after which a dashboard session ends"},
    {"session-life", "SECONDS", "604800", "time after which a dashboard session always ends"},
    {"behind-proxy", NULL, NULL, "close each connection after one answer, for use behind a proxy"},
    {"public-read", NULL, NULL, "let callers without a token read public records, without internal members"},
    {"trusted-proxy", "CIDR,...", NULL, "proxies whose X-Forwarded-For is trusted"},
    {"require-if-match", NULL, NULL, "answer 428 to changes without If-Match"},
    {"webhook-retry", "SECONDS", "5", "delay of the second delivery attempt; later delays scale with it"},
    {"webhook-allow-loopback", NULL, NULL, "allow webhooks to this machine, also over http"},
    {"insecure-no-auth", NULL, NULL, "treat every caller as admin; on loopback addresses only"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag db_flags[] = {DB_FLAG, SOCKET_FLAG, JSON_FLAG, {NULL, NULL, NULL, NULL}};

static const struct flag restore_flags[] = {DB_FLAG, JSON_FLAG, {NULL, NULL, NULL, NULL}};

static const struct flag token_create_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"role", "reader|editor|admin|feed|metrics", NULL, "what the token may do"},
    {"name", "NAME", NULL, "who or what the token is for"},
    {"query", "QUERY", NULL, "for a feed: the query of the list of agreements to show"},
    {"expires-at", "TIMESTAMP", NULL, "when it expires (RFC 3339); default: never"},
    {"networks", "CIDR,...", NULL, "networks from which it is accepted; default: all"},
    {"requests-per-minute", "N", NULL, "requests per minute; default: as the server is configured; 0: no limit"},
    {"writes-per-minute", "N", NULL, "how many of these may be writes"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag import_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"resource", ENTENTE_RESOURCES, NULL, "kind of the records, if they do not state it; required for CSV"},
    {"format", "json|csv", NULL, "format of the file; default: csv if its name ends in .csv or .tsv, else json"},
    {"charset", "NAME", NULL, "character set of CSV: utf-8 (default), utf-16, shift_jis or big5"},
    {"mode", "upsert|create", "upsert", "replace existing records, or report them as errors"},
    {"on-error", "abort|skip", "abort", "write nothing if there is an error, or leave out the records with errors"},
    {"dry-run", NULL, NULL, "do everything, report it, and roll back"},
    {"timezone", "NAME", "Asia/Tokyo", "time zone that decides what \"today\" is"},
    {"today", "YYYY-MM-DD", NULL, "use this date as today, for tests"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag export_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"output", "FILE", NULL, "file to write, as a whole or not at all; default, or -: standard output"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag check_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"timezone", "NAME", "Asia/Tokyo", "time zone that decides what \"today\" is, for a database without a stored day"},
    {"today", "YYYY-MM-DD", NULL, "use this date as today for such a database, for tests"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag healthcheck_flags[] = {
    {"listen", "HOST:PORT", "127.0.0.1:8080", "address of the server"},
    {"tls-cert", "FILE", NULL, "as for serve: use HTTPS"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag version_flags[] = {JSON_FLAG, {NULL, NULL, NULL, NULL}};

const struct command commands[] = {
    {"serve", "serve the registry over HTTP", NULL, 0, 0, serve_flags, run_serve},
    {"import", "import records from a file (NDJSON, a JSON array or CSV; -: standard input)", "FILE", 1, 1,
     import_flags, run_import},
    {"export", "write all records, as of one moment, as NDJSON for import", NULL, 0, 0, export_flags, run_export},
    {"token create", "create a token and print it, once", NULL, 0, 0, token_create_flags, run_token_create},
    {"token list", "list tokens, without their secrets", NULL, 0, 0, db_flags, run_token_list},
    {"token revoke", "revoke a token", "ID", 1, 1, db_flags, run_token_revoke},
    {"backup", "write a consistent copy of the database while the server runs (-: standard output)", "FILE", 1, 1,
     db_flags, run_backup},
    {"restore", "replace the database with a backup, and keep the old one; the server must be stopped", "FILE", 1, 1,
     restore_flags, run_restore},
    {"check", "check database, statuses, history and search index", NULL, 0, 0, check_flags, run_check},
    {"healthcheck", "check whether a server is ready, for containers and supervisors", NULL, 0, 0, healthcheck_flags,
     run_healthcheck},
    {"version", "print the versions of the program and of its libraries", NULL, 0, 0, version_flags, run_version},
    {NULL, NULL, NULL, 0, 0, NULL, NULL},
};

/* The whole program in one table. */
#include "cli/command.h"

#define DB_FLAG                                                                                                        \
  { "db", "PATH", "entente.db", "the database file" }

/* For the commands that go through the server's socket. */
#define SOCKET_FLAG                                                                                                    \
  { "socket", "PATH", NULL, "the socket of the server that owns it, when it does not say where that is" }

#define JSON_FLAG                                                                                                      \
  { "json", NULL, NULL, "print one JSON document; when it fails, a problem" }

static const struct flag serve_flags[] = {
    DB_FLAG,
    {"socket", "PATH", NULL, "the socket for the other commands; beside the database when absent"},
    {"listen", "HOST:PORT", "127.0.0.1:8080", "the address; port 0 picks a free one"},
    {"tls-cert", "FILE", NULL, "speak HTTPS with this certificate or chain, PEM; SIGHUP reads it anew"},
    {"tls-key", "FILE", NULL, "the private key of that certificate, PEM"},
    {"hsts", "SECONDS", "0", "for which browsers shall use no plain HTTP with this host name; 0: not said"},
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns (an IANA name)"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests"},
    {"threads", "N", "0", "threads that answer; 0: one for each processor"},
    {"body-limit", "BYTES", "1048576", "the largest body, where the contract sets no other"},
    {"connections", "N", "4096", "connections at most"},
    {"address-connections", "N", NULL, "of them for one address; half when absent; 0: any number"},
    {"address-requests", "N", "600", "requests a minute from one address, without a token; 0: any number"},
    {"address-writes", "N", "60", "of them writes"},
    {"sign-in-failures", "N", "60", "requests a minute from one address, with a token that is refused"},
    {"token-requests", "N", "0", "requests a minute with one token, unless it has its own limit"},
    {"token-writes", "N", "0", "of them writes"},
    {"streams", "N", "1024", "event streams at most, and never more than three quarters of the connections"},
    {"heartbeat", "SECONDS", "15", "between signs of life on an event stream without events"},
    {"head-timeout", "SECONDS", "15", "for a request's head to arrive"},
    {"body-timeout", "SECONDS", "30", "for a body to arrive, and a second more for each 16 KiB"},
    {"idle-timeout", "SECONDS", "60", "for a connection to stay without a request"},
    {"queue-limit", "N", "1024", "writes that may wait; more are told to come again"},
    {"group-limit", "N", "256", "writes that one commit takes at most"},
    {"log-format", "text|json", "text", "one line a request, on standard error"},
    {"cors-origin", "ORIGIN,...", NULL, "front ends whose pages may call (https://…); * for any"},
    {"session-idle", "SECONDS", "43200", "after how long unused a sign-in at the dashboard ends"},
    {"session-life", "SECONDS", "604800", "after how long it ends in any case"},
    {"behind-proxy", NULL, NULL, "close each connection after its answer"},
    {"public-read", NULL, NULL, "callers without a token may read what is public, without its internal members"},
    {"trusted-proxy", "CIDR,...", NULL, "proxies whose word on a client's address is believed"},
    {"require-if-match", NULL, NULL, "answer 428 to changes that do not say which state they are for"},
    {"webhook-retry", "SECONDS", "5", "from a webhook's first attempt to the second; later pauses grow with it"},
    {"webhook-allow-loopback", NULL, NULL, "webhooks may lead to this machine, over http too"},
    {"insecure-no-auth", NULL, NULL, "everybody is admin; on loopback addresses only"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag db_flags[] = {DB_FLAG, SOCKET_FLAG, JSON_FLAG, {NULL, NULL, NULL, NULL}};

static const struct flag restore_flags[] = {DB_FLAG, JSON_FLAG, {NULL, NULL, NULL, NULL}};

static const struct flag token_create_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"role", "reader|editor|admin|feed|metrics", NULL, "what it may do"},
    {"name", "NAME", NULL, "whom or what it is for"},
    {"query", "QUERY", NULL, "of a feed: which agreements, as in the address of their list"},
    {"expires-at", "TIMESTAMP", NULL, "when it ends (RFC 3339); never when absent"},
    {"networks", "CIDR,...", NULL, "from where it may be used; from anywhere when absent"},
    {"requests-per-minute", "N", NULL, "how many requests; as the server says when absent; 0: any number"},
    {"writes-per-minute", "N", NULL, "how many of them may be writes"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag import_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"resource", ENTENTE_RESOURCES, NULL, "what they are, when they do not say; CSV never does"},
    {"format", "json|csv", NULL, "what the file is; CSV when absent if its name ends in .csv or .tsv"},
    {"charset", "NAME", NULL, "in which character set CSV is: utf-8, when absent, utf-16, shift_jis or big5"},
    {"mode", "upsert|create", "upsert", "whether a record that exists is replaced or an error"},
    {"on-error", "abort|skip", "abort", "whether records with errors are left out, or nothing is written"},
    {"dry-run", NULL, NULL, "do everything, report it, take it back"},
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag export_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"output", "FILE", NULL, "where to write it, whole or not at all; standard output when absent, or -"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag check_flags[] = {
    DB_FLAG,
    SOCKET_FLAG,
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns, for a database that has no day yet"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests, for such a database"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag healthcheck_flags[] = {
    {"listen", "HOST:PORT", "127.0.0.1:8080", "the server's address"},
    {"tls-cert", "FILE", NULL, "as for serve: ask over HTTPS"},
    JSON_FLAG,
    {NULL, NULL, NULL, NULL},
};

static const struct flag version_flags[] = {JSON_FLAG, {NULL, NULL, NULL, NULL}};

const struct command commands[] = {
    {"serve", "serve the registry over HTTP", NULL, 0, 0, serve_flags, run_serve},
    {"import", "take records from a file (NDJSON, a JSON array or CSV; - is standard input)", "FILE", 1, 1,
     import_flags, run_import},
    {"export", "write all records as the NDJSON that import takes, from one state of the registry", NULL, 0, 0,
     export_flags, run_export},
    {"token create", "make a token and print it, once", NULL, 0, 0, token_create_flags, run_token_create},
    {"token list", "list the tokens, without their secrets", NULL, 0, 0, db_flags, run_token_list},
    {"token revoke", "end a token", "ID", 1, 1, db_flags, run_token_revoke},
    {"backup", "write a consistent copy of the database, while the server goes on (- is standard output)", "FILE", 1, 1,
     db_flags, run_backup},
    {"restore", "replace the database by a backup, and keep what was there; the server must be stopped", "FILE", 1, 1,
     restore_flags, run_restore},
    {"check", "look whether database, statuses, history and search are sound", NULL, 0, 0, check_flags, run_check},
    {"healthcheck", "ask a server whether it is ready; for containers and supervisors", NULL, 0, 0, healthcheck_flags,
     run_healthcheck},
    {"version", "print the versions of the program and its libraries", NULL, 0, 0, version_flags, run_version},
    {NULL, NULL, NULL, 0, 0, NULL, NULL},
};

/* The whole program in one table. */
#include "cli/command.h"

#define DB_FLAG                                                                                                        \
  { "db", "PATH", "entente.db", "the database file" }

static const struct flag serve_flags[] = {
    DB_FLAG,
    {"listen", "HOST:PORT", "127.0.0.1:8080", "the address; port 0 picks a free one"},
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns (an IANA name)"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests"},
    {"threads", "N", "0", "threads that answer; 0: one for each processor"},
    {"body-limit", "BYTES", "1048576", "the largest body, where the contract sets no other"},
    {"connections", "N", "4096", "connections at most"},
    {"head-timeout", "SECONDS", "15", "for a request's head to arrive"},
    {"body-timeout", "SECONDS", "30", "for a body to arrive, and a second more for each 16 KiB"},
    {"idle-timeout", "SECONDS", "60", "for a connection to stay without a request"},
    {"queue-limit", "N", "1024", "writes that may wait; more are told to come again"},
    {"group-limit", "N", "256", "writes that one commit takes at most"},
    {"log-format", "text|json", "text", "one line a request, on standard error"},
    {"cors-origin", "ORIGIN", NULL, "a front end whose pages may call (https://…)"},
    {"behind-proxy", NULL, NULL, "close each connection after its answer"},
    {"require-if-match", NULL, NULL, "answer 428 to changes that do not say which state they are for"},
    {"insecure-no-auth", NULL, NULL, "everybody is admin; on loopback addresses only"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag db_flags[] = {DB_FLAG, {NULL, NULL, NULL, NULL}};

static const struct flag token_create_flags[] = {
    DB_FLAG,
    {"role", "reader|editor|admin", NULL, "what it may do"},
    {"name", "NAME", NULL, "whom or what it is for"},
    {"expires-at", "TIMESTAMP", NULL, "when it ends (RFC 3339); never when absent"},
    {"networks", "CIDR,...", NULL, "from where it may be used; from anywhere when absent"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag import_flags[] = {
    DB_FLAG,
    {"resource", "NAME", NULL, "organizations, agreements or areas, when the records do not say"},
    {"mode", "upsert|create", "upsert", "whether a record that exists is replaced or an error"},
    {"dry-run", NULL, NULL, "do everything, report it, take it back"},
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag check_flags[] = {
    DB_FLAG,
    {"timezone", "NAME", "Asia/Tokyo", "where the registry's day turns"},
    {"today", "YYYY-MM-DD", NULL, "a fixed calendar day, for tests"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag healthcheck_flags[] = {
    {"listen", "HOST:PORT", "127.0.0.1:8080", "the server's address"},
    {NULL, NULL, NULL, NULL},
};

static const struct flag no_flags[] = {{NULL, NULL, NULL, NULL}};

const struct command commands[] = {
    {"serve", "serve the registry over HTTP", NULL, 0, 0, serve_flags, run_serve},
    {"import", "take records from a file (NDJSON or a JSON array; - is standard input)", "FILE", 1, 1, import_flags,
     run_import},
    {"token create", "make a token and print it, once", NULL, 0, 0, token_create_flags, run_token_create},
    {"token list", "list the tokens, without their secrets", NULL, 0, 0, db_flags, run_token_list},
    {"token revoke", "end a token", "ID", 1, 1, db_flags, run_token_revoke},
    {"backup", "write a consistent copy of the database, while the server goes on", "FILE", 1, 1, db_flags, run_backup},
    {"restore", "replace the database by a backup; the server must be stopped", "FILE", 1, 1, db_flags, run_restore},
    {"check", "look whether database, statuses and history are sound", NULL, 0, 0, check_flags, run_check},
    {"healthcheck", "ask a server whether it is ready; for containers and supervisors", NULL, 0, 0, healthcheck_flags,
     run_healthcheck},
    {"version", "print the versions of the program and its libraries", NULL, 0, 0, no_flags, run_version},
    {NULL, NULL, NULL, 0, 0, NULL, NULL},
};

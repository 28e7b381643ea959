/* The third baseline: 64 threads hand agreements to one writer, which runs the statements of a create in grouped
 * commits, each flushed.
 *
 * In it, as in the server: BEGIN IMMEDIATE; for each create a savepoint, the look-up of its slug, those of its two
 * parties and two areas, the INSERT of the agreement with every column and index, of its parties (whose references are
 * looked up by id), areas, flags and tags, the UPDATE of its clock, and the look-up of what was made; then the
 * registry's stamp, COMMIT with synchronous=FULL, and checkpoints. Not in it: HTTP, JSON, validation, derivation, and
 * rendering the document that a server answers with. The rows are copies of agreements in the database that have two
 * parties and two areas, so they hold what a server would have written. The result is one line of JSON.
 *
 *   bare_create DATABASE SECONDS CLIENTS [history]
 *
 * With one client instead of 64, every create is a commit of its own. With `history` each create also writes its row of
 * the history, with the document that the history has of the agreement that was copied: what a change log costs, and
 * nothing else.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLIENTS_MOST = 64, TEMPLATES = 8000, COLUMNS_MOST = 80, ITEMS_MOST = 8, TABLES = 4 };
/* Settings of the connection and the moment of checkpoints are those of src/store/. */
enum { CHECKPOINT_PAGES = 4000, LOOKASIDE_BYTES = 1200, LOOKASIDE_PIECES = 256 };

static const char *const tables[TABLES] = {"agreement_parties", "agreement_areas", "agreement_flags", "agreement_tags"};
/* What an item refers to: looked up by slug first, as a body names it, then by id, as the INSERT does. */
static const char *const referred[TABLES] = {"organizations", "areas", NULL, NULL};
enum { REFERENCE_COLUMN = 2 };

struct row {
  sqlite3_value *values[COLUMNS_MOST];
  char *slug, *id; /* of the record that an item refers to */
};

struct template {
  struct row row, items[TABLES][ITEMS_MOST];
  char *document; /* NULL when no history is written */
  int counts[TABLES];
};

struct job {
  const struct template *template;
  bool over;
  pthread_cond_t done;
  struct job *next;
};

static struct template templates[TEMPLATES];
static int template_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct job *first, **last = &first;
static size_t created, commits;
static bool over, with_history;
static sqlite3 *db;

static void die(const char *what) {
  fprintf(stderr, "bare_create: %s\n", what);
  exit(1);
}

static void execute(const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  return statement;
}

static void run(sqlite3_stmt *statement) {
  int code = sqlite3_step(statement);
  if ((code != SQLITE_DONE && code != SQLITE_ROW) || sqlite3_reset(statement) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
}

/* -- what is inserted ---------------------------------------------------------------------------------------------- */

static void copy_row(sqlite3_stmt *from, struct row *row) {
  for (int i = 0; i < sqlite3_column_count(from); i++) {
    row->values[i] = sqlite3_value_dup(sqlite3_column_value(from, i));
  }
}

static void copy_items(struct template *template, int table) {
  char sql[256], names[256];
  snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE owner = $1", tables[table]);
  sqlite3_stmt *items = prepare(sql), *name = NULL;
  if (referred[table] != NULL) {
    snprintf(names, sizeof names, "SELECT slug, id FROM %s WHERE pk = $1", referred[table]);
    name = prepare(names);
  }
  sqlite3_bind_value(items, 1, template->row.values[0]);
  while (template->counts[table] < ITEMS_MOST && sqlite3_step(items) == SQLITE_ROW) {
    struct row *row = &template->items[table][template->counts[table]++];
    copy_row(items, row);
    if (name != NULL) {
      sqlite3_bind_value(name, 1, row->values[REFERENCE_COLUMN]);
      sqlite3_step(name);
      row->slug = strdup((const char *)sqlite3_column_text(name, 0));
      row->id = strdup((const char *)sqlite3_column_text(name, 1));
      sqlite3_reset(name);
    }
  }
  sqlite3_finalize(items);
  sqlite3_finalize(name);
}

static char *read_document(sqlite3_value *pk) {
  sqlite3_stmt *document =
      prepare("SELECT document FROM history WHERE record = (SELECT id FROM agreements WHERE pk = $1) "
              "AND document IS NOT NULL ORDER BY revision DESC LIMIT 1");
  sqlite3_bind_value(document, 1, pk);
  if (sqlite3_step(document) != SQLITE_ROW) {
    die("an agreement has no history");
  }
  char *copy = strdup((const char *)sqlite3_column_text(document, 0));
  sqlite3_finalize(document);
  return copy;
}

static void read_templates(void) {
  sqlite3_stmt *rows =
      prepare("SELECT * FROM agreements a WHERE (SELECT count(*) FROM agreement_parties WHERE owner = a.pk) = 2 "
              "AND (SELECT count(*) FROM agreement_areas WHERE owner = a.pk) = 2");
  while (template_count < TEMPLATES && sqlite3_step(rows) == SQLITE_ROW) {
    struct template *template = &templates[template_count++];
    copy_row(rows, &template->row);
    template->document = with_history ? read_document(template->row.values[0]) : NULL;
    for (int table = 0; table < TABLES; table++) {
      copy_items(template, table);
    }
  }
  sqlite3_finalize(rows);
}

/* -- the writer's statements --------------------------------------------------------------------------------------- */

enum { FIRST_COPIED = 7 }; /* pk, id, slug, revision, stamp, created_at, updated_at come before the members */

static struct {
  sqlite3_stmt *insert, *by_slug, *by_id, *clock, *items[TABLES], *referred_slug[TABLES], *history, *save, *release,
      *stamp;
  int columns, due_on, superseded_on;
} statements;

/* INSERT INTO table (its columns but `skip`) VALUES ($1, $2 …); `reference` is looked up by id. */
static sqlite3_stmt *insert_into(const char *table, const char *skip, const char *reference) {
  char sql[4096], columns[2048] = "", values[2048] = "", query[64];
  snprintf(query, sizeof query, "SELECT * FROM %s", table);
  sqlite3_stmt *all = prepare(query);
  for (int i = 0, n = 1; i < sqlite3_column_count(all); i++) {
    const char *name = sqlite3_column_name(all, i);
    if (strstr(skip, name) != NULL) {
      continue;
    }
    size_t used = strlen(columns), filled = strlen(values);
    snprintf(columns + used, sizeof columns - used, "%s%s", n > 1 ? ", " : "", name);
    const char *comma = n > 1 ? ", " : "";
    if (reference != NULL && i == REFERENCE_COLUMN) {
      snprintf(values + filled, sizeof values - filled, "%s(SELECT pk FROM %s WHERE id = ?%d)", comma, reference, n);
    } else {
      snprintf(values + filled, sizeof values - filled, "%s?%d", comma, n);
    }
    n++;
  }
  sqlite3_finalize(all);
  snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES (%s)", table, columns, values);
  return prepare(sql);
}

static void prepare_all(void) {
  sqlite3_stmt *all = prepare("SELECT * FROM agreements");
  statements.columns = sqlite3_column_count(all);
  for (int i = 0; i < statements.columns; i++) {
    const char *name = sqlite3_column_name(all, i);
    statements.due_on = strcmp(name, "due_on") == 0 ? i : statements.due_on;
    statements.superseded_on = strcmp(name, "superseded_on") == 0 ? i : statements.superseded_on;
  }
  sqlite3_finalize(all);
  statements.insert = insert_into("agreements", "pk due_on superseded_on", NULL);
  statements.by_slug = prepare("SELECT pk, stamp, revision, id FROM agreements WHERE slug = ?1");
  statements.by_id = prepare("SELECT pk, stamp, revision, id FROM agreements WHERE id = ?1");
  statements.clock = prepare("UPDATE agreements SET due_on = ?2, superseded_on = ?3 WHERE pk = ?1");
  for (int table = 0; table < TABLES; table++) {
    statements.items[table] = insert_into(tables[table], "", referred[table]);
    if (referred[table] != NULL) {
      char sql[128];
      snprintf(sql, sizeof sql, "SELECT pk, stamp, revision, id FROM %s WHERE slug = ?1", referred[table]);
      statements.referred_slug[table] = prepare(sql);
    }
  }
  statements.history = prepare("INSERT INTO history (seq, resource, record, slug, revision, operation, at, actor, "
                               "request_id, address, message, document) "
                               "VALUES (1 + max((SELECT coalesce(max(seq), 0) FROM history), "
                               "(SELECT history_last FROM registry WHERE id = 1)), 'agreements', ?1, ?2, 1, 'create', "
                               "?3, 'bench', ?4, '127.0.0.1', NULL, ?5)");
  statements.save = prepare("SAVEPOINT one_write");
  statements.release = prepare("RELEASE one_write");
  statements.stamp = prepare("UPDATE registry SET stamp = ?1, history_last = max(history_last, "
                             "(SELECT coalesce(max(seq), 0) FROM history)) WHERE id = 1");
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void look_up(sqlite3_stmt *statement, const char *key) {
  sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT);
  run(statement);
}

static void insert_items(const struct template *template, int table, sqlite3_int64 owner) {
  sqlite3_stmt *insert = statements.items[table];
  for (int i = 0; i < template->counts[table]; i++) {
    const struct row *row = &template->items[table][i];
    sqlite3_bind_int64(insert, 1, owner);
    for (int column = 1; column < sqlite3_bind_parameter_count(insert); column++) {
      sqlite3_bind_value(insert, column + 1, row->values[column]);
    }
    if (row->id != NULL) {
      sqlite3_bind_text(insert, REFERENCE_COLUMN + 1, row->id, -1, SQLITE_TRANSIENT);
    }
    run(insert);
  }
}

static void write_history(const char *id, const char *slug, const char *now, const char *document) {
  sqlite3_bind_text(statements.history, 1, id, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statements.history, 2, slug, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statements.history, 3, now, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statements.history, 4, id + 8, -1, SQLITE_TRANSIENT); /* about as long as a request's number */
  sqlite3_bind_text(statements.history, 5, document, -1, SQLITE_TRANSIENT);
  run(statements.history);
}

static void create(const struct template *template, sqlite3_int64 number) {
  char id[40], slug[64], now[32];
  snprintf(id, sizeof id, "agr_02%024llx", (unsigned long long)number);
  snprintf(slug, sizeof slug, "agr-%08llx", (unsigned long long)number * 2654435761ULL % 0xffffffffULL);
  snprintf(now, sizeof now, "2027-01-01T%02lld:%02lld:%02lld.000Z", number / 3600 % 24, number / 60 % 60, number % 60);
  run(statements.save);
  look_up(statements.by_slug, slug);
  for (int table = 0; table < TABLES; table++) {
    for (int i = 0; referred[table] != NULL && i < template->counts[table]; i++) {
      look_up(statements.referred_slug[table], template->items[table][i].slug);
    }
  }
  sqlite3_bind_text(statements.insert, 1, id, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statements.insert, 2, slug, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int(statements.insert, 3, 1);
  sqlite3_bind_int64(statements.insert, 4, number);
  sqlite3_bind_text(statements.insert, 5, now, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statements.insert, 6, now, -1, SQLITE_TRANSIENT);
  for (int column = FIRST_COPIED, n = 7; column < statements.columns; column++) {
    if (column != statements.due_on && column != statements.superseded_on) {
      sqlite3_bind_value(statements.insert, n++, template->row.values[column]);
    }
  }
  run(statements.insert);
  sqlite3_int64 pk = sqlite3_last_insert_rowid(db);
  for (int table = 0; table < TABLES; table++) {
    insert_items(template, table, pk);
  }
  if (sqlite3_value_type(template->row.values[statements.due_on]) != SQLITE_NULL) {
    sqlite3_bind_int64(statements.clock, 1, pk);
    sqlite3_bind_value(statements.clock, 2, template->row.values[statements.due_on]);
    sqlite3_bind_value(statements.clock, 3, template->row.values[statements.superseded_on]);
    run(statements.clock);
  }
  look_up(statements.by_id, id);
  if (template->document != NULL) {
    write_history(id, slug, now, template->document);
  }
  run(statements.release);
}

static void *client(void *unused) {
  (void)unused;
  struct job job = {.done = PTHREAD_COND_INITIALIZER};
  pthread_mutex_lock(&lock);
  while (!over) {
    static size_t turn;
    job.template = &templates[turn++ % (size_t)template_count];
    job.over = false;
    job.next = NULL;
    *last = &job;
    last = &job.next;
    pthread_cond_signal(&wake);
    while (!job.over) {
      pthread_cond_wait(&job.done, &lock);
    }
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

/* Takes what has queued up and commits it once. False when nothing came and nothing will. */
static bool write_group(sqlite3_int64 *number) {
  pthread_mutex_lock(&lock);
  while (first == NULL && !over) {
    pthread_cond_wait(&wake, &lock);
  }
  struct job *group = first;
  first = NULL;
  last = &first;
  pthread_mutex_unlock(&lock);
  if (group == NULL) {
    return false;
  }
  execute("BEGIN IMMEDIATE");
  for (struct job *job = group; job != NULL; job = job->next) {
    create(job->template, ++*number);
  }
  sqlite3_bind_int64(statements.stamp, 1, *number);
  run(statements.stamp);
  execute("COMMIT");
  commits++;
  pthread_mutex_lock(&lock);
  for (struct job *job = group, *next; job != NULL; job = next) {
    next = job->next;
    job->over = true;
    created++;
    pthread_cond_signal(&job->done);
  }
  pthread_mutex_unlock(&lock);
  return true;
}

static int count_wal(void *pages, sqlite3 *handle, const char *name, int now) {
  (void)handle, (void)name;
  *(int *)pages = now;
  return SQLITE_OK;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  int clients = argc >= 4 ? atoi(argv[3]) : 0;
  with_history = argc == 5 && strcmp(argv[4], "history") == 0;
  if (clients < 1 || clients > CLIENTS_MOST || argc > 5 || (argc == 5 && !with_history)) {
    die("DATABASE SECONDS CLIENTS [history]");
  }
  int wal_pages = 0;
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_PIECES);
  sqlite3_wal_hook(db, count_wal, &wal_pages);
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
          "PRAGMA cache_size = -16384; PRAGMA cell_size_check = ON");
  read_templates();
  prepare_all();
  pthread_t threads[CLIENTS_MOST];
  for (int i = 0; i < clients; i++) {
    pthread_create(&threads[i], NULL, client, NULL);
  }
  sqlite3_int64 number = (sqlite3_int64)time(NULL) * 1000000;
  double started = seconds_now(), until = started + atof(argv[2]), stopped = 0;
  while (write_group(&number)) {
    if (wal_pages > CHECKPOINT_PAGES) {
      sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    if (stopped == 0 && seconds_now() >= until) {
      stopped = seconds_now();
      printf("{\"creates\":%zu,\"commits\":%zu,\"seconds\":%.3f,\"rate\":%.1f}\n", created, commits, stopped - started,
             (double)created / (stopped - started));
      pthread_mutex_lock(&lock);
      over = true;
      pthread_mutex_unlock(&lock);
    }
  }
  for (int i = 0; i < clients; i++) {
    pthread_join(threads[i], NULL);
  }
  return 0;
}

/* What those who watch the server ask: whether it lives, whether it can take requests, and its figures. */
#include "access/limits.h"
#include "api/handlers.h"
#include "base/process.h"
#include "base/prometheus.h"
#include "base/text.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/services.h"

/* -- alive and ready ----------------------------------------------------------------------------------------------- */

void handle_health(struct call *call) {
  answer_json(call, 200, json_pack("{s:s}", "status", "ok"));
}

static bool can_read(struct call *call) {
  struct query *query = db_named(call_db(call), "stamp-read");
  bool reads = query_step(query) == STEP_ROW;
  query_end(query);
  return reads;
}

/* Every reason for which the server is not ready stands here. */
void handle_ready(struct call *call) {
  const struct store *store = call->services->store;
  if (store_broken(store) || !can_read(call)) {
    answer_problem(call, "storage-failed", NULL);
  } else if (store_full(store)) {
    answer_problem(call, "not-ready", "the disk is full: writes get 507 until there is room; reads continue");
  } else {
    answer_json(call, 200, json_pack("{s:s}", "status", "ready"));
  }
}

/* -- metrics ------------------------------------------------------------------------------------------------------- */

static double ask(struct db *db, const char *name) {
  struct query *query = db_named(db, name);
  int64_t number = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  return (double)number;
}

static void add_writer(const struct store_counts *counts, struct text *out) {
  static const struct {
    const char *reason;
    enum write_outcome outcome;
  } refusals[] = {{"full", WRITE_FULL}, {"failed", WRITE_FAILED}, {"unknown", WRITE_UNKNOWN}};
  prometheus_add(out, "entente_write_queue_depth", "gauge", "Writes waiting for the writer.",
                 (double)counts->queue_depth);
  prometheus_add(out, "entente_write_groups_total", "counter", "Commits, each with one flush.", (double)counts->groups);
  prometheus_add(out, "entente_writes_total", "counter", "Writes that were committed.", (double)counts->writes);
  prometheus_head(out, "entente_writes_failed_total", "counter",
                  "Writes that failed: disk full, disk failed, or outcome unknown after a failed flush.");
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    text_addf(out, "entente_writes_failed_total{reason=\"%s\"} %lld\n", refusals[i].reason,
              (long long)counts->refused[refusals[i].outcome]);
  }
  prometheus_add(out, "entente_write_group_largest", "gauge", "Writes in the largest commit so far.",
                 (double)counts->largest_group);
  prometheus_add(out, "entente_commit_seconds_total", "counter", "Time spent in commits.", counts->commit_seconds);
  prometheus_add(out, "entente_wal_pages", "gauge", "Pages in the write-ahead log.", (double)counts->wal_pages);
}

static void add_sizes(const struct store *store, struct text *out) {
  struct store_sizes sizes;
  if (!store_sizes(store, &sizes)) {
    return;
  }
  prometheus_add(out, "entente_database_size_bytes", "gauge", "Size of the database file.", (double)sizes.database);
  prometheus_add(out, "entente_wal_size_bytes", "gauge", "Size of the write-ahead log, which is reused.",
                 (double)sizes.log);
  prometheus_add(out, "entente_disk_size_bytes", "gauge", "Size of the file system that holds the database.",
                 (double)sizes.disk);
  prometheus_add(out, "entente_disk_available_bytes", "gauge", "Free space there for the account of the server.",
                 (double)sizes.disk_available);
}

/* By the names that the client libraries of Prometheus give them. */
static void add_process(struct text *out) {
  struct process_figures figures;
  if (!process_look(&figures)) {
    return;
  }
  prometheus_add(out, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
                 figures.cpu_seconds);
  prometheus_add(out, "process_open_fds", "gauge", "Number of open file descriptors.", figures.open_files);
  prometheus_add(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.", figures.most_files);
  prometheus_add(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", figures.virtual_bytes);
  prometheus_add(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
                 figures.resident_bytes);
  prometheus_add(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
                 figures.started);
}

void handle_metrics(struct call *call) {
  struct text *out = text_new(call->memory);
  struct store *store = call->services->store;
  struct store_counts counts;
  store_counts(store, &counts);
  if (call->services->add_metrics != NULL) {
    call->services->add_metrics(call->services->metrics_argument, out);
  }
  limits_add_metrics(call->services->limits, out);
  add_writer(&counts, out);
  prometheus_add(out, "entente_ready", "gauge", "1 while writes succeed, 0 while the disk is full or has failed.",
                 store_broken(store) || store_full(store) ? 0 : 1);
  add_sizes(store, out);
  prometheus_add(out, "entente_last_backup_timestamp_seconds", "gauge",
                 "Time of the last backup, in seconds since 1970; 0: never.", ask(call_db(call), "backup-time") / 1000);
  prometheus_add(out, "entente_webhook_pending", "gauge", "Webhook deliveries that wait for an attempt.",
                 ask(call_db(call), "webhook-pending"));
  add_process(out);
  answer_bytes(call, 200, "text/plain; version=0.0.4; charset=utf-8", out->data, out->length);
}

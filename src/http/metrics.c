/* Requests by operation and class of status, and how long they took, in fixed buckets. Counters are atomic and relaxed:
 * a scrape may see one that is a request ahead of another. */
#include "api/api.h"
#include "base/memory.h"
#include "base/prometheus.h"
#include "base/text.h"
#include "http/exchange.h"
#include "http/listener.h"
#include "http/webhook_sender.h"

enum { CLASSES = 6, BUCKETS = 10 };

static const double bounds[BUCKETS] = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

struct operation_counts {
  _Atomic int64_t by_class[CLASSES];
  _Atomic int64_t buckets[BUCKETS];
  _Atomic int64_t count, nanoseconds;
};

struct metrics {
  const struct contract *contract;
  struct operation_counts *operations; /* and one more, for requests that reached none */
};

struct metrics *metrics_new(const struct contract *contract) {
  struct metrics *metrics = memory_new(NULL, struct metrics);
  metrics->contract = contract;
  metrics->operations = memory_array(metrics, struct operation_counts, contract->operation_count + 1);
  return metrics;
}

void metrics_free(struct metrics *metrics) {
  talloc_free(metrics);
}

static void increment(_Atomic int64_t *counter, int64_t by) {
  atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, const struct operation *operation, int status, int64_t nanoseconds) {
  struct operation_counts *counts =
      &metrics->operations[operation == NULL ? metrics->contract->operation_count : operation->index];
  increment(&counts->by_class[status / 100 < CLASSES ? status / 100 : 0], 1);
  increment(&counts->count, 1);
  increment(&counts->nanoseconds, nanoseconds);
  for (int i = 0; i < BUCKETS; i++) {
    if ((double)nanoseconds / 1e9 <= bounds[i]) {
      increment(&counts->buckets[i], 1);
      break;
    }
  }
}

static void add_operation(struct text *out, const char *name, struct operation_counts *counts) {
  int64_t running = 0;
  for (int i = 0; i < BUCKETS; i++) {
    running += atomic_load(&counts->buckets[i]);
    text_addf(out, "entente_request_seconds_bucket{operation=\"%s\",le=\"%g\"} %lld\n", name, bounds[i],
              (long long)running);
  }
  long long count = atomic_load(&counts->count);
  text_addf(out, "entente_request_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %lld\n", name, count);
  text_addf(out, "entente_request_seconds_sum{operation=\"%s\"} %.9f\n", name,
            (double)atomic_load(&counts->nanoseconds) / 1e9);
  text_addf(out, "entente_request_seconds_count{operation=\"%s\"} %lld\n", name, count);
}

static const char *name_of(const struct metrics *metrics, size_t index) {
  return index < metrics->contract->operation_count ? metrics->contract->operations[index].id : "none";
}

static void add_page_cache(struct server *server, struct text *out) {
  int64_t hits = 0, misses = 0;
  for (size_t i = 0; i < server->listener_count; i++) {
    int64_t more_hits, more_misses;
    worker_cache_counts(server->listeners[i].worker, &more_hits, &more_misses);
    hits += more_hits;
    misses += more_misses;
  }
  prometheus_add(out, "entente_page_cache_hits_total", "counter", "Page cache hits of the reading connections.",
                 (double)hits);
  prometheus_add(out, "entente_page_cache_misses_total", "counter", "Page cache misses of the reading connections.",
                 (double)misses);
}

void metrics_add(void *argument, struct text *out) {
  struct server *server = argument;
  struct metrics *metrics = server->metrics;
  static const char *const classes[CLASSES] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  prometheus_head(out, "entente_build_info", "gauge", "Always 1; the labels contain the versions.");
  text_addf(out, "entente_build_info{version=\"%s\",libmicrohttpd=\"%s\",engine=\"%s\"} 1\n", ENTENTE_VERSION,
            MHD_get_version(), store_engine());
  prometheus_head(out, "entente_requests_total", "counter", "Requests by operation and class of status.");
  for (size_t i = 0; i <= metrics->contract->operation_count; i++) {
    for (int class = 0; class < CLASSES; class ++) {
      long long count = atomic_load(&metrics->operations[i].by_class[class]);
      if (count > 0) {
        text_addf(out, "entente_requests_total{operation=\"%s\",status=\"%s\"} %lld\n", name_of(metrics, i),
                  classes[class], count);
      }
    }
  }
  prometheus_head(out, "entente_request_seconds", "histogram", "Duration of requests by operation.");
  for (size_t i = 0; i <= metrics->contract->operation_count; i++) {
    if (atomic_load(&metrics->operations[i].count) > 0) {
      add_operation(out, name_of(metrics, i), &metrics->operations[i]);
    }
  }
  pthread_mutex_lock(&server->deadlines.lock);
  int64_t connections = server->deadlines.count;
  pthread_mutex_unlock(&server->deadlines.lock);
  prometheus_add(out, "entente_connections", "gauge", "Open connections.", (double)connections);
  prometheus_add(out, "entente_connections_spare", "gauge", "Of them, reserve connections, beyond --connections.",
                 (double)atomic_load(&server->deadlines.spare));
  prometheus_add(out, "entente_connections_refused_total", "counter",
                 "Connections refused because the address had too many.",
                 (double)client_counts_refused(server->client_counts));
  prometheus_add(out, "entente_requests_active", "gauge", "Requests under way.", (double)atomic_load(&server->active));
  prometheus_add(out, "entente_streams", "gauge", "Open event streams.",
                 (double)(atomic_load(&server->network_streams) + atomic_load(&server->local_streams)));
  prometheus_add(out, "entente_streams_refused_total", "counter", "Event streams refused because there were too many.",
                 (double)atomic_load(&server->streams_refused));
  prometheus_add(out, "entente_long_reads_total", "counter", "Reads that were restarted on a thread of their own.",
                 (double)atomic_load(&server->long_reads));
  prometheus_add(out, "entente_downloads", "gauge", "Whole lists and exports that are being sent.",
                 (double)atomic_load(&server->open_downloads));
  if (server->tls != NULL) {
    prometheus_add(out, "entente_certificate_ends_seconds", "gauge",
                   "Expiry of the certificate, in seconds since 1970.", (double)tls_ends(server->tls) / 1000);
  }
  add_page_cache(server, out);
  webhook_sender_add_metrics(server->sender, out);
}

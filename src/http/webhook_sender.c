/* The webhook sender: one thread that carries what the outbox gives it, with libcurl's multi interface, so that a slow
 * receiver keeps nobody waiting. An address is judged when a socket is about to be opened for it, after the name was
 * resolved: no name, redirect or odd way to write a number leads past that. Of an answer only the status counts; its
 * body is read into nothing, and the transfer is cut when it is long. */
#include "http/webhook_sender.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/prometheus.h"
#include "base/text.h"
#include "changes/outbox.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

enum {
  CONNECT_MS = 5000,
  WHOLE_MS = 20000,
  BODY_MOST = 64 * 1024,
  WAIT_MOST_MS = 60000,
  TROUBLE_MS = 250,
  STATUS_ANSWER = 200
};

enum outcome { OUTCOME_DELIVERED, OUTCOME_REFUSED, OUTCOME_UNREACHED, OUTCOMES };

/* A place for one transfer. */
struct slot {
  struct webhook_sender *sender;
  CURL *curl;
  struct curl_slist *headers;
  struct delivery *delivery; /* NULL: free */
  bool secure;
  size_t received;
  char refused[NETWORK_ADDRESS_SIZE]; /* an address that it may not reach; "" for none */
};

struct webhook_sender {
  struct outbox *outbox;
  CURLM *multi;
  pthread_t thread;
  bool running;
  _Atomic bool stopping, woken;
  struct slot slots[OUTBOX_DELIVERIES];
  _Atomic int64_t outcomes[OUTCOMES];
};

/* Any thread. */
static void wake(void *argument) {
  struct webhook_sender *sender = argument;
  if (!atomic_exchange(&sender->woken, true) && curl_multi_wakeup(sender->multi) != CURLM_OK) {
    log_line(LOG_WARN, "the webhook sender cannot be woken; it checks once a minute");
  }
}

/* -- one transfer -------------------------------------------------------------------------------------------------- */

static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address) {
  struct slot *slot = argument;
  if (purpose != CURLSOCKTYPE_IPCXN || !outbox_may_reach(slot->sender->outbox, slot->secure, &address->addr)) {
    network_print(&address->addr, slot->refused);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The type is libcurl's. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t throw_away(char *bytes, size_t size, size_t count, void *argument) {
  struct slot *slot = argument;
  (void)bytes;
  slot->received += size * count;
  return slot->received > BODY_MOST ? 0 : size * count;
}

/* Without a value, libcurl does not send the header either. */
static bool add_header(struct slot *slot, const char *name, const char *value) {
  char *line = memory_print(NULL, "%s:%s%s", name, value[0] == '\0' ? "" : " ", value);
  struct curl_slist *longer = curl_slist_append(slot->headers, line);
  talloc_free(line);
  slot->headers = longer == NULL ? slot->headers : longer;
  return longer != NULL;
}

static bool set_headers(struct slot *slot) {
  char timestamp[24];
  snprintf(timestamp, sizeof timestamp, "%lld", (long long)slot->delivery->timestamp);
  return add_header(slot, "Content-Type", "application/json") && add_header(slot, "webhook-id", slot->delivery->id) &&
         add_header(slot, "webhook-timestamp", timestamp) &&
         add_header(slot, "webhook-signature", slot->delivery->signature) && add_header(slot, "Accept", "*/*") &&
         add_header(slot, "Expect", "") && /* waits for nothing */
         curl_easy_setopt(slot->curl, CURLOPT_HTTPHEADER, slot->headers) == CURLE_OK;
}

#define SET(option, value) (curl_easy_setopt(slot->curl, option, value) == CURLE_OK)

static bool set_request(struct slot *slot) {
  const struct delivery *delivery = slot->delivery;
  return SET(CURLOPT_URL, delivery->url) && SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDS, delivery->body) &&
         SET(CURLOPT_POSTFIELDSIZE, (long)strlen(delivery->body)) && SET(CURLOPT_PRIVATE, slot) &&
         SET(CURLOPT_USERAGENT, "entente/" ENTENTE_VERSION) && SET(CURLOPT_WRITEFUNCTION, throw_away) &&
         SET(CURLOPT_WRITEDATA, slot) && SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

/* Nothing of the surroundings (proxies, .netrc) and nothing of an answer (redirects) may choose where this goes. */
static bool set_bounds(struct slot *slot) {
  return SET(CURLOPT_PROTOCOLS_STR, slot->secure ? "https" : "http") && SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
         SET(CURLOPT_OPENSOCKETDATA, slot) && SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
         SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
         SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) && SET(CURLOPT_TIMEOUT_MS, (long)WHOLE_MS) &&
         SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that is silent holds up nobody */
}

static void clear(struct slot *slot) {
  curl_slist_free_all(slot->headers);
  slot->headers = NULL;
  slot->delivery = NULL;
}

static void end(struct slot *slot, const struct attempt *attempt, enum outcome outcome) {
  struct webhook_sender *sender = slot->sender;
  atomic_fetch_add_explicit(&sender->outcomes[outcome], 1, memory_order_relaxed);
  outbox_tell(sender->outbox, slot->delivery, attempt);
  clear(slot);
}

static void begin(struct slot *slot, struct delivery *delivery) {
  slot->delivery = delivery;
  slot->received = 0;
  slot->refused[0] = '\0';
  slot->secure = strncasecmp(delivery->url, "https:", 6) == 0;
  curl_easy_reset(slot->curl);
  if (!set_request(slot) || !set_bounds(slot) || !set_headers(slot) ||
      curl_multi_add_handle(slot->sender->multi, slot->curl) != CURLM_OK) {
    end(slot, &(struct attempt){.error = "the request could not be made"}, OUTCOME_UNREACHED);
  }
}

/* What became of a transfer that is over. An answer counts from its status on, whatever became of the rest. */
static void finish(struct slot *slot, CURLcode code) {
  long status = 0;
  curl_off_t retry_after = 0;
  char words[128] = "";
  struct attempt attempt = {0};
  bool answered = curl_easy_getinfo(slot->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status >= STATUS_ANSWER;
  if (answered) {
    bool asks = status == 429 || status == 503;
    attempt.status = (int)status;
    attempt.error = status >= 300 && status < 400 ? "redirects are not followed" : NULL;
    if (asks && curl_easy_getinfo(slot->curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK) {
      attempt.retry_after = retry_after;
    }
  } else if (slot->refused[0] != '\0') {
    snprintf(words, sizeof words, "%s is not an address that webhooks may reach; nothing was sent", slot->refused);
    attempt.error = words;
  } else {
    attempt.error = curl_easy_strerror(code);
  }
  end(slot, &attempt,
      !answered                       ? OUTCOME_UNREACHED
      : status >= 200 && status < 300 ? OUTCOME_DELIVERED
                                      : OUTCOME_REFUSED);
}

/* -- the thread ---------------------------------------------------------------------------------------------------- */

static void collect(struct webhook_sender *sender) {
  const CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
    struct slot *slot = NULL;
    CURLcode code = message->data.result;
    CURL *curl = message->easy_handle;
    if (message->msg == CURLMSG_DONE && curl_easy_getinfo(curl, CURLINFO_PRIVATE, &slot) == CURLE_OK && slot != NULL) {
      if (curl_multi_remove_handle(sender->multi, curl) != CURLM_OK) {
        log_line(LOG_ERROR, "a webhook's transfer cannot be taken down");
      }
      finish(slot, code);
    }
  }
}

static struct slot *free_slot(struct webhook_sender *sender) {
  struct slot *slot = sender->slots;
  while (slot->delivery != NULL) {
    slot++; /* the outbox gives out no more deliveries than there are slots */
  }
  return slot;
}

/* When to look again. */
static int64_t take(struct webhook_sender *sender, int64_t now_ms) {
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next_ms;
  size_t count = outbox_take(sender->outbox, now_ms, deliveries, &next_ms);
  for (size_t i = 0; i < count; i++) {
    begin(free_slot(sender), deliveries[i]);
  }
  return next_ms;
}

/* Until there is something to do, at most that long. Where libcurl cannot (`code`, or now), it goes on after a pause,
 * and the log has that once. */
static void rest(CURLM *multi, CURLMcode code, int64_t wait_ms, bool *troubled) {
  if (code == CURLM_OK) {
    code = curl_multi_poll(multi, NULL, 0, wait_ms < 0 ? 0 : (int)wait_ms, NULL);
  }
  if (code != CURLM_OK) {
    if (!*troubled) {
      log_line(LOG_ERROR, "webhooks cannot be sent for now: %s", curl_multi_strerror(code));
    }
    *troubled = true;
    (void)nanosleep(&(struct timespec){.tv_nsec = TROUBLE_MS * 1000000L}, NULL);
  }
}

static void give_up(struct webhook_sender *sender) {
  for (size_t i = 0; i < OUTBOX_DELIVERIES; i++) {
    if (sender->slots[i].delivery != NULL) {
      (void)curl_multi_remove_handle(sender->multi, sender->slots[i].curl);
      clear(&sender->slots[i]); /* the outbox still has it as pending */
    }
  }
  bool troubled = true;
  (void)outbox_settle(sender->outbox, clock_now_ms());
  while (outbox_saving(sender->outbox)) {
    rest(sender->multi, CURLM_OK, 100, &troubled);
  }
}

static void *webhook_sender_loop(void *argument) {
  struct webhook_sender *sender = argument;
  int64_t next_ms = 0;
  bool troubled = false;
  while (!atomic_load(&sender->stopping)) {
    int running;
    atomic_store(&sender->woken, false);
    CURLMcode code = curl_multi_perform(sender->multi, &running);
    collect(sender);
    int64_t now_ms = clock_now_ms(), settle_ms = outbox_settle(sender->outbox, now_ms);
    if (outbox_stirred(sender->outbox) || now_ms >= next_ms) {
      next_ms = take(sender, now_ms);
      next_ms = next_ms - now_ms < WAIT_MOST_MS ? next_ms : now_ms + WAIT_MOST_MS; /* the clock may be set */
    }
    rest(sender->multi, code, (settle_ms < next_ms ? settle_ms : next_ms) - now_ms, &troubled);
  }
  give_up(sender);
  return NULL;
}

/* -- starting and stopping ----------------------------------------------------------------------------------------- */

struct webhook_sender *webhook_sender_start(struct api *api, struct error *error) {
  struct webhook_sender *sender = memory_new(NULL, struct webhook_sender);
  bool fine = (sender->multi = curl_multi_init()) != NULL;
  for (size_t i = 0; fine && i < OUTBOX_DELIVERIES; i++) {
    sender->slots[i].sender = sender;
    fine = (sender->slots[i].curl = curl_easy_init()) != NULL;
  }
  if (!fine) {
    error_set(error, "libcurl cannot start");
  }
  fine = fine && (sender->outbox = outbox_new(api_services(api), wake, sender, error)) != NULL;
  if (fine) {
    sender->running = pthread_create(&sender->thread, NULL, webhook_sender_loop, sender) == 0;
    fine = sender->running || error_set(error, "cannot start a thread");
  }
  if (!fine) {
    webhook_sender_stop(sender);
    return NULL;
  }
  return sender;
}

void webhook_sender_hurry(struct webhook_sender *sender) {
  if (sender != NULL) {
    atomic_store(&sender->stopping, true);
    atomic_store(&sender->woken, false);
    wake(sender);
  }
}

void webhook_sender_stop(struct webhook_sender *sender) {
  if (sender == NULL) {
    return;
  }
  webhook_sender_hurry(sender);
  if (sender->running) {
    pthread_join(sender->thread, NULL);
  }
  if (sender->outbox != NULL) {
    outbox_free(sender->outbox);
  }
  for (size_t i = 0; i < OUTBOX_DELIVERIES; i++) {
    curl_easy_cleanup(sender->slots[i].curl);
  }
  (void)curl_multi_cleanup(sender->multi);
  talloc_free(sender);
}

void webhook_sender_add_metrics(const struct webhook_sender *sender, struct text *out) {
  static const char *const names[OUTCOMES] = {"delivered", "refused", "unreached"};
  prometheus_head(out, "entente_webhook_attempts_total", "counter", "Delivery attempts of webhooks, by outcome.");
  for (size_t i = 0; i < OUTCOMES; i++) {
    text_addf(out, "entente_webhook_attempts_total{outcome=\"%s\"} %lld\n", names[i],
              (long long)atomic_load(&sender->outcomes[i]));
  }
}

/* Both ways end in the same handlers; only the carrier differs. */
#include "cli/ask.h"

#include "api/api.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/spool.h"
#include "base/text.h"
#include "cli/progress.h"
#include "domain/day.h"
#include "request/chunks.h"
#include "store/store.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool set_clock(const struct arguments *arguments, struct error *error) {
  const char *today = argument(arguments, "today"), *zone = argument(arguments, "timezone");
  day fixed;
  if (today != NULL && !day_read(today, &fixed)) {
    return error_set(error, "--today %s is not a day (YYYY-MM-DD)", today);
  }
  clock_fix_day(today);
  return zone == NULL || clock_set_zone(zone, error);
}

/* -- through the socket -------------------------------------------------------------------------------------------- */

struct reading {
  CURL *curl;
  struct text *text; /* of a body that is read into memory */
  FILE *file;        /* of a successful one that is saved; or NULL */
  const struct asked *asked;
  int64_t given; /* bytes of asked->file */
  int reason;    /* why that could not be read (errno); 0 */
};

static size_t take(char *bytes, size_t size, size_t count, void *argument) {
  struct reading *reading = argument;
  long status = 0;
  curl_easy_getinfo(reading->curl, CURLINFO_RESPONSE_CODE, &status);
  if (reading->file != NULL && status == 200) {
    return fwrite(bytes, size, count, reading->file);
  }
  if (reading->asked->take != NULL && status == 200) {
    return reading->asked->take(reading->asked->taker, bytes, size * count) ? count : 0;
  }
  text_add_bytes(reading->text, bytes, size * count);
  return count;
}

/* Reads on in the file. */
static size_t give(char *bytes, size_t size, size_t count, void *argument) {
  struct reading *reading = argument;
  const struct asked *asked = reading->asked;
  size_t room = size * count, left = (size_t)(asked->file_size - reading->given);
  errno = 0;
  ssize_t got = progress_read(asked->progress, asked->file, bytes, left < room ? left : room);
  if (got < 0 || (got == 0 && left > 0)) {
    reading->reason = errno != 0 ? errno : EIO; /* shorter than it was */
    return CURL_READFUNC_ABORT;
  }
  reading->given += got;
  return (size_t)got;
}

/* Called now and then, also while nothing comes or goes. */
static int go_on(void *argument, curl_off_t down, curl_off_t downloaded, curl_off_t up, curl_off_t uploaded) {
  (void)down;
  (void)downloaded;
  (void)up;
  (void)uploaded;
  const struct reading *reading = argument;
  const struct asked *asked = reading->asked;
  bool sent = reading->given == asked->file_size;
  progress_bytes(asked->progress, sent ? "sent, the server is at work:" : "sending", reading->given,
                 sent ? -1 : asked->file_size);
  return progress_interrupted();
}

/* Sends the file, piece by piece. */
static void send_file(CURL *curl, struct reading *reading) {
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)reading->asked->file_size);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, reading);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, reading);
}

static bool perform(CURL *curl, const struct asked *asked, const char *socket_path, struct reading *reading,
                    long *status, struct error *error) {
  char *url = memory_print(reading->text, "http://localhost%s", asked->target);
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  if (asked->content_type != NULL) {
    headers = curl_slist_append(headers, memory_print(reading->text, "Content-Type: %s", asked->content_type));
  }
  if (asked->file_name != NULL) {
    send_file(curl, reading);
  } else if (asked->content_type != NULL) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asked->body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)asked->body_size);
  }
  if (asked->if_match != NULL) {
    headers = curl_slist_append(headers, memory_print(reading->text, "If-Match: %s", asked->if_match));
  }
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, asked->method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, reading);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
  curl_slist_free_all(headers);
  if (code == CURLE_COULDNT_CONNECT) {
    return error_set(error,
                     "another process owns the database, and does not answer at %s: it may still be starting; if its "
                     "socket is elsewhere, name it with --socket",
                     socket_path);
  }
  return code == CURLE_OK ||
         (reading->reason != 0 ? error_set(error, "%s: %s", asked->file_name, strerror(reading->reason))
                               : error_set(error, "%s: %s", socket_path, curl_easy_strerror(code)));
}

static bool ask_socket(const struct arguments *arguments, const struct asked *asked, struct answered *answered,
                       struct error *error) {
  void *memory = talloc_new(NULL);
  struct output *output = asked->save_as == NULL ? NULL : output_open(memory, asked->save_as, error);
  if (asked->save_as != NULL && output == NULL) {
    talloc_free(memory);
    return false;
  }
  struct reading reading = {.curl = curl_easy_init(),
                            .text = text_new(memory),
                            .file = output == NULL ? NULL : output_stream(output),
                            .asked = asked};
  const char *named = argument(arguments, "socket");
  const char *socket_path = named != NULL ? named : store_socket(memory, argument(arguments, "db"));
  bool fine = reading.curl != NULL && perform(reading.curl, asked, socket_path, &reading, &answered->status, error);
  if (fine && output != NULL && answered->status == 200) {
    fine = output_publish(output, error);
  }
  answered->json = json_loadb(reading.text->data, reading.text->length, 0, NULL);
  curl_easy_cleanup(reading.curl);
  talloc_free(memory);
  return fine;
}

/* -- in this process ----------------------------------------------------------------------------------------------- */

static bool write_call(void *argument, struct db *db) {
  return api_write(argument, db);
}

static void run_call(struct api *api, struct worker *worker, struct call *call) {
  api_accept(call);
  if (api_reply(call)->status != 0) {
    return;
  }
  enum write_outcome outcome;
  switch (api_kind(call)) {
  case CALL_READ:
    api_read(call, worker);
    break;
  case CALL_BACKGROUND:
    api_background(call, worker);
    break;
  case CALL_WRITE:
  case CALL_LONG_WRITE:
    outcome = store_write(api_services(api)->store, write_call, call);
    if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
      api_not_saved(call, (int)outcome);
    }
    break;
  }
}

/* Gives the body away as it is made. */
static bool take_chunks(struct chunks *chunks, const struct asked *asked, struct error *error) {
  char bytes[32768];
  ssize_t size;
  while ((size = chunks_take(chunks, bytes, sizeof bytes)) > 0 || size == CHUNKS_LATER) {
    if (size > 0 && !asked->take(asked->taker, bytes, (size_t)size)) {
      return error_set(error, "the output could not be written: %s", strerror(errno));
    }
  }
  return size == CHUNKS_OVER || error_set(error, "the database could not be read to its end");
}

/* Gives away what is in a file, which is removed. */
static bool take_file(const char *path, const struct asked *asked, struct error *error) {
  char bytes[32768];
  size_t size;
  FILE *file = fopen(path, "rbe");
  unlink(path);
  if (file == NULL) {
    return error_set(error, "%s: %s", path, strerror(errno));
  }
  bool fine = true;
  while (fine && (size = fread(bytes, 1, sizeof bytes, file)) > 0) {
    fine = asked->take(asked->taker, bytes, size) || error_set(error, "the output could not be written");
  }
  fine = fine && (ferror(file) == 0 || error_set(error, "%s: %s", path, strerror(errno)));
  fclose(file);
  return fine;
}

static bool take_reply(const struct reply *reply, const struct asked *asked, struct answered *answered,
                       struct error *error) {
  answered->status = reply->status;
  answered->json = reply->body == NULL ? NULL : json_loadb(reply->body->data, reply->body->size, 0, NULL);
  if (reply->chunks != NULL && asked->take != NULL) {
    return take_chunks(reply->chunks, asked, error);
  }
  if (reply->file != NULL && asked->take != NULL) {
    return take_file(reply->file, asked, error);
  }
  if (reply->file == NULL || asked->save_as == NULL) {
    return true;
  }
  return output_move(reply->file, asked->save_as, error);
}

/* What the call asks, in this process. */
static struct request request_of(const struct asked *asked) {
  struct request request = {.id = "local",
                            .method = asked->method,
                            .target = asked->target,
                            .trusted = true,
                            .content_type = asked->content_type,
                            .if_match = asked->if_match,
                            .body = asked->body == NULL ? "" : asked->body,
                            .body_size = asked->body_size,
                            .body_filed = asked->body_filed};
  if (asked->progress != NULL) {
    request.waiter = progress_waiter(asked->progress);
  }
  return request;
}

/* Whether the registry stays that was made for this. */
static bool is_kept(const struct asked *asked, bool fine, const struct answered *answered) {
  return asked->keeps == NULL || (fine && answered->status < 300 && asked->keeps(asked, answered->json));
}

static bool ask_here(const char *db, bool catches_up, const struct asked *asked, struct answered *answered,
                     struct error *error) {
  struct contract *contract = api_load_contract(error);
  if (contract == NULL) {
    return false;
  }
  const struct store_options options = {.path = db, .create = asked->makes_registry};
  static const struct service_options here = {.open = false};
  struct store *store = store_open(&options, contract, error);
  struct api *api = store == NULL ? NULL : api_new(contract, store, &here, error);
  /* A command that writes and knows the registry's day brings the statuses up to it, as a server does when it starts.
   * One that looks finds what is there. */
  if (api != NULL && catches_up && !api_tick(api)) {
    error_set(error, "the statuses could not be updated");
    api_free(api);
    api = NULL;
  }
  struct worker *worker = api == NULL ? NULL : worker_new(api, error);
  bool fine = worker != NULL;
  if (fine) {
    void *memory = talloc_new(NULL);
    struct request request = request_of(asked);
    struct call *call = api_open(api, worker, memory, &request);
    if (api_reply(call)->status == 0) {
      run_call(api, worker, call);
    }
    fine = take_reply(api_reply(call), asked, answered, error);
    talloc_free(memory);
  }
  worker_free(worker);
  api_free(api);
  /* What was answered is in the log, if not in the file. */
  (void)(is_kept(asked, fine, answered) ? store_close(store) : store_discard(store));
  contract_free(contract);
  return fine;
}

/* Copies the file, be it a pipe, beside the database: what somebody changes of it meanwhile does no harm, and the
 * server need not wait for what comes slowly. */
static bool gather(const struct asked *asked, const char *db, struct spool *spool, struct error *error) {
  char bytes[65536];
  ssize_t size;
  bool fine = true;
  while (fine && (size = progress_read(asked->progress, asked->file, bytes, sizeof bytes)) > 0) {
    fine = spool_add(spool, db, bytes, (size_t)size);
    progress_bytes(asked->progress, "taking", (int64_t)spool->size, asked->file_size);
  }
  return (fine && size == 0) || error_set(error, "%s: %s", asked->file_name, strerror(errno));
}

/* Makes of a file what is asked: its bytes, or a file whose size is known, to be sent. */
static bool gather_asked(struct asked *asked, const char *db, bool sent, struct spool *spool, struct error *error) {
  if (!gather(asked, db, spool, error)) {
    return false;
  }
  if (sent && spool->filed) {
    asked->file = spool->file;
    asked->file_size = (int64_t)spool->size;
    return lseek(spool->file, 0, SEEK_SET) == 0 || error_set(error, "%s: %s", asked->file_name, strerror(errno));
  }
  asked->body = spool_whole(spool);
  asked->body_size = spool->size;
  asked->body_filed = spool->filed;
  if (asked->body == NULL) {
    return error_set(error, "%s: %s", asked->file_name, strerror(errno));
  }
  asked->file_name = NULL;
  return true;
}

/* Asks in this process, with day and zone as they are given. */
static bool ask_alone(const struct arguments *arguments, const struct asked *asked, struct answered *answered,
                      struct error *error) {
  const char *db = argument(arguments, "db");
  if (!asked->makes_registry && access(db, F_OK) != 0 && errno == ENOENT) {
    return error_set(error, "%s: %s; --db (or ENTENTE_DB) names the database, and only serve and import create one", db,
                     strerror(ENOENT));
  }
  bool catches_up = strcmp(asked->method, "POST") == 0 && argument(arguments, "timezone") != NULL;
  return set_clock(arguments, error) && ask_here(db, catches_up, asked, answered, error);
}

bool ask(const struct arguments *arguments, const struct asked *asked, struct answered *answered, struct error *error) {
  const char *db = argument(arguments, "db");
  struct spool spool = {0};
  struct asked now = *asked;
  bool owned = store_owned(db), gathers = asked->file_name != NULL && (!owned || asked->file_size < 0);
  *answered = (struct answered){0};
  bool fine = !gathers || gather_asked(&now, db, owned, &spool, error);
  fine = fine && (owned ? ask_socket(arguments, &now, answered, error) : ask_alone(arguments, &now, answered, error));
  spool_drop(&spool);
  return fine;
}

bool ask_database(const char *db, const struct asked *asked, struct answered *answered, struct error *error) {
  *answered = (struct answered){0};
  return ask_here(db, false, asked, answered, error);
}

/* The type is libcurl's. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t ignore(char *bytes, size_t size, size_t count, void *argument) {
  (void)bytes;
  (void)argument;
  return size * count;
}

bool ask_address(const char *address, bool secure, const char *target, long *status, struct error *error) {
  CURL *curl = curl_easy_init();
  char url[512];
  snprintf(url, sizeof url, "%s://%s%s", secure ? "https" : "http", address, target);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  /* A certificate names the host that the world knows, not this address; and nothing here is a secret. */
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
  curl_easy_cleanup(curl);
  return code == CURLE_OK || error_set(error, "%s: %s", url, curl_easy_strerror(code));
}

/* A load generator for HTTP/1.1 on loopback: a few threads, each with its share of the connections and an epoll loop. A
 * connection sends one request, reads the whole answer, and sends the next, so the number of connections is the number
 * of clients. Requests are bytes before the clock starts. The result is one line of JSON.
 *
 *   load --port N --token T --connections N --threads N --seconds S --status CODE FILE
 *
 * A line of FILE is a path, or a path, a tab and the tag of an If-None-Match header; they are asked for at random, the
 * same ones in every run. With --post PATH a line is a body, sent in their order from line --from on. Answers of
 * another status than CODE are errors. Without a token no Authorization is sent. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_ROOM = 1 << 20, HEADER_MOST = 8192 };

struct bytes {
  char *data;
  size_t size;
};

static struct {
  int port, connections, threads, status;
  double seconds;
  const char *token, *post, *file;
} options = {.connections = 64, .threads = 2, .status = 200, .seconds = 3, .token = ""};

static struct bytes *requests;
static size_t request_count;
static _Atomic size_t next_body;
static _Atomic bool over;

struct client {
  int fd;
  const struct bytes *request;
  size_t sent, received, expected; /* expected: the whole answer, 0 while its head is incomplete */
  int64_t started;
  char *answer;
};

struct worker {
  pthread_t thread;
  int epoll, clients;
  uint64_t random;
  uint32_t *latencies; /* microseconds */
  size_t count, capacity, errors, bytes;
};

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *checked(void *pointer) {
  if (pointer == NULL) {
    fail("memory");
  }
  return pointer;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

static struct bytes compose(char *line) {
  struct bytes request;
  int size;
  const char *authorization = options.token[0] == '\0' ? "" : "Authorization: Bearer ";
  const char *end = options.token[0] == '\0' ? "" : "\r\n";
  if (options.post != NULL) {
    size = asprintf(&request.data,
                    "POST %s HTTP/1.1\r\nHost: localhost\r\n%s%s%sContent-Type: application/json\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    options.post, authorization, options.token, end, strlen(line), line);
  } else {
    char *tab = strchr(line, '\t');
    if (tab != NULL) {
      *tab = '\0';
    }
    size = asprintf(&request.data, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s%s%s%s\r\n", line, authorization,
                    options.token, end, tab != NULL ? "If-None-Match: " : "", tab != NULL ? tab + 1 : "",
                    tab != NULL ? "\r\n" : "");
  }
  if (size < 0) {
    fail("memory");
  }
  request.size = (size_t)size;
  return request;
}

static void read_requests(void) {
  FILE *file = fopen(options.file, "r");
  char *line = NULL;
  size_t room = 0, capacity = 0;
  ssize_t length;
  if (file == NULL) {
    fail(options.file);
  }
  while ((length = getline(&line, &room, file)) > 0) {
    line[strcspn(line, "\n")] = '\0';
    if (request_count == capacity) {
      capacity = capacity == 0 ? 1024 : capacity * 2;
      requests = checked(realloc(requests, capacity * sizeof *requests));
    }
    requests[request_count++] = compose(line);
  }
  free(line);
  fclose(file);
  if (request_count == 0) {
    errno = ENODATA;
    fail(options.file);
  }
}

static const struct bytes *choose(struct worker *worker) {
  if (options.post != NULL) {
    return &requests[atomic_fetch_add(&next_body, 1) % request_count];
  }
  worker->random ^= worker->random << 13;
  worker->random ^= worker->random >> 7;
  worker->random ^= worker->random << 17;
  return &requests[worker->random % request_count];
}

/* -- clients ------------------------------------------------------------------------------------------------------- */

static int open_connection(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("connect");
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

/* Requests fit into a socket's buffer, so a send never blocks for long. */
static void ask(struct worker *worker, struct client *client) {
  client->request = atomic_load(&over) ? NULL : choose(worker);
  if (client->request == NULL) {
    close(client->fd);
    client->fd = -1;
    worker->clients--;
    return;
  }
  client->received = 0;
  client->expected = 0;
  client->started = now_ns();
  if (send(client->fd, client->request->data, client->request->size, MSG_NOSIGNAL) != (ssize_t)client->request->size) {
    fail("send");
  }
}

static void measure_head(struct client *client) {
  client->answer[client->received] = '\0';
  char *end = strstr(client->answer, "\r\n\r\n");
  if (end == NULL) {
    return;
  }
  size_t head = (size_t)(end - client->answer) + 4;
  *end = '\0';
  char *length = strcasestr(client->answer, "\r\nContent-Length:");
  *end = '\r';
  bool has_body = atoi(client->answer + 9) != 304;
  client->expected = head + (has_body && length != NULL ? strtoul(length + 17, NULL, 10) : 0);
}

static void keep(struct worker *worker, struct client *client) {
  if (worker->count == worker->capacity) {
    worker->capacity = worker->capacity == 0 ? 1 << 18 : worker->capacity * 2;
    worker->latencies = checked(realloc(worker->latencies, worker->capacity * sizeof *worker->latencies));
  }
  worker->latencies[worker->count++] = (uint32_t)((now_ns() - client->started) / 1000);
  worker->bytes += client->expected;
  if (atoi(client->answer + 9) != options.status) {
    worker->errors++;
  }
}

static void hear(struct worker *worker, struct client *client) {
  ssize_t size = recv(client->fd, client->answer + client->received, ANSWER_ROOM - client->received, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (size <= 0) {
    fail("the server closed a connection");
  }
  client->received += (size_t)size;
  if (client->expected == 0) {
    measure_head(client);
  }
  if (client->expected != 0 && client->received >= client->expected) {
    keep(worker, client);
    ask(worker, client);
  }
}

static void *work(void *argument) {
  struct worker *worker = argument;
  struct epoll_event events[64];
  int count = worker->clients;
  struct client *clients = checked(calloc((size_t)count, sizeof *clients));
  worker->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) {
    struct client *client = &clients[i];
    client->answer = checked(malloc(ANSWER_ROOM + 1));
    client->fd = open_connection();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(worker->epoll, EPOLL_CTL_ADD, client->fd, &event);
    ask(worker, client);
  }
  while (worker->clients > 0) {
    int ready = epoll_wait(worker->epoll, events, 64, 1000);
    for (int i = 0; i < ready; i++) {
      hear(worker, events[i].data.ptr);
    }
  }
  return NULL;
}

/* -- result -------------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void report(struct worker *workers, double seconds) {
  size_t count = 0, errors = 0, bytes = 0;
  for (int i = 0; i < options.threads; i++) {
    count += workers[i].count;
    errors += workers[i].errors;
    bytes += workers[i].bytes;
  }
  uint32_t *all = checked(malloc((count + 1) * sizeof *all));
  size_t at = 0;
  for (int i = 0; i < options.threads; i++) {
    memcpy(all + at, workers[i].latencies, workers[i].count * sizeof *all);
    at += workers[i].count;
  }
  qsort(all, count, sizeof *all, by_size);
  printf("{\"requests\":%zu,\"seconds\":%.3f,\"rate\":%.1f,\"errors\":%zu,\"bytes\":%zu,\"p50\":%u,\"p99\":%u}\n",
         count, seconds, (double)count / seconds, errors, bytes, count == 0 ? 0 : all[count / 2],
         count == 0 ? 0 : all[count * 99 / 100]);
  free(all);
}

static void read_options(int argc, char **argv) {
  static const struct option known[] = {
      {"port", 1, NULL, 'p'},    {"token", 1, NULL, 't'},   {"connections", 1, NULL, 'c'},
      {"threads", 1, NULL, 'n'}, {"seconds", 1, NULL, 's'}, {"status", 1, NULL, 'e'},
      {"post", 1, NULL, 'b'},    {"from", 1, NULL, 'f'},    {NULL, 0, NULL, 0}};
  int key;
  while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
    switch (key) {
    case 'p':
      options.port = atoi(optarg);
      break;
    case 't':
      options.token = optarg;
      break;
    case 'c':
      options.connections = atoi(optarg);
      break;
    case 'n':
      options.threads = atoi(optarg);
      break;
    case 's':
      options.seconds = atof(optarg);
      break;
    case 'e':
      options.status = atoi(optarg);
      break;
    case 'b':
      options.post = optarg;
      break;
    case 'f':
      atomic_store(&next_body, strtoul(optarg, NULL, 10));
      break;
    default:
      exit(2);
    }
  }
  options.file = optind < argc ? argv[optind] : "";
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  read_requests();
  struct worker *workers = checked(calloc((size_t)options.threads, sizeof *workers));
  int64_t started = now_ns();
  for (int i = 0; i < options.threads; i++) {
    workers[i].random = UINT64_C(88172645463325252) + (uint64_t)i;
    workers[i].clients = options.connections / options.threads + (i < options.connections % options.threads);
    pthread_create(&workers[i].thread, NULL, work, &workers[i]);
  }
  struct timespec pause = {.tv_sec = (time_t)options.seconds,
                           .tv_nsec = (long)((options.seconds - (double)(long)options.seconds) * 1e9)};
  nanosleep(&pause, NULL);
  atomic_store(&over, true);
  for (int i = 0; i < options.threads; i++) {
    pthread_join(workers[i].thread, NULL);
  }
  report(workers, (double)(now_ns() - started) / 1e9);
  return 0;
}

/* Follows the feed of changes with many event streams at once, while it writes at a steady rate itself, and measures
 * how long after it was made each change reaches each stream. A change tells when it was made, by the same clock. Every
 * stream must get every change, once and in order. One thread reads all streams, one writes. The result is one line of
 * JSON, in milliseconds.
 *
 *   follow --port N --token T --streams N --rate WRITES-A-SECOND --seconds S */
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

enum { LINE_ROOM = 4096, MINUTE_MS = 60000, WAIT_MOST_MS = 10000 };

static struct {
  int port, streams, rate;
  double seconds;
  const char *token;
} options = {.streams = 1000, .rate = 200, .seconds = 5, .token = ""};

struct stream {
  int fd;
  long last; /* id, 0 before the first */
  long first;
  char line[LINE_ROOM];
  size_t length;
};

static _Atomic long written;
static _Atomic bool over;
static double write_rate;
static long delays[MINUTE_MS]; /* how many changes took so many milliseconds */

static void fail(const char *what) {
  fprintf(stderr, "follow: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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

static void say(int fd, const char *text) {
  if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text)) {
    fail("send");
  }
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

/* Answers are short enough to come in one piece. */
static void put(int fd, long number) {
  char request[512], answer[8192], body[64];
  snprintf(body, sizeof body, "{\"name\":\"Followed %ld %lld\"}", number, (long long)clock_ms(CLOCK_REALTIME));
  snprintf(request, sizeof request,
           "PUT /v1/areas/followed HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: "
           "application/json\r\nContent-Length: %zu\r\n\r\n%s",
           options.token, strlen(body), body);
  say(fd, request);
  ssize_t size = recv(fd, answer, sizeof answer - 1, 0);
  if (size < 12 || strncmp(answer, "HTTP/1.1 20", 11) != 0) {
    fail("a write was not answered with success");
  }
}

static void *write_steadily(void *argument) {
  int fd = open_connection();
  struct timespec at;
  (void)argument;
  clock_gettime(CLOCK_MONOTONIC, &at);
  int64_t started = clock_ms(CLOCK_MONOTONIC), end = started + (int64_t)(options.seconds * 1000);
  while (clock_ms(CLOCK_MONOTONIC) < end) {
    put(fd, atomic_load(&written));
    atomic_fetch_add(&written, 1);
    at.tv_nsec += 1000000000L / options.rate;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
  }
  write_rate = (double)atomic_load(&written) * 1000 / (double)(clock_ms(CLOCK_MONOTONIC) - started);
  atomic_store(&over, true);
  close(fd);
  return NULL;
}

/* -- following ----------------------------------------------------------------------------------------------------- */

/* "at":"2026-04-21T09:30:12.345Z": only the seconds count, for what takes less than a minute. */
static void measure(const char *data) {
  const char *at = strstr(data, "\"at\":\"");
  if (at == NULL || strlen(at) < 30) {
    errno = EPROTO;
    fail("an event without its time");
  }
  long made = strtol(at + 23, NULL, 10) * 1000 + strtol(at + 26, NULL, 10);
  long now = (long)(clock_ms(CLOCK_REALTIME) % MINUTE_MS);
  delays[(now - made + MINUTE_MS) % MINUTE_MS]++;
}

static void read_line(struct stream *stream) {
  if (strncmp(stream->line, "id: ", 4) == 0) {
    long id = strtol(stream->line + 4, NULL, 10);
    if (stream->last != 0 && id != stream->last + 1) {
      errno = EPROTO;
      fail("a change is missing, or came twice");
    }
    stream->first = stream->last == 0 ? id : stream->first;
    stream->last = id;
  } else if (strncmp(stream->line, "data: ", 6) == 0) {
    measure(stream->line);
  }
}

/* Chunk sizes stand on lines of their own, which are neither ids nor data. */
static void hear(struct stream *stream) {
  static char bytes[65536];
  ssize_t size = recv(stream->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (size <= 0) {
    fail("the server closed a stream");
  }
  for (ssize_t i = 0; i < size; i++) {
    if (bytes[i] == '\n') {
      stream->line[stream->length] = '\0';
      read_line(stream);
      stream->length = 0;
    } else if (stream->length < LINE_ROOM - 1) {
      stream->line[stream->length++] = bytes[i];
    }
  }
}

static long behind(const struct stream *streams) {
  long missing = 0;
  for (int i = 0; i < options.streams; i++) {
    missing += atomic_load(&written) - (streams[i].last - streams[i].first);
  }
  return missing;
}

/* From now on: the first block names the last change so far. Once all streams have that, the writing begins. */
static void follow_all(struct stream *streams) {
  struct epoll_event events[256];
  char request[512];
  pthread_t writer;
  bool writing = false;
  int64_t end = 0;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  snprintf(
      request, sizeof request,
      "GET /v1/changes?after=now HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer "
      "%s\r\n\r\n",
      options.token);
  for (int i = 0; i < options.streams; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &streams[i]};
    streams[i].fd = open_connection();
    epoll_ctl(epoll, EPOLL_CTL_ADD, streams[i].fd, &event);
    say(streams[i].fd, request);
  }
  while (!atomic_load(&over) || (behind(streams) > 0 && clock_ms(CLOCK_MONOTONIC) < end)) {
    int ready = epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      hear(events[i].data.ptr);
    }
    int begun = 0;
    for (; !writing && begun < options.streams && streams[begun].last > 0; begun++) {
    }
    if (begun == options.streams) {
      writing = pthread_create(&writer, NULL, write_steadily, NULL) == 0;
    }
    end = atomic_load(&over) && end > 0 ? end : clock_ms(CLOCK_MONOTONIC) + WAIT_MOST_MS;
  }
  pthread_join(writer, NULL);
  close(epoll);
}

/* -- result -------------------------------------------------------------------------------------------------------- */

static long at_share(long count, double share) {
  long sum = 0, ms = 0;
  while (ms < MINUTE_MS - 1 && (double)(sum += delays[ms]) < (double)count * share) {
    ms++;
  }
  return ms;
}

static void read_options(int argc, char **argv) {
  static const struct option known[] = {{"port", 1, NULL, 'p'}, {"token", 1, NULL, 't'},   {"streams", 1, NULL, 'n'},
                                        {"rate", 1, NULL, 'r'}, {"seconds", 1, NULL, 's'}, {NULL, 0, NULL, 0}};
  int key;
  while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
    switch (key) {
    case 'p':
      options.port = atoi(optarg);
      break;
    case 't':
      options.token = optarg;
      break;
    case 'n':
      options.streams = atoi(optarg);
      break;
    case 'r':
      options.rate = atoi(optarg);
      break;
    case 's':
      options.seconds = atof(optarg);
      break;
    default:
      exit(2);
    }
  }
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  struct stream *streams = calloc((size_t)options.streams, sizeof *streams);
  if (streams == NULL) {
    fail("memory");
  }
  int fd = open_connection();
  put(fd, -1); /* so that the log is not empty */
  close(fd);
  follow_all(streams);
  long count = 0;
  for (int ms = 0; ms < MINUTE_MS; ms++) {
    count += delays[ms];
  }
  printf("{\"streams\":%d,\"writes\":%ld,\"rate\":%.1f,\"events\":%ld,\"missing\":%ld,\"p50\":%ld,\"p99\":%ld}\n",
         options.streams, atomic_load(&written), write_rate, count, behind(streams), at_share(count, 0.5),
         at_share(count, 0.99));
  free(streams);
  return 0;
}

/* Whoever reads the head of a request must read it as every other program on its way does. What can be read in two ways
 * is refused, and the connection with it, since nobody knows where its next request would begin (RFC 9112, 6.3
 * and 11.2). */
#include "base/field.h"
#include "base/memory.h"
#include "http/exchange.h"

#include <string.h>

struct header {
  const char *name, *value;
  size_t name_size;
};

/* Below what the library has room for in a connection's memory: beyond that it gives up before anybody is asked. */
enum { HEADERS_MOST = 100, HEADER_BYTES_MOST = 16384, COOKIES_MOST = 100, COOKIE_BYTES_MOST = 8192 };

struct head {
  struct exchange *exchange;
  int hosts, lengths, encodings;
  size_t headers, header_bytes, cookies, cookie_bytes;
  bool chunked, coded;
  const char *fault;
};

static bool is_token(const char *text, size_t length) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (c == '\0' || strchr(others, c) == NULL)) {
      return false;
    }
  }
  return length > 0;
}

static bool is_clean(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

static bool is_digits(const char *text) {
  return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 19;
}

/* A header that may come once; a second one is a fault. */
static void once(struct head *head, const char **place, const char *value) {
  if (*place != NULL) {
    head->fault = "a header that may come once came twice";
  }
  *place = value;
}

/* A header that is a list; further lines go on with it. */
static void listed(struct head *head, const char **place, const char *value) {
  *place = *place == NULL ? value : memory_print(head->exchange, "%s, %s", *place, value);
}

/* Whether a list of codings (RFC 9110, 12.5.3) takes gzip: named, also by its old name, and not with the weight 0.
 * `so_far` is what earlier lines said. */
static bool takes_gzip(const char *list, bool so_far) {
  struct span element;
  struct field_pair coding;
  while (field_element(&list, &element)) {
    if (field_pair(&element, &coding) && (field_is(coding.name, "gzip") || field_is(coding.name, "x-gzip"))) {
      return field_weight(element) > 0;
    }
  }
  return so_far;
}

/* A name has many to be compared with, so its length is looked at first; of `name` the compiler knows it. */
static inline bool is(const struct header *header, const char *name) {
  return header->name_size == strlen(name) && strncasecmp(header->name, name, header->name_size) == 0;
}

/* What a proxy says of the client. */
static void look_at_proxy(struct head *head, const struct header *header) {
  struct forwarded *forwarded = &head->exchange->forwarded;
  const char *value = header->value;
  if (is(header, "X-Forwarded-For")) {
    listed(head, &forwarded->x_for, value);
  } else if (is(header, "X-Forwarded-Proto")) {
    listed(head, &forwarded->x_proto, value);
  } else if (is(header, "Forwarded")) {
    listed(head, &forwarded->standard, value);
  }
}

static void count_cookies(struct head *head, const char *value) {
  head->cookie_bytes += strlen(value);
  head->cookies++;
  for (const char *at = value; (at = strchr(at, ';')) != NULL; at++) {
    head->cookies++;
  }
}

/* What a browser says of the page that asks. True when the header was one of these. */
static bool look_at_page(struct head *head, const struct header *header) {
  struct request *request = &head->exchange->request;
  const char *value = header->value;
  if (is(header, "Origin")) {
    once(head, &request->origin, value);
  } else if (is(header, "Sec-Fetch-Site")) {
    once(head, &request->fetch_site, value);
  } else if (is(header, "X-CSRF-Token")) {
    once(head, &request->csrf_token, value);
  } else if (is(header, "Cookie")) {
    count_cookies(head, value);
    request->cookie = request->cookie == NULL ? value : memory_print(head->exchange, "%s; %s", request->cookie, value);
  } else {
    return false;
  }
  return true;
}

static void look_at(struct head *head, const struct header *header) {
  struct exchange *exchange = head->exchange;
  struct request *request = &exchange->request;
  const char *value = header->value;
  if (is(header, "Host")) {
    head->hosts++;
    request->host = value;
  } else if (is(header, "Content-Length")) {
    head->lengths++;
    head->fault = is_digits(value) ? head->fault : "Content-Length is not a number";
    exchange->has_body = strspn(value, "0") != strlen(value);
  } else if (is(header, "Transfer-Encoding")) {
    head->encodings++;
    head->chunked = strcasecmp(value, "chunked") == 0;
  } else if (is(header, "Content-Encoding")) {
    head->coded = head->coded || strcasecmp(value, "identity") != 0;
  } else if (is(header, "Authorization")) {
    once(head, &request->authorization, value);
  } else if (is(header, "Content-Type")) {
    once(head, &request->content_type, value);
  } else if (is(header, "Accept")) {
    listed(head, &request->accept, value);
  } else if (is(header, "Accept-Language")) {
    listed(head, &request->accept_language, value);
  } else if (is(header, "If-Match")) {
    listed(head, &request->if_match, value);
  } else if (is(header, "If-None-Match")) {
    listed(head, &request->if_none_match, value);
  } else if (is(header, "Prefer")) {
    listed(head, &request->prefer, value);
  } else if (is(header, "Idempotency-Key")) {
    once(head, &request->idempotency_key, value);
  } else if (is(header, "Last-Event-ID")) {
    once(head, &request->last_event_id, value);
  } else if (is(header, "X-Change-Message")) {
    once(head, &request->change_message, value);
  } else if (is(header, "Access-Control-Request-Headers")) {
    listed(head, &exchange->request_headers, value);
  } else if (is(header, "Accept-Encoding")) {
    exchange->gzip = takes_gzip(value, exchange->gzip);
  } else if (is(header, "Connection")) {
    exchange->close = exchange->close || field_lists(value, "close");
  } else if (exchange->by_proxy) {
    look_at_proxy(head, header);
  }
}

static mhd_result each(void *argument, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                       size_t value_size) {
  (void)kind;
  struct head *head = argument;
  head->headers++;
  head->header_bytes += name_size + value_size;
  const struct header header = {.name = name, .value = value == NULL ? "" : value, .name_size = name_size};
  if (!is_token(name, name_size)) {
    head->fault = "a header's name has a character that does not belong there";
  } else if (value != NULL && !is_clean(value, value_size)) {
    head->fault = "a header's value has a control character";
  } else if (!look_at_page(head, &header)) {
    look_at(head, &header);
  }
  return MHD_YES;
}

/* What is too much, or NULL. */
static const char *excess_of(const struct head *head) {
  return head->headers > HEADERS_MOST             ? "there may be 100 headers"
         : head->header_bytes > HEADER_BYTES_MOST ? "the headers may have 16384 bytes together"
         : head->cookies > COOKIES_MOST           ? "there may be 100 cookies"
         : head->cookie_bytes > COOKIE_BYTES_MOST ? "the cookies may have 8192 bytes together"
                                                  : NULL;
}

const char *framing_read(struct exchange *exchange, const char *version, const char **detail) {
  struct head head = {.exchange = exchange};
  MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, each, &head);
  bool modern = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
  if (!is_token(exchange->request.method, strlen(exchange->request.method))) {
    head.fault = "the method has a character that does not belong there";
  } else if (head.fault == NULL && head.hosts != 1 && (modern || head.hosts > 1)) {
    head.fault = "exactly one Host header is required";
  } else if (head.fault == NULL && head.lengths > 1) {
    head.fault = "Content-Length came twice";
  } else if (head.fault == NULL && head.lengths > 0 && head.encodings > 0) {
    head.fault = "Content-Length and Transfer-Encoding came together";
  } else if (head.fault == NULL && head.encodings > 0 && (head.encodings > 1 || !head.chunked || !modern)) {
    head.fault = "the only Transfer-Encoding that is accepted is chunked, once, in HTTP/1.1";
  }
  exchange->has_body = exchange->has_body || head.encodings > 0;
  *detail = head.fault != NULL ? head.fault : excess_of(&head);
  if (head.fault == NULL && *detail != NULL) {
    return "headers-too-large";
  }
  if (head.fault == NULL && head.coded && exchange->has_body) {
    *detail = "a body with a coding (Content-Encoding) is not supported";
    return "unsupported-media-type";
  }
  return head.fault == NULL ? NULL : "malformed-request";
}

/* A request target is a path of segments and a query of pairs. Both are split first, on the raw bytes, and decoded
 * after, so that an escaped delimiter can never act as one. What a proxy and this server could read differently is
 * refused rather than interpreted: encoded slashes, dot segments, NUL and control characters, bytes that are not UTF-8.
 */
#include "contract/uri.h"

#include "base/memory.h"
#include "contract/characters.h"

#include <string.h>

enum { PAIRS_MOST = 500, NAME_SHOWN = 100 };

static int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') {
    return letter - '0';
  }
  letter |= 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The decoded bytes, or NULL with the reason. */
static const char *decode(const void *parent, const char *raw, size_t length, bool in_query, const char **why) {
  char *out = memory_array(parent, char, length + 1);
  size_t size = 0;
  for (size_t at = 0; at < length; at++) {
    char letter = raw[at];
    if (letter == '+' && in_query) {
      letter = ' ';
    } else if (letter == '%') {
      int high = length - at > 2 ? hex_digit(raw[at + 1]) : -1;
      int low = length - at > 2 ? hex_digit(raw[at + 2]) : -1;
      if (high < 0 || low < 0) {
        *why = "A % in the request target is not followed by two hexadecimal digits.";
        return NULL;
      }
      letter = (char)(high * 16 + low);
      at += 2;
      if (letter == '/' && !in_query) {
        *why = "The path has an encoded slash.";
        return NULL;
      }
    }
    out[size++] = letter;
  }
  if (!characters_clean(out, size, "")) {
    *why = "The request target is not UTF-8, or has control characters.";
    return NULL;
  }
  return out;
}

static size_t count_pieces(const char *text, char delimiter) {
  size_t count = 1;
  for (; (text = strchr(text, delimiter)); text++) {
    count++;
  }
  return count;
}

static bool read_path(struct uri *uri, const char **why) {
  uri->segments = memory_array(uri, const char *, count_pieces(uri->path + 1, '/'));
  const char *at = uri->path;
  while (*at == '/') {
    at++;
    size_t length = strcspn(at, "/");
    const char *segment = decode(uri->segments, at, length, false, why);
    if (!segment) {
      return false;
    }
    if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0) {
      *why = "The path has a `.` or `..` segment.";
      return false;
    }
    uri->segments[uri->segment_count++] = segment;
    at += length;
  }
  return true;
}

static bool read_pair(struct uri *uri, const char *at, size_t length, const char **why) {
  size_t name_length = strcspn(at, "=&");
  size_t value_at = name_length < length ? name_length + 1 : length;
  struct pair *pair = &uri->pairs[uri->pair_count++];
  pair->name = decode(uri->pairs, at, name_length, true, why);
  pair->value = pair->name ? decode(uri->pairs, at + value_at, length - value_at, true, why) : NULL;
  if (pair->name && !pair->value) {
    const char *name = characters_shorten(uri, pair->name, strlen(pair->name), NAME_SHOWN);
    *why = memory_print(talloc_parent(uri), "%s It is the value of `%s`.", *why, name);
  }
  return pair->value != NULL;
}

static bool read_query(struct uri *uri, const char **why) {
  size_t most = count_pieces(uri->query, '&');
  if (most > PAIRS_MOST) {
    *why = "The query has more than 500 parameters.";
    return false;
  }
  uri->pairs = memory_array(uri, struct pair, most);
  for (const char *at = uri->query; *at; at += *at == '&') {
    size_t length = strcspn(at, "&");
    if (length > 0 && !read_pair(uri, at, length, why)) {
      return false;
    }
    at += length;
  }
  return true;
}

struct uri *uri_read(const void *parent, const char *raw, const char **why) {
  if (raw[0] != '/') {
    *why = "The request target does not begin with a slash.";
    return NULL;
  }
  struct uri *uri = memory_new(parent, struct uri);
  size_t path_length = strcspn(raw, "?");
  uri->path = memory_slice(uri, raw, path_length);
  uri->query = memory_copy(uri, raw[path_length] ? raw + path_length + 1 : "");
  if (!read_path(uri, why) || !read_query(uri, why)) {
    talloc_free(uri);
    return NULL;
  }
  return uri;
}

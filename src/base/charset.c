/* UTF-8 is only looked at; the others go through iconv, a buffer at a time. Most cells are ASCII, which is the same in
 * all of them and is copied. */
#include "base/charset.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

struct charset {
  const char *name;
  iconv_t iconv; /* where `converts` */
  bool converts, wide;
};

static const struct {
  const char *label, *name, *code; /* `code` for iconv; NULL: UTF-8 */
  bool wide;
} known[] = {
    {"utf-8", "UTF-8", NULL, false},
    {"utf8", "UTF-8", NULL, false},
    {"us-ascii", "UTF-8", NULL, false},
    {"utf-16", "UTF-16", "UTF-16LE", true},
    {"utf-16le", "UTF-16", "UTF-16LE", true},
    {"utf-16be", "UTF-16", "UTF-16BE", true},
    {"shift_jis", "Shift_JIS", "CP932", false},
    {"windows-31j", "Shift_JIS", "CP932", false},
    {"cp932", "Shift_JIS", "CP932", false},
    {"big5", "Big5", "CP950", false},
    {"cp950", "Big5", "CP950", false},
};

const char charset_names[] = "utf-8, utf-16, shift_jis or big5";

static int close_iconv(struct charset *charset) {
  return charset->converts ? iconv_close(charset->iconv) : 0;
}

struct charset *charset_open(const void *parent, const char *name) {
  size_t i = 0;
  while (i < sizeof known / sizeof known[0] && strcasecmp(known[i].label, name) != 0) {
    i++;
  }
  if (i == sizeof known / sizeof known[0]) {
    return NULL;
  }
  struct charset *charset = memory_new(parent, struct charset);
  charset->name = known[i].name;
  charset->wide = known[i].wide;
  if (known[i].code != NULL) {
    charset->iconv = iconv_open("UTF-8", known[i].code);
    if (charset->iconv == (iconv_t)-1) {
      talloc_free(charset);
      return NULL;
    }
    charset->converts = true;
  }
  talloc_set_destructor(charset, close_iconv);
  return charset;
}

const char *charset_name(const struct charset *charset) {
  return charset->name;
}

const char *charset_marked(const char *bytes, size_t size) {
  static const char *const marks[][2] = {{"\xef\xbb\xbf", "utf-8"}, {"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"}};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    size_t length = strlen(marks[i][0]);
    if (size >= length && memcmp(bytes, marks[i][0], length) == 0) {
      return marks[i][1];
    }
  }
  return NULL;
}

bool charset_is_wide(const struct charset *charset) {
  return charset->wide;
}

/* The length of the ASCII text without NUL that the bytes begin with. Whether char has a sign differs by machine. */
static size_t plain_length(const char *bytes, size_t size) {
  size_t at = 0;
  while (at < size && bytes[at] != '\0' && (unsigned char)bytes[at] < 0x80) {
    at++;
  }
  return at;
}

static bool check_utf8(const char *bytes, size_t size, size_t *bad) {
  for (size_t at = 0; at < size;) {
    utf8proc_int32_t code = 0;
    at += plain_length(bytes + at, size - at);
    utf8proc_ssize_t step =
        at == size ? 0 : utf8proc_iterate((const utf8proc_uint8_t *)bytes + at, (utf8proc_ssize_t)(size - at), &code);
    if (at < size && (step < 1 || code == 0)) {
      *bad = at;
      return false;
    }
    at += (size_t)step;
  }
  return true;
}

bool charset_stream(struct charset *charset, const char *bytes, size_t size, const struct charset_sink *sink,
                    size_t *bad) {
  char buffer[4096], *from = (char *)(uintptr_t)bytes;
  size_t left = size;
  while (left > 0) {
    char *to = buffer;
    size_t room = sizeof buffer;
    size_t done = iconv(charset->iconv, &from, &left, &to, &room);
    if (done == (size_t)-1 && errno != E2BIG) {
      *bad = size - left;
      iconv(charset->iconv, NULL, NULL, NULL, NULL);
      return false;
    }
    if (!sink->take(sink->argument, buffer, sizeof buffer - room, size - left)) {
      *bad = SIZE_MAX;
      return false;
    }
  }
  return true;
}

static bool take_text(void *argument, const char *bytes, size_t size, size_t done) {
  (void)done;
  text_add_bytes(argument, bytes, size);
  return true;
}

static bool convert(struct charset *charset, const char *bytes, size_t size, struct text *out, size_t *bad) {
  return charset_stream(charset, bytes, size, &(struct charset_sink){take_text, out}, bad);
}

bool charset_read(struct charset *charset, const char *bytes, size_t size, struct text *out, size_t *bad) {
  if (charset->wide) {
    return convert(charset, bytes, size, out, bad);
  }
  const char *nul = size == 0 ? NULL : memchr(bytes, '\0', size);
  bool plain = nul == NULL && plain_length(bytes, size) == size;
  if (nul != NULL) {
    *bad = (size_t)(nul - bytes);
    return false;
  }
  if (!plain && charset->converts) {
    return convert(charset, bytes, size, out, bad);
  }
  if (!plain && !check_utf8(bytes, size, bad)) {
    return false;
  }
  text_add_bytes(out, bytes, size);
  return true;
}

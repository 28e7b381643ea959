/* What begins a formula: = + - @, and their full-width forms, which spreadsheets take for them; and the tab and the
 * line breaks, which some drop before they look. */
#include "base/csv.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { PIECE = 1024 * 1024 }; /* of a long cell that is taken at once */

const char csv_mark[] = "\xef\xbb\xbf", csv_line_end[] = "\r\n";

/* Whether a text may not begin a cell as it is. */
static bool is_armed(const char *text, size_t size) {
  static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"}; /* ＝ ＋ － ＠ */
  if (size > 0 && memchr("=+-@\t\r\n'", text[0], 8) != NULL) {
    return true;
  }
  for (size_t i = 0; size >= 3 && i < sizeof wide / sizeof wide[0]; i++) {
    if (memcmp(text, wide[i], 3) == 0) {
      return true;
    }
  }
  return false;
}

/* Spaces at the ends are quoted too: they are part of the text, and some would drop them. */
static bool needs_quotes(const char *bytes, size_t size) {
  return size == 0 || bytes[0] == ' ' || bytes[size - 1] == ' ' || memchr(bytes, ',', size) != NULL ||
         memchr(bytes, '"', size) != NULL || memchr(bytes, '\n', size) != NULL || memchr(bytes, '\r', size) != NULL;
}

static void add(struct text *out, const char *before, const char *bytes, size_t size, bool quoted) {
  if (!quoted) {
    text_add(out, before);
    text_add_bytes(out, bytes, size);
    return;
  }
  text_add_bytes(out, "\"", 1);
  text_add(out, before);
  text_add_doubled(out, bytes, size, '"');
  text_add_bytes(out, "\"", 1);
}

void csv_add_text(struct text *out, const char *value, size_t size) {
  add(out, is_armed(value, size) ? "'" : "", value, size, needs_quotes(value, size));
}

void csv_add_bytes(struct text *out, const char *bytes, size_t size) {
  add(out, "", bytes, size, needs_quotes(bytes, size));
}

size_t csv_defused(const char *cell, size_t size) {
  return size > 1 && cell[0] == '\'' && is_armed(cell + 1, size - 1) ? 1 : 0;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

void csv_open(struct csv_reader *reader, const char *bytes, size_t size, char separator) {
  size_t mark = size >= 3 && memcmp(bytes, csv_mark, 3) == 0 ? 3 : 0;
  *reader =
      (struct csv_reader){.at = bytes + mark, .end = bytes + size, .separator = separator, .line = 1, .room = SIZE_MAX};
}

char csv_separator(const char *bytes, size_t size) {
  bool quoted = false;
  size = size < PIECE ? size : PIECE;
  for (const char *at = bytes; at < bytes + size && (quoted || (*at != '\r' && *at != '\n')); at++) {
    quoted = quoted != (*at == '"');
    if (!quoted && (*at == ',' || *at == ';' || *at == '\t')) {
      return *at;
    }
  }
  return ',';
}

static enum csv broken(struct csv_reader *reader, const char *why) {
  reader->broken = why;
  return CSV_BROKEN;
}

/* Adds to the cell what there is room for. */
static void hold(struct csv_reader *reader, struct text *cell, const char *bytes, size_t size) {
  if (size > reader->room) {
    reader->large = true;
    size = reader->room;
  }
  reader->room -= size;
  text_add_bytes(cell, bytes, size);
}

/* Takes the bytes up to `end` into the cell, and counts their lines where they may have some. */
static void take(struct csv_reader *reader, struct text *cell, const char *end, bool lines) {
  for (const char *at = reader->at; lines && at < end; at++) {
    reader->line += *at == '\n' || (*at == '\r' && (at + 1 == reader->end || at[1] != '\n'));
  }
  hold(reader, cell, reader->at, (size_t)(end - reader->at));
  reader->at = end;
  passage_reach(&reader->passage, end);
}

/* What stands between quotes; `at` is behind the first of them, and then behind the last. */
static bool read_quoted(struct csv_reader *reader, struct text *cell) {
  size_t line = reader->line;
  while (reader->at < reader->end) {
    size_t left = (size_t)(reader->end - reader->at), piece = left < PIECE ? left : PIECE;
    const char *quote = memchr(reader->at, '"', piece);
    take(reader, cell, quote == NULL ? reader->at + piece : quote, true);
    if (quote == NULL) {
      continue;
    }
    reader->at++;
    if (reader->at == reader->end || *reader->at != '"') {
      return true;
    }
    take(reader, cell, reader->at + 1, false);
  }
  reader->line = line;
  return false;
}

static bool ends_line(const struct csv_reader *reader, const char *at) {
  return at == reader->end || *at == '\n' || *at == '\r';
}

/* Goes to the next line; `at` is where this one ends. */
static void next_line(struct csv_reader *reader) {
  if (reader->at < reader->end) {
    bool both = *reader->at == '\r' && reader->at + 1 < reader->end && reader->at[1] == '\n';
    reader->at += both ? 2 : 1;
    reader->line++;
  }
}

bool csv_declared(struct csv_reader *reader) {
  const char *at = reader->at, *end = reader->end;
  if (end - at < 5 || strncasecmp(at, "sep=", 4) != 0 || memchr(",;\t", at[4], 3) == NULL ||
      !ends_line(reader, at + 5)) {
    return false;
  }
  reader->separator = at[4];
  reader->at += 5;
  next_line(reader);
  return true;
}

enum csv csv_read(struct csv_reader *reader, struct text *cell, bool *bare) {
  text_clear(cell);
  if (reader->at == reader->end && !reader->within) {
    return CSV_END;
  }
  reader->within = false;
  *bare = reader->at == reader->end || *reader->at != '"';
  if (*bare) {
    const char *at = reader->at;
    for (; !ends_line(reader, at) && *at != reader->separator; at++) {
      if (*at == '"') {
        return broken(reader, "has a quote inside of a cell that does not begin with one");
      }
      if (at - reader->at == PIECE) {
        take(reader, cell, at, false);
      }
    }
    take(reader, cell, at, false);
  } else {
    reader->at++;
    if (!read_quoted(reader, cell)) {
      return broken(reader, "begins a cell with a quote that nothing ends");
    }
  }
  if (reader->at < reader->end && *reader->at == reader->separator) {
    reader->at++;
    reader->within = true;
    return CSV_CELL;
  }
  if (!ends_line(reader, reader->at)) {
    return broken(reader, "goes on after the quote that ends a cell");
  }
  next_line(reader);
  return CSV_LAST;
}

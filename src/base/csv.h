/* CSV as this program writes and reads it (RFC 4180): cells parted by commas, lines ended by CR LF; read, by semicolons
 * or tabs, and LF or CR, too. Of an empty cell,
 * the bare one is nothing at all and the quoted one ("") is the empty text. A text that a spreadsheet could take for a
 * formula is defused by an apostrophe before it, and so is one that begins with an apostrophe, so that reading can take
 * off exactly what writing has put there. */
#ifndef ENTENTE_BASE_CSV_H
#define ENTENTE_BASE_CSV_H

#include "base/spool.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Tells a spreadsheet that what follows is UTF-8. */
extern const char csv_mark[], csv_line_end[];

/* Adds a cell that holds this text, defused when it needs to be. */
void csv_add_text(struct text *out, const char *value, size_t size);
/* Adds a cell that holds these bytes as they are, quoted where they need it: numbers, JSON. */
void csv_add_bytes(struct text *out, const char *bytes, size_t size);

enum csv {
  CSV_CELL, /* more of its line follow */
  CSV_LAST, /* the last of its line */
  CSV_END,  /* there was nothing left */
  CSV_BROKEN
};

struct csv_reader {
  const char *at, *end;
  char separator;         /* ',' is what is written here; others come from elsewhere */
  size_t line;            /* where `at` is, from 1 */
  bool within;            /* a separator was read, so a cell follows, be it an empty one */
  size_t room;            /* how much the cells may still hold; set before each row, and less by each cell */
  bool large;             /* a cell had no room, and lacks what did not fit */
  struct passage passage; /* of bytes that lie in a file (base/spool.h); else empty */
  const char *broken;     /* what is wrong with that line, after CSV_BROKEN */
};

/* Begins with the bytes, past a byte order mark. They are borrowed. */
void csv_open(struct csv_reader *reader, const char *bytes, size_t size, char separator);
/* Passes over a first line that only says what parts cells (`sep=;`), as spreadsheets write and take it, and from here
 * on that does. False when there is none. */
bool csv_declared(struct csv_reader *reader);
/* What parts the cells of the first line: the first comma, semicolon or tab outside of quotes; a comma where there is
 * none. */
char csv_separator(const char *bytes, size_t size);
/* Reads the next cell into `cell`, which is emptied before. *bare tells whether it was written without quotes. Lines
 * may end in LF or CR alone, and the last one need not end. */
enum csv csv_read(struct csv_reader *reader, struct text *cell, bool *bare);
/* How many bytes at the beginning of a cell are only there to defuse it: 0 or 1. */
size_t csv_defused(const char *cell, size_t size);

#endif

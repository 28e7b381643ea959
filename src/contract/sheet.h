/* A file of CSV as records: the way back from contract/columns.h. Its first line names columns, in any order and not
 * necessarily all of them; every other line is what a record is to become in these. */
#ifndef ENTENTE_CONTRACT_SHEET_H
#define ENTENTE_CONTRACT_SHEET_H

#include "contract/contract.h"

struct charset;
struct sheet;

enum { SHEET_COLUMNS_MOST = 256, SHEET_ROW_MOST = 8 * 1024 * 1024 /* bytes of all cells of a row */ };

/* What is read. `filed`: it lies in a file that is mapped, and is let go as it is read (base/spool.h). */
struct sheet_file {
  const char *bytes;
  size_t size;
  bool filed;
};

struct sheet_row {
  size_t line;    /* where it begins in the file, from 1 */
  size_t row;     /* as spreadsheets count: the header is row 1, whatever lines there are inside of cells */
  json_t *record; /* {member: value} of the columns that there are, null where the cell is empty, members of objects in
                     objects of their own; NULL when the cells do not fit the columns. A new reference */
};

enum sheet_read { SHEET_ROW, SHEET_END, SHEET_BROKEN };

/* Reads the header of a file for records of that schema, by commas, semicolons or tabs, as the header is or a line
 * before it says (csv_declared). The bytes and the character set are borrowed. NULL when it cannot be used; `faults`
 * then has why: it is not there, cannot be read, names a column twice, one that is unknown, or too many. */
struct sheet *sheet_open(const void *parent, const struct schema *schema, struct charset *charset,
                         const struct sheet_file *file, struct faults *faults);
/* Reads the next row that is not empty; columns that are readOnly are passed over, but `revision`. `faults`, which is
 * empty before, gets what cannot be read as text, or as JSON, with the pointer into the record; whether the values are
 * right is schema_check's to say. SHEET_BROKEN: the rest of the file cannot be told apart into cells; row->line says
 * from where. */
enum sheet_read sheet_next(struct sheet *sheet, struct sheet_row *row, struct faults *faults);
/* Up to where the file is read. */
const char *sheet_at(const struct sheet *sheet);
/* Whether the place that the pointer names lies in a column of the file. */
bool sheet_has(const struct sheet *sheet, const char *pointer);
/* Whether the file has all columns that can be written. */
bool sheet_is_whole(const struct sheet *sheet);

/* What a record becomes by a row: `base` (NULL: nothing yet) with the row's values in place of its own; what is null in
 * the row is taken away, and an object of which nothing is left. A new reference, which shares values with both. */
json_t *sheet_merge(const struct schema *schema, const json_t *base, const json_t *row);
/* The name of the column in which the place is that a pointer names; "" for the whole row. Owned by `parent`. */
const char *sheet_column(const void *parent, const struct schema *schema, const char *pointer);

#endif

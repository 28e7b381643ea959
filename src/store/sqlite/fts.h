/* Private to SQLite's part of the store: how its full-text index reads text, and weighs what it finds. */
#ifndef ENTENTE_STORE_SQLITE_FTS_H
#define ENTENTE_STORE_SQLITE_FTS_H

#include <stdbool.h>

struct sqlite3;

/* Gives the connection the tokenizer `entente`, which tells the tokens of domain/fold.h, and takes each text of a
 * question for one token that is folded already; and the function search_weights(table), which gives a row's struct
 * search_weights (search_sql.h) as a blob; and search_begins(names, key), which says whether the key of one of the
 * names begins with that one. */
bool fts_register(struct sqlite3 *handle);

#endif

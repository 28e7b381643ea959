/* SQLite's FTS5 does the index; what a token is, domain/fold.h says. A question comes here as tokens that were folded
 * before, so that nothing of it is cut or read twice.
 *
 * FTS5's own bm25() counts the rows of every phrase, which for a word that is in half of the registry is a walk over
 * half of the registry. So only what the row itself has is told here, and search.c makes a score of it. */
#include "store/sqlite/fts.h"

#include "base/memory.h"
#include "domain/fold.h"
#include "domain/names.h"
#include "store/search_sql.h"
#include "store/search_text.h"

#include <sqlite3.h>
#include <string.h>

/* -- tokens -------------------------------------------------------------------------------------------------------- */

static int make_tokenizer(void *context, const char **arguments, int count, Fts5Tokenizer **out) {
  static char nothing; /* it has no state */
  (void)context, (void)arguments, (void)count;
  *out = (Fts5Tokenizer *)(void *)&nothing;
  return SQLITE_OK;
}

static void drop_tokenizer(Fts5Tokenizer *tokenizer) {
  (void)tokenizer;
}

struct taking {
  void *context;
  int (*token)(void *context, int flags, const char *text, int length, int start, int end);
  int code;
};

static bool take_token(void *argument, const struct fold_token *token) {
  struct taking *taking = argument;
  taking->code = taking->token(taking->context, 0, token->text, (int)token->length, (int)token->start, (int)token->end);
  return taking->code == SQLITE_OK;
}

/* A token of a question, and its other spelling in the same place. */
static int ask_token(void *context, const char *text, int length,
                     int (*token)(void *context, int flags, const char *text, int length, int start, int end)) {
  const char *other = memchr(text, SEARCH_OR[0], (size_t)length);
  int first = other == NULL ? length : (int)(other - text);
  int code = token(context, 0, text, first, 0, first);
  return code != SQLITE_OK || other == NULL
             ? code
             : token(context, FTS5_TOKEN_COLOCATED, other + 1, length - first - 1, first + 1, length);
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length,
                    int (*token)(void *context, int flags, const char *text, int length, int start, int end)) {
  (void)tokenizer;
  if (flags & FTS5_TOKENIZE_QUERY) {
    return ask_token(context, text, length, token);
  }
  struct taking taking = {context, token, SQLITE_OK};
  fold_tokens(text, (size_t)length, take_token, &taking);
  return taking.code;
}

/* -- weights ------------------------------------------------------------------------------------------------------- */

static int weigh_phrases(const Fts5ExtensionApi *api, Fts5Context *row, double weights[QUESTION_PHRASES]) {
  int count = 0, code = api->xInstCount(row, &count);
  for (int i = 0; code == SQLITE_OK && i < count; i++) {
    int phrase = 0, column = 0, place = 0;
    code = api->xInst(row, i, &phrase, &column, &place);
    if (code == SQLITE_OK && phrase < QUESTION_PHRASES) {
      weights[phrase] += column == 0 ? SEARCH_NAME_WEIGHT : 1;
    }
  }
  return code;
}

static void search_weights(const Fts5ExtensionApi *api, Fts5Context *row, sqlite3_context *result, int count,
                           sqlite3_value **values) {
  (void)count, (void)values;
  struct search_weights weights = {0};
  sqlite3_int64 rows = 0, tokens = 0;
  int size = 0, code = weigh_phrases(api, row, weights.phrases);
  code = code == SQLITE_OK ? api->xRowCount(row, &rows) : code;
  code = code == SQLITE_OK ? api->xColumnTotalSize(row, -1, &tokens) : code;
  code = code == SQLITE_OK ? api->xColumnSize(row, -1, &size) : code;
  if (code != SQLITE_OK) {
    sqlite3_result_error_code(result, code);
    return;
  }
  weights.size = size;
  weights.average = rows > 0 && tokens > 0 ? (double)tokens / (double)rows : 1;
  weights.rows = (double)rows;
  int phrases = api->xPhraseCount(row);
  phrases = phrases < QUESTION_PHRASES ? phrases : QUESTION_PHRASES;
  sqlite3_result_blob(result, &weights, (int)SEARCH_WEIGHTS_SIZE((size_t)phrases), SQLITE_TRANSIENT);
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static void search_begins(sqlite3_context *result, int count, sqlite3_value **values) {
  (void)count;
  const char *at = (const char *)sqlite3_value_text(values[0]), *key = (const char *)sqlite3_value_text(values[1]);
  size_t length = key == NULL ? 0 : strlen(key);
  void *memory = talloc_new(NULL);
  bool begins = false;
  while (at != NULL && length > 0 && !begins) {
    begins = strncmp(fold_key(memory, names_next(memory, &at)), key, length) == 0;
  }
  talloc_free(memory);
  sqlite3_result_int(result, begins);
}

/* -- registering --------------------------------------------------------------------------------------------------- */

static fts5_api *find_api(sqlite3 *handle) {
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(handle, "SELECT fts5($1)", -1, &statement, NULL) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

bool fts_register(struct sqlite3 *handle) {
  static fts5_tokenizer tokenizer = {make_tokenizer, drop_tokenizer, tokenize};
  fts5_api *api = find_api(handle);
  return api != NULL && api->xCreateTokenizer(api, "entente", NULL, &tokenizer, NULL) == SQLITE_OK &&
         api->xCreateFunction(api, "search_weights", NULL, search_weights, NULL) == SQLITE_OK &&
         sqlite3_create_function(handle, "search_begins", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, search_begins,
                                 NULL, NULL) == SQLITE_OK;
}

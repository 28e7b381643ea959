/* Folding: any bytes become tokens that stand in order within them; folding what is folded changes nothing; a question
 * holds only such tokens, and finds itself in its own text. */
#include "fuzz.h"

#include "contract/characters.h"
#include "domain/fold.h"
#include "domain/likeness.h"
#include "domain/question.h"

struct looking {
  size_t size, start, count;
};

static bool look_at_token(void *argument, const struct fold_token *token) {
  struct looking *looking = argument;
  must(token->length > 0 && token->length <= FOLD_TOKEN_MOST, "a token has some bytes, and not too many");
  must(token->start < token->end && token->end <= looking->size, "a token stands for some of the text");
  must(token->start >= looking->start, "tokens come in the order of the text");
  must(memchr(token->text, '"', token->length) == NULL && memchr(token->text, '\0', token->length) == NULL,
       "no token has what an index takes for syntax");
  looking->start = token->start;
  looking->count++;
  return true;
}

static void look_at_question(const void *memory, const char *text) {
  struct question question;
  if (question_read(memory, text, &question) != QUESTION_READ) {
    return;
  }
  must(question.count > 0 && question.count <= QUESTION_PHRASES, "a question has some phrases, and not too many");
  for (size_t i = 0; i < question.count; i++) {
    must(question.phrases[i].count > 0, "a phrase has tokens");
  }
  const char *snippet = question_snippet(memory, &question, text);
  must(snippet != NULL && strstr(snippet, "<mark>") != NULL, "a question finds itself");
  must(characters_clean(snippet, strlen(snippet), ""), "a snippet is text");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  void *memory = talloc_new(NULL);
  const char *text = memory_slice(memory, (const char *)bytes, size);
  struct looking looking = {.size = size};
  must(fold_tokens((const char *)bytes, size, look_at_token, &looking), "all tokens are told");
  const char *key = fold_key(memory, text), *again = fold_key(memory, key);
  must(strlen(again) <= strlen(key), "folding a key adds nothing");
  must(likeness(key, key) == (key[0] == '\0' ? 0.0 : 1.0), "a name is like itself");
  if (characters_clean(text, strlen(text), "\t\n\r")) {
    look_at_question(memory, text);
  }
  talloc_free(memory);
  return 0;
}

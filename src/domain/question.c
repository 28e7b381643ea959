/* The text is folded as a whole, so that every word has its neighbours, and its tokens are then dealt out to the parts
 * that quotes and spaces make. A run of characters is on the index as pairs and its last character: of a phrase's last
 * run that one is left out, since the run may go on in what is found; where it is all there is of the run, whatever
 * begins with it will do. */
#include "domain/question.h"

#include "base/memory.h"
#include "domain/fold.h"
#include "domain/spelling.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

struct reading {
  const void *parent;
  struct question *question;
  const size_t *parts; /* by byte: to which part it belongs */
  size_t part;         /* of the phrase under way */
  size_t tokens;       /* of all phrases */
  enum fold_kind last, before;
  bool full;
};

static bool is_quote(int32_t c) {
  return c == '"' || (c >= 0x201C && c <= 0x201F) || c == 0xFF02 || (c >= 0x300C && c <= 0x300F);
}

static bool is_space(int32_t c) {
  return c <= ' ' || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* Numbers the parts: inside quotes one, outside one between spaces. */
static size_t *find_parts(const void *memory, const char *text, size_t size) {
  size_t *parts = memory_array(memory, size_t, size + 1), part = 0;
  bool quoted = false;
  for (size_t at = 0; at < size;) {
    utf8proc_int32_t c = ' ';
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
    length = length < 1 ? 1 : length;
    if (is_quote(c)) {
      quoted = !quoted;
      part++;
    } else if (!quoted && is_space(c)) {
      part++;
    }
    for (utf8proc_ssize_t i = 0; i < length; i++) {
      parts[at++] = part;
    }
  }
  return parts;
}

static void end_phrase(struct reading *reading) {
  struct question *question = reading->question;
  struct phrase *phrase = question->count == 0 ? NULL : &question->phrases[question->count - 1];
  if (phrase == NULL || reading->last != FOLD_LAST) {
    return;
  }
  if (phrase->count > 1 && reading->before == FOLD_PAIR) {
    phrase->count--;
  } else {
    phrase->prefix = true;
  }
}

static bool take_token(void *argument, const struct fold_token *token) {
  struct reading *reading = argument;
  struct question *question = reading->question;
  size_t part = reading->parts[token->start];
  if (token->kind == FOLD_GAP) {
    return true;
  }
  if (++reading->tokens > QUESTION_TOKENS) {
    reading->full = true;
    return false;
  }
  if (question->count == 0 || part != reading->part) {
    end_phrase(reading);
    if (question->count == QUESTION_PHRASES) {
      reading->full = true;
      return false;
    }
    question->phrases[question->count++] = (struct phrase){0};
    reading->part = part;
  }
  struct phrase *phrase = &question->phrases[question->count - 1];
  phrase->tokens = memory_grow(reading->parent, phrase->tokens, const char *, phrase->count + 1);
  phrase->tokens[phrase->count++] = memory_slice(reading->parent, token->text, token->length);
  reading->before = phrase->count == 1 ? FOLD_WORD : reading->last;
  reading->last = token->kind;
  return true;
}

static enum question_result read_words(const void *parent, const char *text, struct question *question) {
  size_t size = strlen(text);
  size_t *parts = find_parts(NULL, text, size);
  struct reading reading = {.parent = parent, .question = question, .parts = parts, .last = FOLD_WORD};
  *question = (struct question){.key = fold_key(parent, text)};
  fold_tokens(text, size, take_token, &reading);
  talloc_free(parts);
  if (reading.full) {
    return QUESTION_LONG;
  }
  end_phrase(&reading);
  return question->count == 0 ? QUESTION_EMPTY : QUESTION_READ;
}

/* Sets the tokens that the other spelling gives beside those of the question: both have the same words. */
static void add_others(const void *parent, struct question *question, const struct question *other) {
  for (size_t i = 0; i < question->count && other->count == question->count; i++) {
    struct phrase *phrase = &question->phrases[i];
    const struct phrase *spelled = &other->phrases[i];
    phrase->others = memory_array(parent, const char *, phrase->count);
    for (size_t j = 0; j < phrase->count && spelled->count == phrase->count; j++) {
      bool same = strcmp(phrase->tokens[j], spelled->tokens[j]) == 0;
      phrase->others[j] = same ? NULL : spelled->tokens[j];
    }
  }
}

enum question_result question_read(const void *parent, const char *text, struct question *question) {
  enum question_result result = read_words(parent, text, question);
  const char *spelled = result == QUESTION_READ ? spelling_other(parent, text) : NULL;
  struct question *other = spelled == NULL ? NULL : memory_new(parent, struct question);
  if (other != NULL && read_words(parent, spelled, other) == QUESTION_READ) {
    add_others(parent, question, other);
    question->other = strcmp(other->key, question->key) == 0 ? NULL : other->key;
  }
  return result;
}

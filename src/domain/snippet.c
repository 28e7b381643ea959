/* A text is tokenized once; what is kept of a token is a hash, and where it stands. Phrases are looked for at each
 * token; then the place is chosen from which most of them are near. A snippet stays within one member, and is cut
 * between words where a space is near. */
#include "domain/question.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"

#include <stdint.h>
#include <string.h>

enum { HITS_MOST = 64, NEAR_BYTES = 160, BEFORE_BYTES = 60, SNIPPET_BYTES = 240, WORD_BYTES = 24 };

struct seen {
  uint64_t hash, first; /* of the whole, of the first character */
  bool begins;          /* it begins with the last token of the question */
  size_t start, end, member;
};

struct hit {
  size_t start, end, member;
  size_t phrase;
};

struct looking {
  const struct question *question;
  const char *last;                 /* the last token of the question */
  uint64_t asked[QUESTION_TOKENS];  /* the hashes of its tokens … */
  uint64_t others[QUESTION_TOKENS]; /* … and of their other spellings, or the same */
  size_t phrases[QUESTION_PHRASES]; /* where each phrase begins among them */
  size_t asked_count;
  struct seen *list;
  size_t count, capacity, members;
  struct hit hits[HITS_MOST];
  size_t hit_count;
};

static bool continues(char byte) {
  return ((unsigned char)byte & 0xC0) == 0x80;
}

static uint64_t hash_first(const char *bytes, size_t length) {
  size_t end = 1;
  while (end < length && continues(bytes[end])) {
    end++;
  }
  return hash_bytes(HASH_START, bytes, end);
}

static bool see_token(void *argument, const struct fold_token *token) {
  struct looking *looking = argument;
  if (looking->count == looking->capacity) {
    looking->capacity = looking->capacity * 2 + 256;
    looking->list = memory_grow(looking, looking->list, struct seen, looking->capacity);
  }
  size_t last = strlen(looking->last);
  looking->members += token->kind == FOLD_GAP;
  looking->list[looking->count++] =
      (struct seen){.hash = hash_bytes(HASH_START, token->text, token->length),
                    .first = token->kind == FOLD_WORD ? 0 : hash_first(token->text, token->length),
                    .begins = token->length >= last && memcmp(token->text, looking->last, last) == 0,
                    .start = token->start,
                    .end = token->end,
                    .member = looking->members};
  return true;
}

static void hash_question(struct looking *looking) {
  for (size_t i = 0; i < looking->question->count; i++) {
    const struct phrase *phrase = &looking->question->phrases[i];
    looking->phrases[i] = looking->asked_count;
    for (size_t j = 0; j < phrase->count && looking->asked_count < QUESTION_TOKENS; j++) {
      const char *other = phrase->others == NULL ? NULL : phrase->others[j];
      uint64_t hash = hash_bytes(HASH_START, phrase->tokens[j], strlen(phrase->tokens[j]));
      looking->others[looking->asked_count] = other == NULL ? hash : hash_bytes(HASH_START, other, strlen(other));
      looking->asked[looking->asked_count++] = hash;
    }
  }
}

static bool phrase_at(const struct looking *looking, size_t number, size_t at) {
  const struct phrase *phrase = &looking->question->phrases[number];
  const uint64_t *asked = &looking->asked[looking->phrases[number]];
  const uint64_t *others = &looking->others[looking->phrases[number]];
  if (at + phrase->count > looking->count) {
    return false;
  }
  for (size_t i = 0; i < phrase->count; i++) {
    const struct seen *seen = &looking->list[at + i];
    bool open = phrase->prefix && i + 1 == phrase->count;
    if ((open ? seen->first : seen->hash) != asked[i] && (open || seen->hash != others[i])) {
      return false;
    }
  }
  return true;
}

static void add_hit(struct looking *looking, size_t first, size_t count, size_t phrase) {
  looking->hits[looking->hit_count++] = (struct hit){looking->list[first].start, looking->list[first + count - 1].end,
                                                     looking->list[first].member, phrase};
}

/* Of a single character that stands for what begins with it, only that one is marked. */
static void add_phrase_hit(struct looking *looking, const struct phrase *phrase, size_t at, size_t number,
                           const char *text) {
  const struct seen *last = &looking->list[at + phrase->count - 1];
  size_t end = last->start + 1;
  while (phrase->prefix && end < last->end && continues(text[end])) {
    end++;
  }
  add_hit(looking, at, phrase->count, number);
  if (phrase->prefix) {
    looking->hits[looking->hit_count - 1].end = end;
  }
}

static void find_phrases(struct looking *looking, const char *text) {
  for (size_t at = 0; at < looking->count; at++) {
    for (size_t i = 0; i < looking->question->count && looking->hit_count < HITS_MOST; i++) {
      if (phrase_at(looking, i, at)) {
        add_phrase_hit(looking, &looking->question->phrases[i], at, i, text);
      }
    }
  }
}

/* What begins with the whole question, its last word cut short: a name that is being typed. */
static void find_beginning(struct looking *looking) {
  size_t total = looking->asked_count;
  for (size_t at = 0; at + total <= looking->count; at++) {
    size_t same = 0;
    while (same + 1 < total && looking->list[at + same].hash == looking->asked[same]) {
      same++;
    }
    if (same + 1 == total && looking->list[at + same].begins) {
      add_hit(looking, at, total, 0);
      return;
    }
  }
}

static bool is_near(const struct hit *hit, const struct hit *next) {
  return next->member == hit->member && next->end <= hit->start + NEAR_BYTES;
}

/* The first hit of those from which most phrases are near. */
static const struct hit *best_hit(const struct looking *looking) {
  const struct hit *best = &looking->hits[0];
  size_t most = 0;
  for (size_t i = 0; i < looking->hit_count; i++) {
    bool near[QUESTION_PHRASES] = {false};
    size_t count = 0;
    for (size_t j = i; j < looking->hit_count && (j == i || is_near(&looking->hits[i], &looking->hits[j])); j++) {
      count += !near[looking->hits[j].phrase];
      near[looking->hits[j].phrase] = true;
    }
    if (count > most) {
      most = count;
      best = &looking->hits[i];
    }
  }
  return best;
}

static void add_html(struct text *out, const char *text, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c <= ' ') {
      text_add(out, out->length > 0 && out->data[out->length - 1] == ' ' ? "" : " ");
    } else if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'') {
      text_addf(out, "&#%d;", c);
    } else {
      text_add_bytes(out, text + i, 1);
    }
  }
}

/* The begin of a snippet around a hit, not before `least`. */
static size_t begin_of(const char *text, size_t least, size_t hit) {
  size_t at = hit > least + BEFORE_BYTES ? hit - BEFORE_BYTES : least;
  while (at < hit && at > least && continues(text[at])) {
    at++;
  }
  for (size_t i = at; at > least && i < hit && i < at + WORD_BYTES; i++) {
    if (text[i] == ' ') {
      return i + 1;
    }
  }
  return at;
}

static size_t end_of(const char *text, size_t most, size_t begin, size_t hit) {
  size_t wanted = begin + SNIPPET_BYTES > hit ? begin + SNIPPET_BYTES : hit;
  size_t at = wanted < most ? wanted : most;
  while (at < most && continues(text[at])) {
    at++;
  }
  for (size_t i = at; at < most && i > hit && i + WORD_BYTES > at; i--) {
    if (text[i] == ' ') {
      return i;
    }
  }
  return at;
}

static char *cut(const void *parent, const struct looking *looking, const char *text) {
  const struct hit *hit = best_hit(looking);
  size_t least = hit->start, most = hit->end;
  while (least > 0 && text[least - 1] != FOLD_BOUNDARY[0]) {
    least--;
  }
  while (text[most] != '\0' && text[most] != FOLD_BOUNDARY[0]) {
    most++;
  }
  size_t begin = begin_of(text, least, hit->start), end = end_of(text, most, begin, hit->end), at = begin;
  struct text *out = text_new(parent);
  text_add(out, begin > least ? "…" : "");
  for (const struct hit *next = looking->hits; next < looking->hits + looking->hit_count; next++) {
    if (next->end <= at || next->start < begin || next->end > end) {
      continue;
    }
    size_t start = next->start > at ? next->start : at;
    add_html(out, text, at, start);
    text_add(out, "<mark>");
    add_html(out, text, start, next->end);
    text_add(out, "</mark>");
    at = next->end;
  }
  add_html(out, text, at, end);
  text_add(out, end < most ? "…" : "");
  return out->data;
}

char *question_snippet(const void *parent, const struct question *question, const char *text) {
  struct looking *looking = memory_new(NULL, struct looking);
  const struct phrase *last = &question->phrases[question->count - 1];
  looking->question = question;
  looking->last = last->tokens[last->count - 1];
  hash_question(looking);
  fold_tokens(text, strlen(text), see_token, looking);
  find_phrases(looking, text);
  if (looking->hit_count == 0) {
    find_beginning(looking);
  }
  char *snippet = looking->hit_count == 0 ? NULL : cut(parent, looking, text);
  talloc_free(looking);
  return snippet;
}

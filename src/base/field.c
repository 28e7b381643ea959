/* Whatever breaks the grammar is read as far as it goes: a field that asks for something is not a reason to refuse. */
#include "base/field.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static struct span trimmed(const char *text, size_t length) {
  while (length > 0 && is_blank(*text)) {
    text++;
    length--;
  }
  while (length > 0 && is_blank(text[length - 1])) {
    length--;
  }
  return (struct span){text, length};
}

/* How many bytes come before the separator; all of them when it does not come. */
static size_t before(struct span text, char separator) {
  bool quoted = false;
  size_t at = 0;
  for (; at < text.length && (quoted || text.text[at] != separator); at++) {
    if (text.text[at] == '"') {
      quoted = !quoted;
    } else if (quoted && text.text[at] == '\\' && at + 1 < text.length) {
      at++;
    }
  }
  return at;
}

bool field_element(const char **list, struct span *element) {
  *element = (struct span){*list, 0};
  while (element->length == 0 && **list != '\0') {
    size_t length = before((struct span){*list, strlen(*list)}, ',');
    *element = trimmed(*list, length);
    *list += length + ((*list)[length] == ',');
  }
  return element->length > 0;
}

bool field_pair(struct span *element, struct field_pair *pair) {
  pair->name.length = 0;
  while (pair->name.length == 0 && element->length > 0) {
    size_t length = before(*element, ';'), sign = before((struct span){element->text, length}, '=');
    pair->name = trimmed(element->text, sign);
    pair->value = sign < length ? trimmed(element->text + sign + 1, length - sign - 1) : (struct span){"", 0};
    length += length < element->length;
    *element = (struct span){element->text + length, element->length - length};
  }
  return pair->name.length > 0;
}

bool field_is(struct span text, const char *token) {
  return text.length == strlen(token) && strncasecmp(text.text, token, text.length) == 0;
}

bool field_value_is(struct span value, const char *token) {
  if (value.length == 0 || value.text[0] != '"') {
    return field_is(value, token);
  }
  for (size_t at = 1; at < value.length && value.text[at] != '"'; at++, token++) {
    at += value.text[at] == '\\' && at + 1 < value.length;
    if (*token == '\0' || strncasecmp(&value.text[at], token, 1) != 0) {
      return false;
    }
  }
  return *token == '\0';
}

/* Digits with a point among them; up to three behind it count. */
static double read_weight(struct span value) {
  double weight = 0, place = 1;
  bool point = false;
  for (size_t at = 0; at < value.length && at < 5; at++) {
    char c = value.text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      place = point ? place / 10 : place;
      weight = point ? weight + (c - '0') * place : weight * 10 + (c - '0');
    } else {
      return 0;
    }
  }
  return weight > 1 ? 1 : weight;
}

double field_weight(struct span parameters) {
  struct field_pair pair;
  while (field_pair(&parameters, &pair)) {
    if (field_is(pair.name, "q")) {
      return read_weight(pair.value);
    }
  }
  return 1;
}

bool field_lists(const char *list, const char *token) {
  struct span element;
  while (field_element(&list, &element)) {
    if (field_is(element, token)) {
      return true;
    }
  }
  return false;
}

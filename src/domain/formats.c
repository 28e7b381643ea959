/* A format is one function over the bytes of a string and the words for what it expects. The grammars are read as the
 * standards write them: a text is cut at its separators and each piece is tested by its length and alphabet. None of
 * these functions accepts more than its standard; where less is accepted, a comment says so. */
#include "domain/formats.h"
#include "base/network.h"
#include "domain/partial_date.h"
#include "domain/slug.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_alphanumeric(char c) {
  return is_letter(c) || is_digit(c);
}

static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(char c, const char *set) {
  return c != '\0' && strchr(set, c) != NULL;
}

/* Part of a text that need not end with a NUL. */
struct piece {
  const char *text;
  size_t length;
};

static bool all(struct piece piece, bool (*test)(char)) {
  for (size_t i = 0; i < piece.length; i++) {
    if (!test(piece.text[i])) {
      return false;
    }
  }
  return true;
}

/* Cuts off what stands before the first `separator`, or everything. `*rest` begins after it; its text is NULL when
 * there was no separator. */
static struct piece cut(struct piece whole, char separator, struct piece *rest) {
  const char *at = whole.length == 0 ? NULL : memchr(whole.text, separator, whole.length);
  if (at == NULL) {
    *rest = (struct piece){NULL, 0};
    return whole;
  }
  size_t before = (size_t)(at - whole.text);
  *rest = (struct piece){at + 1, whole.length - before - 1};
  return (struct piece){whole.text, before};
}

static bool partial_date_valid(const char *text, size_t length) {
  struct partial_date date;
  return partial_date_read(text, length, &date);
}

static bool date_valid(const char *text, size_t length) {
  struct partial_date date;
  return partial_date_read(text, length, &date) && date.whole;
}

/* The number that two digits write, or -1 when it is not one of 0 … most. */
static int two_digits(const char *text, int most) {
  if (!is_digit(text[0]) || !is_digit(text[1])) {
    return -1;
  }
  int number = (text[0] - '0') * 10 + (text[1] - '0');
  return number <= most ? number : -1;
}

/* RFC 3339 5.6. A leap second stands only at the end of a day of UTC. */
static bool date_time_valid(const char *text, size_t length) {
  static const size_t whole_seconds = sizeof "2026-04-01T09:30:00" - 1;
  if (length <= whole_seconds || !date_valid(text, 10) || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':') {
    return false;
  }
  int hour = two_digits(text + 11, 23);
  int minute = two_digits(text + 14, 59);
  int second = two_digits(text + 17, 60);
  if (hour < 0 || minute < 0 || second < 0) {
    return false;
  }
  size_t at = whole_seconds;
  if (text[at] == '.') {
    size_t digits = at + 1;
    for (at = digits; at < length && is_digit(text[at]);) {
      at++;
    }
    if (at == digits) {
      return false;
    }
  }
  int offset = 0;
  if (length - at == 6 && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':') {
    int hours = two_digits(text + at + 1, 23);
    int minutes = two_digits(text + at + 4, 59);
    if (hours < 0 || minutes < 0) {
      return false;
    }
    offset = (hours * 60 + minutes) * (text[at] == '+' ? 1 : -1);
  } else if (length - at != 1 || (text[at] != 'Z' && text[at] != 'z')) {
    return false;
  }
  const int day_minutes = 24 * 60;
  return second < 60 || (hour * 60 + minute - offset + day_minutes) % day_minutes == day_minutes - 1;
}

/* Subtags of RFC 5646 2.1 are told apart by length and alphabet alone. */
static bool is_language(struct piece tag) {
  return tag.length >= 2 && tag.length <= 8 && all(tag, is_letter);
}

static bool is_extended_language(struct piece tag) {
  return tag.length == 3 && all(tag, is_letter);
}

static bool is_script(struct piece tag) {
  return tag.length == 4 && all(tag, is_letter);
}

static bool is_region(struct piece tag) {
  return (tag.length == 2 && all(tag, is_letter)) || (tag.length == 3 && all(tag, is_digit));
}

static bool is_variant(struct piece tag) {
  return all(tag, is_alphanumeric) &&
         ((tag.length >= 5 && tag.length <= 8) || (tag.length == 4 && is_digit(tag.text[0])));
}

static bool is_single(struct piece tag) {
  return tag.length == 1 && is_alphanumeric(tag.text[0]);
}

static bool is_private(struct piece tag) {
  return tag.length == 1 && (tag.text[0] == 'x' || tag.text[0] == 'X');
}

/* Moves on when the next subtag passes. */
static bool take_subtag(struct piece *rest, bool (*test)(struct piece)) {
  struct piece after;
  if (rest->text == NULL || !test(cut(*rest, '-', &after))) {
    return false;
  }
  *rest = after;
  return true;
}

/* The subtags behind a singleton, one at least. */
static bool take_extension(struct piece *rest, size_t shortest) {
  size_t count = 0;
  while (rest->text != NULL) {
    struct piece after;
    struct piece tag = cut(*rest, '-', &after);
    if (tag.length < shortest || tag.length > 8 || !all(tag, is_alphanumeric)) {
      break;
    }
    *rest = after;
    count++;
  }
  return count > 0;
}

/* RFC 5646 2.1, without the seventeen irregular tags that were registered before it (i-klingon …). */
static bool language_tag_valid(const char *text, size_t length) {
  struct piece rest = {text, length};
  if (take_subtag(&rest, is_private)) {
    return take_extension(&rest, 1) && rest.text == NULL;
  }
  const char *dash = memchr(text, '-', length);
  size_t language_length = dash == NULL ? length : (size_t)(dash - text);
  if (!take_subtag(&rest, is_language)) {
    return false;
  }
  for (int i = 0; i < 3 && language_length <= 3; i++) {
    if (!take_subtag(&rest, is_extended_language)) {
      break;
    }
  }
  take_subtag(&rest, is_script);
  take_subtag(&rest, is_region);
  bool varied = true;
  while (varied) {
    varied = take_subtag(&rest, is_variant);
  }
  while (rest.text != NULL) {
    bool private = take_subtag(&rest, is_private);
    if (!private && !take_subtag(&rest, is_single)) {
      return false;
    }
    if (!take_extension(&rest, private ? 1 : 2) || (private && rest.text != NULL)) {
      return false;
    }
  }
  return true;
}

/* ISO 3166-1 alpha-2, the officially assigned codes: 249. */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
    "BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
    "DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
    "GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
    "KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
    "MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
    "PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
    "SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
    "US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

static bool country_code_valid(const char *text, size_t length) {
  if (length != 2) {
    return false;
  }
  for (size_t i = 0; i + 2 < sizeof countries; i += 3) {
    if (memcmp(countries + i, text, 2) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_upper_or_digit(char c) {
  return is_upper(c) || is_digit(c);
}

static bool region_code_valid(const char *text, size_t length) {
  struct piece part;
  struct piece country = cut((struct piece){text, length}, '-', &part);
  return country_code_valid(country.text, country.length) && part.length >= 1 && part.length <= 3 &&
         all(part, is_upper_or_digit);
}

/* Only unreserved characters, sub-delims, those of `extra`, and whole percent-encodings. */
static bool uri_characters(struct piece piece, const char *extra) {
  for (size_t i = 0; i < piece.length; i++) {
    char c = piece.text[i];
    if (c == '%') {
      if (piece.length - i < 3 || !is_hex(piece.text[i + 1]) || !is_hex(piece.text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (!is_alphanumeric(c) && !is_one_of(c, "-._~!$&'()*+,;=") && !is_one_of(c, extra)) {
      return false;
    }
  }
  return true;
}

static bool port_valid(struct piece port) {
  int number = 0;
  if (port.length > 5 || !all(port, is_digit)) {
    return false;
  }
  for (size_t i = 0; i < port.length; i++) {
    number = number * 10 + (port.text[i] - '0');
  }
  return number <= 65535;
}

/* Without userinfo, which http and https URIs must not carry (RFC 9110 4.2.4). */
static bool authority_valid(struct piece authority) {
  struct piece port;
  if (authority.length == 0 || authority.text[0] != '[') {
    struct piece host = cut(authority, ':', &port);
    return host.length > 0 && uri_characters(host, "") && port_valid(port);
  }
  struct piece inside = {authority.text + 1, authority.length - 1};
  struct piece address = cut(inside, ']', &port);
  char copy[INET6_ADDRSTRLEN];
  struct in6_addr parsed;
  if (port.text == NULL || address.length >= sizeof copy) {
    return false;
  }
  memcpy(copy, address.text, address.length);
  copy[address.length] = '\0';
  if (strlen(copy) != address.length || inet_pton(AF_INET6, copy, &parsed) != 1) {
    return false;
  }
  return port.length == 0 || (port.text[0] == ':' && port_valid((struct piece){port.text + 1, port.length - 1}));
}

/* RFC 3986 3, of the schemes http and https. */
static bool uri_valid(const char *text, size_t length) {
  static const char *const schemes[] = {"http://", "https://"};
  size_t scheme = 0;
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    if (length > strlen(schemes[i]) && strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
      scheme = strlen(schemes[i]);
    }
  }
  if (scheme == 0) {
    return false;
  }
  size_t end = scheme;
  while (end < length && !is_one_of(text[end], "/?#")) {
    end++;
  }
  if (!authority_valid((struct piece){text + scheme, end - scheme})) {
    return false;
  }
  struct piece fragment, query;
  struct piece before = cut((struct piece){text + end, length - end}, '#', &fragment);
  struct piece path = cut(before, '?', &query);
  return uri_characters(path, ":@/") && uri_characters(query, ":@/?") && uri_characters(fragment, ":@/?");
}

static bool is_label_character(char c) {
  return is_alphanumeric(c) || c == '-';
}

static bool is_atom_character(char c) {
  return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
}

/* RFC 5321 4.1.2, of ASCII: a local part without quotes, a domain name of two labels at least. */
static bool email_valid(const char *text, size_t length) {
  struct piece domain, rest;
  struct piece local = cut((struct piece){text, length}, '@', &domain);
  if (domain.text == NULL || local.length > 64 || domain.length > 253) {
    return false;
  }
  for (rest = local; rest.text != NULL;) {
    struct piece atom = cut(rest, '.', &rest);
    if (atom.length == 0 || !all(atom, is_atom_character)) {
      return false;
    }
  }
  size_t labels = 0;
  for (rest = domain; rest.text != NULL; labels++) {
    struct piece label = cut(rest, '.', &rest);
    if (label.length == 0 || label.length > 63 || !all(label, is_label_character) || label.text[0] == '-' ||
        label.text[label.length - 1] == '-') {
      return false;
    }
  }
  return labels >= 2;
}

static bool sha256_valid(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!is_hex(text[i]) || is_upper(text[i])) {
      return false;
    }
  }
  return length == 64;
}

/* RFC 6838 4.2, restricted-name. */
static bool media_name_valid(struct piece name) {
  if (name.length == 0 || name.length > 127 || !is_alphanumeric(name.text[0])) {
    return false;
  }
  for (size_t i = 1; i < name.length; i++) {
    if (!is_alphanumeric(name.text[i]) && !is_one_of(name.text[i], "!#$&-^_.+")) {
      return false;
    }
  }
  return true;
}

static bool media_type_valid(const char *text, size_t length) {
  struct piece subtype;
  struct piece type = cut((struct piece){text, length}, '/', &subtype);
  return media_name_valid(type) && media_name_valid(subtype);
}

static bool is_blank(utf8proc_int32_t character) {
  utf8proc_category_t category = utf8proc_category(character);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
         category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

/* Something that can be seen: not spaces alone, of whatever width. */
static bool words_valid(const char *text, size_t length) {
  if (memchr(text, '\0', length) != NULL) {
    return false;
  }
  const utf8proc_uint8_t *rest = (const utf8proc_uint8_t *)text;
  for (utf8proc_ssize_t left = (utf8proc_ssize_t)length, step; left > 0; left -= step, rest += step) {
    utf8proc_int32_t character;
    step = utf8proc_iterate(rest, left, &character);
    if (step <= 0) {
      return false;
    }
    if (!is_blank(character)) {
      return true;
    }
  }
  return false;
}

/* Bidi_Control of Unicode: it has what follows shown in another order. */
static bool turns_text(utf8proc_int32_t character) {
  return character == 0x61c || character == 0x200e || character == 0x200f ||
         (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

/* A name that takes one line of a list, whoever prints it, and looks like no other for what cannot be seen at its ends
 * or turns it around. */
static bool line_valid(const char *text, size_t length) {
  const utf8proc_uint8_t *rest = (const utf8proc_uint8_t *)text;
  bool blank = true; /* the character before, or there is none */
  for (utf8proc_ssize_t left = (utf8proc_ssize_t)length, step; left > 0; left -= step, rest += step) {
    utf8proc_int32_t character;
    step = utf8proc_iterate(rest, left, &character);
    if (step <= 0 || utf8proc_category(character) == UTF8PROC_CATEGORY_CC || turns_text(character)) {
      return false;
    }
    blank = is_blank(character);
    if (blank && left == (utf8proc_ssize_t)length) {
      return false;
    }
  }
  return !blank;
}

static bool network_valid(const char *text, size_t length) {
  char copy[64];
  struct network network;
  if (length >= sizeof copy || memchr(text, '\0', length) != NULL) {
    return false;
  }
  memcpy(copy, text, length);
  copy[length] = '\0';
  return network_read(copy, &network);
}

const struct format domain_formats[] = {
    {"partial-date", partial_date_valid, "a date that exists, as YYYY, YYYY-MM or YYYY-MM-DD"},
    {"date", date_valid, "a day that exists, as YYYY-MM-DD"},
    {"date-time", date_time_valid, "an instant such as 2026-04-01T09:30:00Z (RFC 3339)"},
    {"words", words_valid, "text that can be seen, not spaces alone"},
    {"line", line_valid,
     "text on one line that can be seen, without spaces around it or characters that turn it around"},
    {"network", network_valid,
     "a network such as 192.0.2.0/24 or 2001:db8::/32, without bits behind its prefix (CIDR)"},
    {"slug", slug_valid, "a slug: 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or a digit"},
    {"language-tag", language_tag_valid, "a language tag such as ja, ja-Latn or zh-Hant (BCP 47)"},
    {"country-code", country_code_valid, "the code of a country in two capital letters, such as JP (ISO 3166-1)"},
    {"region-code", region_code_valid, "the code of a region, such as JP-14 (ISO 3166-2)"},
    {"uri", uri_valid, "an address that begins with http:// or https://, with everything but ASCII percent-encoded"},
    {"email", email_valid, "an e-mail address such as name@example.org"},
    {"sha256", sha256_valid, "a SHA-256 digest of 64 digits of 0-9 and a-f"},
    {"media-type", media_type_valid, "a media type without parameters, such as application/pdf"},
    {NULL, NULL, NULL},
};

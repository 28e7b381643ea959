/* Which of a record's names suits a reader. */
#ifndef ENTENTE_DOMAIN_LANGUAGE_H
#define ENTENTE_DOMAIN_LANGUAGE_H

#include <jansson.h>

/* Chooses among `names` ([{value, lang, kind}], languages by BCP 47) by the value of Accept-Language (RFC
 * 9110, 12.5.4): for each range that the reader takes, best first, the name in that language, or else in what is left
 * of the range when its end is cut off (RFC 4647, 3.4). zh-TW, zh-HK and zh-MO read zh-Hant, zh-CN and zh-SG zh-Hans.
 * Labels go before aliases and acronyms; former names, and transcriptions (ja-Latn, ja-Kana) that were not asked for,
 * are passed over. Borrowed from `names`; NULL when none suits, or the header takes anything (`*`) first: the record's
 * own name then. */
const char *language_choose(const json_t *names, const char *accept);

#endif

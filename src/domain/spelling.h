/* The other way to spell a text whose words have ä, ö, ü, å or ø, or two letters in their place: Zürich and Zuerich,
 * Tromsø and Tromsoe, Ålesund and Aalesund. It is for questions only. What is stored is folded in one way
 * (domain/fold.h), since two names that differ so (Aeon, Aon) need not be one. */
#ifndef ENTENTE_DOMAIN_SPELLING_H
#define ENTENTE_DOMAIN_SPELLING_H

/* A word that has such a letter gets two letters for it; another word gets one for each ae, oe, ue and aa, where that
 * can be an umlaut: the e of "Frauen", "neue" and "quer" follows a u that is none. NULL when no word has another
 * spelling. Owned by `parent`. */
char *spelling_other(const void *parent, const char *text);

#endif

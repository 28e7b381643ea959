/* How alike two names are, by the pairs of characters that they have in common. */
#ifndef ENTENTE_DOMAIN_LIKENESS_H
#define ENTENTE_DOMAIN_LIKENESS_H

/* From 0, no pair in common, to 1, the same pairs (Dice's coefficient), of two keys (fold_key); spaces do not count. */
double likeness(const char *a, const char *b);

#endif

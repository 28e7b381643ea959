/* A record's names in one text. */
#ifndef ENTENTE_DOMAIN_NAMES_H
#define ENTENTE_DOMAIN_NAMES_H

/* The next of the names at *at, which is then behind it, NULL after the last. Owned by `memory`. */
const char *names_next(const void *memory, const char **at);

#endif

/* The names under which changes are written down. */
#ifndef ENTENTE_DOMAIN_ACTOR_H
#define ENTENTE_DOMAIN_ACTOR_H

#include <stdbool.h>

/* Whether people would read the name as one that history or log use themselves: `clock`, `local` (the owner at the
 * local socket), `-` (nobody). Neither case, width, spaces around it nor what cannot be seen make a difference. */
bool actor_reserved(const char *name);

#endif

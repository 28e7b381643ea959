/* Private to the store: copies in tables of items. */
#ifndef ENTENTE_STORE_COPIES_H
#define ENTENTE_STORE_COPIES_H

#include <stdbool.h>

struct contract;
struct db;

/* Whether all copies are as what they are copies of; `tell` gets a line for each that is not. */
bool copies_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                  void *argument);

#endif

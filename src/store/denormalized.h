/* Private to the store: denormalized columns, copies that tables of items have of other tables. */
#ifndef ENTENTE_STORE_DENORMALIZED_H
#define ENTENTE_STORE_DENORMALIZED_H

#include <stdbool.h>

struct contract;
struct db;

/* Whether all copies are as what they are copies of; `tell` gets a line for each that is not. */
bool denormalized_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                        void *argument);

#endif

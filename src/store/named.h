/* Private to the store: the statements that are kept by name. */
#ifndef ENTENTE_STORE_NAMED_H
#define ENTENTE_STORE_NAMED_H

/* The text of the query of that name, owned by `parent`. Ends the program when there is none. */
char *named_query(const void *parent, const char *name);

#endif

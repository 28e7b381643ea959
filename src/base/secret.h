/* Secrets in memory: what holds one is wiped when it is freed. */
#ifndef ENTENTE_BASE_SECRET_H
#define ENTENTE_BASE_SECRET_H

/* Has the talloc chunk wiped when it is freed; returns it. */
char *secret_guard(char *bytes);
/* A copy of the text, owned by `parent`, which is wiped when it is freed. */
char *secret_copy(const void *parent, const char *text);

#endif

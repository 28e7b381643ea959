/* The problems that an answer may name (RFC 9457); each is explained at /problems/NAME. */
#ifndef ENTENTE_REQUEST_PROBLEM_H
#define ENTENTE_REQUEST_PROBLEM_H

#include <stddef.h>

struct problem {
  const char *name;
  int status;
  const char *title;
  const char *explanation;
};

/* By name, or NULL. */
const struct problem *problem_find(const char *name);

#endif

/* What the system says of this process. */
#ifndef ENTENTE_BASE_PROCESS_H
#define ENTENTE_BASE_PROCESS_H

#include <stdbool.h>

struct process_figures {
  double cpu_seconds;    /* in user and system mode together */
  double started;        /* in seconds since 1970 */
  double resident_bytes; /* of memory */
  double virtual_bytes;
  double open_files, most_files;
};

/* False when the system does not tell (no /proc). */
bool process_look(struct process_figures *out);

#endif

/* How far long work has come, while the process has nothing to serve yet: it stands in the log, and is told to who
 * waits for it. The process has one. */
#ifndef ENTENTE_BASE_STARTING_H
#define ENTENTE_BASE_STARTING_H

#include <stdbool.h>

/* Says how far it is. False: whoever waits for it wants it to stop where it can; what was done so far may stay. */
bool starting_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From here on `tell` is called with each line, on the thread that does the work, and says whether to go on. NULL ends
 * that. */
void starting_listen(bool (*tell)(void *argument, const char *line), void *argument);

#endif

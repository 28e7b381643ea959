#ifndef ENTENTE_CLI_VERSION_H
#define ENTENTE_CLI_VERSION_H

/* Writes the versions of the program and its libraries to the log, and warns of one that is known to be lax. */
void log_versions(void);

#endif

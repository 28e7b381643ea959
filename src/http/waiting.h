/* What stands on the server's address while the process is not ready: it says so, to whoever asks. */
#ifndef ENTENTE_HTTP_WAITING_H
#define ENTENTE_HTTP_WAITING_H

#include "base/error.h"

struct server_options;
struct waiting;

/* Listens, and answers /healthz with 200 and everything else with 503, on a thread of its own. NULL with the reason. */
struct waiting *waiting_start(const struct server_options *options, struct error *error);
/* "http://127.0.0.1:8080" or "https://…". */
const char *waiting_address(const struct waiting *waiting);
/* The reason that is told from here on. Any thread. */
void waiting_tell(struct waiting *waiting, const char *reason);
/* Ends it. The socket, which goes on to listen, for server_options.listen_socket; connections that come meanwhile wait
 * in the system's queue. */
int waiting_stop(struct waiting *waiting);

#endif

/* POST /v1/import. */
#include "api/handlers.h"
#include "import/import.h"

void handle_import(struct call *call) {
  import_run(call);
}

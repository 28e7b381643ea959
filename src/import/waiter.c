/* Who waits for an import: whether they still do, and how far it is. */
#include "base/clock.h"
#include "import/import.h"

bool import_has_left(const struct import *import) {
  const struct waiter *waiter = &import->call->request->waiter;
  return import->left || (waiter->left != NULL && waiter->left(waiter->argument));
}

void import_tell(const struct import *import, const char *doing, size_t rows, size_t done, size_t all) {
  const struct waiter *waiter = &import->call->request->waiter;
  if (waiter->tell != NULL) {
    waiter->tell(waiter->argument, doing, rows, all == 0 ? 1 : (double)done / (double)all);
  }
}

bool import_is_awaited(struct import *import) {
  if (!import->left && clock_monotonic_ns() >= import->look_at) {
    import->left = import_has_left(import);
    import->look_at = clock_monotonic_ns() + IMPORT_LOOK_NS;
  }
  return !import->left;
}

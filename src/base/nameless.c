/* Where the file system knows no files without a name, it has one for an instant. */
#include "base/nameless.h"

#include "base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int nameless_file(const char *folder) {
  int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {
    char *name = memory_print(NULL, "%s/.entente-XXXXXX", folder);
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0 && unlink(name) != 0) {
      close(file);
      file = -1;
    }
    talloc_free(name);
  }
  return file;
}

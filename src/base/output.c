/* The order matters: the bytes are on the disk before the name leads to them, and the name is before anybody is told.
 */
#include "base/output.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
  char *name, *part;
  FILE *stream;
};

/* Closes, and removes what was not published. */
static int discard(struct output *output) {
  if (output->stream != NULL) {
    fclose(output->stream);
    unlink(output->part);
  }
  return 0;
}

bool output_may_replace(const char *name, struct error *error) {
  struct stat there;
  if (lstat(name, &there) != 0) {
    return errno == ENOENT || error_set(error, "%s: %s", name, strerror(errno));
  }
  const char *kind = S_ISLNK(there.st_mode)    ? "a link"
                     : S_ISDIR(there.st_mode)  ? "a folder"
                     : S_ISFIFO(there.st_mode) ? "a pipe"
                     : S_ISSOCK(there.st_mode) ? "a socket"
                                               : "a device";
  return S_ISREG(there.st_mode) || error_set(error, "%s is %s; only a regular file is replaced", name, kind);
}

static FILE *create(const char *part) {
  if (unlink(part) != 0 && errno != ENOENT) {
    return NULL;
  }
  int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  FILE *stream = fd < 0 ? NULL : fdopen(fd, "wb");
  if (stream == NULL && fd >= 0) {
    close(fd);
    unlink(part);
  }
  return stream;
}

struct output *output_open(const void *parent, const char *name, struct error *error) {
  if (!output_may_replace(name, error)) {
    return NULL;
  }
  struct output *output = memory_new(parent, struct output);
  output->name = memory_copy(output, name);
  output->part = memory_print(output, "%s.part", name);
  output->stream = create(output->part);
  if (output->stream == NULL) {
    error_set(error, "%s: %s", output->part, strerror(errno));
    talloc_free(output);
    return NULL;
  }
  talloc_set_destructor(output, discard);
  return output;
}

FILE *output_stream(struct output *output) {
  return output->stream;
}

int output_file(struct output *output) {
  return fileno(output->stream);
}

const char *output_part(const struct output *output) {
  return output->part;
}

bool output_flush_folder(const char *name, struct error *error) {
  char *folder = memory_copy(NULL, name);
  char *slash = strrchr(folder, '/');
  if (slash != NULL) {
    slash[slash == folder ? 1 : 0] = '\0';
  }
  int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool fine = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* some file systems flush no folders */
  if (!fine) {
    error_set(error, "the folder of %s cannot be flushed: %s", name, strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
  talloc_free(folder);
  return fine;
}

bool output_flush(struct output *output, struct error *error) {
  bool fine = fflush(output->stream) == 0 && ferror(output->stream) == 0 && fsync(output_file(output)) == 0;
  return fine || error_set(error, "%s: %s", output->part, strerror(errno));
}

bool output_publish(struct output *output, struct error *error) {
  bool fine = output_flush(output, error) && output_may_replace(output->name, error);
  if (fine && rename(output->part, output->name) != 0) {
    fine = error_set(error, "%s: %s", output->name, strerror(errno));
  }
  if (fine) {
    fclose(output->stream); /* all is on the disk already */
    output->stream = NULL;
    fine = output_flush_folder(output->name, error);
  }
  talloc_free(output);
  return fine;
}

bool output_copy(struct output *output, const char *from, struct error *error) {
  char bytes[65536];
  size_t size;
  FILE *source = fopen(from, "rbe");
  if (source == NULL) {
    return error_set(error, "%s: %s", from, strerror(errno));
  }
  bool fine = true;
  while (fine && (size = fread(bytes, 1, sizeof bytes, source)) > 0) {
    fine = fwrite(bytes, 1, size, output->stream) == size || error_set(error, "%s: %s", output->part, strerror(errno));
  }
  fine = fine && (ferror(source) == 0 || error_set(error, "%s: %s", from, strerror(errno)));
  fclose(source);
  return fine;
}

static bool copy_to(const char *from, const char *name, struct error *error) {
  struct output *output = output_open(NULL, name, error);
  if (output == NULL) {
    return false;
  }
  if (output_copy(output, from, error)) {
    return output_publish(output, error);
  }
  talloc_free(output);
  return false;
}

bool output_move(const char *from, const char *name, struct error *error) {
  if (output_may_replace(name, error)) {
    if (rename(from, name) == 0) {
      return output_flush_folder(name, error);
    }
    if (errno == EXDEV) {
      bool fine = copy_to(from, name, error);
      unlink(from);
      return fine;
    }
    error_set(error, "%s: %s", name, strerror(errno));
  }
  unlink(from);
  return false;
}

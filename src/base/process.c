/* proc(5): the fields of /proc/self/stat are counted from behind the program's name, which may hold anything. */
#include "base/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
  FIELD_AFTER_NAME = 3,
  FIELD_USER = 14,
  FIELD_SYSTEM = 15,
  FIELD_START = 22,
  FIELD_VIRTUAL = 23,
  FIELD_PAGES = 24
};

/* The first so many bytes of the file, ended by a NUL. */
static bool read_start(const char *path, char *out, size_t size) {
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return false;
  }
  size_t length = fread(out, 1, size - 1, file);
  out[length] = '\0';
  return fclose(file) == 0 && length > 0;
}

static bool read_stat(double fields[FIELD_PAGES + 1]) {
  char text[1024];
  char *at = read_start("/proc/self/stat", text, sizeof text) ? strrchr(text, ')') : NULL;
  int field = FIELD_AFTER_NAME - 1;
  while (at != NULL && field < FIELD_PAGES && (at = strchr(at, ' ')) != NULL) {
    at++;
    field++;
    fields[field] = 0;
    (void)sscanf(at, "%lf", &fields[field]); /* the first one is a letter */
  }
  return field == FIELD_PAGES;
}

/* When the machine started, in seconds since 1970. */
static bool read_boot(double *out) {
  char line[256];
  bool found = false;
  FILE *file = fopen("/proc/stat", "re");
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    found = sscanf(line, "btime %lf", out) == 1;
  }
  return file != NULL && fclose(file) == 0 && found;
}

/* Without the one that looks. */
static bool count_files(double *out) {
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL) {
    return false;
  }
  int count = -1;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    count += entry->d_name[0] != '.';
  }
  *out = count;
  return closedir(folder) == 0;
}

bool process_look(struct process_figures *out) {
  double fields[FIELD_PAGES + 1], boot = 0, ticks = (double)sysconf(_SC_CLK_TCK);
  struct rlimit files;
  if (!read_stat(fields) || !read_boot(&boot) || !count_files(&out->open_files) ||
      getrlimit(RLIMIT_NOFILE, &files) != 0) {
    return false;
  }
  out->cpu_seconds = (fields[FIELD_USER] + fields[FIELD_SYSTEM]) / ticks;
  out->started = boot + fields[FIELD_START] / ticks;
  out->virtual_bytes = fields[FIELD_VIRTUAL];
  out->resident_bytes = fields[FIELD_PAGES] * (double)sysconf(_SC_PAGESIZE);
  out->most_files = (double)files.rlim_cur;
  return true;
}

/* Files that are written: whole or not at all, for their owner alone, and never through what lay there before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/output.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state) {
  (void)state;
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%.40s/entente-XXXXXX", temporary == NULL ? "/tmp" : temporary);
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info;
  (void)kind;
  (void)place;
  return remove(path);
}

static int remove_folder(void **state) {
  (void)state;
  return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_folder(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void put(const char *path, const char *text, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(fchmod(fd, mode), 0);
  close(fd);
}

static void assert_holds(const char *path, const char *text) {
  char bytes[64] = "";
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  assert_true(read(fd, bytes, sizeof bytes - 1) >= 0);
  close(fd);
  assert_string_equal(bytes, text);
}

static struct output *open_or_fail(const char *name) {
  struct error error;
  struct output *output = output_open(NULL, name, &error);
  if (output == NULL) {
    fail_msg("%s", error.text);
  }
  return output;
}

static void publish(const char *name, const char *text) {
  struct error error;
  struct output *output = open_or_fail(name);
  fputs(text, output_stream(output));
  if (!output_publish(output, &error)) {
    fail_msg("%s", error.text);
  }
}

static void it_is_there_once_it_is_published_and_its_owners_alone(void **state) {
  (void)state;
  const char *name = in_folder("x");
  struct stat info;
  mode_t before = umask(0);
  put(name, "old", 0644);
  struct output *output = open_or_fail(name);
  fputs("new", output_stream(output));
  assert_int_equal(fstat(output_file(output), &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
  assert_holds(name, "old");
  talloc_free(output);
  assert_holds(name, "old");
  assert_int_not_equal(access(in_folder("x.part"), F_OK), 0);
  publish(name, "new");
  umask(before);
  assert_holds(name, "new");
  assert_int_equal(stat(name, &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
  assert_int_not_equal(access(in_folder("x.part"), F_OK), 0);
}

static void what_lies_where_the_part_is_made_is_not_written_through(void **state) {
  (void)state;
  struct stat info;
  put(in_folder("victim"), "mine", 0644);
  assert_int_equal(symlink("victim", in_folder("x.part")), 0);
  publish(in_folder("x"), "new");
  assert_holds(in_folder("victim"), "mine");
  assert_holds(in_folder("x"), "new");
  put(in_folder("y.part"), "theirs", 0666);
  assert_int_equal(link(in_folder("y.part"), in_folder("theirs")), 0);
  publish(in_folder("y"), "secret");
  assert_holds(in_folder("theirs"), "theirs");
  assert_int_equal(stat(in_folder("y"), &info), 0);
  assert_int_equal(info.st_mode & 07777, 0600);
}

static void assert_refused(const char *name, const char *words) {
  struct error error = {0};
  struct stat before, now;
  assert_int_equal(lstat(name, &before), 0);
  assert_null(output_open(NULL, name, &error));
  assert_non_null(strstr(error.text, words));
  put(in_folder("whole"), "whole", 0600);
  assert_false(output_move(in_folder("whole"), name, &error));
  assert_non_null(strstr(error.text, words));
  assert_int_not_equal(access(in_folder("whole"), F_OK), 0);
  assert_int_equal(lstat(name, &now), 0);
  assert_true(before.st_ino == now.st_ino && before.st_mode == now.st_mode);
}

static void a_target_that_is_no_regular_file_is_refused(void **state) {
  (void)state;
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  assert_refused(in_folder("pipe"), "is a pipe");
  assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
  assert_refused(in_folder("folder"), "is a folder");
  put(in_folder("victim"), "mine", 0600);
  assert_int_equal(symlink("victim", in_folder("link")), 0);
  assert_refused(in_folder("link"), "is a link");
  assert_holds(in_folder("victim"), "mine");
  struct error error;
  assert_null(output_open(NULL, "/dev/null", &error));
  assert_non_null(strstr(error.text, "is a device"));
}

/* One that comes to be there in the meantime, too. */
static void a_target_is_looked_at_again_before_it_is_replaced(void **state) {
  (void)state;
  struct error error = {0};
  struct output *output = open_or_fail(in_folder("x"));
  assert_int_equal(mkfifo(in_folder("x"), 0600), 0);
  assert_false(output_publish(output, &error));
  assert_non_null(strstr(error.text, "is a pipe"));
  assert_int_not_equal(access(in_folder("x.part"), F_OK), 0);
}

static void what_could_not_be_written_is_not_published(void **state) {
  (void)state;
  struct error error = {0};
  struct rlimit before, little;
  put(in_folder("x"), "old", 0600);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  little = (struct rlimit){3, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  struct output *output = open_or_fail(in_folder("x"));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
  fputs("longer", output_stream(output));
  bool published = output_publish(output, &error);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_false(published);
  assert_string_not_equal(error.text, "");
  assert_holds(in_folder("x"), "old");
  assert_int_not_equal(access(in_folder("x.part"), F_OK), 0);
}

static void a_file_is_moved_over_another_and_from_another_file_system(void **state) {
  (void)state;
  struct error error;
  put(in_folder("x"), "old", 0600);
  put(in_folder("whole"), "whole", 0600);
  assert_true(output_move(in_folder("whole"), in_folder("x"), &error));
  assert_holds(in_folder("x"), "whole");
  char elsewhere[] = "/dev/shm/entente-XXXXXX";
  int fd = mkstemp(elsewhere);
  if (fd >= 0) { /* where there is such a one */
    close(fd);
    put(elsewhere, "from far", 0600);
    assert_true(output_move(elsewhere, in_folder("x"), &error));
    assert_holds(in_folder("x"), "from far");
    assert_int_not_equal(access(elsewhere, F_OK), 0);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
  const struct CMUnitTest tests[] = {
      TEST(it_is_there_once_it_is_published_and_its_owners_alone),
      TEST(what_lies_where_the_part_is_made_is_not_written_through),
      TEST(a_target_that_is_no_regular_file_is_refused),
      TEST(a_target_is_looked_at_again_before_it_is_replaced),
      TEST(what_could_not_be_written_is_not_published),
      TEST(a_file_is_moved_over_another_and_from_another_file_system),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bytes that come piece by piece: in a row afterwards, be they in memory or in a file that nobody else sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/spool.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MANY = 5 * 1024 * 1024 + 17, IN_MEMORY = 1024 * 1024 };

static char folder[64], beside[80];

static int make_folder(void **state) {
  (void)state;
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%.40s/entente-XXXXXX", temporary == NULL ? "/tmp" : temporary);
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  snprintf(beside, sizeof beside, "%s/e.db", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder); /* nothing may be left in it */
}

static char byte_at(size_t i) {
  return (char)('a' + i * 7 % 26 + i / 4096 % 3);
}

/* Adds bytes up to that size, in pieces of changing lengths. */
static void fill(struct spool *spool, size_t size) {
  char piece[5000];
  for (size_t at = spool->size, length = 1; at < size; at += length, length = (length * 3 + 1) % sizeof piece + 1) {
    length = length < size - at ? length : size - at;
    for (size_t i = 0; i < length; i++) {
      piece[i] = byte_at(at + i);
    }
    assert_true(spool_add(spool, beside, piece, length));
    assert_int_equal(spool->size, at + length);
  }
}

static void assert_filled(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != byte_at(i)) {
      fail_msg("byte %zu is another", i);
    }
  }
  assert_int_equal(bytes[size], '\0');
}

static size_t names_in_folder(void) {
  DIR *open = opendir(folder);
  size_t count = 0;
  for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
    count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
  }
  closedir(open);
  return count;
}

static void nothing_is_an_empty_text(void **state) {
  (void)state;
  struct spool spool = {0};
  assert_string_equal(spool_whole(&spool), "");
  assert_true(spool_add(&spool, beside, "", 0));
  assert_string_equal(spool_whole(&spool), "");
  spool_drop(&spool);
  spool_drop(&spool);
}

static void what_came_is_there_in_a_row_whatever_its_size(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 4095, 4096, IN_MEMORY - 1, IN_MEMORY, IN_MEMORY + 1, MANY};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct spool spool = {0};
    fill(&spool, sizes[i]);
    assert_int_equal(spool.filed, sizes[i] > IN_MEMORY);
    assert_filled(spool_whole(&spool), sizes[i]);
    assert_ptr_equal(spool_whole(&spool), spool_whole(&spool));
    assert_int_equal(names_in_folder(), 0);
    spool_drop(&spool);
  }
}

static void what_is_written_over_is_seen(void **state) {
  (void)state;
  static const size_t sizes[] = {100, MANY};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct spool spool = {0};
    fill(&spool, sizes[i]);
    assert_true(spool_put(&spool, 10, "BEFORE", 6));
    const char *whole = spool_whole(&spool);
    assert_memory_equal(whole + 10, "BEFORE", 6);
    assert_true(spool_put(&spool, sizes[i] - 5, "AFTER", 5));
    assert_string_equal(whole + sizes[i] - 5, "AFTER");
    spool_drop(&spool);
  }
}

static void a_passage_lets_go_and_finds_again(void **state) {
  (void)state;
  struct spool large = {0}, small = {0};
  fill(&large, MANY);
  fill(&small, 100);
  const char *whole = spool_whole(&large);
  struct passage passage = passage_begin(whole + 3, large.filed);
  for (size_t at = 3; at < MANY; at += 1000) {
    assert_int_equal(whole[at], byte_at(at));
    passage_reach(&passage, whole + at);
  }
  assert_true(passage.kept > whole);
  assert_filled(whole, MANY);
  passage = passage_begin(spool_whole(&small), small.filed);
  passage_reach(&passage, spool_whole(&small) + 100);
  assert_null(passage.kept);
  assert_filled(spool_whole(&small), 100);
  spool_drop(&large);
  spool_drop(&small);
}

static void a_folder_that_is_not_there_is_told(void **state) {
  (void)state;
  struct spool spool = {0};
  char nowhere[100];
  snprintf(nowhere, sizeof nowhere, "%s/none/e.db", folder);
  char *bytes = calloc(1, IN_MEMORY + 1);
  assert_true(spool_add(&spool, nowhere, bytes, 10)); /* few need no file */
  errno = 0;
  assert_false(spool_add(&spool, nowhere, bytes, IN_MEMORY + 1));
  assert_int_equal(errno, ENOENT);
  spool_drop(&spool);
  free(bytes);
}

static void a_disk_without_room_is_told(void **state) {
  (void)state;
  struct rlimit before, tight;
  struct spool spool = {0};
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  tight = (struct rlimit){(rlim_t)2 * IN_MEMORY, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  fill(&spool, (size_t)2 * IN_MEMORY);
  errno = 0;
  bool added = spool_add(&spool, beside, "x", 1);
  int reason = errno;
  const char *whole = spool_whole(&spool); /* its end needs a byte, too */
  setrlimit(RLIMIT_FSIZE, &before);
  assert_false(added);
  assert_int_equal(reason, EFBIG);
  assert_null(whole);
  spool_drop(&spool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_an_empty_text),
      cmocka_unit_test(what_came_is_there_in_a_row_whatever_its_size),
      cmocka_unit_test(what_is_written_over_is_seen),
      cmocka_unit_test(a_passage_lets_go_and_finds_again),
      cmocka_unit_test(a_folder_that_is_not_there_is_told),
      cmocka_unit_test(a_disk_without_room_is_told),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

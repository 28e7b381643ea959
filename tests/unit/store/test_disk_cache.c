/* The file of rendered documents: it may forget, it may never be wrong, however many threads use it. */
#include "sample.h"

#include "store/disk_cache.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum { SMALL = 128 * 1024, THREADS = 4, ROUNDS = 20000, RECORDS = 300 };

/* Bytes that only this record has at this stamp, of a length that differs from record to record. */
static struct blob *document_of(const struct resource *resource, int64_t pk, int64_t stamp) {
  size_t size = 40 + (size_t)(pk * 37 + stamp * 101) % 2000;
  struct blob *blob = blob_new(NULL, size);
  memset(blob->data, (int)('a' + (pk + stamp) % 26), size);
  snprintf(blob->data, size, "%zu/%lld/%lld", resource->index, (long long)pk, (long long)stamp);
  return blob;
}

static void put(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp) {
  struct blob *blob = document_of(resource, pk, stamp);
  disk_cache_put(disk_cache, resource, pk, stamp, blob);
  blob_drop(blob);
}

/* Whether it is there; when it is, it must be the one. */
static bool is_there(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp) {
  struct blob *got = disk_cache_get(disk_cache, resource, pk, stamp);
  if (got == NULL) {
    return false;
  }
  struct blob *expected = document_of(resource, pk, stamp);
  assert_int_equal(got->size, expected->size);
  assert_memory_equal(got->data, expected->data, expected->size + 1);
  blob_drop(expected);
  blob_drop(got);
  return true;
}

static void a_document_is_found_at_its_stamp_only(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache = disk_cache_new(sample, sample->folder, SMALL);
  assert_non_null(disk_cache);
  assert_false(is_there(disk_cache, sample->areas, 7, 100));
  put(disk_cache, sample->areas, 7, 100);
  assert_true(is_there(disk_cache, sample->areas, 7, 100));
  assert_false(is_there(disk_cache, sample->areas, 7, 101));
  assert_false(is_there(disk_cache, sample->areas, 8, 100));
  assert_false(is_there(disk_cache, sample->organizations, 7, 100));
  put(disk_cache, sample->areas, 7, 101);
  assert_true(is_there(disk_cache, sample->areas, 7, 101));
  assert_false(is_there(disk_cache, sample->areas, 7, 100));
}

static void what_was_put_longest_ago_is_forgotten(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache = disk_cache_new(sample, sample->folder, SMALL);
  for (int64_t pk = 1; pk <= RECORDS; pk++) {
    put(disk_cache, sample->areas, pk, 1);
    assert_true(is_there(disk_cache, sample->areas, pk, 1));
  }
  assert_false(is_there(disk_cache, sample->areas, 1, 1));
  assert_true(is_there(disk_cache, sample->areas, RECORDS - 10, 1));
}

static void a_document_that_is_too_long_is_not_kept(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache = disk_cache_new(sample, sample->folder, SMALL);
  struct blob *longest = blob_new(NULL, 255 * 64 - 32), *long_one = blob_new(NULL, 255 * 64);
  memset(longest->data, 'x', longest->size);
  memset(long_one->data, 'x', long_one->size);
  disk_cache_put(disk_cache, sample->areas, 1, 1, longest);
  disk_cache_put(disk_cache, sample->areas, 2, 1, long_one);
  struct blob *got = disk_cache_get(disk_cache, sample->areas, 1, 1);
  assert_non_null(got);
  assert_int_equal(got->size, longest->size);
  assert_null(disk_cache_get(disk_cache, sample->areas, 2, 1));
  blob_drop(got);
  blob_drop(longest);
  blob_drop(long_one);
}

static void the_file_has_no_name(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache = disk_cache_new(sample, sample->folder, SMALL);
  put(disk_cache, sample->areas, 1, 1);
  DIR *folder = opendir(sample->folder);
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    assert_true(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
  }
  closedir(folder);
}

static void where_there_can_be_no_file_all_is_forgotten(void **state) {
  struct sample *sample = *state;
  char *nowhere = memory_print(sample, "%s/nowhere", sample->folder);
  assert_null(disk_cache_new(sample, nowhere, SMALL));
  assert_null(disk_cache_new(sample, sample->folder, 1000));
  put(NULL, sample->areas, 1, 1);
  assert_false(is_there(NULL, sample->areas, 1, 1));
}

struct user {
  struct sample *sample;
  struct disk_cache *disk_cache;
  unsigned random, hits;
};

static void *use(void *argument) {
  struct user *user = argument;
  const struct resource *resources[] = {user->sample->areas, user->sample->organizations};
  for (int round = 0; round < ROUNDS; round++) {
    user->random = user->random * 1664525U + 1013904223U;
    const struct resource *resource = resources[user->random >> 16 & 1];
    int64_t pk = 1 + (user->random >> 17) % RECORDS, stamp = 1 + round / (ROUNDS / 4);
    if (is_there(user->disk_cache, resource, pk, stamp)) {
      user->hits++;
    } else {
      put(user->disk_cache, resource, pk, stamp);
    }
  }
  return NULL;
}

static void threads_that_overtake_each_other_get_what_was_put_or_nothing(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache =
      disk_cache_new(sample, sample->folder, SMALL); /* too little for all, so the ring turns all the time */
  struct user users[THREADS];
  pthread_t threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    users[i] = (struct user){sample, disk_cache, i + 1, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(users[i].hits > 0);
  }
}

/* One who reads a record that is put again and again, where another one was: the same place, head and stamp each time.
 */
struct watched {
  struct sample *sample;
  struct disk_cache *disk_cache;
  struct blob *document;
  atomic_bool over;
  atomic_uint seen, torn;
};

enum { TURNS = 6000, LONG_DOCUMENT = 250 * 64 };

static struct blob *long_document(int letter) {
  struct blob *blob = blob_new(NULL, LONG_DOCUMENT);
  memset(blob->data, letter, blob->size);
  return blob;
}

static void *watch(void *argument) {
  struct watched *watched = argument;
  while (!atomic_load(&watched->over)) {
    struct blob *got = disk_cache_get(watched->disk_cache, watched->sample->areas, 1, 1);
    if (got != NULL) {
      watched->seen++;
      watched->torn += memcmp(got->data, watched->document->data, LONG_DOCUMENT) != 0;
      blob_drop(got);
    }
  }
  return NULL;
}

static void a_document_that_is_still_being_written_is_not_seen(void **state) {
  struct sample *sample = *state;
  /* Room for two of them: the first and the third are put in the same place. */
  struct watched watched = {
      sample, disk_cache_new(sample, sample->folder, (size_t)2 * 255 * 64), long_document('a'), false, 0, 0};
  struct blob *other = long_document('b');
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, watch, &watched), 0);
  for (int i = 0; i < TURNS || (atomic_load(&watched.seen) == 0 && i < 100 * TURNS); i++) {
    disk_cache_put(watched.disk_cache, sample->areas, 1, 1, watched.document);
    disk_cache_put(watched.disk_cache, sample->areas, 2, 1, other);
    disk_cache_put(watched.disk_cache, sample->areas, 3, 1, other);
    disk_cache_put(watched.disk_cache, sample->areas, 4, 1, other);
  }
  atomic_store(&watched.over, true);
  pthread_join(thread, NULL);
  assert_true(watched.seen > 0);
  assert_int_equal(watched.torn, 0);
  blob_drop(watched.document);
  blob_drop(other);
}

static void after_a_write_that_failed_nothing_older_is_seen(void **state) {
  struct sample *sample = *state;
  struct disk_cache *disk_cache = disk_cache_new(sample, sample->folder, (size_t)2 * 255 * 64);
  struct blob *mine = long_document('a'), *other = long_document('b');
  disk_cache_put(disk_cache, sample->areas, 1, 1, mine);
  disk_cache_put(disk_cache, sample->areas, 2, 1, other);
  disk_cache_put(disk_cache, sample->areas, 3, 1, other); /* over the first */
  disk_cache_put(disk_cache, sample->areas, 4, 1, other);
  /* The next write ends within the document, as on a disk that is full: its head is there, its end is the other's. */
  struct rlimit before, little = {LONG_DOCUMENT / 2, RLIM_INFINITY};
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  little.rlim_max = before.rlim_max;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
  disk_cache_put(disk_cache, sample->areas, 1, 1, mine);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_null(disk_cache_get(disk_cache, sample->areas, 1, 1));
  disk_cache_put(disk_cache, sample->areas, 2, 1, other);
  assert_null(disk_cache_get(disk_cache, sample->areas, 1, 1));
  struct blob *got = disk_cache_get(disk_cache, sample->areas, 2, 1);
  assert_non_null(got); /* and it goes on */
  blob_drop(got);
  blob_drop(mine);
  blob_drop(other);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_document_is_found_at_its_stamp_only),
      TEST(what_was_put_longest_ago_is_forgotten),
      TEST(a_document_that_is_too_long_is_not_kept),
      TEST(the_file_has_no_name),
      TEST(where_there_can_be_no_file_all_is_forgotten),
      TEST(threads_that_overtake_each_other_get_what_was_put_or_nothing),
      TEST(a_document_that_is_still_being_written_is_not_seen),
      TEST(after_a_write_that_failed_nothing_older_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

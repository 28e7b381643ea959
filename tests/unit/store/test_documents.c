/* The memory of rendered documents: it may forget, it may never be wrong. */
#include "sample.h"

#include "store/disk_cache.h"
#include "store/documents.h"

enum { ROOM = 1 << 20 };

static struct blob *blob_of(const char *text) {
  return blob_new(text, strlen(text));
}

static void put(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                const char *text) {
  struct blob *blob = blob_of(text);
  documents_put(documents, resource, pk, stamp, blob);
  blob_drop(blob);
}

static void assert_remembered(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                              const char *text) {
  struct blob *blob = documents_get(documents, resource, pk, stamp);
  assert_non_null(blob);
  assert_string_equal(blob->data, text);
  blob_drop(blob);
}

static void a_document_is_found_at_its_stamp_only(void **state) {
  struct sample *sample = *state;
  struct documents *documents = documents_new(sample, ROOM, NULL);
  put(documents, sample->areas, 7, 100, "old");
  assert_remembered(documents, sample->areas, 7, 100, "old");
  assert_null(documents_get(documents, sample->areas, 7, 101));
  assert_null(documents_get(documents, sample->areas, 8, 100));
  assert_null(documents_get(documents, sample->organizations, 7, 100));
  put(documents, sample->areas, 7, 101, "new");
  assert_remembered(documents, sample->areas, 7, 101, "new");
  assert_null(documents_get(documents, sample->areas, 7, 100));
}

static void a_document_stays_with_who_holds_it_when_it_is_forgotten(void **state) {
  struct sample *sample = *state;
  struct documents *documents = documents_new(sample, 1, NULL); /* room for one set */
  put(documents, sample->areas, 1, 1, "held");
  struct blob *held = documents_get(documents, sample->areas, 1, 1);
  assert_non_null(held);
  for (int64_t pk = 2; pk < 100; pk++) {
    put(documents, sample->areas, pk, 1, "other");
  }
  assert_null(documents_get(documents, sample->areas, 1, 1));
  talloc_free(documents);
  assert_string_equal(held->data, "held");
  blob_drop(held);
}

static void a_large_document_is_not_kept(void **state) {
  struct sample *sample = *state;
  struct documents *documents = documents_new(sample, ROOM, NULL);
  struct blob *large = blob_new(NULL, ROOM);
  documents_put(documents, sample->areas, 1, 1, large);
  assert_int_equal(large->owners, 1);
  assert_null(documents_get(documents, sample->areas, 1, 1));
  blob_drop(large);
}

static void what_memory_has_no_room_for_comes_back_from_the_spill(void **state) {
  struct sample *sample = *state;
  struct documents *documents = documents_new(sample, 1, disk_cache_new(sample, sample->folder, ROOM));
  for (int64_t pk = 1; pk < 100; pk++) {
    put(documents, sample->areas, pk, 1, "spilled");
  }
  assert_remembered(documents, sample->areas, 1, 1, "spilled");
  assert_null(documents_get(documents, sample->areas, 1, 2));
}

static void what_is_found_is_always_what_was_put_last(void **state) {
  enum { RECORDS = 500, ROUNDS = 20000 };
  struct sample *sample = *state;
  struct documents *documents = documents_new(sample, 64 * 1024, NULL); /* too little for all */
  static int64_t stamps[2][RECORDS];
  const struct resource *resources[] = {sample->areas, sample->organizations};
  unsigned random = 1, hits = 0;
  char text[64];
  for (int round = 0; round < ROUNDS; round++) {
    random = random * 1664525U + 1013904223U;
    int which = random >> 16 & 1, pk = (int)(random >> 17) % RECORDS;
    struct blob *blob = documents_get(documents, resources[which], pk, stamps[which][pk]);
    snprintf(text, sizeof text, "%d/%d/%lld", which, pk, (long long)stamps[which][pk]);
    if (blob != NULL) {
      hits++;
      assert_string_equal(blob->data, text);
      blob_drop(blob);
      stamps[which][pk] += round % 3 == 0; /* the record changes */
    } else {
      put(documents, resources[which], pk, stamps[which][pk], text);
    }
  }
  assert_true(hits > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_document_is_found_at_its_stamp_only),
      TEST(what_memory_has_no_room_for_comes_back_from_the_spill),
      TEST(a_document_stays_with_who_holds_it_when_it_is_forgotten),
      TEST(a_large_document_is_not_kept),
      TEST(what_is_found_is_always_what_was_put_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

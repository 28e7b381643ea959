/* A write may change more records than there is room for in memory to note them: then they are noted in a file, and
 * found in the end like all others. */
#include "sample.h"

#include "domain/question.h"
#include "store/search.h"
#include "store/search_index.h"

#include <sys/resource.h>

enum { RECORDS = 40, TIMES = 4000 }; /* each so often: more than twice what there is room for */

static long found(struct sample *sample, const struct resource *resource, const char *text) {
  struct search_hit hits[RECORDS + 1];
  void *memory = talloc_new(NULL);
  struct question question;
  assert_int_equal(question_read(memory, text, &question), QUESTION_READ);
  assert_true(db_begin_read(sample->reader));
  long count = search_best(sample->reader, resource, search_new(memory, &question), hits, RECORDS + 1);
  assert_int_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
  talloc_free(memory);
  return count;
}

static void keep_line(void *argument, const char *line) {
  error_set(argument, "%s", line);
}

static void assert_sound(struct sample *sample) {
  struct error error = {0};
  assert_true(db_begin_read(sample->reader));
  bool sound = search_check(sample->reader, sample->contract, keep_line, &error);
  db_end_read(sample->reader);
  if (!sound) {
    fail_msg("%s", error.text);
  }
}

/* A write that makes records of both kinds and notes each of them many times. */
struct many {
  struct sample *sample;
  const char *mark; /* begins their slugs */
  bool keep;
  bool settles; /* as an import does */
  rlim_t files; /* that may be open meanwhile; 0: as many as ever */
  int left;     /* records that are still wanted while it settles */
};

static bool is_wanted(void *argument, struct db *db) {
  (void)db;
  struct many *many = argument;
  return many->left-- > 0;
}

static bool note_all(struct many *many, struct db *db, const int64_t pks[RECORDS]) {
  struct sample *sample = many->sample;
  bool fine = true;
  for (int i = 0; fine && i < RECORDS * TIMES; i++) {
    /* Not in their order, so that the file has each of them again and again. */
    int one = i * 7 % RECORDS;
    fine =
        search_inserted(db, one % 2 == 0 ? sample->areas : sample->organizations, pks[one]) && db_failure(db) == DB_OK;
  }
  return fine;
}

static bool write_many(void *argument, struct db *db) {
  struct many *many = argument;
  struct sample *sample = many->sample;
  int64_t pks[RECORDS];
  for (int i = 0; i < RECORDS; i++) {
    char slug[32];
    snprintf(slug, sizeof slug, "%s-%d", many->mark, i);
    pks[i] =
        sample_insert(db, i % 2 == 0 ? sample->areas : sample->organizations, slug, "{\"description\": \"crowd\"}");
    assert_true(pks[i] != 0);
  }
  struct rlimit before, tight;
  getrlimit(RLIMIT_NOFILE, &before);
  tight = (struct rlimit){many->files, before.rlim_max};
  if (many->files > 0) {
    setrlimit(RLIMIT_NOFILE, &tight);
  }
  bool fine = note_all(many, db, pks);
  setrlimit(RLIMIT_NOFILE, &before);
  fine = fine && (!many->settles || search_settle_written(db, is_wanted, many));
  return fine && many->keep;
}

static void assert_found(struct sample *sample, long each) {
  assert_int_equal(found(sample, sample->areas, "crowd"), each);
  assert_int_equal(found(sample, sample->organizations, "crowd"), each);
  assert_sound(sample);
}

static void marks_without_room_are_noted_in_a_file_and_found_in_the_end(void **state) {
  struct sample *sample = *state;
  struct many many = {.sample = sample, .mark = "first", .keep = true};
  assert_int_equal(store_write(sample->store, write_many, &many), WRITE_SAVED);
  assert_found(sample, RECORDS / 2);
  many = (struct many){.sample = sample, .mark = "settled", .keep = true, .settles = true, .left = RECORDS};
  assert_int_equal(store_write(sample->store, write_many, &many), WRITE_SAVED);
  assert_int_equal(many.left, 0); /* each was looked at once */
  assert_found(sample, RECORDS);
}

static void marks_of_a_write_that_was_undone_leave_nothing(void **state) {
  struct sample *sample = *state;
  struct many undone = {.sample = sample, .mark = "undone"};
  assert_int_equal(store_write(sample->store, write_many, &undone), WRITE_DROPPED);
  assert_found(sample, 0);
  struct many unwanted = {.sample = sample, .mark = "unwanted", .keep = true, .settles = true, .left = RECORDS / 3};
  assert_int_equal(store_write(sample->store, write_many, &unwanted), WRITE_DROPPED);
  assert_found(sample, 0);
  struct many kept = {.sample = sample, .mark = "kept", .keep = true};
  assert_int_equal(store_write(sample->store, write_many, &kept), WRITE_SAVED);
  assert_found(sample, RECORDS / 2);
}

static void where_no_file_can_be_made_the_write_fails_and_the_next_one_does_not(void **state) {
  struct sample *sample = *state;
  struct many many = {.sample = sample, .mark = "failed", .keep = true, .files = 1};
  assert_int_equal(store_write(sample->store, write_many, &many), WRITE_FAILED);
  assert_found(sample, 0);
  many = (struct many){.sample = sample, .mark = "after", .keep = true};
  assert_int_equal(store_write(sample->store, write_many, &many), WRITE_SAVED);
  assert_found(sample, RECORDS / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(marks_without_room_are_noted_in_a_file_and_found_in_the_end, sample_store,
                                      sample_free),
      cmocka_unit_test_setup_teardown(marks_of_a_write_that_was_undone_leave_nothing, sample_store, sample_free),
      cmocka_unit_test_setup_teardown(where_no_file_can_be_made_the_write_fails_and_the_next_one_does_not, sample_store,
                                      sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

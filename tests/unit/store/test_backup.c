/* Backups are whole, restores replace everything, and a log that was left behind by a crash has no say in it. */
#include "sample.h"

static char *beside(struct sample *sample, const char *name) {
  return memory_print(sample, "%s/%s", sample->folder, name);
}

static void copy_file(const char *from, const char *to) {
  char buffer[65536];
  size_t size;
  FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
  assert_non_null(source);
  assert_non_null(target);
  while ((size = fread(buffer, 1, sizeof buffer, source)) > 0) {
    assert_int_equal(fwrite(buffer, 1, size, target), size);
  }
  fclose(source);
  assert_int_equal(fclose(target), 0);
}

/* Leaves file and log as a process that was killed leaves them: everything since the last checkpoint is in the log. */
static void crash_to(struct sample *sample, const char *path) {
  copy_file(sample->path, path);
  copy_file(memory_print(sample, "%s-wal", sample->path), memory_print(sample, "%s-wal", path));
}

static void reopen(struct sample *sample, char *path) {
  sample_close(sample);
  sample->path = path;
  sample_open(sample, 0, 0);
}

static void backup_to(struct sample *sample, const char *target) {
  struct error error;
  if (!store_backup(sample->store, target, &error)) {
    fail_msg("%s", error.text);
  }
}

static void restore_from(const char *path, const char *source) {
  struct error error;
  if (!store_restore(path, source, NULL, NULL, &error)) {
    fail_msg("%s", error.text);
  }
}

static void assert_restore_refused(const char *path, const char *source) {
  struct error error = {0};
  assert_false(store_restore(path, source, NULL, NULL, &error));
  assert_string_not_equal(error.text, "");
}

static void tell_fault(void *argument, const char *line) {
  (void)argument;
  print_error("%s\n", line);
}

static void assert_sound(struct sample *sample) {
  assert_true(store_check(sample->reader, sample->contract, tell_fault, NULL));
}

static void a_backup_has_everything_up_to_its_moment_and_nothing_after(void **state) {
  struct sample *sample = *state;
  char *backup = beside(sample, "backup.db");
  sample_add(sample, "before");
  backup_to(sample, backup);
  sample_add(sample, "after");
  reopen(sample, backup);
  assert_true(sample_has(sample, "before"));
  assert_false(sample_has(sample, "after"));
  assert_sound(sample);
}

/* Whoever made them could read what SQLite puts there. */
static void a_backup_uses_no_file_that_lies_beside_it(void **state) {
  static const char *const endings[] = {".part", ".part-journal", ".part-wal", ".part-shm"};
  struct sample *sample = *state;
  char *backup = beside(sample, "backup.db"), *foreign = beside(sample, "foreign");
  FILE *file = fopen(foreign, "w");
  assert_non_null(file);
  assert_true(fputs("theirs", file) >= 0);
  fclose(file);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    assert_int_equal(link(foreign, memory_print(sample, "%s%s", backup, endings[i])), 0);
  }
  sample_add(sample, "kept");
  backup_to(sample, backup);
  char bytes[16] = "";
  file = fopen(foreign, "r");
  assert_non_null(file);
  assert_int_equal(fread(bytes, 1, sizeof bytes, file), 6);
  fclose(file);
  assert_string_equal(bytes, "theirs");
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    assert_int_not_equal(access(memory_print(sample, "%s%s", backup, endings[i]), F_OK), 0);
  }
  reopen(sample, backup);
  assert_true(sample_has(sample, "kept"));
}

static void *write_on(void *argument) {
  char slug[24];
  for (int i = 0; i < 300; i++) {
    snprintf(slug, sizeof slug, "w%03d", i);
    struct sample_area area = {argument, slug};
    if (store_write(area.sample->store, sample_write_area, &area) != WRITE_SAVED) {
      return "a write was not saved";
    }
  }
  return NULL;
}

static void a_backup_while_others_write_is_a_state_that_was(void **state) {
  struct sample *sample = *state;
  pthread_t writer;
  void *fault = NULL;
  char *backup = beside(sample, "backup.db");
  assert_int_equal(pthread_create(&writer, NULL, write_on, sample), 0);
  for (int i = 0; i < 5; i++) {
    backup_to(sample, backup);
  }
  pthread_join(writer, &fault);
  assert_null(fault);
  reopen(sample, backup);
  assert_sound(sample);
  bool ended = false;
  for (int i = 0; i < 300; i++) {
    char slug[24];
    snprintf(slug, sizeof slug, "w%03d", i);
    bool has = sample_has(sample, slug);
    assert_false(ended && has); /* one write after another, without a hole */
    ended = !has;
  }
}

static void a_restore_replaces_what_was_there(void **state) {
  struct sample *sample = *state;
  char *backup = beside(sample, "backup.db"), *path = sample->path;
  sample_add(sample, "kept");
  backup_to(sample, backup);
  sample_add(sample, "later");
  sample_close(sample);
  restore_from(path, backup);
  sample_open(sample, 0, 0);
  assert_true(sample_has(sample, "kept"));
  assert_false(sample_has(sample, "later"));
  assert_sound(sample);
}

static void a_log_that_a_crash_left_is_not_replayed_over_what_was_restored(void **state) {
  struct sample *sample = *state;
  char *backup = beside(sample, "backup.db"), *crashed = beside(sample, "crashed.db");
  sample_add(sample, "kept");
  backup_to(sample, backup);
  for (int i = 0; i < 50; i++) {
    char slug[24];
    snprintf(slug, sizeof slug, "old-%d", i);
    sample_add(sample, slug);
  }
  crash_to(sample, crashed);
  restore_from(crashed, backup);
  reopen(sample, crashed);
  assert_true(sample_has(sample, "kept"));
  assert_false(sample_has(sample, "old-0"));
  assert_false(sample_has(sample, "old-49"));
  assert_sound(sample);
  sample_add(sample, "new");
  reopen(sample, crashed);
  assert_true(sample_has(sample, "new"));
}

static void a_source_with_a_log_is_restored_with_what_is_in_the_log(void **state) {
  struct sample *sample = *state;
  char *crashed = beside(sample, "crashed.db"), *target = beside(sample, "target.db");
  sample_add(sample, "in-the-log");
  crash_to(sample, crashed);
  restore_from(target, crashed);
  reopen(sample, target);
  assert_true(sample_has(sample, "in-the-log"));
}

static void what_is_no_sound_backup_is_refused_and_the_database_stays(void **state) {
  struct sample *sample = *state;
  char *text = beside(sample, "text"), *theirs = beside(sample, "theirs.db"), *newer = beside(sample, "newer.db"),
       *path = sample->path;
  sample_add(sample, "kept");
  backup_to(sample, newer);
  sample_close(sample);
  FILE *file = fopen(text, "w");
  fputs("not a database", file);
  fclose(file);
  sample_execute(theirs, "CREATE TABLE theirs (x INTEGER)");
  sample_execute(newer, "PRAGMA user_version = 9999");
  assert_restore_refused(path, text);
  assert_restore_refused(path, theirs);
  assert_restore_refused(path, beside(sample, "absent.db"));
  assert_restore_refused(path, newer);
  sample_open(sample, 0, 0);
  assert_true(sample_has(sample, "kept"));
}

static void a_database_in_use_is_not_replaced(void **state) {
  struct sample *sample = *state;
  char *backup = beside(sample, "backup.db");
  backup_to(sample, backup);
  sample_add(sample, "kept");
  assert_restore_refused(sample->path, backup);
  assert_true(sample_has(sample, "kept"));
  sample_add(sample, "and-writable");
}

static void a_backup_that_cannot_be_written_leaves_nothing_behind(void **state) {
  struct sample *sample = *state;
  struct error error = {0};
  char *target = beside(sample, "no-such-folder/backup.db");
  assert_false(store_backup(sample->store, target, &error));
  assert_string_not_equal(error.text, "");
  assert_int_not_equal(access(target, F_OK), 0);
  sample_add(sample, "still-writable");
}

/* -- the name of the log of changes -------------------------------------------------------------------------------- */

enum { NAME_SIZE = 17 };

static void read_name(struct sample *sample, char name[NAME_SIZE]) {
  assert_true(db_begin_read(sample->reader));
  struct query *query = db_named(sample->reader, "log-name");
  assert_int_equal(query_step(query), STEP_ROW);
  assert_false(query_null(query, 0));
  assert_int_equal(query_size(query, 0), NAME_SIZE - 1);
  memcpy(name, query_text(query, 0), NAME_SIZE);
  query_end(query);
  db_end_read(sample->reader);
}

static void a_log_keeps_its_name_and_a_copy_of_it_gets_another(void **state) {
  struct sample *sample = *state;
  char own[NAME_SIZE], name[NAME_SIZE];
  char *backup = beside(sample, "backup.db"), *twin = beside(sample, "twin.db"), *path = sample->path;
  read_name(sample, own);
  backup_to(sample, backup);
  copy_file(backup, twin);
  read_name(sample, name);
  assert_string_equal(name, own);
  reopen(sample, path);
  read_name(sample, name);
  assert_string_equal(name, own);
  reopen(sample, backup);
  read_name(sample, name);
  assert_string_not_equal(name, own);
  char *others[] = {twin, path};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    char last[NAME_SIZE];
    memcpy(last, name, sizeof last);
    sample_close(sample);
    if (others[i] == path) {
      restore_from(path, path);
    }
    sample->path = others[i];
    sample_open(sample, 0, 0);
    read_name(sample, name);
    assert_string_not_equal(name, last);
    assert_string_not_equal(name, own);
  }
}

static void a_database_from_before_logs_had_names_is_restored_and_gets_one(void **state) {
  struct sample *sample = *state;
  char own[NAME_SIZE], name[NAME_SIZE];
  char *old = beside(sample, "old.db"), *path = sample->path;
  read_name(sample, own);
  sample_version(old, 8);
  sample_execute(old, "INSERT INTO areas (pk, id, slug, revision, stamp, created_at, updated_at, name) VALUES (1, 'a', "
                      "'kept', 1, 1, 'then', 'then', 'kept')");
  sample_close(sample);
  restore_from(path, old);
  sample_open(sample, 0, 0);
  assert_true(sample_has(sample, "kept"));
  read_name(sample, name);
  assert_string_not_equal(name, own);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_backup_has_everything_up_to_its_moment_and_nothing_after),
      TEST(a_backup_uses_no_file_that_lies_beside_it),
      TEST(a_backup_while_others_write_is_a_state_that_was),
      TEST(a_restore_replaces_what_was_there),
      TEST(a_log_that_a_crash_left_is_not_replayed_over_what_was_restored),
      TEST(a_source_with_a_log_is_restored_with_what_is_in_the_log),
      TEST(what_is_no_sound_backup_is_refused_and_the_database_stays),
      TEST(a_database_in_use_is_not_replaced),
      TEST(a_backup_that_cannot_be_written_leaves_nothing_behind),
      TEST(a_log_keeps_its_name_and_a_copy_of_it_gets_another),
      TEST(a_database_from_before_logs_had_names_is_restored_and_gets_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The search index: in step with the records through every kind of write, made for databases that have none, and proved
 * by the check. */
#include "sample.h"

#include "base/text.h"
#include "domain/question.h"
#include "store/search.h"

#include <semaphore.h>
#include <sqlite3.h>

static long find(struct sample *sample, struct db *db, const struct resource *resource, const char *text,
                 struct search_hit *hits, size_t most) {
  (void)sample;
  void *memory = talloc_new(NULL);
  struct question question;
  assert_int_equal(question_read(memory, text, &question), QUESTION_READ);
  assert_true(db_begin_read(db));
  long count = search_best(db, resource, search_new(memory, &question), hits, most);
  assert_int_equal(db_failure(db), DB_OK);
  db_end_read(db);
  talloc_free(memory);
  return count;
}

static long found(struct sample *sample, const struct resource *resource, const char *text) {
  struct search_hit hits[50];
  return find(sample, sample->reader, resource, text, hits, 50);
}

static void keep_line(void *argument, const char *line) {
  error_set(argument, "%s", line);
}

static void keep_first(void *argument, const char *line) {
  struct error *error = argument;
  if (error->text[0] == '\0') {
    error_set(error, "%s", line);
  }
}

static void gather(void *argument, const char *line) {
  text_addf(argument, "%s\n", line);
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

static void write_or_fail(struct sample *sample, bool (*run)(void *argument, struct db *db),
                          enum write_outcome outcome) {
  assert_int_equal(store_write(sample->store, run, sample), outcome);
}

/* -- writes -------------------------------------------------------------------------------------------------------- */

static bool write_some(void *argument, struct db *db) {
  struct sample *sample = argument;
  return sample_insert(db, sample->areas, "robotics", "{\"description\":\"創薬の研究\"}") != 0 &&
         sample_insert(db, sample->areas, "robots", "{}") != 0 &&
         sample_insert(db, sample->organizations, "shown", "{\"visibility\":\"public\",\"tags\":[\"robotics\"]}") != 0;
}

static bool write_and_undo(void *argument, struct db *db) {
  struct sample *sample = argument;
  assert_true(sample_insert(db, sample->areas, "undone", "{}") != 0);
  return false;
}

static void records_are_found_once_they_are_written_and_not_when_that_was_undone(void **state) {
  struct sample *sample = *state;
  write_or_fail(sample, write_some, WRITE_SAVED);
  write_or_fail(sample, write_and_undo, WRITE_DROPPED);
  assert_int_equal(found(sample, sample->areas, "創薬"), 1);
  assert_int_equal(found(sample, sample->areas, "robotics"), 1);
  assert_int_equal(found(sample, sample->areas, "robot"), 2); /* begin with it */
  assert_int_equal(found(sample, sample->organizations, "robotics"), 1);
  assert_int_equal(found(sample, sample->areas, "undone"), 0);
  sample_add(sample, "later");
  assert_int_equal(found(sample, sample->areas, "later"), 1);
  assert_sound(sample);
}

static bool delete_and_write_again(void *argument, struct db *db) {
  struct sample *sample = argument;
  struct found first;
  return resource_find(db, sample->areas, "robots", &first) && resource_delete(db, sample->areas, first.pk, first.id) &&
         sample_insert(db, sample->areas, "replaced", "{}") == first.pk; /* the same number */
}

static void a_number_that_is_given_again_finds_the_new_record(void **state) {
  struct sample *sample = *state;
  write_or_fail(sample, write_some, WRITE_SAVED);
  write_or_fail(sample, delete_and_write_again, WRITE_SAVED);
  assert_int_equal(found(sample, sample->areas, "robots"), 0);
  assert_int_equal(found(sample, sample->areas, "replaced"), 1);
  assert_sound(sample);
}

/* -- writes that bring the index up to them by themselves ---------------------------------------------------------- */

enum step_taken { HOLDS, KEEPS, UNDOES, GIVES_UP };

struct own_write {
  struct write write;
  struct sample *sample;
  enum step_taken step;
  enum write_outcome outcome;
  sem_t gate, over;
};

static bool is_wanted(void *argument, struct db *db) {
  (void)db;
  return ((const struct own_write *)argument)->step != GIVES_UP;
}

static bool run_own(struct write *write, struct db *db) {
  struct own_write *own = (struct own_write *)write;
  static const char *const slugs[] = {[KEEPS] = "kept", [UNDOES] = "undone", [GIVES_UP] = "unwanted"};
  struct found before;
  if (own->step == HOLDS) {
    sem_wait(&own->gate);
    return false;
  }
  assert_true(sample_insert(db, own->sample->areas, slugs[own->step], "{}") != 0);
  if (own->step == KEEPS) {
    return true;
  }
  assert_true(resource_find(db, own->sample->areas, "kept", &before) &&
              resource_delete(db, own->sample->areas, before.pk, before.id));
  assert_int_equal(search_settle_written(db, is_wanted, own), own->step == UNDOES);
  return false;
}

static void end_own(struct write *write, enum write_outcome outcome) {
  struct own_write *own = (struct own_write *)write;
  own->outcome = outcome;
  sem_post(&own->over);
}

static void an_index_that_a_write_made_by_itself_is_undone_with_it_and_nothing_else_of_the_group_is(void **state) {
  struct sample *sample = *state;
  struct own_write *writes = memory_array(sample, struct own_write, 4);
  for (int i = HOLDS; i <= GIVES_UP; i++) {
    writes[i].write = (struct write){.run = run_own, .done = end_own};
    writes[i].sample = sample;
    writes[i].step = (enum step_taken)i;
    sem_init(&writes[i].gate, 0, 0);
    sem_init(&writes[i].over, 0, 0);
    assert_true(store_submit(sample->store, &writes[i].write));
  }
  sem_post(&writes[HOLDS].gate);
  for (int i = HOLDS; i <= GIVES_UP; i++) {
    sem_wait(&writes[i].over);
    assert_int_equal(writes[i].outcome, i == KEEPS ? WRITE_SAVED : WRITE_DROPPED);
  }
  assert_int_equal(found(sample, sample->areas, "kept"), 1);
  assert_int_equal(found(sample, sample->areas, "undone"), 0);
  assert_int_equal(found(sample, sample->areas, "unwanted"), 0);
  assert_sound(sample);
}

/* -- ranking ------------------------------------------------------------------------------------------------------- */

static bool write_many(void *argument, struct db *db) {
  struct sample *sample = argument;
  char slug[32];
  for (int i = 0; i < 2 * SEARCH_CANDIDATES; i++) {
    snprintf(slug, sizeof slug, "many-%04d", i);
    if (sample_insert(db, sample->areas, slug, "{\"description\":\"frequent\"}") == 0) {
      return false;
    }
  }
  return sample_insert(db, sample->areas, "frequent", "{}") != 0;
}

static void what_is_found_too_often_is_bounded_and_a_name_still_comes_first(void **state) {
  struct sample *sample = *state;
  struct search_hit *hits = memory_array(sample, struct search_hit, 2 * SEARCH_CANDIDATES);
  write_or_fail(sample, write_many, WRITE_SAVED);
  long count = find(sample, sample->reader, sample->areas, "frequent", hits, 2 * SEARCH_CANDIDATES);
  assert_int_equal(count, SEARCH_CANDIDATES + 1);
  assert_true(hits[0].score >= 2 && hits[1].score < 1);
  assert_int_equal(find(sample, sample->reader, sample->areas, "frequent many 0007", hits, 3), 1);
}

static bool write_many_and_named(void *argument, struct db *db) {
  struct sample *sample = argument;
  return write_many(argument, db) && sample_insert(db, sample->areas, "frequently", "{}") != 0 &&
         sample_insert(db, sample->areas, "0007-and-on", "{}") != 0;
}

static const struct search *question_of(struct sample *sample, const char *text) {
  struct question *question = memory_new(sample, struct question);
  assert_int_equal(question_read(sample, text, question), QUESTION_READ);
  return search_new(sample, question);
}

/* What a statement with that condition finds: "slug slug", or how many when these are many. */
static const char *narrowed(struct sample *sample, const struct search *search, struct search_form form) {
  struct text *sql = text_new(sample), *list = text_new(sample);
  text_add(sql, "SELECT t.slug FROM areas t WHERE true");
  search_add_condition(sql, sample->areas, 3, form);
  text_add(sql, " ORDER BY t.pk");
  struct query *query = db_query(sample->reader, sql->data);
  search_bind(query, 3, search);
  int count = 0;
  while (query_step(query) == STEP_ROW) {
    text_addf(list, "%s%s", count++ == 0 ? "" : " ", query_text(query, 0));
  }
  query_end(query);
  return count < 10 ? list->data : memory_print(sample, "%d", count);
}

static void a_condition_narrows_a_list_in_all_its_forms(void **state) {
  struct sample *sample = *state;
  static const char *const asked[][2] = {{"frequent 0007", "many-0007"},     {"0007", "many-0007 0007-and-on"},
                                         {"frequentl", "frequently"},        {"frequent", "502"},
                                         {"frequen", "frequent frequently"}, {"nothing", ""}};
  static const struct search_form forms[] = {
      {true, false, false}, {false, false, false}, {false, true, false}, {false, false, true}, {false, true, true}};
  write_or_fail(sample, write_many_and_named, WRITE_SAVED);
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    const struct search *search = question_of(sample, asked[i][0]);
    for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++) {
      assert_string_equal(narrowed(sample, search, forms[j]), asked[i][1]);
    }
  }
}

static void what_is_found_is_counted_up_to_a_bound(void **state) {
  struct sample *sample = *state;
  write_or_fail(sample, write_many_and_named, WRITE_SAVED);
  static const struct search_count most = {.words = 10, .names = 8};
  struct search_count count = search_count(sample->reader, sample->areas, question_of(sample, "frequent"), most);
  assert_int_equal(count.words, 10);
  assert_int_equal(count.names, 2);
  count = search_count(sample->reader, sample->areas, question_of(sample, "many"), most);
  assert_int_equal(count.words, 10);
  assert_int_equal(count.names, 8);
  count = search_count(sample->reader, sample->areas, question_of(sample, "frequent 0007"), most);
  assert_int_equal(count.words, 1);
  assert_int_equal(count.names, 0);
}

/* -- opening and checking ------------------------------------------------------------------------------------------ */

static void reopen(struct sample *sample, const char *sql) {
  sample_close(sample);
  sample_execute(sample->path, sql);
  sample_open(sample, 0, 0);
}

static void what_was_never_indexed_or_otherwise_is_indexed_when_the_database_is_opened(void **state) {
  static const char *const older[] = {
      "DELETE FROM area_search",
      "DELETE FROM area_search_names",
      "DELETE FROM organization_search_public",
      "UPDATE area_search SET rest = 'something else'",
  };
  struct sample *sample = *state;
  write_or_fail(sample, write_some, WRITE_SAVED);
  for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
    sample_close(sample);
    sample_execute(sample->path, older[i]);
    reopen(sample, "UPDATE registry SET searchable = 'of an older program'");
    assert_int_equal(found(sample, sample->areas, "創薬"), 1);
    assert_int_equal(found(sample, sample->areas, "robot"), 2);
    assert_sound(sample);
  }
}

static void the_check_names_what_is_wrong(void **state) {
  static const char *const damages[][2] = {
      {"DELETE FROM area_search WHERE rowid = 1", "another text"},
      {"UPDATE area_search SET rest = rest || ' more' WHERE rowid = 1", "another text"},
      {"INSERT INTO organization_search_public (rowid, names, rest) SELECT rowid + 7, names, rest FROM "
       "organization_search",
       "there are not"},
      {"DELETE FROM area_search_names WHERE owner = 2", "a name is not among"},
      {"INSERT INTO area_search_names VALUES (0, 'x', 9, 0)", "that no record has"},
      {"UPDATE areas SET description = 'unheard' WHERE pk = 1", "another text"},
  };
  struct sample *sample = *state;
  write_or_fail(sample, write_some, WRITE_SAVED);
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    struct error error = {0};
    reopen(sample, damages[i][0]);
    assert_true(db_begin_read(sample->reader));
    assert_false(search_check(sample->reader, sample->contract, keep_first, &error));
    assert_non_null(strstr(error.text, damages[i][1]));
    db_end_read(sample->reader);
    reopen(sample, "UPDATE areas SET description = '創薬の研究' WHERE pk = 1");
    reopen(sample, "DELETE FROM organization_search_public WHERE rowid > 5");
    reopen(sample, "UPDATE registry SET searchable = NULL");
    assert_sound(sample);
  }
}

/* Goes past the program, which could not do this. */
static void damage(const char *path, const char *sql) {
  sqlite3 *handle = NULL;
  assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
  assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(handle);
}

static void an_index_that_holds_other_words_than_were_indexed_is_told(void **state) {
  struct sample *sample = *state;
  struct error error = {0};
  write_or_fail(sample, write_some, WRITE_SAVED);
  sample_close(sample);
  damage(sample->path, "UPDATE areas SET description = 'unheard' WHERE pk = 1;"
                       "UPDATE area_search_content SET c1 = 'unheard' WHERE id = 1;"
                       "UPDATE area_search_public_content SET c1 = 'unheard' WHERE id = 1;");
  sample_open(sample, 0, 0);
  assert_true(db_begin_read(sample->reader));
  assert_false(search_check(sample->reader, sample->contract, keep_first, &error));
  db_end_read(sample->reader);
  assert_non_null(strstr(error.text, "does not hold the words"));
}

/* Whatever of FTS5's own tables is not as the engine needs it. */
static void an_index_that_the_engine_cannot_read_is_told_and_the_rest_is_looked_at(void **state) {
  static const char *const damages[][2] = {
      {"DELETE FROM organization_search_data WHERE id = (SELECT max(id) FROM organization_search_data)",
       "cannot be read"},
      {"DELETE FROM organization_search_docsize WHERE id = 1", "counts other words"},
      {"UPDATE organization_search_docsize SET sz = x'0909' WHERE id = 1", "counts other words"},
      {"UPDATE organization_search_data SET block = x'02090909' WHERE id = 1", "counts other words"},
  };
  struct sample *sample = *state;
  write_or_fail(sample, write_some, WRITE_SAVED);
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    struct text *lines = text_new(sample);
    sample_close(sample);
    damage(sample->path, damages[i][0]);
    damage(sample->path, "UPDATE area_search_content SET c1 = 'unheard' WHERE id = 1");
    sample_open(sample, 0, 0);
    assert_true(db_begin_read(sample->reader));
    assert_false(search_check(sample->reader, sample->contract, gather, lines));
    assert_int_equal(db_failure(sample->reader), DB_OK);
    db_end_read(sample->reader);
    const char *told = strstr(lines->data, "organizations: ");
    assert_non_null(told);
    assert_non_null(strstr(told, damages[i][1]));
    assert_null(strstr(lines->data, "there are not"));
    assert_non_null(strstr(lines->data, "areas: the index does not hold the words"));
    reopen(sample, "UPDATE registry SET searchable = NULL");
    assert_sound(sample);
  }
}

static void a_check_that_could_not_begin_leaves_the_connection_read_only(void **state) {
  struct sample *sample = *state;
  struct error error = {0};
  write_or_fail(sample, write_some, WRITE_SAVED);
  struct contract strange = *sample->contract;
  struct resource *resources = memory_array(sample, struct resource, strange.resource_count);
  memcpy(resources, strange.resources, strange.resource_count * sizeof *resources);
  resources[sample->areas->index].search = "no\"name"; /* what the statements to begin with stumble over */
  strange.resources = resources;
  assert_true(db_begin_read(sample->reader));
  assert_false(search_check(sample->reader, &strange, keep_line, &error));
  db_end_read(sample->reader);
  assert_false(engine_execute(sample->reader, "UPDATE areas SET description = 'written'"));
  assert_sound(sample);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_check_that_could_not_begin_leaves_the_connection_read_only, sample_store,
                                      sample_free),
      cmocka_unit_test_setup_teardown(records_are_found_once_they_are_written_and_not_when_that_was_undone,
                                      sample_store, sample_free),
      cmocka_unit_test_setup_teardown(
          an_index_that_a_write_made_by_itself_is_undone_with_it_and_nothing_else_of_the_group_is, sample_store,
          sample_free),
      cmocka_unit_test_setup_teardown(a_number_that_is_given_again_finds_the_new_record, sample_store, sample_free),
      cmocka_unit_test_setup_teardown(what_is_found_too_often_is_bounded_and_a_name_still_comes_first, sample_store,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_condition_narrows_a_list_in_all_its_forms, sample_store, sample_free),
      cmocka_unit_test_setup_teardown(what_is_found_is_counted_up_to_a_bound, sample_store, sample_free),
      cmocka_unit_test_setup_teardown(what_was_never_indexed_or_otherwise_is_indexed_when_the_database_is_opened,
                                      sample_store, sample_free),
      cmocka_unit_test_setup_teardown(an_index_that_holds_other_words_than_were_indexed_is_told, sample_store,
                                      sample_free),
      cmocka_unit_test_setup_teardown(an_index_that_the_engine_cannot_read_is_told_and_the_rest_is_looked_at,
                                      sample_store, sample_free),
      cmocka_unit_test_setup_teardown(the_check_names_what_is_wrong, sample_store, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

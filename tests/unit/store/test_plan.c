/* How the engine goes about each page: along indexes, whatever it is narrowed and put in order by. What runs is heard
 * from SQLite itself, and each of these statements is then asked for its plan. There are so many records that no
 * condition is gathered, but for those that a test makes rare. */
#include "sample.h"

#include "store/plan.h"
#include "store/shape.h"

#include <sqlite3.h>

enum { STATEMENTS_MOST = 64, INDEXES_MOST = 100, LIMIT = 50 };

/* The connection that was opened last, and what ran on it. */
static struct heard {
  sqlite3 *handle;
  char *statements[STATEMENTS_MOST];
  size_t count;
} heard;

/* Indexes that some plan went along. */
static struct {
  char names[INDEXES_MOST][64];
  size_t count;
} used;

static int hear_connection(sqlite3 *handle, char **message, const struct sqlite3_api_routines *routines) {
  (void)message, (void)routines;
  heard.handle = handle;
  return SQLITE_OK;
}

static int hear_statement(unsigned what, void *argument, void *statement, void *text) {
  (void)what, (void)argument, (void)text;
  assert_in_range(heard.count, 0, STATEMENTS_MOST - 1);
  heard.statements[heard.count++] = memory_copy(NULL, sqlite3_sql(statement));
  return 0;
}

static void hear(bool on) {
  sqlite3_trace_v2(heard.handle, on ? SQLITE_TRACE_STMT : 0, on ? hear_statement : NULL, NULL);
}

static void forget(void) {
  while (heard.count > 0) {
    talloc_free(heard.statements[--heard.count]);
  }
}

/* -- records ------------------------------------------------------------------------------------------------------- */

/* Of every two agreements one has each of the common values, and the first 40 have the rare ones. */
static const char *const fill[] = {
    "CREATE TEMP TABLE numbers AS WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2400) "
    "SELECT i, i % 2 = 0 AS common, i <= 40 AS rare FROM n",
    "INSERT INTO organizations (id, slug, revision, stamp, created_at, updated_at, name, kind, country, established) "
    "SELECT printf('org_%05d', i), printf('o%d', i), 1, 1, 'then', 'now', 'name ' || i, iif(common, 'company', "
    "'unit'), iif(common, 'JP', 'TW'), iif(common, '1990', NULL) FROM numbers",
    "INSERT INTO organization_identifiers (owner, position, scheme, value) SELECT i, 0, 'other', i FROM numbers",
    "INSERT INTO organization_tags (owner, position, value) SELECT i, 0, iif(common, 'common', 'odd') FROM numbers",
    "INSERT INTO organization_relations (owner, position, type, organization) SELECT i, 0, 'parent', 1 + (i > 1300) "
    "FROM numbers WHERE i > 2",
    "INSERT INTO areas (id, slug, revision, stamp, created_at, updated_at, name, parent) SELECT printf('area_%05d', "
    "i), printf('a%d', i), 1, 1, 'then', 'now', 'name ' || i, iif(i > 1, 1, NULL) FROM numbers WHERE i < 4",
    "INSERT INTO agreements (id, slug, revision, stamp, created_at, updated_at, title, stage, status, kind, owner, "
    "concluded_on, announced_on, effective_on, ends_on, period_starts_on, period_ends_on, notice_on, next_change_on, "
    "visibility) "
    "SELECT printf('agr_%05d', i), printf('g%d', i), 1, 1, 'then', 'now', 'title ' || i, 'concluded', iif(common, "
    "'in_force', 'expired'), iif(common, 'mou', 'loi'), iif(rare, 'rare', iif(common, 'common', 'odd')), "
    "2020 + i % 20, NULL, '2020-05', '2026', '2020-01-01', iif(common, '2026-12-31', NULL), '2026-09-30', "
    "'2027-01-01', 'public' FROM "
    "numbers",
    "INSERT INTO agreement_parties (owner, position, organization) SELECT i, 0, iif(rare, 4, 1 + (1 - common)) FROM "
    "numbers",
    "INSERT INTO agreement_areas (owner, position, area) SELECT i, 0, iif(rare, 3, 1 + (1 - common)) FROM numbers",
    "INSERT INTO agreement_flags (owner, position, value) SELECT i, 0, iif(rare, 'dormant', iif(common, 'expiring', "
    "'notice_window')) FROM numbers",
    "INSERT INTO agreement_tags (owner, position, value) SELECT i, 0, iif(rare, 'rare', iif(common, 'common', 'odd')) "
    "FROM numbers",
};

static bool write_records(void *argument, struct db *db) {
  (void)argument;
  bool fine = true;
  for (size_t i = 0; fine && i < sizeof fill / sizeof fill[0]; i++) {
    fine = engine_execute(db, fill[i]);
  }
  return fine;
}

static int with_records(void **state) {
  int result = sample_store(state);
  struct sample *sample = *state;
  return result != 0 || store_write(sample->store, write_records, sample) != WRITE_SAVED;
}

/* -- plans --------------------------------------------------------------------------------------------------------- */

/* What is walked through from one end to the other: not what the statement itself has found or was given, nor an index.
 */
static bool is_full_scan(const char *line) {
  static const char *const own[] = {"SCAN b", "SCAN f", "SCAN CONSTANT ROW"};
  static const char days[] = "SCAN d VIRTUAL TABLE "; /* json_each */
  bool found = strncmp(line, "SCAN (", 6) == 0 || strncmp(line, days, sizeof days - 1) == 0;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    found = found || strcmp(line, own[i]) == 0;
  }
  return strncmp(line, "SCAN ", 5) == 0 && strstr(line, " USING ") == NULL && !found;
}

/* Of a column that is never null, the engine does not begin to look for those without a value. */
static bool is_in_vain(const struct page_request *request, const char *sql) {
  int filled = 0;
  char *end = request->sort == NULL ? NULL : memory_print(NULL, "t.\"%s\" IS NULL ORDER BY", request->sort->column);
  bool nulls = end != NULL && strstr(sql, end) != NULL;
  talloc_free(end);
  return nulls &&
         sqlite3_table_column_metadata(heard.handle, "main", request->selection->resource->table, request->sort->column,
                                       NULL, NULL, &filled, NULL, NULL) == SQLITE_OK &&
         filled != 0;
}

static bool is_used(const char *index) {
  size_t i = 0;
  while (i < used.count && strcmp(used.names[i], index) != 0) {
    i++;
  }
  return i < used.count;
}

static void note_index(const char *line) {
  const char *at = strstr(line, "INDEX ");
  char name[64];
  if (at != NULL && sscanf(at, "INDEX %63s", name) == 1 && !is_used(name)) {
    assert_in_range(used.count, 0, INDEXES_MOST - 1);
    strcpy(used.names[used.count++], name);
  }
}

/* `walked`: records may be walked in the order of their pks; `sorted`: what was gathered may be put in order. */
static void assert_plan(const char *what, const char *sql, bool walked, bool sorted) {
  sqlite3_stmt *plan = NULL;
  char *text = memory_print(NULL, "EXPLAIN QUERY PLAN %s", sql);
  assert_int_equal(sqlite3_prepare_v2(heard.handle, text, -1, &plan, NULL), SQLITE_OK);
  while (sqlite3_step(plan) == SQLITE_ROW) {
    const char *line = (const char *)sqlite3_column_text(plan, 3);
    bool wrong = (is_full_scan(line) && !(walked && strcmp(line, "SCAN t") == 0)) ||
                 (strstr(line, "TEMP B-TREE") != NULL && !sorted) || strstr(line, "AUTOMATIC") != NULL;
    if (wrong) {
      fail_msg("%s: %s: %s", what, line, sql);
    }
    note_index(line);
  }
  sqlite3_finalize(plan);
  talloc_free(text);
}

/* Asks for the page, and for the plans of the statements that this took. */
static void assert_page(struct sample *sample, const char *what, const struct page_request *request, bool gathered) {
  struct page_key keys[LIMIT];
  forget(); /* what a test that failed has left */
  hear(true);
  assert_true(db_begin_read(sample->reader));
  enum lead lead = plan_page(sample->reader, request).lead;
  long count = resource_page(sample->reader, request, keys);
  assert_int_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
  hear(false);
  assert_in_range(count, 0, LIMIT);
  for (long i = 0; i < count; i++) {
    json_decref(keys[i].value);
  }
  if ((lead == LEAD_GATHER) != gathered) {
    fail_msg("%s: %s gathered", what, gathered ? "is not" : "is");
  }
  size_t selects = 0;
  for (size_t i = 0; i < heard.count; i++) {
    if (strncmp(heard.statements[i], "SELECT", 6) == 0 && !is_in_vain(request, heard.statements[i])) {
      assert_plan(what, heard.statements[i], lead == LEAD_ORDER && request->sort == NULL,
                  gathered || lead == LEAD_DAYS);
      selects++;
    }
  }
  assert_true(selects > 0);
  forget();
}

/* In every order, in both directions: the first page, one that begins at a value, and one among those without any. */
static void assert_pages(struct sample *sample, const struct selection *selection, const char *what, bool gathered) {
  json_t *places[] = {NULL, json_string("2020"), json_null()};
  for (size_t i = 0; i <= selection->resource->sort_count; i++) {
    const struct sort *sort = i == 0 ? NULL : &selection->resource->sorts[i - 1];
    char *name = memory_print(NULL, "%s by %s", what, sort == NULL ? "nothing" : sort->name);
    for (size_t j = 0; j < 2 * sizeof places / sizeof places[0]; j++) {
      const json_t *place = places[j / 2];
      char *id = memory_print(name, "%s_00100", selection->resource->prefix);
      const struct page_request request = {.selection = selection,
                                           .sort = sort,
                                           .descending = j % 2 != 0,
                                           .after = place != NULL,
                                           .after_value = place,
                                           .after_id = id,
                                           .limit = LIMIT};
      assert_page(sample, name, &request, gathered);
    }
    talloc_free(name);
  }
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    json_decref(places[i]);
  }
}

/* -- what is asked ------------------------------------------------------------------------------------------------- */

struct asked {
  const char *name;
  enum filter_operator op;
  struct operand operands[2];
  size_t count;
};

static const struct asked none = {0};
static const struct asked party = {"party", OPERATOR_IS, {{.number = 1}}, 1},
                          area = {"area", OPERATOR_IS, {{.number = 1}}, 1},
                          country = {"country", OPERATOR_IS, {{.text = "JP"}}, 1},
                          status = {"status", OPERATOR_IS, {{.text = "in_force"}}, 1},
                          statuses = {"status", OPERATOR_IS, {{.text = "in_force"}, {.text = "expired"}}, 2},
                          expiring = {"flag", OPERATOR_IS, {{.text = "expiring"}}, 1},
                          notice = {"flag", OPERATOR_IS, {{.text = "notice_window"}}, 1},
                          tag = {"tag", OPERATOR_IS, {{.text = "common"}}, 1},
                          kind = {"kind", OPERATOR_IS, {{.text = "mou"}}, 1},
                          owner = {"owner", OPERATOR_IS, {{.text = "common"}}, 1},
                          stage = {"stage", OPERATOR_IS, {{.text = "concluded"}}, 1},
                          ends = {"period_ends_on", OPERATOR_LTE, {{.text = "2027"}}, 1};

static struct condition condition_of(const struct resource *resource, const struct asked *asked) {
  size_t i = 0;
  while (i < resource->filter_count && strcmp(resource->filters[i].name, asked->name) != 0) {
    i++;
  }
  if (i == resource->filter_count) {
    fail_msg("%s has no filter %s", resource->path, asked->name);
  }
  return (struct condition){&resource->filters[i], asked->op, asked->operands, asked->count};
}

static void assert_asked(struct sample *sample, const char *path, const struct asked *first, const struct asked *second,
                         bool gathered) {
  const struct resource *resource = contract_resource(sample->contract, path);
  struct condition conditions[2];
  struct selection selection = {.resource = resource, .conditions = conditions, .today = "2026-05-01"};
  for (size_t i = 0; i < 2; i++) {
    const struct asked *asked = i == 0 ? first : second;
    if (asked->name != NULL) {
      conditions[selection.count++] = condition_of(resource, asked);
    }
  }
  char *what = memory_print(NULL, "%s %s %s", path, first->name == NULL ? "" : first->name,
                            second->name == NULL ? "" : second->name);
  assert_pages(sample, &selection, what, gathered);
  talloc_free(what);
}

static void every_order_is_walked_along_an_index(void **state) {
  struct sample *sample = *state;
  for (size_t i = 0; i < sample->contract->resource_count; i++) {
    assert_asked(*state, sample->contract->resources[i].path, &none, &none, false);
  }
}

static void what_many_agreements_fit_is_found_along_an_index_in_every_order(void **state) {
  static const struct asked others[] = {
      {"party", OPERATOR_UNDER, {{.number = 1}}, 1},
      {"area", OPERATOR_UNDER, {{.number = 1}}, 1},
      {"concluded_on", OPERATOR_GTE, {{.text = "2019"}}, 1},
      {"announced_on", OPERATOR_ISNULL, {{.number = 1}}, 1},
      {"effective_on", OPERATOR_LT, {{.text = "2021"}}, 1},
      {"ends_on", OPERATOR_GT, {{.text = "2025"}}, 1},
      {"period_starts_on", OPERATOR_IS, {{.text = "2020-01-01"}}, 1},
      {"notice_on", OPERATOR_LTE, {{.text = "2027"}}, 1},
      {"next_change_on", OPERATOR_GTE, {{.text = "2026"}}, 1},
  };
  const struct asked *const equal[] = {&party, &area, &country, &status, &statuses, &expiring,
                                       &tag,   &kind, &owner,   &stage,  &ends};
  for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
    assert_asked(*state, "agreements", equal[i], &none, false);
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_asked(*state, "agreements", &others[i], &none, false);
  }
}

static void what_a_dashboard_asks_together_is_found_along_an_index_in_every_order(void **state) {
  const struct asked *const pairs[][2] = {{&status, &party},    {&status, &area}, {&status, &country}, {&status, &kind},
                                          {&owner, &status},    {&tag, &status},  {&country, &kind},   {&status, &ends},
                                          {&expiring, &status}, {&notice, &owner}};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    assert_asked(*state, "agreements", pairs[i][0], pairs[i][1], false);
  }
}

static void what_many_organizations_fit_is_found_along_an_index_in_every_order(void **state) {
  static const struct asked list[] = {{"country", OPERATOR_IS, {{.text = "JP"}}, 1},
                                      {"kind", OPERATOR_IS, {{.text = "company"}}, 1},
                                      {"tag", OPERATOR_IS, {{.text = "common"}}, 1},
                                      {"established", OPERATOR_LTE, {{.text = "2000"}}, 1}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    assert_asked(*state, "organizations", &list[i], &none, false);
  }
  assert_asked(*state, "organizations", &list[0], &list[1], false);
}

static int count_steps(unsigned what, void *argument, void *statement, void *time) {
  (void)what, (void)time;
  *(int *)argument += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

/* What the engine does for the page that follows the agreement with that number, among those with the same value. */
static int steps_after(struct sample *sample, const struct selection *all, int number, bool descending) {
  const struct sort *sort = all->resource->sorts;
  while (strcmp(sort->name, "created_at") != 0) {
    sort++;
  }
  char id[20];
  struct page_key keys[LIMIT];
  int steps = 0;
  json_t *value = json_string("then");
  snprintf(id, sizeof id, "agr_%05d", number);
  const struct page_request request = {all, sort, descending, true, value, id, LIMIT};
  assert_true(db_begin_read(sample->reader));
  sqlite3_trace_v2(heard.handle, SQLITE_TRACE_PROFILE, count_steps, &steps);
  assert_int_equal(resource_page(sample->reader, &request, keys), LIMIT);
  hear(false);
  db_end_read(sample->reader);
  for (int i = 0; i < LIMIT; i++) {
    json_decref(keys[i].value);
  }
  json_decref(value);
  return steps;
}

static void a_page_deep_among_equal_values_takes_no_longer_than_the_first(void **state) {
  const struct selection all = {.resource = contract_resource(((struct sample *)*state)->contract, "agreements")};
  assert_in_range(steps_after(*state, &all, 2300, false), 1, 2 * steps_after(*state, &all, 10, false));
  assert_in_range(steps_after(*state, &all, 100, true), 1, 2 * steps_after(*state, &all, 2390, true));
}

static void a_tree_of_few_is_walked_like_the_values_that_it_stands_for(void **state) {
  struct sample *sample = *state;
  static const struct asked below = {"area", OPERATOR_UNDER, {{.number = 1}}, 1},
                            most = {"party", OPERATOR_UNDER, {{.number = 1}}, 1};
  const struct resource *agreements = contract_resource(sample->contract, "agreements");
  const struct condition few = condition_of(agreements, &below), many = condition_of(agreements, &most);
  const struct selection by_few = {agreements, &few, 1, "2026-05-01", false, NULL},
                         by_many = {agreements, &many, 1, "2026-05-01", false, NULL};
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(plan_page(sample->reader, &(struct page_request){.selection = &by_few}).lead, LEAD_EQUAL);
  assert_int_equal(plan_page(sample->reader, &(struct page_request){.selection = &by_many}).lead, LEAD_ORDER);
  db_end_read(sample->reader);
}

static void what_few_fit_is_gathered_along_an_index_and_then_put_in_order(void **state) {
  static const struct asked rare[] = {{"party", OPERATOR_IS, {{.number = 4}}, 1},
                                      {"area", OPERATOR_IS, {{.number = 3}}, 1},
                                      {"flag", OPERATOR_IS, {{.text = "dormant"}}, 1},
                                      {"tag", OPERATOR_IS, {{.text = "rare"}}, 1},
                                      {"owner", OPERATOR_IS, {{.text = "rare"}}, 1}};
  static const struct asked identifier = {"identifier", OPERATOR_IS, {{.text = "7", .kind = "other"}}, 1};
  for (size_t i = 0; i < sizeof rare / sizeof rare[0]; i++) {
    assert_asked(*state, "agreements", &rare[i], &status, true);
  }
  assert_asked(*state, "organizations", &identifier, &none, true);
}

static void what_lies_between_two_bounds_is_gathered_when_that_is_few(void **state) {
  struct sample *sample = *state;
  static const struct asked from = {"title", OPERATOR_GTE, {{.text = "title 20"}}, 1},
                            to = {"title", OPERATOR_LTE, {{.text = "title 21"}}, 1};
  const struct resource *agreements = contract_resource(sample->contract, "agreements");
  const struct condition bounds[] = {condition_of(agreements, &from), condition_of(agreements, &to)};
  const struct selection between = {agreements, bounds, 2, "2026-05-01", false, NULL},
                         above = {agreements, bounds, 1, "2026-05-01", false, NULL},
                         below = {agreements, bounds + 1, 1, "2026-05-01", false, NULL};
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(plan_page(sample->reader, &(struct page_request){.selection = &above}).lead, LEAD_ORDER);
  assert_int_equal(plan_page(sample->reader, &(struct page_request){.selection = &below}).lead, LEAD_ORDER);
  assert_int_equal(plan_page(sample->reader, &(struct page_request){.selection = &between}).lead, LEAD_GATHER);
  db_end_read(sample->reader);
  struct page_request page = {.selection = &between, .limit = LIMIT};
  assert_page(sample, "title from … to …", &page, true);
}

static void a_name_is_found_along_an_index(void **state) {
  struct sample *sample = *state;
  static const struct asked name = {"name", OPERATOR_IS, {{.text = "name 2"}}, 1},
                            title = {"title", OPERATOR_IS, {{.text = "title 20"}}, 1};
  static const struct {
    const char *path;
    const struct asked *asked;
  } rows[] = {{"organizations", &name}, {"areas", &name}, {"agreements", &title}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct resource *resource = contract_resource(sample->contract, rows[i].path);
    const struct condition condition = condition_of(resource, rows[i].asked);
    const struct selection selection = {resource, &condition, 1, "2026-05-01", false, NULL};
    struct page_request page = {.selection = &selection, .limit = LIMIT};
    assert_page(sample, rows[i].path, &page, false);
  }
}

static void days_are_tested_in_an_index_beside_the_records(void **state) {
  struct sample *sample = *state;
  static const struct asked since = {"concluded_on", OPERATOR_GTE, {{.text = "2019"}}, 1};
  const struct resource *agreements = contract_resource(sample->contract, "agreements");
  const struct condition conditions[] = {condition_of(agreements, &stage), condition_of(agreements, &since)};
  const struct selection days = {agreements, conditions + 1, 1, "2026-05-01", false, NULL},
                         others = {agreements, conditions, 1, "2026-05-01", false, NULL};
  struct error error;
  struct db *open = store_public_reader(sample->store, &error);
  assert_non_null(open);
  assert_true(db_begin_read(sample->reader) && db_begin_read(open));
  const struct page_request request = {.selection = &days};
  assert_string_equal(plan_page(sample->reader, &request).narrow->name, "agreements_days");
  assert_null(plan_page(open, &request).narrow);
  assert_null(plan_page(sample->reader, &(struct page_request){.selection = &days, .sort = agreements->sorts}).narrow);
  assert_null(plan_page(sample->reader, &(struct page_request){.selection = &others}).narrow);
  db_end_read(open);
  db_end_read(sample->reader);
  store_reader_close(open);
}

/* How often a line of the statement's plan begins so. */
static int count_lines(const char *sql, const char *beginning) {
  sqlite3_stmt *plan = NULL;
  char *text = memory_print(NULL, "EXPLAIN QUERY PLAN %s", sql);
  int count = 0;
  assert_int_equal(sqlite3_prepare_v2(heard.handle, text, -1, &plan, NULL), SQLITE_OK);
  while (sqlite3_step(plan) == SQLITE_ROW) {
    count += strncmp((const char *)sqlite3_column_text(plan, 3), beginning, strlen(beginning)) == 0;
  }
  sqlite3_finalize(plan);
  talloc_free(text);
  return count;
}

/* The last statement of a page. */
static const char *hear_page(struct sample *sample, const struct page_request *request, struct page_key *keys) {
  forget();
  hear(true);
  long count = resource_page(sample->reader, request, keys);
  hear(false);
  assert_int_equal(count, request->limit);
  for (long i = 0; i < count; i++) {
    json_decref(keys[i].value);
  }
  return heard.statements[heard.count - 1];
}

static void a_short_span_of_days_is_looked_up_day_by_day_where_nothing_narrows_more(void **state) {
  struct sample *sample = *state;
  static const struct asked since = {"effective_on", OPERATOR_GTE, {{.text = "2020"}}, 1},
                            until = {"effective_on", OPERATOR_LTE, {{.text = "2021"}}, 1},
                            wide = {"concluded_on", OPERATOR_GTE, {{.text = "2019"}}, 1};
  const struct resource *agreements = contract_resource(sample->contract, "agreements");
  const struct condition conditions[] = {condition_of(agreements, &status), condition_of(agreements, &since),
                                         condition_of(agreements, &until), condition_of(agreements, &owner),
                                         condition_of(agreements, &wide)};
  const struct selection span = {agreements, conditions + 1, 2, "2026-05-01", false, NULL},
                         with_status = {agreements, conditions, 3, "2026-05-01", false, NULL},
                         with_owner = {agreements, conditions + 1, 3, "2026-05-01", false, NULL},
                         years = {agreements, conditions + 4, 1, "2026-05-01", false, NULL};
  assert_true(db_begin_read(sample->reader));
  struct page_request request = {.selection = &span, .limit = LIMIT};
  assert_int_equal(plan_page(sample->reader, &request).lead, LEAD_DAYS);
  assert_string_equal(plan_page(sample->reader, &request).days, "[\"2020\",\"2020-05\",\"2020-05-01\"]");
  struct page_key keys[LIMIT];
  const char *looked = "SEARCH t USING COVERING INDEX agreements_effective_on (effective_on=? AND rowid>? AND rowid<?)";
  assert_int_equal(count_lines(hear_page(sample, &request, keys), looked), 1);
  forget();
  request.selection = &with_status;
  assert_int_equal(plan_page(sample->reader, &request).lead, LEAD_DAYS);
  request.selection = &with_owner;
  assert_int_equal(plan_page(sample->reader, &request).lead, LEAD_EQUAL);
  request.selection = &years;
  assert_int_equal(plan_page(sample->reader, &request).lead, LEAD_ORDER);
  request = (struct page_request){.selection = &span, .limit = LIMIT, .sort = agreements->sorts};
  assert_int_equal(plan_page(sample->reader, &request).lead, LEAD_ORDER);
  db_end_read(sample->reader);
  struct error error;
  struct db *open = store_public_reader(sample->store, &error);
  assert_non_null(open);
  assert_true(db_begin_read(open));
  request.sort = NULL;
  assert_int_equal(plan_page(open, &request).lead, LEAD_ORDER);
  db_end_read(open);
  store_reader_close(open);
}

/* Both the walk along the items `d` and the look for an earlier one `e` find all that they ask for in that index. */
static void assert_covered(const char *sql, const char *index) {
  char *walk = memory_print(NULL, "SEARCH d USING COVERING INDEX %s ", index),
       *look = memory_print(walk, "SEARCH e USING COVERING INDEX %s ", index);
  assert_int_equal(count_lines(sql, walk), 1);
  assert_int_equal(count_lines(sql, look), 1);
  talloc_free(walk);
}

static void what_an_index_of_items_has_a_copy_of_is_tested_in_it(void **state) {
  struct sample *sample = *state;
  const struct resource *agreements = contract_resource(sample->contract, "agreements");
  static const struct asked letters = {"kind", OPERATOR_IS, {{.text = "loi"}}, 1};
  const struct condition conditions[] = {condition_of(agreements, &country), condition_of(agreements, &letters)};
  const struct selection selection = {agreements, conditions, 2, "2026-05-01", false, NULL};
  const struct sort *sort = agreements->sorts;
  while (strcmp(sort->name, "concluded_on") != 0) {
    sort++;
  }
  struct page_key keys[LIMIT];
  hear(true);
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(resource_page(sample->reader, &(struct page_request){&selection, sort, true, .limit = LIMIT}, keys),
                   LIMIT);
  db_end_read(sample->reader);
  hear(false);
  size_t asked = 0;
  for (size_t i = 0; i < heard.count; i++) {
    if (strstr(heard.statements[i], "\"agreement_parties\" d") != NULL) {
      assert_non_null(strstr(heard.statements[i], "d.\"owner_kind\" = "));
      assert_covered(heard.statements[i], "agreement_parties_country_concluded_on");
      asked++;
    }
  }
  assert_true(asked > 0);
  forget();
  for (int i = 0; i < LIMIT; i++) {
    json_decref(keys[i].value);
  }
}

/* Those that are there for something else than pages: what refers to a record, and what the clock has to look at. */
static const char *const other_uses[] = {"agreements_due_on", "agreements_public_standing", "areas_parent",
                                         "agreement_relations_agreement", "organization_relations_organization"};

static void every_index_serves_a_page_that_is_asked_for(void **state) {
  used.count = 0;
  every_order_is_walked_along_an_index(state);
  what_many_agreements_fit_is_found_along_an_index_in_every_order(state);
  what_a_dashboard_asks_together_is_found_along_an_index_in_every_order(state);
  what_many_organizations_fit_is_found_along_an_index_in_every_order(state);
  what_few_fit_is_gathered_along_an_index_and_then_put_in_order(state);
  a_name_is_found_along_an_index(state);
  for (size_t i = 0; i < sizeof other_uses / sizeof other_uses[0]; i++) {
    note_index(memory_print(*state, "INDEX %s", other_uses[i]));
  }
  sqlite3_stmt *all = NULL;
  size_t count = 0, idle = 0;
  assert_int_equal(
      sqlite3_prepare_v2(heard.handle,
                         "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND "
                         "(tbl_name GLOB 'organization*' OR tbl_name GLOB 'area*' OR tbl_name GLOB 'agreement*')",
                         -1, &all, NULL),
      SQLITE_OK);
  for (; sqlite3_step(all) == SQLITE_ROW; count++) {
    const char *name = (const char *)sqlite3_column_text(all, 0);
    if (!is_used(name)) {
      print_error("%s is never used\n", name);
      idle++;
    }
  }
  sqlite3_finalize(all);
  assert_int_equal(idle, 0);
  assert_in_range(count, 30, INDEXES_MOST);
}

int main(void) {
  sqlite3_auto_extension((void (*)(void))hear_connection);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_order_is_walked_along_an_index, with_records, sample_free),
      cmocka_unit_test_setup_teardown(what_many_agreements_fit_is_found_along_an_index_in_every_order, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(what_a_dashboard_asks_together_is_found_along_an_index_in_every_order,
                                      with_records, sample_free),
      cmocka_unit_test_setup_teardown(what_many_organizations_fit_is_found_along_an_index_in_every_order, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_page_deep_among_equal_values_takes_no_longer_than_the_first, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_tree_of_few_is_walked_like_the_values_that_it_stands_for, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(what_few_fit_is_gathered_along_an_index_and_then_put_in_order, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_name_is_found_along_an_index, with_records, sample_free),
      cmocka_unit_test_setup_teardown(what_lies_between_two_bounds_is_gathered_when_that_is_few, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(days_are_tested_in_an_index_beside_the_records, with_records, sample_free),
      cmocka_unit_test_setup_teardown(a_short_span_of_days_is_looked_up_day_by_day_where_nothing_narrows_more,
                                      with_records, sample_free),
      cmocka_unit_test_setup_teardown(what_an_index_of_items_has_a_copy_of_is_tested_in_it, with_records, sample_free),
      cmocka_unit_test_setup_teardown(every_index_serves_a_page_that_is_asked_for, with_records, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

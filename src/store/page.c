/* A page is a walk along one order: the sort column, then the pk, from just after a place. Records without a value come
 * last in either direction, so a page is at most three walks: along the pks of those that have the value of the place,
 * along the values, then along the pks of those that have none. (The engine can begin within equal values only where
 * nothing but the pk is left to order by.) The place is a value and an id, not a count, so writes meanwhile neither
 * repeat nor skip a record whose own place stays; of a record that is gone, the place is that of the one made just
 * before (or after) it. Where each value of a condition is walked for (plan.c), a page is the first of what all these
 * walks have found. */
#include "store/resource.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/engine.h"
#include "store/plan.h"
#include "store/public_views.h"
#include "store/ranking.h"
#include "store/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P_VALUE = 1, P_PK, P_LIMIT, P_UNTIL, P_DAYS };

enum phase { PHASE_ALL, PHASE_TIES, PHASE_VALUES, PHASE_NULLS };

/* A walk under way. `order` and `pk` are the columns that give the order. */
struct walk {
  struct db *db;
  const struct page_request *request;
  struct plan plan;
  enum phase phase;
  bool after;
  int64_t after_pk;
  const struct operand
      *operand;  /* a value that plan.by names, for LEAD_EQUAL on a table of items or with many values; or NULL */
  int64_t until; /* for LEAD_DAYS: not past this pk; otherwise 0 */
  char order[160];
  const char *pk;
};

/* -- the statement ------------------------------------------------------------------------------------------------- */

static bool on_items(const struct walk *walk) {
  return walk->plan.lead == LEAD_EQUAL && walk->plan.by->filter->table != NULL;
}

static void name_order(struct walk *walk) {
  const struct sort *sort = walk->request->sort;
  bool gathered = walk->plan.lead == LEAD_GATHER; /* then the order is made afterwards, not walked */
  walk->pk = on_items(walk) ? "d.owner" : gathered ? "+t.pk" : "t.pk";
  if (sort != NULL) {
    snprintf(walk->order, sizeof walk->order, "%s\"%s%s\"",
             on_items(walk) ? "d."
             : gathered     ? "+t."
                            : "t.",
             on_items(walk) ? "owner_" : "", sort->column);
  }
}

/* An item may be there twice, as an organization may be a party twice; the first stands for the record. It is looked
 * for beside where the walk is, in the same index. */
static void add_items(const struct walk *walk, struct sql *sql) {
  const struct filter *filter = walk->plan.by->filter;
  text_addf(sql->text, "\"%s\" d CROSS JOIN \"%s\" t ON t.pk = d.owner WHERE ", filter->table,
            walk->request->selection->resource->table);
  sql_add_match(sql, walk->request->selection, walk->plan.by, "d", walk->operand);
  text_addf(sql->text, " AND NOT EXISTS (SELECT 1 FROM \"%s\" e WHERE e.\"%s\" = d.\"%s\"", filter->table,
            filter->column, filter->column);
  const struct sort *sort = walk->request->sort;
  if (sort != NULL) {
    text_addf(sql->text, " AND e.\"owner_%s\" IS d.\"owner_%s\"", sort->column, sort->column);
  }
  text_add(sql->text, " AND e.owner = d.owner AND e.position < d.position)");
}

/* A condition that the walk does not go by, but perhaps begins and ends with. */
static void add_other(const struct walk *walk, struct sql *sql, const struct condition *condition) {
  const struct selection *selection = walk->request->selection;
  const struct filter *filter = condition->filter;
  bool bounds = walk->plan.lead != LEAD_GATHER && plan_bounds_order(walk->request, condition);
  if (on_items(walk) && filter->table == NULL && filter->column != NULL &&
      shapes_copied(engine_shapes(walk->db), walk->plan.by->filter->table, filter->column)) {
    sql_add_on_copy(sql, selection, condition, bounds);
  } else {
    sql_add_condition(sql, selection, condition, bounds && !on_items(walk));
  }
}

static void add_conditions(const struct walk *walk, struct sql *sql) {
  const struct selection *selection = walk->request->selection;
  for (size_t i = 0; i < selection->count; i++) {
    const struct condition *condition = &selection->conditions[i];
    if (!plan_goes_by(&walk->plan, condition)) {
      add_other(walk, sql, condition);
    } else if (walk->plan.lead == LEAD_GATHER || walk->operand == NULL) {
      sql_add_condition(sql, selection, condition, true);
    } else if (!on_items(walk)) {
      text_add(sql->text, " AND ");
      sql_add_match(sql, selection, condition, "t", walk->operand);
    }
  }
}

static void add_place(const struct walk *walk, struct text *sql) {
  const char *than = walk->request->descending ? "<" : ">", *direction = walk->request->descending ? " DESC" : "";
  if (walk->phase == PHASE_NULLS) {
    text_addf(sql, " AND %s IS NULL", walk->order);
  } else if (walk->phase == PHASE_VALUES) {
    text_addf(sql, " AND %s IS NOT NULL", walk->order);
  } else if (walk->phase == PHASE_TIES) {
    text_addf(sql, " AND %s = $%d", walk->order, P_VALUE);
  }
  if (walk->after && walk->phase == PHASE_VALUES) {
    text_addf(sql, " AND %s %s $%d", walk->order, than, P_VALUE);
  } else if (walk->after) {
    text_addf(sql, " AND %s %s $%d", walk->pk, than, P_PK);
  }
  text_add(sql, " ORDER BY ");
  if (walk->phase == PHASE_VALUES) {
    text_addf(sql, "%s%s, ", walk->order, direction);
  }
  text_addf(sql, "%s%s LIMIT $%d", walk->pk, direction, P_LIMIT);
}

/* What is found of the days is put in order before anything else is read of it. */
static void compose_days(const struct walk *walk, struct sql *sql) {
  const struct resource *resource = walk->request->selection->resource;
  const struct filter *filter = walk->plan.days_by->filter;
  text_addf(
      sql->text,
      "SELECT o.pk, o.stamp, o.id, o.id FROM (SELECT t.pk FROM json_each($%d) d CROSS JOIN \"%s\" t WHERE t.\"%s\" = "
      "d.value AND t.pk <= $%d",
      P_DAYS, resource->table, filter->column, P_UNTIL);
  add_conditions(walk, sql);
  add_place(walk, sql->text);
  text_addf(sql->text, ") f CROSS JOIN \"%s\" o ON o.pk = f.pk ORDER BY o.pk", resource->table);
}

static void compose(const struct walk *walk, struct sql *sql) {
  const struct page_request *request = walk->request;
  if (walk->plan.lead == LEAD_DAYS) {
    compose_days(walk, sql);
    return;
  }
  text_addf(sql->text, "SELECT t.pk, t.stamp, t.id, t.\"%s\" FROM ",
            request->sort == NULL ? "id" : request->sort->column);
  if (on_items(walk)) {
    add_items(walk, sql);
  } else {
    const char *table = public_views_table(walk->db, request->selection->resource);
    const struct index *narrow = walk->plan.narrow;
    text_addf(sql->text, "\"%s\" t ", table);
    if (narrow != NULL) {
      text_addf(sql->text, "INDEXED BY \"%s\" ", narrow->name);
    }
    text_add(sql->text, "WHERE true");
  }
  sql_add_search(sql, request->selection, walk->plan.form);
  add_conditions(walk, sql);
  add_place(walk, sql->text);
}

/* -- walking ------------------------------------------------------------------------------------------------------- */

static json_t *column_value(struct query *query, int column, const struct sort *sort) {
  if (sort == NULL || query_null(query, column)) {
    return json_null();
  }
  return memory_checked(query_is_int(query, column) ? json_integer(query_int(query, column))
                                                    : json_string(query_text(query, column)));
}

static void drop_keys(const struct page_key *keys, long count) {
  for (long i = 0; i < count; i++) {
    json_decref(keys[i].value);
  }
}

static long walk_once(struct walk *walk, struct page_key *keys, size_t most) {
  const struct page_request *request = walk->request;
  struct sql sql = {.text = text_new(NULL)};
  name_order(walk);
  compose(walk, &sql);
  struct query *query = db_query(walk->db, sql.text->data);
  sql_bind(query, &sql);
  query_bind_int(query, P_LIMIT, (int64_t)most);
  query_bind_int(query, P_PK, walk->after_pk);
  if (walk->plan.lead == LEAD_DAYS) {
    query_bind_int(query, P_UNTIL, walk->until);
    query_bind_text(query, P_DAYS, walk->plan.days);
  }
  if (json_is_integer(request->after_value)) {
    query_bind_int(query, P_VALUE, json_integer_value(request->after_value));
  } else {
    query_bind_text(query, P_VALUE, json_string_value(request->after_value));
  }
  long count = 0;
  enum step step;
  while ((step = query_step(query)) == STEP_ROW) {
    struct page_key *key = &keys[count++];
    key->pk = query_int(query, 0);
    key->stamp = query_int(query, 1);
    snprintf(key->id, sizeof key->id, "%s", query_text(query, 2));
    key->value = column_value(query, 3, request->sort);
  }
  query_end(query);
  talloc_free(sql.text);
  if (step != STEP_DONE) {
    drop_keys(keys, count);
    return -1;
  }
  return count;
}

static int compare_values(const json_t *a, const json_t *b) {
  if (json_is_integer(a)) {
    return json_integer_value(a) < json_integer_value(b) ? -1 : json_integer_value(a) > json_integer_value(b);
  }
  return json_is_string(a) ? strcmp(json_string_value(a), json_string_value(b)) : 0;
}

static int compare_keys(const void *first, const void *second) {
  const struct page_key *a = first, *b = second;
  int order = compare_values(a->value, b->value);
  return order != 0 ? order : a->pk < b->pk ? -1 : a->pk > b->pk;
}

/* Puts keys in order, keeps the first `most` of them, each once, and lets the others go. */
static long first_of(struct page_key *keys, long count, size_t most, bool descending) {
  qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  for (long i = 0; descending && i < count / 2; i++) {
    struct page_key other = keys[i];
    keys[i] = keys[count - 1 - i];
    keys[count - 1 - i] = other;
  }
  long kept = 0;
  for (long i = 0; i < count; i++) {
    if ((size_t)kept < most && (kept == 0 || keys[kept - 1].pk != keys[i].pk)) {
      keys[kept++] = keys[i];
    } else {
      json_decref(keys[i].value);
    }
  }
  return kept;
}

static int64_t last_pk(const struct walk *walk) {
  char *sql = memory_print(NULL, "SELECT max(pk) FROM \"%s\"", walk->request->selection->resource->table);
  struct query *query = db_query(walk->db, sql);
  int64_t last = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  talloc_free(sql);
  return last;
}

/* From one stretch of records to the next. The first is short, for days that nearly all have; each further one is as
 * long as what the one before held makes one think that the rest of the page needs, and half as much more, since what
 * is too short costs another look at all days, and what is too long only some more rows. */
static long walk_days(struct walk *walk, struct page_key *keys, size_t most) {
  enum { STRETCH = 250, GROWS_MOST = 16 };
  struct walk part = *walk;
  int64_t last = last_pk(walk), stretch = STRETCH;
  part.after_pk = walk->after ? walk->after_pk : 0;
  part.after = true;
  long count = 0;
  while ((size_t)count < most && part.after_pk < last) {
    part.until = stretch < last - part.after_pk ? part.after_pk + stretch : last;
    long found = walk_once(&part, keys + count, most - (size_t)count);
    if (found < 0) {
      drop_keys(keys, count);
      return -1;
    }
    count += found;
    part.after_pk = part.until;
    double needed = found == 0 ? GROWS_MOST : 1.5 * (double)((long)most - count) / (double)found;
    stretch = 1 + (int64_t)((double)stretch * (needed < GROWS_MOST ? needed : GROWS_MOST));
  }
  return count;
}

/* One phase of the page, along one walk or several. */
static long walk_phase(struct walk *walk, struct page_key *keys, size_t most) {
  const struct condition *by = walk->plan.by;
  bool named = walk->plan.lead == LEAD_EQUAL && by->op == OPERATOR_IS;
  const struct operand *operands = named ? by->operands : walk->plan.below;
  size_t operand_count = named ? by->count : walk->plan.below_count;
  walk->operand = NULL;
  if (walk->plan.lead == LEAD_DAYS) {
    return walk_days(walk, keys, most);
  }
  if (operand_count == 0 || (named && operand_count == 1 && by->filter->table == NULL)) {
    return walk_once(walk, keys, most);
  }
  if (operand_count == 1) {
    walk->operand = operands;
    return walk_once(walk, keys, most);
  }
  struct page_key *all = memory_array(NULL, struct page_key, operand_count * most);
  long count = 0, found = 0;
  for (size_t i = 0; i < operand_count && found >= 0; i++) {
    walk->operand = &operands[i];
    found = walk_once(walk, all + count, most);
    count += found < 0 ? 0 : found;
  }
  if (found < 0) {
    drop_keys(all, count);
    count = -1;
  } else {
    count = first_of(all, count, most, walk->request->descending);
    memcpy(keys, all, (size_t)count * sizeof *keys);
  }
  talloc_free(all);
  return count;
}

/* -- the page ------------------------------------------------------------------------------------------------------ */

/* The pk of the record that the place names or, when it is gone, of the nearest on the side from which the walk comes.
 */
static int64_t place_pk(struct db *db, const struct page_request *request) {
  char *sql = memory_print(NULL, "SELECT pk FROM \"%s\" WHERE id %s $1 ORDER BY id %s LIMIT 1",
                           request->selection->resource->table,
                           request->descending ? ">=" : "<=", request->descending ? "" : "DESC");
  struct query *query = db_query(db, sql);
  query_bind_text(query, 1, request->after_id);
  int64_t pk = query_step(query) == STEP_ROW ? query_int(query, 0) : request->descending ? INT64_MAX : 0;
  query_end(query);
  talloc_free(sql);
  return pk;
}

/* Whether records with, or without, a value in the sort column can fit at all: a walk through them would be in vain. */
static bool can_fit(const struct page_request *request, bool with_value) {
  for (size_t i = 0; i < request->selection->count; i++) {
    const struct condition *condition = &request->selection->conditions[i];
    if (plan_bounds_order(request, condition) && condition->op != OPERATOR_NE) {
      bool null = condition->op == OPERATOR_ISNULL && condition->operands[0].number != 0;
      if (null == with_value) {
        return false;
      }
    }
  }
  return true;
}

/* -- what was searched for ----------------------------------------------------------------------------------------- */

/* Without a sort key, what is searched for comes in the order of its rank, and then what is not ranked in the order of
 * its making. */

static bool is_ranked(const struct ranking *ranking, int64_t pk) {
  long i = 0;
  while (i < ranking->count && ranking->hits[i].pk != pk) {
    i++;
  }
  return i < ranking->count;
}

/* The first hit of the page: behind the place; their number when that is behind all of them. */
static long first_hit(const struct walk *walk, const struct ranking *ranking) {
  double last;
  long i = 0;
  if (!walk->after) {
    return 0;
  }
  if (!ranking_score(walk->request->after_value, &last)) {
    return ranking->count;
  }
  while (i < ranking->count &&
         (ranking->hits[i].score > last || (ranking->hits[i].score == last && ranking->hits[i].pk <= walk->after_pk))) {
    i++;
  }
  return i;
}

/* Reads the record of a hit, which has what is searched for, when it fits all conditions. 1, 0 when it does not, -1
 * when the database failed. */
static int read_hit(struct walk *walk, const struct ranking *ranking, const struct search_hit *hit,
                    struct page_key *key) {
  struct sql sql = {.text = text_new(NULL)};
  const char *table = walk->request->selection->resource->table;
  text_addf(sql.text, "SELECT t.pk, t.stamp, t.id FROM \"%s\" t WHERE t.pk = $%d", table, P_PK);
  add_conditions(walk, &sql);
  struct query *query = db_query(walk->db, sql.text->data);
  sql_bind(query, &sql);
  query_bind_int(query, P_PK, hit->pk);
  enum step step = query_step(query);
  if (step == STEP_ROW) {
    key->pk = hit->pk;
    key->stamp = query_int(query, 1);
    snprintf(key->id, sizeof key->id, "%s", query_text(query, 2));
    key->value = ranking_value(ranking, hit);
  }
  query_end(query);
  talloc_free(sql.text);
  return step == STEP_ROW ? 1 : step == STEP_DONE ? 0 : -1;
}

static long walk_ranked(struct walk *walk, const struct ranking *ranking, struct page_key *keys) {
  size_t count = 0;
  for (long i = first_hit(walk, ranking); i < ranking->count && count < walk->request->limit; i++) {
    int read = read_hit(walk, ranking, &ranking->hits[i], &keys[count]);
    if (read < 0) {
      drop_keys(keys, (long)count);
      return -1;
    }
    count += (size_t)read;
  }
  return (long)count;
}

/* The rest of the page, in the order of the records' making. */
static long walk_unranked(struct walk *walk, const struct ranking *ranking, struct page_key *keys, size_t most) {
  size_t count = 0;
  for (;;) {
    long found = walk_phase(walk, keys + count, most - count);
    if (found < 0) {
      drop_keys(keys, (long)count);
      return -1;
    }
    bool all = (size_t)found < most - count;
    for (size_t end = count + (size_t)found, i = count; i < end; i++) {
      walk->after_pk = keys[i].pk;
      json_decref(keys[i].value);
      if (!is_ranked(ranking, keys[i].pk)) {
        keys[count] = keys[i];
        keys[count++].value = ranking_value(ranking, NULL);
      }
    }
    if (all || count == most) {
      return (long)count;
    }
    walk->after = true;
  }
}

static long walk_search(struct walk *walk, struct page_key *keys) {
  const struct page_request *request = walk->request;
  bool narrowed = request->selection->count > 0; /* or else the hits may be enough, which need no plan */
  double score;
  if (narrowed) {
    walk->plan = plan_page(walk->db, request);
  }
  struct ranking *ranking = walk->plan.lead == LEAD_NOTHING ? NULL : ranking_new(walk->db, request);
  if (ranking == NULL) {
    return walk->plan.lead == LEAD_NOTHING ? 0 : -1;
  }
  struct walk hits = *walk;
  hits.plan = (struct plan){.lead = LEAD_ORDER};
  long count = walk_ranked(&hits, ranking, keys);
  if (count >= 0 && (size_t)count < request->limit && !ranking->whole) {
    walk->plan = narrowed ? walk->plan : plan_page(walk->db, request);
    walk->after = request->after && !ranking_score(request->after_value, &score);
    long rest = walk_unranked(walk, ranking, keys + count, request->limit - (size_t)count);
    if (rest < 0) {
      drop_keys(keys, count);
    }
    count = rest < 0 ? -1 : count + rest;
  }
  talloc_free(ranking);
  return count;
}

long resource_page(struct db *db, const struct page_request *request, struct page_key *keys) {
  struct walk walk = {.db = db, .request = request, .after = request->after};
  walk.after_pk = request->after ? place_pk(db, request) : 0;
  if (request->sort == NULL && request->selection->search != NULL) {
    return walk_search(&walk, keys);
  }
  walk.plan = plan_page(db, request);
  if (walk.plan.lead == LEAD_NOTHING) {
    return 0;
  }
  if (request->sort == NULL) {
    return walk_phase(&walk, keys, request->limit);
  }
  bool among_nulls = request->after && json_is_null(request->after_value);
  static const enum phase phases[] = {PHASE_TIES, PHASE_VALUES, PHASE_NULLS};
  long count = 0, found = 0;
  for (size_t i = 0; i < sizeof phases / sizeof phases[0] && (size_t)count < request->limit; i++) {
    walk.phase = phases[i];
    walk.after = walk.phase == PHASE_NULLS ? among_nulls : request->after;
    bool passed = walk.phase != PHASE_NULLS && among_nulls, tied = walk.phase != PHASE_TIES || request->after;
    if (passed || !tied || !can_fit(request, walk.phase != PHASE_NULLS)) {
      continue;
    }
    found = walk_phase(&walk, keys + count, request->limit - (size_t)count);
    if (found < 0) {
      drop_keys(keys, count);
      return -1;
    }
    count += found;
  }
  return count;
}

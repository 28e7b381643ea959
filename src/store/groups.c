/* Of everything, a column is grouped along its index, and those that have no item are counted by themselves. Of a
 * selection, its records are found first and then what they have, so that few cost little. */
#include "store/groups.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/public_views.h"

#include <string.h>

enum { P_MOST = 1 };

static const struct resource *referred(const struct contract *contract, const struct grouping *grouping) {
  const char *reference = grouping->filter->schema->reference;
  return reference == NULL ? NULL : contract_resource(contract, reference);
}

static void add_value(struct sql *sql, const struct grouping *grouping, const char *alias) {
  if (grouping->years) {
    text_addf(sql->text, "substr(%s.\"%s\", 1, 4)", alias, grouping->filter->column);
  } else {
    text_addf(sql->text, "%s.\"%s\"", alias, grouping->filter->column);
  }
}

/* (value, count) of the groups. */
static void add_groups(struct sql *sql, struct db *db, const struct grouping *grouping) {
  const struct selection *selection = grouping->selection;
  const struct filter *filter = grouping->filter;
  const char *table = public_views_table(db, selection->resource);
  text_add(sql->text, "SELECT ");
  if (filter->table == NULL) {
    add_value(sql, grouping, "t");
    text_addf(sql->text, " AS value, count(*) AS count FROM \"%s\" t WHERE true", table);
    sql_add_selection(sql, selection);
  } else if (!selection_is_all(selection)) {
    add_value(sql, grouping, "d");
    text_addf(sql->text, " AS value, count(DISTINCT t.pk) AS count FROM \"%s\" t LEFT JOIN \"%s\" d ON d.owner = t.pk",
              table, filter->table);
    sql_add_holding(sql, selection, filter, "d");
    text_add(sql->text, " WHERE true");
    sql_add_selection(sql, selection);
  } else {
    add_value(sql, grouping, "d");
    text_addf(sql->text, " AS value, count(DISTINCT d.owner) AS count FROM \"%s\" d WHERE true", filter->table);
    sql_add_holding(sql, selection, filter, "d");
  }
  text_add(sql->text, " GROUP BY value");
  if (filter->table != NULL && selection_is_all(selection)) {
    text_addf(sql->text,
              " UNION ALL SELECT NULL, n.count FROM (SELECT count(*) AS count FROM \"%s\" t WHERE NOT EXISTS"
              " (SELECT 1 FROM \"%s\" i WHERE i.owner = t.pk",
              table, filter->table);
    sql_add_holding(sql, selection, filter, "i");
    text_add(sql->text, ")) n WHERE n.count > 0");
  }
}

bool groups_read(struct db *db, const struct contract *contract, const struct grouping *grouping,
                 void (*tell)(void *argument, const struct group *group), void *argument) {
  struct sql sql = {.text = text_new(NULL)};
  const struct resource *other = referred(contract, grouping);
  text_add(sql.text, "WITH g AS MATERIALIZED (");
  add_groups(&sql, db, grouping);
  /* what has no item and what has one without a value are one group */
  text_add(sql.text, "), m AS (SELECT value, sum(count) AS count FROM g GROUP BY value) SELECT g.value, g.count");
  if (other != NULL) {
    text_addf(sql.text, ", o.id, o.slug, o.\"%s\", o.names FROM m g LEFT JOIN \"%s\" o ON o.pk = g.value", other->name,
              other->table);
  } else {
    text_add(sql.text, " FROM m g");
  }
  text_add(sql.text, grouping->years ? " ORDER BY g.value IS NULL, g.value" : " ORDER BY g.count DESC, g.value");
  text_addf(sql.text, " LIMIT $%d", P_MOST);
  struct query *query = db_query(db, sql.text->data);
  sql_bind(query, &sql);
  query_bind_int(query, P_MOST, (int64_t)grouping->most);
  enum step step;
  while ((step = query_step(query)) == STEP_ROW) {
    struct group group = {.value = query_text(query, 0), .count = query_int(query, 1)};
    if (other != NULL) {
      group.value = query_text(query, 2);
      group.slug = query_text(query, 3);
      group.name = query_text(query, 4);
      group.names = query_text(query, 5);
    }
    tell(argument, &group);
  }
  query_end(query);
  talloc_free(sql.text);
  return step == STEP_DONE;
}

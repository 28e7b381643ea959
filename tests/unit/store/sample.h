/* A database of one's own for a test: a folder, the program's contract, and a store; short words for what tests do with
 * records. Areas are used for most, because nothing about them is derived. */
#ifndef ENTENTE_TESTS_STORE_SAMPLE_H
#define ENTENTE_TESTS_STORE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/assets.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "contract/contract.h"
#include "domain/formats.h"
#include "store/engine.h"
#include "store/resource.h"
#include "store/store.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sample {
  char folder[64];
  char *path; /* of the database */
  struct contract *contract;
  const struct resource *areas, *organizations;
  struct store *store;
  struct db *reader;
};

static inline void sample_open(struct sample *sample, size_t group_limit, size_t queue_limit) {
  struct error error;
  struct store_options options = {
      .path = sample->path, .create = true, .group_limit = group_limit, .queue_limit = queue_limit};
  sample->store = store_open(&options, sample->contract, &error);
  if (sample->store == NULL) {
    fail_msg("%s", error.text);
  }
  sample->reader = store_reader(sample->store, &error);
  assert_non_null(sample->reader);
}

static inline void sample_close(struct sample *sample) {
  if (sample->store != NULL) {
    store_reader_close(sample->reader);
    store_close(sample->store);
    sample->store = NULL;
  }
}

/* A folder and a contract, without a store. */
static inline int sample_folder(void **state) {
  struct sample *sample = memory_new(NULL, struct sample);
  const char *temporary = getenv("TMPDIR");
  struct error error;
  snprintf(sample->folder, sizeof sample->folder, "%.40s/entente-XXXXXX", temporary == NULL ? "/tmp" : temporary);
  if (mkdtemp(sample->folder) == NULL) {
    return -1;
  }
  const struct asset *file = asset_find("openapi.yaml");
  sample->contract = contract_load(file->data, file->size, domain_formats, &error);
  sample->path = memory_print(sample, "%s/e.db", sample->folder);
  sample->areas = contract_resource(sample->contract, "areas");
  sample->organizations = contract_resource(sample->contract, "organizations");
  *state = sample;
  return 0;
}

static inline int sample_store(void **state) {
  int result = sample_folder(state);
  if (result == 0) {
    sample_open(*state, 0, 0);
  }
  return result;
}

static inline int sample_remove(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info;
  (void)kind;
  (void)place;
  return remove(path);
}

static inline int sample_free(void **state) {
  struct sample *sample = *state;
  sample_close(sample);
  contract_free(sample->contract);
  nftw(sample->folder, sample_remove, 8, FTW_DEPTH | FTW_PHYS);
  talloc_free(sample);
  return 0;
}

/* Inserts {name: slug} and the further members of `json`; its pk, or 0. The id is made from the slug, so that ids sort
 * as slugs do. */
static inline int64_t sample_insert(struct db *db, const struct resource *resource, const char *slug,
                                    const char *json) {
  char id[TYPEID_SIZE];
  snprintf(id, sizeof id, "%s_%s", resource->prefix, slug);
  struct record record = {id, slug, 1, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"};
  json_t *given = json_loads(json, 0, NULL);
  json_object_set_new(given, "name", json_string(slug));
  json_t *row = schema_normal(resource->schema, given);
  json_object_del(row, "slug");
  int64_t pk = resource_insert(db, resource, &record, row);
  json_decref(row);
  json_decref(given);
  return pk;
}

/* What a write of an area does. */
struct sample_area {
  struct sample *sample;
  const char *slug;
};

static inline bool sample_write_area(void *argument, struct db *db) {
  struct sample_area *area = argument;
  return sample_insert(db, area->sample->areas, area->slug, "{}") != 0;
}

static inline void sample_add(struct sample *sample, const char *slug) {
  struct sample_area area = {sample, slug};
  assert_int_equal(store_write(sample->store, sample_write_area, &area), WRITE_SAVED);
}

static inline bool sample_has(struct sample *sample, const char *slug) {
  struct found found;
  assert_true(db_begin_read(sample->reader));
  bool has = resource_find(sample->reader, sample->areas, slug, &found);
  assert_int_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
  return has;
}

/* Runs statements on the file, which no store may have open. */
static inline void sample_execute(const char *path, const char *sql) {
  struct error error;
  struct db *db = engine_open(path, true, &error);
  assert_non_null(db);
  assert_true(engine_execute(db, sql));
  engine_close(db);
}

/* Makes the file as the program with that version of the schema would have left it. */
static inline void sample_version(const char *path, int version) {
  const struct asset *migration;
  char mark[80];
  snprintf(mark, sizeof mark, "PRAGMA user_version = %d; PRAGMA application_id = %d", version, APPLICATION_ID);
  sample_execute(path, mark);
  for (size_t i = 0; (migration = asset_below("sql/sqlite/migrations/", i)) != NULL; i++) {
    if (atoi(strrchr(migration->path, '/') + 1) <= version) {
      sample_execute(path, migration->data);
    }
  }
}

#endif

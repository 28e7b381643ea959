/* The writer: groups that share a commit, savepoints that keep writes apart, a queue with an end. A first write that
 * waits at a gate lets the others queue up behind it. */
#include "sample.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { MOST = 40 };

/* A write that notes everything that happens to it. */
struct job {
  struct write write;
  struct sample *sample;
  char slug[24];
  bool drop, fail;
  sem_t *gate, *reached;
  int64_t stamp;
  uint64_t commits_before;
  bool grown;
  enum write_outcome outcome;
  sem_t over;
};

static bool run_job(struct write *write, struct db *db) {
  struct job *job = (struct job *)write;
  if (job->gate != NULL) {
    sem_post(job->reached);
    sem_wait(job->gate);
  }
  job->stamp = db_stamp(db);
  job->commits_before = store_commits(job->sample->store);
  bool inserted = sample_insert(db, job->sample->areas, job->slug, "{}") != 0;
  if (job->fail) {
    sample_insert(db, job->sample->areas, job->slug, "{}"); /* the slug is taken now */
  }
  return inserted && !job->drop;
}

static void job_done(struct write *write, enum write_outcome outcome) {
  struct job *job = (struct job *)write;
  job->grown = store_commits(job->sample->store) > job->commits_before;
  job->outcome = outcome;
  sem_post(&job->over);
}

static void make_job(struct job *job, struct sample *sample, const char *slug) {
  *job = (struct job){.write = {.run = run_job, .done = job_done}, .sample = sample};
  snprintf(job->slug, sizeof job->slug, "%s", slug);
  sem_init(&job->over, 0, 0);
}

/* The jobs, the first of which holds the writer until open_gate. */
struct crowd {
  struct job jobs[MOST];
  sem_t gate, reached;
};

static struct crowd *gather(struct sample *sample) {
  struct crowd *crowd = memory_new(sample, struct crowd);
  sem_init(&crowd->gate, 0, 0);
  sem_init(&crowd->reached, 0, 0);
  for (int i = 0; i < MOST; i++) {
    char slug[24];
    snprintf(slug, sizeof slug, "a%02d", i);
    make_job(&crowd->jobs[i], sample, slug);
  }
  crowd->jobs[0].gate = &crowd->gate;
  crowd->jobs[0].reached = &crowd->reached;
  assert_true(store_submit(sample->store, &crowd->jobs[0].write));
  sem_wait(&crowd->reached);
  return crowd;
}

static void open_gate(struct crowd *crowd) {
  sem_post(&crowd->gate);
}

static void wait_for(struct crowd *crowd, int count) {
  for (int i = 0; i < count; i++) {
    sem_wait(&crowd->jobs[i].over);
  }
}

static void writes_that_queue_up_share_one_commit(void **state) {
  struct sample *sample = *state;
  struct store_counts counts;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  store_counts(sample->store, &counts);
  assert_int_equal(counts.queue_depth, MOST - 1);
  open_gate(crowd);
  wait_for(crowd, MOST);
  store_counts(sample->store, &counts);
  assert_int_equal(counts.groups, 2);
  assert_int_equal(counts.writes, MOST);
  assert_int_equal(counts.largest_group, MOST - 1);
  assert_int_equal(counts.queue_depth, 0);
  assert_int_equal(store_commits(sample->store), 2);
}

static void a_group_has_at_most_so_many_writes(void **state) {
  struct sample *sample = *state;
  struct store_counts counts;
  sample_close(sample);
  sample_open(sample, 10, 0);
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  store_counts(sample->store, &counts);
  assert_int_equal(counts.largest_group, 10);
  assert_int_equal(counts.groups, 1 + 4);
}

/* Of the writes that wait behind the first some are to be dropped, and some fail. */
static void assert_each_ends_as_it_should(struct sample *sample, bool alone) {
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    crowd->jobs[i].write.alone = alone;
    crowd->jobs[i].drop = i % 4 == 1;
    crowd->jobs[i].fail = i % 4 == 2;
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  for (int i = 0; i < MOST; i++) {
    struct job *job = &crowd->jobs[i];
    assert_int_equal(job->outcome, job->drop ? WRITE_DROPPED : job->fail ? WRITE_FAILED : WRITE_SAVED);
    assert_int_equal(sample_has(sample, job->slug), job->outcome == WRITE_SAVED);
  }
}

static void a_write_that_fails_in_a_group_is_undone_alone(void **state) {
  assert_each_ends_as_it_should(*state, false);
}

static void a_write_that_may_take_long_has_a_commit_of_its_own(void **state) {
  struct sample *sample = *state;
  struct store_counts counts;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    crowd->jobs[i].write.alone = i == 10 || i == 11 || i == MOST - 1;
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  store_counts(sample->store, &counts);
  assert_int_equal(counts.writes, MOST);
  assert_int_equal(counts.groups, 1 + 5); /* the first; those before, each of the two, those after, the last */
  for (int i = 1; i < MOST; i++) {
    assert_int_equal(crowd->jobs[i].commits_before, i < 10 ? 1 : i < 12 ? i - 8 : i < MOST - 1 ? 4 : 5);
  }
}

static void a_write_that_has_its_own_commit_is_undone_when_it_fails(void **state) {
  assert_each_ends_as_it_should(*state, true);
}

static void a_group_of_which_nothing_is_kept_commits_nothing(void **state) {
  struct sample *sample = *state;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    crowd->jobs[i].drop = true;
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  assert_int_equal(store_commits(sample->store), 1);
  assert_false(sample_has(sample, crowd->jobs[1].slug));
}

static void a_write_is_told_after_its_commit(void **state) {
  struct sample *sample = *state;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  for (int i = 0; i < MOST; i++) {
    assert_true(crowd->jobs[i].grown);
  }
}

static void each_kept_write_has_the_next_stamp_and_none_comes_twice(void **state) {
  struct sample *sample = *state;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    crowd->jobs[i].drop = i % 3 == 0;
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, MOST);
  int64_t last = 0;
  for (int i = 0; i < MOST; i++) {
    if (crowd->jobs[i].outcome == WRITE_SAVED) {
      assert_true(last == 0 || crowd->jobs[i].stamp == last + 1);
      last = crowd->jobs[i].stamp;
    }
  }
  sample_close(sample);
  sample_open(sample, 0, 0);
  struct job later;
  make_job(&later, sample, "later");
  assert_true(store_submit(sample->store, &later.write));
  sem_wait(&later.over);
  assert_true(later.stamp > last); /* a store that opens goes on from the clock */
}

static void a_full_queue_takes_nothing_until_there_is_room(void **state) {
  struct sample *sample = *state;
  sample_close(sample);
  sample_open(sample, 0, 2);
  struct crowd *crowd = gather(sample);
  assert_true(store_submit(sample->store, &crowd->jobs[1].write));
  assert_true(store_submit(sample->store, &crowd->jobs[2].write));
  assert_false(store_submit(sample->store, &crowd->jobs[3].write));
  open_gate(crowd);
  wait_for(crowd, 3);
  assert_false(sample_has(sample, crowd->jobs[3].slug));
  assert_true(store_submit(sample->store, &crowd->jobs[3].write));
  sem_wait(&crowd->jobs[3].over);
  assert_int_equal(crowd->jobs[3].outcome, WRITE_SAVED);
}

static void *write_some(void *argument) {
  struct sample_area *area = argument;
  char slug[32];
  for (int i = 0; i < 50; i++) {
    snprintf(slug, sizeof slug, "%s-%d", area->slug, i);
    struct sample_area one = {area->sample, slug};
    if (store_write(area->sample->store, sample_write_area, &one) != WRITE_SAVED) {
      return "a write was not saved";
    }
  }
  return NULL;
}

static void many_threads_write_and_wait_at_once(void **state) {
  enum { THREADS = 8 };
  static const char *const names[THREADS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  pthread_t threads[THREADS];
  struct sample_area areas[THREADS];
  for (int i = 0; i < THREADS; i++) {
    areas[i] = (struct sample_area){*state, names[i]};
    assert_int_equal(pthread_create(&threads[i], NULL, write_some, &areas[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *fault = NULL;
    pthread_join(threads[i], &fault);
    assert_null(fault);
  }
  for (int i = 0; i < THREADS; i++) {
    char slug[32];
    snprintf(slug, sizeof slug, "%s-49", names[i]);
    assert_true(sample_has(*state, slug));
  }
}

static void *write_and_wait(void *argument) {
  struct sample_area *area = argument;
  return store_write(area->sample->store, sample_write_area, area) == WRITE_SAVED ? NULL : "the write was not saved";
}

static void whoever_waits_for_a_write_has_a_commit_of_its_own(void **state) {
  struct sample *sample = *state;
  struct store_counts counts = {0};
  struct sample_area area = {sample, "waiting"};
  struct crowd *crowd = gather(sample);
  pthread_t thread;
  assert_true(store_submit(sample->store, &crowd->jobs[1].write));
  assert_int_equal(pthread_create(&thread, NULL, write_and_wait, &area), 0);
  while (counts.queue_depth < 2) {
    sched_yield();
    store_counts(sample->store, &counts);
  }
  assert_true(store_submit(sample->store, &crowd->jobs[2].write));
  open_gate(crowd);
  wait_for(crowd, 3);
  void *fault = NULL;
  pthread_join(thread, &fault);
  assert_null(fault);
  store_counts(sample->store, &counts);
  assert_int_equal(counts.writes, 4);
  assert_int_equal(counts.groups, 4);
}

static void closing_finishes_what_is_queued(void **state) {
  struct sample *sample = *state;
  struct crowd *crowd = gather(sample);
  for (int i = 1; i < MOST; i++) {
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  sample_close(sample);
  for (int i = 0; i < MOST; i++) {
    assert_int_equal(sem_trywait(&crowd->jobs[i].over), 0);
    assert_int_equal(crowd->jobs[i].outcome, WRITE_SAVED);
  }
  sample_open(sample, 0, 0);
  assert_true(sample_has(sample, crowd->jobs[MOST - 1].slug));
}

static void count_call(void *argument) {
  atomic_fetch_add((_Atomic int *)argument, 1);
}

static void whoever_wants_to_know_is_told_of_each_commit_once_it_is_counted(void **state) {
  struct sample *sample = *state;
  _Atomic int told = 0;
  struct crowd *crowd = gather(sample);
  store_on_commit(sample->store, count_call, &told);
  for (int i = 1; i < 3; i++) {
    assert_true(store_submit(sample->store, &crowd->jobs[i].write));
  }
  open_gate(crowd);
  wait_for(crowd, 3);
  assert_int_equal(told, store_commits(sample->store)); /* the two that waited shared one */
  crowd->jobs[3].drop = true;
  assert_true(store_submit(sample->store, &crowd->jobs[3].write));
  sem_wait(&crowd->jobs[3].over);
  assert_int_equal(told, store_commits(sample->store));
  store_forget_commit(sample->store, &told);
  assert_true(store_submit(sample->store, &crowd->jobs[4].write));
  sem_wait(&crowd->jobs[4].over);
  assert_int_equal(told, store_commits(sample->store) - 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(writes_that_queue_up_share_one_commit),
      TEST(a_group_has_at_most_so_many_writes),
      TEST(a_write_that_fails_in_a_group_is_undone_alone),
      TEST(a_write_that_may_take_long_has_a_commit_of_its_own),
      TEST(a_write_that_has_its_own_commit_is_undone_when_it_fails),
      TEST(a_group_of_which_nothing_is_kept_commits_nothing),
      TEST(a_write_is_told_after_its_commit),
      TEST(each_kept_write_has_the_next_stamp_and_none_comes_twice),
      TEST(a_full_queue_takes_nothing_until_there_is_room),
      TEST(many_threads_write_and_wait_at_once),
      TEST(whoever_wants_to_know_is_told_of_each_commit_once_it_is_counted),
      TEST(whoever_waits_for_a_write_has_a_commit_of_its_own),
      TEST(closing_finishes_what_is_queued),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

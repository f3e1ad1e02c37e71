/* Tasks together: joining and finishing. */
#include "loop/task.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/run.h"

/* ---- joining ---- */

START_TEST(an_empty_group_is_joined_at_once)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter w;

	waiter_start(&w, loop, NULL, joined(&group), 0);
	run_to_the_end(loop);
	waiter_check(&w, WAKE_READY, 0);
}
END_TEST

START_TEST(a_join_waits_for_the_last_of_many)
{
	enum { MANY = 50 };
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter joiner, member[MANY];

	waiter_start(&joiner, loop, NULL, joined(&group), SECONDS(1));
	for (int i = 0; i < MANY; i++)
		waiter_start(&member[i], loop, &group, elapsed(SECONDS(i * 7 % MANY)),
		    0);
	ck_assert_uint_eq(group.count, MANY);
	run_to_the_end(loop);
	waiter_check(&joiner, WAKE_READY, SECONDS(MANY - 1));
	ck_assert_uint_eq(group.count, 0);
	for (int i = 0; i < MANY; i++)
		ck_assert(member[i].finished);
}
END_TEST

START_TEST(only_one_joins_a_group_at_a_time)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter first, second, member;

	waiter_start(&first, loop, NULL, joined(&group), 0);
	waiter_start(&second, loop, NULL, joined(&group), 0);
	waiter_start(&member, loop, &group, elapsed(SECONDS(1)), 0);
	run_to_the_end(loop);
	waiter_check(&first, WAKE_READY, SECONDS(1));
	waiter_check(&second, WAKE_ERROR, 0);
	ck_assert_int_eq(second.err, EBUSY);
}
END_TEST

static void
cancel(void *t)
{
	task_cancel(t);
}

static void
wake(void *t)
{
	task_wake(t);
}

/* Joins for one second, gives up, and joins again. */
struct rejoiner {
	struct task task;
	struct task_group *group;
	enum wake first, second;
};

static enum step
rejoiner_run(struct task *t)
{
	struct rejoiner *r = container_of(t, struct rejoiner, task);

	TASK_BEGIN(t);
	YIELD(t, elapsed(SECONDS(2)));
	YIELD(t, within(joined(r->group), SECONDS(1)));
	r->first = t->woke;
	YIELD(t, joined(r->group));
	r->second = t->woke;
	YIELD(t, woken());
	TASK_END(t);
}

static const struct task_type rejoiner_task = { .name = "rejoiner",
	.run = rejoiner_run };

START_TEST(who_stops_joining_makes_room)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct rejoiner r = { .group = &group };
	struct waiter joiner, member;
	struct doer d[2];

	waiter_start(&joiner, loop, NULL, joined(&group), 0);
	waiter_start(&member, loop, &group, elapsed(SECONDS(5)), 0);
	doer_start(&d[1], loop, SECONDS(6), wake, &r.task); /* joins no longer */
	doer_start(&d[0], loop, SECONDS(1), cancel, &joiner.task);
	start(loop, &r.task, NULL, &rejoiner_task, 0);
	run_to_the_end(loop);
	waiter_check(&joiner, WAKE_CANCEL, SECONDS(1));
	ck_assert_int_eq(r.first, WAKE_TIMEOUT);
	ck_assert_int_eq(r.second, WAKE_READY);
}
END_TEST

static void
cancel_all(void *group)
{
	task_cancel_all(group);
}

START_TEST(a_group_is_cancelled_as_one)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter joiner, member[3], other;
	struct doer d;

	waiter_start(&joiner, loop, NULL, joined(&group), 0);
	waiter_start(&other, loop, NULL, elapsed(SECONDS(9)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(member); i++)
		waiter_start(&member[i], loop, &group, woken(), 0);
	doer_start(&d, loop, SECONDS(1), cancel_all, &group);
	run_to_the_end(loop);
	for (size_t i = 0; i < ARRAY_SIZE(member); i++)
		waiter_check(&member[i], WAKE_CANCEL, SECONDS(1));
	waiter_check(&joiner, WAKE_READY, SECONDS(1));
	waiter_check(&other, WAKE_TIMEOUT, SECONDS(9));
}
END_TEST

static void
count_task(const struct task *t, void *count)
{
	(void)t;
	++*(int *)count;
}

START_TEST(a_group_can_be_filled_again)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter w;

	for (int round = 0; round < 3; round++) {
		int count = 0;

		waiter_start(&w, loop, &group, elapsed(1), 0);
		loop_each_task(loop, count_task, &count);
		ck_assert_int_eq(count, 1);
		ck_assert_int_eq(loop_run(loop), 0);
	}
	loop_close(loop);
}
END_TEST

/* ---- finishing ---- */

/* When it finishes it starts the next one, then frees itself. */
struct link {
	struct task task;
	int left;
	uint32_t *count; /* of the group, as finished() saw it */
};

static enum step
link_run(struct task *t)
{
	TASK_BEGIN(t);
	YIELD(t, elapsed(SECONDS(1)));
	TASK_END(t);
}

static void link_start(struct loop *loop, struct task_group *group, int left,
    uint32_t *count);

static void
link_finished(struct task *t)
{
	struct link *l = container_of(t, struct link, task);

	*l->count = t->group->count;
	if (l->left > 1)
		link_start(t->loop, t->group, l->left - 1, l->count);
	free(l);
}

static const struct task_type link_task = { "link", link_run, link_finished };

static void
link_start(struct loop *loop, struct task_group *group, int left, uint32_t *count)
{
	struct link *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	l->left = left;
	l->count = count;
	start(loop, &l->task, group, &link_task, 0);
}

START_TEST(finished_comes_before_it_is_counted_out)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter joiner;
	uint32_t count = 0;

	link_start(loop, &group, 1, &count);
	waiter_start(&joiner, loop, NULL, joined(&group), 0);
	run_to_the_end(loop);
	ck_assert_uint_eq(count, 1);
	waiter_check(&joiner, WAKE_READY, SECONDS(1));
}
END_TEST

START_TEST(finished_may_start_the_next_one)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter joiner;
	uint32_t count;

	link_start(loop, &group, 5, &count);
	waiter_start(&joiner, loop, NULL, joined(&group), 0);
	run_to_the_end(loop);
	waiter_check(&joiner, WAKE_READY, SECONDS(5)); /* never empty in between */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("task_group");
	TCase *tc = tcase_create("task_group");
	int n = backends_count();

	tcase_add_loop_test(tc, an_empty_group_is_joined_at_once, 0, n);
	tcase_add_loop_test(tc, a_join_waits_for_the_last_of_many, 0, n);
	tcase_add_loop_test(tc, only_one_joins_a_group_at_a_time, 0, n);
	tcase_add_loop_test(tc, who_stops_joining_makes_room, 0, n);
	tcase_add_loop_test(tc, a_group_is_cancelled_as_one, 0, n);
	tcase_add_loop_test(tc, a_group_can_be_filled_again, 0, n);
	tcase_add_loop_test(tc, finished_comes_before_it_is_counted_out, 0, n);
	tcase_add_loop_test(tc, finished_may_start_the_next_one, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* The life of a task: sleeping, waking, cancelling, calling. */
#include "loop/task.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/util.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"

/* ---- sleeping ---- */

START_TEST(sleeps_end_in_order_of_time)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w[3];

	waiter_start(&w[0], loop, NULL, elapsed(SECONDS(3)), 0);
	waiter_start(&w[1], loop, NULL, elapsed(SECONDS(1)), 0);
	waiter_start(&w[2], loop, NULL, elapsed(SECONDS(2)), 0);
	run_to_the_end(loop);
	waiter_check(&w[0], WAKE_TIMEOUT, SECONDS(3));
	waiter_check(&w[1], WAKE_TIMEOUT, SECONDS(1));
	waiter_check(&w[2], WAKE_TIMEOUT, SECONDS(2));
}
END_TEST

/* Starts to sleep late in a turn: its time counts from then. */
struct late {
	struct task task;
	int64_t began_ns, ended_ns;
};

static enum step
late_run(struct task *t)
{
	struct late *l = container_of(t, struct late, task);

	TASK_BEGIN(t);
	fake_clock_advance(SECONDS(5));
	l->began_ns = fake_clock_peek();
	YIELD(t, elapsed(SECONDS(1)));
	l->ended_ns = fake_clock_peek();
	TASK_END(t);
}

static const struct task_type late_task = { .name = "late", .run = late_run };

START_TEST(a_sleep_never_ends_early)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct late l[2];

	fake_clock_tick(3);
	start(loop, &l[0].task, NULL, &late_task, 0);
	start(loop, &l[1].task, NULL, &late_task, 0);
	run_to_the_end(loop);
	ck_assert_int_ge(l[0].ended_ns - l[0].began_ns, SECONDS(1));
	ck_assert_int_ge(l[1].ended_ns - l[1].began_ns, SECONDS(1));
}
END_TEST

START_TEST(no_time_at_all_is_over_in_the_next_turn)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w[3];

	waiter_start(&w[0], loop, NULL, elapsed(0), 0);
	waiter_start(&w[1], loop, NULL, elapsed(-5), 0);
	waiter_start(&w[2], loop, NULL, within(woken(), -1), SECONDS(9));
	run_to_the_end(loop);
	for (size_t i = 0; i < ARRAY_SIZE(w); i++)
		waiter_check(&w[i], WAKE_TIMEOUT, 0);
}
END_TEST

/* ---- waking ---- */

static void
wake(void *t)
{
	task_wake(t);
}

START_TEST(a_wake_ends_a_sleep)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter sleeper, idler;
	struct doer d[2];

	waiter_start(&sleeper, loop, NULL, elapsed(SECONDS(9)), 0);
	waiter_start(&idler, loop, NULL, woken(), SECONDS(1)); /* not an idle wait */
	doer_start(&d[0], loop, SECONDS(2), wake, &sleeper.task);
	doer_start(&d[1], loop, SECONDS(3), wake, &idler.task);
	run_to_the_end(loop);
	waiter_check(&sleeper, WAKE_READY, SECONDS(2));
	waiter_check(&idler, WAKE_READY, SECONDS(3));
}
END_TEST

START_TEST(a_wake_ends_no_other_wait)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter reader, joiner, member;
	struct channel c;
	struct doer d[3];

	channel_open(&c, loop);
	waiter_start(&reader, loop, NULL, within(readable(c.fd), SECONDS(9)), 0);
	waiter_start(&joiner, loop, NULL, joined(&group), 0);
	waiter_start(&member, loop, &group, elapsed(SECONDS(8)), 0);
	doer_start(&d[0], loop, SECONDS(1), wake, &reader.task);
	doer_start(&d[1], loop, SECONDS(2), wake, &joiner.task);
	doer_start(&d[2], loop, SECONDS(3), wake, &d[2].task); /* it runs */
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&reader, WAKE_TIMEOUT, SECONDS(9));
	waiter_check(&joiner, WAKE_READY, SECONDS(8));
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

/* ---- cancelling ---- */

static void
cancel(void *t)
{
	task_cancel(t);
}

START_TEST(cancel_ends_each_kind_of_wait)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter w[6], member;
	struct channel c;
	struct doer d[6];

	channel_open(&c, loop);
	channel_fill(&c);
	waiter_start(&member, loop, &group, elapsed(SECONDS(9)), 0);
	waiter_start(&w[0], loop, NULL, readable(c.fd), 0);
	waiter_start(&w[1], loop, NULL, writable(c.fd), SECONDS(8));
	waiter_start(&w[2], loop, NULL, elapsed(SECONDS(7)), 0);
	waiter_start(&w[3], loop, NULL, woken(), 0);
	waiter_start(&w[4], loop, NULL, within(woken(), SECONDS(7)), 0);
	waiter_start(&w[5], loop, NULL, within(joined(&group), SECONDS(8)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(w); i++)
		doer_start(&d[i], loop, SECONDS(1), cancel, &w[i].task);
	ck_assert_int_eq(loop_run(loop), 0);
	for (size_t i = 0; i < ARRAY_SIZE(w); i++) {
		waiter_check(&w[i], WAKE_CANCEL, SECONDS(1));
		ck_assert_int_eq(w[i].err, ECANCELED);
	}
	waiter_check(&member, WAKE_TIMEOUT, SECONDS(9));
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

START_TEST(cancel_before_the_first_run)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;

	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	task_cancel(&w.task);
	ck_assert_int_eq(w.task.woke, WAKE_CANCEL);
	run_to_the_end(loop);
	waiter_check(&w, WAKE_CANCEL, 0);
	ck_assert(w.finished);
}
END_TEST

START_TEST(cancel_wins_over_what_has_just_woken_it)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;
	struct doer d;

	doer_start(&d, loop, SECONDS(1), cancel, &w.task); /* runs first */
	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	run_to_the_end(loop);
	waiter_check(&w, WAKE_CANCEL, SECONDS(1));
}
END_TEST

START_TEST(cancel_of_the_finished_does_nothing)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;
	struct doer d;

	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	doer_start(&d, loop, SECONDS(1), cancel, &w.task); /* done, not yet reaped */
	run_to_the_end(loop);
	waiter_check(&w, WAKE_TIMEOUT, SECONDS(1));
	ck_assert_int_eq(w.task.woke, WAKE_TIMEOUT);
}
END_TEST

/* Cancels itself, then tries to wait this often. */
struct stubborn {
	struct task task;
	int tries, cancelled;
};

static enum step
stubborn_run(struct task *t)
{
	struct stubborn *s = container_of(t, struct stubborn, task);

	TASK_BEGIN(t);
	YIELD(t, elapsed(1));
	task_cancel(t);
	while (s->tries-- > 0) {
		YIELD(t, elapsed(SECONDS(1)));
		s->cancelled += t->woke == WAKE_CANCEL;
	}
	TASK_END(t);
}

static const struct task_type stubborn_task = { .name = "stubborn",
	.run = stubborn_run };

START_TEST(cancel_sticks)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct stubborn s = { .tries = 1000 };

	start(loop, &s.task, NULL, &stubborn_task, 0);
	run_to_the_end(loop);
	ck_assert_int_eq(s.cancelled, 1000);
	ck_assert_int_eq(fake_clock_peek() - FAKE_CLOCK_START, 1);
}
END_TEST

START_TEST(who_ignores_a_cancel_is_stopped)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct stubborn s = { .tries = 1001 };

	start(loop, &s.task, NULL, &stubborn_task, 0);
	run_to_the_end(loop);
}
END_TEST

/* ---- calling ---- */

/* Each level waits before and after it calls the next; `way` says who was where. */
struct nest {
	struct task task;
	int depth; /* calls wanted */
	char way[16];
};

static void
pass(struct nest *n, char c)
{
	strncat(n->way, &c, 1);
}

static enum step
level(struct task *t, struct nest *n, int at)
{
	TASK_BEGIN(t);
	pass(n, (char)('a' + at));
	YIELD(t, elapsed(1));
	if (at < n->depth)
		CALL(t, level(t, n, at + 1));
	YIELD(t, elapsed(1));
	pass(n, (char)('A' + at));
	if (at == n->depth)
		TASK_RETURN(t);
	CALL(t, level(t, n, n->depth)); /* once more: begins at its top */
	TASK_END(t);
}

static enum step
nest_run(struct task *t)
{
	return level(t, container_of(t, struct nest, task), 0);
}

static const struct task_type nest_task = { .name = "nest", .run = nest_run };

START_TEST(calls_resume_where_they_were)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct nest n[2] = { { .depth = 3 }, { .depth = 1 } };

	start(loop, &n[0].task, NULL, &nest_task, 0);
	start(loop, &n[1].task, NULL, &nest_task, 0);
	run_to_the_end(loop);
	ck_assert_str_eq(n[0].way, "abcdDCdDBdDAdD");
	ck_assert_str_eq(n[1].way, "abBAbB");
}
END_TEST

START_TEST(a_call_too_deep_is_stopped)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct nest n = { .depth = 4 };

	start(loop, &n.task, NULL, &nest_task, 0);
	run_to_the_end(loop);
}
END_TEST

START_TEST(a_line_that_does_not_exist_is_stopped)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;

	waiter_start(&w, loop, NULL, elapsed(1), 0);
	w.task.line[0] = 1;
	run_to_the_end(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("task");
	TCase *tc = tcase_create("task"), *lost = tcase_create("lost");
	int n = backends_count();

	tcase_add_loop_test(tc, sleeps_end_in_order_of_time, 0, n);
	tcase_add_loop_test(tc, a_sleep_never_ends_early, 0, n);
	tcase_add_loop_test(tc, no_time_at_all_is_over_in_the_next_turn, 0, n);
	tcase_add_loop_test(tc, a_wake_ends_a_sleep, 0, n);
	tcase_add_loop_test(tc, a_wake_ends_no_other_wait, 0, n);
	tcase_add_loop_test(tc, cancel_ends_each_kind_of_wait, 0, n);
	tcase_add_loop_test(tc, cancel_before_the_first_run, 0, n);
	tcase_add_loop_test(tc, cancel_wins_over_what_has_just_woken_it, 0, n);
	tcase_add_loop_test(tc, cancel_of_the_finished_does_nothing, 0, n);
	tcase_add_loop_test(tc, cancel_sticks, 0, n);
	tcase_add_loop_test(tc, calls_resume_where_they_were, 0, n);
	tcase_add_test_raise_signal(lost, who_ignores_a_cancel_is_stopped, SIGABRT);
	tcase_add_test_raise_signal(lost, a_call_too_deep_is_stopped, SIGABRT);
	tcase_add_test_raise_signal(lost, a_line_that_does_not_exist_is_stopped,
	    SIGABRT);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, lost);
	return run_suite(suite);
}

/* How long a task waits: limits of a wait, idle limits, and those of a group. */
#include "loop/task.h"

#include <errno.h>

#include "base/util.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"

START_TEST(a_wait_ends_at_its_own_limit_or_the_idle_limit)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter own, idle;
	struct channel c;

	channel_open(&c, loop);
	channel_fill(&c);
	waiter_start(&own, loop, NULL, within(readable(c.fd), SECONDS(2)), SECONDS(1));
	waiter_start(&idle, loop, NULL, writable(c.fd), SECONDS(1));
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&own, WAKE_TIMEOUT, SECONDS(2));
	waiter_check(&idle, WAKE_TIMEOUT, SECONDS(1));
	ck_assert_int_eq(idle.err, ETIME);
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

static void
make_readable_late(void *channel)
{
	channel_make_readable(channel);
	fake_clock_advance(SECONDS(5)); /* a long turn */
}

static void
wake(void *t)
{
	task_wake(t);
}

START_TEST(a_limit_may_be_beyond_all_time)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;
	struct doer d;

	waiter_start(&w, loop, NULL, within(woken(), INT64_MAX), 0);
	doer_start(&d, loop, SECONDS(1), wake, &w.task);
	run_to_the_end(loop);
	waiter_check(&w, WAKE_READY, SECONDS(1));
}
END_TEST

START_TEST(what_is_ready_and_too_late_is_ready)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct channel c;
	struct waiter w;
	struct doer d;

	channel_open(&c, loop);
	waiter_start(&w, loop, NULL, within(readable(c.fd), SECONDS(3)), 0);
	doer_start(&d, loop, SECONDS(1), make_readable_late, &c);
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&w, WAKE_READY, SECONDS(6));
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

/* Reads until its idle limit comes. */
struct reader {
	struct task task;
	struct channel c;
	int reads;
	int64_t ended_ns;
};

static enum step
reader_run(struct task *t)
{
	struct reader *r = container_of(t, struct reader, task);

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(r->c.fd));
		if (t->woke != WAKE_READY)
			break;
		r->reads++;
		channel_drain(&r->c);
	}
	r->ended_ns = fake_clock_peek() - FAKE_CLOCK_START;
	channel_close(&r->c, t->loop);
	TASK_END(t);
}

static const struct task_type reader_task = { .name = "reader", .run = reader_run };

static void
make_readable(void *channel)
{
	channel_make_readable(channel);
}

START_TEST(activity_renews_the_idle_limit)
{
	static const int64_t at[] = { SECONDS(9), SECONDS(10), SECONDS(19) };
	struct loop *loop = backends_open_loop(_i, 0);
	struct reader r = { 0 };
	struct doer d[ARRAY_SIZE(at)];

	channel_open(&r.c, loop);
	start(loop, &r.task, NULL, &reader_task, SECONDS(10));
	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		doer_start(&d[i], loop, at[i], make_readable, &r.c);
	run_to_the_end(loop);
	ck_assert_int_eq(r.reads, 3);
	ck_assert_int_eq(r.ended_ns, SECONDS(29)); /* just so long after the last */
}
END_TEST

static void
cancel(void *t)
{
	task_cancel(t);
}

/* At 3 s the idle limit of the group, which was 10 s, becomes another. */
static struct task_group idlers;
static int64_t new_idle_ns;

static void
set_idle(void *arg)
{
	(void)arg;
	task_group_idle(&idlers, new_idle_ns);
}

static const struct {
	int64_t idle_ns, idle_ends_ns;
	enum wake woke;
} new_limits[] = {
	{ MILLISECONDS(100), MILLISECONDS(3100), WAKE_TIMEOUT }, /* sooner */
	{ SECONDS(20), SECONDS(23), WAKE_TIMEOUT },		 /* later */
	{ 0, SECONDS(50), WAKE_CANCEL },			 /* none */
};

START_TEST(the_idle_limit_of_a_group_can_change)
{
	int which = _i % (int)ARRAY_SIZE(new_limits);
	struct loop *loop = backends_open_loop(_i / (int)ARRAY_SIZE(new_limits), 0);
	struct waiter idle, own, asleep, next; /* `own` waits to write, idle, first */
	struct channel c;
	struct doer d[3];

	idlers = (struct task_group){ 0 };
	new_idle_ns = new_limits[which].idle_ns;
	channel_open(&c, loop);
	channel_fill(&c);
	waiter_start(&idle, loop, &idlers, readable(c.fd), SECONDS(10));
	waiter_start_twice(&own, loop, &idlers, writable(c.fd),
	    within(writable(c.fd), SECONDS(9) - 1), 1);
	waiter_start(&asleep, loop, &idlers, elapsed(SECONDS(8)), 1);
	waiter_start(&next, loop, &idlers, woken(), 1);
	doer_start(&d[0], loop, SECONDS(3), set_idle, NULL);
	doer_start(&d[1], loop, SECONDS(50), cancel, &idle.task);
	doer_start(&d[2], loop, SECONDS(50), cancel, &next.task);
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&idle, new_limits[which].woke, new_limits[which].idle_ends_ns);
	waiter_check(&own, WAKE_TIMEOUT, SECONDS(9));
	waiter_check(&asleep, WAKE_TIMEOUT, SECONDS(8));
	waiter_check(&next, WAKE_CANCEL, SECONDS(50));
	ck_assert_int_eq(next.task.idle_ns, new_idle_ns > 0 ? new_idle_ns : LIMIT_NONE);
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

static void
expire(void *t)
{
	task_expire(t);
}

static void
wake_and_expire(void *t)
{
	task_wake(t);
	task_expire(t);
}

START_TEST(a_time_can_be_declared_up)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter parked, woke, untouched;
	struct channel c;
	struct doer d[2];

	channel_open(&c, loop);
	waiter_start(&parked, loop, NULL, readable(c.fd), 0);
	waiter_start(&woke, loop, NULL, woken(), 0);
	waiter_start(&untouched, loop, NULL, elapsed(SECONDS(3)), 0);
	doer_start(&d[0], loop, SECONDS(1), expire, &parked.task);
	doer_start(&d[1], loop, SECONDS(2), wake_and_expire, &woke.task);
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&parked, WAKE_TIMEOUT, SECONDS(1));
	waiter_check(&woke, WAKE_TIMEOUT, SECONDS(2));
	waiter_check(&untouched, WAKE_TIMEOUT, SECONDS(3));
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

START_TEST(the_finished_has_no_time)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct channel c;
	struct waiter w;
	struct doer d;

	channel_open(&c, loop);
	channel_make_readable(&c);
	waiter_start(&w, loop, NULL, readable(c.fd), 0);
	doer_start(&d, loop, 0, expire, &w.task); /* done, not yet reaped */
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&w, WAKE_READY, 0);
	ck_assert_int_eq(w.task.woke, WAKE_READY);
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

static void
cancel_and_expire(void *t)
{
	task_cancel(t);
	task_expire(t);
}

START_TEST(a_cancelled_one_stays_cancelled)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;
	struct doer d;

	waiter_start(&w, loop, NULL, woken(), 0);
	doer_start(&d, loop, SECONDS(1), cancel_and_expire, &w.task);
	run_to_the_end(loop);
	waiter_check(&w, WAKE_CANCEL, SECONDS(1));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("task_limits");
	TCase *tc = tcase_create("task_limits");
	int n = backends_count();

	tcase_add_loop_test(tc, a_wait_ends_at_its_own_limit_or_the_idle_limit, 0, n);
	tcase_add_loop_test(tc, a_limit_may_be_beyond_all_time, 0, n);
	tcase_add_loop_test(tc, what_is_ready_and_too_late_is_ready, 0, n);
	tcase_add_loop_test(tc, activity_renews_the_idle_limit, 0, n);
	tcase_add_loop_test(tc, the_idle_limit_of_a_group_can_change, 0,
	    n * (int)ARRAY_SIZE(new_limits));
	tcase_add_loop_test(tc, a_time_can_be_declared_up, 0, n);
	tcase_add_loop_test(tc, the_finished_has_no_time, 0, n);
	tcase_add_loop_test(tc, a_cancelled_one_stays_cancelled, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

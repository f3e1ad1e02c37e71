/* Turns: what runs when, when there is nothing more to wait for, and the end. */
#include "loop/loop.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "loop/internal.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/script.h"

/* ---- its life ---- */

START_TEST(has_defaults)
{
	struct loop *loop;
	int64_t now_ns = clock_monotonic_ns();

	ck_assert_int_eq(loop_open(&loop, NULL), 0);
	ck_assert_str_eq(loop_backend(loop), poller_find("auto")->name);
	memset(loop_buffer(loop).data, 'x', 256 * 1024);
	ck_assert_uint_eq(loop_buffer(loop).size, 256 * 1024);
	ck_assert_int_ge(loop_now_ns(loop), now_ns);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_close(loop);
	loop_close(NULL);
}
END_TEST

START_TEST(takes_options)
{
	struct loop_options options = {
		.backend = backends_at(_i),
		.now_ns = fake_clock_ns,
		.buffer_size = 77,
	};
	struct loop *loop;

	fake_clock_reset();
	ck_assert_int_eq(loop_open(&loop, &options), 0);
	memset(loop_buffer(loop).data, 'x', 77);
	ck_assert_uint_eq(loop_buffer(loop).size, 77);
	ck_assert_str_eq(loop_backend(loop), backends_at(_i)->name);
	ck_assert_int_eq(loop_now_ns(loop), FAKE_CLOCK_START);
	loop_close(loop);
}
END_TEST

static int
broken_open(struct poller **ret)
{
	(void)ret;
	return -EMFILE;
}

START_TEST(a_backend_that_does_not_open)
{
	static const struct poller_ops broken = { .name = "broken",
		.open = broken_open };
	struct loop_options options = { .backend = &broken };
	struct loop *loop = NULL;

	ck_assert_int_eq(loop_open(&loop, &options), -EMFILE);
	ck_assert_ptr_null(loop);
}
END_TEST

START_TEST(idle_limits_count_from_the_first_turn)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct channel c;
	struct waiter w;

	channel_open(&c, loop);
	waiter_start(&w, loop, NULL, readable(c.fd), SECONDS(2));
	fake_clock_advance(SECONDS(5));
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&w, WAKE_TIMEOUT, SECONDS(7));
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

/* ---- stalled ---- */

static void
note(const struct task *t, void *arg)
{
	char where[64], *all = arg;

	ck_assert_int_eq(task_where(t, where, sizeof(where)), 0);
	strcat(strcat(all, where), "\n");
}

/* The lines in the source are of no interest: "outer:41<66" becomes "outer:<". */
static void
blot_lines(char *s)
{
	for (; *s != '\0'; s++)
		while ((*s == ':' || *s == '<') && isdigit((unsigned char)s[1]))
			memmove(s + 1, s + 2, strlen(s + 1));
}

START_TEST(stalled_when_nothing_can_come)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct waiter sleeper, forgotten, joiner;
	char all[512] = "";

	waiter_start(&sleeper, loop, NULL, elapsed(SECONDS(1)), 0);
	waiter_start(&joiner, loop, NULL, joined(&group), SECONDS(5));
	waiter_start(&forgotten, loop, &group, woken(), SECONDS(5));
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	waiter_check(&sleeper, WAKE_TIMEOUT, SECONDS(1));
	ck_assert(!joiner.ended && !forgotten.ended);

	loop_each_task(loop, note, all);
	blot_lines(all);
	ck_assert_str_eq(all,
	    "waiter: waiting to be woken\n"
	    "waiter: joining a group\n");

	ck_assert_int_eq(loop_run(loop), -EDEADLK); /* still */
	task_wake(&forgotten.task);
	run_to_the_end(loop);
	waiter_check(&forgotten, WAKE_READY, SECONDS(1));
	waiter_check(&joiner, WAKE_READY, SECONDS(1));
}
END_TEST

START_TEST(not_stalled_while_a_descriptor_or_a_timer_is_left)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter forgotten, timed, reader;
	struct channel c;

	channel_open(&c, loop);
	waiter_start(&forgotten, loop, NULL, woken(), 0);
	waiter_start(&timed, loop, NULL, within(woken(), SECONDS(2)), 0);
	waiter_start(&reader, loop, NULL, readable(c.fd), SECONDS(3));
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	waiter_check(&timed, WAKE_TIMEOUT, SECONDS(2));
	waiter_check(&reader, WAKE_TIMEOUT, SECONDS(3));
	task_cancel(&forgotten.task);
	ck_assert_int_eq(loop_run(loop), 0);
	channel_close(&c, loop);
	loop_close(loop);
}
END_TEST

/* Has a limit that does not come up, and then none. */
static enum step
trusting_run(struct task *t)
{
	TASK_BEGIN(t);
	YIELD(t, within(woken(), SECONDS(9)));
	YIELD(t, woken());
	TASK_END(t);
}

static const struct task_type trusting_task = { .name = "trusting",
	.run = trusting_run };

static void
wake(void *task)
{
	task_wake(task);
}

START_TEST(stalled_at_once_with_a_timer_left_that_is_disarmed)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct task trusting;
	struct doer waker;

	start(loop, &trusting, NULL, &trusting_task, 0);
	doer_start(&waker, loop, SECONDS(1), wake, &trusting);
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	ck_assert_int_eq(fake_clock_peek() - FAKE_CLOCK_START, SECONDS(1));
	task_wake(&trusting);
	run_to_the_end(loop);
}
END_TEST

/* ---- where tasks are ---- */

/* Waits in a routine that it calls. */
static enum step
inner(struct task *t)
{
	TASK_BEGIN(t);
	YIELD(t, elapsed(SECONDS(1) + MILLISECONDS(500)));
	TASK_END(t);
}

static enum step
outer_run(struct task *t)
{
	TASK_BEGIN(t);
	CALL(t, inner(t));
	TASK_END(t);
}

static const struct task_type outer_task = { .name = "outer", .run = outer_run };

/* All that a task can be, looked at after one second. */
static struct {
	struct waiter reader, writer, sleeper, done, next;
	struct task outer;
	struct doer doer;
	struct channel c;
	char text[1024];
} zoo;

static void
look_around(void *loop)
{
	waiter_start(&zoo.next, loop, NULL, elapsed(0), 0);
	loop_each_task(loop, note, zoo.text);
	blot_lines(zoo.text);
}

START_TEST(says_where_each_task_is)
{
	struct loop *loop = backends_open_loop(_i, 0);
	char expected[1024];

	zoo.text[0] = '\0';
	channel_open(&zoo.c, loop);
	channel_fill(&zoo.c);
	waiter_start(&zoo.reader, loop, NULL, readable(zoo.c.fd), SECONDS(3));
	waiter_start(&zoo.writer, loop, NULL, within(writable(zoo.c.fd), SECONDS(2)),
	    0);
	waiter_start(&zoo.sleeper, loop, NULL, elapsed(SECONDS(60)), 0);
	waiter_start(&zoo.done, loop, NULL, within(woken(), SECONDS(1)), 0);
	start(loop, &zoo.outer, NULL, &outer_task, 0);
	doer_start(&zoo.doer, loop, SECONDS(1), look_around, loop);
	ck_assert_int_eq(loop_run(loop), 0);
	snprintf(expected, sizeof(expected),
	    "waiter: ready\n" /* before its first run */
	    "doer: running\n"
	    "outer:< asleep, 0.5 s left\n"
	    "waiter: finished\n"
	    "waiter: asleep, 59.0 s left\n"
	    "waiter: writable fd %d, 1.0 s left\n"
	    "waiter: readable fd %d, 2.0 s left\n",
	    zoo.c.fd, zoo.c.fd);
	ck_assert_str_eq(zoo.text, expected);
	channel_close(&zoo.c, loop);
	loop_close(loop);
}
END_TEST

/* As many CALLs in one another as there may be. */
static enum step
deep(struct task *t, int at)
{
	TASK_BEGIN(t);
	if (at < TASK_DEPTH - 1)
		CALL(t, deep(t, at + 1));
	YIELD(t, elapsed(SECONDS(1)));
	TASK_END(t);
}

static enum step
deep_run(struct task *t)
{
	return deep(t, 0);
}

static const struct task_type deep_task = { .name = "deep", .run = deep_run };

static char where_now[64];

static void
look_where(void *t)
{
	note(t, where_now);
	blot_lines(where_now);
}

START_TEST(where_goes_down_to_the_deepest_call)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct doer looker;
	struct task t;

	start(loop, &t, NULL, &deep_task, 0);
	where_now[0] = '\0';
	doer_start(&looker, loop, MILLISECONDS(500), look_where, &t);
	run_to_the_end(loop);
	ck_assert_str_eq(where_now, "deep:<<< asleep, 0.5 s left\n");
}
END_TEST

START_TEST(where_is_cut_to_size)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct waiter w;
	char where[9] = "########";

	waiter_start(&w, loop, NULL, elapsed(1), 0);
	errno = ENOENT;
	ck_assert_int_eq(task_where(&w.task, where, 8), 0);
	ck_assert_str_eq(where, "waiter:");
	run_to_the_end(loop);
}
END_TEST

/* ---- turns ---- */

/* Always ready; counts its turns, and for how many the other was ahead. */
struct greedy {
	struct task task;
	struct channel c;
	const struct greedy *other;
	int turns, worst;
};

static enum step
greedy_run(struct task *t)
{
	struct greedy *g = container_of(t, struct greedy, task);

	TASK_BEGIN(t);
	while (g->turns < 100) {
		YIELD(t, readable(g->c.fd));
		g->turns++;
		if (g->turns - g->other->turns > g->worst)
			g->worst = g->turns - g->other->turns;
	}
	channel_close(&g->c, t->loop);
	TASK_END(t);
}

static const struct task_type greedy_task = { .name = "greedy", .run = greedy_run };

START_TEST(the_always_ready_take_turns)
{
	struct loop *loop = backends_open_loop(_i, 0);
	struct greedy g[2] = { { .other = &g[1] }, { .other = &g[0] } };

	for (int i = 0; i < 2; i++) {
		channel_open(&g[i].c, loop);
		channel_make_readable(&g[i].c);
		start(loop, &g[i].task, NULL, &greedy_task, 0);
	}
	run_to_the_end(loop);
	ck_assert_int_le(g[0].worst, 1);
	ck_assert_int_le(g[1].worst, 1);
}
END_TEST

/* Two that wake each other for ever: a turn must end all the same. */
struct player {
	struct task task, *other;
	int moves;
};

static enum step
player_run(struct task *t)
{
	struct player *p = container_of(t, struct player, task);

	TASK_BEGIN(t);
	while (p->moves-- > 0) {
		task_wake(p->other);
		YIELD(t, within(woken(), SECONDS(1)));
	}
	TASK_END(t);
}

static const struct task_type player_task = { .name = "player", .run = player_run };

START_TEST(what_becomes_ready_in_a_turn_runs_in_the_next)
{
	struct loop *loop = backends_open_loop(backends_scripted(), 0);
	struct player p[2] = { { .other = &p[1].task, .moves = 10 },
		{ .other = &p[0].task, .moves = 10 } };

	start(loop, &p[0].task, NULL, &player_task, 0);
	start(loop, &p[1].task, NULL, &player_task, 0);
	run_to_the_end(loop);
	ck_assert_int_ge(script_waits(), 10); /* a look for others in each turn */
	for (int i = 0; i < script_waits() - 1; i++)
		ck_assert_int_eq(script_timeout_ns(i), 0);
}
END_TEST

enum { CROWD = LOOP_EVENTS + 50 };

/* Each look at the clock takes tick_ns. */
static void
more_are_ready_than_fit_in_one_turn(int backend, int64_t tick_ns)
{
	struct loop *loop = backends_open_loop(backend, 0);
	static struct channel c[CROWD];
	static struct waiter w[CROWD];

	fake_clock_tick(tick_ns);
	for (int i = 0; i < CROWD; i++) {
		channel_open(&c[i], loop);
		channel_make_readable(&c[i]);
		waiter_start(&w[i], loop, NULL, readable(c[i].fd), SECONDS(1));
	}
	ck_assert_int_eq(loop_run(loop), 0);
	for (int i = 0; i < CROWD; i++) {
		ck_assert_int_eq(w[i].woke, WAKE_READY);
		channel_close(&c[i], loop);
	}
	loop_close(loop);
}

START_TEST(more_ready_than_fit_in_one_turn)
{
	more_are_ready_than_fit_in_one_turn(_i, 0);
	ck_assert_int_eq(fake_clock_peek(), FAKE_CLOCK_START);
}
END_TEST

/* After a pause of the whole process, say. */
START_TEST(all_are_heard_before_time_is_up)
{
	more_are_ready_than_fit_in_one_turn(_i, SECONDS(1));
}
END_TEST

enum { EARLY = 1, LATE = 2 }; /* descriptors */

/* A clock of a process that is held up when the first has come. */
static int64_t
held_up_ns(void)
{
	if (script_ready(EARLY) != 0 && script_ready(LATE) == 0) {
		fake_clock_advance(SECONDS(2));
		script_set(LATE, IO_READ);
	}
	return fake_clock_ns();
}

START_TEST(what_came_while_held_up_is_heard_before_time_is_up)
{
	struct loop *loop = backends_open_loop(backends_scripted(), 0);
	struct waiter early, late, silent;

	loop->clock = held_up_ns;
	script_at(FAKE_CLOCK_START + MILLISECONDS(500), EARLY, IO_READ);
	waiter_start(&early, loop, NULL, readable(EARLY), SECONDS(1));
	waiter_start(&late, loop, NULL, readable(LATE), SECONDS(1));
	waiter_start(&silent, loop, NULL, readable(LATE + 1), SECONDS(1));
	run_to_the_end(loop);
	waiter_check(&early, WAKE_READY, MILLISECONDS(2500));
	waiter_check(&late, WAKE_READY, MILLISECONDS(2500));
	waiter_check(&silent, WAKE_TIMEOUT, MILLISECONDS(2500));
}
END_TEST

START_TEST(the_always_ready_put_no_timer_off_for_long)
{
	struct loop *loop = backends_open_loop(_i, 0);
	static struct greedy g[CROWD];
	struct waiter w;

	for (int i = 0; i < CROWD; i++) {
		g[i].other = &g[i];
		channel_open(&g[i].c, loop);
		channel_make_readable(&g[i].c);
		start(loop, &g[i].task, NULL, &greedy_task, 0);
	}
	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	fake_clock_tick(MILLISECONDS(100));
	run_to_the_end(loop);
	ck_assert_int_ge(w.after_ns, SECONDS(1));
	ck_assert_int_le(w.after_ns, SECONDS(2));
}
END_TEST

START_TEST(a_broken_backend_ends_the_run)
{
	struct loop *loop = backends_open_loop(backends_scripted(), _i);
	struct waiter w;

	fake_clock_tick(_i);
	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	script_break(EIO);
	ck_assert_int_eq(loop_run(loop), -EIO);
	ck_assert(!w.ended);
	run_to_the_end(loop); /* it was only for once */
	ck_assert_int_eq(w.woke, WAKE_TIMEOUT);
}
END_TEST

/* ---- many ---- */

struct mote {
	struct task task;
	int64_t ns;
};

static enum step
mote_run(struct task *t)
{
	TASK_BEGIN(t);
	YIELD(t, elapsed(container_of(t, struct mote, task)->ns));
	TASK_END(t);
}

static void
mote_finished(struct task *t)
{
	free(container_of(t, struct mote, task));
}

static const struct task_type mote_task = { "mote", mote_run, mote_finished };

static void
mote_start(struct loop *loop, struct task_group *group, int64_t ns)
{
	struct mote *m = calloc(1, sizeof(*m));

	ck_assert_ptr_nonnull(m);
	m->ns = ns;
	start(loop, &m->task, group, &mote_task, 0);
}

static void
cancel_all(void *group)
{
	task_cancel_all(group);
}

START_TEST(thousands_come_and_go)
{
	enum { MANY = 16384, SHORT_LIVED = 1000 };
	struct loop *loop = backends_open_loop(_i, 0);
	struct task_group group = { 0 };
	struct doer d;

	doer_start(&d, loop, MANY / 2, cancel_all, &group);
	for (int i = 0; i < SHORT_LIVED; i++)
		mote_start(loop, &group, SECONDS(1));
	for (int i = 0; i < MANY - SHORT_LIVED; i++)
		mote_start(loop, NULL, i * 7919 % MANY);
	ck_assert_uint_gt(loop->timers.room, MANY);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_lt(fake_clock_peek() - FAKE_CLOCK_START, MANY);
	ck_assert_uint_le(loop->timers.room, 64); /* its memory is given back */
	ck_assert_uint_eq(loop->timers.count, 0);
	ck_assert_int_eq(loop->places_held, 0);
	loop_close(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");
	int n = backends_count();

	tcase_add_test(tc, has_defaults);
	tcase_add_loop_test(tc, takes_options, 0, n);
	tcase_add_test(tc, a_backend_that_does_not_open);
	tcase_add_loop_test(tc, idle_limits_count_from_the_first_turn, 0, n);
	tcase_add_loop_test(tc, stalled_when_nothing_can_come, 0, n);
	tcase_add_loop_test(tc, stalled_at_once_with_a_timer_left_that_is_disarmed, 0,
	    n);
	tcase_add_loop_test(tc, not_stalled_while_a_descriptor_or_a_timer_is_left, 0,
	    n);
	tcase_add_loop_test(tc, says_where_each_task_is, 0, n);
	tcase_add_loop_test(tc, where_goes_down_to_the_deepest_call, 0, n);
	tcase_add_loop_test(tc, where_is_cut_to_size, 0, n);
	tcase_add_loop_test(tc, the_always_ready_take_turns, 0, n);
	tcase_add_test(tc, what_becomes_ready_in_a_turn_runs_in_the_next);
	tcase_add_loop_test(tc, more_ready_than_fit_in_one_turn, 0, n);
	tcase_add_loop_test(tc, all_are_heard_before_time_is_up, 0, n);
	tcase_add_test(tc, what_came_while_held_up_is_heard_before_time_is_up);
	tcase_add_loop_test(tc, the_always_ready_put_no_timer_off_for_long, 0, n);
	tcase_add_loop_test(tc, a_broken_backend_ends_the_run, 0, 2); /* and a spin */
	tcase_add_loop_test(tc, thousands_come_and_go, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

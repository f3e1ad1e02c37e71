/* The spin before the sleep, on the scripted backend: each look takes a microsecond. */
#include "base/util.h"
#include "loop/internal.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/script.h"

#define SPIN_NS MICROSECONDS(20)
#define PEERS	(SPIN_FEW + 1)
#define ROUNDS	100

static struct loop *loop;
static struct channel c;

static void
begin(int64_t spin_ns)
{
	loop = backends_open_loop(backends_scripted(), spin_ns);
	channel_open(&c, loop);
	loop->spin.met[0] = c.fd; /* it has been met */
	fake_clock_tick(MICROSECONDS(1));
}

static void
end(void)
{
	channel_close(&c, loop);
	loop_close(loop);
}

/* How many waits were mere looks, and how many sleeps. */
static int
looks(void)
{
	int n = 0;

	for (int i = 0; i < script_waits(); i++)
		n += script_timeout_ns(i) == 0;
	return n;
}

static int
sleeps(void)
{
	return script_waits() - looks();
}

/* Reads this many bytes, one at a wake. */
struct reader {
	struct task task;
	int fd, reads;
};

static enum step
reader_run(struct task *t)
{
	struct reader *r = container_of(t, struct reader, task);

	TASK_BEGIN(t);
	while (r->reads-- > 0) {
		YIELD(t, readable(r->fd));
		script_set(r->fd, 0);
	}
	TASK_END(t);
}

static const struct task_type reader_task = { .name = "reader", .run = reader_run };

/* Let n bytes come, one each `every` ns, and be read. */
static void
receive(int n, int64_t every_ns)
{
	struct reader r = { .fd = c.fd, .reads = n };
	int64_t start_ns = fake_clock_peek();

	for (int i = 1; i <= n; i++)
		script_at(start_ns + i * every_ns, c.fd, IO_READ);
	start(loop, &r.task, NULL, &reader_task, 0);
	ck_assert_int_eq(loop_run(loop), 0);
}

START_TEST(without_a_spin_each_wait_is_a_sleep)
{
	begin(0);
	receive(10, MICROSECONDS(10));
	ck_assert_int_eq(looks(), 0);
	ck_assert_int_eq(sleeps(), 10);
	end();
}
END_TEST

START_TEST(what_comes_during_the_spin_costs_no_sleep)
{
	begin(SPIN_NS);
	receive(100, MICROSECONDS(10));
	ck_assert_int_eq(sleeps(), 0);
	ck_assert_int_ge(looks(), 200);
	end();
}
END_TEST

START_TEST(the_spin_is_as_long_as_it_was_told)
{
	begin(SPIN_NS);
	receive(1, SECONDS(1));
	ck_assert_int_eq(looks(), 20);
	ck_assert_int_eq(sleeps(), 1);
	ck_assert_int_eq(script_timeout_ns(20), -1);
	end();
}
END_TEST

START_TEST(after_a_miss_it_waits_for_a_sleep_that_might_have_been_a_hit)
{
	begin(SPIN_NS);
	receive(100, SECONDS(1));
	ck_assert_int_eq(looks(), 20); /* the first, and never again */
	ck_assert_int_eq(sleeps(), 100);
	receive(1, 4 * SPIN_NS + MICROSECONDS(5)); /* not short */
	ck_assert_int_eq(loop->spin.pause, 1);
	receive(1, 4 * SPIN_NS - MICROSECONDS(5));
	ck_assert_int_eq(loop->spin.pause, 0);
	ck_assert_int_eq(looks(), 20);
	ck_assert_int_eq(sleeps(), 102);
	receive(100, MICROSECONDS(10));
	ck_assert_int_eq(sleeps(), 102);
	end();
}
END_TEST

/* As from peers on the same network: after 1 sleep, 2 more, 4, 8 ... 64, 64. */
START_TEST(a_spin_that_never_pays_is_tried_more_and_more_seldom)
{
	begin(SPIN_NS);
	receive(500, 3 * SPIN_NS);
	ck_assert_int_eq(sleeps(), 500);
	ck_assert_int_eq(looks(), (1 + 6 + (500 - 1 - 2 - 4 - 8 - 16 - 32) / 64) * 20);
	ck_assert_int_eq(loop->spin.backoff, 64);
	end();
}
END_TEST

START_TEST(each_spin_that_pays_halves_the_penalty)
{
	begin(SPIN_NS);
	loop->spin.backoff = 64;
	receive(3, MICROSECONDS(10));
	ck_assert_int_eq(loop->spin.backoff, 8);
	receive(1, 3 * SPIN_NS); /* a miss, and a sleep */
	ck_assert_int_eq(loop->spin.backoff, 16);
	ck_assert_int_eq(loop->spin.pause, 16 - 1);
	end();
}
END_TEST

START_TEST(what_comes_at_once_teaches_nothing)
{
	begin(MICROSECONDS(200));
	loop->spin.backoff = 8;
	receive(100, MICROSECONDS(10));
	ck_assert_int_eq(sleeps(), 0);
	ck_assert_int_eq(loop->spin.backoff, 8);
	loop->spin.pause = 8;
	receive(100, MICROSECONDS(10));
	ck_assert_int_eq(sleeps(), 100);
	ck_assert_int_eq(loop->spin.pause, 8);
	receive(1, MICROSECONDS(15));
	ck_assert_int_eq(loop->spin.pause, 7);
	end();
}
END_TEST

/* ---- how many peers ---- */

/* Rounds of a byte from each of the peers, the first after 10 us, the others apart. */
static void
receive_from(int peers, int64_t apart_ns)
{
	struct reader r[PEERS];
	struct channel channels[PEERS];
	int64_t at_ns = fake_clock_peek();

	for (int i = 0; i < peers; i++) {
		channel_open(&channels[i], loop);
		r[i] = (struct reader){ .fd = channels[i].fd, .reads = ROUNDS };
		start(loop, &r[i].task, NULL, &reader_task, 0);
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < peers; i++) {
			at_ns += i == 0 ? MICROSECONDS(10) : apart_ns;
			script_at(at_ns, r[i].fd, IO_READ);
		}
	ck_assert_int_eq(loop_run(loop), 0);
	for (int i = 0; i < peers; i++)
		channel_close(&channels[i], loop);
}

START_TEST(few_peers_are_waited_for)
{
	begin(SPIN_NS);
	receive_from(_i, MICROSECONDS(10));
	ck_assert_int_eq(loop->spin.backoff, 0);
	ck_assert_int_le(sleeps(), 16); /* until all of them are known */
	end();
}
END_TEST

START_TEST(many_are_served_after_a_sleep)
{
	begin(SPIN_NS);
	receive_from(PEERS, MICROSECONDS(10));
	ck_assert_int_eq(loop->spin.pause, 1);
	ck_assert_int_eq(sleeps(), PEERS * ROUNDS - 1); /* all but the first */
	end();
}
END_TEST

START_TEST(few_may_come_at_once)
{
	begin(SPIN_NS);
	receive_from(SPIN_FEW, 0);
	ck_assert_int_eq(loop->spin.backoff, 0);
	ck_assert_int_le(sleeps(), 4);
	end();
}
END_TEST

START_TEST(many_may_not)
{
	begin(SPIN_NS);
	receive_from(PEERS, 0);
	ck_assert_int_ge(sleeps(), ROUNDS - 1);
	end();
}
END_TEST

START_TEST(the_spin_never_passes_the_next_timer)
{
	struct waiter w;

	begin(SPIN_NS);
	waiter_start(&w, loop, NULL, elapsed(MICROSECONDS(5)), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_ge(w.after_ns, MICROSECONDS(5));
	ck_assert_int_le(w.after_ns, MICROSECONDS(9));
	end();
}
END_TEST

START_TEST(the_sleep_after_a_spin_is_the_shorter_for_it)
{
	struct waiter w;

	begin(SPIN_NS);
	waiter_start(&w, loop, NULL, elapsed(SECONDS(1)), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_ge(w.after_ns, SECONDS(1));
	ck_assert_int_le(w.after_ns, SECONDS(1) + MICROSECONDS(3));
	end();
}
END_TEST

/* Yields to the others again and again, without waiting. */
struct busy {
	struct task task;
	int turns;
};

static enum step
busy_run(struct task *t)
{
	struct busy *b = container_of(t, struct busy, task);

	TASK_BEGIN(t);
	while (b->turns-- > 0)
		YIELD(t, elapsed(0));
	TASK_END(t);
}

static const struct task_type busy_task = { .name = "busy", .run = busy_run };

/* Between a task that is ready and its turn there is one look, which is no spin. */
START_TEST(with_something_to_do_there_is_no_spin)
{
	struct busy b = { .turns = 50 };

	begin(SPIN_NS);
	start(loop, &b.task, NULL, &busy_task, 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(script_waits(), 50);
	ck_assert_int_eq(looks(), 50);
	ck_assert_int_eq(loop->spin.backoff, 0);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sleep");
	TCase *tc = tcase_create("sleep");

	tcase_add_test(tc, without_a_spin_each_wait_is_a_sleep);
	tcase_add_test(tc, what_comes_during_the_spin_costs_no_sleep);
	tcase_add_test(tc, the_spin_is_as_long_as_it_was_told);
	tcase_add_test(tc,
	    after_a_miss_it_waits_for_a_sleep_that_might_have_been_a_hit);
	tcase_add_test(tc, a_spin_that_never_pays_is_tried_more_and_more_seldom);
	tcase_add_test(tc, each_spin_that_pays_halves_the_penalty);
	tcase_add_test(tc, what_comes_at_once_teaches_nothing);
	tcase_add_loop_test(tc, few_peers_are_waited_for, 1, SPIN_FEW + 1);
	tcase_add_test(tc, many_are_served_after_a_sleep);
	tcase_add_test(tc, few_may_come_at_once);
	tcase_add_test(tc, many_may_not);
	tcase_add_test(tc, the_spin_never_passes_the_next_timer);
	tcase_add_test(tc, the_sleep_after_a_spin_is_the_shorter_for_it);
	tcase_add_test(tc, with_something_to_do_there_is_no_spin);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

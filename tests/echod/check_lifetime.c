/* A connection, and the task that looks after its lifetime. */
#include "echod/lifetime.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "echod/echo_tcp.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/talk.h"

static struct echo_terms *terms;
static struct lifetime lifetime;
static struct task_group house, connections;
static int other_end;

static struct {
	uint64_t echoed;
	enum reason reason;
	int64_t ns; /* when it was over */
} told;

static void
echoed(struct echo *e, size_t bytes)
{
	(void)e;
	told.echoed += bytes;
}

static void
finished(struct echo *e)
{
	told.reason = echo_reason(e);
	told.ns = fake_clock_peek() - FAKE_CLOCK_START;
	task_cancel_all(&house);
}

/* A connection with a lifetime of 5 s begins after the task has begun to sleep. */
static bool
begin(void)
{
	struct echo *e = calloc(1, sizeof(*e));

	e->fd = talk.ours;
	e->terms = terms;
	ck_assert_int_eq(echo_start(talk.loop, e, &connections), 0);
	lifetime_watch(&lifetime, terms->max_lifetime_ns);
	return false;
}

static void
finished_later(struct echo *e)
{
	ck_assert_int_gt(told.ns, 0);
	close(other_end);
	(void)e;
}

/* And one with a longer lifetime, which falls silent, before that. */
static bool
begin_a_longer_one(void)
{
	static struct echo_terms longer = { .idle_ns = SECONDS(20),
		.max_lifetime_ns = SECONDS(60),
		.echoed = echoed,
		.finished = finished_later,
		.users = 1 };
	struct echo *e = calloc(1, sizeof(*e));
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	e->fd = ends[0];
	other_end = ends[1];
	e->terms = &longer;
	ck_assert_int_eq(echo_start(talk.loop, e, &connections), 0);
	lifetime_watch(&lifetime, longer.max_lifetime_ns);
	return false;
}

static void
set_up(int backend)
{
	talk_open(backend);
	terms = malloc(sizeof(*terms));
	*terms = (struct echo_terms){
		.max_lifetime_ns = SECONDS(5),
		.echoed = echoed,
		.finished = finished,
		.users = 1,
	};
	ck_assert_int_eq(lifetime_start(&lifetime, talk.loop, &house, &connections), 0);
	actor_start(talk.loop, SECONDS(1), begin);
}

static void
run(void)
{
	ck_assert_int_eq(loop_run(talk.loop), 0);
	loop_close(talk.loop);
	echo_terms_leave(terms);
}

static bool
send_a_byte(void)
{
	return send(talk.theirs, "x", 1, MSG_NOSIGNAL) == 1;
}

static bool
flood(void)
{
	return send(talk.theirs, talk.expected, TALK_SIZE, MSG_NOSIGNAL) > 0;
}

/* A peer that always takes a little, but never enough. */
static bool slow_reader;

int __wrap_sock_unsent(int fd);
int __real_sock_unsent(int fd);

int
__wrap_sock_unsent(int fd)
{
	static int unsent = INT_MAX;

	return slow_reader ? unsent-- : __real_sock_unsent(fd);
}

static bool
they_have_fin(void)
{
	char byte;

	ck_assert_int_eq(recv(talk.theirs, &byte, 1, MSG_DONTWAIT), 0);
	return talk_they_close();
}

START_TEST(a_silent_one_ends_in_time)
{
	set_up(_i);
	actor_start(talk.loop, SECONDS(6) + MILLISECONDS(1), they_have_fin);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_int_eq(told.ns, SECONDS(6) + MILLISECONDS(1));
}
END_TEST

START_TEST(a_longer_life_hides_no_shorter_one)
{
	set_up(_i);
	actor_start(talk.loop, MILLISECONDS(500), begin_a_longer_one);
	actor_start(talk.loop, SECONDS(6), talk_they_close);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_int_eq(told.ns, SECONDS(6));
}
END_TEST

START_TEST(a_busy_one_ends_in_time)
{
	set_up(_i);
	terms->idle_ns = SECONDS(2);
	actor_start(talk.loop, MILLISECONDS(300), send_a_byte);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_uint_ge(told.echoed, 19);
	ck_assert_uint_le(told.echoed, 20);
	ck_assert_int_eq(told.ns, SECONDS(7)); /* and a second to say goodbye */
}
END_TEST

START_TEST(one_at_a_slow_rate_ends_in_time)
{
	set_up(_i);
	terms->bytes_per_second = 1;
	actor_start(talk.loop, SECONDS(2), flood);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_int_ge(told.ns, SECONDS(7));
	ck_assert_int_le(told.ns, SECONDS(7) + MILLISECONDS(200));
}
END_TEST

START_TEST(one_that_does_not_read_ends_in_time)
{
	set_up(_i);
	actor_start(talk.loop, MILLISECONDS(10), flood);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_int_ge(told.ns, SECONDS(6));
	ck_assert_int_le(told.ns, SECONDS(8) + MILLISECONDS(100));
}
END_TEST

START_TEST(one_that_reads_ever_so_slowly_is_cut_off)
{
	slow_reader = true;
	set_up(_i);
	actor_start(talk.loop, MILLISECONDS(10), flood);
	run();
	ck_assert_int_eq(told.reason, REASON_LIMIT);
	ck_assert_int_ge(told.ns, SECONDS(8));
	ck_assert_int_le(told.ns, SECONDS(8) + MILLISECONDS(100));
}
END_TEST

START_TEST(one_that_is_idle_ends_sooner)
{
	set_up(_i);
	terms->idle_ns = SECONDS(2);
	run();
	ck_assert_int_eq(told.reason, REASON_IDLE);
	ck_assert_int_eq(told.ns, SECONDS(4));
}
END_TEST

START_TEST(one_without_a_limit_is_left_alone)
{
	set_up(_i);
	terms->max_lifetime_ns = 0;
	actor_start(talk.loop, SECONDS(1000), talk_they_close);
	run();
	ck_assert_int_eq(told.reason, REASON_EOF);
	ck_assert_int_eq(told.ns, SECONDS(1000));
	ck_assert_int_lt(backends_waits(), 20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lifetime");
	TCase *tc = tcase_create("lifetime");
	int n = backends_scripted();

	tcase_add_loop_test(tc, a_silent_one_ends_in_time, 0, n);
	tcase_add_loop_test(tc, a_longer_life_hides_no_shorter_one, 0, n);
	tcase_add_loop_test(tc, a_busy_one_ends_in_time, 0, n);
	tcase_add_loop_test(tc, one_at_a_slow_rate_ends_in_time, 0, n);
	tcase_add_loop_test(tc, one_that_does_not_read_ends_in_time, 0, n);
	tcase_add_loop_test(tc, one_that_reads_ever_so_slowly_is_cut_off, 0, n);
	tcase_add_loop_test(tc, one_that_is_idle_ends_sooner, 0, n);
	tcase_add_loop_test(tc, one_without_a_limit_is_left_alone, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

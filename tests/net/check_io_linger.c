/* Saying goodbye. */
#include "net/io.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/talk.h"

static struct goodbye {
	struct task task;
	struct io_linger linger;
	int64_t end_ns;
} goodbye;

static enum step
goodbye_run(struct task *t)
{
	TASK_BEGIN(t);
	CALL(t, io_linger(t, &goodbye.linger));
	goodbye.end_ns = fake_clock_peek() - FAKE_CLOCK_START;
	loop_close_fd(talk.loop, &talk.ours);
	TASK_END(t);
}

static const struct task_type goodbye_task = { "goodbye", goodbye_run, NULL };

static void
linger(int64_t ns)
{
	goodbye.linger = (struct io_linger){ .fd = talk.ours, .ns = ns };
	task_start(talk.loop, &goodbye.task, NULL, &goodbye_task, 0);
	ck_assert_int_eq(loop_run(talk.loop), 0);
}

/* ---- what a peer does ---- */

static bool
sees_the_end(void)
{
	ck_assert(!talk_receive(1));
	return false;
}

static bool
cancels_lingering(void)
{
	task_cancel(&goodbye.task);
	return false;
}

static bool
keeps_talking(void)
{
	return send(talk.theirs, talk.expected, 10000, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    10000;
}

static bool
talks_for_10_s(void)
{
	return keeps_talking() && fake_clock_peek() < FAKE_CLOCK_START + SECONDS(10);
}

static bool
ends_its_stream(void)
{
	shutdown(talk.theirs, SHUT_WR);
	return false;
}

/* ---- the tests ---- */

START_TEST(lingers_until_the_peer_ends)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), talk_they_close);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(1));
}
END_TEST

START_TEST(says_that_it_ends_first)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), sees_the_end);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(5));
}
END_TEST

START_TEST(lingers_so_long_and_no_longer)
{
	talk_open(_i);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(5));
}
END_TEST

START_TEST(talk_does_not_make_it_linger_longer)
{
	talk_open(_i);
	actor_start(talk.loop, MILLISECONDS(400), keeps_talking);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(5));
}
END_TEST

/* It is readable at each look, so the wait never comes to its time limit. */
START_TEST(talk_without_a_pause_does_not_either)
{
	talk_open(_i);
	fake_clock_tick(MILLISECONDS(10));
	actor_start(talk.loop, 0, talks_for_10_s);
	linger(SECONDS(5));
	ck_assert_int_ge(goodbye.end_ns, SECONDS(5));
	ck_assert_int_lt(goodbye.end_ns, SECONDS(6));
}
END_TEST

START_TEST(nothing_in_flight_is_destroyed)
{
	talk_open_tcp(_i);
	ck_assert_int_eq(send(talk.ours, "bye", 3, 0), 3);
	ck_assert_int_eq(send(talk.theirs, talk.expected, 100000, 0), 100000);
	actor_start(talk.loop, SECONDS(1), ends_its_stream);
	linger(SECONDS(5));
	ck_assert(talk_receive(TALK_SIZE));
	ck_assert_str_eq(talk.received, "bye");
	ck_assert(!talk_receive(1));
}
END_TEST

START_TEST(cancel_ends_lingering)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), cancels_lingering);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(1));
}
END_TEST

START_TEST(broken_socket_is_not_lingered_on)
{
	int ends[2];

	talk_open(_i);
	ck_assert_int_eq(pipe(ends), 0);
	talk.ours = ends[0]; /* no socket at all, and never readable */
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("io_linger");
	TCase *tc = tcase_create("io_linger");
	int n = backends_scripted();

	tcase_add_loop_test(tc, lingers_until_the_peer_ends, 0, n);
	tcase_add_loop_test(tc, says_that_it_ends_first, 0, n);
	tcase_add_loop_test(tc, lingers_so_long_and_no_longer, 0, n);
	tcase_add_loop_test(tc, talk_does_not_make_it_linger_longer, 0, n);
	tcase_add_loop_test(tc, talk_without_a_pause_does_not_either, 0, n);
	tcase_add_loop_test(tc, nothing_in_flight_is_destroyed, 0, n);
	tcase_add_loop_test(tc, cancel_ends_lingering, 0, n);
	tcase_add_loop_test(tc, broken_socket_is_not_lingered_on, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

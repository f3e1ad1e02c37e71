/* One connection, and its rate, on the fake clock. */
#include "echod/echo_tcp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/talk.h"

static struct echo_terms *terms;
static struct echo *echo;
static struct task_group group;

static struct {
	size_t echoed;
	int finished;
	enum reason reason;
	int64_t ns; /* when it was over */
} told;

static void
echoed(struct echo *e, size_t bytes)
{
	ck_assert_ptr_eq(e->terms->owner, &told);
	told.echoed += bytes;
}

static void
finished(struct echo *e)
{
	ck_assert_uint_eq(e->echoed, told.echoed);
	ck_assert_int_eq(e->fd, -1);
	told.finished++;
	told.reason = echo_reason(e);
	told.ns = fake_clock_peek() - FAKE_CLOCK_START;
}

static void
set_up(int backend)
{
	talk_open(backend);
	terms = malloc(sizeof(*terms));
	*terms = (struct echo_terms){
		.echoed = echoed, .finished = finished, .owner = &told, .users = 1
	};
}

static void
begin(void)
{
	echo = calloc(1, sizeof(*echo));
	echo->fd = talk.ours;
	echo->terms = terms;
	ck_assert_int_eq(echo_start(talk.loop, echo, &group), 0);
	echo_terms_leave(terms);
}

static void
run(void)
{
	ck_assert_int_eq(loop_run(talk.loop), 0);
	ck_assert_int_eq(told.finished, 1);
	loop_close(talk.loop);
}

static void
they_send(size_t n)
{
	ck_assert_uint_eq((size_t)write(talk.theirs, talk.expected, n), n);
}

/* ---- what they do ---- */

static bool
they_shut(void)
{
	shutdown(talk.theirs, SHUT_WR);
	return false;
}

static size_t got_half_way;

static bool
look_half_way(void)
{
	talk_receive(TALK_SIZE);
	got_half_way = talk.got;
	return false;
}

/* ---- without limits ---- */

START_TEST(all_comes_back_at_once)
{
	set_up(_i);
	begin();
	they_send(50000);
	they_shut();
	run();
	talk_receive(TALK_SIZE);
	ck_assert_uint_eq(talk.got, 50000);
	ck_assert_mem_eq(talk.received, talk.expected, talk.got);
	ck_assert_int_eq(told.reason, REASON_EOF);
	ck_assert_int_eq(told.ns, 0);
}
END_TEST

/* ---- bytes_per_second ---- */

START_TEST(bytes_come_at_their_rate)
{
	set_up(_i);
	terms->bytes_per_second = 100000;
	begin();
	they_send(50000);
	they_shut();
	actor_start(talk.loop, MILLISECONDS(250), look_half_way);
	run();
	ck_assert_int_eq(told.ns, MILLISECONDS(500));
	ck_assert_uint_ge(got_half_way, 25000);
	ck_assert_uint_le(got_half_way, 27000);
	talk_receive(TALK_SIZE);
	ck_assert_uint_eq(talk.got, 50000);
	ck_assert_mem_eq(talk.received, talk.expected, talk.got);
	ck_assert_int_eq(told.reason, REASON_EOF);
}
END_TEST

START_TEST(a_low_rate_is_byte_by_byte)
{
	set_up(_i);
	terms->bytes_per_second = 2;
	begin();
	they_send(4);
	they_shut();
	actor_start(talk.loop, MILLISECONDS(900), look_half_way);
	run();
	ck_assert_uint_eq(got_half_way, 2);
	ck_assert_int_eq(told.ns, SECONDS(2));
}
END_TEST

START_TEST(a_high_rate_fills_the_buffer)
{
	set_up(_i);
	terms->bytes_per_second = 100000000000;
	begin();
	they_send(50000);
	they_shut();
	run();
	ck_assert_uint_eq(told.echoed, 50000);
	ck_assert_int_le(told.ns, MICROSECONDS(1));
}
END_TEST

static bool
send_after_silence(void)
{
	they_send(50000);
	return they_shut();
}

START_TEST(silence_is_not_saved_up)
{
	set_up(_i);
	terms->bytes_per_second = 100000;
	begin();
	actor_start(talk.loop, SECONDS(100), send_after_silence);
	run();
	ck_assert_int_eq(told.ns, SECONDS(100) + MILLISECONDS(500));
}
END_TEST

START_TEST(a_slow_one_can_be_cancelled)
{
	set_up(_i);
	terms->bytes_per_second = 1;
	begin();
	they_send(1000);
	task_cancel(&echo->task);
	run();
	ck_assert_int_eq(told.reason, REASON_DRAIN);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("echo_tcp");
	TCase *tc = tcase_create("echo_tcp");
	int n = backends_scripted();

	tcase_add_loop_test(tc, all_comes_back_at_once, 0, n);
	tcase_add_loop_test(tc, bytes_come_at_their_rate, 0, n);
	tcase_add_loop_test(tc, a_low_rate_is_byte_by_byte, 0, n);
	tcase_add_loop_test(tc, a_high_rate_fills_the_buffer, 0, n);
	tcase_add_loop_test(tc, silence_is_not_saved_up, 0, n);
	tcase_add_loop_test(tc, a_slow_one_can_be_cancelled, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

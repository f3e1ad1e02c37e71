/* Sending all; ending is in check_io_linger.c. */
#include "net/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/talk.h"

static struct sender {
	struct task task;
	struct io_send out;
	int64_t stall_ns;
	int64_t end_ns;
} sender;

static enum step
sender_run(struct task *t)
{
	TASK_BEGIN(t);
	CALL(t, io_send_all(t, talk.ours, &sender.out, sender.stall_ns));
	sender.end_ns = fake_clock_peek() - FAKE_CLOCK_START;
	loop_close_fd(talk.loop, &talk.ours);
	TASK_END(t);
}

static const struct task_type sender_task = { "sender", sender_run, NULL };

/* Send n bytes out of the loop's own buffer.  Returns how it ended. */
static int
send_all(size_t n, int64_t stall_ns)
{
	struct loop_buffer buf = loop_buffer(talk.loop);

	ck_assert_uint_le(n, buf.size);
	memcpy(buf.data, talk.expected, n);
	sender.out = (struct io_send){ .data = buf.data, .left = (uint32_t)n };
	sender.stall_ns = stall_ns;
	task_start(talk.loop, &sender.task, NULL, &sender_task, SECONDS(1));
	ck_assert_int_eq(loop_run(talk.loop), 0);
	ck_assert_ptr_null(sender.out.kept);
	return sender.out.err;
}

/* ---- what a peer does ---- */

static bool
reads_and_spoils_the_buffer(void)
{
	struct loop_buffer buf = loop_buffer(talk.loop);

	memset(buf.data, 'X', buf.size);
	return talk_receive(7777);
}

static bool
reads_16k(void)
{
	return talk_receive(16384);
}

static bool
reads_some_and_stops(void)
{
	return talk_receive(16384) && talk.got < TALK_SIZE / 4;
}

static bool
cancels_sending(void)
{
	task_cancel(&sender.task);
	return false;
}

static bool
closes_our_end(void)
{
	loop_close_fd(talk.loop, &talk.ours);
	return false;
}

/* ---- the tests ---- */

START_TEST(what_fits_goes_at_once)
{
	talk_open(_i);
	ck_assert_int_eq(send_all(1000, SECONDS(5)), 0);
	ck_assert_int_eq(backends_waits(), 0);
	talk_receive(TALK_SIZE);
	ck_assert_uint_eq(talk.got, 1000);
}
END_TEST

START_TEST(every_byte_comes_in_order)
{
	talk_open(_i);
	actor_start(talk.loop, MILLISECONDS(1), reads_and_spoils_the_buffer);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), 0);
	ck_assert_int_gt(backends_waits(), 0);
	ck_assert_uint_eq(sender.out.left, 0);
	ck_assert_uint_eq(talk.got, TALK_SIZE);
	ck_assert(memcmp(talk.received, talk.expected, TALK_SIZE) == 0);
}
END_TEST

START_TEST(every_byte_comes_over_tcp)
{
	talk_open_tcp(_i);
	actor_start(talk.loop, MILLISECONDS(1), reads_16k);
	ck_assert_int_eq(send_all(TALK_SIZE, 0), 0);
	ck_assert_uint_eq(talk.got, TALK_SIZE);
	ck_assert(memcmp(talk.received, talk.expected, TALK_SIZE) == 0);
}
END_TEST

START_TEST(stalled_peer_is_given_up)
{
	talk_open(_i);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), ETIME);
	ck_assert_int_eq(sender.end_ns, SECONDS(5));
	ck_assert_uint_gt(sender.out.left, 0);
}
END_TEST

START_TEST(slow_peer_is_not_given_up)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1),
	    reads_16k); /* so the socket is not writable for 8 s and more */
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), 0);
	ck_assert_uint_eq(talk.got, TALK_SIZE);
	ck_assert(memcmp(talk.received, talk.expected, TALK_SIZE) == 0);
}
END_TEST

START_TEST(slow_peer_that_stops_is_given_up)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), reads_some_and_stops);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), ETIME);
}
END_TEST

START_TEST(without_a_limit_it_waits)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(3600), reads_16k);
	ck_assert_int_eq(send_all(TALK_SIZE, 0), 0);
	ck_assert_int_gt(sender.end_ns, SECONDS(3600));
}
END_TEST

START_TEST(cancel_ends_it)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), cancels_sending);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), ECANCELED);
	ck_assert_int_eq(sender.end_ns, SECONDS(1));
}
END_TEST

START_TEST(peer_that_is_gone)
{
	talk_open(_i);
	close(talk.theirs);
	ck_assert_int_eq(send_all(1, SECONDS(5)), EPIPE);
}
END_TEST

START_TEST(peer_that_goes_meanwhile)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), talk_they_close);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), EPIPE);
	ck_assert_int_eq(sender.end_ns, SECONDS(1));
}
END_TEST

START_TEST(reset_by_the_peer)
{
	talk_open_tcp(_i);
	actor_start(talk.loop, SECONDS(1),
	    talk_they_close); /* with bytes unread, which is RST */
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), ECONNRESET);
}
END_TEST

START_TEST(descriptor_closed_meanwhile)
{
	talk_open(_i);
	actor_start(talk.loop, SECONDS(1), closes_our_end);
	ck_assert_int_eq(send_all(TALK_SIZE, SECONDS(5)), EBADF);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("io");
	TCase *tc = tcase_create("io");
	int n = backends_scripted();

	tcase_add_loop_test(tc, what_fits_goes_at_once, 0, n);
	tcase_add_loop_test(tc, every_byte_comes_in_order, 0, n);
	tcase_add_loop_test(tc, every_byte_comes_over_tcp, 0, n);
	tcase_add_loop_test(tc, stalled_peer_is_given_up, 0, n);
	tcase_add_loop_test(tc, slow_peer_is_not_given_up, 0, n);
	tcase_add_loop_test(tc, slow_peer_that_stops_is_given_up, 0, n);
	tcase_add_loop_test(tc, without_a_limit_it_waits, 0, n);
	tcase_add_loop_test(tc, cancel_ends_it, 0, n);
	tcase_add_loop_test(tc, peer_that_is_gone, 0, n);
	tcase_add_loop_test(tc, peer_that_goes_meanwhile, 0, n);
	tcase_add_loop_test(tc, reset_by_the_peer, 0, n);
	tcase_add_loop_test(tc, descriptor_closed_meanwhile, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

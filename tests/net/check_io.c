/*
 * Sending and ending, on each backend.  The peer is an actor, a task that does
 * something every so often; the clock hurries.  Unix sockets are what is full
 * and writable in the most predictable way.
 */
#include "net/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "net/sock.h"
#include "support/hurry.h"
#include "support/run.h"
#include "support/tcp.h"

#define SIZE ((size_t)256 * 1024)

static struct loop *loop;
static int ours, theirs;
static char expected[SIZE], received[SIZE + 1];
static size_t got;

/* ---- the players ---- */

static struct sender {
	struct task task;
	struct io_send out;
	int64_t end_ns;
} sender;

static enum step
sender_run(struct task *t)
{
	TASK_BEGIN(t);
	CALL(t, io_send_all(t, &sender.out));
	sender.end_ns = hurry_now_ns();
	loop_close_fd(loop, &ours);
	TASK_END(t);
}

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
	goodbye.end_ns = hurry_now_ns();
	loop_close_fd(loop, &ours);
	TASK_END(t);
}

static struct actor {
	struct task task;
	bool (*act)(void); /* whether to go on */
	int64_t every_ns;
} actor;

static enum step
actor_run(struct task *t)
{
	TASK_BEGIN(t);
	do
		YIELD(t, elapsed(actor.every_ns));
	while (actor.act());
	TASK_END(t);
}

static const struct task_type sender_task = { "sender", sender_run, NULL };
static const struct task_type goodbye_task = { "goodbye", goodbye_run, NULL };
static const struct task_type actor_task = { "actor", actor_run, NULL };

/* Every so often from now on. */
static void
peer(int64_t every_ns, bool (*act)(void))
{
	actor.act = act;
	actor.every_ns = every_ns;
	ck_assert_int_eq(task_start(loop, &actor.task, NULL, &actor_task, 0), 0);
}

/* Send n bytes out of the loop's own buffer.  Returns how it ended. */
static int
send_all(size_t n, int64_t stall_ns)
{
	size_t size;
	char *buf = loop_buffer(loop, &size);

	ck_assert_uint_le(n, size);
	memcpy(buf, expected, n);
	sender.out = (struct io_send){
		.fd = ours, .data = buf, .left = n, .stall_ns = stall_ns
	};
	task_start(loop, &sender.task, NULL, &sender_task, SECONDS(1));
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_ptr_null(sender.out.kept);
	return sender.out.err;
}

static void
linger(int64_t ns)
{
	goodbye.linger = (struct io_linger){ .fd = ours, .ns = ns };
	task_start(loop, &goodbye.task, NULL, &goodbye_task, 0);
	ck_assert_int_eq(loop_run(loop), 0);
}

/* ---- what a peer does ---- */

/* Receive at most so much; false at the end of the stream. */
static bool
receive(size_t most)
{
	ssize_t n = recv(theirs, received + got, most, MSG_DONTWAIT);

	ck_assert(n >= 0 || errno == EAGAIN);
	if (n > 0)
		got += (size_t)n;
	ck_assert_uint_le(got, SIZE);
	return n != 0;
}

static bool
reads_and_spoils_the_buffer(void)
{
	size_t size;
	char *buf = loop_buffer(loop, &size);

	memset(buf, 'X', size);
	return receive(7777);
}

static bool
reads_16k(void)
{
	return receive(16384);
}

static bool
reads_some_and_stops(void)
{
	return receive(16384) && got < SIZE / 4;
}

static bool
only_looks(void)
{
	return false;
}

static bool
closes(void)
{
	close(theirs);
	return false;
}

static bool
cancels_sending(void)
{
	task_cancel(&sender.task);
	return false;
}

static bool
cancels_lingering(void)
{
	task_cancel(&goodbye.task);
	return false;
}

static bool
closes_our_end(void)
{
	loop_close_fd(loop, &ours);
	return false;
}

static bool
keeps_talking(void)
{
	return send(theirs, expected, 10000, MSG_DONTWAIT | MSG_NOSIGNAL) == 10000;
}

static bool
ends_its_stream(void)
{
	shutdown(theirs, SHUT_WR);
	return false;
}

static void
set_up(int backend)
{
	int ends[2], size = 65536;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ours = ends[0];
	theirs = ends[1];
	setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (size_t i = 0; i < SIZE; i++)
		expected[i] = (char)(i * 31 + i / 256 * 7 + i / 65536);
	loop = hurry_loop(backend);
}

/* The same test between two ends of a TCP connection. */
static void
change_to_tcp(void)
{
	close(ours);
	close(theirs);
	tcp_narrow_pair(&ours, &theirs);
}

/* ---- io_send_all ---- */

START_TEST(what_fits_goes_at_once)
{
	set_up(_i);
	ck_assert_int_eq(send_all(1000, SECONDS(5)), 0);
	ck_assert_int_eq(hurry_waits(), 0);
	receive(SIZE);
	ck_assert_uint_eq(got, 1000);
}
END_TEST

START_TEST(every_byte_comes_in_order)
{
	set_up(_i);
	peer(MILLISECONDS(1), reads_and_spoils_the_buffer);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), 0);
	ck_assert_int_gt(hurry_waits(), 0);
	ck_assert_uint_eq(sender.out.left, 0);
	ck_assert_uint_eq(got, SIZE);
	ck_assert(memcmp(received, expected, SIZE) == 0);
}
END_TEST

START_TEST(every_byte_comes_over_tcp)
{
	set_up(_i);
	change_to_tcp();
	peer(MILLISECONDS(1), reads_16k);
	ck_assert_int_eq(send_all(SIZE, 0), 0);
	ck_assert_uint_eq(got, SIZE);
	ck_assert(memcmp(received, expected, SIZE) == 0);
}
END_TEST

START_TEST(stalled_peer_is_given_up)
{
	set_up(_i);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), ETIME);
	ck_assert_int_eq(sender.end_ns, SECONDS(5));
	ck_assert_uint_gt(sender.out.left, 0);
}
END_TEST

START_TEST(slow_peer_is_not_given_up)
{
	set_up(_i);
	peer(SECONDS(1),
	    reads_16k); /* so the socket is not writable for 8 s and more */
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), 0);
	ck_assert_uint_eq(got, SIZE);
	ck_assert(memcmp(received, expected, SIZE) == 0);
}
END_TEST

START_TEST(slow_peer_that_stops_is_given_up)
{
	set_up(_i);
	peer(SECONDS(1), reads_some_and_stops);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), ETIMEDOUT);
}
END_TEST

START_TEST(without_a_limit_it_waits)
{
	set_up(_i);
	peer(SECONDS(3600), reads_16k);
	ck_assert_int_eq(send_all(SIZE, 0), 0);
	ck_assert_int_gt(sender.end_ns, SECONDS(3600));
}
END_TEST

START_TEST(cancel_ends_it)
{
	set_up(_i);
	peer(SECONDS(1), cancels_sending);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), ECANCELED);
	ck_assert_int_eq(sender.end_ns, SECONDS(1));
}
END_TEST

START_TEST(peer_that_is_gone)
{
	set_up(_i);
	close(theirs);
	ck_assert_int_eq(send_all(1, SECONDS(5)), EPIPE);
}
END_TEST

START_TEST(peer_that_goes_meanwhile)
{
	set_up(_i);
	peer(SECONDS(1), closes);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), EPIPE);
	ck_assert_int_eq(sender.end_ns, SECONDS(1));
}
END_TEST

START_TEST(reset_by_the_peer)
{
	set_up(_i);
	change_to_tcp();
	peer(SECONDS(1), closes); /* with bytes unread, which is RST */
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), ECONNRESET);
}
END_TEST

START_TEST(descriptor_closed_meanwhile)
{
	set_up(_i);
	peer(SECONDS(1), closes_our_end);
	ck_assert_int_eq(send_all(SIZE, SECONDS(5)), EBADF);
}
END_TEST

/* ---- io_linger ---- */

START_TEST(lingers_until_the_peer_ends)
{
	set_up(_i);
	peer(SECONDS(1), closes);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(1));
}
END_TEST

START_TEST(says_that_it_ends)
{
	set_up(_i);
	peer(SECONDS(1), only_looks);
	linger(MILLISECONDS(1));
	ck_assert(!receive(1));
}
END_TEST

START_TEST(lingers_so_long_and_no_longer)
{
	set_up(_i);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(5));
}
END_TEST

START_TEST(talk_does_not_make_it_linger_longer)
{
	set_up(_i);
	peer(MILLISECONDS(400), keeps_talking);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(5));
}
END_TEST

START_TEST(nothing_in_flight_is_destroyed)
{
	set_up(_i);
	change_to_tcp();
	ck_assert_int_eq(send(ours, "bye", 3, 0), 3);
	ck_assert_int_eq(send(theirs, expected, 100000, 0), 100000);
	peer(SECONDS(1), ends_its_stream);
	linger(SECONDS(5));
	ck_assert(receive(SIZE));
	ck_assert_str_eq(received, "bye");
	ck_assert(!receive(1));
}
END_TEST

START_TEST(cancel_ends_lingering)
{
	set_up(_i);
	peer(SECONDS(1), cancels_lingering);
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, SECONDS(1));
}
END_TEST

START_TEST(broken_socket_is_not_lingered_on)
{
	int ends[2];

	set_up(_i);
	ck_assert_int_eq(pipe(ends), 0);
	ours = ends[0]; /* no socket at all, and never readable */
	linger(SECONDS(5));
	ck_assert_int_eq(goodbye.end_ns, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("io");
	TCase *send = tcase_create("send_all"), *end = tcase_create("linger");
	int n = hurry_backends();

	tcase_add_loop_test(send, what_fits_goes_at_once, 0, n);
	tcase_add_loop_test(send, every_byte_comes_in_order, 0, n);
	tcase_add_loop_test(send, every_byte_comes_over_tcp, 0, n);
	tcase_add_loop_test(send, stalled_peer_is_given_up, 0, n);
	tcase_add_loop_test(send, slow_peer_is_not_given_up, 0, n);
	tcase_add_loop_test(send, slow_peer_that_stops_is_given_up, 0, n);
	tcase_add_loop_test(send, without_a_limit_it_waits, 0, n);
	tcase_add_loop_test(send, cancel_ends_it, 0, n);
	tcase_add_loop_test(send, peer_that_is_gone, 0, n);
	tcase_add_loop_test(send, peer_that_goes_meanwhile, 0, n);
	tcase_add_loop_test(send, reset_by_the_peer, 0, n);
	tcase_add_loop_test(send, descriptor_closed_meanwhile, 0, n);
	suite_add_tcase(suite, send);

	tcase_add_loop_test(end, lingers_until_the_peer_ends, 0, n);
	tcase_add_loop_test(end, says_that_it_ends, 0, n);
	tcase_add_loop_test(end, lingers_so_long_and_no_longer, 0, n);
	tcase_add_loop_test(end, talk_does_not_make_it_linger_longer, 0, n);
	tcase_add_loop_test(end, nothing_in_flight_is_destroyed, 0, n);
	tcase_add_loop_test(end, cancel_ends_lingering, 0, n);
	tcase_add_loop_test(end, broken_socket_is_not_lingered_on, 0, n);
	suite_add_tcase(suite, end);
	return run_suite(suite);
}

/* The datagram service, on a kernel that can be told to fail. */
#include "echod/echo_udp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "net/sock.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/failing.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/tcp.h"

static struct loop *loop;
static struct config config;
static struct reporter reporter;
static struct echo_udp_service service;
static struct echo_udp udp;
static struct addr at;
static int client, finished_count;

/* ---- the kernel ---- */

static int send_failures[64],
    nsend; /* errnos of the next calls, last one first; 0: none */
static int receive_error, sends, receives;
static bool endless; /* with each that is received another one comes */

static void they_send(int n);
int __real_recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int __wrap_recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int __real_sendmmsg(int, struct mmsghdr *, unsigned, int);
int __wrap_sendmmsg(int, struct mmsghdr *, unsigned, int);

int
__wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t)
{
	receives++;
	if (endless)
		they_send(1);
	errno = receive_error;
	return receive_error != 0 ? -1 : __real_recvmmsg(fd, m, n, flags, t);
}

/* One at a time, so that a failure can hit any of a batch. */
int
__wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	int failure = nsend > 0 ? send_failures[--nsend] : 0;

	(void)n;
	sends++;
	errno = failure;
	return failure != 0 ? -1 : __real_sendmmsg(fd, m, 1, flags);
}

/* ---- */

static void
finished(struct echo_udp *u)
{
	ck_assert_int_eq(u->fd, -1);
	finished_count++;
}

static void
set_up(int backend)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr here = loopback(AF_INET);

	loop = backends_open_net_loop(backend);
	reporter.due = true; /* nothing to be told of */
	config_defaults(&config);
	ck_assert_int_eq(echo_udp_service_open(&service, &reporter), 0);
	echo_udp_service_configure(&service, &config);
	udp = (struct echo_udp){ .service = &service, .finished = finished };
	udp.fd = sock_listen(&here, &options);
	ck_assert_int_eq(sock_local_addr(udp.fd, &at), 0);
	ck_assert_int_eq(echo_udp_start(loop, &udp, NULL), 0);
	client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(connect(client, &at.sa, addr_len(&at)), 0);
}

/* The i-th is i + 1 bytes of i: of different sizes, so that each is sent by itself. */
static void
they_send(int n)
{
	char bytes[128];

	for (int i = 0; i < n; i++) {
		memset(bytes, i, sizeof(bytes));
		ck_assert_int_eq(send(client, bytes, (size_t)i + 1, 0), i + 1);
	}
}

static bool
cancel(void)
{
	task_cancel(&udp.task);
	return false;
}

static void
run_for(int64_t ns)
{
	actor_start(loop, ns, cancel);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(finished_count, 1);
	echo_udp_service_close(&service);
	loop_close(loop);
}

/* How many answers have come; *sum: of the first bytes in them. */
static int
answers(int *sum)
{
	char byte;
	int n = 0;

	*sum = 0;
	while (recv(client, &byte, 1, 0) == 1) {
		*sum += byte;
		n++;
	}
	return n;
}

static void
ck_answers(int n, int sum)
{
	int got;

	ck_assert_int_eq(answers(&got), n);
	ck_assert_int_eq(got, sum);
	ck_assert_uint_eq(udp.answered, (uint64_t)n);
	ck_assert_uint_eq(service.verdicts[UDP_ANSWER], (uint64_t)n);
}

START_TEST(each_is_answered)
{
	set_up(_i);
	they_send(5);
	run_for(SECONDS(1));
	ck_answers(5, 10);
	ck_assert_uint_eq(udp.received, 5);
	ck_assert_uint_eq(service.received, 5);
	ck_assert_uint_eq(service.bytes, 1 + 2 + 3 + 4 + 5);
	ck_assert_int_lt(backends_waits(), 6);
}
END_TEST

START_TEST(one_that_cannot_be_sent_costs_no_other)
{
	set_up(_i);
	they_send(5);
	send_failures[1] = EPERM; /* the second of three */
	nsend = 3;
	run_for(SECONDS(1));
	ck_answers(4, 10 - 1);
	ck_assert_uint_eq(service.verdicts[UDP_UNSENT], 1);
}
END_TEST

START_TEST(an_answer_that_would_be_a_broadcast_is_counted_so)
{
	set_up(_i);
	they_send(2);
	send_failures[0] = EACCES;
	nsend = 1;
	run_for(SECONDS(1));
	ck_answers(1, 1);
	ck_assert_uint_eq(service.verdicts[UDP_BROADCAST], 1);
}
END_TEST

START_TEST(a_full_socket_is_waited_for)
{
	set_up(_i);
	they_send(5);
	send_failures[0] = EAGAIN;
	send_failures[1] = EINTR;
	nsend = 3;
	run_for(SECONDS(1));
	ck_answers(5, 10);
	ck_assert_uint_eq(service.verdicts[UDP_UNSENT], 0);
}
END_TEST

START_TEST(a_socket_that_stays_full_drops)
{
	set_up(_i);
	they_send(5);
	for (size_t i = 0; i < ARRAY_SIZE(send_failures); i++)
		send_failures[i] = EAGAIN;
	nsend = ARRAY_SIZE(send_failures);
	run_for(SECONDS(1));
	ck_answers(0, 0);
	ck_assert_uint_eq(service.verdicts[UDP_UNSENT], 5);
	ck_assert_int_le(sends, 6);
}
END_TEST

static bool
send_one(void)
{
	they_send(1);
	return false;
}

static bool
heal(void)
{
	receive_error = 0;
	return false;
}

START_TEST(errors_of_the_network_are_harmless)
{
	set_up(_i);
	receive_error = ECONNREFUSED;
	they_send(5);
	actor_start(loop, MILLISECONDS(500), heal);
	run_for(SECONDS(1));
	ck_answers(5, 10);
	ck_assert_int_lt(receives, 100); /* no spinning */
}
END_TEST

START_TEST(what_has_come_is_answered_at_the_end)
{
	set_up(_i);
	they_send(3 * UDP_BATCH + 1);
	task_cancel(&udp.task);
	run_for(0);
	ck_assert_uint_eq(udp.answered, 3 * UDP_BATCH + 1);
}
END_TEST

START_TEST(what_comes_without_end_does_not_hold_up_the_end)
{
	set_up(_i);
	endless = true;
	task_cancel(&udp.task);
	run_for(0);
	ck_assert_int_eq(receives, 256);
	ck_answers(256, 0);
}
END_TEST

START_TEST(what_is_no_socket_does_not_start)
{
	struct echo_udp other = { .service = &service };
	int ends[2];

	set_up(_i);
	ck_assert_int_eq(pipe(ends), 0);
	other.fd = ends[0];
	ck_assert_int_eq(echo_udp_start(loop, &other, NULL), -ENOTSOCK);
	ck_assert_int_eq(close(ends[0]), 0); /* still ours */
	run_for(0);
}
END_TEST

/* With 64 tasks before it: the next one needs a longer heap of timers. */
START_TEST(without_memory_for_its_task_it_does_not_start)
{
	struct echo_udp other = { .service = &service };
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr here = loopback(AF_INET);
	struct waiter others[63];

	set_up(_i);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		waiter_start(&others[i], loop, NULL, elapsed(0), 0);
	other.fd = sock_listen(&here, &options);
	failing_nth_allocation(2); /* the first is the batch */
	ck_assert_int_eq(echo_udp_start(loop, &other, NULL), -ENOMEM);
	ck_assert(failing_end());
	ck_assert_int_eq(close(other.fd), 0); /* still ours */
	run_for(0);
}
END_TEST

START_TEST(what_has_come_to_all_is_left_to_others)
{
	set_up(_i);
	udp.inherited = true;
	they_send(1);
	task_cancel(&udp.task);
	run_for(0);
	ck_answers(0, 0);
}
END_TEST

START_TEST(what_is_not_to_be_answered_is_counted)
{
	set_up(_i);
	config.udp_rate_per_address = 1;
	config.udp_burst_per_address = 2;
	echo_udp_service_configure(&service, &config);
	they_send(5);
	actor_start(loop, MILLISECONDS(1500), send_one);
	run_for(SECONDS(2));
	ck_answers(3, 1);
	ck_assert_uint_eq(udp.received, 6);
	ck_assert_uint_eq(service.verdicts[UDP_RATE], 3);
}
END_TEST

START_TEST(a_burst_or_rate_of_zero_is_no_limit)
{
	set_up(0);
	config.udp_rate_per_address = _i == 0 ? 0 : 1;
	config.udp_burst_per_address = _i == 0 ? 1 : 0;
	echo_udp_service_configure(&service, &config);
	they_send(20);
	run_for(SECONDS(1));
	ck_answers(20, 190);
}
END_TEST

START_TEST(low_ports_are_as_configured)
{
	set_up(0);
	ck_assert(!service.guard.allow_low_ports);
	config.udp_allow_low_ports = true;
	echo_udp_service_configure(&service, &config);
	ck_assert(service.guard.allow_low_ports);
	run_for(0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("echo_udp");
	TCase *tc = tcase_create("echo_udp");
	int n = backends_scripted();

	tcase_add_loop_test(tc, each_is_answered, 0, n);
	tcase_add_loop_test(tc, one_that_cannot_be_sent_costs_no_other, 0, n);
	tcase_add_loop_test(tc, an_answer_that_would_be_a_broadcast_is_counted_so, 0,
	    n);
	tcase_add_loop_test(tc, a_full_socket_is_waited_for, 0, n);
	tcase_add_loop_test(tc, a_socket_that_stays_full_drops, 0, n);
	tcase_add_loop_test(tc, errors_of_the_network_are_harmless, 0, n);
	tcase_add_loop_test(tc, what_has_come_is_answered_at_the_end, 0, n);
	tcase_add_loop_test(tc, what_comes_without_end_does_not_hold_up_the_end, 0, n);
	tcase_add_loop_test(tc, what_is_no_socket_does_not_start, 0, n);
	tcase_add_loop_test(tc, without_memory_for_its_task_it_does_not_start, 0, n);
	tcase_add_loop_test(tc, what_has_come_to_all_is_left_to_others, 0, n);
	tcase_add_loop_test(tc, what_is_not_to_be_answered_is_counted, 0, n);
	tcase_add_loop_test(tc, a_burst_or_rate_of_zero_is_no_limit, 0, 2);
	tcase_add_test(tc, low_ports_are_as_configured);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* Datagrams over loopback. */
#include "net/udp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "net/sock.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

static const int families[] = { AF_INET, AF_INET6 };

static struct udp_batch *batch;
static int server;
static struct addr at; /* where the server is */
static char data[65536], got[65536];

/* ---- what the kernel says can be changed ---- */

static int cut;		  /* every datagram has been cut */
static int to_group;	  /* every datagram came to an IPv6 group */
static int no_info;	  /* control data is lost */
static int refuses = -1;  /* this one of a batch cannot be sent */
static int no_runs;	  /* errno for a message that is to be cut up */
static unsigned messages; /* asked to be sent */

int __real_recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int __wrap_recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int __real_sendmmsg(int, struct mmsghdr *, unsigned, int);
int __wrap_sendmmsg(int, struct mmsghdr *, unsigned, int);

int
__wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t)
{
	int r = __real_recvmmsg(fd, m, n, flags, t);

	for (int i = 0; i < r; i++) {
		if (cut)
			m[i].msg_hdr.msg_flags |= MSG_TRUNC;
		if (to_group)
			memset(CMSG_DATA(CMSG_FIRSTHDR(&m[i].msg_hdr)), 0xff, 16);
		if (no_info)
			m[i].msg_hdr.msg_controllen = 0;
	}
	return r;
}

/* As the kernel does it: what goes before the one that fails is sent. */
int
__wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	int r;

	messages += n;
	if (no_runs != 0 && m->msg_hdr.msg_iovlen > 1) {
		errno = no_runs;
		return -1;
	}
	if (refuses == 0) {
		errno = EPERM;
		return -1;
	}
	if (refuses > 0 && (unsigned)refuses < n)
		n = (unsigned)refuses;
	r = __real_sendmmsg(fd, m, n, flags);
	if (refuses > 0 && r > 0)
		refuses -= r;
	return r;
}

/* ---- */

static void
serve_at(const struct addr *where)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };

	server = sock_listen(where, &options);
	ck_assert_int_ge(server, 0);
	ck_assert_int_eq(sock_local_addr(server, &at), 0);
	ck_assert_int_eq(udp_prepare(server), 0);
	ck_assert_int_eq(udp_batch_open(&batch, server), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31 + i / 256 * 7);
}

static void
serve(int family)
{
	struct addr here = loopback(family);

	serve_at(&here);
}

static void
tear_down(void)
{
	udp_batch_close(batch);
	batch = NULL;
}

/* A client that hears from this address alone. */
static int
client_of(const struct addr *to)
{
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(to->sa.sa_family, SOCK_DGRAM, 0);

	ck_assert_int_eq(connect(fd, &to->sa, addr_len(to)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void
ck_hears(int client, size_t n, size_t offset)
{
	ck_assert_int_eq(recv(client, got, sizeof(got), 0), (ssize_t)n);
	ck_assert_int_eq(memcmp(got, data + offset, n), 0);
}

static void
ck_says(int client, size_t n, size_t offset)
{
	ck_assert_int_eq(send(client, data + offset, n, 0), (ssize_t)n);
}

/* Receive so many, and send them all back. */
static void
answer(int n)
{
	ck_assert_int_eq(udp_receive(batch, server), n);
	for (int i = 0; i < n; i++)
		udp_answer(batch, i);
	ck_assert_int_eq(udp_unsent(batch), n);
	ck_assert_int_eq(udp_send(batch, server), n);
	ck_assert_int_eq(udp_unsent(batch), 0);
	ck_assert_int_eq(udp_send(batch, server), 0);
}

static const struct {
	int family;
	size_t size;
} sizes[] = { { AF_INET, 0 }, { AF_INET, 1 }, { AF_INET, 1472 }, { AF_INET, 65507 },
	{ AF_INET6, 0 }, { AF_INET6, 65507 }, { AF_INET6, 65527 } };

START_TEST(any_size_comes_back_whole)
{
	int client;

	serve(sizes[_i].family);
	client = client_of(&at);
	for (int i = 0; i < 2; i++) { /* the batch is used again */
		ck_says(client, sizes[_i].size, 0);
		answer(1);
		ck_assert_uint_eq(udp_at(batch, 0)->size, sizes[_i].size);
		ck_assert(udp_at(batch, 0)->whole);
		ck_assert(udp_at(batch, 0)->unicast);
		ck_hears(client, sizes[_i].size, 0);
	}
}
END_TEST

START_TEST(each_is_answered_to_its_own_peer)
{
	int clients[UDP_BATCH + 1];
	struct addr peer;

	serve(families[_i]);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = client_of(&at);
		ck_says(clients[i], 100 + i, i);
	}
	answer(UDP_BATCH);
	ck_assert_int_eq(sock_local_addr(clients[3], &peer), 0);
	ck_assert(addr_equal(&udp_at(batch, 3)->peer, &peer));
	answer(1);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		ck_hears(clients[i], 100 + i, i);
	ck_assert_int_eq(udp_receive(batch, server), -EAGAIN);
}
END_TEST

START_TEST(only_what_is_lined_up_is_sent)
{
	int client;

	serve(AF_INET);
	client = client_of(&at);
	for (size_t i = 0; i < 4; i++)
		ck_says(client, 10 + i, i);
	ck_assert_int_eq(udp_receive(batch, server), 4);
	udp_answer(batch, 1);
	udp_answer(batch, 3);
	ck_assert_int_eq(udp_send(batch, server), 2);
	ck_hears(client, 11, 1);
	ck_hears(client, 13, 3);
}
END_TEST

START_TEST(one_that_cannot_be_sent_does_not_hold_up_the_rest)
{
	int client;

	serve(AF_INET);
	client = client_of(&at);
	for (size_t i = 0; i < 4; i++)
		ck_says(client, 10 + i, i);
	ck_assert_int_eq(udp_receive(batch, server), 4);
	for (int i = 0; i < 4; i++)
		udp_answer(batch, i);
	refuses = 2;
	ck_assert_int_eq(udp_send(batch, server), 2);
	ck_assert_int_eq(udp_send(batch, server), -EPERM);
	ck_assert_int_eq(udp_unsent(batch), 2);
	refuses = -1;
	udp_skip(batch);
	ck_assert_int_eq(udp_send(batch, server), 1);
	ck_hears(client, 10, 0);
	ck_hears(client, 11, 1);
	ck_hears(client, 13, 3);
}
END_TEST

/* ---- runs: one message, which the kernel cuts up again ---- */

static const struct {
	unsigned messages;
	int n;
	size_t size[6];
} runs[] = {
	{ 1, 6, { 64, 64, 64, 64, 64, 64 } },
	{ 1, 3, { 64, 64, 1 } },			/* the last may be smaller */
	{ 3, 4, { 64, 1, 1, 64 } },			/* which ends the run */
	{ 2, 3, { 1, 2, 2 } }, { 3, 3, { 64, 0, 64 } }, /* an empty one is no segment */
	{ 2, 2, { 0, 0 } }, { 1, 2, { 1200, 1200 } },
	{ 2, 2, { 1201, 1201 } }, /* might need fragments */
};

START_TEST(a_run_goes_as_one_message)
{
	int client;

	serve(families[_i % 2]);
	client = client_of(&at);
	for (int i = 0; i < runs[_i / 2].n; i++)
		ck_says(client, runs[_i / 2].size[i], (size_t)i);
	answer(runs[_i / 2].n);
	for (int i = 0; i < runs[_i / 2].n; i++)
		ck_hears(client, runs[_i / 2].size[i], (size_t)i);
	ck_assert_uint_eq(messages, runs[_i / 2].messages);
}
END_TEST

START_TEST(a_full_batch_is_one_run)
{
	int client;

	serve(families[_i]);
	client = client_of(&at);
	for (size_t i = 0; i < UDP_BATCH; i++)
		ck_says(client, 1200, i);
	answer(UDP_BATCH);
	for (size_t i = 0; i < UDP_BATCH; i++)
		ck_hears(client, 1200, i);
	ck_assert_uint_eq(messages, 1);
}
END_TEST

START_TEST(a_run_has_one_peer)
{
	int clients[2];

	serve(families[_i]);
	for (size_t i = 0; i < 2; i++)
		clients[i] = client_of(&at);
	for (size_t i = 0; i < 4; i++)
		ck_says(clients[i % 2], 10, i);
	answer(4);
	for (size_t i = 0; i < 4; i++)
		ck_hears(clients[i % 2], 10, i);
	ck_assert_uint_eq(messages, 4);
}
END_TEST

START_TEST(a_run_has_one_source)
{
	struct addr any = addr_any(AF_INET, 0), to = loopback(AF_INET), peer;
	int client;

	serve_at(&any);
	client = client_of(&at);
	addr_set_port(&to, addr_port(&at));
	for (size_t i = 0; i < 2; i++) {
		to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 76 + (uint32_t)i);
		connect(client, &to.sa, addr_len(&to));
		ck_says(client, 10, i);
	}
	ck_assert_int_eq(udp_receive(batch, server), 2);
	udp_answer(batch, 0);
	udp_answer(batch, 1);
	ck_assert_int_eq(udp_send(batch, server), 2);
	ck_assert_uint_eq(messages, 2);
	ck_assert_int_eq(sock_local_addr(client, &peer), 0);
	ck_hears(client, 10, 1);
}
END_TEST

START_TEST(a_system_that_knows_no_runs_is_given_none)
{
	int client;

	serve(AF_INET);
	udp_batch_close(batch);
	failing_each("getsockopt", ENOPROTOOPT);
	ck_assert_int_eq(udp_batch_open(&batch, server), 0);
	failing_end();
	client = client_of(&at);
	for (size_t i = 0; i < 4; i++)
		ck_says(client, 10, i);
	answer(4);
	for (size_t i = 0; i < 4; i++)
		ck_hears(client, 10, i);
	ck_assert_uint_eq(messages, 4);
}
END_TEST

static const int about_runs[] = { EIO, EINVAL, EMSGSIZE, EOPNOTSUPP };

START_TEST(without_runs_all_are_sent_one_by_one)
{
	int client;

	serve(AF_INET);
	client = client_of(&at);
	no_runs = about_runs[_i];
	for (int round = 0; round < 2; round++) {
		messages = 0;
		for (size_t i = 0; i < 4; i++)
			ck_says(client, 10, i);
		answer(4);
		for (size_t i = 0; i < 4; i++)
			ck_hears(client, 10, i);
		ck_assert_uint_eq(messages, 1 + 4); /* the next may go another way */
	}
}
END_TEST

START_TEST(another_error_is_not_about_runs)
{
	int client;

	serve(AF_INET);
	client = client_of(&at);
	for (size_t i = 0; i < 4; i++)
		ck_says(client, 10, i);
	ck_assert_int_eq(udp_receive(batch, server), 4);
	for (int i = 0; i < 4; i++)
		udp_answer(batch, i);
	no_runs = EPERM;
	ck_assert_int_eq(udp_send(batch, server), -EPERM);
	ck_assert_int_eq(udp_unsent(batch), 4);
	no_runs = 0;
	udp_skip(batch);
	messages = 0;
	ck_assert_int_eq(udp_send(batch, server), 3);
	ck_assert_uint_eq(messages, 1);
	for (size_t i = 1; i < 4; i++)
		ck_hears(client, 10, i);
}
END_TEST

START_TEST(the_answer_comes_from_where_the_question_went)
{
	struct addr any = addr_any(AF_INET, 0), to = loopback(AF_INET);
	int client;

	serve_at(&any);
	addr_set_port(&to, addr_port(&at));
	to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 76);
	client = client_of(&to);
	ck_says(client, 5, 0);
	answer(1);
	ck_hears(client, 5, 0);
}
END_TEST

/* ---- one socket for both families, as others may have made it ---- */

static void
serve_both_families(void)
{
	struct addr any = addr_any(AF_INET6, 0);

	server = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int));
	setsockopt(server, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int));
	setsockopt(server, IPPROTO_IP, IP_RECVERR, &(int){ 1 }, sizeof(int));
	setsockopt(server, IPPROTO_IPV6, IPV6_RECVERR, &(int){ 1 }, sizeof(int));
	ck_assert_int_eq(bind(server, &any.sa, addr_len(&any)), 0);
	ck_assert_int_eq(sock_local_addr(server, &at), 0);
	ck_assert_int_eq(udp_prepare(server), 0);
	ck_assert_int_eq(udp_batch_open(&batch, server), 0);
}

START_TEST(both_families_on_one_socket)
{
	struct addr to = loopback(families[_i]), peer;
	int client;

	serve_both_families();
	addr_set_port(&to, addr_port(&at));
	if (families[_i] == AF_INET)
		to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 76);
	client = client_of(&to);
	ck_says(client, 5, 0);
	answer(1);
	ck_hears(client, 5, 0);
	ck_assert_int_eq(sock_local_addr(client, &peer), 0);
	ck_assert(addr_equal(&udp_at(batch, 0)->peer, &peer)); /* not mapped */
	ck_assert(udp_at(batch, 0)->unicast);
}
END_TEST

START_TEST(a_run_has_one_family)
{
	int clients[2];

	serve_both_families();
	for (size_t i = 0; i < 2; i++) {
		struct addr to = loopback(families[i]);

		addr_set_port(&to, addr_port(&at));
		clients[i] = client_of(&to);
		ck_says(clients[i], 10, i);
	}
	answer(2);
	for (size_t i = 0; i < 2; i++)
		ck_hears(clients[i], 10, i);
	ck_assert_uint_eq(messages, 2);
}
END_TEST

START_TEST(it_cannot_broadcast)
{
	int on = 1;
	socklen_t size = sizeof(on);

	serve_both_families();
	ck_assert_int_eq(getsockopt(server, SOL_SOCKET, SO_BROADCAST, &on, &size), 0);
	ck_assert_int_eq(on, 0);
}
END_TEST

/* The queue of such errors would, and recvmmsg(2) does not take them out. */
START_TEST(a_peer_that_is_gone_does_not_make_it_readable)
{
	struct pollfd p = { .events = POLLIN };
	struct addr to = loopback(families[_i]);
	int client;

	serve_both_families();
	addr_set_port(&to, addr_port(&at));
	client = client_of(&to);
	ck_says(client, 5, 0);
	close(client);
	answer(1);
	p.fd = server;
	ck_assert_int_eq(poll(&p, 1, 0), 0);
}
END_TEST

/* ---- what is not for us alone ---- */

static int
sender_to_all(uint32_t host, struct addr *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int));
	*to = (struct addr){ .in = { .sin_family = AF_INET } };
	to->in.sin_addr.s_addr = htonl(host);
	addr_set_port(to, addr_port(&at));
	return fd;
}

START_TEST(a_broadcast_is_told_from_others)
{
	struct addr any = addr_any(AF_INET, 0), to;
	int fd;

	if (_i == 0)
		serve_at(&any);
	else
		serve_both_families();
	fd = sender_to_all(0x7fffffff, &to);
	ck_assert_int_eq(sendto(fd, "x", 1, 0, &to.sa, addr_len(&to)), 1);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->unicast);
}
END_TEST

START_TEST(a_group_is_told_from_others)
{
	struct addr any = addr_any(AF_INET, 0), to;
	struct ip_mreqn group = { .imr_ifindex = 1 };
	int fd;

	if (_i == 0)
		serve_at(&any);
	else
		serve_both_families();
	fd = sender_to_all(0xefff0102, &to);
	group.imr_multiaddr = to.in.sin_addr;
	ck_assert_int_eq(setsockopt(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
			     sizeof(group)),
	    0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group,
			     sizeof(group)),
	    0);
	ck_assert_int_eq(sendto(fd, "x", 1, 0, &to.sa, addr_len(&to)), 1);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->unicast);
}
END_TEST

/* The interface that is everywhere, lo, carries none. */
START_TEST(an_ipv6_group_is_told_from_others)
{
	serve(AF_INET6);
	to_group = 1;
	ck_says(client_of(&at), 1, 0);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->unicast);
}
END_TEST

START_TEST(what_the_kernel_does_not_tell_is_taken_for_the_worst)
{
	serve(AF_INET);
	no_info = 1;
	ck_says(client_of(&at), 1, 0);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->unicast);
}
END_TEST

/* Of IPv4 it comes before the packet info, of IPv6 after it. */
START_TEST(what_else_the_kernel_tells_is_not_taken_for_it)
{
	int client;

	serve(families[_i]);
	setsockopt(server, IPPROTO_IP, IP_RECVTTL, &(int){ 1 }, sizeof(int));
	setsockopt(server, SOL_SOCKET, SO_TIMESTAMP, &(int){ 1 }, sizeof(int));
	if (families[_i] == AF_INET6)
		setsockopt(server, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &(int){ 1 },
		    sizeof(int));
	client = client_of(&at);
	ck_says(client, 5, 0);
	answer(1);
	ck_assert(udp_at(batch, 0)->unicast);
	ck_hears(client, 5, 0);
}
END_TEST

START_TEST(other_control_data_tells_nothing)
{
	struct addr here = loopback(families[_i]);
	struct sock_listen_options options = { .kind = SOCK_UDP };

	serve(families[_i]);
	close(server);
	server = sock_listen(&here, &options); /* not prepared for it */
	ck_assert_int_eq(sock_local_addr(server, &at), 0);
	setsockopt(server, IPPROTO_IP, IP_RECVTTL, &(int){ 1 }, sizeof(int));
	if (families[_i] == AF_INET6)
		setsockopt(server, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &(int){ 1 },
		    sizeof(int));
	ck_says(client_of(&at), 1, 0);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->unicast);
}
END_TEST

/* Each of its calls may. */
START_TEST(preparing_may_fail)
{
	int calls = 0, r;

	serve(families[_i]);
	do {
		failing_nth_of_all(++calls, ENOBUFS);
		r = udp_prepare(server);
	} while (failing_end() && r == -ENOBUFS && calls < 10);
	ck_assert_int_eq(r, 0);
	ck_assert_int_gt(calls, 3);
}
END_TEST

START_TEST(a_batch_wants_memory)
{
	failing_nth_of_all(1, ENOMEM);
	ck_assert_int_eq(udp_batch_open(&batch, server), -ENOMEM);
	ck_assert(failing_end());
	ck_assert_ptr_null(batch);
}
END_TEST

START_TEST(what_was_cut_is_not_whole)
{
	serve(AF_INET);
	cut = 1;
	ck_says(client_of(&at), 1, 0);
	ck_assert_int_eq(udp_receive(batch, server), 1);
	ck_assert(!udp_at(batch, 0)->whole);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("udp");
	TCase *tc = tcase_create("udp");

	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_add_loop_test(tc, any_size_comes_back_whole, 0, ARRAY_SIZE(sizes));
	tcase_add_loop_test(tc, each_is_answered_to_its_own_peer, 0, 2);
	tcase_add_test(tc, only_what_is_lined_up_is_sent);
	tcase_add_test(tc, one_that_cannot_be_sent_does_not_hold_up_the_rest);
	tcase_add_loop_test(tc, a_run_goes_as_one_message, 0, 2 * ARRAY_SIZE(runs));
	tcase_add_loop_test(tc, a_full_batch_is_one_run, 0, 2);
	tcase_add_loop_test(tc, a_run_has_one_peer, 0, 2);
	tcase_add_test(tc, a_run_has_one_source);
	tcase_add_test(tc, a_system_that_knows_no_runs_is_given_none);
	tcase_add_loop_test(tc, without_runs_all_are_sent_one_by_one, 0,
	    ARRAY_SIZE(about_runs));
	tcase_add_test(tc, another_error_is_not_about_runs);
	tcase_add_test(tc, the_answer_comes_from_where_the_question_went);
	tcase_add_loop_test(tc, both_families_on_one_socket, 0, 2);
	tcase_add_test(tc, a_run_has_one_family);
	tcase_add_test(tc, it_cannot_broadcast);
	tcase_add_loop_test(tc, a_peer_that_is_gone_does_not_make_it_readable, 0, 2);
	tcase_add_loop_test(tc, a_broadcast_is_told_from_others, 0, 2);
	tcase_add_loop_test(tc, a_group_is_told_from_others, 0, 2);
	tcase_add_test(tc, an_ipv6_group_is_told_from_others);
	tcase_add_test(tc, what_the_kernel_does_not_tell_is_taken_for_the_worst);
	tcase_add_loop_test(tc, what_else_the_kernel_tells_is_not_taken_for_it, 0, 2);
	tcase_add_loop_test(tc, other_control_data_tells_nothing, 0, 2);
	tcase_add_test(tc, what_was_cut_is_not_whole);
	tcase_add_loop_test(tc, preparing_may_fail, 0, 2);
	tcase_add_test(tc, a_batch_wants_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

#include "net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

static const int families[] = { AF_INET, AF_INET6 };

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void
ck_flags(int fd)
{
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

START_TEST(listens_and_accepts)
{
	struct addr at, peer, client_at;
	int listening = tcp_listener(families[_i], &at), client, fd;

	ck_assert_uint_ne(addr_port(&at), 0);
	ck_flags(listening);
	ck_assert_int_eq(sock_accept(listening, &peer), -EAGAIN);

	client = tcp_connect(&at);
	fd = sock_accept(listening, &peer);
	ck_assert_int_ge(fd, 0);
	ck_flags(fd);
	ck_assert_int_eq(sock_local_addr(client, &client_at), 0);
	ck_assert(addr_equal(&peer, &client_at));
}
END_TEST

START_TEST(both_families_can_have_the_same_port)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct addr at, other;
	int six, four = -EADDRINUSE;

	/* Somebody else may have that port in the other family. */
	for (int tries = 0; four == -EADDRINUSE && tries < 100; tries++) {
		at = addr_any(AF_INET6, 0);
		six = sock_listen(&at, &options);
		ck_assert_int_ge(six, 0);
		ck_assert_int_eq(option(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
		ck_assert_int_eq(sock_local_addr(six, &at), 0);
		other = addr_any(AF_INET, addr_port(&at));
		four = sock_listen(&other, &options);
	}
	ck_assert_int_ge(four, 0);
}
END_TEST

START_TEST(port_in_use)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct addr at;
	int before;

	tcp_listener(AF_INET, &at);
	before = open_descriptors();
	ck_assert_int_eq(sock_listen(&at, &options), -EADDRINUSE);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(port_is_free_again_at_once)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct addr at, peer;
	int listening = tcp_listener(AF_INET, &at), client = tcp_connect(&at);

	close(sock_accept(listening, &peer)); /* ours is in TIME-WAIT from here */
	close(client);
	close(listening);
	ck_assert_int_ge(sock_listen(&at, &options), 0);
}
END_TEST

START_TEST(port_can_be_shared)
{
	struct sock_listen_options options = { .backlog = 1, .reuse_port = true };
	struct addr at = loopback(AF_INET);
	int fd = sock_listen(&at, &options);

	ck_assert_int_eq(sock_local_addr(fd, &at), 0);
	ck_assert_int_ge(sock_listen(&at, &options), 0);
}
END_TEST

START_TEST(an_address_may_come_later)
{
	struct sock_listen_options options = { .backlog = 1,
		.kind = (enum sock_kind)_i };
	struct addr four, six;

	ck_assert_int_eq(addr_parse(&four, "192.0.2.1:0"), 0);
	ck_assert_int_eq(addr_parse(&six, "[2001:db8::1]:0"), 0);
	ck_assert_int_ge(sock_listen(&four, &options), 0);
	ck_assert_int_ge(sock_listen(&six, &options), 0);
}
END_TEST

/* Each word of these but one is zero: they are not the wildcard. */
START_TEST(only_all_zeros_is_the_wildcard)
{
	static const char *const foreign[] = { "[100::]:0", "[0:0:1::]:0",
		"[0:0:0:0:0:1::]:0", "[::192.0.2.1]:0" };
	struct sock_listen_options options = { .backlog = 1 };
	struct addr at;
	int fd;

	ck_assert_int_eq(addr_parse(&at, foreign[_i]), 0);
	fd = sock_listen(&at, &options);
	ck_assert_int_ge(fd, 0); /* although it is not of this machine */
	ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_FREEBIND), 1);
}
END_TEST

/* Let each call on its way to a listening socket fail, one after the other. */
START_TEST(listening_fails_without_a_trace)
{
	struct sock_listen_options options = { .backlog = 1, .reuse_port = true };
	struct addr at = loopback(families[_i]);
	int before = open_descriptors(), calls = 0, fd;

	do {
		failing_nth_of_all(++calls, ENOBUFS);
		fd = sock_listen(&at, &options);
		if (!failing_end())
			break;
		ck_assert_int_eq(fd, -ENOBUFS);
		ck_assert_int_eq(open_descriptors(), before);
	} while (calls < 100);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(calls, 6);
}
END_TEST

/* ---- both families ---- */

static const int missing[] = { EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT };

START_TEST(one_family_is_enough)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct sock_both both;

	failing_nth("socket", 1, missing[_i]);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), 0);
	ck_assert(failing_end());
	ck_assert_int_eq(both.v6, -missing[_i]);
	ck_assert_int_ge(both.v4, 0);

	failing_nth("bind", 2, missing[_i]);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), 0);
	ck_assert(failing_end());
	ck_assert_int_ge(both.v6, 0);
	ck_assert_int_eq(both.v4, -missing[_i]);
}
END_TEST

START_TEST(one_family_is_needed)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct sock_both both;

	failing_each("socket", missing[_i]);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), -missing[_i]);
}
END_TEST

START_TEST(a_family_that_fails_is_not_missing)
{
	struct sock_listen_options options = { .backlog = 1 };
	int before = open_descriptors();
	struct sock_both both;

	failing_nth("bind", 1 + _i, EACCES);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), -EACCES);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(another_port_is_tried_when_one_is_taken)
{
	struct sock_listen_options options = { .backlog = 1 };
	int before = open_descriptors();
	struct sock_both both;

	failing_nth("bind", 2, EADDRINUSE);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), 0);
	ck_assert(failing_end());
	close(both.v4);
	close(both.v6);
	failing_each("bind", EADDRINUSE);
	ck_assert_int_eq(sock_listen_both(&both, 0, &options), -EADDRINUSE);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* ---- datagrams ---- */

START_TEST(a_datagram_socket_is_bound)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr at = loopback(families[_i]);
	int fd = sock_listen(&at, &options);

	ck_assert_int_ge(fd, 0);
	ck_flags(fd);
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(sock_local_addr(fd, &at), 0);
	ck_assert_uint_ne(addr_port(&at), 0);
	ck_assert_int_eq(sock_listen(&at, &options), -EADDRINUSE);
}
END_TEST

START_TEST(a_datagram_socket_has_room_for_a_burst)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr at = loopback(AF_INET);
	int ours = sock_listen(&at, &options), most = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(most, SOL_SOCKET, SO_RCVBUF, &(int){ 4 * 1024 * 1024 }, sizeof(int));
	ck_assert_int_eq(option(ours, SOL_SOCKET, SO_RCVBUF),
	    option(most, SOL_SOCKET, SO_RCVBUF));
}
END_TEST

START_TEST(a_datagram_port_can_be_shared)
{
	struct sock_listen_options options = { .kind = SOCK_UDP, .reuse_port = true };
	struct addr at = loopback(AF_INET);
	int fd = sock_listen(&at, &options);

	ck_assert_int_eq(sock_local_addr(fd, &at), 0);
	ck_assert_int_ge(sock_listen(&at, &options), 0);
}
END_TEST

START_TEST(datagrams_of_both_families_on_one_port)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr four, six;
	struct sock_both both;

	ck_assert_int_eq(sock_listen_both(&both, 0, &options), 0);
	ck_assert_int_eq(sock_local_addr(both.v4, &four), 0);
	ck_assert_int_eq(sock_local_addr(both.v6, &six), 0);
	ck_assert_uint_eq(addr_port(&four), addr_port(&six));
}
END_TEST

/* ---- sockets of others ---- */

static int
bound_unix(int type)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	/* A name of the kernel's choice, and no file. */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t)), 0);
	return fd;
}

static void
ck_adopts(int fd, enum sock_kind expected)
{
	enum sock_kind kind = 99;

	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
	ck_assert_int_eq(sock_adopt(fd, &kind), 0);
	ck_assert_int_eq(kind, expected);
	ck_flags(fd);
}

START_TEST(sockets_of_each_kind_are_adopted)
{
	struct sock_listen_options options = { .kind = SOCK_UDP };
	struct addr at, any = loopback(families[_i]);
	int fd = bound_unix(SOCK_STREAM);

	ck_assert_int_eq(listen(fd, 1), 0);
	ck_adopts(fd, SOCK_UNIX);
	ck_adopts(tcp_listener(families[_i], &at), SOCK_TCP);
	ck_adopts(sock_listen(&any, &options), SOCK_UDP);
}
END_TEST

START_TEST(nothing_else_is_adopted)
{
	const int others[] = { bound_unix(SOCK_STREAM), bound_unix(SOCK_DGRAM),
		bound_unix(SOCK_SEQPACKET), socket(AF_INET, SOCK_STREAM, 0),
		socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET6, SOCK_DGRAM, 0),
		open("/dev/null", O_RDWR) };
	enum sock_kind kind = 99;

	listen(others[2], 1);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ck_assert_msg(sock_adopt(others[i], &kind) ==
			(i + 1 < ARRAY_SIZE(others) ? -EINVAL : -ENOTSOCK),
		    "%zu", i);
	ck_assert_int_eq(sock_adopt(-1, &kind), -EBADF);
	ck_assert_int_eq(kind, 99);
}
END_TEST

/* Of kinds that not every machine has. */
START_TEST(what_only_looks_like_ours_is_not_adopted)
{
	struct sock_listen_options options = { .backlog = 1,
		.kind = _i == 0 ? SOCK_TCP : SOCK_UDP };
	struct addr at = loopback(AF_INET);
	enum sock_kind kind = 99;

	if (_i == 0)
		failing_lie(SO_DOMAIN, AF_VSOCK);
	else
		failing_lie(SO_PROTOCOL, IPPROTO_UDPLITE);
	ck_assert_int_eq(sock_adopt(sock_listen(&at, &options), &kind), -EINVAL);
	ck_assert_int_eq(kind, 99);
}
END_TEST

START_TEST(adopting_fails_when_it_cannot_be_made_ready)
{
	static const struct {
		const char *call;
		int n;
	} steps[] = { { "fcntl", 2 }, { "fcntl", 3 }, { "setsockopt", 1 } };
	enum sock_kind kind;
	struct addr at;
	int fd = tcp_listener(AF_INET, &at);

	failing_nth(steps[_i].call, steps[_i].n, ENOMEM);
	ck_assert_int_eq(sock_adopt(fd, &kind), -ENOMEM);
	ck_assert(failing_end());
}
END_TEST

START_TEST(mapped_peer_is_unmapped)
{
	struct addr at = addr_any(AF_INET6, 0), four = loopback(AF_INET), peer;
	int listening = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 },
			     sizeof(int)),
	    0);
	ck_assert_int_eq(bind(listening, &at.sa, addr_len(&at)), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(sock_local_addr(listening, &at), 0);
	addr_set_port(&four, addr_port(&at));
	tcp_connect(&four);
	ck_assert_int_ge(sock_accept(listening, &peer), 0);
	ck_assert_int_eq(peer.sa.sa_family, AF_INET);
	ck_assert_uint_eq(peer.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}
END_TEST

START_TEST(options_are_set_on_and_off)
{
	int ours, theirs;

	tcp_pair(&ours, &theirs);
	for (int i = 3; i >= 0; i--) {
		bool nodelay = i & 1, keepalive = i & 2;

		sock_set_stream_options(ours,
		    &(struct sock_stream_options){ nodelay, keepalive });
		ck_assert_int_eq(option(ours, IPPROTO_TCP, TCP_NODELAY), nodelay);
		ck_assert_int_eq(option(ours, SOL_SOCKET, SO_KEEPALIVE), keepalive);
	}
}
END_TEST

START_TEST(options_are_added)
{
	int ours, theirs;

	tcp_pair(&ours, &theirs);
	sock_add_stream_options(ours, &(struct sock_stream_options){ false, false });
	ck_assert_int_eq(option(ours, IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_eq(option(ours, SOL_SOCKET, SO_KEEPALIVE), 0);
	sock_add_stream_options(ours, &(struct sock_stream_options){ .nodelay = true });
	ck_assert_int_eq(option(ours, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option(ours, SOL_SOCKET, SO_KEEPALIVE), 0);
	sock_add_stream_options(ours,
	    &(struct sock_stream_options){ .keepalive = true });
	ck_assert_int_eq(option(ours, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option(ours, SOL_SOCKET, SO_KEEPALIVE), 1);
}
END_TEST

START_TEST(a_backlog_is_counted)
{
	struct addr at, peer;
	int listening = tcp_listener(AF_INET, &at);

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(sock_backlog(listening), i);
		tcp_connect(&at);
	}
	for (int i = 5; i > 0; i--) {
		ck_assert_int_eq(sock_backlog(listening), i);
		ck_assert_int_ge(sock_accept(listening, &peer), 0);
	}
	ck_assert_int_eq(sock_backlog(listening), 0);
	ck_assert_int_eq(sock_backlog(socket(AF_UNIX, SOCK_STREAM, 0)), -EOPNOTSUPP);
}
END_TEST

START_TEST(urgent_data_stays_in_the_stream)
{
	struct pollfd p = { .events = POLLIN };
	char got[8] = "";
	int ours, theirs;

	tcp_pair(&ours, &theirs);
	sock_add_stream_options(ours, &(struct sock_stream_options){ .nodelay = true });
	ck_assert_int_eq(send(theirs, "ab", 2, 0), 2);
	ck_assert_int_eq(send(theirs, "!", 1, MSG_OOB), 1);
	ck_assert_int_eq(send(theirs, "cd", 2, 0), 2);
	p.fd = ours;
	for (size_t n = 0; n < 5;) {
		ck_assert_int_eq(poll(&p, 1, 1000), 1);
		n += (size_t)recv(ours, got + n, sizeof(got) - 1 - n, 0);
	}
	ck_assert_str_eq(got, "ab!cd");
}
END_TEST

START_TEST(unsent_is_what_the_peer_has_not_taken)
{
	static char data[1024 * 1024];
	int ours, theirs, unsent;

	tcp_narrow_pair(&ours, &theirs);
	ck_assert_int_eq(sock_unsent(ours), 0);
	ck_assert_int_gt(send(ours, data, sizeof(data), 0), 0);
	unsent = sock_unsent(ours);
	ck_assert_int_gt(unsent, 0);
	while (recv(theirs, data, sizeof(data), 0) > 0)
		;
	ck_assert_int_lt(sock_unsent(ours), unsent);
	ck_assert_int_eq(sock_unsent(-1), -EBADF);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sock");
	TCase *tc = tcase_create("sock");

	tcase_add_loop_test(tc, listens_and_accepts, 0, ARRAY_SIZE(families));
	tcase_add_test(tc, both_families_can_have_the_same_port);
	tcase_add_test(tc, port_in_use);
	tcase_add_test(tc, port_is_free_again_at_once);
	tcase_add_test(tc, port_can_be_shared);
	tcase_add_loop_test(tc, an_address_may_come_later, SOCK_TCP, SOCK_UDP + 1);
	tcase_add_loop_test(tc, only_all_zeros_is_the_wildcard, 0, 4);
	tcase_add_loop_test(tc, listening_fails_without_a_trace, 0,
	    ARRAY_SIZE(families));
	tcase_add_loop_test(tc, one_family_is_enough, 0, ARRAY_SIZE(missing));
	tcase_add_loop_test(tc, one_family_is_needed, 0, ARRAY_SIZE(missing));
	tcase_add_loop_test(tc, a_family_that_fails_is_not_missing, 0, 2);
	tcase_add_test(tc, another_port_is_tried_when_one_is_taken);
	tcase_add_loop_test(tc, a_datagram_socket_is_bound, 0, ARRAY_SIZE(families));
	tcase_add_test(tc, a_datagram_socket_has_room_for_a_burst);
	tcase_add_test(tc, a_datagram_port_can_be_shared);
	tcase_add_test(tc, datagrams_of_both_families_on_one_port);
	tcase_add_loop_test(tc, sockets_of_each_kind_are_adopted, 0,
	    ARRAY_SIZE(families));
	tcase_add_test(tc, nothing_else_is_adopted);
	tcase_add_loop_test(tc, what_only_looks_like_ours_is_not_adopted, 0, 2);
	tcase_add_loop_test(tc, adopting_fails_when_it_cannot_be_made_ready, 0, 3);
	tcase_add_test(tc, mapped_peer_is_unmapped);
	tcase_add_test(tc, options_are_set_on_and_off);
	tcase_add_test(tc, options_are_added);
	tcase_add_test(tc, a_backlog_is_counted);
	tcase_add_test(tc, urgent_data_stays_in_the_stream);
	tcase_add_test(tc, unsent_is_what_the_peer_has_not_taken);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

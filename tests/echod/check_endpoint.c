/* Addresses to listen on, where a family or memory is missing, or somebody else bound. */
#include "echod/endpoint.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "echod/config_listen.h"
#include "net/sock.h"
#include "support/captured.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

/* These names are the linker's. */
#pragma GCC diagnostic ignored "-Wpedantic"

/* ---- a machine that lacks a family ---- */

static int v4_error, v6_error;

int __wrap_sock_listen_both(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options);
int __real_sock_listen_both(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options);

static int
listen_on(const char *text, const struct sock_listen_options *options)
{
	struct addr at;
	int fd;

	ck_assert_int_eq(addr_parse(&at, text), 0);
	fd = sock_listen(&at, options);
	ck_assert_int_ge(fd, 0);
	return fd;
}

int
__wrap_sock_listen_both(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options)
{
	if (v4_error == 0 && v6_error == 0)
		return __real_sock_listen_both(ret, port, options);
	/* Of what family they really are is no matter here. */
	ret->v4 = v4_error != 0 ? v4_error : listen_on("127.0.0.1:0", options);
	ret->v6 = v6_error != 0 ? v6_error : listen_on("127.0.0.1:0", options);
	return 0;
}

/* ---- */

static struct endpoint_list list = LIST_HEAD_INITIALIZER(list);

static struct config_listen
entry(char *text)
{
	struct config_listen l;

	ck_assert_ptr_null(config_listen_parse(&l, text));
	return l;
}

/* Returns how many there were. */
static int
drop_all(void)
{
	struct endpoint *e;
	int n = 0;

	while ((e = LIST_FIRST(&list)) != NULL) {
		LIST_REMOVE(e, others);
		endpoint_free(e);
		n++;
	}
	return n;
}

static char both[] = "*:0", path[64];

START_TEST(one_family_is_enough)
{
	struct config_listen what = entry(both);
	int log = stderr_becomes_pipe();
	struct config config;

	config_defaults(&config);
	log_open(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	v6_error = -EAFNOSUPPORT;
	ck_assert_int_eq(endpoint_open(&list, &what, &config), 0);
	ck_assert(matches(captured(log), "no IPv6 here .*: listening on IPv4 alone"));
	ck_assert_int_eq(drop_all(), 1);

	v6_error = 0;
	v4_error = -EADDRNOTAVAIL;
	ck_assert_int_eq(endpoint_open(&list, &what, &config), 0);
	ck_assert(matches(captured(log), "no IPv4 here .*: listening on IPv6 alone"));
	ck_assert_int_eq(drop_all(), 1);
}
END_TEST

/* So that whoever comes at once has them too. */
START_TEST(a_socket_has_its_options_before_it_listens)
{
	struct config_listen what = entry(both);
	struct config config;
	int value = 0;
	socklen_t size = sizeof(value);

	log_open(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
	config_defaults(&config);
	config.stream.keepalive = true;
	ck_assert_int_eq(endpoint_open(&list, &what, &config), 0);
	ck_assert_int_eq(getsockopt(LIST_FIRST(&list)->fd, SOL_SOCKET, SO_KEEPALIVE,
			     &value, &size),
	    0);
	ck_assert_int_eq(value, 1);
	drop_all();
}
END_TEST

static char *const kinds[] = { both, path };

START_TEST(out_of_memory_nothing_is_left)
{
	int before = open_descriptors(), n, r;
	struct config_listen what;
	struct config config;

	snprintf(path, sizeof(path), "unix:/tmp/echod-check-%d.sock", getpid());
	what = entry(kinds[_i]);
	config_defaults(&config);
	for (n = 1;; n++) {
		failing_nth_allocation(n);
		r = endpoint_open(&list, &what, &config);
		if (!failing_end())
			break; /* there are not that many */
		ck_assert_int_eq(r, -ENOMEM);
		drop_all();
		ck_assert_int_eq(open_descriptors(), before);
		ck_assert_int_lt(access(path + strlen("unix:"), F_OK), 0);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_gt(n, 2);
	drop_all();
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* ---- what an inherited one stands for ---- */

static const struct {
	const char *is;
	bool dual_stack;
	const char *wanted;
	bool covered;
} pairs[] = {
	{ "127.0.0.1:8000", false, "127.0.0.1:8000", true },
	{ "127.0.0.1:8000", false, "127.0.0.1:8001", false },
	{ "127.0.0.1:8000", false, "127.0.0.2:8000", false },
	{ "127.0.0.1:8000", false, "udp:127.0.0.1:8000", false },
	{ "127.0.0.1:8000", false, "*:8000", false },
	{ "0.0.0.0:8000", false, "*:8000", true },
	{ "0.0.0.0:8000", false, "*:8001", false },
	{ "0.0.0.0:8000", false, "[::]:8000", false },
	{ "[::]:8000", true, "*:8000", true },
	{ "[::]:8000", true, "[::]:8000", true },
	{ "[::]:8000", true, "0.0.0.0:8000", true },
	{ "[::]:8000", true, "0.0.0.0:8001", false },
	{ "[::]:8000", true, "127.0.0.1:8000", false },
	{ "[::]:8000", false, "0.0.0.0:8000", false },
	{ "[::1]:8000", true, "0.0.0.0:8000", false },
	{ "udp:[::1]:8000", false, "udp:[::1]:8000", true },
	{ "udp:[::1]:8000", false, "[::1]:8000", false },
	{ "unix:/run/e", false, "unix:/run/e", true },
	{ "unix:/run/e", false, "unix:/run/f", false },
	{ "unix:/run/e", false, "127.0.0.1:8000", false },
};

static bool
covers(const char *is, struct endpoint e, const char *wanted)
{
	char texts[2][40];
	struct config_listen at, what;

	at = entry(strcpy(texts[0], is));
	what = entry(strcpy(texts[1], wanted));
	e.kind = at.kind;
	e.name = texts[0];
	e.at = e.configured = at.addr;
	e.both = at.both;
	return endpoint_covers(&e, &what);
}

START_TEST(an_inherited_one_covers_what_it_is)
{
	struct endpoint e = { .inherited = true, .dual_stack = pairs[_i].dual_stack };

	ck_assert(covers(pairs[_i].is, e, pairs[_i].wanted) == pairs[_i].covered);
}
END_TEST

START_TEST(a_mapped_address_is_ipv4)
{
	struct addr at = addr_any(AF_INET6, 0);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	char wanted[40];
	struct config_listen what;

	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:127.0.0.1", &at.in6.sin6_addr), 1);
	ck_assert_int_eq(bind(fd, &at.sa, addr_len(&at)), 0);
	ck_assert_int_eq(sock_local_addr(fd, &at), 0);
	snprintf(wanted, sizeof(wanted), "udp:127.0.0.1:%d", addr_port(&at));
	what = entry(wanted);
	ck_assert_int_eq(endpoint_inherit(&list, fd), 0);
	ck_assert_str_eq(LIST_FIRST(&list)->name, wanted);
	ck_assert(endpoint_covers(LIST_FIRST(&list), &what));
	drop_all();
}
END_TEST

/* ---- what one of ours stands for ---- */

static const struct {
	const char *is, *wanted;
	bool covered;
} own_pairs[] = {
	{ "127.0.0.1:0", "127.0.0.1:0", true },
	{ "127.0.0.1:0", "127.0.0.1:00", true },
	{ "127.0.0.1:0", "[::ffff:127.0.0.1]:0", true },
	{ "127.0.0.1:0", "127.0.0.1:1", false },
	{ "127.0.0.1:0", "127.0.0.2:0", false },
	{ "127.0.0.1:0", "udp:127.0.0.1:0", false },
	{ "[::1]:0", "[0::1]:0", true },
	{ "[fe80::1%1]:0", "[fe80:0::1%1]:0", true },
	{ "[fe80::1%1]:0", "[fe80::1%2]:0", false },
	{ "*:0", "*:00", true },
	{ "*:0", "0.0.0.0:0", false },
	{ "0.0.0.0:0", "*:0", false },
	{ "unix:/tmp", "127.0.0.1:0", false },
};

/* Interfaces are named by their index. */
unsigned __wrap_if_nametoindex(const char *name);

unsigned
__wrap_if_nametoindex(const char *name)
{
	return (unsigned)atoi(name);
}

START_TEST(one_of_ours_covers_what_is_the_same_address)
{
	struct endpoint e = { .inherited = false };

	ck_assert(covers(own_pairs[_i].is, e, own_pairs[_i].wanted) ==
	    own_pairs[_i].covered);
}
END_TEST

START_TEST(a_unix_socket_covers_what_leads_to_its_file)
{
	struct config_listen what;
	struct config config;
	struct endpoint *e;

	config_defaults(&config);
	snprintf(path, sizeof(path), "unix:/tmp/echod-check-%d.sock", getpid());
	what = entry(path);
	ck_assert_int_eq(endpoint_open(&list, &what, &config), 0);
	e = LIST_FIRST(&list);
	ck_assert(endpoint_covers(e, &what));
	ck_assert_int_eq(unlink(what.path), 0);
	ck_assert(!endpoint_covers(e, &what));
	ck_assert_int_eq(symlink("elsewhere", what.path), 0);
	ck_assert(!endpoint_covers(e, &what));
	unlink(what.path);
	drop_all();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("endpoint");
	TCase *tc = tcase_create("endpoint");

	tcase_add_test(tc, one_family_is_enough);
	tcase_add_test(tc, a_socket_has_its_options_before_it_listens);
	tcase_add_loop_test(tc, out_of_memory_nothing_is_left, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(tc, an_inherited_one_covers_what_it_is, 0,
	    ARRAY_SIZE(pairs));
	tcase_add_test(tc, a_mapped_address_is_ipv4);
	tcase_add_loop_test(tc, one_of_ours_covers_what_is_the_same_address, 0,
	    ARRAY_SIZE(own_pairs));
	tcase_add_test(tc, a_unix_socket_covers_what_leads_to_its_file);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

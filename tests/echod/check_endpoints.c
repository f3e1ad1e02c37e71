/* The socket options of connections, whatever they came by; and how listening ends. */
#include "echod/endpoints.h"

#include <check.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"
#include "echod/config_listen.h"
#include "support/run.h"
#include "support/tcp.h"

static struct config config;
static struct endpoints set;
static struct echo_udp_service udp; /* that nothing comes for */

/* What the last connection was found to have, and what happens then. */
static struct options {
	int nodelay, keepalive, urgent_inline;
} found;
static void (*next)(void);

static int
option(int fd, int level, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	getsockopt(fd, level, name, &value, &size); /* a kind without it has it off */
	return value;
}

static void
accepted(struct endpoints *of, int fd, const struct addr *peer)
{
	(void)of;
	(void)peer;
	found.nodelay = option(fd, IPPROTO_TCP, TCP_NODELAY);
	found.keepalive = option(fd, SOL_SOCKET, SO_KEEPALIVE);
	found.urgent_inline = option(fd, SOL_SOCKET, SO_OOBINLINE);
	close(fd);
	next();
}

static void
close_all(void)
{
	endpoints_close(&set);
}

static void
set_up(bool nodelay, bool keepalive, char *listen)
{
	log_open(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
	config_defaults(&config);
	config.stream = (struct sock_stream_options){ nodelay, keepalive };
	if (listen != NULL)
		ck_assert_ptr_null(config_listen_add(&config, listen));
	set = (struct endpoints){ .udp = &udp, .accepted = accepted };
	ck_assert_int_eq(loop_open(&set.loop, &(struct loop_options){ 0 }), 0);
	next = close_all;
}

/* Returns what the last of the connections had. */
static struct options
run(void)
{
	ck_assert_int_eq(loop_run(set.loop), 0);
	loop_close(set.loop);
	config_release(&config);
	return found;
}

static int
connect_there(void)
{
	return tcp_connect(&LIST_FIRST(&set.list)->at);
}

static char here[] = "127.0.0.1:0";

START_TEST(our_own_sockets_hand_them_on)
{
	bool nodelay = _i & 1, keepalive = _i & 2;
	struct options o;

	set_up(nodelay, keepalive, here);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	connect_there();
	o = run();
	ck_assert_int_eq(o.nodelay, nodelay);
	ck_assert_int_eq(o.keepalive, keepalive);
	ck_assert_int_eq(o.urgent_inline, 1);
}
END_TEST

static void
reload_and_connect(void)
{
	struct sock_stream_options *o = &config.stream;

	*o = (struct sock_stream_options){ !o->nodelay, !o->keepalive };
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	next = close_all;
	connect_there();
}

START_TEST(a_reload_changes_them)
{
	bool nodelay = _i & 1, keepalive = _i & 2;
	struct options o;

	set_up(nodelay, keepalive, here);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	next = reload_and_connect;
	connect_there();
	o = run();
	ck_assert_int_eq(o.nodelay, !nodelay);
	ck_assert_int_eq(o.keepalive, !keepalive);
}
END_TEST

/* A connection that waits since before the socket was ours, and has what that had. */
static void
inherit(bool keepalive)
{
	struct addr at = loopback(AF_INET);
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listening, SOL_SOCKET, SO_KEEPALIVE, &(int){ keepalive },
	    sizeof(int));
	ck_assert_int_eq(bind(listening, &at.sa, addr_len(&at)), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(sock_local_addr(listening, &at), 0);
	tcp_connect(&at);
	ck_assert_int_eq(endpoints_inherit(&set, listening, 1), 0);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
}

START_TEST(to_what_came_early_they_are_added)
{
	struct options o;

	set_up(true, true, NULL);
	inherit(false);
	o = run();
	ck_assert_int_eq(o.nodelay, 1);
	ck_assert_int_eq(o.keepalive, 1);
	ck_assert_int_eq(o.urgent_inline, 1);
}
END_TEST

START_TEST(what_the_service_manager_set_stays)
{
	struct options o;

	set_up(false, false, NULL);
	inherit(true);
	o = run();
	ck_assert_int_eq(o.nodelay, 0);
	ck_assert_int_eq(o.keepalive, 1);
}
END_TEST

/* ---- what is inherited for nothing ---- */

START_TEST(it_is_closed_before_others_are_opened)
{
	struct sock_listen_options options = { .backlog = 1 };
	struct addr any = addr_any(AF_INET, 0);
	int listening = sock_listen(&any, &options);
	char text[32];

	ck_assert_int_eq(sock_local_addr(listening, &any), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%d", addr_port(&any));
	set_up(true, false, text);
	ck_assert_int_eq(endpoints_inherit(&set, listening, 1), 0);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	ck_assert_str_eq(LIST_FIRST(&set.list)->name, text);
	connect_there();
	ck_assert_int_eq(run().nodelay, 1);
}
END_TEST

/* ---- the file of a UNIX socket ---- */

static char unix_text[64]; /* of `listen` */
static const char *unix_path;

static void
connect_unix(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", unix_path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
}

/* One that has been opened, and a connection that waits there. */
static void
set_up_unix(void)
{
	snprintf(unix_text, sizeof(unix_text), "unix:/tmp/echod-check-%d.sock",
	    getpid());
	unix_path = unix_text + strlen("unix:");
	set_up(true, true, unix_text);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	connect_unix();
}

START_TEST(a_unix_socket_has_what_its_kind_has)
{
	struct options o;

	set_up_unix();
	o = run();
	ck_assert_int_eq(o.nodelay, 0);
	ck_assert_int_eq(o.keepalive, 1);
	ck_assert_int_eq(o.urgent_inline, 1);
}
END_TEST

START_TEST(who_waits_is_accepted_when_nobody_else_can_come)
{
	set_up_unix();
	endpoints_close(&set);
	ck_assert_int_ne(access(unix_path, F_OK), 0);
	ck_assert_int_eq(run().keepalive, 1);
}
END_TEST

START_TEST(a_reload_closes_the_way_as_well)
{
	struct config other;

	set_up_unix();
	config_defaults(&other);
	other.stream = config.stream;
	ck_assert_ptr_null(config_listen_add(&other, here));
	ck_assert_int_eq(endpoints_update(&set, &other), 0);
	ck_assert_int_ne(access(unix_path, F_OK), 0);
	ck_assert_int_eq(run().keepalive, 1);
	config_release(&other);
}
END_TEST

static void
wait_for_another(void)
{
	next = close_all;
}

/* Who waits at the old one is accepted, and the file of the new one stays. */
START_TEST(a_reload_makes_a_file_that_is_gone)
{
	set_up_unix();
	ck_assert_int_eq(unlink(unix_path), 0);
	ck_assert_int_eq(endpoints_update(&set, &config), 0);
	connect_unix();
	next = wait_for_another;
	ck_assert_int_eq(run().keepalive, 1);
	ck_assert_int_ne(access(unix_path, F_OK), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("endpoints");
	TCase *tc = tcase_create("socket options");

	tcase_add_loop_test(tc, our_own_sockets_hand_them_on, 0, 4);
	tcase_add_loop_test(tc, a_reload_changes_them, 0, 4);
	tcase_add_test(tc, to_what_came_early_they_are_added);
	tcase_add_test(tc, what_the_service_manager_set_stays);
	tcase_add_test(tc, a_unix_socket_has_what_its_kind_has);
	suite_add_tcase(suite, tc);
	tc = tcase_create("what is inherited for nothing");
	tcase_add_test(tc, it_is_closed_before_others_are_opened);
	suite_add_tcase(suite, tc);
	tc = tcase_create("the file of a UNIX socket");
	tcase_add_test(tc, who_waits_is_accepted_when_nobody_else_can_come);
	tcase_add_test(tc, a_reload_closes_the_way_as_well);
	tcase_add_test(tc, a_reload_makes_a_file_that_is_gone);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

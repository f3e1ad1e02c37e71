/* The server when its loop fails, and when there is no memory for a connection. */
#include "echod/server.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "echod/config_listen.h"
#include "echod/server_accept.h"
#include "support/captured.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

/* These names are the linker's. */
#pragma GCC diagnostic ignored "-Wpedantic"

/* ---- a loop that fails ---- */

static int failures; /* so many times from now */

int __wrap_loop_run(struct loop *loop);
int __real_loop_run(struct loop *loop);

int
__wrap_loop_run(struct loop *loop)
{
	if (failures == 0)
		return __real_loop_run(loop);
	failures--;
	return -EIO;
}

/* ---- */

static struct server server;
static int log_pipe, descriptors_before;

static void
set_up(void)
{
	struct config config;

	log_pipe = stderr_becomes_pipe();
	log_open(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	descriptors_before = open_descriptors();
	config_defaults(&config);
	ck_assert_ptr_null(config_listen_add(&config, "127.0.0.1:0"));
	ck_assert_int_eq(server_open(&server, &config, 0), 0);
}

static void
tear_down(void)
{
	server_close(&server);
	ck_assert_int_eq(open_descriptors(), descriptors_before);
}

START_TEST(a_loop_that_fails_ends_the_server)
{
	const char *said;

	set_up();
	failures = 1;
	ck_assert_int_eq(server_run(&server), -EIO);
	said = captured(log_pipe);
	ck_assert(matches(said, "error: the event loop failed: Input/output error"));
	ck_assert(matches(said, "info: task server"));
	tear_down();
}
END_TEST

START_TEST(a_loop_that_fails_for_good_is_left)
{
	struct loop *loop;

	set_up();
	loop = server.loop;
	failures = 2;
	ck_assert_int_eq(server_run(&server), -EIO);
	server_close(&server);

	/* What it had to leave. */
	ck_assert_int_gt(open_descriptors(), descriptors_before);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_close(loop);
	ck_assert_int_eq(open_descriptors(), descriptors_before);
}
END_TEST

/* ---- connections ---- */

#define MANY 100 /* enough for each table of the loop to grow */

static struct addr peer;

/*
 * A connection comes, and the n-th allocation for it fails.  Returns their end of
 * it; *failed: whether there were so many.
 */
static int
deliver(int n, bool *failed)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	failing_nth_allocation(n);
	server_accepted(&server.endpoints, ends[0], &peer);
	*failed = failing_end();
	return ends[1];
}

static void
ck_refused(int theirs)
{
	char byte;

	ck_assert_int_eq(recv(theirs, &byte, 1, 0), 0);
	ck_assert_int_eq(tally_count(&server.addresses, &peer), 0);
	close(theirs);
}

static void
ck_served(int theirs)
{
	char byte;

	ck_assert_int_lt(recv(theirs, &byte, 1, 0), 0);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(tally_count(&server.addresses, &peer), 1);
	close(theirs);
}

/* One comes again and again, until it finds memory.  Returns how often it did not. */
static int
insist(void)
{
	bool failed;
	int theirs;

	for (int n = 1;; n++) {
		theirs = deliver(n, &failed);
		if (!failed) {
			ck_served(theirs);
			return n - 1;
		}
		ck_refused(theirs);
	}
}

START_TEST(without_memory_a_connection_is_refused)
{
	int refused = 0, most = 0;
	char text[32];

	set_up();
	for (int i = 1; i <= MANY; i++) {
		int n;

		snprintf(text, sizeof(text), "192.0.2.%d:5000", i);
		ck_assert_int_eq(addr_parse(&peer, text), 0);
		n = insist();
		ck_assert_int_ge(n, 3); /* for itself and its address */
		most = n > most ? n : most;
		refused += n;
		ck_assert_uint_eq(server.stats.connections, (uint64_t)i);
	}
	ck_assert_int_gt(most, 3); /* and for the loop */
	ck_assert_uint_eq(server.stats.accepted, MANY);
	ck_assert_uint_eq(server.stats.refused, (uint64_t)refused);
	ck_assert_uint_eq(server.stats.ended[REASON_ERROR], (uint64_t)refused);
	ck_assert(matches(captured(log_pipe),
	    "refused 192.0.2.1:5000: error \\(Cannot allocate memory\\)"));
	tear_down();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("server");
	TCase *tc = tcase_create("server");

	tcase_add_test(tc, a_loop_that_fails_ends_the_server);
	tcase_add_test(tc, a_loop_that_fails_for_good_is_left);
	tcase_add_test(tc, without_memory_a_connection_is_refused);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

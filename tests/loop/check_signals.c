/* Signals as a task, on each real backend. */
#include "loop/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "support/actors.h"
#include "support/backends.h"
#include "support/failing.h"
#include "support/run.h"
#include "support/tcp.h"

static struct signals signals;
static char came[8]; /* in this order */

static void
hang_up(void *arg)
{
	strcat(arg, "h");
}

static void
user(void *arg)
{
	strcat(arg, "u");
}

static void
terminate(void *arg)
{
	strcat(arg, "t");
	task_cancel(&signals.task);
}

static const struct signal_action actions[] = { { SIGHUP, hang_up }, { SIGUSR1, user },
	{ SIGTERM, terminate }, { 0, NULL } };

static void
begin(void)
{
	signals_block(actions);
}

START_TEST(each_does_what_the_table_says)
{
	struct loop *loop = backends_open_loop(_i, 0);
	int before = open_descriptors();

	raise(SIGHUP); /* even before it is listened for */
	ck_assert_int_eq(signals_start(&signals, loop, NULL, actions, came), 0);
	raise(SIGTERM);
	run_to_the_end(loop);
	ck_assert_str_eq(came, "ht"); /* the kernel has the lower number first */
	ck_assert_int_lt(signals.fd, 0);
	ck_assert_int_le(open_descriptors(), before);
}
END_TEST

START_TEST(a_broken_pipe_kills_nobody)
{
	raise(SIGPIPE);
}
END_TEST

static const struct {
	const char *call;
	int err;
} obstacles[] = { { "signalfd", EMFILE }, { "realloc", ENOMEM } };

START_TEST(what_fails_to_start_leaves_nothing)
{
	struct loop *loop = backends_open_loop(0, 0);
	int before = open_descriptors();

	failing_nth(obstacles[_i].call, 1, obstacles[_i].err);
	ck_assert_int_eq(signals_start(&signals, loop, NULL, actions, came),
	    -obstacles[_i].err);
	ck_assert(failing_end());
	ck_assert_int_eq(open_descriptors(), before);
	run_to_the_end(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signals");
	TCase *tc = tcase_create("signals");

	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_loop_test(tc, each_does_what_the_table_says, 0, backends_scripted());
	tcase_add_test(tc, a_broken_pipe_kills_nobody);
	tcase_add_loop_test(tc, what_fails_to_start_leaves_nothing, 0, 2);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

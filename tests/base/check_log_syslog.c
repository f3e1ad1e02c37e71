/* The syslog sink of log_sink.c; this program plays the daemon. */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/captured.h"
#include "support/run.h"

static char dir[] = "/tmp/check_log_XXXXXX";

static void
enter_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	log_open(LOG_LEVEL_INFO, LOG_TARGET_SYSLOG);
}

static void
remove_dir(void)
{
	unlink(SYSLOG_SOCKET);
	rmdir(dir);
}

/* Play the syslog daemon; returns its socket. */
static int
syslog_starts(void)
{
	const struct sockaddr_un at = { AF_UNIX, SYSLOG_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink(SYSLOG_SOCKET);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The next datagram, without waiting; "" if there is none. */
static const char *
received(int fd)
{
	static char text[2048];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(syslog_gets_rfc_3164)
{
	int daemon = syslog_starts();
	char expected[128];
	const char *text;

	log_warning("hello");
	text = received(daemon);
	snprintf(expected, sizeof(expected),
	    "^<28>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} %.32s\\[%d\\]: hello$",
	    program_invocation_short_name, getpid());
	ck_assert_msg(matches(text, expected), "%s, not %s", text, expected);
}
END_TEST

START_TEST(syslog_daemon_can_be_restarted)
{
	int daemon = syslog_starts();

	log_info("one");
	ck_assert(matches(received(daemon), ": one$"));
	close(daemon);
	log_info("lost");
	ck_assert_uint_eq(log_dropped(), 1);

	daemon = syslog_starts();
	log_info("two");
	ck_assert(matches(received(daemon), ": 1 lines of log were lost$"));
	ck_assert(matches(received(daemon), ": two$"));
}
END_TEST

START_TEST(syslog_daemon_that_stands_still)
{
	int daemon = syslog_starts();

	while (log_dropped() == 0) /* a test that blocks fails by Check's time limit */
		log_info("x");
	while (*received(daemon) != '\0')
		;
	log_info("again");
	ck_assert(matches(received(daemon), ": 1 lines of log were lost$"));
	ck_assert(matches(received(daemon), ": again$"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_syslog");
	TCase *tc = tcase_create("syslog");

	tcase_add_checked_fixture(tc, enter_dir, remove_dir);
	tcase_add_test(tc, syslog_gets_rfc_3164);
	tcase_add_test(tc, syslog_daemon_can_be_restarted);
	tcase_add_test(tc, syslog_daemon_that_stands_still);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* Standard error, whatever it is: it may not block, kill, or lose a line in silence. */
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "support/captured.h"
#include "support/run.h"

#define STAMP "[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}[+-][0-9]{4} "

/* A test that blocks fails by Check's time limit. */
static void
fill(void)
{
	while (log_dropped() == 0)
		log_info("%0900d", 1);
}

/* Fill it, drain it, and see that it works again and tells of what was lost. */
static void
ck_survives_stalled_reader(int out)
{
	const char *text;
	char last[8192];

	fill();
	log_info("lost too");
	do {
		text = captured(out);
		snprintf(last, sizeof(last), "%s", text);
	} while (*text != '\0');
	log_info("again");
	snprintf(last, sizeof(last), "%s", captured(out));
	ck_assert_msg(matches(last,
			  "^\r?\n?" STAMP "warning: 2 lines of log were lost\r?\n" STAMP
			  "info: again\r?\n$"),
	    "%s", last);
}

/* ---- standard error ---- */

START_TEST(line_has_local_time_and_level)
{
	int out = stderr_becomes_pipe();
	struct tm tm = { 0 };
	const char *text, *rest;
	time_t stamp;

	setenv("TZ", "ABC-05:30", 1);
	log_info("hello");
	text = captured(out);
	ck_assert_msg(matches(text, "^" STAMP "info: hello\n$"), "%s", text);
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	stamp = timegm(&tm) - (5 * 3600 + 30 * 60);
	ck_assert_int_le(labs(time(NULL) - stamp), 2);
	ck_assert_msg(matches(rest, "^\\.[0-9]{3}\\+0530 "), "%s", text);
}
END_TEST

START_TEST(journal_is_the_stream_so_named)
{
	int out = stderr_becomes_pipe();
	char stream[64];
	struct stat st;

	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_info("to the journal");
	ck_assert_str_eq(captured(out), "<6>to the journal\n");

	log_open(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
	log_info("x");
	ck_assert(matches(captured(out), "^" STAMP));

	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_LEVEL_INFO, LOG_TARGET_AUTO);
	log_info("x");
	ck_assert(matches(captured(out), "^" STAMP));
}
END_TEST

START_TEST(pipe_that_nobody_reads)
{
	ck_survives_stalled_reader(stderr_becomes_pipe());
}
END_TEST

START_TEST(pipe_that_cannot_be_opened_anew)
{
	int out = stderr_becomes_pipe();

	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 3, 64 });
	ck_survives_stalled_reader(out);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 });
}
END_TEST

START_TEST(pipe_without_a_reader)
{
	close(stderr_becomes_pipe());
	log_info("lost, and no SIGPIPE");
	ck_assert_uint_eq(log_dropped(), 1);
}
END_TEST

/* A bare chroot has none. */
static bool
have_terminals(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0) {
		puts("# SKIP terminals: there is no /dev/pts");
		return false;
	}
	close(master);
	return true;
}

START_TEST(terminal_that_stands_still)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	stderr_becomes(open(ptsname(master), O_RDWR | O_NOCTTY));
	ck_survives_stalled_reader(master);
}
END_TEST

START_TEST(terminal_that_is_gone)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	grantpt(master);
	unlockpt(master);
	stderr_becomes(open(ptsname(master), O_RDWR | O_NOCTTY));
	close(master);
	log_info("lost");
	ck_assert_uint_eq(log_dropped(), 1);
}
END_TEST

START_TEST(socket_that_nobody_reads)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	stderr_becomes(ends[1]);
	ck_survives_stalled_reader(ends[0]);
}
END_TEST

START_TEST(socket_without_a_reader)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	stderr_becomes(ends[1]);
	close(ends[0]);
	log_info("lost, and no SIGPIPE");
	ck_assert_uint_eq(log_dropped(), 1);
}
END_TEST

START_TEST(file_gets_every_line)
{
	FILE *file = tmpfile();

	stderr_becomes(dup(fileno(file)));
	log_info("one");
	log_info("two");
	rewind(file);
	ck_assert(matches(captured(fileno(file)), "info: one\n.* info: two\n$"));
}
END_TEST

START_TEST(full_device)
{
	stderr_becomes(open("/dev/full", O_WRONLY));
	log_info("lost");
	log_info("lost");
	ck_assert_uint_eq(log_dropped(), 2);
}
END_TEST

START_TEST(closed_descriptor)
{
	close(STDERR_FILENO);
	log_info("lost");
	ck_assert_uint_eq(log_dropped(), 1);
}
END_TEST

START_TEST(torn_line_does_not_tear_the_next)
{
	FILE *file = tmpfile();
	const char *text;

	stderr_becomes(dup(fileno(file)));
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 20, RLIM_INFINITY });
	log_info("torn");
	log_info("lost");
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	log_info("again");
	log_info("and again");

	rewind(file);
	text = captured(fileno(file));
	ck_assert_msg(matches(text,
			  "^.{20}\n" STAMP "warning: 2 lines of log were lost\n" STAMP
			  "info: again\n" STAMP "info: and again\n$"),
	    "%s", text);
}
END_TEST

START_TEST(stderr_itself_stays_as_it_is)
{
	stderr_becomes_pipe();
	log_info("x");
	ck_assert(!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK));
}
END_TEST

static int
lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

START_TEST(opening_again_leaks_nothing)
{
	int first;

	stderr_becomes_pipe();
	first = lowest_free_fd();
	for (int i = 0; i < 3; i++) {
		log_open(LOG_LEVEL_INFO, LOG_TARGET_SYSLOG);
		ck_assert(fcntl(first, F_GETFD) & FD_CLOEXEC);
		log_open(LOG_LEVEL_INFO, LOG_TARGET_AUTO);
		ck_assert(fcntl(first, F_GETFD) & FD_CLOEXEC);
	}
	ck_assert_int_eq(lowest_free_fd(), first + 1);
}
END_TEST

START_TEST(without_a_descriptor_for_syslog_it_stays_stderr)
{
	struct rlimit limit, none;
	int out = stderr_becomes_pipe();

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(log_open(LOG_LEVEL_INFO, LOG_TARGET_SYSLOG), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	log_info("here");
	ck_assert(matches(captured(out), "^[^\n]* info: here\n$"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_sink");
	TCase *err = tcase_create("stderr");

	unsetenv("JOURNAL_STREAM");
	tcase_add_test(err, line_has_local_time_and_level);
	tcase_add_test(err, journal_is_the_stream_so_named);
	tcase_add_test(err, pipe_that_nobody_reads);
	tcase_add_test(err, pipe_that_cannot_be_opened_anew);
	tcase_add_test(err, pipe_without_a_reader);
	if (have_terminals()) {
		tcase_add_test(err, terminal_that_stands_still);
		tcase_add_test(err, terminal_that_is_gone);
	}
	tcase_add_test(err, socket_that_nobody_reads);
	tcase_add_test(err, socket_without_a_reader);
	tcase_add_test(err, file_gets_every_line);
	tcase_add_test(err, full_device);
	tcase_add_test(err, closed_descriptor);
	tcase_add_test(err, torn_line_does_not_tear_the_next);
	tcase_add_test(err, stderr_itself_stays_as_it_is);
	tcase_add_test(err, opening_again_leaks_nothing);
	tcase_add_test(err, without_a_descriptor_for_syslog_it_stays_stderr);
	suite_add_tcase(suite, err);
	return run_suite(suite);
}

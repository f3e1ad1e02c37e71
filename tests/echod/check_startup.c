/* The beginning, on a machine whose answers are the test's. */
#include "echod/startup.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "support/captured.h"
#include "support/run.h"

/* ---- the machine ---- */

static struct {
	struct rlimit limit;
	bool limit_unknown;
	bool may_raise; /* the hard limit */
	uid_t user;
	int file_error;	 /* of a look at SYSCONFDIR/echod.conf; 0: it is there */
	bool has_syslog; /* /dev/log */
	bool no_null;	 /* nor any other device */
	bool no_socket;
	const char *loaded;
} machine;

int __wrap_getrlimit(int what, struct rlimit *ret);
int __real_getrlimit(int what, struct rlimit *ret);
int __wrap_setrlimit(int what, const struct rlimit *limit);
int __real_setrlimit(int what, const struct rlimit *limit);
uid_t __wrap_geteuid(void);
int __wrap_open(const char *path, int flags);
int __real_open(const char *path, int flags);
int __wrap_socket(int domain, int type, int protocol);
int __real_socket(int domain, int type, int protocol);
int __wrap_lstat(const char *path, struct stat *ret);
int __real_lstat(const char *path, struct stat *ret);
int __wrap_access(const char *path, int mode);
int __real_access(const char *path, int mode);
int __wrap_config_load(struct config *ret, const char *path, config_complaint *complain,
    void *arg);

int
__wrap_getrlimit(int what, struct rlimit *ret)
{
	if (what != RLIMIT_NOFILE)
		return __real_getrlimit(what, ret); /* this program's own affairs */
	*ret = machine.limit;
	return machine.limit_unknown ? -1 : 0;
}

int
__wrap_setrlimit(int what, const struct rlimit *limit)
{
	if (what != RLIMIT_NOFILE)
		return __real_setrlimit(what, limit);
	ck_assert_uint_le(limit->rlim_cur, limit->rlim_max);
	if (limit->rlim_max > machine.limit.rlim_max && !machine.may_raise) {
		errno = EPERM;
		return -1;
	}
	machine.limit = *limit;
	return 0;
}

uid_t
__wrap_geteuid(void)
{
	return machine.user;
}

int
__wrap_open(const char *path, int flags)
{
	if (machine.no_null && strncmp(path, "/dev/", 5) == 0) {
		errno = ENOENT;
		return -1;
	}
	return __real_open(path, flags);
}

int
__wrap_socket(int domain, int type, int protocol)
{
	if (machine.no_socket) {
		errno = EMFILE;
		return -1;
	}
	return __real_socket(domain, type, protocol);
}

int
__wrap_lstat(const char *path, struct stat *ret)
{
	if (strcmp(path, SYSCONFDIR "/echod.conf") != 0)
		return __real_lstat(path, ret);
	errno = machine.file_error;
	return errno == 0 ? 0 : -1;
}

int
__wrap_access(const char *path, int mode)
{
	if (strcmp(path, "/dev/log") != 0)
		return __real_access(path, mode);
	errno = ENOENT;
	return machine.has_syslog ? 0 : -1;
}

int
__wrap_config_load(struct config *ret, const char *path, config_complaint *complain,
    void *arg)
{
	(void)complain, (void)arg;
	machine.loaded = path;
	config_defaults(ret);
	ret->port = 7777;
	return 0;
}

/* ---- which configuration ---- */

static struct config
configured(struct options *options)
{
	struct config c;

	ck_assert_int_eq(startup_config(&c, options, NULL, NULL), 0);
	return c;
}

START_TEST(a_file_that_is_named_is_read)
{
	ck_assert_int_eq(
	    configured(&(struct options){ .config = "mine", .port = -1 }).port, 7777);
	ck_assert_str_eq(machine.loaded, "mine");
}
END_TEST

START_TEST(without_a_name_it_is_the_usual_one)
{
	ck_assert_int_eq(configured(&(struct options){ .port = -1 }).port, 7777);
	ck_assert_str_eq(machine.loaded, SYSCONFDIR "/echod.conf");
}
END_TEST

/* It may say who is let in: to do without it would be to let everybody in. */
START_TEST(one_that_cannot_be_seen_is_not_missing)
{
	machine.file_error = EACCES;
	ck_assert_int_eq(configured(&(struct options){ .port = -1 }).port, 7777);
}
END_TEST

START_TEST(what_was_read_once_is_needed_from_then_on)
{
	struct options options = { .port = -1 };

	configured(&options);
	machine.file_error = ENOENT;
	ck_assert_int_eq(configured(&options).port, 7777);
}
END_TEST

START_TEST(without_any_it_is_the_defaults)
{
	struct options options = { .port = -1 };
	struct config c;

	machine.file_error = ENOENT;
	c = configured(&options);

	ck_assert_ptr_null(machine.loaded);
	ck_assert_int_eq(c.port, 8000);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_INFO);
}
END_TEST

START_TEST(the_command_line_wins)
{
	struct config c = configured(&(struct options){
	    .config = "mine", .port = 0, .verbose = true });

	ck_assert_int_eq(c.port, 0);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_DEBUG);
}
END_TEST

/* ---- descriptors ---- */

static const char *
raise_for(int64_t max_connections)
{
	struct config c;
	int log = stderr_becomes_pipe();

	config_defaults(&c);
	c.max_connections = max_connections;
	startup_log(&c);
	startup_descriptors(&c);
	return captured(log);
}

START_TEST(enough_descriptors_are_left_alone)
{
	machine.limit = (struct rlimit){ 1064, 5000 };
	ck_assert_str_eq(raise_for(1000), "");
	ck_assert_uint_eq(machine.limit.rlim_cur, 1064);
	ck_assert_uint_eq(machine.limit.rlim_max, 5000);
}
END_TEST

START_TEST(the_soft_limit_is_raised)
{
	machine.limit = (struct rlimit){ 1063, 5000 };
	ck_assert_str_eq(raise_for(1000), "");
	ck_assert_uint_eq(machine.limit.rlim_cur, 1064);
	ck_assert_uint_eq(machine.limit.rlim_max, 5000);
}
END_TEST

START_TEST(root_raises_the_hard_limit)
{
	machine.limit = (struct rlimit){ 100, 200 };
	machine.may_raise = true;
	ck_assert_str_eq(raise_for(1000), "");
	ck_assert_uint_eq(machine.limit.rlim_cur, 1064);
	ck_assert_uint_eq(machine.limit.rlim_max, 1064);
}
END_TEST

START_TEST(others_get_what_there_is_and_are_told)
{
	machine.limit = (struct rlimit){ 100, 200 };
	ck_assert(matches(raise_for(1000),
	    "max_connections = 1000 needs 1064 descriptors, but the limit is 200 "));
	ck_assert_uint_eq(machine.limit.rlim_cur, 200);
	ck_assert_uint_eq(machine.limit.rlim_max, 200);
}
END_TEST

START_TEST(an_unknown_limit_is_left_alone)
{
	machine.limit_unknown = true;
	machine.limit = (struct rlimit){ 100, 200 };
	ck_assert_str_eq(raise_for(1000), "");
	ck_assert_uint_eq(machine.limit.rlim_cur, 100);
}
END_TEST

/* With none to be had, it gives up and leaves those there are. */
START_TEST(no_descriptor_for_stdio_is_no_end)
{
	struct rlimit before, three;

	ck_assert_int_eq(__real_getrlimit(RLIMIT_NOFILE, &before), 0);
	three = (struct rlimit){ 3, before.rlim_max };
	ck_assert_int_eq(__real_setrlimit(RLIMIT_NOFILE, &three), 0);
	startup_stdio();
	ck_assert_int_eq(__real_setrlimit(RLIMIT_NOFILE, &before), 0);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
}
END_TEST

/* Or the first sockets would have their numbers, and a client get the log. */
START_TEST(without_a_null_device_the_numbers_are_taken)
{
	machine.no_null = true;
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	startup_stdio();
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_int_lt(write(STDERR_FILENO, "", 1), 0);
}
END_TEST

/* ---- root ---- */

static const char *
said_of_root(uid_t user, const char *invocation)
{
	struct options options = { .config = "mine" };
	struct config c;
	int log = stderr_becomes_pipe();

	machine.user = user;
	unsetenv("INVOCATION_ID");
	if (invocation != NULL)
		setenv("INVOCATION_ID", invocation, 1);
	config_defaults(&c);
	startup_log(&c);
	startup_remarks(&options);
	return captured(log);
}

START_TEST(root_is_warned_unless_a_service)
{
	ck_assert(matches(said_of_root(0, NULL), "running as root"));
	ck_assert_str_eq(said_of_root(0, "0123abcd"), "");
	ck_assert_str_eq(said_of_root(1000, NULL), "");
}
END_TEST

START_TEST(the_defaults_are_told_of)
{
	struct options options = { 0 };
	int log = stderr_becomes_pipe();

	machine.user = 1000;
	startup_remarks(&options);
	ck_assert(matches(captured(log),
	    "info: no .*/echod.conf: the defaults hold\n$"));
}
END_TEST

/* ---- the log ---- */

static const char *
said_of_syslog(enum log_target target, bool has_syslog)
{
	struct config c;
	int log = stderr_becomes_pipe();

	machine.has_syslog = has_syslog;
	config_defaults(&c);
	c.log_target = target;
	startup_log(&c);
	return captured(log);
}

START_TEST(a_missing_syslog_daemon_is_told_of)
{
	ck_assert_str_eq(said_of_syslog(LOG_TARGET_SYSLOG, true), "");
	ck_assert_str_eq(said_of_syslog(LOG_TARGET_STDERR, false), "");
	ck_assert(matches(said_of_syslog(LOG_TARGET_SYSLOG, false),
	    "warning: no syslog daemon yet \\(/dev/log: No such file or "
	    "directory\\)\n$"));
}
END_TEST

/* As at a reload while connections have all descriptors. */
START_TEST(without_a_socket_for_syslog_the_log_stays_where_it_is)
{
	machine.no_socket = true;
	ck_assert(matches(said_of_syslog(LOG_TARGET_SYSLOG, true),
	    "warning: the log stays at stderr: Too many open files\n$"));
}
END_TEST

/* At a reload, that would be the end of all service. */
START_TEST(a_full_stderr_is_not_waited_for)
{
	static const char much[4096];
	struct config c;

	stderr_becomes_pipe();
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, much, sizeof(much)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, 0);
	machine.has_syslog = false;
	config_defaults(&c);
	c.log_target = LOG_TARGET_SYSLOG;
	startup_log(&c);
	ck_assert_uint_eq(log_dropped(), 1);
}
END_TEST

/* ---- the end ---- */

static const struct {
	int r, status;
} ends[] = {
	{ 0, EX_OK },
	{ -EADDRINUSE, EX_UNAVAILABLE },
	{ -EADDRNOTAVAIL, EX_UNAVAILABLE },
	{ -EAFNOSUPPORT, EX_UNAVAILABLE },
	{ -EACCES, EX_NOPERM },
	{ -EPERM, EX_NOPERM },
	{ -ENOMEM, EX_OSERR },
	{ -EMFILE, EX_OSERR },
};

START_TEST(each_end_has_its_status)
{
	ck_assert_int_eq(startup_exit_status(ends[_i].r), ends[_i].status);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("startup");
	TCase *config = tcase_create("configuration"), *limit = tcase_create("limits"),
	      *rest = tcase_create("rest");

	tcase_add_test(config, a_file_that_is_named_is_read);
	tcase_add_test(config, without_a_name_it_is_the_usual_one);
	tcase_add_test(config, one_that_cannot_be_seen_is_not_missing);
	tcase_add_test(config, what_was_read_once_is_needed_from_then_on);
	tcase_add_test(config, without_any_it_is_the_defaults);
	tcase_add_test(config, the_command_line_wins);
	suite_add_tcase(suite, config);
	tcase_add_test(limit, enough_descriptors_are_left_alone);
	tcase_add_test(limit, the_soft_limit_is_raised);
	tcase_add_test(limit, root_raises_the_hard_limit);
	tcase_add_test(limit, others_get_what_there_is_and_are_told);
	tcase_add_test(limit, an_unknown_limit_is_left_alone);
	tcase_add_test(limit, no_descriptor_for_stdio_is_no_end);
	tcase_add_test(limit, without_a_null_device_the_numbers_are_taken);
	suite_add_tcase(suite, limit);
	tcase_add_test(rest, root_is_warned_unless_a_service);
	tcase_add_test(rest, the_defaults_are_told_of);
	tcase_add_test(rest, a_missing_syslog_daemon_is_told_of);
	tcase_add_test(rest, without_a_socket_for_syslog_the_log_stays_where_it_is);
	tcase_add_test(rest, a_full_stderr_is_not_waited_for);
	tcase_add_loop_test(rest, each_end_has_its_status, 0, ARRAY_SIZE(ends));
	suite_add_tcase(suite, rest);
	return run_suite(suite);
}

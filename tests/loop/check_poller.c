/* What poller.h promises, of every backend in this build, with real descriptors. */
#include "loop/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "support/failing.h"
#include "support/run.h"

#define EPOLL_PWAIT2 441 /* its number; alpha alone has another */
#define ROOM	     64
#define MANY	     5100 /* descriptors, and a number beyond FD_SETSIZE */

static const struct poller_ops *ops;
static struct poller *poller;
static struct poller_event events[MANY];
static int here, there; /* a socket pair */

/* The backends of this build. */
static const char *const names[] = { "select", "epoll" };

static int
backends(void)
{
	return poller_find("epoll") != NULL ? 2 : 1;
}

static void
begin(int i)
{
	int ends[2];

	ops = poller_find(names[i]);
	ck_assert_int_eq(ops->open(&poller), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     0, ends),
	    0);
	here = ends[0];
	there = ends[1];
}

static void
end(void)
{
	ops->close(poller);
	close(here);
	close(there);
}

static void
watch(int fd, unsigned want)
{
	ck_assert_int_eq(ops->watch(poller, fd, want), 0);
}

/* What a look without sleeping says of fd; nothing else may be reported. */
static unsigned
ready(int fd)
{
	int n = ops->wait(poller, events, ROOM, 0);

	ck_assert_int_ge(n, 0);
	ck_assert_int_le(n, 1);
	if (n == 0)
		return 0;
	ck_assert_int_eq(events[0].fd, fd);
	ck_assert_uint_ne(events[0].ready, 0);
	return events[0].ready;
}

static void
put(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void
take(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void
fill(int fd)
{
	static const char zeros[65536];

	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
}

/* ---- what is reported ---- */

START_TEST(reports_for_as_long_as_it_is_so)
{
	begin(_i);
	watch(here, IO_READ);
	ck_assert_uint_eq(ready(here), 0);
	put(there);
	ck_assert_uint_eq(ready(here), IO_READ);
	ck_assert_uint_eq(ready(here), IO_READ);
	take(here);
	ck_assert_uint_eq(ready(here), 0);
	end();
}
END_TEST

START_TEST(reports_no_more_than_is_watched)
{
	begin(_i);
	put(there);
	watch(here, IO_WRITE);
	ck_assert_uint_eq(ready(here), IO_WRITE);
	watch(here, IO_READ | IO_WRITE);
	ck_assert_uint_eq(ready(here), IO_READ | IO_WRITE);
	watch(here, IO_READ);
	ck_assert_uint_eq(ready(here), IO_READ);
	fill(here);
	watch(here, IO_READ | IO_WRITE);
	ck_assert_uint_eq(ready(here), IO_READ);
	watch(here, 0);
	ck_assert_uint_eq(ready(here), 0);
	watch(here, IO_READ);
	ck_assert_uint_eq(ready(here), IO_READ);
	end();
}
END_TEST

START_TEST(watching_nothing_silences_even_a_hang_up)
{
	begin(_i);
	watch(here, IO_READ);
	close(there);
	there = -1;
	ck_assert_uint_eq(ready(here), IO_READ);
	watch(here, 0);
	ck_assert_uint_eq(ready(here), 0);
	end();
}
END_TEST

START_TEST(hung_up_is_ready_for_all_that_is_watched)
{
	begin(_i);
	fill(here);
	watch(here, IO_READ | IO_WRITE);
	ck_assert_uint_eq(ready(here), 0);
	close(there); /* with bytes unread */
	there = -1;
	ck_assert_uint_eq(ready(here), IO_READ | IO_WRITE);
	watch(here, IO_WRITE);
	ck_assert_uint_eq(ready(here), IO_WRITE);
	end();
}
END_TEST

/* All that a full pipe without a reader reports is an error. */
START_TEST(failed_is_ready_for_what_is_watched)
{
	int ends[2];

	begin(_i);
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	fill(ends[1]);
	watch(ends[1], IO_WRITE);
	ck_assert_uint_eq(ready(ends[1]), 0);
	close(ends[0]);
	ck_assert_uint_eq(ready(ends[1]), IO_WRITE);
	watch(ends[1], 0);
	close(ends[1]);

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	watch(ends[0], IO_READ);
	close(ends[1]); /* an empty pipe without a writer only hangs up */
	ck_assert_uint_eq(ready(ends[0]), IO_READ);
	watch(ends[0], 0);
	close(ends[0]);
	end();
}
END_TEST

START_TEST(a_number_can_be_used_again)
{
	int again;

	begin(_i);
	watch(here, IO_READ | IO_WRITE);
	watch(here, 0);
	close(here);
	again = fcntl(there, F_DUPFD_CLOEXEC, here);
	ck_assert_int_eq(again, here);
	ck_assert_uint_eq(ready(here), 0);
	watch(here, IO_WRITE);
	ck_assert_uint_ne(ready(here), 0);
	end();
}
END_TEST

START_TEST(taking_away_what_was_never_watched_is_fine)
{
	begin(_i);
	watch(here, 0);
	watch(MANY, 0);
	watch(here, IO_READ);
	watch(here, 0);
	watch(here, 0);
	ck_assert_uint_eq(ready(here), 0);
	end();
}
END_TEST

START_TEST(refuses_a_descriptor_that_is_not_open)
{
	begin(_i);
	ck_assert_int_eq(ops->watch(poller, MANY, IO_READ), -EBADF);
	ck_assert_uint_eq(ready(here), 0);
	end();
}
END_TEST

/* select(2) calls a regular file ready; epoll(7) refuses it. */
START_TEST(a_regular_file_is_always_ready_or_refused)
{
	FILE *file = tmpfile();
	int r;

	begin(_i);
	ck_assert_ptr_nonnull(file);
	r = ops->watch(poller, fileno(file), IO_READ);
	if (strcmp(ops->name, "epoll") == 0)
		ck_assert_int_eq(r, -EPERM);
	else
		ck_assert_uint_eq(ready(fileno(file)), IO_READ);
	end();
	fclose(file);
}
END_TEST

/* ---- many descriptors ---- */

static void
allow(rlim_t descriptors)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_ge(limit.rlim_max, descriptors);
	limit.rlim_cur = descriptors;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(numbers_beyond_FD_SETSIZE)
{
	static const int numbers[] = { 63, 64, 1023, 1024, 1025, 2048, 4095, MANY };

	begin(_i);
	allow(MANY + 1);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		ck_assert_int_eq(dup2(here, numbers[i]), numbers[i]);
		watch(numbers[i], IO_READ | IO_WRITE);
		ck_assert_uint_eq(ready(numbers[i]), IO_WRITE);
		watch(numbers[i], IO_READ);
		ck_assert_uint_eq(ready(numbers[i]), 0);
		put(there);
		ck_assert_uint_eq(ready(numbers[i]), IO_READ);
		take(here);
		watch(numbers[i], 0);
		close(numbers[i]);
	}
	end();
}
END_TEST

START_TEST(numbers_far_apart_are_each_met_once)
{
	static const int numbers[] = { 64, 128, 1000, MANY };
	int met = 0;

	begin(_i);
	allow(MANY + 1);
	put(there);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		ck_assert_int_eq(dup2(here, numbers[i]), numbers[i]);
		watch(numbers[i], IO_READ | IO_WRITE);
	}
	for (int round = 0; round < 5; round++) {
		ck_assert_int_eq(ops->wait(poller, events, ROOM, 0), 4);
		for (int i = 0; i < 4; i++)
			met += events[i].fd;
	}
	ck_assert_int_eq(met, 5 * (64 + 128 + 1000 + MANY));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		watch(numbers[i], 0);
		close(numbers[i]);
	}
	end();
}
END_TEST

/* Copies of one end of a pair: when one is ready, all of them are. */
static int copies[MANY];

static void
watch_copies(int n)
{
	for (int i = 0; i < n; i++) {
		copies[i] = fcntl(here, F_DUPFD_CLOEXEC, 0);
		if (copies[i] < 0 || ops->watch(poller, copies[i], IO_READ) < 0)
			ck_abort_msg("copy %d of %d: %s", i, n, strerror(errno));
	}
}

static void
close_copies(int n)
{
	for (int i = 0; i < n; i++) {
		ops->watch(poller, copies[i], 0);
		close(copies[i]);
	}
}

/* However little is taken at once, all are met before one is met much oftener. */
static void
check_rotation(int n, int room)
{
	static uint8_t met[2 * MANY];
	int got, least = INT8_MAX, most = 0;

	memset(met, 0, sizeof(met));
	for (int left = 4 * n; left > 0; left -= got) {
		got = ops->wait(poller, events, room < left ? room : left, 0);
		if (got <= 0)
			ck_abort_msg("wait: %d", got);
		for (int i = 0; i < got; i++)
			met[events[i].fd]++;
	}
	for (int i = 0; i < n; i++) {
		least = met[copies[i]] < least ? met[copies[i]] : least;
		most = met[copies[i]] > most ? met[copies[i]] : most;
	}
	ck_assert_int_ge(least, 3);
	ck_assert_int_le(most, 5);
}

START_TEST(more_than_there_is_room_for_come_in_turn)
{
	begin(_i);
	watch_copies(300);
	put(there);
	for (int room = 1; room <= 128; room++)
		check_rotation(300, room);
	close_copies(300);
	end();
}
END_TEST

START_TEST(thousands_at_once)
{
	begin(_i);
	allow(MANY + 100);
	watch_copies(MANY);
	ck_assert_uint_eq(ready(here), 0);
	put(there);
	check_rotation(MANY, 256);
	close_copies(MANY);
	end();
}
END_TEST

/* ---- sleeping ---- */

static int64_t
slept_ns(int64_t timeout_ns)
{
	int64_t began_ns = clock_monotonic_ns();

	ck_assert_int_eq(ops->wait(poller, events, ROOM, timeout_ns), 0);
	return clock_monotonic_ns() - began_ns;
}

START_TEST(sleeps_no_less_than_it_is_told)
{
	static const int64_t ns[] = { 1, 1500, MICROSECONDS(300), MILLISECONDS(2) + 7 };

	begin(_i);
	watch(here, IO_READ);
	for (size_t i = 0; i < ARRAY_SIZE(ns); i++)
		ck_assert_int_ge(slept_ns(ns[i]), ns[i]);
	end();
}
END_TEST

/* Old kernels and some sandboxes have only epoll_wait(2), which counts milliseconds. */
static int64_t
grain_ns(void)
{
	long r;

	if (strcmp(ops->name, "epoll") != 0)
		return MICROSECONDS(1);
	r = syscall(EPOLL_PWAIT2, -1, NULL, 1, NULL, NULL, 0);
	return r < 0 && (errno == ENOSYS || errno == EPERM) ? MILLISECONDS(2)
							    : MICROSECONDS(1);
}

START_TEST(sleeps_to_the_nanosecond)
{
	int64_t best_ns = SECONDS(1);

	begin(_i);
	for (int i = 0; i < 50; i++) { /* the best of them: the machine may be busy */
		int64_t ns = slept_ns(MICROSECONDS(50));

		best_ns = ns < best_ns ? ns : best_ns;
	}
	ck_assert_int_lt(best_ns, MICROSECONDS(900) + grain_ns());
	end();
}
END_TEST

START_TEST(an_event_ends_a_sleep_without_limit)
{
	begin(_i);
	watch(here, IO_READ);
	put(there);
	ck_assert_int_eq(ops->wait(poller, events, ROOM, -1), 1);
	end();
}
END_TEST

static volatile sig_atomic_t signalled;

static void
on_signal(int number)
{
	signalled = number;
}

static void
interrupt_soon(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

START_TEST(a_signal_ends_a_sleep_with_nothing)
{
	begin(_i);
	interrupt_soon();
	ck_assert_int_lt(slept_ns(-1), SECONDS(2));
	ck_assert_int_eq(signalled, SIGALRM);
	end();
}
END_TEST

/* ---- what the system may say ---- */

/* As old kernels, and some sandboxes, answer epoll_pwait2(2). */
static const int without_pwait2[] = { ENOSYS, EPERM };

START_TEST(milliseconds_will_do)
{
	begin(1);
	watch(here, IO_READ);
	failing_each("epoll_pwait2", without_pwait2[_i]);
	ck_assert_int_ge(slept_ns(MICROSECONDS(300)), MICROSECONDS(300));
	ck_assert_int_ge(slept_ns(MILLISECONDS(2)), MILLISECONDS(2));
	put(there);
	ck_assert_int_eq(ops->wait(poller, events, ROOM, SECONDS(1)), 1);
	end();
}
END_TEST

/* More of them than an int can count. */
START_TEST(many_milliseconds_are_not_few)
{
	begin(1);
	failing_each("epoll_pwait2", without_pwait2[0]);
	interrupt_soon();
	ck_assert_int_lt(slept_ns((INT64_C(1) << 32) * MILLISECONDS(1)), SECONDS(9));
	ck_assert_int_eq(signalled, SIGALRM);
	end();
}
END_TEST

static const char *const waits[] = { "pselect", "epoll_wait" };

/* Then select(2) has nothing to tell, and epoll_wait(2) is asked again. */
START_TEST(a_signal_is_no_error)
{
	begin(_i);
	put(there);
	watch(here, IO_READ);
	failing_nth(waits[_i], 1, EINTR);
	ck_assert_int_eq(ops->wait(poller, events, ROOM, 0), _i);
	ck_assert(failing_end());
	failing_each(waits[_i], EINTR);
	ck_assert_int_eq(ops->wait(poller, events, ROOM, 0), 0);
	ck_assert(failing_end());
	end();
}
END_TEST

START_TEST(a_wait_that_fails_says_why)
{
	begin(_i);
	put(there);
	watch(here, IO_READ);
	failing_nth(waits[_i], 1, EINVAL);
	ck_assert_int_eq(ops->wait(poller, events, ROOM, 0), -EINVAL);
	ck_assert(failing_end());
	ck_assert_uint_eq(ready(here), IO_READ);
	end();
}
END_TEST

/* ---- names ---- */

START_TEST(backends_are_found_by_name)
{
	ck_assert_ptr_eq(poller_find("select"), &poller_select);
	ck_assert_ptr_null(poller_find("kqueue"));
	ck_assert_ptr_null(poller_find(""));
	ck_assert_str_eq(poller_find("auto")->name, names[backends() - 1]);
	for (int i = 0; i < backends(); i++)
		ck_assert_str_eq(poller_find(names[i])->name, names[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("poller");
	TCase *tc = tcase_create("poller");
	int n = backends();

	tcase_add_test(tc, backends_are_found_by_name);
	tcase_add_loop_test(tc, reports_for_as_long_as_it_is_so, 0, n);
	tcase_add_loop_test(tc, reports_no_more_than_is_watched, 0, n);
	tcase_add_loop_test(tc, watching_nothing_silences_even_a_hang_up, 0, n);
	tcase_add_loop_test(tc, hung_up_is_ready_for_all_that_is_watched, 0, n);
	tcase_add_loop_test(tc, failed_is_ready_for_what_is_watched, 0, n);
	tcase_add_loop_test(tc, a_number_can_be_used_again, 0, n);
	tcase_add_loop_test(tc, taking_away_what_was_never_watched_is_fine, 0, n);
	tcase_add_loop_test(tc, refuses_a_descriptor_that_is_not_open, 0, n);
	tcase_add_loop_test(tc, a_regular_file_is_always_ready_or_refused, 0, n);
	tcase_add_loop_test(tc, numbers_beyond_FD_SETSIZE, 0, n);
	tcase_add_loop_test(tc, numbers_far_apart_are_each_met_once, 0, n);
	tcase_add_loop_test(tc, more_than_there_is_room_for_come_in_turn, 0, n);
	tcase_add_loop_test(tc, thousands_at_once, 0, n);
	tcase_add_loop_test(tc, sleeps_no_less_than_it_is_told, 0, n);
	tcase_add_loop_test(tc, sleeps_to_the_nanosecond, 0, n);
	tcase_add_loop_test(tc, an_event_ends_a_sleep_without_limit, 0, n);
	tcase_add_loop_test(tc, a_signal_ends_a_sleep_with_nothing, 0, n);
	if (n > 1) {
		tcase_add_loop_test(tc, milliseconds_will_do, 0, 2);
		tcase_add_test(tc, many_milliseconds_are_not_few);
	}
	tcase_add_loop_test(tc, a_signal_is_no_error, 0, n);
	tcase_add_loop_test(tc, a_wait_that_fails_says_why, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

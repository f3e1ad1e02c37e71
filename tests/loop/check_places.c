/* Who waits at which descriptor: taking places, closing under them, interest. */
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/util.h"
#include "loop/internal.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/script.h"

static struct loop *loop;
static struct channel c;

static void
begin(int backend)
{
	loop = backends_open_loop(backend, 0);
	channel_open(&c, loop);
	channel_fill(&c);
}

static void
end(void)
{
	ck_assert_int_eq(loop_run(loop), 0);
	channel_close(&c, loop);
	loop_close(loop);
}

static void
make_readable(void *channel)
{
	channel_make_readable(channel);
}

static void
make_writable(void *channel)
{
	channel_make_writable(channel);
}

static void
hang_up(void *channel)
{
	channel_hang_up(channel);
}

static void
close_fd(void *fd)
{
	loop_close_fd(loop, fd);
	ck_assert_int_eq(*(int *)fd, -1);
}

/* ---- taking places ---- */

START_TEST(one_reads_and_one_writes_the_same)
{
	struct waiter reader, writer;
	struct doer d[2];

	begin(_i);
	waiter_start(&reader, loop, NULL, readable(c.fd), 0);
	waiter_start(&writer, loop, NULL, writable(c.fd), 0);
	doer_start(&d[0], loop, SECONDS(2), make_readable, &c);
	doer_start(&d[1], loop, SECONDS(1), make_writable, &c);
	end();
	waiter_check(&reader, WAKE_READY, SECONDS(2));
	waiter_check(&writer, WAKE_READY, SECONDS(1));
}
END_TEST

START_TEST(a_hang_up_wakes_both)
{
	struct waiter reader, writer;
	struct doer d;

	begin(_i);
	waiter_start(&reader, loop, NULL, readable(c.fd), 0);
	waiter_start(&writer, loop, NULL, writable(c.fd), 0);
	doer_start(&d, loop, SECONDS(1), hang_up, &c);
	end();
	waiter_check(&reader, WAKE_READY, SECONDS(1));
	waiter_check(&writer, WAKE_READY, SECONDS(1));
}
END_TEST

START_TEST(two_of_a_kind_are_one_too_many)
{
	struct waiter first[2], second[2];

	begin(_i);
	waiter_start(&first[0], loop, NULL, within(readable(c.fd), 1), 0);
	waiter_start(&first[1], loop, NULL, within(writable(c.fd), 1), 0);
	waiter_start(&second[0], loop, NULL, readable(c.fd), 0);
	waiter_start(&second[1], loop, NULL, writable(c.fd), 0);
	end();
	for (int i = 0; i < 2; i++) {
		waiter_check(&first[i], WAKE_TIMEOUT, 1);
		waiter_check(&second[i], WAKE_ERROR, 0);
		ck_assert_int_eq(second[i].err, EBUSY);
	}
}
END_TEST

/* Reads one byte, and sleeps on it; or waits to write. */
struct reader {
	struct task task;
	int reads;
	struct wait then;
	enum wake woke;
};

static enum step
reader_run(struct task *t)
{
	struct reader *r = container_of(t, struct reader, task);

	TASK_BEGIN(t);
	while (r->reads > 0) {
		YIELD(t, readable(c.fd));
		r->reads--;
		if (r->reads > 0)
			channel_drain(&c);
	}
	YIELD(t, r->then);
	r->woke = t->woke;
	TASK_END(t);
}

static const struct task_type reader_task = { .name = "reader", .run = reader_run };

static void
start_waiter(void *waiter)
{
	struct waiter *w = waiter;

	waiter_start(w, loop, NULL, w->wait, 0);
}

START_TEST(who_waits_elsewhere_makes_room)
{
	struct reader r = { .reads = 1, .then = elapsed(SECONDS(9)) };
	struct waiter w;
	struct doer d;

	begin(_i);
	w.wait = readable(c.fd);
	channel_make_readable(&c);
	start(loop, &r.task, NULL, &reader_task, 0);
	doer_start(&d, loop, SECONDS(1), start_waiter, &w);
	end();
	waiter_check(&w, WAKE_READY, SECONDS(1));
	ck_assert_int_eq(r.woke, WAKE_TIMEOUT);
}
END_TEST

static void
wake(void *t)
{
	task_wake(t);
}

START_TEST(who_waits_elsewhere_waits_there)
{
	struct waiter other, sleeper;
	struct channel c2;
	struct doer d;

	begin(_i);
	channel_open(&c2, loop);
	channel_make_readable(&c);
	waiter_start_twice(&other, loop, NULL, readable(c.fd),
	    within(readable(c2.fd), SECONDS(1)), 0);
	waiter_start_twice(&sleeper, loop, NULL, writable(c2.fd), woken(), 0);
	doer_start(&d, loop, SECONDS(2), wake, &sleeper.task);
	ck_assert_int_eq(loop_run(loop), 0);
	waiter_check(&other, WAKE_TIMEOUT, SECONDS(1));
	waiter_check(&sleeper, WAKE_READY, SECONDS(2));
	channel_close(&c2, loop);
	end();
}
END_TEST

START_TEST(an_error_is_forgotten_by_the_next_wait)
{
	struct waiter w;

	begin(_i);
	waiter_start_twice(&w, loop, NULL, readable(-1), elapsed(1), 0);
	end();
	waiter_check(&w, WAKE_TIMEOUT, 1); /* and no errno */
}
END_TEST

START_TEST(no_descriptor_is_EBADF)
{
	struct waiter none, closed;

	begin(_i);
	script_refuse(1000, EBADF); /* the others find out */
	waiter_start(&none, loop, NULL, readable(-1), 0);
	waiter_start(&closed, loop, NULL, writable(1000), 0);
	end();
	waiter_check(&none, WAKE_ERROR, 0);
	waiter_check(&closed, WAKE_ERROR, 0);
	ck_assert_int_eq(none.err, EBADF);
	ck_assert_int_eq(closed.err, EBADF);
}
END_TEST

START_TEST(numbers_may_be_high)
{
	struct waiter low, high;

	begin(_i);
	waiter_start(&low, loop, NULL, within(writable(c.fd), SECONDS(1)), 0);
	channel_make_readable(&c);
	ck_assert_int_eq(dup2(c.fd, 512), 512);
	script_set(512, IO_READ);
	waiter_start(&high, loop, NULL, readable(512), 0);
	end();
	waiter_check(&high, WAKE_READY, 0);
	waiter_check(&low, WAKE_TIMEOUT, SECONDS(1)); /* while the table grew */
	close(512);
}
END_TEST

/* ---- closing ---- */

START_TEST(closed_while_awaited)
{
	struct waiter reader, writer;
	struct doer d;

	begin(_i);
	waiter_start(&reader, loop, NULL, readable(c.fd), 0);
	waiter_start(&writer, loop, NULL, writable(c.fd), SECONDS(9));
	doer_start(&d, loop, SECONDS(1), close_fd, &c.fd);
	end();
	waiter_check(&reader, WAKE_ERROR, SECONDS(1));
	waiter_check(&writer, WAKE_ERROR, SECONDS(1));
	ck_assert_int_eq(reader.err, EBADF);
	ck_assert_int_eq(writer.err, EBADF);
}
END_TEST

/* Closes what another waits for, opens it again, and waits for that number itself. */
static enum step
reopener_run(struct task *t)
{
	struct reader *r = container_of(t, struct reader, task);
	int fd = c.fd;

	TASK_BEGIN(t);
	YIELD(t, elapsed(SECONDS(1)));
	close(c.peer);
	loop_close_fd(loop, &c.fd);
	channel_open(&c, loop);
	ck_assert_int_eq(c.fd, fd);
	YIELD(t, readable(c.fd));
	r->woke = t->woke;
	TASK_END(t);
}

static const struct task_type reopener_task = { .name = "reopener",
	.run = reopener_run };

START_TEST(a_number_used_again_belongs_to_the_new_one)
{
	struct reader new = { .woke = WAKE_CANCEL };
	struct waiter old;
	struct doer d;

	begin(_i);
	waiter_start(&old, loop, NULL, readable(c.fd), 0);
	start(loop, &new.task, NULL, &reopener_task, 0);
	doer_start(&d, loop, SECONDS(2), make_readable, &c);
	end();
	waiter_check(&old, WAKE_ERROR, SECONDS(1));
	ck_assert_int_eq(old.err, EBADF);
	ck_assert_int_eq(new.woke, WAKE_READY);
}
END_TEST

/* Woken in the same turn, the doer first. */
START_TEST(closed_when_just_woken)
{
	struct waiter w;
	struct doer d;

	begin(_i);
	doer_start(&d, loop, SECONDS(1), close_fd, &c.fd);
	waiter_start(&w, loop, NULL, within(readable(c.fd), SECONDS(1)), 0);
	end();
	waiter_check(&w, WAKE_ERROR, SECONDS(1));
	ck_assert_int_eq(w.err, EBADF);
}
END_TEST

/* As when a server stops and closes at once what it has cancelled. */
static void
cancel_and_close(void *task)
{
	task_cancel(task);
	loop_close_fd(loop, &c.fd);
}

START_TEST(cancelled_and_closed_is_cancelled)
{
	struct waiter w;
	struct doer d;

	begin(_i);
	waiter_start(&w, loop, NULL, readable(c.fd), 0);
	doer_start(&d, loop, SECONDS(1), cancel_and_close, &w.task);
	end();
	waiter_check(&w, WAKE_CANCEL, SECONDS(1));
}
END_TEST

/* Cancelled, and ready before it could run: as when data comes at a shutdown. */
static void
cancel_and_make_readable(void *task)
{
	task_cancel(task);
	channel_make_readable(&c);
}

START_TEST(cancelled_and_ready_is_cancelled)
{
	struct waiter w;
	struct doer d;

	begin(_i);
	waiter_start(&w, loop, NULL, readable(c.fd), 0);
	doer_start(&d, loop, SECONDS(1), cancel_and_make_readable, &w.task);
	end();
	waiter_check(&w, WAKE_CANCEL, SECONDS(1));
}
END_TEST

static void
close_and_cancel(void *task)
{
	loop_close_fd(loop, &c.fd);
	task_cancel(task);
}

START_TEST(closed_and_cancelled_is_cancelled)
{
	struct waiter w;
	struct doer d;

	begin(_i);
	waiter_start(&w, loop, NULL, readable(c.fd), 0);
	doer_start(&d, loop, SECONDS(1), close_and_cancel, &w.task);
	end();
	waiter_check(&w, WAKE_CANCEL, SECONDS(1)); /* and no errno left over */
}
END_TEST

START_TEST(closing_keeps_errno_and_is_done_once)
{
	int fd, twice = -1;

	begin(_i);
	fd = fcntl(c.fd, F_DUPFD_CLOEXEC, 0);
	close(fd);
	errno = ENOENT;
	loop_close_fd(loop, &fd); /* fails inside: it is not open */
	loop_close_fd(loop, &twice);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(fd, -1);
	end();
}
END_TEST

/* ---- giving places back ---- */

static void
trim_to_64(void *unused)
{
	(void)unused;
	loop_trim(loop);
	ck_assert_int_eq(loop->nplaces, 64);
}

static void
trim_to_512(void *unused)
{
	(void)unused;
	loop_trim(loop);
	ck_assert_int_eq(loop->nplaces, 512);
}

START_TEST(trimming_spares_what_is_watched)
{
	struct waiter low, high;
	struct doer d[5];
	int fd = 511;

	begin(_i);
	loop_trim(loop);
	ck_assert_int_eq(loop->nplaces, 0);
	ck_assert_int_eq(dup2(c.fd, fd), fd);
	waiter_start(&low, loop, NULL, readable(c.fd), 0);
	waiter_start(&high, loop, NULL, within(writable(fd), SECONDS(2)), 0);
	doer_start(&d[0], loop, SECONDS(1), trim_to_512, NULL);
	doer_start(&d[1], loop, SECONDS(3), trim_to_512, NULL); /* held no more */
	doer_start(&d[2], loop, SECONDS(4), close_fd, &fd);
	doer_start(&d[3], loop, SECONDS(5), trim_to_64, NULL);
	doer_start(&d[4], loop, SECONDS(6), make_readable, &c);
	end();
	waiter_check(&high, WAKE_TIMEOUT, SECONDS(2));
	waiter_check(&low, WAKE_READY, SECONDS(6));
}
END_TEST

/* ---- interest ---- */

/* Where the backend tells of what nobody wants, the clock would stand still. */
START_TEST(what_nobody_waits_for_wakes_nobody)
{
	struct reader r = { .reads = 1, .then = elapsed(SECONDS(1)) };

	begin(_i);
	channel_make_readable(&c); /* and it stays so */
	start(loop, &r.task, NULL, &reader_task, 0);
	end();
	ck_assert_int_eq(r.woke, WAKE_TIMEOUT);
}
END_TEST

START_TEST(interest_narrows_to_the_places_held)
{
	struct reader r = { .reads = 1 };

	begin(backends_scripted());
	channel_make_readable(&c);
	r.then = within(writable(c.fd), SECONDS(1));
	start(loop, &r.task, NULL, &reader_task, 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_uint_eq(script_watched(c.fd), IO_WRITE);
	ck_assert_int_eq(script_watches(), 3); /* READ, both, WRITE */
	end();
}
END_TEST

START_TEST(messages_cost_no_call_of_the_backend)
{
	struct reader r = { .reads = 100, .then = elapsed(0) };
	static struct doer d[99];

	begin(backends_scripted());
	channel_make_readable(&c);
	start(loop, &r.task, NULL, &reader_task, SECONDS(5));
	for (int i = 0; i < 99; i++)
		doer_start(&d[i], loop, SECONDS(i + 1), make_readable, &c);
	end();
	ck_assert_int_eq(r.reads, 0);
	ck_assert_int_eq(script_watches(), 2); /* at the first wait, and at the end */
}
END_TEST

START_TEST(nothing_is_watched_of_what_is_closed)
{
	struct waiter w;
	struct doer d;
	int fd;

	begin(backends_scripted());
	fd = c.fd;
	waiter_start(&w, loop, NULL, readable(fd), 0);
	doer_start(&d, loop, SECONDS(1), close_fd, &c.fd);
	end();
	ck_assert_uint_eq(script_watched(fd), 0);
}
END_TEST

START_TEST(what_the_backend_refuses_is_an_error_of_the_wait)
{
	struct waiter w, other;

	begin(backends_scripted());
	script_refuse(c.fd, EPERM);
	waiter_start_twice(&w, loop, NULL, readable(c.fd), readable(c.fd), SECONDS(1));
	waiter_start(&other, loop, NULL, elapsed(SECONDS(2)), 0);
	end();
	waiter_check(&w, WAKE_ERROR, 0);
	ck_assert_int_eq(w.err, EPERM);
	waiter_check(&other, WAKE_TIMEOUT, SECONDS(2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("places");
	TCase *tc = tcase_create("places");
	int n = backends_count();

	tcase_add_loop_test(tc, one_reads_and_one_writes_the_same, 0, n);
	tcase_add_loop_test(tc, a_hang_up_wakes_both, 0, n);
	tcase_add_loop_test(tc, two_of_a_kind_are_one_too_many, 0, n);
	tcase_add_loop_test(tc, who_waits_elsewhere_makes_room, 0, n);
	tcase_add_loop_test(tc, who_waits_elsewhere_waits_there, 0, n);
	tcase_add_loop_test(tc, an_error_is_forgotten_by_the_next_wait, 0, n);
	tcase_add_loop_test(tc, no_descriptor_is_EBADF, 0, n);
	tcase_add_loop_test(tc, numbers_may_be_high, 0, n);
	tcase_add_loop_test(tc, closed_while_awaited, 0, n);
	tcase_add_loop_test(tc, a_number_used_again_belongs_to_the_new_one, 0, n);
	tcase_add_loop_test(tc, closed_when_just_woken, 0, n);
	tcase_add_loop_test(tc, cancelled_and_closed_is_cancelled, 0, n);
	tcase_add_loop_test(tc, cancelled_and_ready_is_cancelled, 0, n);
	tcase_add_loop_test(tc, closed_and_cancelled_is_cancelled, 0, n);
	tcase_add_loop_test(tc, closing_keeps_errno_and_is_done_once, 0, n);
	tcase_add_loop_test(tc, what_nobody_waits_for_wakes_nobody, 0, n);
	tcase_add_loop_test(tc, trimming_spares_what_is_watched, 0, n);
	tcase_add_test(tc, interest_narrows_to_the_places_held);
	tcase_add_test(tc, messages_cost_no_call_of_the_backend);
	tcase_add_test(tc, nothing_is_watched_of_what_is_closed);
	tcase_add_test(tc, what_the_backend_refuses_is_an_error_of_the_wait);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

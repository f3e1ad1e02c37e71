/* The listener on each backend, with real sockets and a clock that hurries. */
#include "net/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "net/sock.h"
#include "support/actors.h"
#include "support/backends.h"
#include "support/fake_clock.h"
#include "support/run.h"
#include "support/tcp.h"

#define QUOTA	 64
#define PAUSE_NS SECONDS(1)

static struct loop *loop;
static struct listener listener;
static struct addr at;
static int clients[2 * QUOTA];

/* What the listener has told. */
static int accepted_count;
static int turn, in_turn, most_in_turn;
static int64_t accepted_ns;
static struct addr last_peer;
static int troubles[8], trouble_count;
static int finished_count;

static void
accepted(struct listener *l, int fd, const struct addr *peer)
{
	(void)l;
	(void)fd;
	if (turn != backends_waits())
		in_turn = 0;
	turn = backends_waits();
	if (++in_turn > most_in_turn)
		most_in_turn = in_turn;
	accepted_count++;
	accepted_ns = fake_clock_peek() - FAKE_CLOCK_START;
	last_peer = *peer;
}

static void
trouble(struct listener *l, int err)
{
	ck_assert_int_eq(l->trouble, err);
	troubles[trouble_count++] = err;
}

static void
finished(struct listener *l)
{
	ck_assert_int_eq(l->fd, -1);
	finished_count++;
}

static const struct listener_type type = { accepted, trouble, finished };

/* ---- what happens at a time ---- */

static bool
cancel(void)
{
	task_cancel(&listener.task);
	return false;
}

static void
limit_descriptors(rlim_t n)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &l), 0);
}

static void
run_out_of_descriptors(void)
{
	int lowest = dup(STDIN_FILENO);

	close(lowest);
	limit_descriptors((rlim_t)lowest);
}

static bool
find_descriptors(void)
{
	limit_descriptors(512);
	return false;
}

static bool
retry(void)
{
	listener_retry(&listener);
	return false;
}

static bool
find_descriptors_and_retry(void)
{
	find_descriptors();
	retry();
	return false;
}

/* ---- accept(2), which can be told to fail ---- */

static int failures[8], nfailures; /* errnos of the next calls, last one first */
static int calls;

int __real_sock_accept(int listening, struct addr *peer);
int __wrap_sock_accept(int listening, struct addr *peer);

int
__wrap_sock_accept(int listening, struct addr *peer)
{
	calls++;
	return nfailures > 0 ? -failures[--nfailures]
			     : __real_sock_accept(listening, peer);
}

/* ---- */

static void
set_up(int backend)
{
	find_descriptors();
	loop = backends_open_net_loop(backend);
	listener = (struct listener){ .type = &type, .trouble = EMFILE };
	listener.fd = tcp_listener(AF_INET, &at);
	ck_assert_int_eq(listener_start(loop, &listener, NULL), 0);
}

static void
clients_come(int n)
{
	for (int i = 0; i < n; i++)
		clients[i] = tcp_connect(&at);
}

static void
run(void)
{
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(finished_count, 1);
}

START_TEST(accepts_whoever_comes)
{
	struct addr client;

	set_up(_i);
	clients_come(3);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 3);
	ck_assert_int_eq(accepted_ns, 0);
	ck_assert_int_eq(sock_local_addr(clients[2], &client), 0);
	ck_assert(addr_equal(&client, &last_peer));
	ck_assert_int_eq(trouble_count, 0);
}
END_TEST

START_TEST(takes_no_more_than_its_share_in_a_turn)
{
	set_up(_i);
	clients_come(2 * QUOTA);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 2 * QUOTA);
	ck_assert_int_eq(most_in_turn, QUOTA);
	ck_assert_int_eq(accepted_ns, 0);
}
END_TEST

/* That would be told by accept(2) as well, which costs more. */
START_TEST(does_not_try_when_there_is_nobody_left)
{
	set_up(_i);
	listener.inherited = true; /* or at the end it tries once more */
	clients_come(3);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 3);
	ck_assert_int_eq(calls, 3);
}
END_TEST

/* A UNIX socket does not tell how many wait. */
START_TEST(with_a_path_it_takes_its_share_as_well)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t); /* the kernel picks one */
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	set_up(_i);
	ck_assert_int_eq(bind(listening, (void *)&name, len), 0);
	ck_assert_int_eq(listen(listening, 2 * QUOTA), 0);
	ck_assert_int_eq(dup2(listening, listener.fd), listener.fd);
	len = sizeof(name);
	ck_assert_int_eq(getsockname(listening, (void *)&name, &len), 0);
	for (int i = 0; i < 2 * QUOTA; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert_int_eq(connect(clients[i], (void *)&name, len), 0);
	}
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 2 * QUOTA);
	ck_assert_int_eq(most_in_turn, QUOTA);
}
END_TEST

/* ---- out of descriptors ---- */

START_TEST(pauses_without_spinning)
{
	int waits;

	set_up(_i);
	clients_come(1);
	run_out_of_descriptors();
	actor_start(loop, SECONDS(10) + PAUSE_NS / 2, find_descriptors);
	actor_start(loop, SECONDS(20), cancel);
	run();
	waits = backends_waits();
	ck_assert_int_eq(accepted_count, 1);
	ck_assert_int_eq(accepted_ns, SECONDS(11));
	ck_assert_msg(waits < 50, "%d waits", waits);
}
END_TEST

START_TEST(tells_of_trouble_once_and_of_its_end)
{
	set_up(_i);
	clients_come(2);
	run_out_of_descriptors();
	actor_start(loop, SECONDS(10), find_descriptors);
	actor_start(loop, SECONDS(20), cancel);
	run();
	ck_assert_int_eq(trouble_count, 2);
	ck_assert_int_eq(troubles[0], EMFILE);
	ck_assert_int_eq(troubles[1], 0);
	ck_assert_int_eq(listener.trouble, 0);
}
END_TEST

START_TEST(another_error_is_the_same_trouble)
{
	set_up(_i);
	clients_come(2);
	failures[0] = EPERM;  /* of a security module, for every call */
	failures[1] = EMFILE; /* the first */
	nfailures = 2;
	actor_start(loop, SECONDS(5), cancel);
	run();
	ck_assert_int_eq(trouble_count, 2);
	ck_assert_int_eq(troubles[0], EMFILE);
	ck_assert_int_eq(accepted_count, 2);
	ck_assert_int_eq(accepted_ns, 2 * PAUSE_NS);
}
END_TEST

START_TEST(retry_ends_the_pause)
{
	set_up(_i);
	clients_come(1);
	run_out_of_descriptors();
	actor_start(loop, PAUSE_NS / 4, find_descriptors_and_retry);
	actor_start(loop, SECONDS(20), cancel);
	run();
	ck_assert_int_eq(accepted_count, 1);
	ck_assert_int_eq(accepted_ns, PAUSE_NS / 4);
}
END_TEST

START_TEST(retry_without_a_pause_is_nothing)
{
	set_up(_i);
	actor_start(loop, SECONDS(1), retry);
	actor_start(loop, SECONDS(2), cancel);
	run();
	ck_assert_int_eq(accepted_count, 0);
}
END_TEST

/* ---- the pace: ten a second, two at once ---- */

static struct listener_pace pace;

static void
set_pace(void)
{
	pace = (struct listener_pace){ .rule = bucket_rule(10, 2) };
	listener.pace = &pace;
}

START_TEST(accepts_no_faster_than_its_pace)
{
	set_up(_i);
	set_pace();
	clients_come(6);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 6);
	ck_assert_int_eq(most_in_turn, 1);
	ck_assert_int_eq(accepted_ns, MILLISECONDS(400));
	ck_assert_int_lt(backends_waits(), 30);
}
END_TEST

START_TEST(no_pace_is_no_wait)
{
	set_up(_i);
	set_pace();
	pace.rule = bucket_rule(0, 1);
	clients_come(6);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_ns, 0);
	ck_assert_int_eq(most_in_turn, 6);
}
END_TEST

static bool
retry_before_its_turn(void)
{
	ck_assert_int_eq(accepted_count, 2);
	return retry();
}

static bool
look_before_its_turn(void)
{
	ck_assert_int_eq(accepted_count, 2);
	return false;
}

START_TEST(retry_does_not_end_the_wait_for_its_turn)
{
	set_up(_i);
	set_pace();
	clients_come(6);
	actor_start(loop, MILLISECONDS(50), retry_before_its_turn);
	actor_start(loop, MILLISECONDS(60), look_before_its_turn);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(accepted_count, 6);
}
END_TEST

static bool
neighbour_takes_turns(void)
{
	pace.bucket.full_ns = FAKE_CLOCK_START + SECONDS(3);
	return false;
}

START_TEST(retry_after_a_pause_does_not_either)
{
	set_up(_i);
	set_pace();
	pace.rule = bucket_rule(1, 1);
	failures[nfailures++] = EMFILE;
	clients_come(1);
	actor_start(loop, PAUSE_NS / 2, neighbour_takes_turns);
	actor_start(loop, SECONDS(2), retry);
	actor_start(loop, SECONDS(4), cancel);
	run();
	ck_assert_int_eq(accepted_count, 1);
	ck_assert_int_eq(accepted_ns, SECONDS(3));
}
END_TEST

static struct listener neighbour;
static int accepted_by_other;

static void
other_accepted(struct listener *l, int fd, const struct addr *peer)
{
	(void)l;
	(void)fd;
	(void)peer;
	accepted_by_other++;
}

static bool
cancel_both(void)
{
	ck_assert_int_eq(accepted_count, 6);
	ck_assert_int_eq(accepted_by_other, 6);
	cancel();
	task_cancel(&neighbour.task);
	return false;
}

START_TEST(listeners_share_a_pace_evenly)
{
	static const struct listener_type other_type = { other_accepted, trouble,
		NULL };
	struct addr other_at;

	set_up(_i);
	set_pace();
	clients_come(10);
	neighbour = (struct listener){ .type = &other_type, .pace = &pace };
	neighbour.fd = tcp_listener(AF_INET, &other_at);
	for (int i = 0; i < 10; i++)
		tcp_connect(&other_at);
	ck_assert_int_eq(listener_start(loop, &neighbour, NULL), 0);
	actor_start(loop, MILLISECONDS(1050), cancel_both);
	run();
}
END_TEST

static bool
become_faster(void)
{
	ck_assert_int_eq(accepted_count, 1);
	pace = (struct listener_pace){ .rule = bucket_rule(10, 1) };
	listener_repace(&listener);
	return false;
}

START_TEST(another_pace_begins_at_once)
{
	set_up(_i);
	set_pace();
	pace.rule = bucket_rule(1, 1);
	clients_come(4);
	actor_start(loop, MILLISECONDS(500), become_faster);
	actor_start(loop, SECONDS(2), cancel);
	run();
	ck_assert_int_eq(accepted_count, 4);
	ck_assert_int_eq(accepted_ns, MILLISECONDS(600));
}
END_TEST

START_TEST(what_waits_for_its_turn_is_accepted_at_the_end)
{
	set_up(_i);
	set_pace();
	clients_come(6);
	actor_start(loop, MILLISECONDS(150), cancel);
	run();
	ck_assert_int_eq(accepted_count, 6);
	ck_assert_int_eq(accepted_ns, MILLISECONDS(150));
}
END_TEST

START_TEST(error_of_one_peer_is_no_trouble)
{
	static const int errors[] = { ECONNABORTED, EPROTO, ENETDOWN, EINTR };

	set_up(_i);
	clients_come(1);
	memcpy(failures, errors, sizeof(errors));
	nfailures = ARRAY_SIZE(errors);
	actor_start(loop, SECONDS(1), cancel);
	run();
	ck_assert_int_eq(trouble_count, 0);
	ck_assert_int_eq(accepted_count, 1);
	ck_assert_int_eq(accepted_ns, 0);
}
END_TEST

/* ---- its end ---- */

START_TEST(backlog_is_accepted_before_it_closes)
{
	set_up(_i);
	clients_come(2 * QUOTA);
	cancel();
	run();
	ck_assert_int_eq(accepted_count, 2 * QUOTA);
	ck_assert_int_eq(listener.fd, -1);
}
END_TEST

START_TEST(inherited_backlog_is_left_to_others)
{
	struct addr peer;
	int other;

	set_up(_i);
	listener.inherited = true;
	other = dup(listener.fd);
	clients_come(1);
	cancel();
	run();
	ck_assert_int_eq(accepted_count, 0);
	ck_assert_int_ge(sock_accept(other, &peer), 0);
}
END_TEST

START_TEST(closes_during_a_pause)
{
	set_up(_i);
	clients_come(1);
	run_out_of_descriptors();
	actor_start(loop, PAUSE_NS / 4, cancel);
	run();
	ck_assert_int_eq(fake_clock_peek() - FAKE_CLOCK_START, PAUSE_NS / 4);
	ck_assert_int_eq(listener.fd, -1);
}
END_TEST

START_TEST(descriptor_is_closed)
{
	int fd;

	set_up(_i);
	fd = listener.fd;
	cancel();
	run();
	ck_assert_int_eq(close(fd), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listener");
	TCase *tc = tcase_create("listener");
	int n = backends_scripted();

	tcase_add_loop_test(tc, accepts_whoever_comes, 0, n);
	tcase_add_loop_test(tc, takes_no_more_than_its_share_in_a_turn, 0, n);
	tcase_add_loop_test(tc, does_not_try_when_there_is_nobody_left, 0, n);
	tcase_add_loop_test(tc, with_a_path_it_takes_its_share_as_well, 0, n);
	tcase_add_loop_test(tc, pauses_without_spinning, 0, n);
	tcase_add_loop_test(tc, tells_of_trouble_once_and_of_its_end, 0, n);
	tcase_add_loop_test(tc, another_error_is_the_same_trouble, 0, n);
	tcase_add_loop_test(tc, retry_ends_the_pause, 0, n);
	tcase_add_loop_test(tc, retry_without_a_pause_is_nothing, 0, n);
	tcase_add_loop_test(tc, accepts_no_faster_than_its_pace, 0, n);
	tcase_add_loop_test(tc, no_pace_is_no_wait, 0, n);
	tcase_add_loop_test(tc, retry_does_not_end_the_wait_for_its_turn, 0, n);
	tcase_add_loop_test(tc, retry_after_a_pause_does_not_either, 0, n);
	tcase_add_loop_test(tc, listeners_share_a_pace_evenly, 0, n);
	tcase_add_loop_test(tc, another_pace_begins_at_once, 0, n);
	tcase_add_loop_test(tc, what_waits_for_its_turn_is_accepted_at_the_end, 0, n);
	tcase_add_loop_test(tc, error_of_one_peer_is_no_trouble, 0, n);
	tcase_add_loop_test(tc, backlog_is_accepted_before_it_closes, 0, n);
	tcase_add_loop_test(tc, inherited_backlog_is_left_to_others, 0, n);
	tcase_add_loop_test(tc, closes_during_a_pause, 0, n);
	tcase_add_loop_test(tc, descriptor_is_closed, 0, n);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

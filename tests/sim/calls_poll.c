/*
 * Waiting for events: while the server waits, the world goes on.  Both backends
 * come here, each with its own way to say what it waits for.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "sim/checks.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/peers.h"
#include "sim/udp.h"
#include "sim/world.h"
#include "sim/wraps.h"

/* Turns that bring nothing forward, before it counts as spinning. */
#define BARREN_MAX 300

/* ---- the world goes on ---- */

static struct conn *
next_conn(void)
{
	struct conn *next = NULL;

	for (int i = 0; i < nconns; i++)
		if (conns[i].net_ns != NEVER &&
		    (next == NULL || conns[i].net_ns < next->net_ns))
			next = &conns[i];
	return next;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_ns(void)
{
	const struct conn *c = next_conn();

	return least(least(c != NULL ? c->net_ns : NEVER, peers_next_ns()),
	    least(udp_next_ns(), host_next_ns()));
}

/* Whatever happens until now. */
static void
catch_up(void)
{
	for (;;) {
		struct conn *c = next_conn();
		int64_t at_ns = next_ns();

		if (at_ns > world.now_ns)
			return;
		world.moves++;
		if (c != NULL && c->net_ns == at_ns)
			conn_carry(c);
		else if (peers_next_ns() == at_ns)
			peers_act();
		else if (udp_next_ns() == at_ns)
			udp_act();
		else
			host_signal();
	}
}

/* Until nothing happens any more. */
void
world_settle(void)
{
	int64_t at_ns;

	while ((at_ns = next_ns()) != NEVER) {
		if (at_ns > world.now_ns)
			world_advance(at_ns - world.now_ns);
		catch_up();
	}
}

/* ---- one wait ---- */

static void
count_barren(void)
{
	world.barren = world.moves == world.moves_before ? world.barren + 1 : 0;
	world.moves_before = world.moves;
	require(world.barren < BARREN_MAX, "it spins: %d turns without progress",
	    world.barren);
}

/* Sleep until collect() finds something or the time is up.  Returns what it found. */
static int
sleep_until(int64_t until_ns, int (*collect)(void *arg), void *arg)
{
	int n;

	check_asleep();
	while ((n = collect(arg)) == 0 && world.now_ns < until_ns) {
		int64_t at_ns = least(least(until_ns, next_ns()), net_next_ns());

		require(at_ns != NEVER, "it sleeps for ever");
		if (at_ns > world.now_ns)
			world_advance(at_ns - world.now_ns);
		catch_up();
	}
	if (n == 0)
		world.lapses++;
	return n;
}

/* Returns the number of descriptors found ready, or -1 with errno. */
static int
wait_for(int64_t timeout_ns, int (*collect)(void *arg), void *arg)
{
	int64_t until_ns = timeout_ns < 0 ? NEVER : world.now_ns + timeout_ns;
	int n;

	check_turn();
	count_barren();
	world_advance(dice_below(2000));
	catch_up();
	n = collect(arg);
	errno = n == 0 && timeout_ns != 0 ? fault_errno(CALL_WAIT) : 0;
	if (errno != 0) {
		n = -1;
	} else if (n == 0 && timeout_ns != 0) {
		world.moves++;
		n = sleep_until(until_ns, collect, arg);
	}
	/* It may have to wait for a processor. */
	world_advance(dice_once_in(20) ? dice_below(MILLISECONDS(3))
				       : dice_below(3000));
	world.turn_ns = world.now_ns;
	world.turn++;
	if (n != 0 || timeout_ns != 0)
		trace("turn %ju: %d ready", (uintmax_t)world.turn, n);
	return n;
}

/* ---- epoll(7) ---- */

struct epoll_call {
	struct epoll_event *events;
	int max;
};

int
__wrap_epoll_create1(int flags)
{
	int err = fault_errno(CALL_OPEN);
	int fd = err == 0 ? net_open(EPOLL) : -err;

	require(flags == EPOLL_CLOEXEC, "epoll_create1(%x)", (unsigned)flags);
	errno = fd < 0 ? -fd : errno;
	return fd < 0 ? -1 : fd;
}

static int
add(struct descriptor *d, int fd)
{
	int err = fault_errno(CALL_WATCH);

	require(!d->registered, "it registers a descriptor twice");
	if (err == 0) {
		d->registered = true;
		return 0;
	}
	trace("  epoll_ctl() = %s (injected)", strerrorname_np(err));
	net_excuse(fd);
	errno = err;
	return -1;
}

int
__wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	struct descriptor *d = net_at(fd, "epoll_ctl");

	require(net_at(epfd, "epoll_ctl")->kind == EPOLL, "epoll_ctl(%d)", epfd);
	require(event->data.fd == fd, "epoll_ctl() for %d as %d", fd, event->data.fd);
	if (op == EPOLL_CTL_ADD && add(d, fd) < 0)
		return -1;
	require(d->registered, "epoll_ctl() for %d, which is not registered", fd);
	d->events = event->events;
	if (op == EPOLL_CTL_DEL)
		d->registered = false;
	return 0;
}

/* From any of them on, so that the order is never the same. */
static int
collect_epoll(void *arg)
{
	struct epoll_call *call = arg;
	int first = (int)dice_below(net.top), n = 0;

	for (int i = 0; i < net.top && n < call->max; i++) {
		int fd = (first + i) % net.top;
		const struct descriptor *d = &net.table[fd];
		unsigned ready;

		if (d->kind == FREE || !d->registered)
			continue;
		ready = net_ready(fd) & (d->events | EPOLLHUP | EPOLLERR);
		if (ready != 0)
			call->events[n++] = (struct epoll_event){ .events = ready,
				.data.fd = fd };
	}
	return n;
}

int
__wrap_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	struct epoll_call call = { events, max };

	net_at(epfd, "epoll_wait");
	return wait_for(timeout_ms < 0 ? -1 : MILLISECONDS(timeout_ms), collect_epoll,
	    &call);
}

int
__wrap_epoll_pwait2(int epfd, struct epoll_event *events, int max,
    const struct timespec *timeout, const sigset_t *mask)
{
	struct epoll_call call = { events, max };

	(void)mask;
	net_at(epfd, "epoll_wait");
	return wait_for(SECONDS(timeout->tv_sec) + timeout->tv_nsec, collect_epoll,
	    &call);
}

/* ---- select(2) ---- */

struct select_call {
	int n;
	const unsigned long *want[2]; /* to read, to write */
	unsigned long *got[2];
};

#define BITS (int)(8 * sizeof(unsigned long))

static bool
has(const unsigned long *set, int fd)
{
	return set[fd / BITS] >> (fd % BITS) & 1;
}

/* Returns how many bits are set, as select(2) does. */
static int
collect_select(void *arg)
{
	static const unsigned meaning[2] = { POLLIN | POLLHUP | POLLERR,
		POLLOUT | POLLERR };
	struct select_call *call = arg;
	int bits = 0;

	for (int s = 0; s < 2; s++)
		for (int fd = 0; fd < call->n; fd++) {
			if (fd % BITS == 0)
				call->got[s][fd / BITS] = 0;
			if (!has(call->want[s], fd))
				continue;
			net_at(fd, "select");
			if (net_ready(fd) & meaning[s]) {
				call->got[s][fd / BITS] |= 1ul << (fd % BITS);
				bits++;
			}
		}
	return bits;
}

int
__wrap_pselect(int n, fd_set *readable, fd_set *writable, fd_set *failed,
    const struct timespec *timeout, const sigset_t *mask)
{
	unsigned long want[2][FDS_MAX / BITS] = { { 0 } };
	struct select_call call = { .n = n < FDS_MAX ? n : FDS_MAX,
		.want = { want[0], want[1] },
		.got = { (unsigned long *)(void *)readable,
		    (unsigned long *)(void *)writable } };

	(void)mask;
	require(failed == NULL, "select with a third set");
	for (int s = 0; s < 2; s++)
		if (call.n > 0)
			memcpy(want[s], call.got[s], (size_t)call.n / 8);
	return wait_for(timeout == NULL ? -1
					: SECONDS(timeout->tv_sec) + timeout->tv_nsec,
	    collect_select, &call);
}

/* The server goes to sleep: is there really nothing that it could do? */
#include "sim/checks.h"

#include <poll.h>

#include "sim/host.h"
#include "sim/net.h"
#include "sim/udp.h"
#include "sim/world.h"

/* How late it looks at lifetimes. */
#define LIFETIME_GRAIN_NS MILLISECONDS(100)

static void
check_asleep_stream(const struct conn *c)
{
	unsigned ready = conn_ready(c);

	if (conn_held(c) > 0)
		require(!(ready & POLLOUT), "it sleeps, though #%d can be written",
		    c->number);
	else if (c->bytes_per_second == 0 || c->shut)
		require(!(ready & POLLIN), "it sleeps, though #%d can be read",
		    c->number);
}

static void
check_times(const struct conn *c)
{
	/* With a rate, silence is not counted between two strides. */
	int64_t slack_ns = SLACK_NS + (c->bytes_per_second > 0 ? MILLISECONDS(40) : 0);
	bool held = conn_held(c) > 0;

	/* Whether the peer took anything is looked at once in the limit. */
	if (c->shut)
		require(world.now_ns < c->shut_ns + LINGER_NS + slack_ns,
		    "it lingers on #%d", c->number);
	else if (held)
		require(!checks_was_silent(c, 0,
			    c->idle_ns > 0 ? 2 * c->idle_ns + slack_ns : 0),
		    "#%d has stalled for longer than it may", c->number);
	else if (host.stops == 0)
		require(!checks_was_silent(c, 0,
			    c->idle_ns > 0 ? c->idle_ns + slack_ns : 0),
		    "#%d is silent for longer than it may", c->number);
	if (host.stops > 0 && !held && !c->shut)
		require(!checks_was_silent(c, host.stop_ns,
			    DRAIN_SILENCE_NS + slack_ns),
		    "it drains, but #%d is silent and still open", c->number);
	if (c->lifetime_ns > 0 && !c->shut)
		require(world.now_ns < c->accepted_ns + c->lifetime_ns +
			    LIFETIME_GRAIN_NS + slack_ns +
			    (held || c->bytes_per_second > 0 ? FAREWELL_NS : 0),
		    "#%d lives longer than it may", c->number);
}

static void
check_asleep_server(void)
{
	int64_t now_ns = world.now_ns;

	require(host.watchdog_ns == 0 || now_ns < host.alive_ns + host.watchdog_ns,
	    "no sign of life for %.3f s", (double)(now_ns - host.alive_ns) / 1e9);
	if (host.stops > 0)
		require(now_ns < host.stop_ns + host.terms.drain_ns + SLACK_NS,
		    "it does not end within the drain time");
	require(host.stops < 2 || now_ns < host.stop_now_ns + SLACK_NS,
	    "it does not end at once");
}

void
check_asleep(void)
{
	bool hears = false;

	for (int fd = 3; fd < net.top; fd++) {
		const struct descriptor *d = &net.table[fd];

		require(d->kind != SOCKET, "it keeps descriptor %d for nothing", fd);
		if (d->kind == STREAM) {
			check_asleep_stream(d->conn);
			check_times(d->conn);
		} else if (d->kind == LISTENER) {
			check_asleep_listener(fd, d);
		} else if (d->kind == UDP) {
			require(udp_waiting(fd) == NULL || world.now_ns < d->busy_ns ||
				world.now_ns < d->excused_ns,
			    "it sleeps, though a datagram waits at %d", fd);
		} else if (d->kind == SIGNALS) {
			hears = true;
			require(net.signals == 0 || world.now_ns < d->excused_ns,
			    "it sleeps, though a signal has come");
		}
	}
	require(hears || host.stops > 0, "nobody hears signals");
	check_asleep_server();
	if (host.stops == 0)
		check_listening();
}

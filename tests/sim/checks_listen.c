/* The server goes to sleep: does it listen where it should, and nowhere else? */
#include "sim/checks.h"

#include <errno.h>

#include "sim/counts.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/pace.h"
#include "sim/places.h"
#include "sim/world.h"

/* ---- those who wait to be accepted ---- */

/* Is this what accept(2) pauses for? */
static bool
calls_for_pause(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM ||
	    err == EPERM;
}

static int64_t
latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
check_paced(int fd, const struct descriptor *d, const struct conn *waiting)
{
	int64_t since_ns = latest(waiting->queued_ns, d->excused_ns);

	since_ns = latest(since_ns,
	    d->tried_ns + (calls_for_pause(d->trouble) ? PAUSE_NS : 0));
	require(world.now_ns < pace_accept_until_ns(since_ns) + SLACK_NS,
	    "it sleeps, though it is time to accept at listener %d", fd);
	count(EVENT_PACED);
}

void
check_asleep_listener(int fd, const struct descriptor *d)
{
	const struct conn *waiting = net_waiting(fd);

	if (waiting == NULL || world.now_ns < d->excused_ns)
		return;
	if (pace_accept_is_on(d)) {
		check_paced(fd, d, waiting);
		return;
	}
	require(calls_for_pause(d->trouble) &&
		world.now_ns < d->trouble_ns + PAUSE_NS + SLACK_NS,
	    "it sleeps, though a connection waits at listener %d", fd);
	require(d->trouble_closings == net.closings,
	    "it sleeps, though a descriptor became free for listener %d", fd);
}

/* ---- the listeners ---- */

static int
sockets_at(const struct place *p)
{
	int n = 0;

	for (int fd = 3; fd < net.top; fd++)
		n += net_listens(&net.table[fd]) && place_has(p, &net.table[fd]);
	return n;
}

/* Port 0 is one port that the kernel picked, the same for both families. */
static void
check_same_port(void)
{
	uint16_t port = 0;

	for (int fd = 3; fd < net.top; fd++) {
		const struct descriptor *d = &net.table[fd];

		if (d->kind != LISTENER || d->file != NULL ||
		    addr_port(&d->at) < NET_PICKED)
			continue;
		require(port == 0 || port == addr_port(&d->at),
		    "it listens on port %u and on port %u", port, addr_port(&d->at));
		port = addr_port(&d->at);
	}
}

void
check_listening(void)
{
	const struct places *places = &host.terms.places;

	for (int fd = 3; fd < net.top; fd++)
		require(!net_listens(&net.table[fd]) || is_wanted(&net.table[fd]),
		    "it still listens at %d", fd);
	if (places->by_port)
		check_same_port();
	if (places_are_inherited())
		return;
	for (int i = 0; i < places->n; i++)
		require(sockets_at(&places->all[i]) == 1, "%d sockets listen on %s",
		    sockets_at(&places->all[i]), places->all[i].text);
}

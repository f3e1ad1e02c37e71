#include "sim/udp.h"

#include <string.h>

#include "sim/dice.h"
#include "sim/net.h"
#include "sim/world.h"

#define DATAGRAMS_MAX 200

static struct datagram datagrams[DATAGRAMS_MAX];
static int ndatagrams, to_come;
static int64_t next_ns, pause_ns;

static void
plan_next(void)
{
	next_ns = to_come > 0 ? world.now_ns + dice_below(pause_ns) : NEVER;
}

void
udp_begin(void)
{
	ndatagrams = 0;
	to_come = (int)dice_pick(0, 0, 3, 20, DATAGRAMS_MAX);
	pause_ns = dice_pick(MICROSECONDS(10), MILLISECONDS(5), MILLISECONDS(300));
	plan_next();
}

int64_t
udp_next_ns(void)
{
	return next_ns;
}

void
udp_act(void)
{
	static const char *const homes[] = { "192.0.2.1:0", "192.0.2.2:0",
		"[2001:db8::1]:0" };
	struct datagram *d = &datagrams[ndatagrams];
	struct addr to;

	*d = (struct datagram){ .number = ndatagrams + 1,
		.size = (size_t)dice_pick(0, 1, 10, 1400, 9000) };
	addr_parse(&d->peer, homes[dice_below(ARRAY_SIZE(homes))]);
	addr_set_port(&d->peer, (uint16_t)dice_pick(4000, 4001, 4002, 7, 19, 1023));
	addr_parse(&to,
	    d->peer.sa.sa_family == AF_INET6 ? "[::1]:8001" : "127.0.0.1:8000");
	d->fd = net_bound_to(&to, UDP);
	if (d->fd >= 0) {
		trace("datagram %d comes to %d, %zu bytes", d->number, d->fd, d->size);
		ndatagrams++;
	}
	to_come--;
	plan_next();
}

struct datagram *
udp_waiting(int fd)
{
	for (int i = 0; i < ndatagrams; i++)
		if (datagrams[i].fd == fd && datagrams[i].state == DATAGRAM_WAITS)
			return &datagrams[i];
	return NULL;
}

static char
byte_at(const struct datagram *d, size_t at)
{
	return (char)((unsigned)d->number * 31 + (unsigned)at);
}

void
udp_fill(const struct datagram *d, char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(d, i);
}

static bool
matches(const struct datagram *d, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(d, i))
			return false;
	return n == d->size;
}

struct datagram *
udp_find(int fd, const struct addr *peer, const char *bytes, size_t n)
{
	for (int i = 0; i < ndatagrams; i++) {
		struct datagram *d = &datagrams[i];

		if (d->fd == fd && d->state == DATAGRAM_READ &&
		    addr_equal(&d->peer, peer) && matches(d, bytes, n))
			return d;
	}
	return NULL;
}

#include "sim/net.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "sim/dice.h"
#include "sim/udp.h"
#include "sim/world.h"

/* The pause that the server makes, and a little more. */
#define EXCUSED_NS MILLISECONDS(1050)

struct net net;

void
net_begin(void)
{
	memset(&net, 0, sizeof(net));
	net.limit = (int)dice_pick(FDS_MAX, FDS_MAX, FDS_MAX, 12, 20);
	conns_begin();
}

int
net_open(enum kind kind)
{
	for (int fd = 3; fd < net.limit; fd++)
		if (net.table[fd].kind == FREE) {
			net.table[fd] = (struct descriptor){ .kind = kind };
			if (fd >= net.top)
				net.top = fd + 1;
			return fd;
		}
	return -EMFILE;
}

struct descriptor *
net_at(int fd, const char *call)
{
	require(fd >= 3 && fd < FDS_MAX && net.table[fd].kind != FREE,
	    "%s of descriptor %d, which is not open", call, fd);
	return &net.table[fd];
}

struct descriptor *
net_stream(int fd, const char *call)
{
	struct descriptor *d = net_at(fd, call);

	require(d->kind == STREAM, "%s of descriptor %d, which is no connection", call,
	    fd);
	net.touched = d->conn;
	return d;
}

void
net_free(int fd)
{
	net.table[fd].kind = FREE;
}

/* ---- listeners ---- */

struct conn *
net_waiting(int listener)
{
	for (int i = 0; i < nconns; i++)
		if (conns[i].listener == listener)
			return &conns[i];
	return NULL;
}

static bool
is_wildcard(const struct addr *a)
{
	struct addr any = addr_any(a->sa.sa_family, addr_port(a));

	return addr_equal(a, &any);
}

static bool
overlap(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
		return false;
	return is_wildcard(a) || is_wildcard(b) || addr_equal(a, b);
}

int
net_bound_to(const struct addr *to, enum kind kind)
{
	for (int fd = 3; fd < net.top; fd++)
		if (net.table[fd].kind == kind && overlap(&net.table[fd].at, to))
			return fd;
	return -1;
}

bool
net_is_taken(const struct addr *at, bool for_datagrams)
{
	for (int fd = 3; fd < net.top; fd++) {
		const struct descriptor *d = &net.table[fd];

		if (d->kind != FREE && d->bound && d->for_datagrams == for_datagrams &&
		    overlap(&d->at, at))
			return true;
	}
	return false;
}

/* ---- all of them ---- */

void
net_excuse(int fd)
{
	for (int i = 3; i < net.top; i++)
		if (i == fd || (fd < 0 && net.table[i].kind != STREAM))
			net.table[i].excused_ns = world.now_ns + EXCUSED_NS;
	if (fd >= 0 && net.table[fd].kind == STREAM)
		net.table[fd].conn->excused_turn = world.turn;
}

int64_t
net_next_ns(void)
{
	int64_t next_ns = NEVER;

	for (int fd = 3; fd < net.top; fd++) {
		int64_t full_ns = net.table[fd].full_ns;

		if (net.table[fd].kind == UDP && full_ns > world.now_ns &&
		    full_ns < next_ns)
			next_ns = full_ns;
	}
	return next_ns;
}

unsigned
net_ready(int fd)
{
	const struct descriptor *d = &net.table[fd];

	switch (d->kind) {
	case LISTENER:
		return net_waiting(fd) != NULL ? POLLIN : 0;
	case STREAM:
		return conn_ready(d->conn);
	case UDP:
		return (udp_waiting(fd) != NULL ? (unsigned)POLLIN : 0) |
		    (world.now_ns >= d->full_ns ? (unsigned)POLLOUT : 0);
	case SIGNALS:
		return net.signals != 0 ? POLLIN : 0;
	default:
		return 0;
	}
}

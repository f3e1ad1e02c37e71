#include "sim/net.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sim/counts.h"
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
	net.no_segments = dice_once_in(4);
	if (dice_once_in(3))
		net.no_runs = (int)dice_pick(EIO, EINVAL, EMSGSIZE, EOPNOTSUPP);
	if (dice_once_in(8)) {
		net.missing = (int)dice_pick(AF_INET6, AF_INET6, AF_INET);
		net.missing_errno = (int)dice_pick(EAFNOSUPPORT, EPROTONOSUPPORT,
		    EADDRNOTAVAIL);
		trace("machine: no %s (%s)", net.missing == AF_INET6 ? "IPv6" : "IPv4",
		    strerrorname_np(net.missing_errno));
	}
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
	net.ran_out = true;
	count(EVENT_NO_DESCRIPTOR);
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

int
net_backlog(int listener)
{
	int n = 0;

	for (int i = 0; i < nconns; i++)
		n += conns[i].listener == listener;
	return n;
}

static bool
is_wildcard(const struct addr *a)
{
	struct addr any = addr_any(a->sa.sa_family, addr_port(a));

	return addr_equal(a, &any);
}

bool
net_overlap(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b) ||
	    addr_port(a) == 0)
		return false;
	return is_wildcard(a) || is_wildcard(b) || addr_equal(a, b);
}

/* Switched off, it lacks its wildcard alone: IP_FREEBIND allows the rest. */
bool
net_lacks(const struct addr *a)
{
	return a->sa.sa_family == net.missing &&
	    (net.missing_errno != EADDRNOTAVAIL || is_wildcard(a));
}

bool
net_listens(const struct descriptor *d)
{
	return d->kind == LISTENER || d->kind == UDP;
}

int
net_any(enum kind kind)
{
	int fds[FDS_MAX], n = 0;

	for (int fd = 3; fd < net.top; fd++)
		if (net.table[fd].kind == kind)
			fds[n++] = fd;
	return n > 0 ? fds[dice_below(n)] : -1;
}

const char *
net_name(const struct descriptor *d, char text[ADDR_TEXT])
{
	if (d->file == NULL)
		return addr_format(&d->at, text);
	snprintf(text, ADDR_TEXT, "%s", d->file->path);
	return text;
}

bool
net_is_taken(const struct addr *at, bool for_datagrams)
{
	for (int fd = 3; fd < net.top; fd++) {
		const struct descriptor *d = &net.table[fd];

		if (d->kind == FREE || !d->bound || d->file != NULL ||
		    d->for_datagrams != for_datagrams)
			continue;
		if (net_overlap(&d->at, at) ||
		    (d->dual_stack && addr_port(&d->at) == addr_port(at)))
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

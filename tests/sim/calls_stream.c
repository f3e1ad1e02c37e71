/* The system calls on connections: every one of them is checked, and may go wrong. */
#include <linux/sockios.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sim/checks.h"
#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/pace.h"
#include "sim/udp.h"
#include "sim/world.h"
#include "sim/wraps.h"

static int
fails(int err)
{
	errno = err;
	return -1;
}

/* ---- accept ---- */

static int
refused_by_system(int listener, int err)
{
	struct descriptor *d = &net.table[listener];

	d->trouble = err;
	d->trouble_ns = world.now_ns;
	d->trouble_closings = net.closings;
	trace("  accept4(%d) = %s (injected)", listener, strerrorname_np(err));
	return fails(err);
}

/* 192.0.2.1 as ::ffff:192.0.2.1. */
static void
map(struct addr *a)
{
	struct addr six = addr_any(AF_INET6, addr_port(a));

	if (a->sa.sa_family != AF_INET)
		return;
	memset(six.in6.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(six.in6.sin6_addr.s6_addr + 12, &a->in.sin_addr, 4);
	*a = six;
}

/* A v4 peer comes to a v6 socket as ::ffff:a.b.c.d only where that is dual-stack. */
static void
copy_addr(struct sockaddr *to, socklen_t *len, const struct addr *from, bool dual_stack)
{
	struct addr a = *from;
	socklen_t size = sizeof(sa_family_t); /* of a UNIX socket without a name */

	if (dual_stack)
		map(&a);
	if (a.sa.sa_family != AF_UNIX)
		size = addr_len(&a);
	memcpy(to, &a.sa, size < *len ? size : *len);
	*len = size;
}

int
__wrap_accept4(int listener, struct sockaddr *addr, socklen_t *len, int flags)
{
	struct conn *c = net_waiting(listener);
	int err, fd;

	require(net_at(listener, "accept")->kind == LISTENER,
	    "accept of descriptor %d, which does not listen", listener);
	require(flags == (SOCK_NONBLOCK | SOCK_CLOEXEC), "accept4 without its flags");
	pace_accept_tried(&net.table[listener]);
	if (c == NULL)
		return fails(EAGAIN);
	err = fault_errno(CALL_ACCEPT);
	if (err != 0)
		return refused_by_system(listener, err);
	fd = net_open(STREAM);
	if (fd < 0)
		return refused_by_system(listener, EMFILE);

	net.table[listener].trouble = 0;
	net.table[fd].conn = c;
	net.touched = c;
	trace("  accept4(%d) = %d, which is #%d", listener, fd, c->number);
	pace_accept_done(&net.table[listener]);
	check_accept(c);
	c->listener = -1;
	c->fd = fd;
	c->served = true;
	c->accepted_turn = world.turn;
	c->active_ns = c->progress_ns = c->accepted_ns = world.turn_ns;
	c->idle_ns = host.terms.idle_ns;
	c->lifetime_ns = host.terms.lifetime_ns;
	c->bytes_per_second = host.terms.bytes_per_second;
	copy_addr(addr, len, &c->peer, net.table[listener].dual_stack);
	world.moves++;
	return fd;
}

/* ---- recv and send ---- */

/* What it is told of a connection that broke: once why, and then the rest. */
static int
broken(struct conn *c, int fault, const char *call)
{
	int err = c->error != 0 ? c->error : fault;

	if (err == 0)
		return 0;
	trace("  %s(#%d) = %s%s", call, c->number, strerrorname_np(err),
	    c->error != 0 ? "" : " (injected)");
	c->error = 0;
	if (err == EAGAIN || err == EINTR)
		return err;
	c->told = true;
	if (err == ECONNRESET || err == EPIPE || err == ETIMEDOUT)
		conn_break(c, 0);
	return err;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t size, int flags)
{
	struct conn *c = net_stream(fd, "recv")->conn;
	uint64_t waiting = c->arrived - c->read;
	size_t n;
	int err;

	require(flags == 0, "recv with flags %d", flags);
	check_recv(c);
	c->reading = true;
	err = broken(c, conn_ready(c) == 0 ? 0 : fault_errno(CALL_RECV), "recv");
	if (err == 0 && waiting == 0 && !c->fin_arrived && !c->told)
		err = EAGAIN;
	if (err != 0)
		return fails(err);

	n = fault_short(CALL_RECV, waiting < size ? (size_t)waiting : size);
	conn_fill(c, c->read, buf, n);
	c->read += n;
	c->fin_read |= n == 0;
	c->active_ns = world.turn_ns;
	world.moves++;
	trace("  recv(#%d) = %zu, %ju in all", c->number, n, (uintmax_t)c->read);
	check_rate(c);
	conn_stir(c); /* the window is open again */
	return (ssize_t)n;
}

ssize_t
__wrap_send(int fd, const void *buf, size_t size, int flags)
{
	struct conn *c = net_stream(fd, "send")->conn;
	size_t room = conn_room(c), n;
	int err;

	require(flags == MSG_NOSIGNAL, "send with flags %d", flags);
	check_send(c, buf, size);
	err = broken(c, fault_errno(CALL_SEND), "send");
	if (err == 0 && c->told)
		err = EPIPE;
	if (err == 0 && room == 0) {
		err = EAGAIN;
		trace("  send(#%d) = EAGAIN", c->number);
	}
	if (err != 0)
		return fails(err);

	n = fault_short(CALL_SEND, size < room ? size : room);
	c->echoed += n;
	c->active_ns = world.turn_ns;
	world.moves++;
	trace("  send(#%d, %zu) = %zu, %ju in all", c->number, size, n,
	    (uintmax_t)c->echoed);
	conn_stir(c);
	return (ssize_t)n;
}

/* ---- the end ---- */

int
__wrap_shutdown(int fd, int how)
{
	struct conn *c = net_stream(fd, "shutdown")->conn;

	require(how == SHUT_WR, "shutdown with %d", how);
	count(EVENT_SHUT_DOWN);
	trace("  shutdown(#%d)", c->number);
	check_shutdown(c);
	if (c->told || c->error != 0)
		return fails(ENOTCONN);
	c->shut = true;
	c->shut_ns = world.turn_ns;
	world.moves++;
	conn_stir(c);
	return 0;
}

/* Of what is not yet accepted an RST tells the peer. */
static void
drop_backlog(int listener)
{
	struct conn *c;

	while ((c = net_waiting(listener)) != NULL) {
		trace("#%d network: refused, the listener is gone", c->number);
		c->listener = -1;
		conn_close(c);
		conn_break(c, 0);
	}
}

int
__wrap_close(int fd)
{
	struct descriptor *d = net_at(fd, "close");
	struct conn *c = d->kind == STREAM ? d->conn : NULL;

	trace(c != NULL ? "  close(%d), which is #%d" : "  close(%d)", fd,
	    c != NULL ? c->number : 0);
	check_close(fd);
	if (c != NULL) {
		net.touched = NULL;
		net.closings += c->served;
		c->closed_turn = world.turn;
		conn_close(c);
	}
	drop_backlog(fd);
	if (d->kind == LISTENER)
		pace_accept_ends(d);
	file_let_go(fd);
	udp_lose(fd);
	net_free(fd);
	world.moves++;
	return 0;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	struct conn *c = net_stream(fd, "ioctl")->conn;
	va_list args;

	require(request == SIOCOUTQ, "ioctl with %lu", request);
	va_start(args, request);
	*va_arg(args, int *) = (int)(c->echoed - c->acked);
	va_end(args);
	return 0;
}

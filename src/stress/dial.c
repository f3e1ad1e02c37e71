#include "stress/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "loop/loop.h"

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? errno : 0;
}

/*
 * The port is left for connect(2) to choose, which knows the other end: bind(2)
 * would want one that is free towards everybody (ip(7)).
 */
static int
bind_address(int fd, const struct addr *from)
{
	int err = set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

	if (err == 0 && bind(fd, &from->sa, addr_len(from)) < 0)
		err = errno;
	return err;
}

/* Returns 0, EINPROGRESS, or what went wrong. */
static int
begin(struct dial *d)
{
	int err = 0;

	d->fd = socket(d->to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (d->fd < 0)
		return errno;
	set_option(d->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (d->receive_buffer > 0)
		set_option(d->fd, SOL_SOCKET, SO_RCVBUF, d->receive_buffer);
	if (d->from.sa.sa_family != 0)
		err = bind_address(d->fd, &d->from);
	if (err == 0 && connect(d->fd, &d->to.sa, addr_len(&d->to)) < 0)
		err = errno;
	return err;
}

static int
outcome(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}

enum step
dial(struct task *t, struct dial *d)
{
	TASK_BEGIN(t);
	d->began_ns = clock_monotonic_ns();
	d->err = begin(d);
	if (d->err == EINPROGRESS) {
		YIELD(t, within(writable(d->fd), d->limit_ns));
		d->err = t->woke == WAKE_READY ? outcome(d->fd) : task_error(t);
	}
	d->took_ns = clock_monotonic_ns() - d->began_ns;
	if (d->err != 0)
		loop_close_fd(t->loop, &d->fd);
	TASK_END(t);
}

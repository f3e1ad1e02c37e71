#include "stress/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "loop/loop.h"

#define BACKLOG_NS MILLISECONDS(1)

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

static int
connect_path(int fd, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strncpy(un.sun_path, path, sizeof(un.sun_path) - 1);
	return connect(fd, (struct sockaddr *)&un, sizeof(un));
}

/* Returns 0, EINPROGRESS, EAGAIN: try again, or what went wrong. */
static int
try_connect(const struct dial *d)
{
	int r = d->path != NULL ? connect_path(d->fd, d->path)
				: connect(d->fd, &d->to.sa, addr_len(&d->to));

	return r < 0 ? errno : 0;
}

/* The same. */
static int
begin(struct dial *d)
{
	int family = d->path != NULL ? AF_UNIX : d->to.sa.sa_family, err = 0;
	int type = d->datagrams ? SOCK_DGRAM : SOCK_STREAM;

	d->fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return errno;
	if (!d->datagrams && d->path == NULL)
		set_option(d->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!d->datagrams) /* else recv(2) would leave out urgent bytes */
		set_option(d->fd, SOL_SOCKET, SO_OOBINLINE, 1);
	if (d->receive_buffer > 0)
		set_option(d->fd, SOL_SOCKET, SO_RCVBUF, d->receive_buffer);
	if (d->from.sa.sa_family != 0)
		err = bind_address(d->fd, &d->from);
	return err == 0 ? try_connect(d) : err;
}

static int
outcome(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}

/*
 * Where nobody listens, the port that the kernel chooses may be the very one that
 * is called.  The socket is then connected to itself: a perfect echo.
 */
static bool
called_itself(const struct dial *d)
{
	struct addr ours = { 0 }, theirs = { 0 };
	socklen_t len = sizeof(ours), theirs_len = sizeof(theirs);

	return d->path == NULL && getsockname(d->fd, &ours.sa, &len) == 0 &&
	    getpeername(d->fd, &theirs.sa, &theirs_len) == 0 &&
	    addr_equal(&ours, &theirs);
}

enum step
dial(struct task *t, struct dial *d)
{
	TASK_BEGIN(t);
	d->began_ns = clock_monotonic_ns();
	d->err = begin(d);
	/* The backlog of a UNIX socket is full, and cannot be waited for (unix(7)). */
	while (d->err == EAGAIN && d->path != NULL && t->woke != WAKE_CANCEL) {
		YIELD(t, elapsed(BACKLOG_NS));
		d->err = try_connect(d);
		if (d->err == EAGAIN &&
		    clock_monotonic_ns() - d->began_ns > d->limit_ns)
			d->err = ETIME;
	}
	if (d->err == EINPROGRESS) {
		YIELD(t, within(writable(d->fd), d->limit_ns));
		d->err = t->err == 0 ? outcome(d->fd) : t->err;
	}
	d->took_ns = clock_monotonic_ns() - d->began_ns;
	if (d->err == 0 && called_itself(d))
		d->err = ECONNREFUSED;
	if (d->err != 0)
		loop_close_fd(t->loop, &d->fd);
	TASK_END(t);
}

/* The system calls with which the server gets ready: sockets, signals, the clock. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>

#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/net.h"
#include "sim/world.h"
#include "sim/wraps.h"

static int
fails(const char *call, int err)
{
	trace("  %s = %s", call, strerrorname_np(err));
	errno = err;
	return -1;
}

/* A descriptor of the server's own. */
static int
open_own(enum kind kind, const char *call)
{
	int err = fault_errno(CALL_OPEN);
	int fd = err == 0 ? net_open(kind) : -err;

	if (fd < 0)
		return fails(call, -fd);
	trace("  %s = %d", call, fd);
	return fd;
}

/* ---- listening sockets ---- */

int
__wrap_socket(int domain, int type, int protocol)
{
	int fd;

	require(domain == AF_INET || domain == AF_INET6, "socket of family %d", domain);
	require((type & (SOCK_NONBLOCK | SOCK_CLOEXEC)) ==
		    (SOCK_NONBLOCK | SOCK_CLOEXEC) &&
		protocol == 0,
	    "socket of type %x", (unsigned)type);
	fd = open_own(SOCKET, "socket()");
	if (fd >= 0)
		net.table[fd].for_datagrams = (type & SOCK_DGRAM) != 0;
	return fd;
}

int
__wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct descriptor *d = net_at(fd, "bind");
	int err = fault_errno(CALL_SETUP);
	struct addr at = { 0 };

	memcpy(&at, addr, len);
	if (err == 0 && net_is_taken(&at, d->for_datagrams))
		err = EADDRINUSE;
	if (err != 0)
		return fails("bind()", err);
	d->at = at;
	d->bound = true;
	if (d->for_datagrams)
		d->kind = UDP;
	return 0;
}

int
__wrap_listen(int fd, int backlog)
{
	struct descriptor *d = net_at(fd, "listen");
	int err = fault_errno(CALL_SETUP);
	char text[ADDR_TEXT];

	require(d->bound && backlog > 0, "listen(%d, %d)", fd, backlog);
	if (err != 0)
		return fails("listen()", err);
	trace("  listen(%d) at %s", fd, addr_format(&d->at, text));
	d->kind = LISTENER;
	return 0;
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct descriptor *d = net_at(fd, "setsockopt");

	(void)level;
	(void)name;
	(void)value;
	require(len == sizeof(int), "setsockopt with %u bytes", len);
	return d->kind == STREAM && d->conn->error != 0 ? fails("setsockopt()", EINVAL)
							: 0;
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	const struct descriptor *d = net_at(fd, "getsockopt");
	int *ret = value;

	require(*len == sizeof(int), "getsockopt with %u bytes", *len);
	if (level == SOL_SOCKET && name == SO_DOMAIN)
		*ret = d->at.sa.sa_family;
	else if (level == SOL_SOCKET && name == SO_TYPE)
		*ret = d->for_datagrams ? SOCK_DGRAM : SOCK_STREAM;
	else if (level == SOL_SOCKET && name == SO_PROTOCOL)
		*ret = d->for_datagrams ? IPPROTO_UDP : IPPROTO_TCP;
	else if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
		*ret = d->kind == LISTENER;
	else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
		*ret = 1;
	else
		world_fail("getsockopt(%d, %d)", level, name);
	return 0;
}

int
__wrap_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct descriptor *d = net_at(fd, "getsockname");
	int err = fault_errno(CALL_SETUP);

	if (err == EADDRINUSE)
		err = 0;
	if (err != 0)
		return fails("getsockname()", err);
	memcpy(addr, &d->at.sa, addr_len(&d->at));
	*len = addr_len(&d->at);
	return 0;
}

/* poller_select asks whether a descriptor is open; of inherited ones all is asked. */
int
__wrap_fcntl(int fd, int command, ...)
{
	const struct descriptor *d = net_at(fd, "fcntl");

	require(command == F_GETFD || d->inherited, "fcntl with %d", command);
	return command == F_GETFD ? FD_CLOEXEC : 0;
}

/* ---- signals ---- */

int
__wrap_signalfd(int fd, const sigset_t *mask, int flags)
{
	(void)mask;
	require(fd == -1 && flags == (SFD_CLOEXEC | SFD_NONBLOCK), "signalfd(%d, %x)",
	    fd, (unsigned)flags);
	return open_own(SIGNALS, "signalfd()");
}

/* Of several, the one with the lowest number first. */
ssize_t
__wrap_read(int fd, void *buf, size_t size)
{
	struct signalfd_siginfo info = { 0 };
	int err = fault_errno(CALL_READ);

	require(net_at(fd, "read")->kind == SIGNALS && size == sizeof(info),
	    "read(%d) of %zu bytes", fd, size);
	if (err == 0 && net.signals == 0)
		err = EAGAIN;
	if (err != 0)
		return fails("read()", err);
	info.ssi_signo = (uint32_t)__builtin_ctzll(net.signals);
	net.signals &= net.signals - 1;
	trace("  read() = signal %s", sigabbrev_np((int)info.ssi_signo));
	memcpy(buf, &info, sizeof(info));
	world.moves++;
	return sizeof(info);
}

/* ---- time and chance ---- */

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	world_advance(dice_below(2000));
	*ret = (struct timespec){ .tv_sec = world.now_ns / SECONDS(1),
		.tv_nsec = world.now_ns % SECONDS(1) };
	return 0;
}

ssize_t
__wrap_getrandom(void *buf, size_t size, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < size; i++)
		((unsigned char *)buf)[i] = (unsigned char)dice_roll();
	return (ssize_t)size;
}

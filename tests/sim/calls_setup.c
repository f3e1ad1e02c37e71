/* The system calls with which the server gets ready: sockets, signals, the clock. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/un.h>

#include "sim/counts.h"
#include "sim/dice.h"
#include "sim/faults.h"
#include "sim/homes.h"
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

	require(domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX,
	    "socket of family %d", domain);
	require((type & (SOCK_NONBLOCK | SOCK_CLOEXEC)) ==
		    (SOCK_NONBLOCK | SOCK_CLOEXEC) &&
		protocol == 0,
	    "socket of type %x", (unsigned)type);
	if (domain == net.missing && net.missing_errno != EADDRNOTAVAIL) {
		count(EVENT_FAMILY_MISSING);
		return fails("socket()", net.missing_errno);
	}
	fd = open_own(SOCKET, "socket()");
	if (fd >= 0)
		net.table[fd].for_datagrams = (type & SOCK_DGRAM) != 0;
	return fd;
}

/* Any port; what is free in one family may be taken in the other. */
static void
pick_port(struct addr *at, bool for_datagrams)
{
	do
		addr_set_port(at, (uint16_t)(NET_PICKED + dice_below(20)));
	while (net_is_taken(at, for_datagrams));
}

static int
bind_to_file(int fd, const struct sockaddr *addr)
{
	const struct sockaddr_un *name = (const void *)addr;
	struct file *f = file_at(name->sun_path);
	int r = file_bind(f, fd);

	if (r < 0)
		return fails("bind()", -r);
	net.table[fd].at.sa.sa_family = AF_UNIX;
	net.table[fd].file = f;
	net.table[fd].bound = true;
	return 0;
}

/* By another process, perhaps; then another port will do. */
static int
why_not(const struct addr *at, bool for_datagrams)
{
	int err = fault_errno(CALL_SETUP);

	if (err != 0)
		return err;
	if (net_lacks(at)) {
		count(EVENT_FAMILY_MISSING);
		return EADDRNOTAVAIL;
	}
	if (net_is_taken(at, for_datagrams))
		return EADDRINUSE;
	return addr_port(at) >= NET_PICKED && dice_once_in(3) ? EADDRINUSE : 0;
}

int
__wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct descriptor *d = net_at(fd, "bind");
	struct addr at = { 0 };
	int err;

	if (addr->sa_family == AF_UNIX)
		return bind_to_file(fd, addr);
	memcpy(&at, addr, len);
	err = why_not(&at, d->for_datagrams);
	if (err != 0)
		return fails("bind()", err);
	if (addr_port(&at) == 0)
		pick_port(&at, d->for_datagrams);
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
	trace("  listen(%d) at %s", fd, net_name(d, text));
	d->kind = LISTENER;
	return 0;
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct descriptor *d = net_at(fd, "setsockopt");

	(void)name;
	(void)value;
	require(len == sizeof(int), "setsockopt with %u bytes", len);
	if (level == IPPROTO_TCP && d->kind == STREAM && home_is_local(d->conn->home))
		return fails("setsockopt()", EOPNOTSUPP);
	return d->kind == STREAM && d->conn->error != 0 ? fails("setsockopt()", EINVAL)
							: 0;
}

static int
get_peer(const struct descriptor *d, struct ucred *ret, const socklen_t *len)
{
	const struct addr_process *p = &d->conn->peer.process;

	require(*len == sizeof(*ret), "getsockopt with %u bytes", *len);
	*ret = (struct ucred){ .pid = p->pid, .uid = p->uid, .gid = 100 };
	return 0;
}

/* A moment later it may be another number. */
static int
get_backlog(int fd, const struct descriptor *d, struct tcp_info *ret,
    const socklen_t *len)
{
	require(*len == sizeof(*ret), "getsockopt with %u bytes", *len);
	require(d->kind == LISTENER, "the backlog of descriptor %d", fd);
	if (d->file != NULL)
		return fails("getsockopt(TCP_INFO)", EOPNOTSUPP);
	*ret = (struct tcp_info){ .tcpi_unacked = (uint32_t)net_backlog(fd) };
	if (dice_once_in(10))
		ret->tcpi_unacked = (uint32_t)dice_below(100);
	return 0;
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	const struct descriptor *d = net_at(fd, "getsockopt");
	int *ret = value;

	if (level == SOL_SOCKET && name == SO_PEERCRED)
		return get_peer(d, value, len);
	if (level == IPPROTO_TCP && name == TCP_INFO)
		return get_backlog(fd, d, value, len);
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
		*ret = !d->dual_stack;
	else if (level == SOL_UDP && name == UDP_SEGMENT && net.no_segments)
		return fails("getsockopt(UDP_SEGMENT)", ENOPROTOOPT);
	else if (level == SOL_UDP && name == UDP_SEGMENT)
		*ret = 0;
	else
		world_fail("getsockopt(%d, %d)", level, name);
	return 0;
}

static int
get_path(const struct file *f, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	memcpy(name.sun_path, f->path, strlen(f->path));
	memcpy(addr, &name, *len < sizeof(name) ? *len : sizeof(name));
	*len = sizeof(name);
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
	if (d->file != NULL)
		return get_path(d->file, addr, len);
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

#include "net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define UDP_RECEIVE_BUFFER                                                             \
	(4 * 1024 * 1024)   /* the kernel caps it at net.core.rmem_max */
#define SAME_PORT_TRIES 100 /* a port free in one family may be taken in the other */

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int
set_flag(int fd, int level, int option)
{
	return set_option(fd, level, option, 1);
}

/*
 * Urgent data stays in the stream.  A listening socket hands this on to its
 * connections from their first byte; with the option set only after accept(2),
 * an urgent byte that came before it is lost as soon as a second one comes.
 */
static int
keep_urgent_inline(int fd)
{
	return set_flag(fd, SOL_SOCKET, SO_OOBINLINE);
}

/* Datagrams come in bursts, and nobody sends again what found no room. */
static void
make_room(int fd)
{
	set_option(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_BUFFER);
}

static bool
is_any(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr)
					   : a->in.sin_addr.s_addr == INADDR_ANY;
}

/*
 * The wildcard is not freely bound: that it cannot be had, as where the machine
 * has no such family, should be seen.  SO_REUSEADDR would have two UDP sockets
 * share a port without a word.
 */
static int
set_options_before_bind(int fd, const struct addr *at,
    const struct sock_listen_options *o)
{
	bool six = at->sa.sa_family == AF_INET6;
	int r = 0;

	if (o->kind == SOCK_TCP)
		r = set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
	else
		make_room(fd);
	if (r == 0 && o->reuse_port)
		r = set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
	if (r == 0 && six)
		r = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (r == 0 && !is_any(at))
		r = set_flag(fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
		    six ? IPV6_FREEBIND : IP_FREEBIND);
	return r == 0 ? keep_urgent_inline(fd) : r;
}

static int
bind_and_listen(int fd, const struct addr *at, const struct sock_listen_options *o)
{
	int r = set_options_before_bind(fd, at, o);

	if (r == 0 && o->kind == SOCK_TCP)
		r = sock_set_stream_options(fd, &o->stream);
	if (r == 0 && bind(fd, &at->sa, addr_len(at)) < 0)
		r = -errno;
	if (r == 0 && o->kind == SOCK_TCP && listen(fd, o->backlog) < 0)
		r = -errno;
	return r;
}

int
sock_listen(const struct addr *at, const struct sock_listen_options *options)
{
	int type = options->kind == SOCK_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(at->sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = bind_and_listen(fd, at, options);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* The machine has no such family, or has it switched off. */
static bool
family_is_missing(int r)
{
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL || r == -EPROTONOSUPPORT;
}

static int
listen_any(int family, uint16_t port, const struct sock_listen_options *options)
{
	struct addr at = addr_any(family, port);

	return sock_listen(&at, options);
}

/* One try.  On failure nothing is open. */
static int
listen_both_once(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options)
{
	struct addr at;
	int r;

	ret->v6 = listen_any(AF_INET6, port, options);
	if (ret->v6 < 0 && !family_is_missing(ret->v6))
		return ret->v6;
	r = ret->v6 >= 0 ? sock_local_addr(ret->v6, &at) : 0;
	if (r == 0 && ret->v6 >= 0)
		port = addr_port(&at);
	if (r == 0)
		r = listen_any(AF_INET, port, options);
	ret->v4 = r;
	if (r >= 0 || (family_is_missing(r) && ret->v6 >= 0))
		return 0;
	if (ret->v6 >= 0)
		close(ret->v6);
	return r;
}

int
sock_listen_both(struct sock_both *ret, uint16_t port,
    const struct sock_listen_options *options)
{
	int tries = port == 0 ? SAME_PORT_TRIES : 1;
	int r;

	do
		r = listen_both_once(ret, port, options);
	while (r == -EADDRINUSE && --tries > 0);
	return r;
}

static int
get_option(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -errno : value;
}

/* Nobody finds the way to a port that the kernel has not picked yet. */
static bool
has_port(int fd)
{
	struct addr at = { 0 }; /* and so it stays where it cannot be told */

	sock_local_addr(fd, &at);
	return addr_port(&at) != 0;
}

/* Returns 0, -EINVAL or -errno. */
static int
kind_of(int fd, enum sock_kind *ret)
{
	int domain = get_option(fd, SO_DOMAIN), type = get_option(fd, SO_TYPE);
	bool internet = domain == AF_INET || domain == AF_INET6;

	if (domain < 0)
		return domain;
	if (type == SOCK_STREAM && (internet || domain == AF_UNIX)) {
		*ret = internet ? SOCK_TCP : SOCK_UNIX;
		return get_option(fd, SO_ACCEPTCONN) == 1 ? 0 : -EINVAL;
	}
	*ret = SOCK_UDP;
	return internet && get_option(fd, SO_PROTOCOL) == IPPROTO_UDP && has_port(fd)
	    ? 0
	    : -EINVAL;
}

int
sock_adopt(int fd, enum sock_kind *ret)
{
	enum sock_kind kind;
	int r = kind_of(fd, &kind), flags = fcntl(fd, F_GETFL);

	if (r < 0)
		return r;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	*ret = kind;
	return keep_urgent_inline(fd);
}

bool
sock_is_dual_stack(int fd)
{
	int v6only = 1;
	socklen_t size = sizeof(v6only);

	getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size);
	return !v6only;
}

/* The kernel has noted who called connect(2). */
static struct addr
peer_process(int fd)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
	return (struct addr){ .process = { AF_UNIX, who.pid, who.uid } };
}

int
sock_accept(int listening, struct addr *peer)
{
	struct addr from = { 0 };
	socklen_t len = sizeof(from);
	int fd = accept4(listening, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (from.sa.sa_family == AF_UNIX)
		from = peer_process(fd);
	addr_unmap(&from);
	*peer = from;
	return fd;
}

int
sock_backlog(int listening)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	if (getsockopt(listening, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return -errno;
	return (int)info.tcpi_unacked;
}

int
sock_set_stream_options(int listening, const struct sock_stream_options *options)
{
	int r = set_option(listening, IPPROTO_TCP, TCP_NODELAY, options->nodelay);

	if (r == 0)
		r = set_option(listening, SOL_SOCKET, SO_KEEPALIVE, options->keepalive);
	return r;
}

void
sock_add_stream_options(int fd, const struct sock_stream_options *options)
{
	keep_urgent_inline(fd); /* it may be from before sock_adopt() */
	if (options->nodelay)
		set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
	if (options->keepalive)
		set_flag(fd, SOL_SOCKET, SO_KEEPALIVE);
}

int
sock_local_addr(int fd, struct addr *ret)
{
	struct addr a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len) < 0)
		return -errno;
	*ret = a;
	return 0;
}

int
sock_unsent(int fd)
{
	int bytes;

	return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}

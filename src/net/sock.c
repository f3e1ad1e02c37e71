#include "net/sock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int
set_flag(int fd, int level, int option)
{
	return setsockopt(fd, level, option, &(int){ 1 }, sizeof(int)) < 0 ? -errno : 0;
}

static int
bind_and_listen(int fd, const struct addr *at, const struct sock_listen_options *o)
{
	int r = set_flag(fd, SOL_SOCKET, SO_REUSEADDR);

	if (r == 0 && o->reuse_port)
		r = set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
	if (r == 0 && at->sa.sa_family == AF_INET6)
		r = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (r == 0 && bind(fd, &at->sa, addr_len(at)) < 0)
		r = -errno;
	if (r == 0 && listen(fd, o->backlog) < 0)
		r = -errno;
	return r;
}

int
sock_listen(const struct addr *at, const struct sock_listen_options *options)
{
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
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

int
sock_accept(int listening, struct addr *peer)
{
	struct addr from = { 0 };
	socklen_t len = sizeof(from);
	int fd = accept4(listening, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	addr_unmap(&from);
	*peer = from;
	return fd;
}

void
sock_set_stream_options(int fd, const struct sock_stream_options *options)
{
	set_flag(fd, SOL_SOCKET, SO_OOBINLINE);
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

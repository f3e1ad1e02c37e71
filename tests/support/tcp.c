#include "support/tcp.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/sock.h"

struct addr
loopback(int family)
{
	struct addr a = addr_any(family, 0);

	if (family == AF_INET6)
		a.in6.sin6_addr = in6addr_loopback;
	else
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

int
tcp_listener(int family, struct addr *at)
{
	struct addr any_port = loopback(family);
	struct sock_listen_options options = { .backlog = 512 };
	int fd = sock_listen(&any_port, &options);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sock_local_addr(fd, at), 0);
	return fd;
}

int
tcp_connect(const struct addr *at)
{
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, &at->sa, addr_len(at)), 0);
	return fd;
}

/* size: of the buffers, or 0 for what the kernel gives. */
static void
pair(int *ours, int *theirs, int size)
{
	struct addr at, peer;
	int listening = tcp_listener(AF_INET, &at);

	if (size > 0) /* what is accepted, inherits it */
		setsockopt(listening, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	*theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (size > 0)
		setsockopt(*theirs, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ck_assert_int_eq(connect(*theirs, &at.sa, addr_len(&at)), 0);
	ck_assert_int_eq(fcntl(*theirs, F_SETFL, O_NONBLOCK), 0);
	*ours = sock_accept(listening, &peer);
	ck_assert_int_ge(*ours, 0);
	close(listening);
}

void
tcp_pair(int *ours, int *theirs)
{
	pair(ours, theirs, 0);
}

void
tcp_narrow_pair(int *ours, int *theirs)
{
	pair(ours, theirs, 8192);
}

int
open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n;
}

/*
 * The least that can measure an echo server: an epoll ping-pong client, which
 * checks the same bytes as echo-stress.  What echo-stress costs is set against it.
 *
 *	bare_client PORT CONNECTIONS SIZE SECONDS
 *
 * Prints messages, and user and system microseconds of its CPU for each.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "stress/stream.h"

#define BATCH 256

struct conn {
	int fd;
	uint64_t seed, sent, received;
};

static char buf[262144];

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void
ping(struct conn *c, size_t size)
{
	stream_fill(c->seed, c->sent, buf, size);
	if (send(c->fd, buf, size, MSG_NOSIGNAL) != (ssize_t)size)
		die("send");
	c->sent += size;
}

/* Returns whether a message is complete. */
static int
pong(struct conn *c)
{
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n <= 0)
		die("recv");
	if (stream_check(c->seed, c->received, buf, (size_t)n) != (size_t)n)
		die("wrong byte");
	c->received += (uint64_t)n;
	return c->received == c->sent;
}

static void
open_all(struct conn *conns, int n, int epfd, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (int i = 0; i < n; i++) {
		struct conn *c = &conns[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		c->seed = stream_seed(1, (uint64_t)i, 0);
		c->fd = socket(AF_INET, SOCK_STREAM, 0);
		if (c->fd < 0 || connect(c->fd, (void *)&to, sizeof(to)) < 0)
			die("connect");
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev);
	}
}

static double
micros(struct timeval tv)
{
	return (double)tv.tv_sec * 1e6 + (double)tv.tv_usec;
}

int
main(int argc, char **argv)
{
	int n = argc == 5 ? atoi(argv[2]) : 0, epfd = epoll_create1(0);
	struct conn *conns = calloc((size_t)n + 1, sizeof(*conns));
	struct epoll_event events[BATCH];
	uint64_t messages = 0;
	struct rusage used;
	int64_t end_ns;
	size_t size;

	if (n < 1 || epfd < 0 || conns == NULL)
		return EXIT_FAILURE;
	size = (size_t)atoi(argv[3]);
	open_all(conns, n, epfd, (uint16_t)atoi(argv[1]));
	end_ns = clock_monotonic_ns() + SECONDS(atoi(argv[4]));
	for (int i = 0; i < n; i++)
		ping(&conns[i], size);
	while (clock_monotonic_ns() < end_ns) {
		int ready = epoll_wait(epfd, events, BATCH, 1000);

		for (int i = 0; i < ready; i++) {
			if (!pong(events[i].data.ptr))
				continue;
			messages++;
			ping(events[i].data.ptr, size);
		}
	}
	getrusage(RUSAGE_SELF, &used);
	printf("%ju messages, %.3f us user, %.3f us system each\n", (uintmax_t)messages,
	    micros(used.ru_utime) / (double)messages,
	    micros(used.ru_stime) / (double)messages);
	return EXIT_SUCCESS;
}

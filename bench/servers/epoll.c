/* The baseline: an echo server on bare epoll(7), level-triggered. */
#include <sys/epoll.h>

#include "echo.h"

#define BATCH 256

static int epfd;

static void
watch(int op, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	epoll_ctl(epfd, op, fd, &ev);
}

static void
serve(int fd, uint32_t ready)
{
	if (ready & EPOLLOUT) {
		if (echo_rest(fd) == ECHO_ALL)
			watch(EPOLL_CTL_MOD, fd, EPOLLIN);
	} else if (echo_once(fd) == ECHO_REST) {
		watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
	}
}

int
main(int argc, char **argv)
{
	int listener = echo_bind(argc, argv, SOCK_STREAM);
	struct epoll_event events[BATCH];

	epfd = epoll_create1(0);
	watch(EPOLL_CTL_ADD, listener, EPOLLIN);
	for (;;) {
		int n = epoll_wait(epfd, events, BATCH, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener)
				serve(fd, events[i].events);
			else if ((fd = echo_accept(listener)) >= 0)
				watch(EPOLL_CTL_ADD, fd, EPOLLIN);
		}
	}
}

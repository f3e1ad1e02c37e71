/*
 * The epoll(7) backend, level-triggered: a descriptor is registered once and
 * stays so.  The kernel rotates its list of ready descriptors by itself, so
 * that none starves when more are ready than one wait can report.
 */
#include "loop/poller.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define BATCH 256 /* events taken at once: all that the loop has room for */

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT, "enum io has other bits");

struct poller {
	int epfd;
	int room;	  /* descriptors that `watched` has room for */
	uint8_t *watched; /* enum io bits, by descriptor */
	struct epoll_event batch[BATCH];
};

static void
epoll_close(struct poller *p)
{
	close(p->epfd);
	free(p->watched);
	free(p);
}

static int
epoll_open(struct poller **ret)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epfd < 0) {
		int err = errno;

		free(p);
		return -err;
	}
	*ret = p;
	return 0;
}

static int
reserve(struct poller *p, int fd)
{
	int room = p->room > 0 ? p->room : 64;
	uint8_t *longer;

	while (room <= fd)
		room *= 2;
	if (room == p->room)
		return 0;
	longer = realloc(p->watched, (size_t)room);
	if (longer == NULL)
		return -ENOMEM;
	memset(longer + p->room, 0, (size_t)(room - p->room));
	p->watched = longer;
	p->room = room;
	return 0;
}

static int
epoll_watch(struct poller *p, int fd, unsigned want)
{
	struct epoll_event ev = { .events = want, .data.fd = fd };
	int op;

	if (want != 0 && reserve(p, fd) < 0)
		return -ENOMEM;
	if (fd >= p->room || p->watched[fd] == want)
		return 0;

	/* Even with no events asked for, HUP and ERR come: nothing wanted is DEL. */
	if (want == 0)
		op = EPOLL_CTL_DEL;
	else
		op = p->watched[fd] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(p->epfd, op, fd, &ev) < 0)
		return errno == ENOSPC ? -ENOMEM : -errno;
	p->watched[fd] = (uint8_t)want;
	return 0;
}

/* To the nanosecond where the system can, else to the next millisecond. */
static int
sleep_for_events(struct poller *p, int room, int64_t timeout_ns)
{
	struct timespec ts = clock_timespec(timeout_ns);
	int64_t ms;
	int n;

	if (timeout_ns <= 0)
		return epoll_wait(p->epfd, p->batch, room, timeout_ns < 0 ? -1 : 0);
	n = epoll_pwait2(p->epfd, p->batch, room, &ts, NULL);
	if (n >= 0 || (errno != ENOSYS && errno != EPERM))
		return n;
	ms = timeout_ns / MILLISECONDS(1) + 1;
	ms = ms < INT32_MAX ? ms : INT32_MAX;
	return epoll_wait(p->epfd, p->batch, room, (int)ms);
}

static int
epoll_wait_events(struct poller *p, struct poller_event *events, int room,
    int64_t timeout_ns)
{
	int n;

	room = room < BATCH ? room : BATCH;
	n = sleep_for_events(p, room, timeout_ns);
	if (n < 0 && errno == EINTR) /* as by SIGCONT, and much may have come */
		n = epoll_wait(p->epfd, p->batch, room, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		const struct epoll_event *ev = &p->batch[i];
		bool broken = ev->events & (EPOLLHUP | EPOLLERR);
		unsigned ready = broken ? IO_READ | IO_WRITE : ev->events;

		events[i].fd = ev->data.fd;
		events[i].ready = ready & p->watched[ev->data.fd];
	}
	return n;
}

const struct poller_ops poller_epoll = {
	.name = "epoll",
	.open = epoll_open,
	.close = epoll_close,
	.watch = epoll_watch,
	.wait = epoll_wait_events,
};

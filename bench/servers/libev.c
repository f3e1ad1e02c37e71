/* An echo server on libev. */
#include <ev.h>

#include "echo.h"

static void
on_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	enum echoed echoed = (revents & EV_WRITE) ? echo_rest(io->fd)
						  : echo_once(io->fd);
	int events = echoed == ECHO_REST ? EV_WRITE : EV_READ;

	if (echoed == ECHO_GONE) {
		ev_io_stop(loop, io);
		free(io);
	} else if ((revents & (EV_READ | EV_WRITE)) != events) {
		ev_io_stop(loop, io);
		ev_io_set(io, io->fd, events);
		ev_io_start(loop, io);
	}
}

static void
on_connect(struct ev_loop *loop, ev_io *listener, int revents)
{
	ev_io *io = malloc(sizeof(*io));
	int fd = echo_accept(listener->fd);

	(void)revents;
	if (fd < 0 || io == NULL) {
		free(io);
		return;
	}
	ev_io_init(io, on_ready, fd, EV_READ);
	ev_io_start(loop, io);
}

int
main(int argc, char **argv)
{
	struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
	ev_io listener;

	ev_io_init(&listener, on_connect, echo_bind(argc, argv, SOCK_STREAM), EV_READ);
	ev_io_start(loop, &listener);
	return !ev_run(loop, 0);
}

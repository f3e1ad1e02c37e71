/* An echo server on libevent, with bufferevents, as its own sample does it. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "echo.h"

static void
on_read(struct bufferevent *b, void *arg)
{
	(void)arg;
	bufferevent_write_buffer(b, bufferevent_get_input(b));
}

/* After the peer's FIN: all that was to be sent is. */
static void
on_written(struct bufferevent *b, void *arg)
{
	(void)arg;
	bufferevent_free(b);
}

static void
on_event(struct bufferevent *b, short what, void *arg)
{
	struct evbuffer *output = bufferevent_get_output(b);

	if ((what & BEV_EVENT_EOF) && evbuffer_get_length(output) > 0)
		bufferevent_setcb(b, NULL, on_written, on_event, arg);
	else
		bufferevent_free(b);
}

static void
on_connect(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int len,
    void *arg)
{
	struct event_base *base = evconnlistener_get_base(l);
	struct bufferevent *b = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)peer, (void)len, (void)arg;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	bufferevent_setcb(b, on_read, NULL, on_event, NULL);
	bufferevent_enable(b, EV_READ | EV_WRITE);
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	int fd = echo_bind(argc, argv, SOCK_STREAM);

	if (evconnlistener_new(base, on_connect, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd) ==
	    NULL)
		return EXIT_FAILURE;
	return event_base_dispatch(base);
}

/* An echo server on libuv, which sends at once what it can. */
#include <uv.h>

#include "echo.h"

struct rest {
	uv_write_t request;
	char data[];
};

static char buffer[ECHO_BUFFER];

static void
on_buffer(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	(void)h, (void)suggested;
	*buf = uv_buf_init(buffer, sizeof(buffer));
}

static void
on_close(uv_handle_t *h)
{
	free(h);
}

static void
on_written(uv_write_t *request, int status)
{
	(void)status;
	free(request); /* it is the first member of its struct rest */
}

static void
on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
	uv_buf_t out = uv_buf_init(buf->base, got > 0 ? (unsigned)got : 0);
	struct rest *rest;
	int sent;

	if (got < 0)
		uv_close((uv_handle_t *)s, on_close);
	if (got <= 0)
		return;
	sent = uv_try_write(s, &out, 1);
	if (sent == got)
		return;
	sent = sent < 0 ? 0 : sent;
	rest = malloc(sizeof(*rest) + (size_t)(got - sent));
	memcpy(rest->data, out.base + sent, (size_t)(got - sent));
	out = uv_buf_init(rest->data, (unsigned)(got - sent));
	uv_write(&rest->request, s, &out, 1, on_written);
}

static void
on_connect(uv_stream_t *listener, int status)
{
	uv_tcp_t *tcp = malloc(sizeof(*tcp));

	uv_tcp_init(listener->loop, tcp);
	if (status < 0 || uv_accept(listener, (uv_stream_t *)tcp) < 0) {
		uv_close((uv_handle_t *)tcp, on_close);
		return;
	}
	uv_tcp_nodelay(tcp, 1);
	uv_read_start((uv_stream_t *)tcp, on_buffer, on_read);
}

int
main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();
	uv_tcp_t listener;

	uv_tcp_init(loop, &listener);
	uv_tcp_open(&listener, echo_bind(argc, argv, SOCK_STREAM));
	if (uv_listen((uv_stream_t *)&listener, 4096, on_connect) < 0)
		return EXIT_FAILURE;
	return uv_run(loop, UV_RUN_DEFAULT);
}

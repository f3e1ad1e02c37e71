/*
 * The smallest complete echo server on the loop, to begin reading with.
 *
 *	tcp_server PORT		echoes on 127.0.0.1:PORT until it is killed
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/util.h"
#include "loop/loop.h"
#include "loop/task.h"
#include "net/io.h"
#include "net/listener.h"
#include "net/sock.h"

struct echo {
	struct task task;
	int fd;
	struct io_send out;
};

/* One connection: send back whatever comes, until the peer stops or breaks. */
static enum step
echo_run(struct task *t)
{
	struct echo *e = container_of(t, struct echo, task);
	struct loop_buffer buf;
	ssize_t got;

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(e->fd)); /* without a limit, so recv(2) tells all */
		buf = loop_buffer(t->loop);
		got = recv(e->fd, buf.data, buf.size, 0);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			break;
		e->out = (struct io_send){ .data = buf.data, .left = (uint32_t)got };
		CALL(t, io_send_all(t, e->fd, &e->out, 0));
		if (e->out.err != 0)
			break;
	}
	loop_close_fd(t->loop, &e->fd);
	TASK_END(t);
}

static void
echo_finished(struct task *t)
{
	free(container_of(t, struct echo, task));
}

static const struct task_type echo_task = { "echo", echo_run, echo_finished };

/* A client has come: start a task for it. */
static void
accepted(struct listener *l, int fd, const struct addr *peer)
{
	struct echo *e = calloc(1, sizeof(*e));

	(void)peer;
	if (e == NULL || task_start(l->task.loop, &e->task, NULL, &echo_task, 0) < 0) {
		loop_close_fd(l->task.loop, &fd);
		free(e);
		return;
	}
	e->fd = fd;
}

static void
trouble(struct listener *l, int err)
{
	(void)l;
	errno = err;
	perror("accept");
}

static const struct listener_type echo_listener = { accepted, trouble, NULL };

int
main(int argc, char **argv)
{
	struct addr at = addr_any(AF_INET,
	    argc == 2 ? (uint16_t)strtoul(argv[1], NULL, 10) : 8000);
	struct listener listener = { .type = &echo_listener };
	struct loop *loop;

	at.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener.fd = sock_listen(&at, &(struct sock_listen_options){ .backlog = 128 });
	if (listener.fd < 0 || loop_open(&loop, NULL) < 0 ||
	    listener_start(loop, &listener, NULL) < 0)
		return EXIT_FAILURE;
	return loop_run(loop) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

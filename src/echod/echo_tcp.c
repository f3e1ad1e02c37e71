#include "echod/echo_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/util.h"

/* How long to wait for the peer's FIN after ours. */
#define LINGER_NS SECONDS(1)

static void
count(struct echo *e)
{
	e->echoed += e->out.sent;
	e->type->echoed(e, e->out.sent);
}

/* Send back whatever comes, until the peer stops, breaks, or falls silent. */
static enum step
echo_run(struct task *t)
{
	struct echo *e = container_of(t, struct echo, task);
	size_t size;
	ssize_t got;
	char *buf;

	TASK_BEGIN(t);
	for (;;) {
		YIELD(t, readable(e->fd));
		e->err = task_error(t);
		if (e->err != 0)
			break; /* silent too long, or told to end */

		buf = loop_buffer(t->loop, &size);
		got = recv(e->fd, buf, size, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue; /* readiness was only a hint */
		e->err = got < 0 ? errno : 0;
		if (got <= 0)
			break; /* the connection broke, or the peer is done */

		e->out = (struct io_send){ .fd = e->fd,
			.data = buf,
			.left = (size_t)got,
			.stall_ns = e->stall_ns };
		CALL(t, io_send_all(t, &e->out));
		count(e);
		e->err = e->out.err;
		if (e->err != 0)
			break;
	}
	if (e->err == ETIME) { /* the peer did not end it: we do, gently */
		e->bye = (struct io_linger){ .fd = e->fd, .ns = LINGER_NS };
		CALL(t, io_linger(t, &e->bye));
	}
	loop_close_fd(t->loop, &e->fd);
	TASK_END(t);
}

static void
echo_done(struct task *t)
{
	struct echo *e = container_of(t, struct echo, task);

	e->type->finished(e);
	free(e);
}

static const struct task_type echo_task = {
	.name = "echo",
	.run = echo_run,
	.finished = echo_done,
};

int
echo_start(struct loop *loop, struct echo *e, struct task_group *group, int64_t idle_ns)
{
	e->began_ns = loop_now_ns(loop);
	e->stall_ns = idle_ns;
	return task_start(loop, &e->task, group, &echo_task, idle_ns);
}

enum reason
echo_reason(const struct echo *e)
{
	switch (e->err) {
	case 0:
		return REASON_EOF;
	case ETIME:
		return REASON_IDLE;
	case ECANCELED:
		return REASON_DRAIN;
	case ECONNRESET:
	case EPIPE:
		return REASON_RESET;
	default:
		return REASON_ERROR;
	}
}

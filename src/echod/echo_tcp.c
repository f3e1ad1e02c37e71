#include "echod/echo_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/util.h"

/* How long to wait for the peer's FIN after ours. */
#define LINGER_NS SECONDS(1)

/* Under bytes_per_second, what is read at once is what this time is worth. */
#define STRIDE_NS MILLISECONDS(20)

static void
count(struct echo *e)
{
	e->echoed += e->out.sent;
	e->terms->echoed(e, e->out.sent);
}

/* ---- bytes_per_second ---- */

/* How much of the buffer may be filled at once. */
static size_t
share(const struct echo *e, size_t size)
{
	int64_t most = e->terms->bytes_per_second / (SECONDS(1) / STRIDE_NS);

	if (e->terms->bytes_per_second == 0 || most >= (int64_t)size)
		return size;
	return most > 0 ? (size_t)most : 1;
}

/*
 * How long to wait after what was just echoed, so that all of it keeps to the
 * rate.  A wait that was a little too long is made up for; silence is not.
 */
static int64_t
rest_ns(struct echo *e)
{
	int64_t now_ns = loop_now_ns(e->task.loop);
	int64_t from_ns = e->next_ns > now_ns - STRIDE_NS ? e->next_ns : now_ns;

	e->next_ns = from_ns +
	    (int64_t)e->out.sent * SECONDS(1) / e->terms->bytes_per_second;
	return e->next_ns - now_ns;
}

/* ---- the service ---- */

/* Send back whatever comes, until the peer stops, breaks, or falls silent. */
static enum step
echo_run(struct task *t)
{
	struct echo *e = container_of(t, struct echo, task);
	struct loop_buffer buf;
	ssize_t got;

	TASK_BEGIN(t);
	while (!e->expired) {
		YIELD(t, readable(e->fd));
		e->err = t->err;
		if (e->err != 0)
			break; /* silent too long, or told to end */

		buf = loop_buffer(t->loop);
		got = recv(e->fd, buf.data, share(e, buf.size), 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue; /* readiness was only a hint */
		e->err = got < 0 ? errno : 0;
		if (got <= 0)
			break; /* the connection broke, or the peer is done */

		e->out = (struct io_send){ .data = buf.data, .left = (uint32_t)got };
		CALL(t, io_send_all(t, e->fd, &e->out, e->terms->idle_ns));
		count(e);
		e->err = e->out.err;
		if (e->err != 0)
			break;
		if (e->terms->bytes_per_second > 0)
			YIELD(t, elapsed(rest_ns(e)));
	}
	if (e->err == ETIME || e->expired) { /* we end it, so gently */
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
	struct echo_terms *terms = e->terms;

	terms->finished(e);
	free(e);
	echo_terms_leave(terms);
}

static const struct task_type echo_task = {
	.name = "echo",
	.run = echo_run,
	.finished = echo_done,
};

int
echo_start(struct loop *loop, struct echo *e, struct task_group *group)
{
	int r = task_start(loop, &e->task, group, &echo_task, e->terms->idle_ns);

	if (r < 0)
		return r;
	e->began_ns = loop_now_ns(loop);
	e->terms->users++;
	return 0;
}

void
echo_terms_leave(struct echo_terms *terms)
{
	if (terms != NULL && --terms->users == 0)
		free(terms);
}

enum reason
echo_reason(const struct echo *e)
{
	if (e->expired)
		return REASON_LIMIT;
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

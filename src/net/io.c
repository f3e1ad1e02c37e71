#include "net/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "loop/loop.h"
#include "net/sock.h"

/*
 * Hand the socket as much as it takes.  Returns 0 when all is sent, EAGAIN when it
 * has no room for the rest, or the errno of what broke.
 */
static inline int
send_some(int fd, struct io_send *s)
{
	ssize_t n = send(fd, s->data, s->left, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EINTR ? EAGAIN : errno;
	s->data += n;
	s->left -= (uint32_t)n;
	s->sent += (uint32_t)n;
	return s->left > 0 ? EAGAIN : 0;
}

/* The lent buffer is ours until the next wait only.  Returns 0 or an errno. */
static int
keep(struct io_send *s)
{
	s->kept = malloc(s->left);
	if (s->kept == NULL)
		return ENOMEM;
	memcpy(s->kept, s->data, s->left);
	s->data = s->kept;
	return 0;
}

static struct wait
room_to_send(int fd, int64_t stall_ns)
{
	struct wait w = writable(fd);

	w.limit_ns = stall_ns > 0 ? stall_ns : LIMIT_NONE;
	return w;
}

/*
 * Send the rest, whenever there is room for some of it.
 *
 * A slow peer is not a stalled one: epoll(7) calls a socket writable only when
 * a third of its buffer is free, so at the limit look whether the peer has
 * taken anything since.
 *
 * Kept out of line, so that the usual case saves no registers for it.
 */
__attribute__((noinline)) static enum step
send_rest(struct task *t, int fd, struct io_send *s, int64_t stall_ns)
{
	TASK_BEGIN(t);
	s->err = keep(s);
	if (s->err != 0)
		TASK_RETURN(t);
	do {
		s->unsent = sock_unsent(fd);
		YIELD(t, room_to_send(fd, stall_ns));
		s->err = t->err != 0 ? t->err : send_some(fd, s);
	} while (s->err == EAGAIN || (s->err == ETIME && sock_unsent(fd) < s->unsent));
	free(s->kept);
	s->kept = NULL;
	TASK_END(t);
}

/*
 * Mostly the socket takes all at once, and no routine is needed: nothing has been
 * parked, so a plain return will do.  Else send_rest() parks at this depth, and is
 * where each wake goes on.
 */
enum step
io_send_all(struct task *t, int fd, struct io_send *s, int64_t stall_ns)
{
	if (task_is_at_top(t)) {
		s->err = send_some(fd, s);
		if (s->err != EAGAIN)
			return STEP_DONE;
	}
	return send_rest(t, fd, s, stall_ns);
}

enum step
io_linger(struct task *t, struct io_linger *l)
{
	struct loop_buffer buf;
	ssize_t n;

	TASK_BEGIN(t);
	if (shutdown(l->fd, SHUT_WR) < 0)
		TASK_RETURN(t); /* it is broken already */
	l->end_ns = loop_now_ns(t->loop) + l->ns;
	do { /* who never pauses is never late for the wait, so look at the time too */
		YIELD(t, within(readable(l->fd), l->end_ns - loop_now_ns(t->loop)));
		if (t->woke != WAKE_READY)
			break;
		buf = loop_buffer(t->loop);
		n = recv(l->fd, buf.data, buf.size, 0);
	} while ((n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) &&
	    loop_now_ns(t->loop) < l->end_ns);
	TASK_END(t);
}
